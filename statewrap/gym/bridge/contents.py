"""Objects whose content is a value: arrays, tensors, bytes, random generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statewrap.core.draws import state_of
from statewrap.gym.bridge import tensors
from statewrap.gym.bridge.codec import Reader, UnreadableError, Writer, frozen
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.bridge.pcg64 import look_at
from statewrap.gym.bridge.resting import Labels
from statewrap.gym.bridge.slot import Slot


class Array(Slot):
    """An array of numbers."""

    __slots__ = ("bits",)

    bits: bytes

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return bool(self.thing.tobytes() == self.bits)

    def rest(self, labels: Labels) -> list[str]:
        """Return a line that returns False where it does not hold what it held."""
        return [f"if {labels.of(self.thing.tobytes)}() != {labels.of(self.bits)}: return False"]

    def moved(self, writer: Writer) -> bool:
        """Look once at what it holds."""
        bits = self.thing.tobytes()
        if bits == self.bits:
            return False
        self.bits, self.content = bits, frozen(self.thing)
        return True

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.bits, self.content = self.thing.tobytes(), frozen(self.thing)
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        if content is not self.content:
            self.bits, self.content = content.tobytes(), content
        if self.thing.tobytes() != self.bits:
            self._fill(content)

    def _fill(self, content: Any) -> None:
        """Put numbers back, also into an array that is read-only between calls.

        Raises:
            NotBridgeableError: if it has another form by now, which no trial had shown.
        """
        thing = self.thing
        if thing.shape != content.shape or thing.dtype != content.dtype:
            raise NotBridgeableError(
                f"{self.path} was made as {_form(content)}, and the wrapper has made it "
                f"{_form(thing)} in place. What it holds cannot be put back then: let it exchange "
                "the array for another one, as by array.reshape(...), or run it with "
                "mode='greenlet'."
            )
        locked = not thing.flags.writeable
        if locked:
            thing.setflags(write=True)
        np.copyto(thing, content)
        if locked:
            thing.setflags(write=False)


def _form(array: Any) -> str:
    return f"{array.shape} of {array.dtype}"


class Tensor(Slot):
    """A tensor of torch, with its gradient."""

    __slots__ = ("bits",)

    bits: tuple[Any, ...]

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return tensors.bits(self.thing) == self.bits

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        try:
            self.content = tensors.content(self.thing)
        except UnreadableError as error:
            raise error.within(self.path) from None
        self.bits = tensors.bits(self.thing)
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        tensors.put(self.thing, content)
        self.bits, self.content = tensors.bits(self.thing), content


class _Value(Slot):
    """An object whose content is one value, asked for as a whole."""

    __slots__ = ()

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return bool(self._now() == self.content)

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._now()
        return self.content

    def _now(self) -> Any:
        raise NotImplementedError


class Bytes(_Value):
    """A bytearray."""

    __slots__ = ()

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        self.content = content
        self.thing[:] = content

    def _now(self) -> bytes:
        return bytes(self.thing)


class Numpys(Slot):
    """A generator of numpy's that a wrapper made itself."""

    __slots__ = ("bits", "look")

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.look: Callable[[], Any] = look_at(thing) or (lambda: state_of(thing))
        """What tells its state, as bytes if they are at hand."""
        self.bits: Any = None

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return bool(self.look() == self.bits)

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content, self.bits = state_of(self.thing), self.look()
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        content.put(self.thing)
        self.content, self.bits = content, self.look()


class Legacy(_Value):
    """A `numpy.random.RandomState` or `random.Random` that a wrapper made itself."""

    __slots__ = ()

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        self.content = content
        if isinstance(self.thing, np.random.RandomState):
            kind, words, *rest = content
            self.thing.set_state((kind, np.array(words, np.uint32), *rest))
        else:
            self.thing.setstate(content)

    def _now(self) -> Any:
        if isinstance(self.thing, np.random.RandomState):
            told: Any = self.thing.get_state()
            kind, words, *rest = told
            return (kind, tuple(words.tolist()), *rest)
        return self.thing.getstate()

"""Objects whose content is a value: arrays, tensors, bytes, random generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statewrap.core.draws import state_of
from statewrap.gym.bridge import tensors
from statewrap.gym.bridge.arrays import Form, unlocked
from statewrap.gym.bridge.codec import Reader, UnreadableError, Writer, frozen
from statewrap.gym.bridge.pcg64 import look_at
from statewrap.gym.bridge.resting import Labels
from statewrap.gym.bridge.slot import Slot


class Array(Slot):
    """An array of numbers."""

    __slots__ = ("bits", "form")

    bits: bytes

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.form = Form(thing, path)
        """Its form, which is to last."""

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return bool(self.thing.tobytes() == self.bits) and self.form.lasts()

    def rest(self, labels: Labels) -> list[str]:
        """Return lines that return False where it does not hold what it held."""
        bits = f"{labels.of(self.thing.tobytes)}() != {labels.of(self.bits)}"
        return [f"if {bits} or {self.form.rest(labels)}: return False"]

    def moved(self, writer: Writer) -> bool:
        """Look once at what it holds."""
        thing, form = self.thing, self.form
        bits = thing.tobytes()
        if (
            bits == self.bits
            and thing.flags.num == form.flags  # as in `Form.lasts`, at half the price
            and thing.dtype is form.dtype
            and thing.shape == form.shape
        ):
            return False
        form.hold()
        self.bits, self.content = bits, frozen(thing)
        return True

    def read(self, writer: Writer) -> Any:
        """Return what it holds.

        Raises:
            UnreadableError: if it has another form by now.
        """
        self.form.hold()
        self.bits, self.content = self.thing.tobytes(), frozen(self.thing)
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read.

        Raises:
            NotBridgeableError: if it has another form by now.
            SnapshotError: if what was read was an array of another form.
        """
        self.form.regain()
        if content is not self.content:
            self.form.hold_like(content)
            self.bits, self.content = content.tobytes(), content
        if self.thing.tobytes() != self.bits:
            with unlocked(self.thing):
                np.copyto(self.thing, content)


class View(Slot):
    """An array that looks at the memory of another: its numbers are there."""

    __slots__ = ("form",)

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.form = Form(thing, path)
        """Its form, which is to last."""

    def alike(self) -> bool:
        """Tell whether it is what it was."""
        return self.form.lasts()

    def rest(self, labels: Labels) -> list[str]:
        """Return a line that returns False where it is not what it was."""
        return [f"if {self.form.rest(labels)}: return False"]

    def read(self, writer: Writer) -> Any:
        """Return nothing.

        Raises:
            UnreadableError: if it has another form by now.
        """
        self.form.hold()
        self.content = ()
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it what it was.

        Raises:
            NotBridgeableError: if it has another form by now.
        """
        self.form.regain()
        self.content = content


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

"""Objects whose content is a value: arrays, tensors, bytes, random generators."""

from __future__ import annotations

from typing import Any

import numpy as np

from statewrap.core.draws import state_of
from statewrap.core.tensors import as_numpy, copied
from statewrap.gym.bridge.codec import Reader, Writer, frozen
from statewrap.gym.bridge.slot import EMPTY, Slot


class Array(Slot):
    """An array of numbers."""

    __slots__ = ("bits",)

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.content is not EMPTY and self.thing.tobytes() == self.bits

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.bits, self.content = self.thing.tobytes(), frozen(self.thing)
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        if content is not self.content:
            self.bits, self.content = content.tobytes(), content
        if self.thing.tobytes() != self.bits:
            np.copyto(self.thing, content)


class Tensor(Slot):
    """A tensor of torch."""

    __slots__ = ("bits",)

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.content is not EMPTY and as_numpy(self.thing, "torch").tobytes() == self.bits

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.bits = as_numpy(self.thing, "torch").tobytes()
        self.content = copied(self.thing, "torch")
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        self.bits, self.content = as_numpy(content, "torch").tobytes(), content
        self.thing.data.copy_(content.data)


class _Value(Slot):
    """An object whose content is one value, asked for as a whole."""

    __slots__ = ()

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.content is not EMPTY and bool(self._now() == self.content)

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


class Numpys(_Value):
    """A generator of numpy's that a wrapper made itself."""

    __slots__ = ()

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        self.content = content
        content.put(self.thing)

    def _now(self) -> Any:
        return state_of(self.thing)


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

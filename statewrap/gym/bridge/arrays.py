"""The form of an array, which is to last: what a wrapper holds is put back number by number."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, Final

from statewrap.core.errors import SnapshotError
from statewrap.gym.bridge.errors import NotBridgeableError, UnreadableError
from statewrap.gym.bridge.resting import Labels

_PARTS: Final = ("size", "shape", "dtype", "strides", "flag writeable")
_CURES: Final = {
    "size": "exchange the array for one of another size, as by {name} = np.resize({name}, ...)",
    "shape": "exchange the array for one that looks at it, as by {name} = {name}.reshape(...)",
    "dtype": "exchange the array for one that looks at it, as by {name} = {name}.view(...)",
    "strides": "exchange the array for one that looks at it, as by {name} = {name}.transpose()",
    "flag writeable": "hand out a copy, in place of locking the array itself",
}


class Form:
    """The form in which an array was made."""

    __slots__ = ("_array", "_parts", "_path", "dtype", "flags", "shape")

    def __init__(self, array: Any, path: str) -> None:
        self._array = array
        self._path = path
        self._parts = _parts_of(array)
        self.flags: int = array.flags.num
        """What its memory is like: these three are asked for at each call."""
        self.dtype = array.dtype
        self.shape = array.shape

    def lasts(self) -> bool:
        """Tell whether the array has it."""
        array = self._array
        return (
            array.flags.num == self.flags
            and array.dtype is self.dtype
            and array.shape == self.shape
        ) or _parts_of(array) == self._parts

    def rest(self, labels: Labels) -> str:
        """Return an expression that is true where the array, if its size lasts, has it no more."""
        array, dtype, shape = map(labels.of, (self._array, self._array.dtype, self.shape))
        flat = len(self.shape) == 1  # then its shape lasts as long as it has one axis
        lies = f"{array}.ndim != 1" if flat else f"{array}.shape != {shape}"
        lies += f" or {array}.flags.num != {self._array.flags.num}"
        return f"{lies} or {array}.dtype is not {dtype}"

    def hold(self) -> None:
        """Hold that the array has it.

        Raises:
            UnreadableError: if it does not; it says where that lies, and what to do.
        """
        if self.lasts():
            return
        pairs = zip(_PARTS, self._parts, _parts_of(self._array), strict=True)
        part, was, now = next((name, was, now) for name, was, now in pairs if was != now)
        plain = "." in self._path and "," not in self._path
        name = "self." + self._path.partition(".")[2] if plain else "it"
        raise UnreadableError(
            f"an array whose {part} was changed in place, from {was} to {now}; "
            f"{_CURES[part].format(name=name)}"
        ).within(self._path)

    def hold_like(self, content: Any) -> None:
        """Hold that an array whose numbers are to be put in here has shape and dtype alike.

        Raises:
            SnapshotError: if it has not.
        """
        if content.shape != self.shape or content.dtype != self.dtype:
            raise SnapshotError(
                f"{self._path} is {self.shape} of {self.dtype}, and in this memory "
                f"{content.shape} of {content.dtype}: the memory is that of another wrapper. A "
                "memory goes with the stack that it was made by."
            )

    def regain(self) -> None:
        """Give the array its form again.

        Raises:
            NotBridgeableError: if it cannot have it in place.
        """
        if self.lasts():
            return
        found = _parts_of(self._array)
        with warnings.catch_warnings(action="ignore"), contextlib.suppress(Exception):
            self._array.dtype = self.dtype  # numpy would rather have another array
            self._array.shape = self.shape
            self._array.setflags(write=self._parts[-1])
        if not self.lasts():
            raise NotBridgeableError(
                f"{self._path} was made as {_words(self._parts)}, and the wrapper has made it "
                f"{_words(found)} in place. What it holds cannot be put back then: let it exchange "
                "the array for another one, as by array.reshape(...), or run it with "
                "mode='greenlet'."
            )


@contextlib.contextmanager
def unlocked(array: Any) -> Iterator[Any]:
    """Let an array be written into that may be read-only between calls."""
    writeable = array.flags.writeable
    if not writeable:
        array.setflags(write=True)
    try:
        yield array
    finally:
        array.setflags(write=writeable)


def _parts_of(array: Any) -> tuple[Any, ...]:
    return array.size, array.shape, array.dtype, array.strides, array.flags.writeable


def _words(parts: tuple[Any, ...]) -> str:
    _, shape, dtype, strides, _ = parts
    return f"{shape} of {dtype}, with strides {strides}"

"""Values of a live wrapper as plain data, and back.

What is known by identity (see `graph`) is a reference to its place there. What a wrapper made
since is written whole; an object that is met twice is written once, so that what was one object
before is one object after. Atoms are themselves, everything else is a tuple that begins with a
word:

    ("is", 3)              the object known at place 3
    ("again", 0)           the object made first in this writing
    ("tuple", (...)), ("list", (...)), ("dict", (...), (...)), ("array", array, True), ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from statewrap.gym.bridge.blocks import Block
from statewrap.gym.bridge.errors import UnreadableError
from statewrap.gym.bridge.kinds import ATOMS, Names
from statewrap.gym.bridge.readers import READERS
from statewrap.gym.bridge.writers import WRITERS, frozen, writer_of

__all__ = ["Reader", "UnreadableError", "Writer", "frozen"]


class Writer:
    """Writes values; `made` holds the mutable objects that it met and that are not known."""

    __slots__ = ("blocks", "index", "made", "met", "names", "numbers", "opaque", "tensors")

    def __init__(self, index: dict[int, int], names: Names, blocks: Sequence[Block] = ()) -> None:
        self.index = index
        self.names = names
        self.blocks = blocks
        """Where arrays and tensors lie that are known."""
        self.tensors: list[Block] = []
        """Where tensors lie that were made."""
        self.numbers: dict[int, tuple[str, int]] = {}
        self.made: list[Any] = []
        self.met = 0
        """How often something that is not known was met: made, or once more."""
        self.opaque: list[Any] = []
        """What was kept as it is, and cannot be saved."""

    def write(self, value: Any) -> Any:
        """Return a value as plain data."""
        kind = type(value)
        if kind in ATOMS:
            return value
        place = self.index.get(id(value))
        if place is not None:
            return ("is", place)
        number = self.numbers.get(id(value))
        if number is not None:
            self.met += 1
            return number
        return (WRITERS.get(kind) or writer_of(value))(self, value)

    def enter(self, value: Any) -> None:
        """Give an object its number, before what is in it."""
        self.numbers[id(value)] = ("again", len(self.made))
        self.made.append(value)
        self.met += 1

    def all(self, values: Any) -> tuple[Any, ...]:
        """Write several values."""
        return tuple([v if type(v) in ATOMS else self.write(v) for v in values])

    def anew(self) -> Writer:
        """Return a writer that has met nothing yet, to find what this one stumbled over."""
        return Writer(self.index, self.names, self.blocks)


class Reader:
    """Reads what a `Writer` wrote; each reading makes new objects."""

    __slots__ = ("made", "met", "names", "things")

    things: list[Any]
    names: Names
    met: int
    """How often something that is not known was met: made, or once more."""

    def __init__(self, things: list[Any], names: Names) -> None:
        self.things = things
        self.names = names
        self.made: list[Any] = []
        self.met = 0

    def read(self, form: Any) -> Any:
        """Return the value of a form."""
        return form if type(form) is not tuple else READERS[form[0]](self, form)

    def all(self, forms: Any) -> list[Any]:
        """Read several forms."""
        return [f if type(f) is not tuple else READERS[f[0]](self, f) for f in forms]

    def enter(self, value: Any) -> Any:
        """Give an object its number."""
        self.made.append(value)
        self.met += 1
        return value

    def again(self, number: int) -> Any:
        """Return an object that has its number."""
        self.met += 1
        return self.made[number]

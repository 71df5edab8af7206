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
from statewrap.gym.bridge.matchers import MATCHERS
from statewrap.gym.bridge.readers import READERS
from statewrap.gym.bridge.unrolled import ways
from statewrap.gym.bridge.writers import WRITERS, frozen, writer_of

__all__ = ["Apart", "Matcher", "Reader", "UnreadableError", "Writer", "frozen"]

Kept = dict[int, tuple[Any, Any]]
"""Arrays that were made while a wrapper ran, by identity, each with its form."""


class Writer:
    """Writes values; `made` holds the mutable objects that it met and that are not known."""

    __slots__ = (
        "before",
        "blocks",
        "index",
        "kept",
        "made",
        "met",
        "names",
        "numbers",
        "opaque",
        "tensors",
    )

    def __init__(
        self,
        index: dict[int, int],
        names: Names,
        blocks: Sequence[Block] = (),
        before: Kept | None = None,
    ) -> None:
        self.index = index
        self.names = names
        self.blocks = blocks
        """Where arrays and tensors lie that are known."""
        self.tensors: list[Block] = []
        """Where tensors lie that were made."""
        self.numbers: dict[int, int | tuple[str, int]] = {}
        self.made: list[Any] = []
        self.met = 0
        """How often something that is not known was met: made, or once more."""
        self.opaque: list[Any] = []
        """What was kept as it is, and cannot be saved."""
        self.before: Kept = before or {}
        """The arrays of the writing or reading before: they need not be copied if they last."""
        self.kept: Kept = {}
        """Those of this writing."""

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
            return ("again", number) if type(number) is int else number
        return (WRITERS.get(kind) or writer_of(value, self.names))(self, value)

    def enter(self, value: Any) -> None:
        """Give an object its number, before what is in it."""
        self.numbers[id(value)] = len(self.made)
        self.made.append(value)
        self.met += 1

    def all(self, values: Any) -> tuple[Any, ...]:
        """Write several values."""
        if ATOMS.issuperset(map(type, values)):
            return tuple(values)
        return tuple([v if type(v) in ATOMS else self.write(v) for v in values])

    def go_on(self, made: Sequence[Any]) -> None:
        """Take it that these were met, in this order, and are written as they were before."""
        for value in made:
            held = getattr(value, "__dict__", None)
            if held is not None:
                self.numbers[id(held)] = ("vars", len(self.made))
            if id(value) in self.before:
                self.kept[id(value)] = self.before[id(value)]
            self.enter(value)

    def anew(self) -> Writer:
        """Return a writer that has met nothing yet, to find what this one stumbled over."""
        return Writer(self.index, self.names, self.blocks)


class Reader:
    """Reads what a `Writer` wrote; each reading makes new objects."""

    __slots__ = ("kept", "made", "met", "names", "things")

    things: list[Any]
    names: Names
    met: int
    """How often something that is not known was met: made, or once more."""

    def __init__(self, things: list[Any], names: Names) -> None:
        self.things = things
        self.names = names
        self.made: list[Any] = []
        self.met = 0
        self.kept: Kept = {}
        """Arrays that were made, each with its form."""

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


class Apart(BaseException):
    """Values that were to be read apart from others hold something that was made."""


class ApartReader(Reader):
    """Reads what refers to nothing that was made; the rest is to be read all together.

    Raises:
        Apart: where something was made.
    """

    __slots__ = ()

    def enter(self, value: Any) -> Any:
        """Raise."""
        raise Apart

    def again(self, number: int) -> Any:
        """Raise."""
        raise Apart


class Matcher:
    """Tells whether values would be written as forms say, at less than the price of writing.

    It goes the way of a `Writer`, number by number. Where it cannot tell it says no.
    """

    __slots__ = ("index", "made", "names", "numbers", "things")

    def __init__(self, things: list[Any], index: dict[int, int], names: Names) -> None:
        self.things = things
        self.index = index
        self.names = names
        self.made: list[Any] = []
        self.numbers: dict[int, int] = {}

    def all(self, values: Any, forms: Any) -> bool:
        """Tell whether values would be written so; there are as many forms."""
        if ways(len(forms)).same(values, forms):
            return True
        for value, form in zip(values, forms, strict=True):
            if value is not form and not self.one(value, form):
                return False
        return True

    def one(self, value: Any, form: Any) -> bool:
        """Tell whether a value would be written so."""
        if type(form) is not tuple:
            return value is form
        match = MATCHERS.get(form[0])
        return match is not None and match(self, value, form)

    def enters(self, value: Any) -> bool:
        """Give an object its number, if it is neither known nor has one."""
        if id(value) in self.index or id(value) in self.numbers:
            return False
        self.numbers[id(value)] = len(self.made)
        self.made.append(value)
        return True

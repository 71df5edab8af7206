"""Objects that hold others: dicts, lists, sets, what objects and functions keep."""

from __future__ import annotations

from collections import deque
from operator import is_
from typing import Any, Final

import numpy as np

from statewrap.gym.bridge.codec import Reader, UnreadableError, Writer
from statewrap.gym.bridge.kinds import ATOMS
from statewrap.gym.bridge.slot import NOTHING, Container, Slot

_LONG: Final = 32
"""How many items make a list long."""


class Table(Container):
    """A dict, or the `__dict__` of an object.

    Its content is a tuple of values while its keys are those that it had at first, else the pair
    of keys and values, in a list.
    """

    __slots__ = ("first", "keys", "kind", "of", "owner")

    def __init__(self, thing: Any, path: str, *, owner: Any = None) -> None:
        super().__init__(thing, path)
        self.kind = "[]" if owner is None else "."
        self.owner = thing if owner is None else owner
        """The object whose `__dict__` it is, or itself."""
        self.of = type(self.owner)
        self.first = tuple(thing)
        self.keys = self.first

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        table = self.thing
        return (
            self.settled
            and type(self.owner) is self.of
            and len(table) == len(self.raw)
            and all(map(is_, table.values(), self.raw))
            and tuple(table) == self.keys
        )

    def moved(self, writer: Writer) -> bool:
        """Look once at keys and values, for that is what most of the time goes into.

        Raises:
            UnreadableError: if the object belongs to another class now.
        """
        if type(self.owner) is not self.of:
            raise self._exchanged()
        table, raw = self.thing, self.raw
        keys, values = tuple(table), tuple(table.values())
        if self.settled and keys == self.keys and all(map(is_, values, raw)):
            return False
        self._read(writer, keys, values)
        return True

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self._read(writer, tuple(self.thing), tuple(self.thing.values()))
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        if type(self.owner) is not self.of:
            self.owner.__class__ = self.of
        super().put(content, reader)

    def _exchanged(self) -> UnreadableError:
        return UnreadableError(
            f"an object whose class was exchanged while it ran ({self.of.__qualname__} for "
            f"{type(self.owner).__qualname__})"
        ).within(self.path)

    def _read(self, writer: Writer, keys: tuple[Any, ...], values: tuple[Any, ...]) -> None:
        forms = self._written(writer, values)
        self.keys = keys
        self.content = forms if keys == self.first else [writer.all(keys), forms]

    def _forms(self, content: Any) -> tuple[Any, ...]:
        return content if type(content) is tuple else content[1]

    def _refilled(self, content: Any, reader: Reader) -> None:
        if type(content) is tuple:
            keys, values = self.first, reader.all(content)
        else:
            keys, values = tuple(reader.all(content[0])), reader.all(content[1])
        table = self.thing
        if tuple(table) != keys:
            table.clear()
        for key, value in zip(keys, values, strict=True):
            table[key] = value
        self.keys, self.raw = keys, tuple(values)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        if self.kind == ".":
            return [(f".{name}", part) for name, part in self.thing.items()]
        return [(f"[{key!r}]", part) for key, part in self.thing.items()]


class Counted(Table):
    """The `__dict__` of a stub, which counts what is set; so nothing is to be looked through."""

    __slots__ = ("_counted", "_sets")

    def __init__(self, stub: Any, thing: Any, path: str, sets: list[str]) -> None:
        super().__init__(thing, path, owner=stub)
        self._sets = sets
        self._counted = -1

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.settled and self._counted == len(self._sets)

    def moved(self, writer: Writer) -> bool:
        """Read it if it may have changed."""
        return Slot.moved(self, writer)

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        super().read(writer)
        self._counted = len(self._sets)
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        super()._refilled(content, reader)
        self._counted = len(self._sets)


class Items(Container):
    """A list or a deque."""

    __slots__ = ("twin",)

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.twin: Any = None
        """A copy of it, where it is long and holds numbers or words of one kind alone.

        Such a one, as who counts episodes keeps, is compared as a whole, in a sixth of the time.
        An equal number of another kind in the same place would not be noticed.
        """

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        thing, raw = self.thing, self.raw
        if not self.settled or len(thing) != len(raw):
            return False
        if self.twin is not None:
            return bool(thing == self.twin)
        return all(map(is_, thing, raw))

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, tuple(self.thing))
        self.twin = self._copied()
        return self.content

    def _copied(self) -> Any:
        usual = type(self.thing) in (list, deque) and len(self.raw) > _LONG
        kinds = set(map(type, self.raw)) if usual else set()
        return self.thing.copy() if len(kinds) == 1 and kinds <= ATOMS else None

    def _refilled(self, content: Any, reader: Reader) -> None:
        values = reader.all(content)
        self.thing.clear()
        self.thing.extend(values)
        self.raw = tuple(values)
        self.twin = self._copied()

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f"[{number}]", part) for number, part in enumerate(self.thing)]


class Members(Container):
    """A set, whose members are values."""

    __slots__ = ()

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.settled and self.thing == set(self.raw)

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.raw = ()
        self.content = frozenset(self._written(writer, tuple(self.thing)))
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self.raw = tuple(reader.all(content))
        self.thing.clear()
        self.thing.update(self.raw)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [("[...]", part) for part in self.thing]


class Attributes(Container):
    """The slots of an object."""

    __slots__ = ("names",)

    def __init__(self, thing: Any, path: str, names: list[str]) -> None:
        super().__init__(thing, path)
        self.names = names

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.settled and all(map(is_, self._now(), self.raw))

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, self._now())
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self.raw = tuple(reader.all(content))
        for name, value in zip(self.names, self.raw, strict=True):
            if value is not NOTHING:
                object.__setattr__(self.thing, name, value)
            elif hasattr(self.thing, name):
                object.__delattr__(self.thing, name)

    def _now(self) -> tuple[Any, ...]:
        return tuple(getattr(self.thing, name, NOTHING) for name in self.names)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f".{n}", part) for n, part in zip(self.names, self._now(), strict=True)]


class Cell(Container):
    """A variable that a function shares with the one in which it was made."""

    __slots__ = ()

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.settled and self._now()[0] is self.raw[0]

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, self._now())
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self.raw = tuple(reader.all(content))
        if self._now()[0] is not self.raw[0]:
            self.thing.cell_contents = self.raw[0]

    def _now(self) -> tuple[Any, ...]:
        try:
            return (self.thing.cell_contents,)
        except ValueError:  # it is empty
            return (NOTHING,)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [("", self._now()[0])]


class Objects(Container):
    """An array of objects."""

    __slots__ = ()

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held."""
        return self.settled and all(map(is_, self.thing.ravel().tolist(), self.raw))

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, tuple(self.thing.ravel().tolist()))
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self.raw = tuple(reader.all(content))
        for place, value in zip(np.ndindex(self.thing.shape), self.raw, strict=True):
            self.thing[place] = value

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f"[{place}]", self.thing[place]) for place in np.ndindex(self.thing.shape)]

"""Dicts, and what objects keep in their `__dict__`."""

from __future__ import annotations

from typing import Any

from statewrap.gym.bridge.codec import Matcher, Reader, UnreadableError, Writer
from statewrap.gym.bridge.keys import keys_of
from statewrap.gym.bridge.resting import Labels
from statewrap.gym.bridge.slot import Container, Slot
from statewrap.gym.bridge.unrolled import MOST, Row


class Table(Container):
    """A dict, or the `__dict__` of an object.

    Its content is a tuple of values while its keys are those that it had at first, else the pair
    of keys and values, in a list.
    """

    __slots__ = ("first", "keys", "lasts", "of", "owner", "usual")

    def __init__(self, thing: Any, path: str, *, owner: Any = None) -> None:
        super().__init__(thing, path)
        self.lasts = owner is not None
        self.owner = thing if owner is None else owner
        """The object whose `__dict__` it is, or itself."""
        self.of = type(self.owner)
        self.first = self.keys = keys_of([*thing])
        self.usual = True
        """Whether its keys are those that it had at first."""

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        table, raw = self.thing, self.raw
        return (
            len(table) == len(raw)
            and self.same([*table.values()], raw)
            and [*table] == self.keys
            and self._is_its()
        )

    def matches(self, matcher: Matcher) -> bool:
        """Tell whether it would be written as it was."""
        if not super().matches(matcher):
            return False
        return self.usual or matcher.all(self.keys, self.content[0])

    def moved(self, writer: Writer) -> bool:
        """Look once at keys and values, for that is what most of the time goes into."""
        table, owner = self.thing, self.owner
        keys, values = [*table], [*table.values()]
        if (
            keys == self.keys
            and type(owner) is self.of  # as in `_is_its`, at half the price
            and (not self.lasts or owner.__dict__ is table)
        ):
            if self.same(values, self.raw):
                return False
            if self.usual:
                self._renew(writer, values)
                return True
        self._read(writer, keys, values)
        return True

    def rest(self, labels: Labels) -> list[str]:
        """Return lines that return False where it does not hold what it held."""
        if len(self.raw) > MOST:
            return super().rest(labels)
        table, owner, of = labels.of(self.thing), labels.of(self.owner), labels.of(self.of)
        lines = [f"if [*{table}] != {labels.of(self.keys)}: return False"]
        lines += [f"if type({owner}) is not {of}: return False"]
        if self.lasts:
            lines += [f"if {owner}.__dict__ is not {table}: return False"]
        if self.raw:
            values = [f"v{n}" for n in range(len(self.raw))]
            alike = [
                f"{v} is not {labels.of(old)}" for v, old in zip(values, self.raw, strict=True)
            ]
            lines += [f"{', '.join(values)}, = [*{table}.values()]"]
            lines += [f"if {' or '.join(alike)}: return False"]
        return lines

    def _renew(self, writer: Writer, values: list[Any]) -> None:
        """Read values that have changed, and nothing else has."""
        met = writer.met
        try:
            forms = self.ways.written(values, self.raw, self.forms, writer.write)
        except UnreadableError as error:
            raise self._placed(writer, error) from None
        self.raw, self.settled = values, writer.met == met
        self.forms = self.content = forms

    def read(self, writer: Writer) -> Any:
        """Return what it holds.

        Raises:
            UnreadableError: if the object belongs to another class now.
        """
        self._read(writer, [*self.thing], [*self.thing.values()])
        return self.content

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        if type(self.owner) is not self.of:
            self.owner.__class__ = self.of
        if not self._is_its():
            self.owner.__dict__ = self.thing
        super().put(content, reader)

    def _is_its(self) -> bool:
        """Tell whether it is still what its object keeps, and that is of the same class."""
        owner = self.owner
        return type(owner) is self.of and (not self.lasts or owner.__dict__ is self.thing)

    def _exchanged(self) -> UnreadableError:
        if type(self.owner) is self.of:
            return UnreadableError("an object whose `__dict__` was exchanged").within(self.path)
        return UnreadableError(
            f"an object whose class was exchanged while it ran ({self.of.__qualname__} for "
            f"{type(self.owner).__qualname__})"
        ).within(self.path)

    def _read(self, writer: Writer, keys: list[Any], values: list[Any]) -> None:
        if not self._is_its():
            raise self._exchanged()
        before = writer.met
        forms = self._written(writer, values)
        if keys != self.keys:
            self._name(keys)
        if self.usual:
            self.content = forms
        else:
            self.content = [writer.all(keys), forms]
            self.settled = writer.met == before

    def _name(self, keys: list[Any]) -> None:
        self.keys, self.usual = keys_of(keys), keys == self.first

    def _forms(self, content: Any) -> Row:
        return content if type(content) is tuple else content[1]

    def _refilled(self, content: Any, reader: Reader) -> None:
        table = self.thing
        if type(content) is tuple:
            keys, values = self.first, self._values(content, reader)
        else:
            values = reader.all(content[1])
            keys = keys_of(reader.all(content[0]))
        if keys != self.keys or [*table] != keys:
            table.clear()
        if type(table) is dict:
            table.update(zip(keys, values, strict=True))
        else:
            for key, value in zip(keys, values, strict=True):
                table[key] = value
        self._hold(values)
        if keys != self.keys:
            self._name(keys)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        if self.lasts:
            return [(f".{name}", part) for name, part in self.thing.items()]
        return [(f"[{key!r}]", part) for key, part in self.thing.items()]


class Counted(Table):
    """The `__dict__` of a stub, which counts what is set; so nothing is to be looked through."""

    __slots__ = ("_counted", "_sets")

    def __init__(self, stub: Any, thing: Any, path: str, sets: list[str]) -> None:
        super().__init__(thing, path, owner=stub)
        self._sets = sets
        self._counted = -1

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return self._counted == len(self._sets)

    def rest(self, labels: Labels) -> list[str]:
        """Return lines that return False where something was set since."""
        return Slot.rest(self, labels)

    def moved(self, writer: Writer) -> bool:
        """Read it if it may have changed."""
        if self._counted == len(self._sets):
            return False
        self.read(writer)
        return True

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        super().read(writer)
        self._counted = len(self._sets)
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        super()._refilled(content, reader)
        self._counted = len(self._sets)

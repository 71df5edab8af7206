"""Objects that hold others: lists, sets, what slots and functions keep; dicts are in `tables`."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np

from statewrap.gym.bridge.arrays import Form, unlocked
from statewrap.gym.bridge.codec import Matcher, Reader, UnreadableError, Writer
from statewrap.gym.bridge.kinds import ATOMS
from statewrap.gym.bridge.resting import Labels
from statewrap.gym.bridge.slot import NOTHING, Container

_LONG: Final = 32
"""How many items make a list long."""


class Items(Container):
    """A list or a deque."""

    __slots__ = ("uniform",)

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.uniform: type | None = None
        """Of what kind its items are, where it is long and they are numbers or words of one kind.

        Such a one, as who counts episodes keeps, is compared as a whole, in a tenth of the time.
        An equal number of another kind in the same place would not be noticed.
        """

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        thing, raw = self.thing, self.raw
        if len(thing) != len(raw):
            return False
        if self.uniform is not None:
            return bool([*thing] == raw)
        return self.same(thing, raw)

    def moved(self, writer: Writer) -> bool:
        """Read it if it may have changed: one that stays empty, as most queues do, is soon told."""
        return (len(self.thing) > 0 or len(self.raw) > 0) and super().moved(writer)

    def rest(self, labels: Labels) -> list[str]:
        """Return a line that returns False where it does not hold what it held."""
        if self.raw:
            return super().rest(labels)
        return [f"if len({labels.of(self.thing)}): return False"]

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        now = [*self.thing]
        if self.uniform is None or not self._has_grown(now):
            self.content = self._written(writer, now)
            self.uniform = self._kind()
        return self.content

    def _has_grown(self, now: list[Any]) -> bool:
        """Tell whether atoms of the same kind were appended, and nothing else; then it is read."""
        before = len(self.raw)
        added = now[before:]
        if not added or {self.uniform} != {*map(type, added)} or now[:before] != self.raw:
            return False
        self._hold(now)
        self.content = self.forms = (*self.forms, *added)
        return True

    def _kind(self) -> type | None:
        if len(self.raw) <= _LONG or type(self.thing) not in (list, deque):
            return None
        kinds = {*map(type, self.raw)}
        return kinds.pop() if len(kinds) == 1 and kinds <= ATOMS else None

    def _refilled(self, content: Any, reader: Reader) -> None:
        values = [*self._values(content, reader)]
        self.thing.clear()
        self.thing.extend(values)
        self._hold(values)
        self.uniform = self._kind()

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f"[{number}]", part) for number, part in enumerate(self.thing)]


class Members(Container):
    """A set, whose members are values."""

    __slots__ = ()

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        thing, raw = self.thing, self.raw
        return len(thing) == len(raw) and {*map(id, thing)} == {*map(id, raw)}

    def matches(self, matcher: Matcher) -> bool:
        """Say no: in which order members would be written is not known."""
        return False

    def read(self, writer: Writer) -> Any:
        """Return what it holds; where a member was made, in the order of their numbers."""
        members, before = [*self.thing], writer.met
        try:
            self.forms = writer.all(members)
        except UnreadableError as error:
            raise self._placed(writer, error) from None
        self._hold(members)
        self.settled = writer.met == before
        self.content = frozenset(self.forms) if self.settled else self.forms
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self._hold(reader.all(content))
        self.thing.clear()
        self.thing.update(self.raw)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [("[...]", part) for part in self.thing]


class Attributes(Container):
    """The slots of an object."""

    __slots__ = ("names",)

    lasts = True

    def __init__(self, thing: Any, path: str, names: list[str]) -> None:
        super().__init__(thing, path)
        self.names = names

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return self.same(self._now(), self.raw)

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, self._now())
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self._hold(self._values(content, reader))
        for name, value in zip(self.names, self.raw, strict=True):
            if value is not NOTHING:
                object.__setattr__(self.thing, name, value)
            elif hasattr(self.thing, name):
                object.__delattr__(self.thing, name)

    def _now(self) -> list[Any]:
        return [getattr(self.thing, name, NOTHING) for name in self.names]

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f".{n}", part) for n, part in zip(self.names, self._now(), strict=True)]


class Cell(Container):
    """A variable that a function shares with the one in which it was made."""

    __slots__ = ()

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        return self._now() is self.raw[0]

    def rest(self, labels: Labels) -> list[str]:
        """Return a line that returns False where it does not hold what it held."""
        if self.raw[0] is NOTHING:
            return super().rest(labels)
        cell, held = labels.of(self.thing), labels.of(self.raw[0])
        return [f"if {cell}.cell_contents is not {held}: return False"]

    def read(self, writer: Writer) -> Any:
        """Return what it holds."""
        self.content = self._written(writer, (self._now(),))
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self._hold(self._values(content, reader))
        held = self.raw[0]
        if self._now() is held:
            return
        if held is NOTHING:
            del self.thing.cell_contents
        else:
            self.thing.cell_contents = held

    def _now(self) -> Any:
        try:
            return self.thing.cell_contents
        except ValueError:  # it is empty
            return NOTHING

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [("", self._now())]


class Objects(Container):
    """An array of objects."""

    __slots__ = ("form",)

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.form = Form(thing, path)
        """Its form, which is to last."""

    def alike(self) -> bool:
        """Tell whether it holds what it held."""
        now = self.thing.ravel().tolist()
        return len(now) == len(self.raw) and self.same(now, self.raw) and self.form.lasts()

    def read(self, writer: Writer) -> Any:
        """Return what it holds.

        Raises:
            UnreadableError: if it has another form by now.
        """
        self.form.hold()
        self.content = self._written(writer, self.thing.ravel().tolist())
        return self.content

    def _refilled(self, content: Any, reader: Reader) -> None:
        self.form.regain()
        self._hold(reader.all(content))
        with unlocked(self.thing):
            for place, value in zip(np.ndindex(self.thing.shape), self.raw, strict=True):
                self.thing[place] = value

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        return [(f"[{place}]", self.thing[place]) for place in np.ndindex(self.thing.shape)]

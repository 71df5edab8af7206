"""Everything that can be reached from a live wrapper, in an order that does not depend on chance.

Two wrappers that one factory made have graphs of the same form, so that a place in one names the
same object in the other, in this process or in the next.
"""

from __future__ import annotations

import functools
import hashlib
import types
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Space
from gymnasium.utils import RecordConstructorArgs

from statewrap.gym.bridge import containers, contents, kinds
from statewrap.gym.bridge.blocks import Block, block
from statewrap.gym.bridge.codec import Reader, UnreadableError, Writer
from statewrap.gym.bridge.kinds import ATOMS, Names
from statewrap.gym.bridge.slot import NOTHING, Slot
from statewrap.gym.bridge.stub import Stub

State = dict[int, Any]
"""What the mutable objects of a wrapper hold, by place."""


class Graph:
    """The objects of a live wrapper that are known by identity, and those of them that change."""

    def __init__(self, root: Any, shared: tuple[Any, ...], names: Names) -> None:
        """Explore.

        Args:
            root: the outermost wrapper.
            shared: objects that are known, and not looked into.
            names: the classes of what a wrapper makes later.

        Raises:
            UnreadableError: if something is found that cannot be put back.
        """
        self.names = names
        self.things: list[Any] = []
        self.index: dict[int, int] = {}
        self.slots: dict[int, Slot] = {}
        self._blocks: list[Block] = []
        self._writer = Writer(self.index, names, self._blocks)
        for thing in (NOTHING, *shared):
            self.know(thing)
        _Explorer(self).visit(root, _name(root))
        self._blocks.extend(found for thing in self.things if (found := block(thing)) is not None)
        writer = self.writer()
        for slot in self.slots.values():
            slot.base = slot.read(writer)
        self.pairs = tuple(self.slots.items())
        self.base: State = {place: slot.base for place, slot in self.slots.items()}

    def writer(self) -> Writer:
        """Return what writes values that may refer to these objects."""
        if self._writer.made or self._writer.opaque:
            self._writer = Writer(self.index, self.names, self._blocks)
        return self._writer

    def reader(self) -> Reader:
        """Return what reads them."""
        return Reader(self.things, self.names)

    @functools.cached_property
    def form(self) -> str:
        """A digest of the kinds of objects, and of the keys of tables, in their order."""
        words = [f"{type(thing).__module__}:{type(thing).__qualname__}" for thing in self.things]
        tables = [slot for slot in self.slots.values() if isinstance(slot, containers.Table)]
        keys = [k if type(k) in ATOMS else type(k) for table in tables for k in table.first]
        return hashlib.blake2b(repr((words, keys)).encode(), digest_size=8).hexdigest()

    def know(self, thing: Any) -> int:
        """Give an object its place."""
        place = len(self.things)
        self.index[id(thing)] = place
        self.things.append(thing)
        return place

    def holds(self, slot: Slot, thing: Any) -> None:
        """Keep the slot of an object that is known."""
        self.slots[self.index[id(thing)]] = slot


class _Explorer:
    """Finds what can be reached, and makes a slot for each object that may change."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def visit(self, value: Any, path: str) -> None:
        """Look at a value, and at what it holds.

        Raises:
            UnreadableError: if it cannot be put back.
        """
        if type(value) in ATOMS or id(value) in self._graph.index:
            return
        if isinstance(value, (tuple, frozenset)):
            for number, part in enumerate(value):
                self.visit(part, f"{path}[{number}]")
            return
        self._graph.know(value)
        for part, step in self._explored(value, path):
            self.visit(part, f"{path}{step}")

    def _slot(self, slot: Slot, thing: Any) -> None:
        self._graph.holds(slot, thing)

    def _explored(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        if isinstance(value, kinds.FUNCTIONS):
            return self._function(value, path)
        if isinstance(value, kinds.CONSTANTS):
            return self._constant(value, path)
        if isinstance(value, np.ndarray):
            return self._array(value, path)
        if isinstance(value, np.random.Generator):
            self._slot(contents.Numpys(value, path), value)
            return iter(())
        if isinstance(value, kinds.GENERATORS):
            self._slot(contents.Legacy(value, path), value)
            return iter(())
        if kinds.is_tensor(value):
            if type(value).__module__.startswith("torch"):
                self._slot(contents.Tensor(value, path), value)
            return iter(())
        return self._object(value, path)

    def _constant(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        """Look behind what does not change itself."""
        reason = kinds.why_not(value) if isinstance(value, kinds.CACHE) else None
        if reason is not None:
            raise UnreadableError(reason).within(path)
        if isinstance(value, Space):
            yield from ((part, f".{name}") for name, part in kinds.draws_of(value))
        else:
            yield kinds.behind(value), ", what it is bound to"

    def _function(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        if isinstance(value, types.MethodType):
            yield value.__self__, ".__self__"
            yield value.__func__, ".__func__"
        elif isinstance(value, functools.partial):
            yield from ((p, f".{n}") for n, p in _parts_of_partial(value))
        elif isinstance(value, types.FunctionType):
            yield from self._closure(value, path)
            yield value.__defaults__ or (), ".__defaults__"
            if value.__kwdefaults__:
                yield value.__kwdefaults__, ".__kwdefaults__"
            if vars(value):
                yield vars(value), ".__dict__"

    def _closure(self, value: types.FunctionType, path: str) -> Iterator[tuple[Any, str]]:
        names = value.__code__.co_freevars
        for name, cell in zip(names, value.__closure__ or (), strict=True):
            if name == "__class__" or id(cell) in self._graph.index:
                continue
            self._graph.know(cell)
            self._slot(containers.Cell(cell, f"{path}, where {name} is"), cell)
            for _, part in containers.Cell(cell, path).steps():
                yield part, f", where {name} is"

    def _array(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        if type(value) is not np.ndarray:
            raise UnreadableError(f"an array of the class {type(value).__qualname__}").within(path)
        if value.dtype.hasobject:
            self._slot(containers.Objects(value, path), value)
            yield tuple(value.ravel().tolist()), ""
            yield value.base, ".base"
            return
        root = value.base
        if isinstance(root, np.ndarray):
            yield root, ".base"
        elif value.flags.writeable:
            self._slot(contents.Array(value, path), value)

    def _object(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        kind = type(value)
        reason = kinds.why_not(value) or _own_access(kind)
        if reason is not None:
            raise UnreadableError(reason).within(path)
        if isinstance(value, dict):
            yield from self._table(value, path)
        elif isinstance(value, (list, deque)):
            self._slot(containers.Items(value, path), value)
            yield from ((part, f"[{n}]") for n, part in enumerate(value))
        elif isinstance(value, set):
            self._slot(containers.Members(value, path), value)
            yield tuple(value), ""
        elif isinstance(value, bytearray):
            self._slot(contents.Bytes(value, path), value)
        named = kinds.slots_of(kind)
        if named:
            attributes = containers.Attributes(value, path, named)
            place = self._graph.know(attributes)
            self._graph.slots[place] = attributes
            yield from ((part, step) for step, part in attributes.steps())
        for some in kind.__mro__:
            yield from self._functions_of(some, path)
        held = getattr(value, "__dict__", None)
        if held is not None:
            self._graph.know(held)
            self._slot(self._table_of(value, held, path), held)
            yield from ((part, f".{name}") for name, part in list(held.items()))

    def _functions_of(self, kind: type, path: str) -> Iterator[tuple[Any, str]]:
        """Look at the variables that the methods of a class share with where it was made."""
        for name, part in list(vars(kind).items()):
            if isinstance(part, types.FunctionType) and part.__code__.co_freevars:
                yield from self._closure(part, f"{path}.{name}")

    def _table_of(self, value: Any, held: dict[str, Any], path: str) -> Slot:
        if isinstance(value, Stub):
            return containers.Counted(value, held, path, value.sets)
        if isinstance(value, RecordConstructorArgs):  # what is recorded is a constant
            self._graph.know(held.get("_saved_kwargs"))
        return containers.Table(held, path, owner=value)

    def _table(self, value: dict[Any, Any], path: str) -> Iterator[tuple[Any, str]]:
        self._slot(containers.Table(value, path), value)
        if isinstance(value, defaultdict):
            yield value.default_factory, ".default_factory"
        for key, part in list(value.items()):
            yield key, f", the key {key!r}"
            yield part, f"[{key!r}]"


_ACCESS: Final = ("__setitem__", "__iter__", "__len__", "clear", "values", "extend")
"""By what a container is read and put back."""


def _own_access(kind: type) -> str | None:
    """Say by which method of its own a container is not read or put back as usual."""
    base = next((some for some in kinds.CONTAINERS if issubclass(kind, some)), object)
    if base in (kind, object):
        return None
    names = (*_ACCESS, "update") if base is set else _ACCESS
    own = (name for name in names if getattr(kind, name, None) is not getattr(base, name, None))
    return next((f"a {base.__name__} with a method {name} of its own" for name in own), None)


def _parts_of_partial(value: functools.partial[Any]) -> Iterator[tuple[str, Any]]:
    yield "func", value.func
    yield "args", value.args
    yield "keywords", value.keywords


def _name(root: Any) -> str:
    return type(root).__name__ if isinstance(root, gymnasium.Env) else "it"

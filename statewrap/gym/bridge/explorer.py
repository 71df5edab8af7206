"""Looking at all that can be reached from a live wrapper; see `graph`."""

from __future__ import annotations

import functools
import types
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from gymnasium.spaces import Space
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.registry import qualified_name
from statewrap.gym.bridge import containers, contents, kinds, tables
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.kinds import ATOMS
from statewrap.gym.bridge.slot import Slot
from statewrap.gym.bridge.stub import Limited, Stub

if TYPE_CHECKING:
    from statewrap.gym.bridge.graph import Graph


class Explorer:
    """Finds what can be reached, and makes a slot for each object that may change."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._later: list[tuple[Any, str]] = []

    def visit_later(self) -> None:
        """Look at what stands for the environment, and at the generators of spaces, last of all.

        So a wrapper's objects have the same places whatever is known of what lies below, and
        whether somebody has drawn from a space before, which only then has a generator.
        """
        while self._later:
            value, path = self._later.pop(0)
            for part, step in self._explored(value, path):
                self.visit(part, f"{path}{step}")

    def visit(self, value: Any, path: str) -> None:
        """Look at a value, and at what it holds.

        Raises:
            UnreadableError: if it cannot be put back.
        """
        if type(value) in ATOMS or id(value) in self._graph.index:
            return
        if isinstance(value, (tuple, frozenset)):
            if kinds.has_more(value):
                raise UnreadableError(kinds.MORE).within(path)
            for number, part in enumerate(value):
                self.visit(part, f"{path}[{number}]")
            return
        self._graph.know(value)
        if isinstance(value, (Stub, Limited, Space)):
            self._later.append((value, path))
            return
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
            if kinds.has_more(value):
                raise UnreadableError(kinds.MORE).within(path)
            self._hold_known(value, path)
            self._slot(contents.Legacy(value, path), value)
            return iter(())
        if kinds.is_tensor(value):
            self._hold_known(value, path)
            if type(value).__module__.startswith("torch"):
                self._slot(contents.Tensor(value, path), value)
            return iter(())
        return self._object(value, path)

    def _hold_known(self, value: Any, path: str) -> None:
        try:
            kinds.hold_known(value)
        except UnreadableError as error:
            raise error.within(path) from None

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
            yield from self._defaults(value, path)
            if vars(value):
                yield vars(value), ".__dict__"

    def _defaults(self, value: types.FunctionType, path: str) -> Iterator[tuple[Any, str]]:
        """Look at what is there for arguments; in a function of the wrapper's it may be exchanged.

        One that has none is not given any later.
        """
        names = [name for name in _DEFAULTS if getattr(value, name)]
        if names and qualified_name(value) is None:
            yield from self._attributes(value, path, names)
        else:
            yield from ((getattr(value, name), f".{name}") for name in names)

    def _attributes(self, value: Any, path: str, names: list[str]) -> Iterator[tuple[Any, str]]:
        """Look at attributes that an object holds by names of its class."""
        attributes = containers.Attributes(value, path, names)
        place = self._graph.know(attributes)
        self._graph.slots[place] = attributes
        yield from ((part, step) for step, part in attributes.steps())

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
        elif value.flags.writeable or root is None:  # whose own it is can be unlocked
            self._slot(contents.Array(value, path), value)
            return
        self._slot(contents.View(value, path), value)  # after what it looks at

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
        named = kinds.slots_of(kind) + _FACTORY * isinstance(value, defaultdict)
        if named:
            place = len(self._graph.things)
            yield from self._attributes(value, path, named)
            if isinstance(value, Stub):
                self._graph.lend(value.statewrap_sets, range(place, len(self._graph.things)))
        for some in kind.__mro__:
            yield from self._functions_of(some, path)
        held = getattr(value, "__dict__", None)
        if held is not None:
            self._graph.know(held)
            self._slot(self._table_of(value, held, path), held)
            yield from ((part, f".{name}") for name, part in list(held.items()))

    def _functions_of(self, kind: type, path: str) -> Iterator[tuple[Any, str]]:
        """Look at the variables that the methods of a class share with where it was made.

        Those of libraries are left, which torch wraps anew when its first optimizer is made.
        """
        if kinds.is_of_a_library(kind.__module__):
            return
        for name, part in list(vars(kind).items()):
            if isinstance(part, types.FunctionType) and part.__code__.co_freevars:
                yield from self._closure(part, f"{path}.{name}")

    def _table_of(self, value: Any, held: dict[str, Any], path: str) -> Slot:
        if isinstance(value, Stub):
            return tables.Counted(value, held, path, value.statewrap_sets)
        if isinstance(value, RecordConstructorArgs):  # what is recorded is a constant
            self._graph.know(held.get("_saved_kwargs"))
        return tables.Table(held, path, owner=value)

    def _table(self, value: dict[Any, Any], path: str) -> Iterator[tuple[Any, str]]:
        self._slot(tables.Table(value, path), value)
        for key, part in list(value.items()):
            yield key, f", the key {key!r}"
            yield part, f"[{key!r}]"


_FACTORY: Final = ["default_factory"]
_DEFAULTS: Final = ("__defaults__", "__kwdefaults__")
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

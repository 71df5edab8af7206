"""What lies outside of a wrapper and is shared by all: attributes of its class, globals, defaults.

It is looked at before and after a wrapper is tried out. What was changed is put back, and told.
"""

from __future__ import annotations

import contextlib
import contextvars
import dis
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.graph import Graph
from statewrap.gym.bridge.kinds import CACHE, Names, is_of_a_library

_GLOBALS: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"})
_NOWHERE: Final[Any] = object()
_UNCHANGING: Final = (type, types.ModuleType, types.BuiltinFunctionType)


class Outside:
    """How what lies outside of some objects was when this was made; they are not looked into."""

    def __init__(self, *things: Any) -> None:
        self._bound: dict[tuple[int, str], tuple[Any, str, Any, str]] = {}
        self._graphs: dict[int, tuple[str, Graph]] = {}
        self._variables: dict[str, tuple[contextvars.ContextVar[Any], Any]] = {}
        self._caches: dict[int, tuple[str, Any, int]] = {}
        self._seen: set[int] = set()
        self._things = things
        for thing in things:
            for function in _functions(thing):
                self._look_at_function(function)
            for kind in type(thing).__mro__:
                self._look_at_class(kind)

    def changed(self) -> list[str]:
        """Name what has changed, and put it back."""
        found = [name for name in self._put_back_names() if name]
        found += [name for name in self._put_back_contents() if name]
        for name, (variable, value) in self._variables.items():
            if variable.get(_NOWHERE) is not value:
                variable.set(value)
                found.append(name)
        for name, cache, misses in self._caches.values():
            if cache.cache_info().misses != misses:
                cache.cache_clear()
                found.append(name)
        return list(dict.fromkeys(found))

    def _put_back_names(self) -> Iterator[str]:
        for owner, name, value, told in self._bound.values():
            held = owner if isinstance(owner, dict) else vars(owner)
            if held.get(name, _NOWHERE) is value:
                continue
            if isinstance(owner, dict):
                owner.pop(name) if value is _NOWHERE else owner.__setitem__(name, value)
            else:
                delattr(owner, name) if value is _NOWHERE else setattr(owner, name, value)
            yield told

    def _put_back_contents(self) -> Iterator[str]:
        for told, graph in self._graphs.values():
            if all(slot.unchanged() for slot in graph.slots.values()):
                continue
            reader = graph.reader()
            for place, slot in graph.slots.items():
                slot.put(graph.base[place], reader)
            yield told

    # -- looking around -------------------------------------------------------------------------

    def _look_at_class(self, kind: type) -> None:
        if is_of_a_library(kind.__module__) or id(kind) in self._seen:
            return
        self._seen.add(id(kind))
        for name, part in list(vars(kind).items()):
            for function in _functions(part):
                self._look_at_function(function)
            if not name.startswith("__") and not list(_functions(part)):
                self._note(kind, name, part, f"{kind.__qualname__}.{name}")

    def _look_at_function(self, function: types.FunctionType) -> None:
        if is_of_a_library(function.__module__) or id(function) in self._seen:
            return
        self._seen.add(id(function))
        told = f"{function.__module__}.{function.__qualname__}"
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        self._note_content(defaults, f"a default argument of the function {told}")
        self._note_content(vars(function), f"the attributes of the function {told}")
        for name in _named(function.__code__):
            value = function.__globals__.get(name, _NOWHERE)
            self._note(
                function.__globals__, name, value, f"the global {function.__module__}.{name}"
            )

    def _note(self, owner: Any, name: str, value: Any, told: str) -> None:
        self._bound.setdefault((id(owner), name), (owner, name, value, told))
        for function in _functions(value):
            self._look_at_function(function)
        if isinstance(value, contextvars.ContextVar):
            self._variables[told] = (value, value.get(_NOWHERE))
        elif isinstance(value, type):
            self._look_at_class(value)
        elif isinstance(value, CACHE):
            self._note_cache(owner, value, told)
        elif not isinstance(value, _UNCHANGING):
            self._note_content(value, told)

    def _note_cache(self, owner: Any, cache: Any, told: str) -> None:
        """Note the cache of a method, whose calls may do more than return; functions are left."""
        if isinstance(owner, type):
            name = f"the cache of the method {told} (functools.lru_cache)"
            self._caches[id(cache)] = (name, cache, cache.cache_info().misses)

    def _note_content(self, value: Any, told: str) -> None:
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        with contextlib.suppress(UnreadableError, RecursionError):
            graph = Graph(value, self._things, Names())
            if graph.slots:
                self._graphs[id(value)] = (told, graph)


def _functions(part: Any) -> Iterator[types.FunctionType]:
    """List the functions that an attribute is made of."""
    if isinstance(part, types.FunctionType):
        yield part
    elif isinstance(part, (staticmethod, classmethod)):
        yield from _functions(part.__func__)
    elif isinstance(part, property):
        yield from (f for f in (part.fget, part.fset) if isinstance(f, types.FunctionType))


@lru_cache(maxsize=4096)
def _named(code: types.CodeType) -> tuple[str, ...]:
    """Return the globals that a code names, that of functions within it included."""
    names = [i.argval for i in dis.get_instructions(code) if i.opname in _GLOBALS]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _named(constant)
    return tuple(dict.fromkeys(names))

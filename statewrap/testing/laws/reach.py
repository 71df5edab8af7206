"""What a wrapper can reach without being given it: through fields, closures, globals and classes.

Each thing is found with the way to it in words, such as `self.helper.env` or `the global ENV of
plant, named in on_state`.
"""

from __future__ import annotations

import dis
import inspect
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, Final, NamedTuple

import gymnasium
import numpy as np

from statewrap.core.wrapper import Wrapper

MOST: Final = 2000
"""How many things are looked at."""
_ATOMS: Final = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(None),
    np.ndarray,
    np.generic,
    np.dtype,
)
_ATTRIBUTES: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_GLOBALS: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_LIBRARIES: Final = frozenset(
    {"numpy", "gymnasium", "attr", "attrs", "structlog", *sys.stdlib_module_names}
)


class Found(NamedTuple):
    """A thing and the way to it."""

    way: str
    thing: Any


class Named(NamedTuple):
    """A global that a function names, with the attributes asked of it: `plant`, `ENV`, `step`."""

    chain: tuple[str, ...]
    line: int | None


def is_of_a_library(module: str | None) -> bool:
    """Tell whether a module belongs to Python, to what statewrap builds on, or to its core."""
    name = module or ""
    return name.partition(".")[0] in _LIBRARIES or name.startswith("statewrap.core")


def reach(start: Any, name: str = "self") -> Iterator[Found]:
    """Give what can be reached from a thing, nearest first, each once, `MOST` of them at most."""
    todo, seen = deque([Found(name, start)]), set[int]()
    held = []  # lest another object is given the id of one that is gone
    while todo and len(seen) < MOST:
        found = todo.popleft()
        if isinstance(found.thing, _ATOMS) or id(found.thing) in seen:
            continue
        seen.add(id(found.thing))
        held.append(found.thing)
        yield found
        if getattr(type(found.thing), "puts_back", False) is not True:  # what it holds is scratch
            todo.extend(_next(found))


def is_environment(thing: Any) -> bool:
    """Tell whether a thing can be stepped and reset, as a gymnasium.Env or a VectorEnv.

    A wrapper is none, nor a class or a module, nor a frozen record, whose `step` changes nothing;
    nor is one that only stands for an environment, as a bridge's does, or what lies around it.
    """
    if isinstance(thing, (type, ModuleType, Wrapper, tuple)) or _stands_in(thing):
        return False
    names = ("step", "reset")
    if not all(callable(inspect.getattr_static(thing, name, None)) for name in names):
        return False
    set_attribute: Any = type(thing).__setattr__
    return set_attribute is object.__setattr__


def _stands_in(thing: Any) -> bool:
    """Tell whether there is no environment at the bottom of a thing, which says so."""
    while isinstance(thing, gymnasium.Wrapper) and "env" in vars(thing):
        thing = vars(thing)["env"]
    return getattr(type(thing), "statewrap_stands_in", False) is True


def _next(found: Found) -> Iterator[Found]:
    way, thing = found
    if isinstance(thing, (dict, MappingProxyType)):
        yield from (Found(f"{way}[{key!r}]", item) for key, item in thing.items())
    elif isinstance(thing, (tuple, list, set, frozenset, deque)):
        names = getattr(thing, "_fields", None)
        for index, item in enumerate(thing):
            yield Found(f"{way}.{names[index]}" if names else f"{way}[{index}]", item)
    elif isinstance(thing, partial):
        yield from _of(way, func=thing.func, args=thing.args, keywords=thing.keywords)
    elif isinstance(thing, (MethodType, BuiltinMethodType)):
        yield from _of(way, __self__=thing.__self__)
        if isinstance(thing, MethodType):
            yield from _of(way, __func__=thing.__func__)
    elif isinstance(thing, FunctionType):
        yield from _of_function(thing)
    elif isinstance(thing, weakref.ref):
        yield Found(f"{way}()", thing())
    elif not isinstance(thing, (ModuleType, type)) and not is_of_a_library(type(thing).__module__):
        yield from _of_object(way, thing)
        yield from _of_classes(thing)


def _of(way: str, **parts: Any) -> Iterator[Found]:
    return (Found(f"{way}.{name}", part) for name, part in parts.items())


def _of_object(way: str, thing: Any) -> Iterator[Found]:
    """Give what an object holds, in its dict, its slots and its attrs fields."""
    names = list(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    for name in dict.fromkeys(names):
        try:
            yield Found(f"{way}.{name}", object.__getattribute__(thing, name))
        except AttributeError:  # a slot that holds nothing, or a mangled name
            continue


def _of_classes(thing: Any) -> Iterator[Found]:
    """Give what the classes of an object hold: their functions, and other attributes."""
    for kind in type(thing).__mro__:
        if kind is Wrapper or is_of_a_library(kind.__module__):
            continue
        for name, part in vars(kind).items():
            whose = f"{kind.__name__}.{name}"
            if isinstance(part, property):
                yield from (Found(whose, f) for f in (part.fget, part.fset) if f is not None)
            elif isinstance(part, (classmethod, staticmethod)):
                yield Found(whose, part.__func__)
            elif not _is_made_by_python(name, part):
                yield Found(whose, part)


def _is_made_by_python(name: str, part: Any) -> bool:
    """Tell whether nobody wrote an attribute of a class: its slots, or what attrs generates."""
    if isinstance(part, FunctionType):
        return part.__code__.co_filename.startswith("<attrs") or is_of_a_library(part.__module__)
    return isinstance(part, MemberDescriptorType) or name.startswith("__")


def _of_function(function: Callable[..., Any]) -> Iterator[Found]:
    """Give a function's closure, its defaults, and the globals that it names."""
    if is_of_a_library(function.__module__):
        return
    name = function.__qualname__
    for cell_name, cell in zip(
        function.__code__.co_freevars, function.__closure__ or (), strict=True
    ):
        with_content = _content(cell)
        if with_content:
            yield Found(f"the closure of {name}, where it is {cell_name}", with_content[0])
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    yield from (Found(f"a default argument of {name}", default) for default in defaults)
    for named in named_globals(function.__code__):
        called, thing = resolve(named, function)
        if thing is not None:
            yield Found(f"the global {called} of {function.__module__}, named in {name}", thing)


def _content(cell: Any) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # empty as yet
        return ()


def resolve(named: Named, function: Callable[..., Any]) -> Found:
    """Return what a function's global is, through modules and classes; None if it is not there."""
    called, *rest = named.chain
    thing = function.__globals__.get(called)
    for name in rest:
        if not isinstance(thing, (ModuleType, type)):
            break
        called = f"{called}.{name}"
        try:
            thing = getattr(thing, name, None)
        except Exception:  # noqa: BLE001 - a module may refuse a name as it likes
            thing = None
    return Found(called, thing)


@lru_cache(maxsize=4096)
def named_globals(code: CodeType) -> tuple[Named, ...]:
    """Return the globals that a function's code names, that of functions within it included."""
    return tuple(_named_globals(code))


def _named_globals(code: CodeType) -> Iterator[Named]:
    chain: list[str] = []
    line: int | None = None
    for step in dis.get_instructions(code):
        if chain and step.opname in _ATTRIBUTES:
            chain.append(step.argval)
            continue
        if chain:
            yield Named(tuple(chain), line)
        chain = [step.argval] if step.opname in _GLOBALS else []
        line = step.positions.lineno if step.positions else None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named_globals(constant)


@lru_cache(maxsize=4096)
def stored_globals(code: CodeType) -> frozenset[str]:
    """Return the globals that a function's code assigns to, with that of functions within it."""
    names = {s.argval for s in dis.get_instructions(code) if s.opname == "STORE_GLOBAL"}
    inner = (stored_globals(c) for c in code.co_consts if isinstance(c, CodeType))
    return frozenset(names).union(*inner)

"""Classes that lead to what is copied: they are shared, so that a copy would meet its original.

A class that was made in a constructor may close over the wrapper, and any class may hold an
instance. What the wrapper goes on to do with it would be done to the original.
"""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from statewrap.gym.behind import NotCopiedError
from statewrap.gym.bridge import kinds
from statewrap.gym.bridge.kinds import is_of_a_library

_MOST: Final = 20_000
"""How many objects are looked at, at most."""
_CONTAINERS: Final = (list, tuple, set, frozenset, deque)


def hold_apart(classes: dict[type, str], is_copied: Callable[[Any], bool]) -> None:
    """Hold that no class leads to anything that is copied.

    Args:
        classes: what was met, each with where.
        is_copied: tells whether something else stands for an object.

    Raises:
        NotCopiedError: if one does.
    """
    seen: set[int] = set()
    for kind, path in classes.items():
        meta: type = type(kind)
        for some in dict.fromkeys([*kind.__mro__, *meta.__mro__]):
            if some is not object and not is_of_a_library(some.__module__):
                _hold(some, path, is_copied, seen)


def _hold(kind: type, path: str, is_copied: Callable[[Any], bool], seen: set[int]) -> None:
    for name, part in list(vars(kind).items()):
        if name == "__init__" and isinstance(part, types.FunctionType):
            seen.update(map(id, _defaults(part)))  # a copy is not made by it
        for found in _reached(part, seen):
            if is_copied(found):
                raise NotCopiedError(
                    f"{path} is, or is of, the class {kind.__qualname__}, which all copies share, "
                    f"and whose {name!r} leads to a {type(found).__name__}: a copy would go on "
                    "with the original's; let its instances be given what they use, and keep it "
                    "in self"
                )


def _reached(value: Any, seen: set[int]) -> Iterator[Any]:
    """Give all that can be reached from a value; what was seen is left out."""
    waiting = [value]
    while waiting and len(seen) < _MOST:
        value = waiting.pop()
        if type(value) in kinds.ATOMS or id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        waiting.extend(_held(value))


def _held(value: Any) -> Iterator[Any]:
    for known, look in _LOOKS.items():
        if isinstance(value, known):
            yield from look(value)
            return
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, _CONTAINERS):
        yield from value
    elif isinstance(value, np.ndarray):
        yield value.base
    elif isinstance(value, kinds.CONSTANTS):
        yield kinds.behind(value)
    else:
        yield from vars(value).values() if hasattr(value, "__dict__") else ()
        yield from (getattr(value, n) for n in kinds.slots_of(type(value)) if hasattr(value, n))


def _defaults(function: types.FunctionType) -> Iterator[Any]:
    """Give the default arguments of a function, and what holds them."""
    for held in (function.__defaults__, function.__kwdefaults__):
        yield held
        yield from held.values() if isinstance(held, dict) else held or ()


def _of_function(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is empty
            continue
    yield from (function.__defaults__, function.__kwdefaults__, vars(function))


_LOOKS: Final[dict[Any, Callable[[Any], Any]]] = {
    (staticmethod, classmethod): lambda value: (value.__func__,),
    property: lambda value: (value.fget, value.fset),
    types.FunctionType: _of_function,
    types.MethodType: lambda value: (value.__self__, value.__func__),
    functools.partial: lambda value: (value.func, value.args, value.keywords),
    kinds.CACHE: lambda value: (value.__wrapped__,),
}
"""Kinds of what calls or is called, and what they hold."""

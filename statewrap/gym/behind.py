"""Objects that lead to another one: a built-in method, a weak reference, a proxy, a cache.

A copy must not lead to what the original leads to. So these are made anew over the copy, or
refused.
"""

from __future__ import annotations

import dis
import functools
import gc
import random
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import gymnasium
import numpy as np

from statewrap.core.errors import ConfigurationError

_METHODS: Final = (types.BuiltinFunctionType, types.MethodWrapperType)
KINDS: Final = (
    *_METHODS,
    types.MappingProxyType,
    weakref.ref,
    functools._lru_cache_wrapper,  # noqa: SLF001 - it has no other name
)
_GLOBAL: Final = (
    random.random.__self__,  # type: ignore[attr-defined]  # it is a method
    np.random.random.__self__,  # type: ignore[attr-defined]  # the same
)
"""The global generators, which belong to nobody."""


class NotCopiedError(ConfigurationError):
    """A wrapper holds something that cannot be copied; the message says what, and where."""


class PartError(NotCopiedError):
    """A wrapper holds something that is a part of its environment."""


class Copier(Protocol):
    """What copies the rest."""

    def copy(self, value: Any, path: str) -> Any:
        """Return a copy, or the very object if it is constant."""

    def knows(self, value: Any) -> bool:
        """Tell whether something stands for a value already, or it is a part."""


def copied(value: Any, path: str, copier: Copier) -> Any:
    """Return what leads to the copy of what a value leads to; the value if that is constant.

    Raises:
        NotCopiedError: if there is no way to make it.
    """
    if isinstance(value, weakref.ref):
        return _reference(value, path, copier)
    if isinstance(value, types.MappingProxyType):
        return _proxy(value, path, copier)
    if isinstance(value, _METHODS):
        return _method(value, path, copier)
    return _cache(value, path, copier)


def leads(value: Any) -> bool:
    """Tell whether a value leads to something that may be the wrapper's.

    >>> leads([].append), leads(len), leads(random.random)
    (True, False, False)
    """
    if isinstance(value, _METHODS):
        return not _is_constant(value.__self__)
    return isinstance(value, KINDS)


def global_environment(function: types.FunctionType) -> str | None:
    """Return the global name by which a function reaches an environment, or None.

    >>> import gymnasium
    >>> shown = gymnasium.make("CartPole-v1")
    >>> space = {"gymnasium": gymnasium, "env": shown, "limit": shown.step}
    >>> exec("def looks(action): return env.unwrapped.state", space)
    >>> exec("def steps(action): return limit(action)", space)
    >>> exec("def other(action): return action.env", space)
    >>> [global_environment(space[name]) for name in ("looks", "steps", "other")]
    ['env', 'limit', None]
    """
    for name in _globals_of(function.__code__):
        found = function.__globals__.get(name)
        if isinstance(getattr(found, "__self__", found), gymnasium.Env):
            return name
    return None


def _globals_of(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _globals_of(part)


def _is_constant(owner: Any) -> bool:
    """Tell whether the owner of a method is none, a module, a class, or a global generator."""
    if owner is None or isinstance(owner, (types.ModuleType, type)):
        return True
    return any(owner is some for some in _GLOBAL)


def _method(value: Any, path: str, copier: Copier) -> Any:
    owner = value.__self__
    if _is_constant(owner):
        return value
    made = copier.copy(owner, f"{path}.__self__")
    return value if made is owner else getattr(made, value.__name__)


def _reference(value: Any, path: str, copier: Copier) -> Any:
    held = value()
    if held is None or isinstance(held, type):
        return value
    plain = type(value) is weakref.ref and value.__callback__ is None
    if not plain or not copier.knows(held):
        raise NotCopiedError(
            f"{path} is a weak reference to {type(held).__qualname__}, which nobody else that is "
            "copied was seen to hold, or one that calls a function when that goes"
        )
    return weakref.ref(copier.copy(held, f"{path}()"))


def _proxy(value: Any, path: str, copier: Copier) -> Any:
    (held,) = gc.get_referents(value)
    return types.MappingProxyType(copier.copy(held, path))


def _cache(value: Any, path: str, copier: Copier) -> Any:
    function: Callable[..., Any] = value.__wrapped__
    if copier.copy(function, f"{path}.__wrapped__") is function:
        return value
    raise NotCopiedError(
        f"{path} is a cache (functools.lru_cache) over a function that holds something of the "
        "wrapper's, and what is cached cannot be read; keep a dict instead"
    )

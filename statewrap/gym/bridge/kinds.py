"""Kinds of objects that a wrapper may hold: values, constants, what can be put back, the rest."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import functools
import gc
import io
import logging
import pathlib
import random
import re
import socket
import sys
import threading
import types
import uuid
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator, ValuesView
from typing import Any, Final

import numpy as np
from gymnasium.envs.registration import EnvSpec, WrapperSpec
from gymnasium.spaces import Space

from statewrap.core.registry import qualified_name
from statewrap.core.tensors import library_of
from statewrap.gym.bridge.errors import UnreadableError

ATOMS: Final = frozenset(
    {type(None), bool, int, float, complex, str, bytes}
    | {kind for kind in set(np.sctypeDict.values()) if not issubclass(kind, (np.void, np.object_))}
)
"""Types of values that never change and that are written as they are."""

_SCALARS: Final = (
    dt.date,
    dt.time,
    dt.timedelta,
    dt.tzinfo,
    decimal.Decimal,
    fractions.Fraction,
    pathlib.PurePath,
    uuid.UUID,
    range,
    slice,
    type(...),
    type(NotImplemented),
    np.dtype,
)
STILL: Final = (*_SCALARS, np.ufunc, np.finfo, np.iinfo, re.Pattern)
"""Types of objects behind which nothing can change."""
CONSTANTS: Final = (
    *_SCALARS,
    Space,
    EnvSpec,
    WrapperSpec,
    enum.Enum,
    logging.Logger,
    logging.Handler,
    re.Pattern,
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
    types.GenericAlias,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.MappingProxyType,
    np.ufunc,
    np.finfo,
    np.iinfo,
    weakref.ref,
    property,
    functools._lru_cache_wrapper,  # noqa: SLF001 - it has no other name
)
"""Types of objects that are taken to be constant: they are shared, and never in a memory."""
FUNCTIONS: Final = (types.FunctionType, types.MethodType, functools.partial, staticmethod)
"""What may be called; what it holds is looked at."""

GENERATORS: Final = (np.random.Generator, np.random.RandomState, random.Random)

_LOCKS: Final = (type(threading.Lock()), type(threading.RLock()), threading.Thread)
CACHE: Final = functools._lru_cache_wrapper  # noqa: SLF001 - it has no other name
_BOUND: Final = (types.BuiltinFunctionType, types.MethodWrapperType)
_GLOBAL_GENERATORS: Final = (random.random.__self__, np.random.rand.__self__)  # type: ignore[attr-defined]
_RUNNING: Final = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


_LIBRARIES: Final = frozenset(
    {"gymnasium", "numpy", "attr", "attrs", "torch", "jax", "cv2", "statewrap"}
    | set(sys.stdlib_module_names)
) - {"__main__"}


def is_of_a_library(module: str | None) -> bool:
    """Tell whether a module belongs to Python or to a library that keeps to itself."""
    return (module or "").partition(".")[0] in _LIBRARIES


def why_not(value: Any) -> str | None:
    """Say why an object cannot be put back to what it was, or return None if it can be."""
    kind = type(value)
    if isinstance(value, _RUNNING):
        return f"a running {kind.__name__}, which cannot be put back to where it was"
    if isinstance(value, io.IOBase):
        return "an open file"
    if isinstance(value, socket.socket):
        return "a socket"
    if isinstance(value, _LOCKS):
        return "a thread" if isinstance(value, threading.Thread) else "a lock"
    if isinstance(value, CACHE):
        plain = _is_of_plain(value.__wrapped__)
        return None if plain else "a cache (functools.lru_cache), which hides what it holds"
    if is_native(kind):
        return f"an object of C code ({kind.__module__}.{kind.__qualname__}), which hides its state"
    return None


def behind(value: Any) -> Any:
    """Return what changes behind an object that is itself a constant; None if nothing does.

    It is the list of its bound `append`, what a weak reference refers to, the dict of a proxy.
    """
    if isinstance(value, weakref.ref):
        return value()
    if isinstance(value, _BOUND):
        owner = value.__self__
        shared = any(owner is some for some in _GLOBAL_GENERATORS)  # who draws there is refused
        still = isinstance(owner, (type, types.ModuleType)) or type(owner) in ATOMS
        return None if still or shared else owner
    if isinstance(value, types.MappingProxyType):
        held = gc.get_referents(value)[0]
        return None if "__module__" in held else held  # of a class, which is shared
    return None


def draws_of(space: Any) -> Iterator[tuple[str, Any]]:
    """Give the generator that a space draws from, once it has one, and the spaces within it."""
    if space._np_random is not None:  # noqa: SLF001 - to ask for `np_random` would make one
        yield "np_random", space._np_random  # noqa: SLF001
    for name, part in vars(space).items():
        parts = part.values() if isinstance(part, dict) else part
        if isinstance(parts, Space):
            yield name, parts
        elif isinstance(parts, (tuple, list, ValuesView)):
            yield from ((name, one) for one in parts if isinstance(one, Space))


def _is_of_plain(function: Any) -> bool:
    """Tell whether a function sees nothing but its arguments and globals."""
    return isinstance(function, types.FunctionType) and not function.__closure__


def is_native(kind: type) -> bool:
    """Tell whether instances hold more than Python sees: their `__dict__`, slots and contents.

    This is how Python itself tells which objects it can pickle.
    """
    base = next((some for some in CONTAINERS if issubclass(kind, some)), object)
    if kind is base:
        return False
    slots = sum(len(_own_slots(some)) for some in kind.__mro__)
    words = slots + (kind.__dictoffset__ > 0) - (base.__dictoffset__ > 0)
    words += (kind.__weakrefoffset__ > 0) - (base.__weakrefoffset__ > 0)
    return kind.__basicsize__ > base.__basicsize__ + 8 * words or kind.__itemsize__ > 0


def slots_of(kind: type) -> list[str]:
    """Return the names of all slots of a class, as they are found on instances."""
    return [name for some in reversed(kind.__mro__) for name in _own_slots(some)]


def _own_slots(kind: type) -> list[str]:
    members = (n for n, part in vars(kind).items() if isinstance(part, types.MemberDescriptorType))
    return list(members) if "__slots__" in vars(kind) else []


MORE: Final = "a tuple or a generator that has attributes"


def has_more(value: Any) -> bool:
    """Tell whether a value has attributes beside what it is as a tuple, or as a generator."""
    return bool(getattr(value, "__dict__", {}).keys() - {"gauss_next"})  # which is in its state


def hold_known(value: Any) -> None:
    """Hold that the numbers of a generator, or of a tensor, can be asked for.

    Raises:
        UnreadableError: if it is a `RandomState` over another generator than its own, or a typed
            key of jax.
    """
    if isinstance(value, np.random.RandomState):
        told: Any = value.get_state(legacy=False)
        if told["bit_generator"] != "MT19937":
            raise UnreadableError(f"a RandomState over {told['bit_generator']}")
    elif library_of(value) == "jax" and str(value.dtype).startswith("key<"):
        raise UnreadableError("a typed key of jax; keep jax.random.key_data of it")


def blank(kind: Any) -> Any:
    """Make an instance of a class without its constructor.

    Raises:
        TypeError: if its class is written in C and wants arguments.
    """
    try:
        return object.__new__(kind)
    except TypeError:
        return kind.__new__(kind)


def is_tensor(value: Any) -> bool:
    """Tell whether a value is a tensor of torch or jax."""
    return library_of(value) is not None


class Names:
    """Classes by name: those that can be imported, and those that were met."""

    def __init__(self) -> None:
        self._met: dict[str, Any] = {}
        self.layouts: dict[type, tuple[str, list[str]]] = {}
        """The names and the slots of classes of which objects were written."""

    def layout(self, kind: type) -> tuple[str, list[str]]:
        """Return the name of a class, by which `find` finds it, and its slots.

        Raises:
            ValueError: if another class has this name.
        """
        if kind not in self.layouts:
            self.layouts[kind] = self.enter(kind), slots_of(kind)
        return self.layouts[kind]

    def enter(self, kind: Any) -> str:
        """Return the name of a class, by which `find` finds it.

        Raises:
            ValueError: if another class has this name.
        """
        name = f"{kind.__module__}:{kind.__qualname__}"
        if qualified_name(kind) is None and self._met.setdefault(name, kind) is not kind:
            raise ValueError(f"one of two classes named {name}")
        return name

    def find(self, name: str) -> Any:
        """Return a class or function that was named, without importing anything.

        Raises:
            LookupError: if there is none.
        """
        if name in self._met:
            return self._met[name]
        module, _, path = name.partition(":")
        found: Any = sys.modules.get(module)
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is None:
            raise LookupError(f"There is no {name}, of which a memory holds an instance.")
        return found


CONTAINERS: Final = (OrderedDict, defaultdict, list, dict, set, deque, bytearray)
"""Containers of Python's own; a subclass stands before its base."""

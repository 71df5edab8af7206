"""What a digest is told of an object: the same in every process, so no addresses.

What nobody can see is left out, such as words that a space makes when it is asked for them.
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import hashlib
import logging
import random
import re
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, WrapperSpec
from gymnasium.spaces import Space

from statewrap.core.tensors import as_numpy, device_of, library_of
from statewrap.gym.bridge import kinds

_DEEPEST: Final = 20
"""How deep a constant is looked into, at most."""
_ADDRESS: Final = re.compile(r"\bat 0x[0-9a-fA-F]+")
_LEFT_OUT: Final = ("low_repr", "high_repr", "_char_list", "_char_index")
"""What a space makes of what it holds: words when it is asked, characters in the order of a set."""
_NAMED: Final = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
)
_PLAIN: Final = (np.ufunc, np.finfo, np.iinfo, np.dtype, types.GenericAlias)
_LEADING: Final = (kinds.CACHE, types.MappingProxyType, weakref.ref)
"""What is told by what it leads to."""


def told(value: Any) -> str:
    """Tell what an object is; what it holds only of one that is a constant.

    Args:
        value: anything. Containers and objects are told by their class alone, arrays by their
            dtype, shape and order.

    >>> told(range(3)), told([1, 2]), told(np.zeros((2, 3), np.int8).T)
    ('builtins:range range(0, 3)', 'builtins:list', "numpy:ndarray dtype('int8') (3, 2) (1, 0)")
    """
    return _Telling(_DEEPEST).of(value)


def in_order(values: Iterable[Any]) -> list[Any]:
    """Sort what a set gives, whose own order is another one in another process.

    >>> in_order({"score", "lives", 3})
    [3, 'lives', 'score']
    """
    return sorted(values, key=lambda value: _Telling(3).all_of(value))


def told_of_tensor(tensor: Any) -> str:
    """Tell all that a tensor of torch or jax is.

    Raises:
        RuntimeError, TypeError: if its numbers cannot be read.
    """
    library: Any = library_of(tensor)
    if str(tensor.dtype).startswith("key<"):
        tensor = tensor._base_array  # noqa: SLF001 - the numbers of a typed key of jax
    numbers = as_numpy(tensor, library)
    words = f"{tensor.dtype} {device_of(tensor, library)} {_array(numbers)}"
    words += f" {told_of_bytes(numbers)}"
    if library == "jax":
        return words
    grad = tensor.grad if tensor.is_leaf else None
    return f"{words} {tensor.requires_grad} {grad if grad is None else told_of_tensor(grad)}"


class _Telling:
    """Tells what constants hold; what leads back to itself is told once.

    Args:
        depth: how deep it looks.
    """

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._known: dict[int, tuple[Any, str]] = {}

    def of(self, value: Any) -> str:
        """Tell what an object is."""
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        for known, tell in _TELLS.items():
            if isinstance(value, known):
                return f"{name} {tell(value, self)}"
        return f"{name} {self._words(value)}" if isinstance(value, kinds.CONSTANTS) else name

    def all_of(self, value: Any) -> str:
        """Tell what an object is, and all that it holds."""
        if type(value) in kinds.ATOMS:
            return f"{type(value).__name__} {value!r}"
        if id(value) in self._known:
            return self._known[id(value)][1]
        if self._depth == 0 or isinstance(value, gymnasium.Env):
            return type(value).__qualname__
        self._known[id(value)] = value, "around"
        self._depth -= 1
        words = f"{self.of(value)}({self._within(value)})"
        self._depth += 1
        words = words if len(words) < 1000 else _digest(words.encode("utf-8", "surrogatepass"))
        self._known[id(value)] = value, words
        return words

    def each(self, values: Iterable[Any]) -> str:
        """Tell several."""
        return ",".join([self.all_of(value) for value in values])

    def held(self, value: Any) -> str:
        """Tell the attributes of an object."""
        held = dict(getattr(value, "__dict__", {}))
        held |= {n: getattr(value, n) for n in kinds.slots_of(type(value)) if hasattr(value, n)}
        left_out = _LEFT_OUT if isinstance(value, Space) else ()
        return self.each(part for item in held.items() if item[0] not in left_out for part in item)

    def code(self, code: types.CodeType) -> str:
        """Tell what a function does, wherever it is written."""
        consts = [
            self.code(part) if isinstance(part, types.CodeType) else self.all_of(part)
            for part in code.co_consts
        ]
        return f"{code.co_qualname}{code.co_code.hex()}{code.co_names}{consts}"

    def _words(self, value: Any) -> str:
        """Tell an object as it tells itself, but where it lies; and attributes it was given."""
        words, held = _plainly(value), getattr(value, "__dict__", None)
        return f"{words} {self.all_of(dict(held))}" if held else words

    def _within(self, value: Any) -> str:
        for known, parts in _PARTS.items():
            if isinstance(value, known):
                return f"{self.each(parts(value))} {self.held(value)}"
        if kinds.is_tensor(value):
            return told_of_tensor(value)
        seen = any(isinstance(value, known) for known in (*_TELLS, kinds.CONSTANTS))
        return "" if seen else self.held(value)


def _contents(function: types.FunctionType) -> list[Any]:
    """Return what a function holds; an ellipsis for a variable that is empty."""
    found: list[Any] = [function.__defaults__, function.__kwdefaults__]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # it is empty
            found.append(...)
    return found


def _plainly(value: Any) -> str:
    return _ADDRESS.sub("", repr(value))


def _name(value: Any) -> str:
    """Name what is built in, and the module or class that it belongs to."""
    owner = getattr(value, "__self__", None)
    belongs = owner.__name__ if isinstance(owner, (type, types.ModuleType)) else ""
    return f"{belongs} {value.__qualname__}"


def _state(value: Any) -> list[Any]:
    """Return the numbers of a generator, and what further ones are spawned from."""
    if isinstance(value, np.random.Generator):
        bits: Any = value.bit_generator
        return [bits.state, getattr(bits.seed_seq, "state", None)]
    if isinstance(value, np.random.RandomState):
        return [value.get_state(legacy=False)]
    return [] if isinstance(value, random.SystemRandom) else [repr(value.getstate())]


def _array(value: np.ndarray[Any, Any]) -> str:
    """Tell what an array is; not whether it is locked, which a pickle forgets."""
    axes = list(range(value.ndim))
    if not value.flags.c_contiguous:
        axes.sort(key=lambda axis: -abs(value.strides[axis]))
    return f"{value.dtype!r} {value.shape} {tuple(axes)}"


def told_of_bytes(value: np.ndarray[Any, Any]) -> str:
    """Tell the contents of an array of numbers."""
    return _digest(value.tobytes())


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


_TELLS: Final[dict[Any, Callable[[Any, _Telling], str]]] = {
    (types.FunctionType, types.MethodType): lambda value, tell: tell.code(value.__code__),
    type: lambda value, _: f"{value.__module__}:{value.__qualname__}",
    (dt.datetime, dt.time): lambda value, tell: f"{_plainly(value)} {tell.all_of(value.tzinfo)}",
    enum.Enum: lambda value, tell: f"{value.name} {tell.all_of(value.value)}",
    (Space, EnvSpec, WrapperSpec): lambda value, tell: tell.held(value),
    types.ModuleType: lambda value, _: str(value.__name__),
    (logging.Logger, logging.Handler): lambda value, _: str(value.name),
    re.Pattern: lambda value, _: f"{value.pattern!r} {value.flags}",
    slice: lambda value, tell: tell.each((value.start, value.stop, value.step)),
    property: lambda value, tell: tell.each((value.fget, value.fset, value.fdel)),
    _NAMED: lambda value, _: _name(value),
    _PLAIN: lambda value, _: _plainly(value),
    kinds.GENERATORS: lambda value, tell: tell.each(_state(value)),
    np.ndarray: lambda value, _: _array(value),
    deque: lambda value, _: str(value.maxlen),
    bytearray: lambda value, _: value.hex(),
    _LEADING: lambda *_: "",
}
"""How kinds of objects are told."""
_PARTS: Final[dict[Any, Callable[[Any], Iterable[Any]]]] = {
    np.ndarray: lambda value: (
        value.ravel().tolist() if value.dtype.hasobject else [told_of_bytes(value)]
    ),
    (set, frozenset): in_order,
    dict: lambda value: [part for item in list(value.items()) for part in item],
    (list, tuple, deque): list,
    types.MethodType: lambda value: [value.__self__],
    types.FunctionType: _contents,
    functools.partial: lambda value: (value.func, value.args, value.keywords),
}
"""What is in containers and in what is called."""

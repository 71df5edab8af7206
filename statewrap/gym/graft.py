"""What one wrapper holds, put into another that was made alike, object by object, in place.

Objects found in the same way in both are the same object for what follows: the one that was there
stays, and holds what the other held. So whoever knows the objects of the wrapper by identity goes
on knowing them.
"""

from __future__ import annotations

import functools
import random
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Space

from statewrap.gym import behind
from statewrap.gym.arrays import root_of, same_view, view_of
from statewrap.gym.behind import NotCopiedError
from statewrap.gym.bridge import kinds, tensors

_NOTHING: Final = object()
_SPEC: Final = "_cached_spec"
"""What a wrapper says of itself once it was asked; each has its own."""


def graft(source: Any, target: Any) -> None:
    """Make a wrapper hold what another one holds, which is used up.

    Args:
        source: a wrapper that lies on what the other one lies on.
        target: a wrapper of its class.
    """
    graft = _Graft()
    graft.pair(source, target)
    graft.fill()


class _Graft:
    def __init__(self) -> None:
        self._pairs: dict[int, tuple[Any, Any]] = {}

    def pair(self, source: Any, target: Any) -> None:
        """Say what stands for an object and for all that it holds; itself if nothing does."""
        waiting = [(source, target)]
        while waiting:
            source, target = waiting.pop(0)
            if _is_constant(source) or id(source) in self._pairs:
                continue
            if source is target:
                self._pairs[id(source)] = (source, source)
                continue
            twin = target if _alike(source, target) else source
            self._pairs[id(source)] = (source, twin)
            others = dict(_steps(twin)) if twin is not source else {}
            waiting += [(part, others.get(step, _NOTHING)) for step, part in _steps(source)]

    def fill(self) -> None:
        """Make each object hold what stands for what was held."""
        for source, target in list(self._pairs.values()):
            self._filled(source, target)

    def _mapped(self, value: Any) -> Any:
        if isinstance(value, tuple) and id(value) in self._pairs:
            parts = [self._mapped(part) for part in value]
            same = all(new is old for new, old in zip(parts, value, strict=True))
            return value if same else tuple.__new__(type(value), parts)
        if isinstance(value, frozenset) and id(value) in self._pairs:
            return type(value)(self._mapped(part) for part in value)
        if isinstance(value, (types.MethodType, functools.partial)) and id(value) in self._pairs:
            return self._called(value)
        if behind.leads(value):
            raise NotCopiedError(f"A {type(value).__name__} leads to what another wrapper holds")
        twin = self._pairs.get(id(value), (value, value))[1]
        if isinstance(value, np.ndarray) and twin is value and value.base is not None:
            return self._view(value)
        return twin

    def _called(self, value: Any) -> Any:
        """Return what calls the same over what stands for what it holds; its twin if it does."""
        twin = self._pairs[id(value)][1]
        parts = [self._mapped(part) for part in _what_calls(value)]
        if all(map(_is_same, parts, _what_calls(twin))):
            return twin
        if isinstance(value, types.MethodType):
            return types.MethodType(*parts)
        func, args, keywords = parts
        return type(value)(func, *args, **keywords)

    def _view(self, value: np.ndarray[Any, Any]) -> Any:
        """Return a view on what stands for the array that a view looks at."""
        root = root_of(value)
        whole = self._pairs.get(id(root), (root, root))[1]
        return value if whole is root else same_view(value, root, whole)

    def _filled(self, source: Any, target: Any) -> None:
        if isinstance(source, types.FunctionType):
            self._cells(source, target)
        elif isinstance(source, Space):
            _hold_drawn(source, target)
        elif isinstance(source, (np.ndarray, *kinds.GENERATORS)) or kinds.is_tensor(source):
            if source is not target:
                _overwrite(source, target)
        elif isinstance(source, (tuple, frozenset, *kinds.FUNCTIONS)):
            return
        else:
            self._object(source, target)

    def _cells(self, source: Any, target: Any) -> None:
        for old, new in zip(source.__closure__ or (), target.__closure__ or (), strict=True):
            if _content(old) is not _NOTHING:
                new.cell_contents = self._mapped(_content(old))
        if source.__defaults__:
            target.__defaults__ = self._mapped(source.__defaults__)

    def _object(self, source: Any, target: Any) -> None:
        self._container(source, target)
        held = getattr(source, "__dict__", None)
        if held is not None:
            parts = {name: self._mapped(part) for name, part in held.items()}
            if isinstance(target, gymnasium.Wrapper) and _SPEC in parts:
                parts[_SPEC] = target.__dict__.get(_SPEC)
            target.__dict__.clear()
            target.__dict__.update(parts)
        for name in kinds.slots_of(type(source)):
            if hasattr(source, name):
                object.__setattr__(target, name, self._mapped(getattr(source, name)))

    def _container(self, source: Any, target: Any) -> None:
        if isinstance(source, (OrderedDict, defaultdict, dict)):
            kept = OrderedDict if isinstance(source, OrderedDict) else dict
            items = [(self._mapped(k), self._mapped(v)) for k, v in kept.items(source)]
            target.clear()
            for key, value in items:  # `update` of a Counter would count them
                kept.__setitem__(target, key, value)
        elif isinstance(source, (list, deque)):
            parts = [self._mapped(part) for part in source]
            target.clear()
            target.extend(parts)
        elif isinstance(source, set):
            parts = [self._mapped(part) for part in source]
            target.clear()
            target.update(parts)
        elif isinstance(source, bytearray):
            target[:] = bytes(source)


def _what_calls(value: Any) -> tuple[Any, ...]:
    if isinstance(value, types.MethodType):
        return value.__func__, value.__self__
    return value.func, value.args, value.keywords


def _is_same(new: Any, old: Any) -> bool:
    """Tell whether two are one object, or the same values, or tuples of such."""
    if type(new) is not type(old):
        return False
    if type(new) is tuple:
        return len(new) == len(old) and all(map(_is_same, new, old))
    return new is old or bool(type(new) in kinds.ATOMS and new == old)


def _is_constant(value: Any) -> bool:
    if isinstance(value, Space):  # but for the generator that it draws from
        return False
    return type(value) in kinds.ATOMS or isinstance(value, kinds.CONSTANTS)


def _hold_drawn(source: Any, target: Any) -> None:
    """Hold that a space has no generator that its twin has not."""
    if source._np_random is not None and target._np_random is None:  # noqa: SLF001 - no other name
        raise NotCopiedError(f"{source} draws from a generator, which that of another one has not")


def _alike(source: Any, target: Any) -> bool:
    """Tell whether an object can stand for another."""
    if type(source) is not type(target):
        return False
    if isinstance(source, types.FunctionType):
        return source.__code__ is target.__code__ or source.__code__ == target.__code__
    if isinstance(source, Space):
        return bool(source == target)
    if isinstance(source, np.ndarray):
        if (source.base is None) != (target.base is None) or not target.flags.writeable:
            return False
        return view_of(source) == view_of(target)
    if kinds.is_tensor(source):
        return bool(source.shape == target.shape and source.dtype == target.dtype)
    return not isinstance(source, deque) or source.maxlen == target.maxlen


def _steps(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give what an object holds, each part with the step that leads to it."""
    if isinstance(value, Space):
        yield from (((n, *step), part) for n, (*step, part) in enumerate(kinds.draws_of(value)))
        return
    if isinstance(value, types.FunctionType):
        yield from _steps_of_function(value)
    elif isinstance(value, types.MethodType):
        yield from (("self", value.__self__), ("func", value.__func__))
    elif isinstance(value, functools.partial):
        yield from (("func", value.func), ("args", value.args), ("keywords", value.keywords))
    elif isinstance(value, dict):
        yield from ((("key", key), part) for key, part in dict.items(value))
    elif isinstance(value, (list, deque, tuple)):
        yield from ((("item", n), part) for n, part in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from ((("member", _NOTHING), part) for part in value)
    elif isinstance(value, np.ndarray) and value.base is not None:
        yield "base", value.base
    if not isinstance(value, kinds.FUNCTIONS):
        yield from ((("dot", n), part) for n, part in getattr(value, "__dict__", {}).items())
        named = kinds.slots_of(type(value))
        yield from ((("slot", n), getattr(value, n)) for n in named if hasattr(value, n))


def _steps_of_function(value: types.FunctionType) -> Iterator[tuple[Any, Any]]:
    for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
        yield ("cell", name), _content(cell)
    yield "defaults", value.__defaults__
    yield "kwdefaults", value.__kwdefaults__
    yield "dict", vars(value)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return _NOTHING


def _overwrite(source: Any, target: Any) -> None:
    if isinstance(source, np.ndarray):
        np.copyto(target, source)
    elif isinstance(source, np.random.Generator):
        target.bit_generator.state = source.bit_generator.state
    elif isinstance(source, np.random.RandomState):
        target.set_state(source.get_state())
    elif isinstance(source, random.Random):
        target.setstate(source.getstate())
    else:
        tensors.put(target, tensors.content(source))

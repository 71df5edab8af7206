"""What belongs to an environment alone: the objects that can be reached from it, and may change."""

from __future__ import annotations

import dataclasses
import types
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Space

from statewrap.gym.bridge import kinds

_CONTAINERS: Final = (dict, list, set, deque, tuple, frozenset)
_SEEN_THROUGH: Final = (
    *kinds.CONSTANTS,
    np.random.Generator,
    types.CodeType,
    types.FrameType,
)
"""What is no part: it does not change, or a wrapper is given its own."""
_SAID: Final = ("_saved_kwargs", "_metadata", "_cached_spec")
"""What a wrapper says of itself."""


def parts_of(env: gymnasium.Env[Any, Any]) -> dict[int, str]:
    """Return the mutable objects that can be reached from an environment: id to name.

    What the environment at the bottom has shown as an observation and keeps is among them: whether
    it is changed later, as a buffer is, cannot be told. What wrappers have passed on is not.

    >>> from gymnasium.envs.classic_control import CartPoleEnv
    >>> sorted(parts_of(CartPoleEnv()).values())
    ['CartPoleEnv.__dict__']
    """
    found: dict[int, str] = {}
    seen: set[int] = {id(getattr(env, "metadata", None))}
    layers = []
    while isinstance(env, gymnasium.Wrapper):
        layers.append(env)
        env = env.env
    spaces = [layer.observation_space for layer in layers]
    seen.update(map(id, (*layers, env)))
    for layer in (env, *layers[::-1]):
        for name, part in list(vars(layer).items()):
            passed_on = [] if layer is env else spaces
            _explore(part, f"{type(layer).__name__}.{name}", found, seen, passed_on)
    return found | {id(vars(env)): f"{type(env).__name__}.__dict__"}


def changing_in(layer: gymnasium.Wrapper[Any, Any, Any, Any]) -> dict[int, str]:
    """Return the mutable objects that a wrapper holds, those below it apart: id to name.

    >>> env = gymnasium.Wrapper(gymnasium.make("CartPole-v1"))
    >>> env.last = {}
    >>> list(changing_in(env).values())
    ['Wrapper.last']
    """
    found: dict[int, str] = {}
    seen = {id(layer), id(layer.env), id(layer.unwrapped), id(layer.metadata)}
    for name, part in list(vars(layer).items()):
        if name not in _SAID:
            _explore(part, f"{type(layer).__name__}.{name}", found, seen)
    return found


def _explore(
    value: Any, name: str, found: dict[int, str], seen: set[int], spaces: Sequence[Space[Any]] = ()
) -> None:
    """Note a value and all that it holds; it may lie deep, so nothing calls itself."""
    waiting = [(value, name)]
    while waiting:
        value, name = waiting.pop()
        if type(value) in kinds.ATOMS or id(value) in seen or isinstance(value, _SEEN_THROUGH):
            continue
        seen.add(id(value))
        if _changes(value) and not any(_may_show(space, value) for space in spaces):
            found[id(value)] = name
        waiting.extend(_held(value, name))


def _changes(value: Any) -> bool:
    if isinstance(value, (tuple, frozenset, *kinds.FUNCTIONS)):
        return False
    kind = type(value)
    frozen = dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # it has them
    return not frozen and getattr(kind.__setattr__, "__module__", "") != "attr._make"


def _held(value: Any, name: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, dict):
        yield from ((part, f"{name}[{key!r:.40}]") for key, part in list(value.items()))
    elif isinstance(value, _CONTAINERS):
        yield from ((part, f"{name}[{n}]") for n, part in enumerate(tuple(value)))
    elif isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
        yield value.base, f"{name}.base"
    for key, part in list(getattr(value, "__dict__", {}).items()):
        if not isinstance(value, types.ModuleType):
            yield part, f"{name}.{key}"
    for key in kinds.slots_of(type(value)):
        if hasattr(value, key):
            yield getattr(value, key), f"{name}.{key}"


def _may_show(space: Space[Any], value: Any) -> bool:
    """Tell whether a wrapper may have shown an object as an observation, or in one."""
    if isinstance(value, np.ndarray):
        return any(box.shape == value.shape and box.dtype == value.dtype for box in _boxes(space))
    inner = getattr(space, "spaces", None)
    if isinstance(value, dict):
        return isinstance(inner, dict) and value.keys() == inner.keys()
    return isinstance(value, (list, tuple)) and isinstance(inner, tuple)


def _boxes(space: Space[Any]) -> Iterator[Space[Any]]:
    inner = getattr(space, "spaces", None)
    if inner is None:
        yield space
        return
    for part in inner.values() if isinstance(inner, dict) else inner:
        yield from _boxes(part)

"""Spaces that are announced as an environment's are, and that draw for themselves."""

from __future__ import annotations

import copy
from typing import Any

from gymnasium.spaces import Space


def unshared(space: Any) -> Any:
    """Return a space that shares bounds with another one, and not the generator that it draws from.

    A wrapper that draws actions from its space would move the environment's otherwise.

    >>> from gymnasium.spaces import Discrete
    >>> space = Discrete(9, seed=3)
    >>> int(unshared(space).sample()) == int(space.sample())
    True
    """
    if not isinstance(space, Space):
        return space
    twin = copy.copy(space)
    for name, part in vars(space).items():
        if name == "_np_random":
            part = copy.deepcopy(part)  # noqa: PLW2901 - the one that is not shared
        vars(twin)[name] = _parts(part)
    return twin


def _parts(value: Any) -> Any:
    if isinstance(value, Space):
        return unshared(value)
    if isinstance(value, tuple) and any(isinstance(part, Space) for part in value):
        return tuple(map(unshared, value))
    if isinstance(value, dict) and any(isinstance(part, Space) for part in value.values()):
        return type(value)((key, unshared(part)) for key, part in value.items())
    return value

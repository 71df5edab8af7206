"""Spaces that are announced as an environment's are, and that draw for themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
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


def draws_from(space: Any) -> Iterator[np.random.Generator]:
    """Give the generators that a space and its parts have; they are made when they are asked for.

    >>> from gymnasium.spaces import Discrete
    >>> len(list(draws_from(Discrete(9)))), len(list(draws_from(Discrete(9, seed=3))))
    (0, 1)
    """
    if not isinstance(space, Space):
        return
    if space._np_random is not None:  # noqa: SLF001 - to ask for `np_random` would make one
        yield space._np_random  # noqa: SLF001
    for part in vars(space).values():
        inner = part.values() if isinstance(part, dict) else part
        for one in inner if isinstance(part, (dict, tuple)) else (part,):
            yield from draws_from(one)


def _parts(value: Any) -> Any:
    if isinstance(value, Space):
        return unshared(value)
    if isinstance(value, tuple) and any(isinstance(part, Space) for part in value):
        return tuple(map(unshared, value))
    if isinstance(value, dict) and any(isinstance(part, Space) for part in value.values()):
        return type(value)((key, unshared(part)) for key, part in value.items())
    return value

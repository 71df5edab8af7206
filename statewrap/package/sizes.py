"""How large the observations are that the wrappers of a document will make, before they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gymnasium import spaces
from gymnasium.spaces import Space

from statewrap.core.wrapper import Below, Wrapper
from statewrap.package.guard import Allowance
from statewrap.wrappers import (
    AtariPreprocessing,
    FlattenObservation,
    FrameStackObservation,
    ResizeObservation,
    StackKeys,
    VecFrameStack,
    WarpFrame,
    WrapKey,
)

_CHANNELS: Final = 4
"""At most as many channels has a picture that a wrapper makes of its own shape."""


def check_sizes(wrappers: Sequence[Wrapper[Any]], below: Below, allowance: Allowance) -> None:
    """Take what each wrapper that enlarges observations will announce from an allowance.

    Wrappers are bound on the way, each after it was looked at. What does not bind is left to the
    deployment, which says why.

    Raises:
        ConfigurationError: if there is too much; it names the wrapper's place.
    """
    if any(type(wrapper) in _SIZES for wrapper in wrappers):
        _check(wrappers, below, allowance, "wrappers[{}]")


def _check(
    wrappers: Sequence[Wrapper[Any]], below: Below, allowance: Allowance, place: str
) -> None:
    for index, wrapper in enumerate(wrappers):
        path, space = place.format(index), below.observation_space
        if space is not None and type(wrapper) in _SIZES:
            allowance.announce(_SIZES[type(wrapper)](wrapper, space), path)
        if isinstance(wrapper, WrapKey) and isinstance(space, spaces.Dict):
            part = Below(space.spaces.get(wrapper.key), below.action_space)
            _check(wrapper.wrappers, part, allowance, path)
        try:
            below = wrapper.bind(below).above(below)
        except Exception:  # noqa: BLE001 - the deployment binds it too, and says why
            return


def size(space: Any) -> int:
    """Return how many components the elements of a space have, or may have.

    >>> size(spaces.Dict(eye=spaces.Box(0, 255, (4, 4, 3)), gear=spaces.Discrete(5)))
    49
    """
    if isinstance(space, (spaces.Dict, spaces.Tuple, spaces.OneOf)):
        parts = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        return sum(map(size, parts))
    return math.prod(space.shape) if space.shape is not None else 1


def _flat(space: Any) -> int:
    """Return how many components a flat element has; Gymnasium's `flatdim` makes a Box for some."""
    if isinstance(space, spaces.Dict):
        return sum(map(_flat, space.spaces.values()))
    if isinstance(space, (spaces.Tuple, spaces.OneOf)):
        return sum(map(_flat, space.spaces)) + 1
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return int(space.nvec.astype(object).sum())
    return int(space.max_length) if isinstance(space, spaces.Text) else size(space)


def _stacked_keys(wrapper: StackKeys, space: Any) -> int:
    parts = space.spaces if isinstance(space, spaces.Dict) else {}
    return sum(n * _row(parts[key]) for key, n in wrapper.stack_sizes.items() if key in parts)


def _row(space: Any) -> int:
    """Return the size of one of several elements; an empty one is one still."""
    return max(1, size(space))


def _picture(sides: Any, channels: int = _CHANNELS) -> int:
    return math.prod((sides, sides) if isinstance(sides, int) else sides) * channels


_SIZES: Final[Mapping[type, Callable[[Any, Space[Any]], int]]] = {
    AtariPreprocessing: lambda wrapper, _: _picture(wrapper.screen_size),
    FlattenObservation: lambda _, space: _flat(space),
    FrameStackObservation: lambda wrapper, space: wrapper.stack_size * _row(space),
    ResizeObservation: lambda wrapper, space: _picture(
        wrapper.shape, math.prod((space.shape or ())[2:])
    ),
    StackKeys: _stacked_keys,
    VecFrameStack: lambda wrapper, space: wrapper.n_stack * _row(space),
    WarpFrame: lambda wrapper, _: _picture((wrapper.width, wrapper.height), 1),
    WrapKey: lambda *_: 0,
}
"""Of a wrapper that enlarges observations, how many components it will announce."""

"""A made-up world in which a wrapper is tried out: it answers commands from the spaces alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.wrapper import Below

EPISODES: Final = ((7, "truncated"), (2, "terminated"), (5, "cut"), (4, "terminated"), (1, "cut"))
"""How long each episode is, and how it ends; one that is cut gives way to an unasked opening."""
_LARGE: Final = 100.0
_BYTE: Final = 255
_SEED: Final = 20_26


class World:
    """Shows observations that lie in their space, from a generator of its own."""

    def __init__(
        self,
        below: Below,
        info: Mapping[str, Any],
        plan: tuple[tuple[int, str], ...] = EPISODES,
        *,
        small: bool = False,
    ) -> None:
        """Begin; `small` says that only the least numbers are shown, of classes perhaps."""
        self._random = np.random.default_rng(_SEED)
        self._observed = Sampler(below.observation_space, self._random, small=small)
        frames = below.frame_space or _some_pictures(below)
        self._frames = None if frames is None else Sampler(frames, self._random)
        self._info = dict(info)
        self._plan = cycle(plan)
        self._left, self._end = 0, "terminated"
        self._time = 0.0
        self.opened = 0
        """How many episodes there were."""

    def answer(self, command: Command) -> TimeStep:
        """Answer an act or a reset."""
        self._time += 0.125
        if type(command) is not Act or (self._left == 1 and self._end == "cut"):
            self.opened += 1
            self._left, self._end = next(self._plan)
            return self._shown(first=True)
        self._left -= 1
        over = self._left <= 0
        return self._shown(
            reward=float(self._random.normal().__round__(3)),
            terminated=over and self._end == "terminated",
            truncated=over and self._end != "terminated",
        )

    def _shown(self, **how: Any) -> TimeStep:
        frame = None if self._frames is None else freeze(self._frames())
        info = {key: freeze(value) for key, value in self._info.items()}
        return TimeStep(self.observation(), info=info, time=self._time, frame=frame, **how)

    def observation(self) -> Any:
        """Return some observation."""
        return freeze(self._observed())


class Hand:
    """Acts at random, from a generator of its own."""

    def __init__(self, space: spaces.Space[Any]) -> None:
        self._acted = Sampler(space, np.random.default_rng(_SEED))

    def action(self) -> Any:
        """Return some action."""
        return freeze(self._acted())


def answered(reply: Message, world: World, hand: Hand) -> Message:
    """Answer as the environment and the policy do."""
    if type(reply) is not TimeStep:
        return world.answer(reply)
    return Reset() if reply.last else Act(hand.action())


class Sampler:
    """Draws from a space of its own: no huge numbers, and pictures without taking long."""

    def __init__(self, space: Any, random: np.random.Generator, *, small: bool = False) -> None:
        self._space = _own(space)
        self._random = random
        self._small = small
        self._shape = space.shape if _is_of_pictures(space) else None

    def __call__(self) -> Any:
        """Return something that lies in the space."""
        if self._shape is not None:
            return self._random.integers(0, 2 if self._small else 256, self._shape, np.uint8)
        return _modest(self._space, self._space.sample(), self._random, self._small)


def _is_of_pictures(space: Any) -> bool:
    """Tell whether all bytes lie in a space."""
    is_of_bytes = isinstance(space, spaces.Box) and space.dtype == np.uint8
    return is_of_bytes and bool((space.low == 0).all() and (space.high == _BYTE).all())


def _some_pictures(below: Below) -> spaces.Box | None:
    """Return a space of pictures where nobody has said what they are like."""
    if below.render_mode != "rgb_array":
        return None
    return spaces.Box(0, 255, (96, 96, 3), np.uint8)


def _own(space: Any) -> Any:
    """Copy a space, to draw from it unseen."""
    if space is None:
        return None
    twin = copy.deepcopy(space, {id(generator): None for generator in _generators(space)})
    twin.seed(_SEED)
    return twin


def _generators(space: Any) -> Iterator[np.random.Generator]:
    """List the generators of a space and its parts, which it may have none of yet."""
    if isinstance(space, spaces.Space):
        if space._np_random is not None:  # noqa: SLF001 - asking for np_random would make one
            yield space._np_random  # noqa: SLF001
        for part in vars(space).values():
            inner = part.values() if isinstance(part, dict) else part
            for one in inner if isinstance(part, (dict, tuple, list)) else (part,):
                yield from _generators(one)


def _modest(space: Any, value: Any, random: np.random.Generator, small: bool) -> Any:  # noqa: FBT001
    """Put small numbers in place of huge ones, with which no arithmetic could be tried."""
    if isinstance(space, spaces.Dict):
        parts = space.spaces.items()
        return {key: _modest(part, value[key], random, small) for key, part in parts}
    if isinstance(space, spaces.Tuple):
        pairs = zip(space.spaces, value, strict=True)
        return tuple(_modest(*pair, random, small) for pair in pairs)
    if not isinstance(space, spaces.Box):
        return value
    if small:
        return np.clip(random.integers(0, 2, space.shape), space.low, space.high).astype(
            space.dtype
        )
    if space.dtype.kind != "f":
        return value
    modest = np.clip(random.normal(size=space.shape).astype(space.dtype), space.low, space.high)
    return np.where(np.abs(value) > _LARGE, modest, value)

"""Episodes and scenes: an environment as data, a wrapper on it, and a policy that acts there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium import spaces

from statewrap.core.messages import TimeStep
from statewrap.core.policy import Policy
from statewrap.core.wrapper import Below, Wrapper
from statewrap.testing.draws.choices import Choices
from statewrap.testing.draws.spaces import Infos, Space, draw_info, draw_value
from statewrap.testing.script import Improvise

TICK: Final = 0.125
"""Seconds from one time step to the next."""


class Scene(NamedTuple):
    """What a law is held against: `law(*scene)`."""

    wrapper: Wrapper[Any]
    below: Below
    episodes: list[list[TimeStep]]
    policy: Policy[Any]


def draw_reward(choices: Choices) -> Any:
    """Draw a reward: a Python or numpy number, small, and often not 0."""
    number = choices.pick((0.0, 1.0, -1.0, choices.real(-10, 10, 32)))
    match choices.pick((float, int, np.float32, np.float64)):
        case type() as kind if kind is int:
            return int(number)
        case kind:
            return kind(number)


def draw_episodes(
    choices: Choices,
    observe: Callable[[], Any],
    info: Callable[[], dict[str, Any]] = dict,
    needs: Collection[str] = (),
    max_episodes: int = 3,
    max_steps: int = 6,
) -> list[list[TimeStep]]:
    """Draw one episode or more of raw time steps, as the laws take them.

    An episode is terminated, truncated, both, or given up without a last time step. Time goes
    on by an eighth of a second a step.

    Args:
        choices: who chooses.
        observe: gives an observation.
        info: gives an info.
        needs: "frame" for a picture on every time step, uint8 (4, 6, 3).
        max_episodes: how many episodes at most.
        max_steps: how many steps in an episode at most, its opening not counted.
    """
    drawn, now = [], 0.0
    for _ in range(choices.integer(1, max_episodes)):
        length = choices.integer(0, max_steps)
        terminated, truncated = choices.pick(ENDS)
        episode = []
        for index in range(length + 1):
            last, now = 0 < index == length, now + TICK
            timestep = TimeStep(
                observe(),
                draw_reward(choices) if index else 0.0,
                terminated=last and terminated,
                truncated=last and truncated,
                info=info(),
                first=index == 0,
                time=now,
                frame=draw_frame(choices) if "frame" in needs else None,
            )
            episode.append(timestep)
        drawn.append(episode)
    return drawn


ENDS: Final = ((True, False), (False, True), (True, True), (False, False))
"""Terminated and truncated; an episode with neither is given up."""
FRAME: Final = spaces.Box(0, 255, (4, 6, 3), np.uint8)
_RAMP: Final = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)


def draw_frame(choices: Choices) -> Any:
    """Draw a picture of which no two pixels are alike: one choice, where `FRAME` has 72."""
    frame = _RAMP + np.uint8(choices.integer(0, 255))
    frame.setflags(write=False)
    return frame


def draw_actions(choices: Choices, space: Space | None, most: int = 3) -> list[Any]:
    """Draw what a policy picks its actions from; strings where the space is unknown."""
    many = choices.integer(1, most)
    if space is None:
        return [f"a{number}" for number in range(many)]
    return [draw_value(choices, space) for _ in range(many)]


def draw_scene(
    choices: Choices, wrapper: Wrapper[Any], below: Below, info: Infos | None = None
) -> Scene:
    """Draw episodes and a policy for a wrapper that can be bound to `below`.

    Args:
        choices: who chooses.
        wrapper: the wrapper or unbound stack.
        below: what is known of the environment; observations and actions are strings where it
            is unknown what they are, and no episode is longer than its `max_episode_steps`.
        info: what infos hold, beside and in place of `usual_info(below)`.
    """
    space, infinite = below.observation_space, choices.pick((False,) * 7 + (True,))
    infos = {**usual_info(below), **(info or {})}
    seen = iter(range(10_000))

    def observe() -> Any:
        if space is None:
            return f"f{next(seen)}"
        return draw_value(choices, space, infinite=infinite)

    longest = choices.pick((6, 3, 12))
    episodes = draw_episodes(
        choices,
        observe,
        lambda: draw_info(choices, infos),
        frozenset(wrapper.needs),
        max_steps=min(longest, below.max_episode_steps or longest),
    )
    above = wrapper.bind(below).above(below).action_space
    return Scene(wrapper, below, episodes, Improvise(draw_actions(choices, above)))


def usual_info(below: Below) -> dict[str, Any]:
    """Return what infos hold where nothing else is said.

    `lives`, an int, 0..3; `score`, a float; `position`, float32 (2,); and `action_mask`, int8,
    which allows something, where actions are a Discrete or MultiDiscrete.
    """
    usual = {
        "lives": [3, 2, 1, 0],
        "score": [0.0, np.float32(1.5)],
        "position": [np.array(pair, np.float32) for pair in ((0, 0), (1, -1), (0.5, 2))],
    }
    masks = _masks(below.action_space)
    return usual if masks is None else usual | {"action_mask": masks}


def _masks(space: Any) -> Sequence[Any] | None:
    sizes: Mapping[Any, Any] | Any = None
    if isinstance(space, spaces.Discrete):
        sizes = [int(space.n)]
    elif isinstance(space, spaces.MultiDiscrete) and len(space.shape) == 1:
        sizes = space.nvec.tolist()
    if sizes is None:
        return None
    every = [np.ones(n, np.int8) for n in sizes]
    one = [np.eye(n, dtype=np.int8) for n in sizes]
    firsts, lasts = [eye[0] for eye in one], [eye[-1] for eye in one]
    return [np.concatenate(parts) for parts in (every, firsts, lasts)]

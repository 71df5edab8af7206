"""Specs that tell a limit rightly, and are made again as they were.

`gymnasium.make` puts the limit that a spec tells at the bottom, whatever lies above. A limit
further up (over a frame skip, say) would cut after too few decisions there. So such a spec tells
the limit that holds at the top, as those who read it want to know, and its first wrapper puts
the one at the bottom right.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import EnvSpec, WrapperSpec

BOTTOM: Final = f"{__name__}:bottom_limit"
"""The entry point of what puts the limit at the bottom right."""


def bottom_limit(
    env: gymnasium.Env[Any, Any], max_episode_steps: int | None
) -> gymnasium.Env[Any, Any]:
    """Exchange the limit that `gymnasium.make` has just put around an environment.

    >>> env = bottom_limit(gymnasium.make("CartPole-v1", max_episode_steps=7), 60)
    >>> env.spec.max_episode_steps
    60
    """
    if type(env).__name__ == "TimeLimit":  # Gymnasium's own, or what was put in its place
        env = env.env  # type: ignore[attr-defined]
    if max_episode_steps is None:
        return env
    return gymnasium.wrappers.TimeLimit(env, max_episode_steps)


def telling(spec: EnvSpec, limit: int | None) -> EnvSpec:
    """Return a spec that tells a limit, and is made again with the limit that it told before."""
    if limit is None or spec.max_episode_steps == limit:
        return spec
    told = copy.deepcopy(spec)
    if not has_bottom(spec):
        bottom = WrapperSpec("bottom_limit", BOTTOM, {"max_episode_steps": spec.max_episode_steps})
        told.additional_wrappers = (bottom, *told.additional_wrappers)
    told.max_episode_steps = limit
    return told


def has_bottom(spec: EnvSpec) -> bool:
    """Tell whether the limit that a spec tells is not the one at the bottom."""
    return any(wrapper.entry_point == BOTTOM for wrapper in spec.additional_wrappers)


def holds(spec: EnvSpec) -> int:
    """Return how much `gymnasium.make` makes of a spec, in its order.

    0: the environment alone; 1: its checker; 2: what enforces the order; 3: a limit; 4: more.
    """
    if spec.additional_wrappers:
        return 4
    if spec.max_episode_steps is not None:
        return 3
    return 2 if spec.order_enforce else int(not spec.disable_env_checker)


def saying(spec: EnvSpec, **said: Any) -> EnvSpec:
    """Return a copy of a spec with other attributes."""
    told = copy.deepcopy(spec)
    for name, value in said.items():
        setattr(told, name, value)
    return told

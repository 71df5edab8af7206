"""What is known of an environment, as a stack asks for it."""

from __future__ import annotations

from typing import Any

import attrs
import gymnasium

from statewrap.core.spaces import frame_space
from statewrap.core.words import brief
from statewrap.core.wrapper import Below


def below_env(env: gymnasium.Env[Any, Any]) -> Below:
    """Say what is known of an environment.

    Raises:
        TypeError: if it is none, or a vector of environments.
    """
    if not isinstance(env, gymnasium.Env):
        raise TypeError(f"env is {brief(env)}, expected a gymnasium.Env.")
    return Below(
        observation_space=env.observation_space,
        action_space=env.action_space,
        max_episode_steps=limit_of(env),
        render_mode=env.render_mode,
        metadata=env.metadata,
    )


def with_frames(below: Below, env: gymnasium.Env[Any, Any]) -> Below:
    """Open an episode and render it, to see what its pictures are like, as Gymnasium does."""
    if env.render_mode in (None, "human"):
        return below
    env.reset()
    return attrs.evolve(below, frame_space=frame_space(env.render()))


def limit_of(env: gymnasium.Env[Any, Any]) -> int | None:
    """Return the limit that an environment's spec tells, or the topmost `TimeLimit` around it."""
    spec = env.spec
    if spec is not None and spec.max_episode_steps is not None:
        return spec.max_episode_steps
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, gymnasium.wrappers.TimeLimit):
            return env._max_episode_steps  # noqa: SLF001 - Gymnasium reads it as well
        gaps = getattr(getattr(env, "stack", None), "gaps", None)  # of a stack of statewrap's
        if gaps:
            known: int | None = gaps[-1].max_episode_steps
            return known
        env = env.env
    return None

"""Observations of an environment that is played for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium


def sample_observations(
    env: gymnasium.Env[Any, Any],
    number: int,
    *,
    policy: Callable[[Any], Any] | None = None,
    seed: int | None = None,
) -> Iterator[Any]:
    """Play an environment, and give the observations that it shows, those of openings included.

    It is a generator: what was taken is gone. Keep `list(sample_observations(...))` to go through
    them twice.

    For `statewrap.wrappers.estimate_statistics`. Statistics belong to a place in the stack: for a
    normalisation above other wrappers play `GymWrapper(env, stack)` with those.

    Args:
        env: it is reset and stepped, and not closed.
        number: how many observations.
        policy: from observation to action; None draws actions from the action space.
        seed: of the environment and of the drawn actions.

    >>> env = gymnasium.make("CartPole-v1")
    >>> len(list(sample_observations(env, 100, seed=3)))
    100
    """
    if seed is not None:
        env.action_space.seed(seed)
    over = True
    for count in range(number):
        if over:
            observation, _ = env.reset(seed=seed if count == 0 else None)
            over = False
        else:
            action = env.action_space.sample() if policy is None else policy(observation)
            observation, _, terminated, truncated, _ = env.step(action)
            over = terminated or truncated
        yield observation

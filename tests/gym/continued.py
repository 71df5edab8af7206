"""A Gymnasium stack that goes on in its loop, and in a deployment made of it in the middle."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from statewrap.deployment import Deployment


class Tape(gym.Wrapper):
    """Notes what its environment is asked, so that another one can be brought to the same place."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.asked: list[Any] = []

    def reset(self, *, seed=None, options=None):
        self.asked.append(("reset", seed))
        return self.env.reset(seed=seed, options=options)

    def step(self, action):
        self.asked.append(("step", np.copy(action)))
        return self.env.step(action)


def as_asked(env: gym.Env, asked: list[Any]) -> gym.Env:
    """Bring an environment to where another one was that was asked the same.

    For those that cannot be copied; wrappers that draw from its generator would be missed.
    """
    for call, argument in asked:
        if call == "reset":
            env.reset(seed=argument)
        else:
            env.step(argument)
    return env


def deciding(space: gym.Space) -> Callable[[Any], Any]:
    """Return a policy that depends on every bit of what it is shown."""

    def policy(observation: Any) -> Any:
        parts = observation.values() if isinstance(observation, dict) else [observation]
        total = sum(
            float(np.abs(np.nan_to_num(np.asarray(part, np.float64))).sum()) for part in parts
        )
        choice = int(total * 1000) % 97
        if isinstance(space, gym.spaces.Discrete):
            return choice % int(space.n)
        if isinstance(space, gym.spaces.MultiDiscrete):
            return np.full(space.shape, choice) % space.nvec
        low, high = np.clip(space.low, -3, 3), np.clip(space.high, -3, 3)
        return (low + (high - low) * choice / 96).astype(space.dtype)

    return policy


def both_ways(
    base: Callable[[], gym.Env], wrap: Callable[[gym.Env], gym.Env], steps: int, more: int = 40
) -> tuple[list[Any], list[Any]]:
    """Play some steps in the loop; return what either way shows afterwards, episode ends included.

    Args:
        base: makes the environment, unwrapped.
        wrap: puts Gymnasium's wrappers around it.
        steps: after how many the two part.
        more: how many observations are compared, at most until the episode ends.
    """
    with warnings.catch_warnings(action="ignore"):
        tape = Tape(base())
        env = wrap(tape)
        policy = deciding(env.action_space)
        observation, _ = env.reset(seed=3)
        for _ in range(steps):
            observation, _, terminated, truncated, _ = env.step(policy(observation))
            if terminated or truncated:
                observation, _ = env.reset()
        plant = (
            as_asked(base(), tape.asked) if hasattr(tape.env, "ale") else copy.deepcopy(tape.env)
        )
        shown: list[Any] = []

        def watching(seen: Any) -> Any:
            shown.append(seen)
            return policy(seen)

        deployment = Deployment.from_env(
            env, watching, shown=observation, on_reset="request", sinks=()
        )
        expected = _loop(env, policy, observation, more)
        action = deployment.decide()
        while action is not None and len(shown) < len(expected):
            stepped = plant.step(action)
            needs_picture = "frame" in deployment.stack.needs
            action = deployment.act(*stepped, frame=plant.render() if needs_picture else None)
        return expected, shown


def _loop(env: gym.Env, policy: Any, observation: Any, more: int) -> list[Any]:
    """Go on in the loop to the end of the episode; return all that the policy is asked about."""
    shown = [observation]
    while len(shown) <= more:
        observation, _, terminated, truncated, _ = env.step(policy(observation))
        if terminated or truncated:
            break
        shown.append(observation)
    return shown

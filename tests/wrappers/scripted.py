"""A Gymnasium environment whose episodes end when they are told to."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete, Space

from tests.wrappers.twins import Heard

VECTOR = Box(-10.0, 10.0, (4,), np.float32)
IMAGE = Box(0, 255, (3, 5), np.uint8)
ENDS = ((True, False), (False, True), (True, True))  # terminated, truncated, both


class Scripted(gym.Env):
    """Shows samples of a space; its episodes have the given lengths and end in each way in turn.

    Info is `{"now": seconds}`, at irregular times.
    """

    def __init__(
        self,
        space: Space[Any],
        lengths: Sequence[int],
        *,
        present: Callable[[Any], Any] = lambda observation: observation,
        reward: Callable[[float], Any] = float,
    ) -> None:
        self.observation_space = copy.deepcopy(space)
        self.action_space = Discrete(3)
        self.lengths = itertools.cycle(lengths)
        self.ends = itertools.cycle(ENDS)
        self.present = present
        self.reward = reward
        self.left = 0
        self.now = 100.0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Open an episode."""
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self.left = next(self.lengths)
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Go one step, whatever the action is."""
        self.left -= 1
        terminated, truncated = next(self.ends) if self.left == 0 else (False, False)
        reward = self.reward(self.np_random.normal())
        return self._observation(), reward, terminated, truncated, self._info()

    def _observation(self) -> Any:
        return self.present(self.observation_space.sample())

    def _info(self) -> dict[str, Any]:
        self.now += self.np_random.uniform()
        return {"now": self.now}


def scripted(space: Space[Any], lengths: Sequence[int], **options: Any) -> Heard:
    """Make one that notes its actions."""
    return Heard(Scripted(space, lengths, **options))


class Reused:
    """Presents each array in one and the same buffer, as environments do that save memory."""

    def __init__(self) -> None:
        self.buffer: Any = None

    def __call__(self, observation: Any) -> Any:
        """Write it into the buffer."""
        if self.buffer is None:
            self.buffer = np.empty_like(observation)
        self.buffer[...] = observation
        return self.buffer


def strided(observation: Any) -> Any:
    """Present an array as every second element of a larger one, backwards."""
    wide = np.repeat(observation, 2, axis=-1)
    return wide[..., ::-2][..., ::-1]


def in_columns(observation: Any) -> Any:
    """Present an array in Fortran's order."""
    return np.asfortranarray(observation)


def pick(generator: np.random.Generator) -> int:
    """Draw an action that a `Scripted` takes, or CartPole if it is below 2."""
    return int(generator.integers(2))


def push(generator: np.random.Generator) -> np.ndarray[Any, Any]:
    """Draw an action for Pendulum and MountainCarContinuous."""
    return generator.uniform(-1, 1, 1).astype(np.float32)


WORLDS = {
    "CartPole-v1": pick,
    "Acrobot-v1": pick,
    "Pendulum-v1": push,
    "MountainCarContinuous-v0": push,
}
"""The names of real environments, and what draws an action for each."""

"""Small environments whose every answer is known, and functions by which they are told apart."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box

LINE = Box(-100.0, 100.0, (2,), np.float64)


class Walk(gym.Env):
    """Adds up the actions it is given; never ends."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = LINE
        self.action_space = Box(-1.0, 1.0, (2,), np.float64)
        self.position = np.zeros(2)
        self.reward = np.array(0.0)
        self.asked: list[Any] = []
        self.info: dict[str, Any] = {"who": "walk"}

    def reset(self, *, seed=None, options=None):
        """Start from a random place."""
        super().reset(seed=seed)
        self.asked.append((seed, options))
        self.info["step"] = 0
        self.position[:] = self.np_random.uniform(-1.0, 1.0, 2)
        return self.position, self.info

    def step(self, action):
        """Go on; position, reward and info are the same objects at each step."""
        self.asked.append(action)
        self.position += action
        self.reward[...] = self.position.sum()
        self.info["step"] += 1
        return self.position, self.reward, False, False, self.info

    def render(self):
        """Draw a picture of one pixel."""
        return self.position.astype(np.uint8).reshape(1, 2)


class Stumbles(gym.Wrapper):
    """Raises in the calls of the given numbers, resets and steps counted together from 0."""

    def __init__(self, env: gym.Env, *falls: int) -> None:
        super().__init__(env)
        self.falls, self.calls = falls, 0

    def reset(self, **options):
        """Fall or pass."""
        self._fall()
        return self.env.reset(**options)

    def step(self, action):
        """Fall or pass."""
        self._fall()
        return self.env.step(action)

    def _fall(self) -> None:
        self.calls += 1
        if self.calls - 1 in self.falls:
            raise OSError("the line went dead")


def halved(x: np.ndarray) -> np.ndarray:
    """Return half of it."""
    return x / 2


def episode_of(env: gym.Env, seed: int, steps: int = 30) -> list[Any]:
    """Play sampled actions from seeded spaces, through ends; return all that was shown."""
    env.action_space.seed(seed)
    shown: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        answer = env.step(env.action_space.sample())
        shown.append(answer)
        if answer[2] or answer[3]:
            shown.append(env.reset())
    return shown

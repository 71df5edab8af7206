"""Wrappers of somebody's own, that nobody has registered: what people write."""

from __future__ import annotations

from collections import deque
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs


class Halve(gym.ObservationWrapper):
    """Maps observations."""

    def observation(self, observation):
        """Halve."""
        return observation / 2


class Counts(gym.Wrapper):
    """Counts steps before it takes them."""

    count = 0

    def step(self, action):
        """Count."""
        self.count += 1
        return self.env.step(action)


class Looks(gym.Wrapper):
    """Reads an attribute of the wrapper below."""

    def step(self, action):
        """Look."""
        observation, *rest = self.env.step(action)
        return observation + self.env.count, *rest


class Skips(gym.Wrapper):
    """Steps a random number of times."""

    def step(self, action):
        """Draw, then step."""
        total = 0.0
        for _ in range(1 + int(self.np_random.integers(0, 3))):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += reward
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


class Remembers(gym.Wrapper):
    """Holds containers within containers, a view, and a function over itself."""

    def __init__(self, env: gym.Env, size: int = 2) -> None:
        super().__init__(env)
        self.size = size
        self.frames: deque[Any] = deque(maxlen=size)
        self.table: dict[Any, Any] = {}
        self.board = np.zeros((2, 4))
        self.row = self.board[0]
        self.shown = lambda total: (total + len(self.frames)) * self.size + self.board.sum()

    def reset(self, **options):
        """Begin anew, but for the board."""
        observation, info = self.env.reset(**options)
        self.frames.clear()
        self.frames.append(observation)
        self.table = {"seen": [observation]}
        return observation, info

    def step(self, action):
        """Remember."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.frames.append(observation)
        self.table["seen"].append(observation)
        self.table.setdefault(len(self.table["seen"]), self.table["seen"])
        self.row += observation
        shown = self.shown(sum(self.frames))
        return shown, reward + len(self.table), terminated, truncated, info


class Records(Remembers, RecordConstructorArgs):
    """The same, and says its arguments."""

    def __init__(self, env: gym.Env, size: int = 2) -> None:
        RecordConstructorArgs.__init__(self, size=size)
        super().__init__(env, size)


class Behind(gym.Wrapper):
    """Keeps a part of its environment."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.dials = env.unwrapped.dials


class Writes(gym.Wrapper):
    """Writes into a file that it holds open."""

    def __init__(self, env: gym.Env, path: Any) -> None:
        super().__init__(env)
        self.file = open(path, "a")  # noqa: PTH123, SIM115

    def step(self, action):
        """Write, then step."""
        self.file.write(f"{action}\n")
        self.file.flush()
        return self.env.step(action)

    def __del__(self):
        """Close it."""
        self.file.close()

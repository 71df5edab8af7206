"""A small world for sinks to watch."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from statewrap import Below, Deployment


class Countdown(gym.Env):
    """Shows how many steps are left, of `length`; each is worth 1."""

    observation_space = Box(0.0, 100.0, (2,), np.float32)
    action_space = Discrete(3)

    def __init__(self, length=4) -> None:
        self.length = self.left = length

    def reset(self, *, seed=None, options=None):
        self.left = self.length
        return np.full(2, self.left, np.float32), {"left": self.left}

    def step(self, action):
        self.left -= 1
        shown = np.array([self.left, action], np.float32)
        return shown, 1.0, self.left == 0, False, {"left": self.left}


def by_parity(observation) -> int:
    """Decide by what is left."""
    return int(observation[0]) % 3


def agent_over(env, stack=None, **options) -> Deployment:
    """Return a deployment that decides by parity."""
    below = Below(env.observation_space, env.action_space)
    return Deployment(by_parity, stack, below=below, on_reset="request", **options)


def run(env, agent, episodes=1) -> list[dict]:
    """Play episodes, close, and return the statistics of each."""
    ended = []
    for _ in range(episodes):
        action = agent.reset(*env.reset())
        while action is not None:
            action = agent.act(*env.step(action))
        ended += agent.ended
    agent.close()
    return ended

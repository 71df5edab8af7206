"""Atari games for tests, and one whose wrappers draw from a generator of their own."""

from __future__ import annotations

from typing import Any

import ale_py
import gymnasium as gym
import numpy as np

from tests.wrappers.twins import Heard

ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
gym.register_envs(ale_py)


class OwnDraws(Heard):
    """A game that notes its actions, and gives the wrappers around it another generator.

    Gymnasium's and Stable-Baselines3's wrappers for Atari ask `unwrapped` for the emulator and for
    random numbers; here these are not the environment's.
    """

    def __init__(self, env: gym.Env, seed: int = 5) -> None:
        super().__init__(env)
        self._own = np.random.default_rng(seed)
        self._frameskip = env.unwrapped._frameskip
        self.get_action_meanings = env.unwrapped.get_action_meanings

    @property
    def unwrapped(self) -> Any:
        """This is as deep as anybody looks."""
        return self

    @property
    def ale(self) -> Any:
        """The emulator."""
        return self.env.unwrapped.ale

    @property
    def np_random(self) -> np.random.Generator:
        """The wrappers' own generator."""
        return self._own


def game(name: str, max_steps: int = 400, **options: Any) -> OwnDraws:
    """Make a game that is cut off after some frames; nothing in it is random but the seed."""
    settings = {"frameskip": 1, "repeat_action_probability": 0.0, **options}
    env = gym.make(
        f"ALE/{name}-v5", disable_env_checker=True, max_episode_steps=max_steps, **settings
    )
    return OwnDraws(env)

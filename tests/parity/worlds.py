"""Environments as data: a real one, and what is unusual about what it shows."""

from __future__ import annotations

import importlib
import warnings
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import ale_py
import attrs
import gymnasium as gym
import numpy as np

from statewrap.core.checks import OnReset
from statewrap.testing.parity import worlds
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.shims import Clock, End, Shim

gym.register_envs(ale_py)
with warnings.catch_warnings(action="ignore"):  # as an error, its own warning ends the process
    importlib.import_module("Box2D")


class Real(NamedTuple):
    """How an environment is made, how much of it is played, and what it cannot take."""

    episodes: int = 20
    arguments: Mapping[str, Any] = {}
    takes_arrays: bool = True
    """Whether it takes a discrete action as an array without axes."""
    starts_anew: bool = True
    """Whether a reset with a seed always opens the same episode, whatever was before."""


LIGHT: Final = ("CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCarContinuous-v0")
"""Environments of which many episodes are played in no time."""
REAL: Final[Mapping[str, Real]] = {
    **dict.fromkeys(LIGHT, Real()),
    "MountainCar-v0": Real(),
    "Taxi-v4": Real(12, takes_arrays=False),
    "FrozenLake-v1": Real(takes_arrays=False),
    "CliffWalking-v1": Real(takes_arrays=False),
    "Blackjack-v1": Real(),
    "LunarLander-v3": Real(4, starts_anew=False),
    "BipedalWalker-v3": Real(3, starts_anew=False),
    "Walker2d-v5": Real(4),
    "ALE/Pong-v5": Real(3, {"frameskip": 1}),
    "ALE/Breakout-v5": Real(3, {"frameskip": 1}),
}
NAMES: Final = tuple(REAL)
NEAR_THE_GOAL: Final = {
    "Acrobot-v1": {"low": 1.2, "high": 2.2},
    "MountainCar-v0": {"low": 0.4, "high": 0.49},
    "MountainCarContinuous-v0": {"low": 0.43, "high": 0.449},
}
"""Options of reset with which an episode terminates by itself within a few steps."""


class Starts(Shim):
    """Resets its environment with options of its own."""

    def __init__(self, env: gym.Env, options: dict[str, Any] | None) -> None:
        super().__init__(env)
        self.options = options

    def reset(self, *, seed=None, options=None):
        """Exchange the options."""
        return self.env.reset(seed=seed, options=self.options)


class Pictured(Shim):
    """Draws pictures at no cost: noise that follows from what was shown last."""

    render_mode = "rgb_array"

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.shown = 0

    def reset(self, **options):
        """Look at what is shown."""
        observation, info = self.env.reset(**options)
        self.shown = zlib.crc32(repr(observation).encode())
        return observation, info

    def step(self, action):
        """Look at what is shown."""
        observation, *rest = self.env.step(action)
        self.shown = zlib.crc32(repr(observation).encode())
        return observation, *rest

    def render(self):
        """Draw."""
        return np.random.default_rng(self.shown).integers(0, 256, (7, 5, 3), np.uint8)


@attrs.frozen
class World:
    """An environment as data."""

    name: str
    limit: int = 30
    """Gymnasium's own time limit, by which the environment truncates."""
    ends: tuple[End, ...] = ()
    near_the_goal: bool = False
    form: str = "as given"
    reward: str = "as given"
    numpy_flags: bool = False
    reuses: bool = False
    actions: int = 0
    """How many actions the masks in info are about; 0 for no masks."""
    pictured: bool = False
    """Whether it can be rendered."""

    @property
    def episodes(self) -> int:
        """How many episodes are played."""
        return REAL[self.name].episodes

    def begun(self) -> gym.Env:
        """Make the environment alone; its own warnings about strange values are left out."""
        env = gym.make(
            self.name,
            max_episode_steps=self.limit,
            disable_env_checker=True,
            **REAL[self.name].arguments,
        )
        if self.pictured:
            env = Pictured(env)
        return Starts(env, NEAR_THE_GOAL.get(self.name) if self.near_the_goal else None)

    def unusual(self, style: Style, on_reset: OnReset) -> worlds.World:
        """Say what is unusual about it; its own ends count, and actions reach it as they are."""
        return worlds.World(
            self.name,
            self.ends,
            overrules=False,
            form=self.form,
            reward=self.reward,
            numpy_flags=self.numpy_flags,
            actions=self.actions,
            reuses=self.reuses,
            tamed=False,
            style=style,
            on_reset=on_reset,
        )

    def make(self) -> gym.Env:
        """Build the whole of it."""
        return self.unusual(Style(), "request").around(self.begun(), Clock())

"""Environments as data: a real one, and what is unusual about what it shows."""

from __future__ import annotations

from typing import Any, Final

import attrs
import gymnasium as gym

from statewrap.core.checks import OnReset
from statewrap.testing.parity import worlds
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.shims import Clock, End, Shim

NAMES: Final = ("CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCarContinuous-v0")
NEAR_THE_GOAL: Final = {
    "Acrobot-v1": {"low": 1.2, "high": 2.2},
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

    def begun(self) -> gym.Env:
        """Make the environment alone; its own warnings about strange values are left out."""
        env = gym.make(self.name, max_episode_steps=self.limit, disable_env_checker=True)
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

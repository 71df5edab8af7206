"""A case for each of Gymnasium's wrappers: an environment that it fits, and arguments."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict

import statewrap.gym.wrappers as ours
from tests.gym.environments import Walk, halved

NAMES = sorted(name for name in gym.wrappers.__all__ if name != "vector")


def cartpole(**options: Any) -> gym.Env:
    """Make a CartPole in Gymnasium's usual wrappers."""
    return gym.make("CartPole-v1", **options)


def pendulum() -> gym.Env:
    """Make an environment with a bounded observation and a bounded action."""
    return gym.make("Pendulum-v1")


class Pictures(gym.Env):
    """Shows small pictures, which its actions move."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}
    observation_space = Box(0, 255, (6, 8, 3), np.uint8)
    action_space = gym.spaces.Discrete(3)

    def __init__(self, render_mode: str | None = "rgb_array") -> None:
        self.render_mode = render_mode
        self.place = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = int(self.np_random.integers(100))
        return self.render(), {"lives": 3}

    def step(self, action):
        self.place += int(action) + 1
        return self.render(), float(action), self.place % 17 == 0, False, {"lives": 3}

    def render(self):
        return (np.arange(144).reshape(6, 8, 3) * self.place % 256).astype(np.uint8)


class Parts(gym.Env):
    """Shows a Dict."""

    observation_space = Dict(arm=Box(-1.0, 1.0, (2,)), hand=Box(0.0, 9.0, (1,)))
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._shown(), {}

    def step(self, action):
        return self._shown(), 1.0, False, False, {}

    def _shown(self):
        return {
            name: space.high * np.float32(self.np_random.random())
            for name, space in self.observation_space.spaces.items()
        }


gym.register("statewrap/Pictures-v0", f"{__name__}:Pictures", max_episode_steps=40)
gym.register("statewrap/Parts-v0", f"{__name__}:Parts", max_episode_steps=40)


def pictures() -> gym.Env:
    """Make an environment of pictures."""
    return gym.make("statewrap/Pictures-v0", render_mode="rgb_array")


def parts() -> gym.Env:
    """Make an environment of a Dict."""
    return gym.make("statewrap/Parts-v0")


def breakout() -> gym.Env:
    """Make a game."""
    ale_py = importlib.import_module("ale_py")
    gym.register_envs(ale_py)
    return gym.make("ALE/Breakout-v5", frameskip=1, repeat_action_probability=0.0)


def doubled(x: Any) -> Any:
    """Return twice as much."""
    return 2 * x


@attrs.frozen
class Case:
    """An environment and arguments."""

    make: Callable[[], gym.Env]
    arguments: dict[str, Any] = attrs.field(factory=dict)


CASES = {
    "AddRenderObservation": Case(pictures, {"render_only": False}),
    "AddWhiteNoise": Case(pictures, {"probability_of_noise_per_pixel": 0.5}),
    "ArrayConversion": Case(cartpole, {"env_xp": np, "target_xp": np}),
    "AtariPreprocessing": Case(breakout, {"noop_max": 3, "screen_size": 21}),
    "Autoreset": Case(cartpole),
    "ClipAction": Case(pendulum),
    "ClipReward": Case(pendulum, {"min_reward": -1.0}),
    "DelayObservation": Case(cartpole, {"delay": 2}),
    "DiscretizeAction": Case(pendulum, {"bins": 5}),
    "DiscretizeObservation": Case(pendulum, {"bins": 4, "multidiscrete": True}),
    "DtypeObservation": Case(cartpole, {"dtype": np.float64}),
    "FilterObservation": Case(parts, {"filter_keys": ["hand"]}),
    "FlattenObservation": Case(parts),
    "FrameStackObservation": Case(cartpole, {"stack_size": 3, "padding_type": "zero"}),
    "GrayscaleObservation": Case(pictures, {"keep_dim": True}),
    "HumanRendering": Case(pictures),
    "JaxToNumpy": Case(cartpole),
    "JaxToTorch": Case(cartpole),
    "MaxAndSkipObservation": Case(cartpole, {"skip": 3}),
    "NormalizeObservation": Case(cartpole),
    "NormalizeReward": Case(pendulum, {"gamma": 0.9}),
    "NumpyToTorch": Case(cartpole),
    "ObstructView": Case(pictures, {"obstructed_pixels_ratio": 0.3, "obstruction_width": 2}),
    "OrderEnforcing": Case(cartpole),
    "PassiveEnvChecker": Case(cartpole),
    "RecordEpisodeStatistics": Case(cartpole, {"buffer_length": 5}),
    "RecordVideo": Case(pictures, {"video_folder": "videos"}),
    "RenderCollection": Case(pictures),
    "RepeatAction": Case(pendulum, {"num_repeats": 3}),
    "RescaleAction": Case(pendulum, {"min_action": np.float32(-1), "max_action": np.float32(1)}),
    "RescaleObservation": Case(pendulum, {"min_obs": np.float32(-1), "max_obs": np.float32(1)}),
    "ReshapeObservation": Case(cartpole, {"shape": (2, 2)}),
    "ResizeObservation": Case(pictures, {"shape": (3, 4)}),
    "StickyAction": Case(cartpole, {"repeat_action_probability": 0.4}),
    "TimeAwareObservation": Case(cartpole, {"normalize_time": True}),
    "TimeLimit": Case(cartpole, {"max_episode_steps": 7}),
    "TransformAction": Case(pendulum, {"func": halved, "action_space": Box(-4.0, 4.0, (1,))}),
    "TransformObservation": Case(cartpole, {"func": halved, "observation_space": None}),
    "TransformReward": Case(cartpole, {"func": doubled}),
}

NATIVE = sorted(set(NAMES) - {"HumanRendering", "RecordVideo", "RenderCollection"})
NUMERIC = sorted(set(NATIVE) - {"JaxToNumpy", "JaxToTorch", "NumpyToTorch", "ArrayConversion"})
"""Twins whose original can be compared without other libraries."""


def theirs_around(name: str, env: gym.Env) -> gym.Env:
    """Put Gymnasium's wrapper of a case around an environment."""
    with warnings.catch_warnings(action="ignore"):
        return getattr(gym.wrappers, name)(env, **CASES[name].arguments)


def ours_around(name: str, env: gym.Env) -> gym.Env:
    """Put statewrap's wrapper of a case around an environment."""
    with warnings.catch_warnings(action="ignore"):
        return getattr(ours, name)(env, **CASES[name].arguments)


def walk() -> gym.Env:
    """Make an environment that uses its buffers again."""
    return Walk()

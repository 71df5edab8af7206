"""Arguments that Gymnasium's wrappers refuse, the twins refuse with the same type of error."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Dict, Discrete

import tests.parity.worlds  # noqa: F401 - registers the Atari games
from statewrap.gym import wrappers as ours
from statewrap.testing.parity.shims import Shows
from tests.parity.functions import identity

CART_POLE, PENDULUM, TAXI = "CartPole-v1", "Pendulum-v1", "Taxi-v4"
PICTURES, PARTS, PAIR = "picture", "dict", "tuple"
WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("ClipAction", CART_POLE, {}),
    ("ClipReward", CART_POLE, {}),
    ("ClipReward", CART_POLE, {"min_reward": 2, "max_reward": 1}),
    ("ClipReward", CART_POLE, {"min_reward": np.ones(2), "max_reward": np.zeros(2)}),
    ("DelayObservation", CART_POLE, {"delay": 1.5}),
    ("DelayObservation", CART_POLE, {"delay": -1}),
    ("DelayObservation", CART_POLE, {"delay": None}),
    ("DiscretizeAction", CART_POLE, {"bins": 3}),
    ("DiscretizeAction", PENDULUM, {"bins": 0}),
    ("DiscretizeAction", PENDULUM, {"bins": (3, 4)}),
    ("DiscretizeAction", PENDULUM, {"bins": "many"}),
    ("DiscretizeObservation", TAXI, {"bins": 3}),
    ("DiscretizeObservation", CART_POLE, {"bins": 3}),
    ("DiscretizeObservation", PENDULUM, {"bins": (3, 4)}),
    ("DiscretizeObservation", PENDULUM, {"bins": -2}),
    ("DiscretizeObservation", PENDULUM, {"bins": 2.5}),
    ("DtypeObservation", PARTS, {"dtype": np.float32}),
    ("FilterObservation", CART_POLE, {"filter_keys": ("a",)}),
    ("FilterObservation", PARTS, {"filter_keys": ("missing",)}),
    ("FilterObservation", PARTS, {"filter_keys": ()}),
    ("FilterObservation", PARTS, {"filter_keys": 3}),
    ("FilterObservation", PARTS, {"filter_keys": (1,)}),
    ("FilterObservation", PAIR, {"filter_keys": ("state",)}),
    ("FilterObservation", PAIR, {"filter_keys": (0, 0)}),
    ("FilterObservation", PAIR, {"filter_keys": (5,)}),
    ("FrameStackObservation", CART_POLE, {"stack_size": 0}),
    ("FrameStackObservation", CART_POLE, {"stack_size": 2.0}),
    ("FrameStackObservation", CART_POLE, {"stack_size": 2, "padding_type": "first"}),
    ("FrameStackObservation", CART_POLE, {"stack_size": 2, "padding_type": np.zeros(7)}),
    ("GrayscaleObservation", CART_POLE, {}),
    ("GrayscaleObservation", TAXI, {}),
    ("MaxAndSkipObservation", CART_POLE, {"skip": 1}),
    ("MaxAndSkipObservation", CART_POLE, {"skip": 4.0}),
    ("MaxAndSkipObservation", PARTS, {"skip": 4}),
    ("NormalizeObservation", PARTS, {}),
    ("NormalizeObservation", CART_POLE, {"epsilon": 0.0}),
    ("NormalizeReward", CART_POLE, {"gamma": 1.5}),
    ("NormalizeReward", CART_POLE, {"epsilon": 0}),
    ("ObstructView", PICTURES, {"obstructed_pixels_ratio": 1.5, "obstruction_width": 2}),
    ("ObstructView", PICTURES, {"obstructed_pixels_ratio": 0.5, "obstruction_width": 0}),
    ("AddWhiteNoise", PICTURES, {"probability_of_noise_per_pixel": 1.0}),
    ("AddRenderObservation", CART_POLE, {}),
    ("RenderCollection", CART_POLE, {}),
    ("RecordVideo", CART_POLE, {"video_folder": "videos"}),
    ("HumanRendering", CART_POLE, {}),
    ("RepeatAction", CART_POLE, {"num_repeats": 0}),
    ("RepeatAction", CART_POLE, {"num_repeats": 2.0}),
    ("RescaleAction", CART_POLE, {"min_action": -1, "max_action": 1}),
    ("RescaleAction", PENDULUM, {"min_action": 1, "max_action": -1}),
    ("RescaleAction", PENDULUM, {"min_action": 1, "max_action": 1}),
    ("RescaleAction", PENDULUM, {"min_action": np.zeros(3), "max_action": np.ones(3)}),
    ("RescaleAction", PENDULUM, {"min_action": -np.inf, "max_action": 1}),
    ("RescaleAction", PENDULUM, {"min_action": "low", "max_action": 1}),
    ("RescaleObservation", TAXI, {"min_obs": 0, "max_obs": 1}),
    ("RescaleObservation", PENDULUM, {"min_obs": 1, "max_obs": 0}),
    ("RescaleObservation", PENDULUM, {"min_obs": np.zeros(2), "max_obs": np.ones(2)}),
    ("RescaleObservation", PENDULUM, {"min_obs": 0, "max_obs": np.inf}),
    ("ReshapeObservation", CART_POLE, {"shape": (3,)}),
    ("ReshapeObservation", CART_POLE, {"shape": (-1,)}),
    ("ReshapeObservation", CART_POLE, {"shape": 4}),
    ("ReshapeObservation", CART_POLE, {"shape": (2.0, 2.0)}),
    ("ReshapeObservation", TAXI, {"shape": (1,)}),
    ("ResizeObservation", CART_POLE, {"shape": (3, 3)}),
    ("ResizeObservation", PICTURES, {"shape": (3,)}),
    ("ResizeObservation", PICTURES, {"shape": (3, 0)}),
    ("ResizeObservation", PICTURES, {"shape": 3}),
    ("ResizeObservation", PICTURES, {"shape": (3.0, 3.0)}),
    ("StickyAction", CART_POLE, {"repeat_action_probability": 1.0}),
    ("StickyAction", CART_POLE, {"repeat_action_probability": -0.1}),
    ("StickyAction", CART_POLE, {"repeat_action_probability": 0.5, "repeat_action_duration": 0}),
    (
        "StickyAction",
        CART_POLE,
        {"repeat_action_probability": 0.5, "repeat_action_duration": (3, 1)},
    ),
    (
        "StickyAction",
        CART_POLE,
        {"repeat_action_probability": 0.5, "repeat_action_duration": [1, 3]},
    ),
    ("TimeAwareObservation", PARTS, {"dict_time_key": "state"}),
    ("TimeLimit", CART_POLE, {"max_episode_steps": 0}),
    ("TimeLimit", CART_POLE, {"max_episode_steps": 2.0}),
    ("TimeLimit", CART_POLE, {"max_episode_steps": None}),
    ("TimeLimit", CART_POLE, {"max_episode_steps": np.int64(3)}),
    ("TransformAction", CART_POLE, {"func": identity}),
    ("AtariPreprocessing", "ALE/Pong-v5", {"noop_max": -1}),
    ("AtariPreprocessing", "ALE/Pong-v5", {"frame_skip": 0}),
    ("AtariPreprocessing", "ALE/Pong-v5", {"screen_size": (84, -1)}),
    ("AtariPreprocessing", "ALE/Pong-v5", {"screen_size": 0}),
    ("AtariPreprocessing", "ALE/Pong-v5", {}),
]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def made(place: str) -> gym.Env:
    """Make an environment, or a bare one that shows observations in a form."""
    if place in (PICTURES, PARTS, PAIR):
        return Shows(gym.make(CART_POLE), place)
    return gym.make(place)  # an Atari game skips frames by itself


def refusal(module: Any, name: str, place: str, arguments: dict[str, Any]) -> type[Exception]:
    """Return the type of the error that a wrapper is refused with."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is asked
        getattr(module, name)(made(place), **arguments)
    return raised.type


@pytest.mark.parametrize(
    ("name", "place", "arguments"), WRONG, ids=[f"{w[0]}-{i}" for i, w in enumerate(WRONG)]
)
def test_they_are_refused_alike(name, place, arguments, tmp_path, monkeypatch):
    """When the wrapper is put around its environment; ours may be of a more special kind."""
    monkeypatch.chdir(tmp_path)  # RecordVideo makes its folder before it refuses
    expected = refusal(theirs, name, place, arguments)

    assert issubclass(refusal(ours, name, place, arguments), expected)


@pytest.mark.parametrize(
    "space", [Discrete(3), Dict(a=Discrete(2)), Box(0.0, 1.0, (2,))], ids=["number", "dict", "box"]
)
def test_an_unknown_limit_is_refused_alike(space):
    """Where neither a TimeLimit nor a spec says how long an episode may be."""

    class Endless(gym.Env):
        observation_space, action_space = space, Discrete(2)

    for module in (theirs, ours):
        with pytest.raises(ValueError, match="must be wrapped by a TimeLimit"):
            module.TimeAwareObservation(Endless())

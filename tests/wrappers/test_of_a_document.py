"""Wrappers of keys, told by a document: wrappers within wrappers, and arguments by key."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

from statewrap import Deployment
from statewrap.wrappers import (
    DiscretizeAction,
    FlattenObservation,
    NormalizeKeys,
    ScaleReward,
    SkipFrames,
    SplitAction,
    StackKeys,
    TransposeObservation,
    WrapActionKey,
    WrapKey,
)

SPACES = {
    "observation": gym.spaces.Dict(
        eye=gym.spaces.Box(0, 255, (4, 6, 3), np.uint8),
        gear=gym.spaces.Discrete(3),
        speed=gym.spaces.Box(0.0, 9.0, ()),
    ),
    "action": gym.spaces.Box(-1.0, 1.0, (3,)),
}
TABLES = [
    {
        "type": "WrapKey",
        "key": "eye",
        "wrappers": [{"type": "TransposeObservation", "axes": [2, 0, 1]}],
        "tag": "planes",
    },
    {"type": "WrapKey", "key": "gear", "wrappers": {"type": "FlattenObservation"}},
    {
        "type": "NormalizeKeys",
        "statistics": {"speed": {"mean": 4.0, "std": 2.0}},
        "clip": {"speed": [-1, 1]},
        "exclude": ["planes", "gear"],
    },
    {"type": "StackKeys", "stack_sizes": {"speed": 3}, "delta": ["speed"], "padding_type": "zero"},
    {"type": "SplitAction", "parts": {"steer": [0], "pedals": [1, 2]}},
    {
        "type": "WrapActionKey",
        "key": "steer",
        "wrappers": [{"type": "DiscretizeAction", "bins": 5}],
    },
    {"type": "SkipFrames", "num_steps": 2, "fill": "noop"},
    {"type": "ScaleReward", "scale": 0.5},
]
STACK = (
    WrapKey("eye", TransposeObservation((2, 0, 1)), tag="planes")
    | WrapKey("gear", FlattenObservation())
    | NormalizeKeys(
        {"speed": {"mean": 4.0, "std": 2.0}}, clip={"speed": (-1, 1)}, exclude=["planes", "gear"]
    )
    | StackKeys({"speed": 3}, delta=["speed"], padding_type="zero")
    | SplitAction({"steer": [0], "pedals": [1, 2]})
    | WrapActionKey("steer", DiscretizeAction(5))
    | SkipFrames(2, fill="noop")
    | ScaleReward(0.5)
)


def test_a_document_makes_what_code_makes() -> None:
    """Tables in tables are wrappers in wrappers."""
    made = Deployment.from_config({"wrappers": TABLES, "spaces": SPACES}, sinks=())

    assert STACK == made.stack


def test_what_code_makes_is_told_as_a_document() -> None:
    """And read back as the same."""
    told = Deployment(
        None,
        STACK,
        observation_space=SPACES["observation"],
        action_space=SPACES["action"],
        sinks=(),
    ).config()

    assert STACK == Deployment.from_config(told, sinks=()).stack

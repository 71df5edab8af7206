"""What a search found comes back equal when it is pasted into a test."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import GraphInstance

from statewrap import Act, Below, Reset, TimeStep, freeze, same
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.spaces import draw_space, draw_value
from statewrap.testing.source import source
from statewrap.wrappers import FrameStackObservation, RepeatAction


class Pair(NamedTuple):
    """A memory."""

    left: int
    right: float


NAMES = {
    **vars(spaces),
    "np": np,
    "GraphInstance": GraphInstance,
    "Act": Act,
    "Below": Below,
    "Reset": Reset,
    "TimeStep": TimeStep,
    "Pair": Pair,
    "RepeatAction": RepeatAction,
}


def back(value):
    """Write and read a value."""
    return eval(source(value), dict(NAMES))  # noqa: S307 - our own source


@pytest.mark.parametrize("seed", range(200))
def test_a_space_and_what_lies_in_it_come_back(seed) -> None:
    """Of every kind, infinities too, to the last bit."""
    dice = Dice(seed)
    space = draw_space(dice, odd=True)
    value = draw_value(dice, space, infinite=True)

    with warnings.catch_warnings(action="ignore"):  # Gymnasium casts bounds
        assert space == back(space)
    assert same(freeze(value), freeze(back(value)))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (TimeStep("f0", first=True), "TimeStep('f0', first=True)"),
        (
            TimeStep(np.float32(1), 2.0, info={"a": np.zeros(2)}),
            "TimeStep(np.float32(1.0), reward=2.0, info={'a': np.array([0.0, 0.0], np.float64)})",
        ),
        (Act(np.int64(1)), "Act(np.int64(1))"),
        (Reset(), "Reset()"),
        (Reset(seed=3), "Reset(seed=3)"),
        (Below(), "Below()"),
        (Below(None, spaces.Discrete(2)), "Below(action_space=Discrete(2))"),
        (
            Below(spaces.Discrete(3, start=-1), spaces.MultiBinary(2), 9),
            "Below(Discrete(3, start=-1), MultiBinary(2), max_episode_steps=9)",
        ),
        (Pair(1, -0.0), "Pair(left=1, right=-0.0)"),
        ([(), (1,), {"x": None}], "[(), (1,), {'x': None}]"),
        (np.full((2, 4), 7, np.uint8), "np.full((2, 4), 7, np.uint8)"),
        (np.zeros((0, 3), np.int8), "np.zeros((0, 3), np.int8)"),
        (np.array([True, False]), "np.array([True, False], bool)"),
        (float("nan"), "np.nan"),
        (-np.inf, "-np.inf"),
        (RepeatAction(2), "RepeatAction(num_repeats=2)"),
        (b"x", "b'x'"),
    ],
)
def test_values_are_written_shortly(value, written) -> None:
    """Fields that hold their default are left out."""
    assert written == source(value)
    assert same(value, back(value))


def test_zeros_of_either_sign_are_not_written_as_one() -> None:
    """A uniform array is one in every bit."""
    mixed = np.array([0.0, -0.0, 0.0, 0.0, 0.0, 0.0])

    assert same(mixed, back(mixed))


def test_what_is_not_known_is_printed_as_it_is() -> None:
    """A function by name, an object by its repr."""
    assert "builtins:abs" in source(abs)
    assert repr(slice(1, 2)) == source(slice(1, 2))
    assert "FrameStackObservation(" in source(FrameStackObservation(2))

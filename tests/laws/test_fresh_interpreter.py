"""What is saved here goes on in another process, whose strings hash differently."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from hypothesis import given, settings

from statewrap import Below, TimeStep
from statewrap.testing import Improvise, survives_a_fresh_interpreter
from statewrap.testing.strategies import scenes
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformReward
from tests.laws.box import MAKERS, infos
from tests.laws.machines import CountDecisions, Delay, EpisodicLife, NoisyObservation

NUMBERS = (
    TimeLimit(9)
    | RepeatAction(2)
    | NoisyObservation()
    | NormalizeObservation(mode="learn")
    | FrameStackObservation(2)
    | RecordEpisodeStatistics()
)
CHOICES = (
    RandomReset(2, action="random")
    | EpisodicLife(1)
    | RejectInvalidAction(max_rejections=2, on_exhausted="first_valid")
    | Delay()
    | FrameStackObservation(2)
    | CountDecisions()
)
BOX, CHOICE = Box(-9.0, 9.0, (2,), np.float32), Discrete(3)


def shown(observation, step: int, **fields) -> TimeStep:
    """Make a raw time step with everything that some wrapper looks at."""
    info = {"lives": 3 - step // 4, "action_mask": np.array([step % 2, 1, 0], np.int8)}
    return TimeStep(observation, info=info, time=step / 8, **fields)


def played(observe) -> list[list[TimeStep]]:
    """Play three episodes: terminated, given up, truncated."""
    steps = [shown(observe(step), step, reward=float(step)) for step in range(30)]
    for opening in (0, 12, 20):
        steps[opening] = steps[opening].replace(first=True, reward=0.0)
    steps[11] = steps[11].replace(terminated=True)
    steps[29] = steps[29].replace(truncated=True)
    return [steps[:12], steps[12:20], steps[20:]]


def a_box(step: int):
    """Show two numbers."""
    return np.array([step % 5, -step % 7], np.float32)


def a_dict(step: int):
    """Show a box and a number by name."""
    return {"box": a_box(step), "number": np.int64(step % 3)}


@pytest.mark.parametrize(
    ("stack", "below", "episodes"),
    [
        (NUMBERS, Below(BOX, CHOICE), played(a_box)),
        (CHOICES, Below(Dict({"box": BOX, "number": CHOICE}), CHOICE), played(a_dict)),
    ],
    ids=["numbers", "choices"],
)
def test_a_stack_of_everything_goes_on_elsewhere(stack, below, episodes) -> None:
    """Every wrapper that keeps something, at every message, mid-skip included."""
    actions = Improvise([np.int64(0), np.int64(1), np.int64(2)])

    survives_a_fresh_interpreter(stack, below, episodes, actions)


@settings(max_examples=max(2, settings.default.max_examples // 15))
@given(scenes(list(MAKERS.values()), infos=infos, min_size=2, max_size=5))
def test_a_random_stack_goes_on_elsewhere(scene) -> None:
    """Each drawn scene starts an interpreter, so there are few."""
    survives_a_fresh_interpreter(*scene)


def test_a_lambda_cannot_travel() -> None:
    """A stack that holds one works in its own process only."""
    with pytest.raises(AssertionError, match="names that can be imported"):
        survives_a_fresh_interpreter(
            TransformReward(lambda reward: -reward), Below(BOX), played(a_box), abs
        )


def test_says_what_went_wrong_elsewhere() -> None:
    """The other interpreter's last words are in the message."""
    with pytest.raises(AssertionError, match=r"(?s)could not go on.*TypeError"):
        survives_a_fresh_interpreter(
            TimeLimit(2), Below(BOX), played(a_box), abs, decode=operator.matmul
        )

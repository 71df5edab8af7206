"""Every wrapper in the box that has a twin is equal to it, over real environments."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete

import statewrap.wrappers
from statewrap import Stack
from statewrap.testing.parity import Parity, assert_parity
from statewrap.testing.parity.twins import has_a_twin
from statewrap.wrappers import (
    ClipAction,
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    RescaleAction,
    TimeLimit,
    TransformAction,
    TransformObservation,
    TransformReward,
)

DISCRETE = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "Taxi-v4", "Blackjack-v1")
BOX = ("Pendulum-v1", "MountainCarContinuous-v0")


def bare(name: str):
    """Return the function that makes a bare environment."""
    return lambda: gym.make(name).unwrapped


def halved(x):
    """Return half of it."""
    return x / 2


def mirrored(action):
    """Return 0 for 1 and 1 for 0."""
    return 1 - action


def force(action):
    """Return one of five forces."""
    return np.array([(int(action) - 2) / 2], np.float32)


ANYWHERE = [
    ClipReward(-0.5, 0.5),
    FrameStackObservation(3),
    FrameStackObservation(2, padding_type="zero"),
    RecordEpisodeStatistics(),
    RepeatAction(4),
    TimeLimit(7),
    TransformReward(halved),
]
WITH_A_SHAPE = [NormalizeObservation(mode="learn"), NormalizeObservation(0.1, mode="learn")]
WITH_A_BOX = [
    ClipAction(),
    RescaleAction(-3.0, 5.0),
    TransformAction(halved, None),
    TransformAction(force, Discrete(5)),
]
CASES = [
    *((name, wrapper) for name in ("CartPole-v1", "Blackjack-v1") for wrapper in ANYWHERE),
    *((name, wrapper) for name in ("Acrobot-v1", "Taxi-v4") for wrapper in WITH_A_SHAPE),
    *((name, wrapper) for name in BOX for wrapper in WITH_A_BOX),
    ("CartPole-v1", TransformAction(mirrored, None)),
    ("Pendulum-v1", TransformObservation(halved, Box(-4.0, 4.0, (3,), np.float32))),
]


@pytest.mark.parametrize(
    ("name", "wrapper"),
    CASES,
    ids=[f"{n}-{type(w).__name__}-{i}" for i, (n, w) in enumerate(CASES)],
)
def test_a_wrapper_is_equal_to_its_twin(name, wrapper) -> None:
    """Pulled and pushed, in every world in which the twin runs."""
    report = assert_parity(bare(name), wrapper, episodes=2, seeds=(0,), max_steps=60)

    assert (type(wrapper).__name__,) == report.original
    assert report.worlds >= 10


def test_no_wrapper_with_a_twin_is_left_out() -> None:
    """Whatever is added to the box is compared here."""
    things = [getattr(statewrap.wrappers, name) for name in statewrap.wrappers.__all__]
    kinds = {kind.__name__ for kind in things if hasattr(theirs, kind.__name__)}

    assert kinds == {type(wrapper).__name__ for _, wrapper in CASES}
    assert all(has_a_twin(wrapper) for _, wrapper in CASES)


@pytest.mark.parametrize("name", [*DISCRETE, *BOX])
def test_a_whole_stack_is_equal(name) -> None:
    """On each of the real environments, as they are."""
    stack = TimeLimit(50) | FrameStackObservation(2) | RepeatAction(2) | ClipReward(-1.0, 1.0)

    report = assert_parity(bare(name), stack | RecordEpisodeStatistics(), generate=False)

    assert (0, 1, 2, 3, 4, 5) == report.gaps
    assert 9 == report.episodes


def test_learned_statistics_are_compared_frozen_too() -> None:
    """Where nothing is learned any more."""
    stack = NormalizeObservation(mode="learn") | FrameStackObservation(2)

    report = assert_parity(bare("CartPole-v1"), stack, seeds=(0,))

    assert "statistics that are frozen" in [one.world for one in report.played]


def test_a_stack_is_recognised_from_gymnasiums() -> None:
    """By names and arguments, what was set afterwards included."""

    def wrapped(env: gym.Env) -> gym.Env:
        env = theirs.RescaleAction(theirs.TimeLimit(env, 30), -1.0, 1.0)
        env = theirs.NormalizeObservation(env, 0.01)
        env.update_running_mean = False
        env = theirs.FrameStackObservation(env, 3, padding_type="zero")
        return theirs.RecordEpisodeStatistics(env, 5, "told")

    report = assert_parity(bare("Pendulum-v1"), wrapped, seeds=(0,), generate=False)

    names = [text.split("(")[0] for text in report.stack]
    assert list(report.original) == names
    assert "stack_size=3, padding_type='zero'" in report.stack[3]
    assert "mode='frozen'" in report.stack[2]


def test_what_has_no_twin_is_pushed_against_itself_pulled() -> None:
    """With the same keys, random resets and refusals are the same."""
    reject = RejectInvalidAction(penalty=-1.0, on_exhausted=0)
    stack = Stack(RandomReset(3, action=0), reject, RepeatAction(2))

    report = assert_parity(bare("Taxi-v4"), stack, seeds=(0,), max_steps=40)

    assert () == report.original
    assert report.worlds > 10
    assert "no original" in str(report)


def test_a_policy_may_be_a_model() -> None:
    """Anything with a method predict; here one that leans on what it sees."""

    class Model:
        def predict(self, observation, deterministic=False):
            return np.int64(observation[-1, 2] > 0), None

    stack = FrameStackObservation(2) | TimeLimit(200)

    report = Parity(bare("CartPole-v1"), stack, Model(), seeds=(3,), generate=False).hold()

    assert report.steps > 60

"""Stacks of the box are equal to those of their twins, over real environments.

Each twin alone is held against Gymnasium's in `tests/parity/test_gymnasium_page.py`.
"""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs

from statewrap import Stack
from statewrap.testing.parity import Parity, assert_parity
from statewrap.wrappers import (
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    NormalizeReward,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)

DISCRETE = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "Taxi-v4", "Blackjack-v1")
BOX = ("Pendulum-v1", "MountainCarContinuous-v0")


def bare(name: str):
    """Return the function that makes a bare environment."""
    return lambda: gym.make(name).unwrapped


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


def test_a_learned_scale_of_rewards_is_compared_frozen_too() -> None:
    """As that of observations is."""
    scale = NormalizeReward(mode="learn", carry_return=True)

    report = assert_parity(bare("Pendulum-v1"), scale, seeds=(0,))

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

"""Wrappers of a user's own whose twins are registered count as known."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs

import statewrap.gym.wrappers as twins
from statewrap.gym import GymWrapper, register_twin
from statewrap.testing.parity import ParityBroken, ParityError, assert_parity
from statewrap.wrappers import FrameStackObservation, RepeatAction, TimeLimit
from tests.testing.parity.ported import LooksBehind, OldSkip, Skip, cart_pole, pendulum


class Skips(OldSkip):
    """An OldSkip whose twin is registered."""


class Bystander(gym.Wrapper):
    """Has no part in the conversation."""


class Misjudged(OldSkip):
    """One whose twin does something else."""


class Misread(OldSkip):
    """One whose arguments are read wrongly."""


register_twin(Skips, Skip, arguments=lambda old: {"times": old.times})
register_twin(Bystander, lambda: None, arguments=lambda _: {})
register_twin(Misjudged, lambda times: Skip(times + 1), arguments=lambda old: {"times": old.times})
register_twin(Misread, Skip, arguments=lambda old: {"time": old.times})


def test_a_registered_twin_counts() -> None:
    """Beside Gymnasium's own, each at its place."""

    def wrapped(env: gym.Env) -> gym.Env:
        return theirs.FrameStackObservation(Skips(theirs.TimeLimit(env, 50), 3), 2)

    report = assert_parity(cart_pole, wrapped, seeds=(0,))

    assert ("TimeLimit", "Skips", "FrameStackObservation") == report.original
    assert ["TimeLimit", "Skip", "FrameStack"] == [text[:10].split("(")[0] for text in report.stack]
    assert (0, 1, 2, 3) == report.gaps


def test_a_layer_that_is_left_out_stands_beside_those_that_are_not() -> None:
    """The gaps on both of its sides are one."""

    def wrapped(env: gym.Env) -> gym.Env:
        return theirs.TimeLimit(Bystander(Skips(env, 3)), 50)

    report = assert_parity(cart_pole, wrapped, seeds=(0,), generate=False)

    assert ("Skips", "Bystander", "TimeLimit") == report.original
    assert (0, 1, 2) == report.gaps


def test_a_layer_may_become_several() -> None:
    """The gap between them is nobody's."""

    class Both(gym.Wrapper):
        """Skips under a limit."""

        def __init__(self, env: gym.Env) -> None:
            super().__init__(env)
            self.taken = 0

        def reset(self, **options):
            """Begin to count."""
            self.taken = 0
            return self.env.reset(**options)

        def step(self, action):
            """Step three times, and cut after five of these."""
            total = 0.0
            for _ in range(3):
                observation, reward, terminated, truncated, info = self.env.step(action)
                total += float(reward)
                if terminated or truncated:
                    break
            self.taken += 1
            return observation, total, terminated, truncated or self.taken >= 5, info

    register_twin(Both, lambda: Skip(3) | TimeLimit(5), arguments=lambda _: {})

    report = assert_parity(
        cart_pole, lambda env: theirs.ClipReward(Both(env), -1, 1), seeds=(0,), generate=False
    )

    assert ("Both", "ClipReward") == report.original
    assert (0, 2, 3) == report.gaps


def test_a_twin_that_does_something_else_is_found_out() -> None:
    """At its place."""
    with pytest.raises(ParityBroken) as told:
        assert_parity(
            cart_pole,
            lambda env: theirs.TimeLimit(Misjudged(theirs.TimeLimit(env, 50), 3), 20),
            seeds=(0,),
        )

    assert (1,) == told.value.difference.indices


def test_an_unknown_wrapper_is_told_of_with_both_cures() -> None:
    """Its twin may be registered, or the stack given."""
    words = r"LooksBehind.*register_twin\(LooksBehind, .*original="
    with pytest.raises(ParityError, match=words):
        assert_parity(cart_pole, LooksBehind)


def test_a_twin_that_cannot_be_made_is_told() -> None:
    """With its layer, and where it was registered."""
    with pytest.raises(ParityError, match=r"Misread.*register_twin\(Misread"):
        assert_parity(cart_pole, lambda env: Misread(env, 3))


def test_statewraps_own_wrappers_are_known() -> None:
    """Twins and stacks, among Gymnasium's."""

    def wrapped(env: gym.Env) -> gym.Env:
        env = twins.TimeLimit(env, 60)
        env = GymWrapper(env, RepeatAction(2) | FrameStackObservation(2))
        return theirs.ClipReward(env, -1, 1)

    report = assert_parity(cart_pole, wrapped, seeds=(0,), generate=False)

    assert ("TimeLimit", "GymWrapper", "ClipReward") == report.original
    assert (0, 1, 3, 4) == report.gaps


@pytest.mark.parametrize("of", [theirs, twins])
def test_learning_begins_with_what_was_learned_before(of) -> None:
    """Of what is set before the comparison."""

    def wrapped(env: gym.Env) -> gym.Env:
        env = of.NormalizeReward(of.NormalizeObservation(env))
        env.env.obs_rms.mean, env.env.obs_rms.count = np.ones(3, np.float32), 9.0
        env.return_rms.var, env.return_rms.count = np.float64(4.0), 9.0
        return env

    report = assert_parity(pendulum, wrapped, seeds=(0,), generate=False)

    assert all("count=9.0" in text for text in report.stack)


def test_arguments_that_were_set_later_count() -> None:
    """As `from_env` sees them."""

    def wrapped(env: gym.Env) -> gym.Env:
        env = theirs.RepeatAction(env, 2)
        env.num_repeats = 4
        return env

    report = assert_parity(cart_pole, wrapped, seeds=(0,), generate=False)

    assert ("RepeatAction(num_repeats=4)",) == report.stack


def test_sinks_have_no_part_in_a_comparison() -> None:
    """There is nothing to compare where there are no others."""
    with pytest.raises(ParityError, match="puts no wrapper around its environment that"):
        assert_parity(cart_pole, Bystander)

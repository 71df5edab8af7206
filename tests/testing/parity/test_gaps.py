"""Which gap is which, and who is blamed."""

from __future__ import annotations

import gymnasium as gym
import pytest
from gymnasium import wrappers as theirs

from statewrap import Act, Reset, TimeStep
from statewrap.testing.parity import Parity
from statewrap.testing.parity.blame import Place, place_of
from statewrap.testing.parity.gaps import Gaps, aligned
from statewrap.wrappers import ClipReward, RepeatAction, TimeLimit
from tests.testing.parity import mistakes
from tests.testing.parity.ported import OldSkip, cart_pole


@pytest.mark.parametrize(
    ("ours", "theirs", "pairs"),
    [
        ("A", "A", [(0, 0), (1, 1)]),
        ("AB", "XY", [(0, 0), (1, 1), (2, 2)]),
        ("A", "XY", [(0, 0), (1, 2)]),
        ("AB", "AXB", [(0, 0), (2, 3)]),
        ("ABC", "ABXC", [(0, 0), (1, 1), (3, 4)]),
        ("ABC", "BC", [(0, 0), (2, 1), (3, 2)]),
        ("AB", "", [(0, 0), (2, 0)]),
    ],
)
def test_gaps_are_aligned_by_length_by_name_or_at_both_ends(ours, theirs, pairs) -> None:
    """A gap that could be two is none."""
    assert tuple(pairs) == aligned(ours, theirs).pairs


def test_the_ends_are_compared_even_where_nothing_is_said() -> None:
    """Gaps between them are left out."""
    gaps = Gaps(((0, 0), (1, 1), (2, 2), (3, 3))).without([0, 2, 3])

    assert ((0, 0), (1, 1), (3, 3)) == gaps.pairs


def test_several_wrappers_are_named_where_the_original_has_no_gap_between_them() -> None:
    """The original does in one what the port does in two."""

    class OldBoth(gym.Wrapper):
        def step(self, action):
            observation, reward, *rest = self.env.step(action)
            return observation, min(reward, 0.5), *rest

    def original(env: gym.Env) -> gym.Env:
        return theirs.TimeLimit(OldBoth(env), 20)

    stack = ClipReward(max_reward=0.25) | RepeatAction(1) | TimeLimit(20)

    difference = Parity(cart_pole, stack, original=original, seeds=(0,)).compare().difference

    assert difference is not None
    assert (0, 1) == difference.indices
    assert str(difference).startswith("Wrappers 0, 1, ClipReward(")


def test_a_gap_that_the_original_goes_around_is_left_out() -> None:
    """It keeps the environment below to itself, and the tap is put elsewhere."""

    class Around(OldSkip):
        def __init__(self, env: gym.Env) -> None:
            super().__init__(env, 3)
            self.mine = env

        def step(self, action):
            observation, reward, *rest = self.mine.step(action)
            return observation, reward + 1, *rest

        def reset(self, **options):
            return self.mine.reset(**options)

    def original(env: gym.Env) -> gym.Env:
        return Around(theirs.TimeLimit(env, 20))

    stack = TimeLimit(20) | mistakes.IgnoresTheOptions()

    report = Parity(cart_pole, stack, original=original, seeds=(0,)).compare()

    assert (0, 2) == report.gaps
    assert report.difference is not None
    assert ((0, 1), "reward") == (report.difference.indices, report.difference.field)


def test_a_wrapper_that_asks_the_one_below_for_an_attribute_is_served() -> None:
    """Taps and shims hand on what they do not have."""

    class Asks(gym.Wrapper):
        def reset(self, **options):
            assert "euler" == self.env.kinematics_integrator
            return self.env.reset(**options)

    def original(env: gym.Env) -> gym.Env:
        return theirs.TimeLimit(Asks(env), 5)

    assert Parity(cart_pole, TimeLimit(5), original=original, seeds=(0,)).hold().same


def test_places_are_counted_at_the_policy_and_at_the_environment() -> None:
    """Two steps of the environment to one of the policy; a second episode opens unasked."""
    first, step = TimeStep(0, first=True), TimeStep(1)
    opened = [(1, Reset()), (0, Reset()), (0, first), (1, first)]
    decision = [(1, Act(0)), (0, Act(0)), (0, step), (0, Act(0)), (0, step), (1, step)]

    assert Place(-1, 0, 0) == place_of([], 1)
    assert Place(0, 0, 0) == place_of(opened, 1)
    assert Place(0, 2, 4) == place_of(opened + decision * 2, 1)
    assert Place(1, 0, 0) == place_of([*opened, *decision, (0, first), (1, first)], 1)
    assert Place(1, 1, 2) == place_of([*opened, *decision, *opened, *decision], 1)

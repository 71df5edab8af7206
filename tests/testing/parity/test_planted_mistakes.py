"""Each planted mistake is found, and the wrapper that makes it is named."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs

from statewrap import Stack
from statewrap.testing.parity import Parity, ParityBroken, assert_parity
from statewrap.wrappers import ClipReward, FrameStackObservation, RecordEpisodeStatistics, TimeLimit
from tests.testing.parity import mistakes
from tests.testing.parity.ported import (
    MaxAndSkip,
    OldCount,
    OldSkip,
    OldTransposed,
    Skip,
    cart_pole,
    pendulum,
)


def _halved(env: gym.Env) -> gym.Env:
    below = env.observation_space
    space = gym.spaces.Box(below.low / 2, below.high / 2, dtype=below.dtype.type)
    return theirs.TransformObservation(env, lambda o: o / np.float32(2), space)


def skip(env: gym.Env) -> gym.Env:
    """Put the original frame skip around an environment."""
    return OldSkip(env, 3)


FOUND = [
    (mistakes.DropsReward(), skip, cart_pole, "reward"),
    (mistakes.StaleFrame(), skip, cart_pole, "observation"),
    (mistakes.StaleFrame(), skip, pendulum, "observation"),
    (mistakes.WholeSkips(), skip, pendulum, "message"),
    (mistakes.NumpySum(), skip, cart_pole, "reward"),
    (mistakes.EndsOneLate(), lambda env: theirs.TimeLimit(env, 10), pendulum, "truncated"),
    (mistakes.NeverForgets(), lambda env: theirs.TimeLimit(env, 10), pendulum, "truncated"),
    (mistakes.ForgetsAtTheEndAlone(), lambda env: theirs.TimeLimit(env, 10), pendulum, "truncated"),
    (mistakes.HidesTruncation(), lambda env: theirs.TimeLimit(env, 10), pendulum, "truncated"),
    (
        mistakes.SharedArray(),
        lambda env: theirs.FrameStackObservation(env, 2),
        cart_pole,
        "observation",
    ),
    (
        mistakes.KeepsTheOldestFirst(),
        lambda env: theirs.FrameStackObservation(env, 2),
        cart_pole,
        "observation",
    ),
    (mistakes.InDouble(), theirs.NormalizeObservation, cart_pole, "observation"),
    (mistakes.LearnsTwice(), theirs.NormalizeObservation, cart_pole, "observation"),
    (mistakes.SkipsTheOpening(), theirs.NormalizeObservation, cart_pole, "observation"),
    (mistakes.ForgetsMoments(), theirs.NormalizeObservation, cart_pole, "observation"),
    (mistakes.MissingKey(), theirs.RecordEpisodeStatistics, cart_pole, "info"),
    (mistakes.DropsInfo(), theirs.RecordEpisodeStatistics, cart_pole, "info"),
    (mistakes.IgnoresTheSeed(), gym.Wrapper, cart_pole, "seed"),
    (mistakes.IgnoresTheOptions(), gym.Wrapper, cart_pole, "options"),
    (mistakes.ClipsInDouble(), theirs.ClipAction, pendulum, "action"),
    (mistakes.ClipsWithMinAndMax(), theirs.ClipAction, pendulum, "action"),
    (mistakes.OldSpace(), _halved, cart_pole, "observation_space"),
    (mistakes.MovesTheAxis(), OldTransposed, cart_pole, "observation_space"),
    (mistakes.CountsRequests(), OldCount, cart_pole, "info"),
    (mistakes.Stumbles(), gym.Wrapper, cart_pole, "message"),
]


@pytest.mark.parametrize(
    ("wrapper", "original", "make_env", "field"),
    FOUND,
    ids=[f"{type(wrapper).__name__}-{make.__name__}" for wrapper, _, make, _ in FOUND],
)
def test_a_mistake_is_found(wrapper, original, make_env, field) -> None:
    """In a stack of its own; the message names it, the field and a trace."""
    with pytest.raises(ParityBroken) as broken:
        assert_parity(make_env, wrapper, original=original, episodes=2, seeds=(0,))

    difference = broken.value.difference
    assert (wrapper,) == difference.wrappers
    assert field == difference.field
    assert f"Wrapper 0, {wrapper!r}, does not do what" in str(broken.value)


@pytest.mark.parametrize(
    ("wrapper", "original", "field"),
    [
        (mistakes.DropsReward(), skip, "reward"),
        (mistakes.EndsOneLate(), lambda env: theirs.TimeLimit(env, 10), "truncated"),
        (mistakes.IgnoresTheSeed(), gym.Wrapper, "seed"),
    ],
)
def test_the_wrapper_is_named_wherever_it_stands(wrapper, original, field) -> None:
    """Others are below and above it, whose outputs differ too, as their inputs do."""
    below, above = TimeLimit(40) | ClipReward(-0.3, 0.3), RecordEpisodeStatistics()
    stack = Stack(below, wrapper, FrameStackObservation(2), above)

    with pytest.raises(ParityBroken) as broken:
        assert_parity(cart_pole, stack, original=[None, None, original, None, None], seeds=(0,))

    assert (2,) == broken.value.difference.indices
    assert (field, (wrapper,)) == (
        broken.value.difference.field,
        broken.value.difference.wrappers,
    )


def test_the_wrapper_is_named_where_the_original_is_one_function() -> None:
    """The taps are put between Gymnasium's wrappers afterwards."""

    def original(env: gym.Env) -> gym.Env:
        return theirs.RecordEpisodeStatistics(OldSkip(theirs.TimeLimit(env, 40), 3))

    stack = TimeLimit(40) | mistakes.DropsReward() | RecordEpisodeStatistics()

    difference = Parity(cart_pole, stack, original=original, seeds=(0,)).compare().difference

    assert difference is not None
    assert ((1,), "reward") == (difference.indices, difference.field)


def test_a_right_port_is_found_right() -> None:
    """Over every kind of world."""
    report = assert_parity(cart_pole, Skip(3), original=skip)

    assert report.same
    assert (0, 1) == report.gaps
    assert report.worlds > 20


def test_gymnasiums_stale_frame_is_found_where_rollouts_do_not_see_it() -> None:
    """Episodes whose length is a multiple of the skip never end inside one."""
    parity = Parity(
        pendulum, MaxAndSkip(4), original=theirs.MaxAndSkipObservation, max_steps=100, seeds=(0,)
    )
    rollouts = Parity(
        pendulum,
        MaxAndSkip(4),
        original=theirs.MaxAndSkipObservation,
        max_steps=100,
        generate=False,
    )

    difference = parity.compare().difference

    assert rollouts.compare().same
    assert difference is not None
    assert ("observation", "ends at every offset") == (difference.field, difference.world)


def test_what_only_a_deployment_shows_is_found() -> None:
    """Nobody asks it for its first episode."""
    with pytest.raises(ParityBroken) as broken:
        assert_parity(cart_pole, mistakes.CountsRequests(), original=OldCount, seeds=(0,))

    assert "pushed" == broken.value.difference.loop
    assert "info['opened']: 1 != 0" == broken.value.difference.detail

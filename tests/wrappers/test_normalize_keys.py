"""NormalizeKeys."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Tuple
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.errors import BindError, InputError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below
from statewrap.testing import play
from statewrap.testing.strategies import boxes, values
from statewrap.wrappers import (
    Moments,
    NormalizeKeys,
    NormalizeObservation,
    PartStatistics,  # noqa: F401 - for eval of a repr
    estimate_statistics,
)

ROBOT = Dict(
    eye=Box(0, 255, (2, 2, 3), np.uint8),
    body=Dict(pos=Box(-8.0, 8.0, (2,)), gear=Discrete(3)),
    speed=Box(0.0, np.inf, (), np.float64),
)
BELOW = Below(ROBOT)
KNOWN = {
    "eye": {"low": 0, "high": 255},
    "body": {"pos": {"mean": [1.0, 2.0], "std": [2.0, 4.0]}},
    "speed": {"mean": 10.0, "std": 5.0, "low": 0.0, "high": 40.0},
}
SEEN = {
    "eye": np.arange(0, 240, 20, np.uint8).reshape(2, 2, 3),
    "body": {"pos": np.array([3.0, 4.0], np.float32), "gear": 1},
    "speed": np.float64(30.0),
}


def shown(wrapper, came=SEEN, below=BELOW):
    """Return what is shown for an observation."""
    return play(wrapper, TimeStep(came, first=True), below=below)[0].observation


def test_each_part_is_scaled_by_its_own() -> None:
    """By mean and std where they are known, and else by the range; the rest is passed."""
    seen = shown(NormalizeKeys(KNOWN))

    assert same(np.float32(4.0), seen["speed"])
    assert same(np.array([1.0, 0.5], np.float32), seen["body"]["pos"])
    assert same((SEEN["eye"].astype(np.float64) / 255).astype(np.float32), seen["eye"])
    assert 1 == seen["body"]["gear"]
    assert not seen["eye"].flags.writeable


def test_the_strategy_can_be_chosen() -> None:
    """For all, or by key."""
    known = {"a": {"mean": 2.0, "std": 4.0, "low": 0.0, "high": 8.0}}
    known["b"] = known["a"]
    below = Below(Dict(a=Box(0.0, 9.0, ()), b=Box(0.0, 9.0, ())))
    came = {"a": np.float32(8.0), "b": np.float32(8.0)}

    by_range = shown(NormalizeKeys(known, strategy="range"), came, below)
    by_key = shown(NormalizeKeys(known, strategy={"a": "range"}), came, below)

    assert (1.0, 1.0) == (by_range["a"], by_range["b"])
    assert (1.0, 1.5) == (by_key["a"], by_key["b"])


def test_what_is_outside_is_clipped() -> None:
    """For all, or by key, nested; and that is announced."""
    wide = {**SEEN, "speed": np.float64(900.0), "body": {"pos": np.float32([-8, 8]), "gear": 0}}

    everywhere = shown(NormalizeKeys(KNOWN, clip=(-0.5, 0.5)), wide)
    one = NormalizeKeys(KNOWN, clip={"body": {"pos": (-1.0, 1.25)}})
    space = one.bind(BELOW).above(BELOW).observation_space

    assert 0.5 == everywhere["speed"] == everywhere["eye"].max()
    assert [-1.0, 1.25] == shown(one, wide)["body"]["pos"].tolist()
    assert 178.0 == shown(one, wide)["speed"]
    assert ([-1, -1], [1.25, 1.25]) == (
        space["body"]["pos"].low.tolist(),
        space["body"]["pos"].high.tolist(),
    )


def test_keys_that_are_excluded_are_passed() -> None:
    """At any depth; they need no statistics, and may have some."""
    seen = shown(NormalizeKeys(KNOWN, exclude=["eye", "pos"]))

    assert SEEN["eye"] is seen["eye"]
    assert same(SEEN["body"], seen["body"])
    assert 4.0 == seen["speed"]


def test_what_never_varied_is_only_shifted() -> None:
    """Nothing is divided by zero."""
    flat = {"mean": [1.0, 2.0], "std": [0.0, 2.0], "low": [1.0, 0.0], "high": [1.0, 4.0]}
    below = Below(Box(-9.0, 9.0, (2,)))
    came = np.array([3.0, 4.0], np.float32)

    assert [2.0, 1.0] == shown(NormalizeKeys(flat), came, below).tolist()
    assert [2.0, 1.0] == shown(NormalizeKeys(flat, strategy="range"), came, below).tolist()


def test_nan_stays_and_what_is_too_large_is_infinite() -> None:
    """In silence, and in float32."""
    below = Below(Box(-np.inf, np.inf, (3,), np.float64))
    came = np.array([np.nan, 1e300, -np.inf])

    seen = shown(NormalizeKeys({"mean": 0, "std": 1}), came, below)

    assert same(np.array([np.nan, np.inf, -np.inf], np.float32), seen)


@given(st.data())
def test_numbers_are_those_of_the_formula(data) -> None:
    """In float64, rounded once; within the space that is announced."""
    box = data.draw(boxes(shapes=((), (3,), (2, 2))))
    came = data.draw(values(box))
    mean, std = data.draw(st.sampled_from([(0.5, 2.0), (-3.0, 0.7)]))
    low, high = -2.0, 5.0
    wide = np.asarray(came, np.float64)

    scaled = NormalizeKeys({"mean": mean, "std": std})
    ranged = NormalizeKeys({"low": low, "high": high}, clip=(0, 1))

    below = Below(box)
    expected = ((wide - mean) / std).astype(np.float32)
    assert np.array_equal(expected, shown(scaled, came, below))
    expected = np.clip((wide - low) / (high - low), 0, 1).astype(np.float32)
    assert np.array_equal(expected, shown(ranged, came, below))
    announced = scaled.bind(below).above(below).observation_space
    assert why_not(announced, shown(scaled, came, below)) is None


def test_a_bare_box_is_what_gymnasiums_normalisation_shows() -> None:
    """Frozen, to six digits: there the variance has an epsilon, here none."""
    samples = np.random.default_rng(3).normal(5, 3, (100, 4))
    box = Box(-99.0, 99.0, (4,), np.float64)
    known = estimate_statistics(samples, box)
    moments = Moments(known.mean, known.std**2, 100.0)

    ours = shown(NormalizeKeys(known), samples[0], Below(box))
    theirs = shown(NormalizeObservation(statistics=moments), samples[0], Below(box))

    assert np.allclose(theirs, ours, rtol=1e-6)


def test_normalised_samples_have_mean_zero_and_deviation_one() -> None:
    """Channel by channel."""
    pictures = np.random.default_rng(3).integers(0, 256, (60, 4, 5, 3), np.uint8)
    box = Box(0, 255, (4, 5, 3), np.uint8)
    wrapper = NormalizeKeys(estimate_statistics(pictures, box, axis=(0, 1))).bind(Below(box))

    seen = np.array([wrapper.on_state(None, TimeStep(p))[1].observation for p in pictures])

    assert np.allclose(0, seen.mean(axis=(0, 1, 2)), atol=1e-5)
    assert np.allclose(1, seen.std(axis=(0, 1, 2)), atol=1e-5)


def test_announces_the_bounds_scaled() -> None:
    """In the order of the Dict; infinity stays."""
    space = NormalizeKeys(KNOWN).bind(BELOW).above(BELOW).observation_space

    assert ["body", "eye", "speed"] == list(space.spaces)
    assert Box(0.0, 1.0, (2, 2, 3)) == space["eye"]
    assert ([-4.5, -2.5], [3.5, 1.5]) == (
        space["body"]["pos"].low.tolist(),
        space["body"]["pos"].high.tolist(),
    )
    assert (-2.0, np.inf) == (space["speed"].low, space["speed"].high)
    assert Discrete(3) == space["body"]["gear"]


def test_only_the_observation_is_changed() -> None:
    """And what came is left alone; acts and resets pass."""
    step = TimeStep(np.float64(30.0), 2.0, truncated=True, info={"a": 1})
    wrapper, below = NormalizeKeys(KNOWN["speed"]), Below(ROBOT["speed"])

    replies = play(wrapper, step, Reset(1), Act(5), below=below)

    assert [step.replace(observation=np.float32(4.0)), Reset(1), Act(5)] == replies


def test_prints_as_it_is_made() -> None:
    """With every bit of its arrays."""
    wrapper = NormalizeKeys(KNOWN, clip={"eye": [0, 1]}, exclude=["gear"])

    assert wrapper == eval(repr(wrapper))  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"strategy": "median"}, ValueError, "strategy is 'median', expected 'mean_std', 'range'"),
        ({"strategy": {"eye": 3}}, ValueError, "strategy is 3"),
        ({"clip": 5.0}, TypeError, "clip is 5.0, expected a pair"),
        ({"clip": (1.0, "a")}, TypeError, "expected a pair"),
        ({"clip": (1.0, -1.0)}, ValueError, "whose first is not at most its second"),
        ({"clip": (np.nan, 1.0)}, ValueError, "whose first is not at most its second"),
        ({"exclude": "eye"}, TypeError, "expected a list of keys"),
        ({"exclude": 3}, TypeError, "expected a list of keys"),
    ],
)
def test_wrong_arguments_are_refused(options, kind, words) -> None:
    """When the wrapper is made."""
    with pytest.raises(kind, match=words):
        NormalizeKeys(KNOWN, **options)


WITHOUT_EYE = {key: part for key, part in KNOWN.items() if key != "eye"}


@pytest.mark.parametrize(
    ("wrapper", "below", "words"),
    [
        (NormalizeKeys(KNOWN), Below(), "needs the observation_space"),
        (NormalizeKeys(WITHOUT_EYE), BELOW, r"no statistics for observation\['eye'\]"),
        (NormalizeKeys(KNOWN["speed"]), BELOW, "no statistics for observation"),
        (NormalizeKeys(KNOWN), Below(ROBOT["speed"]), "no statistics for observation,"),
        (NormalizeKeys({**KNOWN, "nose": KNOWN["eye"]}), BELOW, "statistics of .* names 'nose'"),
        (NormalizeKeys(KNOWN, clip={"nose": (0, 1)}), BELOW, "clip of .* names 'nose'"),
        (NormalizeKeys(KNOWN, strategy={"nose": None}), BELOW, "strategy of .* names 'nose'"),
        (NormalizeKeys(KNOWN, exclude=["nose"]), BELOW, "excludes 'nose'"),
        (NormalizeKeys(KNOWN, clip={"speed": {"a": (0, 1)}}), BELOW, "says by key"),
        (NormalizeKeys(KNOWN, strategy="mean_std"), BELOW, "lack mean and std"),
        (
            NormalizeKeys({**KNOWN, "body": {"pos": {"low": [0] * 3, "high": 1}}}),
            BELOW,
            r"statistics of the shapes \(3,\) and \(\)",
        ),
        (
            NormalizeKeys({"mean": [0.0, 0.0], "std": 1.0}),
            Below(Box(0.0, 1.0, ())),
            r"statistics of the shapes \(2,\) and \(\)",
        ),
        (
            NormalizeKeys({**KNOWN, "body": {**KNOWN["body"], "gear": {"low": 0, "high": 2}}}),
            BELOW,
            "no Box of numbers",
        ),
    ],
)
def test_statistics_that_do_not_fit_are_refused(wrapper, below, words) -> None:
    """At bind; none are forgotten in silence, and none are left over."""
    with pytest.raises(BindError, match=words):
        wrapper.bind(below)


def test_a_tuple_is_passed() -> None:
    """Its parts have no keys."""
    below = Below(Dict(a=Box(0.0, 4.0, ()), t=Tuple([Box(0.0, 4.0, ())])))
    came = {"a": np.float32(1.0), "t": (np.float32(1.0),)}

    seen = shown(NormalizeKeys({"a": {"low": 0, "high": 4}}), came, below)

    assert same({"a": np.float32(0.25), "t": (np.float32(1.0),)}, seen)


@pytest.mark.parametrize(
    "came", [None, {"eye": 1}, {**SEEN, "speed": "fast"}, {**SEEN, "eye": np.zeros(3, np.uint8)}]
)
def test_an_observation_of_another_kind_is_refused(came) -> None:
    """With what came."""
    with pytest.raises(InputError, match="cannot use the observation"):
        NormalizeKeys(KNOWN).bind(BELOW).on_state(None, TimeStep(came))

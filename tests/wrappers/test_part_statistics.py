"""Statistics of parts: estimated, written, read, set by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap.core.errors import InputError
from statewrap.core.same import same
from statewrap.wrappers import (
    PartStatistics,
    arrays_of_statistics,
    dump_statistics,
    estimate_statistics,
    load_statistics,
)
from statewrap.wrappers.part_statistics import part_statistics

SPACE = Dict(
    eye=Box(0, 255, (4, 5, 3), np.uint8),
    body=Dict(pos=Box(-99.0, 99.0, (2,)), gear=Discrete(3)),
    speed=Box(-99.0, 99.0, (), np.float64),
)
GENERATOR = np.random.default_rng(3)
SAMPLES = [
    {
        "eye": GENERATOR.integers(0, 256, (4, 5, 3), np.uint8),
        "body": {"pos": GENERATOR.normal(5, 2, 2).astype(np.float32), "gear": 1},
        "speed": GENERATOR.normal(-3, 0.1),
    }
    for _ in range(50)
]


def close(expected, array) -> bool:
    """Tell whether numbers agree to twelve digits."""
    return np.allclose(expected, array, rtol=1e-12, atol=1e-12)


def test_estimates_are_numpys_over_all_samples() -> None:
    """Component by component, one sample at a time, also from a generator."""
    known = estimate_statistics((sample for sample in SAMPLES), SPACE)

    for path in (("eye",), ("body", "pos"), ("speed",)):
        stacked, found = np.array(SAMPLES, object), known
        for key in path:
            stacked, found = [sample[key] for sample in stacked], found[key]
        stacked = np.array(stacked, np.float64)
        assert close(stacked.mean(axis=0), found.mean)
        assert close(stacked.std(axis=0), found.std)
        assert same((stacked.min(axis=0), stacked.max(axis=0)), tuple(map(np.float64, found[2:4])))
        assert 50 == found.count
    assert ["pos"] == list(known["body"])  # a Discrete has none


@pytest.mark.parametrize("axis", [(0, 1), {"eye": (0, 1)}])
def test_axes_are_taken_together(axis) -> None:
    """For each channel of a picture one number, that broadcasts to it."""
    space = Dict(eye=SPACE["eye"])
    known = estimate_statistics([{"eye": s["eye"]} for s in SAMPLES], space, axis=axis)["eye"]
    stacked = np.array([sample["eye"] for sample in SAMPLES], np.float64)

    assert (1, 1, 3) == known.mean.shape == known.high.shape
    assert close(stacked.mean(axis=(0, 1, 2)), known.mean.ravel())
    assert close(stacked.std(axis=(0, 1, 2)), known.std.ravel())
    assert close(stacked.max(axis=(0, 1, 2)), known.high.ravel())


def test_one_axis_is_an_int() -> None:
    """As numpy has it."""
    known = estimate_statistics([np.array([1.0, 3.0])], Box(0.0, 9.0, (2,), np.float64), axis=0)

    assert ([2.0], [1.0]) == (known.mean.tolist(), known.std.tolist())


def test_large_numbers_lose_nothing() -> None:
    """The variance of numbers far from zero is not that of their squares."""
    samples = np.array([1e9, 1e9 + 1, 1e9 + 2])

    known = estimate_statistics(samples, Box(0.0, 1e12, (), np.float64))

    assert close(np.std(samples), known.std)


def test_keys_are_excluded_at_any_depth() -> None:
    """And need not be numbers then."""
    known = estimate_statistics(SAMPLES, SPACE, exclude=["eye", "pos"])

    assert ["speed"] == list(known)


def test_samples_are_left_alone() -> None:
    """They are only read, and what is known is read-only."""
    sample = np.array([1.0, 2.0])

    known = estimate_statistics([sample], Box(0.0, 9.0, (2,), np.float64))

    assert [1.0, 2.0] == sample.tolist()
    assert not np.shares_memory(known.low, sample)
    assert not any(array.flags.writeable for array in known[:4])


@pytest.mark.parametrize(
    ("exclude", "kind", "words"),
    [
        ("eye", TypeError, r"exclude is 'eye', expected a list of keys, as \["),
        (
            ["eyee"],
            ValueError,
            "'eyee', which the observation space does not have; did you mean 'e",
        ),
    ],
)
def test_what_is_excluded_is_there(exclude, kind, words) -> None:
    """As `NormalizeKeys` has it: a slip is not taken for a key that needs nothing."""
    with pytest.raises(kind, match=words):
        estimate_statistics(SAMPLES, SPACE, exclude=exclude)


def test_samples_that_were_gone_through_are_named_as_a_cause() -> None:
    """A generator is empty the second time."""
    samples = iter(SAMPLES)
    estimate_statistics(samples, SPACE)
    with pytest.raises(ValueError, match="can be gone through once: keep list"):
        estimate_statistics(samples, SPACE)


def test_nothing_is_estimated_from_nothing() -> None:
    """Neither without samples, nor without numbers."""
    with pytest.raises(ValueError, match="no observations to estimate"):
        estimate_statistics([], SPACE)
    with pytest.raises(ValueError, match="has no Box of numbers"):
        estimate_statistics([1], Discrete(3))
    with pytest.raises(ValueError, match="has no Box of numbers"):
        estimate_statistics(SAMPLES, SPACE, exclude=["eye", "body", "speed"])


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ({**SAMPLES[0], "speed": np.float64("nan")}, r"observations\[1\]\['speed'\] is nan"),
        ({**SAMPLES[0], "speed": "fast"}, r"observations\[1\]\['speed'\] is str"),
        ({**SAMPLES[0], "body": 3}, r"observations\[1\]\['body'\]\['pos'\] is not there"),
        ({"eye": SAMPLES[0]["eye"]}, r"observations\[1\]\['body'\]\['pos'\] is not there"),
    ],
)
def test_a_sample_that_cannot_be_counted_is_named(sample, words) -> None:
    """By its number and key."""
    with pytest.raises(InputError, match=words):
        estimate_statistics([SAMPLES[0], sample], SPACE)


def test_infinity_is_no_sample() -> None:
    """Though it is in the space."""
    space = Box(-np.inf, np.inf, (), np.float64)

    with pytest.raises(InputError, match=r"observations\[0\] holds infinity"):
        estimate_statistics([np.float64("inf")], space)


def in_a_file(statistics, path):
    """Write statistics as numpy does, and read them."""
    np.savez(path, **arrays_of_statistics(statistics))
    with np.load(path) as file:
        return load_statistics(file)


def test_what_is_written_is_read_bit_for_bit(tmp_path) -> None:
    """Nested, with keys of every kind, and for a bare array; as JSON and as numpy's file."""
    known = {**estimate_statistics(SAMPLES, SPACE), "a/b.c": {"low": 0.1, "high": np.float32(0.3)}}
    bare = estimate_statistics([0.1, 0.7], Box(0.0, 1.0, (), np.float64))

    for statistics in (part_statistics(known), bare):
        assert same(statistics, load_statistics(dump_statistics(statistics)))
        assert same(statistics, load_statistics(dump_statistics(statistics).encode()))
        assert same(statistics, load_statistics(arrays_of_statistics(statistics)))
        assert same(statistics, in_a_file(statistics, tmp_path / "statistics.npz"))


def test_other_programs_read_them() -> None:
    """As plain JSON, and as arrays under the way to each."""
    known = {"speed": PartStatistics(mean=1.0, std=2.0, count=3)}

    assert {"speed": {"mean": 1.0, "std": 2.0, "count": 3}} == json.loads(dump_statistics(known))
    assert 2.0 == arrays_of_statistics(known)['["speed", "std"]']
    assert 3 == arrays_of_statistics(known)['["speed", "count"]']


@pytest.mark.parametrize(
    "data", ["", b"no", "[1]", '{"a": {"mean": 1.0}}', 3, {}, {"mean": 1.0}, {'["a"]': 1.0}]
)
def test_other_data_is_refused(data) -> None:
    """With how it begins."""
    with pytest.raises(InputError, match=r"holds no statistics .*Give what dump_statistics wrote"):
        load_statistics(data)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (3, TypeError, "statistics is 3, expected PartStatistics"),
        ({}, TypeError, "statistics is {}"),
        ({"a": {"mean": 0, "spread": 1}}, TypeError, r"statistics\['a'\] has 'spread'"),
        ({"a": {"mean": "no", "std": 1}}, TypeError, r"statistics\['a'\].mean is 'no'"),
        ({"mean": 0}, ValueError, "expected mean and std, or low and high"),
        ({"count": 3}, ValueError, "expected mean and std, or low and high"),
        ({"mean": 0, "std": 1, "low": 0}, ValueError, "expected mean and std, or low and high"),
        (PartStatistics(), ValueError, "expected mean and std, or low and high"),
        ({"mean": np.nan, "std": 1}, ValueError, "mean holds NaN or infinity"),
        ({"mean": 0, "std": [1, -1]}, ValueError, "std holds a negative number"),
        ({"low": 2, "high": 1}, ValueError, "low is above high"),
    ],
)
def test_statistics_set_by_hand_are_checked(given, kind, words) -> None:
    """Each with its place."""
    with pytest.raises(kind, match=words):
        part_statistics(given)


def test_what_is_set_by_hand_is_copied() -> None:
    """The caller goes on with its own."""
    mean = np.array([1.0, 2.0])
    known = part_statistics({"mean": mean, "std": [1, 1]})
    mean[0] = 9.0

    assert ([1.0, 2.0], np.float64) == (known.mean.tolist(), known.std.dtype)


@pytest.mark.parametrize("far", [1e308, 1e200])
def test_samples_too_far_apart_for_a_float_are_refused(far) -> None:
    """No infinite statistics come of finite samples; the sample is named."""
    samples = [np.array([far]), np.array([-far])]

    with pytest.raises(InputError, match=r"observations\[1\] lies so far from others"):
        estimate_statistics(samples, Box(-np.inf, np.inf, (1,), np.float64))


@pytest.mark.parametrize("axis", [np.int64(0), (np.int64(0),), [0], -1, np.int8(-1)])
def test_numpys_ints_and_the_last_axis_are_axes(axis) -> None:
    """Alone, in a tuple, or in a list as a configuration has it."""
    known = estimate_statistics([np.array([1.0, 3.0])], Box(0.0, 9.0, (2,), np.float64), axis=axis)

    assert [2.0] == known.mean.tolist()


@pytest.mark.parametrize(
    ("axis", "kind"),
    [(1, ValueError), (-2, ValueError), ((0, -1), ValueError), ("0", TypeError), (True, TypeError)],
)
def test_other_axes_are_refused(axis, kind) -> None:
    """With the place and what the part has."""
    with pytest.raises(
        kind, match=r"axis\['a'\] is .*, expected (an int|axes of the shape \(2,\))"
    ):
        estimate_statistics([{"a": np.array([1.0, 3.0])}], Dict(a=Box(0, 9, (2,))), axis=axis)

"""The one comparer: types first, then contents bit for bit, and where the difference is."""

from __future__ import annotations

import enum
from collections import OrderedDict, deque
from typing import NamedTuple

import attrs
import numpy as np
import pytest

from statewrap import Act, Key, TimeStep, same
from statewrap.core.same import difference


class Pair(NamedTuple):
    """Two things."""

    left: object
    right: object


@attrs.frozen
class Record:
    """An argument, and something derived from it."""

    given: object
    made: object = attrs.field(default=None, init=False)


class Colour(enum.Enum):
    """Two."""

    RED = 1
    BLUE = 2


class Grumpy:
    """An object that cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None


ALIKE = [
    (None, None),
    (float("nan"), float("nan")),
    (np.float32("nan"), np.float32("nan")),
    (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
    (np.asfortranarray(np.eye(2)), np.eye(2)),
    (np.zeros((0, 3)), np.zeros((0, 3))),
    (np.array(["a", None], object), np.array(["a", None], object)),
    (np.array("2020", "M8[D]"), np.array("2020", "M8[D]")),
    ({"a": [1, (2, 3)]}, {"a": [1, (2, 3)]}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (deque([1], 3), deque([1], 3)),
    ({1, 2}, {2, 1}),
    (Pair(np.ones(2), "x"), Pair(np.ones(2), "x")),
    (Record(np.ones(2)), Record(np.ones(2))),
    (Colour.RED, Colour.RED),
    (Key(1, 2), Key(1, 2)),
    (np.longdouble("0.1"), np.longdouble("0.1")),
]

DIFFERENT = [
    (1, 1.0, "value: int 1 != float 1.0"),
    (True, 1, "value: bool True != int 1"),
    (1.0, np.float64(1.0), "value: float 1.0 != float64 np.float64(1.0)"),
    (0.0, -0.0, "value: 0.0 != -0.0"),
    (np.float32(1), np.float32(2), "value: np.float32(1.0) != np.float32(2.0)"),
    ("a", "b", "value: 'a' != 'b'"),
    (np.zeros(2), np.zeros(2, np.float32), "array: dtype float64 != float32"),
    (np.zeros(2), np.zeros((2, 1)), "array: shape (2,) != (2, 1)"),
    (np.array([0.0]), np.array([-0.0]), "[0]: 0.0 != -0.0"),
    (np.eye(2), np.array([[1.0, 0.0], [0.0, 2.0]]), "[1, 1]: 1.0 != 2.0"),
    (np.array(["a", 1], object), np.array(["a", 2], object), "array[1]: 1 != 2"),
    (np.array("2020", "M8[D]"), np.array("2021", "M8[D]"), "[]: 2020-01-01 != 2021-01-01"),
    ([1, 2], (1, 2), "value: list [1, 2] != tuple (1, 2)"),
    ([1, 2], [1], "value: length 2 != 1"),
    ({"a": 1}, {"b": 1}, "value: keys ['a'] != ['b']"),
    ({1: "x"}, {True: "x"}, "value: keys [1] != [True]"),
    ({"a": 1}, OrderedDict(a=1), "value: dict {'a': 1} != OrderedDict OrderedDict("),
    ({"a": {"b": np.ones(1)}}, {"a": {"b": np.zeros(1)}}, "['a']['b'][0]: 1.0 != 0.0"),
    (Pair(1, [2]), Pair(1, [3]), ".right[0]: 2 != 3"),
    (Record({"x": 1}), Record({"x": 2}), ".given['x']: 1 != 2"),
    (TimeStep("f", info={"a": 1}), TimeStep("f", info={"a": 2}), ".info['a']: 1 != 2"),
    (Act(0), TimeStep(0), "value: Act Act(0) != TimeStep TimeStep(0)"),
    (Colour.RED, Colour.BLUE, "value: <Colour.RED: 1> != <Colour.BLUE: 2>"),
    (deque([1, 2]), deque([1, 3]), "value[1]: 2 != 3"),
    (complex(1, 0.0), complex(1, -0.0), ".imag: 0.0 != -0.0"),
    (2 + 1j, 1 + 1j, ".real: 2.0 != 1.0"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_finds_no_difference_where_there_is_none(one, other) -> None:
    """In either order, and of a thing and itself."""
    assert difference(one, other) is None
    assert same(other, one)
    assert same(one, one)


@pytest.mark.parametrize(("one", "other", "found"), DIFFERENT)
def test_names_the_first_place_that_differs(one, other, found) -> None:
    """The path reads as the code that gets there."""
    assert found.removeprefix("value[") in difference(one, other)
    assert not same(one, other)
    assert not same(other, one)


def test_what_is_derived_is_not_compared() -> None:
    """A field that is no argument takes no part."""
    one, other = Record(1), Record(1)
    object.__setattr__(one, "made", 5)

    assert same(one, other)


def test_what_cannot_be_compared_is_the_same_only_as_itself() -> None:
    """An object whose `==` raises does not stop a comparison."""
    grumpy = Grumpy()

    assert same(grumpy, grumpy)
    assert not same(grumpy, Grumpy())


def test_every_bit_of_a_long_double_counts() -> None:
    """Padding bytes do not."""
    one = np.longdouble(1)
    near = np.nextafter(one, np.longdouble(2))

    assert not same(np.array([one]), np.array([near]))
    assert same(np.array([near]), np.array([near]))


def test_a_complex_number_differs_in_one_of_its_parts() -> None:
    """Which is named after the place of the number."""
    assert "value.real: 2.0 != 1.0" == difference(2 + 1j, 1 + 1j)
    assert "['z'].imag: 1.0 != 2.0" == difference({"z": 1 + 1j}, {"z": 1 + 2j})


def test_equal_complex_numbers_and_long_infinities_are_the_same() -> None:
    """Without a word about what infinity lacks."""
    infinite = np.array([np.inf, -np.inf, np.nan], np.longdouble)

    assert difference(complex("1+2j"), complex("1+2j")) is None
    assert difference(infinite, infinite.copy()) is None
    assert "[0]: inf != -inf" == difference(infinite, infinite[[1, 0, 2]])


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        (Pair(1, [2]), Pair(1, [3]), ".right[0]: 2 != 3"),
        (Record({"x": 1}), Record({"x": 2}), ".given['x']: 1 != 2"),
        (np.zeros((1, 2)), np.array([[0.0, 1.0]]), "[0, 1]: 0.0 != 1.0"),
        (np.zeros(2), np.zeros(3), ": shape (2,) != (3,)"),
        ([1], [1, 2], ": length 1 != 2"),
        ({"a": 1}, {"b": 1}, ": keys ['a'] != ['b']"),
        (deque([1]), deque([2]), "[0]: 1 != 2"),
        (0.0, -0.0, ": 0.0 != -0.0"),
        (1, True, ": int 1 != bool True"),
    ],
)
def test_the_place_is_told_from_the_outside_in(one, other, place) -> None:
    """The whole path, which could be typed after the value's name."""
    assert f"['p']{place}" == difference({"p": one}, {"p": other})
    assert f"memory['p']{place}" == difference({"p": one}, {"p": other}, "memory")


def test_arrays_of_wide_elements_are_compared_too() -> None:
    """Complex numbers, strings, and long doubles, of which some bytes mean nothing."""
    assert "[1]: 1j != 2j" == difference(np.array([0, 1j]), np.array([0, 2j]))
    assert "[0]: abc != abd" == difference(np.array(["abc"]), np.array(["abd"]))
    assert difference(np.array(["abc"]), np.array(["abc"])) is None

    long, odd = np.ones(1, np.longdouble), np.ones(1, np.longdouble)
    if long.itemsize == 16 and np.finfo(np.longdouble).nmant == 63:  # eighty bits of it are used
        odd.view(np.uint8)[10:] = 7
    assert difference(long, odd) is None
    assert difference(long, np.nextafter(long, 2)) is not None

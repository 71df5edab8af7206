"""Why a value is not in a space: the place, the number, and what was expected."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given

from statewrap import BindError, same
from statewrap.core.spaces import frame_space, nearest_to_zero, why_not
from statewrap.testing import strategies

UNIT = spaces.Box(-1.0, 1.0, (2,), np.float32)
NESTED = spaces.Dict({"a": UNIT, "b": spaces.Tuple((spaces.Discrete(3), UNIT))})

INSIDE = [
    (UNIT, np.array([1.0, -1.0], np.float32)),
    (UNIT, np.array([1.0, -1.0], np.float64)),
    (UNIT, np.array([1.0 + 1e-9, 0.0])),  # as float32 it is 1.0
    (spaces.Box(-np.inf, np.inf, (1,), np.float32), np.array([1e300])),
    (spaces.Box(0, 255, (1,), np.uint8), np.array([255], np.uint16)),
    (spaces.Box(-1.0, 1.0, ()), np.float64(0.5)),
    (spaces.Box(-1.0, 1.0, ()), 0.5),
    (spaces.Box(0.0, 1.0, (0,)), np.zeros(0)),
    (spaces.Discrete(3), 2),
    (spaces.Discrete(3), np.int64(2)),
    (NESTED, {"a": np.zeros(2), "b": (0, np.zeros(2))}),
]

OUTSIDE = [
    (UNIT, np.array([0.0, 1.5]), "value[1] is 1.5, outside -1.0 to 1.0"),
    (UNIT, np.array([np.nan, 0.0]), "value[0] is nan"),
    (UNIT, np.zeros(3), "value has shape (3,), expected (2,)"),
    (UNIT, np.zeros(2, np.int64), "value has dtype int64, expected float32"),
    (UNIT, [0.0, 0.0], "value is list [0.0, 0.0], expected a numpy array of shape (2,)"),
    (UNIT, None, "value is NoneType None, expected a numpy array of shape (2,)"),
    (spaces.Box(0, 100, (1,), np.int8), np.array([300]), "value[0] is 300, outside 0 to 100"),
    (spaces.Box(0, 9, (1,), np.uint8), np.array([-1]), "value has dtype int64, expected uint8"),
    (spaces.Box(-1.0, 1.0, ()), 2.0, "value is 2.0, outside -1.0 to 1.0"),
    (spaces.Box(-1.0, 1.0, ()), "a", "value is str 'a', expected a numpy array of shape ()"),
    (spaces.Discrete(3), 3, "value is int 3, which is not in Discrete(3)"),
    (spaces.Discrete(3), "x" * 200, "value is str 'xxxxxx"),
    (NESTED, {"a": np.zeros(2)}, "value has the keys ['a'], expected ['a', 'b']"),
    (NESTED, [1], "value is list [1], expected a dict with the keys ['a', 'b']"),
    (NESTED, {"a": np.zeros(2), "b": 1}, "value['b'] is int 1, expected a tuple of length 2"),
    (NESTED, {"a": np.zeros(2), "b": (1,)}, "value['b'] has length 1, expected 2"),
    (
        NESTED,
        {"a": np.zeros(2), "b": (0, np.array([0.0, -2.0]))},
        "value['b'][1][1] is -2.0, outside -1.0 to 1.0",
    ),
]


@pytest.mark.parametrize(("space", "value"), INSIDE)
def test_says_nothing_of_a_value_that_is_inside(space, value) -> None:
    """The width of floats and integers is free, their value is not."""
    assert why_not(space, value) is None


@pytest.mark.parametrize(("space", "value", "expected"), OUTSIDE)
def test_names_the_place_and_the_number(space, value, expected) -> None:
    """And what the space asks for."""
    assert why_not(space, value).startswith(expected)


def test_the_place_begins_with_the_name_that_was_given() -> None:
    """As in "observation[0] is nan"."""
    assert "observation[0] is nan" == why_not(UNIT, np.array([np.nan, 0]), "observation")


def test_a_space_that_cannot_judge_is_named() -> None:
    """A space of the user's own may raise anything."""

    class Picky(spaces.Space):
        def contains(self, x) -> bool:
            raise RuntimeError("no idea")

        def __repr__(self) -> str:
            return "Picky()"

    assert "value cannot be compared with Picky() (RuntimeError: no idea)" == why_not(Picky(), 1)


def test_a_long_value_is_cut() -> None:
    """An error is no dump."""
    assert 160 > len(why_not(spaces.Discrete(3), "x" * 200))


@given(strategies.spaces())
def test_what_is_nearest_to_zero_lies_in_the_space(space) -> None:
    """Of every kind that holds arrays and numbers."""
    assert why_not(space, nearest_to_zero(space)) is None


@pytest.mark.parametrize(
    ("space", "zero"),
    [
        (spaces.Text(3, min_length=1, charset="ba"), "a"),
        (spaces.Sequence(spaces.Discrete(3)), ()),
        (spaces.Sequence(UNIT, stack=True), np.zeros((1, 2), np.float32)),
        (spaces.OneOf((spaces.Discrete(3, start=2), UNIT)), (0, np.int64(2))),
        (
            spaces.Graph(UNIT, None),
            spaces.GraphInstance(np.zeros((1, 2), np.float32), None, None),
        ),
        (
            spaces.Graph(UNIT, UNIT),
            spaces.GraphInstance(
                np.zeros((1, 2), np.float32), np.zeros((1, 2), np.float32), np.zeros((1, 2), int)
            ),
        ),
    ],
)
def test_knows_the_zero_of_spaces_that_no_array_holds(space, zero) -> None:
    """As Gymnasium chooses it."""
    assert same(zero, nearest_to_zero(space))


def test_a_space_without_a_known_zero_is_named() -> None:
    """The cure is to give the observation."""
    with pytest.raises(BindError, match="padding_type"):
        nearest_to_zero(spaces.Space())


def test_a_rounding_beyond_a_bound_is_inside() -> None:
    """A mapping does not always hit the bound that it aims at; more than that is outside."""
    space = spaces.Box(-3.0, -1.9, (1,), np.float32)
    above = np.nextafter(np.float32(-1.9), np.float32(0))
    assert why_not(space, np.array([above])) is None
    assert why_not(space, np.array([-1.899], np.float32)) is not None
    assert (
        why_not(spaces.Box(-np.inf, 1.0, (1,), np.float32), np.array([1.001], np.float32))
        is not None
    )


def test_each_component_has_roundings_of_its_own() -> None:
    """A wide component lends nothing to a narrow one."""
    bound = np.array([1.0, 1e6], np.float32)
    space = spaces.Box(-bound, bound)

    assert why_not(space, np.array([1.001, 1e6], np.float32)).startswith("value[0] is 1.001")
    assert why_not(space, np.array([1.0, 1e6 + 0.25], np.float32)) is None


def test_a_number_in_place_of_an_array_is_shown() -> None:
    """Only where a Box has no shape may it be a number."""
    assert "value is float 1.0, expected a numpy array of shape (2,)" == why_not(
        spaces.Box(-1.0, 1.0, (2,)), 1.0
    )
    assert why_not(spaces.Box(-1.0, 1.0, ()), 1.0) is None
    assert "value is str '1', expected a numpy array of shape ()" == why_not(
        spaces.Box(-1.0, 1.0, ()), "1"
    )


def test_eight_roundings_beyond_a_bound_are_inside_and_nine_are_not() -> None:
    """Of the larger bound, whichever that is."""
    eps = np.finfo(np.float32).eps
    for sign, space in ((1, spaces.Box(0.0, 1.0, (1,))), (-1, spaces.Box(-1.0, 0.0, (1,)))):
        eight, nine = (np.array([sign * (1 + n * eps)], np.float32) for n in (8, 9))
        assert why_not(space, eight) is None
        assert why_not(space, nine) is not None


def test_pictures_of_bytes_lie_in_0_to_255() -> None:
    """As Gymnasium says of every picture; of other dtypes that would not be true."""
    assert spaces.Box(0, 255, (2, 3, 3), np.uint8) == frame_space(np.ones((2, 3, 3), np.uint8))
    depth = spaces.Box(-np.inf, np.inf, (2, 3), np.float32)
    assert depth == frame_space(np.full((2, 3), 300, np.float32))


@pytest.mark.parametrize("frame", [None, "text", [np.zeros((2, 3, 3), np.uint8)]])
def test_what_is_no_array_has_no_space_of_pictures(frame) -> None:
    """A rendering as text, a list of pictures, or none."""
    assert frame_space(frame) is None

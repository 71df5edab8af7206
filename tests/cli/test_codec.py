"""Observations from JSON, and actions to JSON, space by space."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from statewrap import ConfigurationError, InputError, same
from statewrap.cli import strict_json
from statewrap.cli.codec import information, plain, reader
from statewrap.package.arrays import DTYPES, table_of

FLAGS = spaces.Box(np.array([False, False]), np.array([True, True]), dtype=np.bool_)


@pytest.mark.parametrize(
    ("space", "value", "expected"),
    [
        (spaces.Box(-1, 1, (2,)), [0, 0.1], np.array([0, 0.1], np.float32)),
        (spaces.Box(-1, 1, (2,), np.float64), [0, 0.1], np.array([0, 0.1])),
        (spaces.Box(-1, 1, ()), 0.5, np.array(0.5, np.float32)),
        (spaces.Box(-1, 1, (0,)), [], np.zeros(0, np.float32)),
        (spaces.Box(0, 255, (1, 2), np.uint8), [[7, 255.0]], np.array([[7, 255]], np.uint8)),
        (spaces.Box(-1, 1, (2,)), ["NaN", "-Infinity"], np.array([np.nan, -np.inf], np.float32)),
        (FLAGS, [True, 0], np.array([True, False])),
        (spaces.MultiBinary(3), [0, True, 1.0], np.array([0, 1, 1], np.int8)),
        (spaces.MultiDiscrete([3, 4]), [2, 3], np.array([2, 3])),
        (spaces.Discrete(5), 3, np.int64(3)),
        (spaces.Discrete(5), 3.0, np.int64(3)),
        (spaces.Text(5), "left", "left"),
        (
            spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Box(0, 1, (1,))}),
            {"b": 1, "a": [0]},
            {"a": np.zeros(1, np.float32), "b": np.int64(1)},
        ),
        (spaces.Tuple([spaces.Discrete(2), spaces.Text(3)]), [1, "x"], (np.int64(1), "x")),
        (spaces.Sequence(spaces.Discrete(9)), [1, 2], (np.int64(1), np.int64(2))),
        (spaces.OneOf([spaces.Text(3), spaces.Discrete(2)]), [1, 0], (np.int64(1), np.int64(0))),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, spaces.Space) else "",
)
def test_each_space_has_a_form(space, value, expected) -> None:
    """Dtype and shape are the space's."""
    assert same(expected, reader(space)(value, "observation"))


@pytest.mark.parametrize(
    ("space", "value", "words"),
    [
        (spaces.Box(0, 255, (1,), np.uint8), [256], "out of range for uint8"),
        (spaces.Box(0, 255, (1,), np.uint8), [-1], "out of range for uint8"),
        (spaces.Box(0, 255, (1,), np.uint8), [1.5], "observation[0] is 1.5, expected a whole"),
        (spaces.Box(0, 255, (1,), np.uint8), ["NaN"], "a whole number"),
        (spaces.Box(-1, 1, ()), [0.5], "observation is [0.5], expected a number"),
        (spaces.Box(-1, 1, (2, 2)), [[1, 2], [1]], "observation[1] has 1 items, expected 2"),
        (FLAGS, [2, 0], "holds the number 2, expected true or false"),
        (FLAGS, [0.5, 0], "observation[0] is 0.5"),
        (spaces.MultiBinary(1), ["1"], 'observation[0] is "1"'),
        (spaces.Discrete(5), True, "observation is true, expected a whole number"),
        (spaces.Discrete(5), 1.5, "observation is 1.5, expected a whole number"),
        (spaces.Discrete(5), 2**70, "out of range for int64"),
        (spaces.Discrete(5), [1], "observation is [1], expected a whole number"),
        (spaces.Text(5), 3, "observation is 3, expected a string"),
        (spaces.Dict({"a": spaces.Discrete(2)}), [0], "an object with the keys a"),
        (spaces.Dict({"a": spaces.Discrete(2)}), {}, "observation lacks the key 'a'"),
        (
            spaces.Dict({"speed": spaces.Discrete(2)}),
            {"sped": 0},
            "observation has the unknown key \"sped\"; did you mean 'speed'? Known: speed.",
        ),
        (
            spaces.Dict({"a": spaces.Tuple([spaces.Discrete(2)])}),
            {"a": [[]]},
            "observation.a[0] is [], expected a whole number",
        ),
        (spaces.Tuple([spaces.Discrete(2)]), [0, 0], "expected a list of 1 items"),
        (spaces.Tuple([spaces.Discrete(2)]), {"0": 0}, "expected a list of 1 items"),
        (spaces.Sequence(spaces.Discrete(2)), 1, "expected a list"),
        (spaces.OneOf([spaces.Discrete(2)]), [1, 0], "observation[0] is 1, expected an index"),
        (spaces.OneOf([spaces.Discrete(2)]), [True, 0], "observation[0] is true"),
    ],
)
def test_says_where_a_value_does_not_fit(space, value, words) -> None:
    """And what was expected there."""
    with pytest.raises(InputError) as refused:
        reader(space)(value, "observation")

    assert words in str(refused.value)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Graph(spaces.Box(0, 1, (1,)), None),
        spaces.Sequence(spaces.Discrete(2), stack=True),
        spaces.Dict({"g": spaces.Graph(spaces.Box(0, 1, (1,)), None)}),
    ],
)
def test_a_space_without_a_form_is_said_at_once(space) -> None:
    """Before a line is read."""
    with pytest.raises(ConfigurationError, match="have no form as lines"):
        reader(space)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (np.int64(3), 3),
        (np.float32(0.1), 0.10000000149011612),
        (np.longdouble(0.5), 0.5),
        (np.bool_(True), True),
        (np.array(7), 7),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.array([0.5, np.inf]), [0.5, "Infinity"]),
        (np.array(["a", "b"]), ["a", "b"]),
        ((1, {"x": -np.inf}), [1, {"x": "-Infinity"}]),
        (10**30, 10**30),
    ],
)
def test_actions_become_plain(value, expected) -> None:
    """Numbers exactly, what JSON cannot say as strings."""
    assert same(expected, plain(value))


@pytest.mark.parametrize("value", [{1, 2}, b"x", 1j, np.array([1j]), {1: 2}, object()])
def test_what_has_no_form_is_a_type_error(value) -> None:
    """It names the value."""
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        plain(value)


def test_information_is_as_json_has_it_but_for_arrays() -> None:
    """A mask may come in base64, at any depth."""
    mask = np.array([1, 0, 1], np.int8)
    value = {"a": [1, {"mask": table_of(mask)}], "b": "NaN", "c": None}

    expected = {"a": [1, {"mask": mask}], "b": "NaN", "c": None}
    assert same(expected, information(value, "info"))


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))
    )
)
def test_an_array_in_base64_survives_the_round_trip(array) -> None:
    """Every dtype and shape, to the last bit."""
    text = json.loads(strict_json.write(plain(array, base64=True)))

    assert same(array, information(text, "info"))


@given(
    st.sampled_from(["float16", "float32", "float64", "int8", "int64", "uint64"]).flatmap(
        lambda name: arrays.arrays(name, (2, 2))
    )
)
def test_lists_of_an_action_are_read_back_the_same(array) -> None:
    """What one filter writes, another may read, NaN's payload apart."""
    low, high = (-np.inf, np.inf) if array.dtype.kind == "f" else (array.min(), array.max())
    space = spaces.Box(low, high, array.shape, array.dtype)

    back = reader(space)(
        strict_json.read(b'{"x": ' + strict_json.write(plain(array)) + b"}")["x"], "x"
    )

    assert back.dtype == array.dtype
    assert np.array_equal(array, back, equal_nan=array.dtype.kind == "f")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_to_the_last_bit(number) -> None:
    """Those near the largest too, which the strict reader looks at twice."""
    assert same({"x": number}, strict_json.read(json.dumps({"x": number}).encode()))

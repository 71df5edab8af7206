"""Values as the text of a golden dialogue, and back."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from gymnasium.spaces import GraphInstance
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from statewrap import Act, TimeStep, freeze
from statewrap.core.errors import SnapshotError
from statewrap.testing import difference
from statewrap.testing.golden.facts import DEFAULTS
from statewrap.testing.golden.text import (
    MOST_INLINE,
    Digest,
    Opaque,
    digest_of,
    text_of,
    text_of_given,
    without_addresses,
)
from statewrap.testing.golden.values import value_of

NAN = struct.unpack("<d", b"\1\0\0\0\0\0\xf8\x7f")[0]
"""A NaN that is not the usual one."""

DTYPES = ["f2", "f4", "f8", ">f8", "c8", "?", "i1", "u8", "q", ">i4", "U3", "S3", "M8[s]", "m8[h]"]

ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: nst.arrays(
        dtype, nst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
    )
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.complex_numbers(),
    ARRAYS,
    ARRAYS.filter(lambda array: array.size).map(lambda array: array.flat[0]),
)
VALUES = st.recursive(
    ATOMS,
    lambda items: st.one_of(
        st.lists(items, max_size=3),
        st.lists(items, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3) | st.integers(), items, max_size=3),
        st.builds(GraphInstance, items, items, items),
        st.builds(
            TimeStep, items, reward=items, info=st.dictionaries(st.text(), items, max_size=1)
        ),
        st.builds(Act, items),
    ),
    max_leaves=6,
)


def through_json(text):
    """Send a text through a file's line."""
    return json.loads(json.dumps(text, ensure_ascii=False, allow_nan=False))


def again(value):
    """Write a value as it is given, and read it."""
    kept = {}
    return value_of(through_json(text_of_given(value, kept)), kept)


@given(VALUES)
def test_what_is_given_comes_back(value):
    """Types first, bit for bit."""
    assert difference(freeze(value), again(freeze(value))) is None


@given(VALUES)
def test_what_comes_out_has_one_text(value):
    """The text of what is read back is the same, so a rewrite changes nothing."""
    text = text_of(value)
    if '"blake2"' not in json.dumps(text):
        assert text == text_of(value_of(through_json(text), {}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32([0.1, 1 / 3, math.inf]), {"float32": [0.1, 0.33333334, "Infinity"]}),
        (np.array([[1, 2], [3, 4]], np.uint8), {"uint8": [[1, 2], [3, 4]]}),
        (np.array([True]), {"bool": [True]}),
        (np.int64(3), {"int64": 3}),
        (np.float64("-inf"), {"float64": "-Infinity"}),
        (math.nan, {"float": "NaN"}),
        (-math.inf, {"float": "-Infinity"}),
        (NAN, {"float": "7ff8000000000001"}),
        (np.array([NAN]), {"array": {"dtype": "<f8", "shape": [1], "base64": "AQAAAAAA+H8="}}),
        (np.zeros((0, 2)), {"array": {"dtype": "<f8", "shape": [0, 2], "base64": ""}}),
        (np.array(2.5), {"array": {"dtype": "<f8", "shape": [], "base64": "AAAAAAAABEA="}}),
        ({"a": 1, "b": (2.0,)}, {"dict": {"a": 1, "b": {"tuple": [2.0]}}}),
        ({1: "a"}, {"dict": [[1, "a"]]}),
        (TimeStep("f", first=True), {"TimeStep": {"observation": "f", "first": True}}),
        (TimeStep("f", reward=0), {"TimeStep": {"observation": "f", "reward": 0}}),
    ],
    ids=repr,
)
def test_reads_well(value, text):
    """Short where it can be, exact always; an integer 0 is no default where that is 0.0."""
    assert text == text_of_given(value, {})
    assert difference(value, again(value)) is None


def test_a_large_array_is_known_by_its_digest():
    """From the 65th element on; what was given is kept, of what came out only this is known."""
    small, large = np.zeros(MOST_INLINE), np.zeros(MOST_INLINE + 1)
    kept = {}

    text = text_of_given(large, kept)

    form = {"dtype": "<f8", "shape": [65], "blake2": digest_of(large)}
    assert {"array": form} == text == text_of(large)
    assert {digest_of(large): large}.keys() == kept.keys()
    assert Digest("<f8", (65,), digest_of(large)) == value_of(text, {})
    assert {"float64"} == text_of(small).keys()


def test_a_digest_tells_dtype_and_shape_apart():
    """Equal bytes alone are not the same array."""
    array = np.zeros(100)

    digests = {digest_of(a) for a in (array, array.view("i8"), array.reshape(10, 10), array + 1)}

    assert 4 == len(digests)


def test_the_order_in_memory_is_kept_of_what_is_given():
    """Sums may depend on it; what comes out is compared without."""
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))

    assert again(array).flags.f_contiguous
    assert again(np.asfortranarray(np.zeros((9, 9)))).flags.f_contiguous
    assert text_of(np.ascontiguousarray(array)) == text_of(array)


def test_an_object_that_is_given_is_refused_and_one_that_comes_out_is_described():
    """The first would have to be given again."""
    value = {"deep": [1, {"handle": object()}]}

    with pytest.raises(SnapshotError, match=r"\['deep'\]\[1\]\['handle'\]"):
        text_of_given(value, {})

    described = value_of(text_of(value), {})["deep"][1]["handle"]
    assert Opaque("object: <object object>") == described


def test_addresses_are_left_out():
    """They are others in every process."""
    assert "<function <lambda>>, 1" == without_addresses("<function <lambda> at 0x7F0c>, 1")


def test_the_defaults_are_those_of_the_messages():
    """A field that is named among none of them is None."""
    with_defaults = {**dict.fromkeys(("frame", "actor")), **DEFAULTS}

    for name, text in with_defaults.items():
        assert difference(getattr(TimeStep(1), name), value_of(text, {})) is None

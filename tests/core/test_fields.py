"""Fields of wrappers: printed exactly, compared by content, derived ones left out."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from numpy import array  # noqa: F401 - what a printed wrapper is made of

from statewrap import Wrapper, argument, bound, derived, same
from statewrap.core.fields import shown


class Range(NamedTuple):
    """Two bounds."""

    low: Any
    high: Any


@attrs.frozen
class Sample(Wrapper[None]):
    """A wrapper with every kind of field."""

    value: Any = argument()
    count: int = 3
    made: Any = derived()


VALUES = [
    np.array([0.1, -0.0, 1e300]),
    np.array([0.1, np.inf, -np.inf], np.float32),
    np.array([[1, 2], [3, 4]], np.uint8),
    np.array(2.5),
    np.array([True, False]),
    Range(np.array([1.0]), None),
    (np.array([1]),),
    (1, "a"),
    [np.array([1.5])],
    {"a": np.array([1]), "b": [1.0, float("inf")]},
    None,
    -0.0,
    float("-inf"),
    "text",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_printed_wrapper_reads_back_as_an_equal_one(value) -> None:
    """Arrays to the last bit."""
    wrapper = Sample(value)

    again = eval(repr(wrapper))  # noqa: S307 - that it can be is the point

    assert wrapper == again
    assert same(value, again.value)


def test_nan_reads_back_as_nan() -> None:
    """Alone, in a list, in an array."""
    for value in (float("nan"), [float("nan")], np.array([np.nan, 1.0])):
        assert same(value, eval(shown(value)))  # noqa: S307 - as above


def test_functions_are_printed_by_name() -> None:
    """What has no name is printed as Python prints it."""
    assert "Sample(value=json:loads, count=3)" == repr(Sample(json.loads))
    assert "<lambda>" in repr(Sample(lambda x: x))


def test_wrappers_are_equal_if_their_arguments_are() -> None:
    """Types first, arrays by content; a hash is there too."""
    assert Sample(np.ones(2)) == Sample(np.ones(2))
    assert Sample(np.ones(2)) != Sample(np.ones(2, np.float32))
    assert Sample(1) != Sample(1.0)
    assert hash(Sample(np.ones(2))) == hash(Sample(np.ones(2)))


def test_what_is_derived_is_neither_printed_nor_compared() -> None:
    """`bound` fills it into a copy."""
    wrapper = Sample(1)

    twin = bound(wrapper, made="known")

    assert wrapper == twin
    assert repr(wrapper) == repr(twin)
    assert (None, "known") == (wrapper.made, twin.made)


def test_wrappers_are_frozen() -> None:
    """State belongs into the memory."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Sample(1).count = 4


def test_what_is_derived_is_no_argument() -> None:
    """And is None until it is filled in, unless it follows from the arguments."""
    with pytest.raises(TypeError, match="made"):
        Sample(1, made="known")
    with pytest.raises(TypeError, match="positional"):
        Sample(1, 3, "known")


def test_an_argument_without_a_default_is_needed() -> None:
    """None is a value like any other."""
    with pytest.raises(TypeError, match="value"):
        Sample()
    assert Sample(None).value is None


def test_the_options_of_an_argument_are_those_of_a_field() -> None:
    """A default, a converter, a validator, keyword-only."""

    @attrs.frozen
    class Options(Wrapper[None]):
        value: Any = argument(3, kw_only=True, converter=float, validator=attrs.validators.ge(0))

    assert "3.0" == str(Options().value)
    with pytest.raises(ValueError, match="value"):
        Options(value=-1)
    with pytest.raises(TypeError, match="positional"):
        Options(1)

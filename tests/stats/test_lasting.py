"""What may be gathered is what a snapshot holds: the two agree."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from gymnasium.spaces import GraphInstance

from statewrap import SnapshotError
from statewrap.package.plain import decode, encode
from statewrap.stats.lasting import lasting


class Pair(NamedTuple):
    """Two of something."""

    one: Any
    other: Any


@attrs.frozen
class Held:
    """Something."""

    what: Any


class Side(enum.Enum):
    """A side."""

    LEFT = 1


TYPES = (Pair, Held, Side)
KEPT = [
    *(None, True, 3, 2.5, 1j, "x", b"x", np.str_("x"), np.float32(1), np.datetime64("2020")),
    *([1, (2, {3}), frozenset({4})], {"a": {(1, 2): [None]}}, np.zeros((2, 0)), np.array(["x"])),
    *(Pair(1, [2]), Held({"a": 1}), Side.LEFT, GraphInstance(np.zeros((1, 2)), None, None)),
]


def nested(depth: int) -> Any:
    """Return lists within lists."""
    return [nested(depth - 1)] if depth else 0


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
REFUSED = [
    *(object(), [object()], {object(): 1}, Held(object()), Pair(1, Held(len)), nested(60), CYCLE),
    *(np.zeros(1, "i4,i4"), np.zeros(1, "g"), np.array([None]), np.ma.masked_array([1]), range(3)),
]


@pytest.mark.parametrize("value", KEPT, ids=repr)
def test_what_is_kept_a_snapshot_holds(value):
    """And gives back."""
    assert lasting(value, TYPES) is value
    assert repr(value) == repr(decode(encode(value, TYPES), TYPES))


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_says_what_can_be_kept(value):
    """Before a snapshot has to say it."""
    with pytest.raises(TypeError, match="kept"):
        lasting(value, TYPES)


def test_classes_of_ones_own_are_declared():
    """As for a snapshot."""
    for value in (Pair(1, 2), Held(1), Side.LEFT):
        with pytest.raises(TypeError, match="is no plain data"):
            lasting(value)
        with pytest.raises(SnapshotError):
            encode(value)

"""Stacks and memories as plain data: what is said is read again as it was."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import Box, Dict, Discrete

import statewrap.wrappers as native
from statewrap.core.errors import ConfigurationError
from statewrap.core.key import Key
from statewrap.core.messages import Act
from statewrap.core.same import same
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.gym.plain import NotPlainError, plain, read, said
from tests.gym.environments import halved

VALUES = {
    "nothing": None,
    "numbers": [1, 2.5, True, float("inf"), "text"],
    "a tuple in a list": [(1, 2), ((), [3])],
    "an array": np.array([[1.5, -0.0]], np.float32),
    "big-endian": np.array([1, 2], "<i2"),
    "numpy scalars": [np.float32(0.1), np.uint8(3), np.bool_(True)],
    "a dtype": np.dtype("float32"),
    "a class": np.float64,
    "a function": halved,
    "a dict": {"a": 1, "b": {"c": (2,)}},
    "a dict with other keys": {1: "one", ("a", 2): "two"},
    "a dict that looks like a mark": {"type": "TimeLimit", "name": "len"},
    "an act": Act(np.array([1.0])),
    "a key": Key(1, 2, 3, 4),
    "moments": native.Moments(np.zeros(2), np.ones(2), 3.0),
    "a memory": StackMemory((5, None, ()), (Key(1, 2), Key(3, 4), Key(5, 6))),
    "a stack": native.TimeLimit(9) | native.RescaleAction(np.float32(-1), np.array([1.0])),
    "a stack of one": Stack(native.FrameStackObservation(3, padding_type="zero")),
    "spaces": [
        Box(-1.0, 1.0, (2,)),
        Box(np.array([0, -np.inf]), np.array([1, np.inf]), dtype=np.float64),
        Box(0, 255, (3, 3), np.uint8),
        Box(0.0, 1.0, (), np.float64),
        Discrete(3, start=-1),
        spaces.MultiDiscrete([2, 3], start=[1, 0]),
        spaces.MultiBinary(4),
        spaces.MultiBinary([2, 3]),
        spaces.Text(5, min_length=2, charset="abc"),
        spaces.Tuple([Discrete(2), Box(0, 1)]),
        Dict({"b": Discrete(2), "a": Dict({"c": Discrete(3)})}),
        spaces.Sequence(Box(0, 1), stack=True),
        spaces.Graph(Box(0, 1), Discrete(2)),
        spaces.Graph(Box(0, 1), None),
        spaces.OneOf([Discrete(2), Box(0, 1)]),
    ],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_is_said_is_read_again(value):
    """Through JSON, types, dtypes and bits included."""
    assert same(value, read(json.loads(json.dumps(plain(value)))))


class Odd(Discrete):
    """A space of somebody's own."""


class Typed:
    """An object of a class that says nothing of itself."""


@pytest.mark.parametrize(
    "value",
    [
        lambda: 0,
        partial(halved, 1),
        Typed(),
        Odd(2),
        np.array(["text"]),
        np.array([1j]),
        native.TransformReward(lambda r: r),
    ],
)
def test_what_has_no_plain_form_stays_as_it_is(value):
    """A reader is given the object itself; `plain` refuses it."""
    assert value is said(value)
    with pytest.raises(NotPlainError):
        plain(value)


@pytest.mark.parametrize(
    "name", ["nobody", "tests.gym.environments:nobody", "no.such.module:thing"]
)
def test_a_name_that_stands_for_nothing_is_refused(name):
    """With what was looked for."""
    with pytest.raises(ConfigurationError, match=name.rpartition(":")[0] or name):
        read({"name": name})

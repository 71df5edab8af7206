"""The three messages: equal by content, printed briefly, copied with changes."""

from __future__ import annotations

import copy
import pickle

import attrs
import numpy as np
import pytest

from statewrap import Act, Reset, TimeStep


def test_a_time_step_is_last_if_either_flag_is_set() -> None:
    """Terminated, truncated or both."""
    flags = [(False, False), (True, False), (False, True), (True, True)]

    lasts = [TimeStep("f", terminated=t, truncated=u).last for t, u in flags]

    assert [False, True, True, True] == lasts


def test_messages_are_equal_by_content() -> None:
    """Arrays are compared element by element, also within info and options."""
    one = TimeStep(np.array([1.0, np.nan]), info={"mask": np.array([1, 0])})
    other = TimeStep(np.array([1.0, np.nan]), info={"mask": np.array([1, 0])})

    assert one == other
    assert Act(np.zeros(2)) == Act(np.zeros(2))
    assert Reset(3, {"start": np.ones(1)}) == Reset(3, {"start": np.ones(1)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TimeStep("f", reward=1), TimeStep("f", reward=1.0)),
        (TimeStep(np.zeros(2)), TimeStep(np.zeros(2, np.float32))),
        (TimeStep("f", time=1.0), TimeStep("f")),
        (Act(0), Act(False)),
        (Act(None), Reset(None)),
        (Reset(), Reset(0)),
    ],
)
def test_messages_differ_by_type_before_content(one, other) -> None:
    """A number of another type is another message, and so is a message of another class."""
    assert one != other


def test_messages_have_no_hash() -> None:
    """What they hold has none."""
    for message in (TimeStep("f"), Act(0), Reset()):
        with pytest.raises(TypeError, match="unhashable"):
            hash(message)


def test_replace_changes_the_given_fields_only() -> None:
    """None, 0 and False are values like any other."""
    timestep = TimeStep("f", 2.0, True, True, {"a": 1}, False, 3.0, "picture", "north")

    changed = timestep.replace(
        observation=None, reward=0, terminated=False, info={}, frame=None, actor=None
    )

    assert TimeStep(None, 0, False, True, {}, False, 3.0, None, None) == changed
    assert TimeStep("f", 2.0, True, True, {"a": 1}, False, 3.0, "picture", "north") == timestep
    assert timestep == timestep.replace()
    assert TimeStep("f", first=True, time=4.0) == TimeStep("f").replace(
        first=True, time=4.0, truncated=False
    )


def test_another_observation_or_reward_is_a_replacement() -> None:
    """The two that wrappers change most have a way of their own; all else stays."""
    timestep = TimeStep("f", 1.5, True, True, {"a": 1}, False, 2.5, "picture", "me")

    assert timestep.replace(observation="g") == timestep.with_observation("g")
    assert timestep.replace(reward=2.0) == timestep.with_reward(2.0)


def test_printing_leaves_the_defaults_out() -> None:
    """A dialogue reads at a glance."""
    assert "TimeStep('f0', first=True)" == repr(TimeStep("f0", first=True, reward=0.0))
    assert "TimeStep('f1', reward=0)" == repr(TimeStep("f1", reward=0))
    assert "Act(array([1.]))" == repr(Act(np.ones(1)))
    assert "Reset()" == repr(Reset())
    assert "Reset(seed=7)" == repr(Reset(7))


def test_the_default_info_is_not_shared() -> None:
    """Each time step has its own."""
    assert TimeStep("f").info is not TimeStep("f").info


@pytest.mark.parametrize(
    "message", [TimeStep(np.ones(2), first=True), Act([1]), Reset(3, {"a": 1})]
)
def test_messages_can_be_copied_and_pickled(message) -> None:
    """A copy is equal, and is another object."""
    pickled = pickle.loads(pickle.dumps(message))  # noqa: S301 - our own

    for twin in (copy.deepcopy(message), pickled):
        assert message == twin
        assert message is not twin


def test_a_message_has_no_other_fields() -> None:
    """A typing slip does not pass unnoticed."""
    with pytest.raises(AttributeError):
        TimeStep("f").rewrad = 1.0


def test_the_fields_stand_in_gymnasiums_order() -> None:
    """So that what `env.step` returns is a time step's arguments; ours follow."""
    fields = [field.name for field in attrs.fields(TimeStep)]

    assert ["observation", "reward", "terminated", "truncated", "info"] == fields[:5]
    assert ["first", "time", "frame", "actor"] == fields[5:]
    assert ["seed", "options"] == [field.name for field in attrs.fields(Reset)]


def test_what_is_left_out_says_nothing() -> None:
    """A time step in the middle of an episode, without reward, at the session's start."""
    assert (0.0, False, False, {}, False, 0.0, None, None) == attrs.astuple(TimeStep("f"))[1:]
    assert (None, None) == attrs.astuple(Reset())
    assert "TimeStep('f', time=0, frame=False)" == repr(TimeStep("f", time=0, frame=False))


@pytest.mark.parametrize("message", [TimeStep("f"), Act(0), Reset()])
def test_a_message_differs_from_what_is_none(message) -> None:
    """Comparing raises nothing."""
    assert message != "f"
    assert message != None  # noqa: E711 - the comparison is what is tried
    assert message == copy.copy(message)

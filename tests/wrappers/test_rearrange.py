"""TransposeObservation and ExpandObservation."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import BindError, InputError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.testing import play
from statewrap.wrappers import ExpandObservation, TransposeObservation

SPACE = Box(np.arange(6.0).reshape(1, 2, 3), np.full((1, 2, 3), 9.0), dtype=np.float64)
BELOW = Below(SPACE)
CAME = np.random.default_rng(3).uniform(6, 9, (1, 2, 3))


@pytest.mark.parametrize("axes", [None, (2, 0, 1), [0, 2, 1], np.array([-1, 0, 1]), (0, 1, 2)])
def test_transposes_as_numpy_does(axes) -> None:
    """Observation and bounds, laid out in C order, read-only."""
    wrapper = TransposeObservation(axes)

    shown = play(wrapper, TimeStep(CAME, first=True), below=BELOW)[0].observation
    space = wrapper.bind(BELOW).above(BELOW).observation_space

    assert same(np.ascontiguousarray(np.transpose(CAME, axes)), shown)
    assert same(np.ascontiguousarray(np.transpose(SPACE.low, axes)), space.low)
    assert (shown.flags.c_contiguous, shown.flags.writeable) == (True, False)
    assert shown in space


@pytest.mark.parametrize("axis", [0, 1, -1, 3, np.int64(2)])
def test_expands_as_numpy_does(axis) -> None:
    """One axis more, of length 1."""
    wrapper = ExpandObservation(axis)

    shown = play(wrapper, TimeStep(CAME, first=True), below=BELOW)[0].observation
    space = wrapper.bind(BELOW).above(BELOW).observation_space

    assert same(np.expand_dims(CAME, axis), shown)
    assert shown in space
    assert not np.shares_memory(CAME, shown)


def test_one_number_has_no_axes_and_gets_one() -> None:
    """From a numpy scalar, or a float."""
    below = Below(Box(0.0, 9.0, ()))

    for came in (np.float32(3.0), 3.0):
        opening = TimeStep(came, first=True)
        assert [3.0] == play(ExpandObservation(), opening, below=below)[0].observation.tolist()
        assert 3.0 == play(TransposeObservation(), opening, below=below)[0].observation


def test_only_the_observation_is_changed() -> None:
    """Reward, flags and info are those that came; acts and resets pass."""
    step = TimeStep(CAME, 2.0, terminated=True, info={"a": 1})

    replies = play(TransposeObservation((0, 1, 2)), step, Reset(1), Act(5), below=BELOW)

    assert [step, Reset(1), Act(5)] == replies


@pytest.mark.parametrize("axes", ["012", 3, (0.0, 1.0), ["a"]])
def test_axes_are_ints(axes) -> None:
    """A list or a tuple of them."""
    with pytest.raises(TypeError, match=r"axes is .*, expected a tuple of ints"):
        TransposeObservation(axes)


@pytest.mark.parametrize("axis", ["0", None, 1.0, True])
def test_an_axis_is_an_int(axis) -> None:
    """0 is the first."""
    with pytest.raises(TypeError, match=r"axis is .*, expected an int"):
        ExpandObservation(axis)


@pytest.mark.parametrize(
    "wrapper",
    [
        TransposeObservation((0, 1)),
        TransposeObservation((0, 0, 1)),
        TransposeObservation((0, 1, 3)),
        ExpandObservation(4),
        ExpandObservation(-5),
    ],
)
def test_axes_that_are_not_there_are_refused(wrapper) -> None:
    """At bind, with the space."""
    with pytest.raises(BindError, match=r"(?s)does not fit Box.*Name axes of the shape \(1, 2"):
        wrapper.bind(BELOW)
    with pytest.raises(BindError, match="requires a Box"):
        wrapper.bind(Below(Discrete(3)))


@pytest.mark.parametrize("wrapper", [TransposeObservation(), ExpandObservation()])
@pytest.mark.parametrize("came", [None, "no", np.zeros((2, 3)), 3.0])
def test_an_observation_of_another_shape_is_refused(wrapper, came) -> None:
    """With what came."""
    with pytest.raises(InputError, match="cannot use the observation"):
        wrapper.bind(BELOW).on_state(None, TimeStep(came))

"""ReshapeObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.reshape import ReshapeObservation
from tests.wrappers.maps import (
    PRESENTED,
    bound,
    environment,
    found,
    is_new,
    outcome,
    same_space,
    shown,
)
from tests.wrappers.scripted import WORLDS, in_columns
from tests.wrappers.twins import both, make

Twin = gym.wrappers.ReshapeObservation
UNEVEN = Box(np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3) + 9, dtype=np.float64)
PICTURE = Box(0, 255, (4, 3, 2), np.uint8)
CASES = [
    (UNEVEN, (6,)),
    (UNEVEN, (3, 2)),
    (UNEVEN, (2, 3)),
    (UNEVEN, (1, 6, 1)),
    (UNEVEN, (np.int64(3), np.int8(2))),
    (PICTURE, (2, 3, 4)),
    (PICTURE, (24,)),
    (Box(-1.0, 1.0, (), np.float32), (1,)),
    (Box(-1.0, 1.0, (1,), np.float32), ()),
    (Box(-1, 1, (2, 2), np.int16), (4,)),
]


@pytest.mark.parametrize(("space", "shape"), CASES)
def test_shows_what_gymnasium_shows(space, shape) -> None:
    """Over whole episodes, in the space that it announces."""
    assert same_space(lambda env: Twin(env, shape), ReshapeObservation(shape), space)
    assert found(lambda env: Twin(env, shape), ReshapeObservation(shape), space) is None


@pytest.mark.parametrize("present", PRESENTED)
def test_elements_stand_in_c_order(present) -> None:
    """Whatever their order in the environment's memory is."""
    twin, wrapper = lambda env: Twin(env, (3, 8)), ReshapeObservation((3, 8))

    assert found(twin, wrapper, PICTURE, present) is None


def test_a_list_of_numbers_is_an_array() -> None:
    """As it is for Gymnasium."""
    numbers = UNEVEN.sample().tolist()

    theirs = Twin(environment(UNEVEN), (3, 2)).observation(numbers)

    assert difference(theirs, shown(ReshapeObservation((3, 2)), UNEVEN, numbers)) is None


@pytest.mark.parametrize("name", WORLDS)
def test_agrees_over_real_environments(name) -> None:
    """Several episodes of each."""
    size = gym.make(name).observation_space.shape[0]
    theirs, ours = both(
        ReshapeObservation((1, size, 1)),
        lambda env: Twin(env, (1, size, 1)),
        lambda: make(name, max_episode_steps=30),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


def test_shares_only_what_nobody_can_write_to() -> None:
    """A read-only array is shown as it lies; one that its owner may change is copied."""
    wrapper, mine = bound(ReshapeObservation((24,)), PICTURE), PICTURE.sample()
    frozen = freeze(mine)

    copied = wrapper.on_state(None, TimeStep(mine))[1].observation
    view = wrapper.on_state(None, TimeStep(frozen))[1].observation

    assert np.shares_memory(frozen, view)
    assert not view.flags.writeable
    assert is_new(copied, mine)
    assert not shown(ReshapeObservation((24,)), PICTURE, in_columns(mine)).flags.writeable


@pytest.mark.parametrize(
    ("space", "shape"),
    [
        (UNEVEN, 6),
        (UNEVEN, (2, 2)),
        (UNEVEN, (-1,)),
        (UNEVEN, (-1, -6)),
        (UNEVEN, (3.0, 2.0)),
        (UNEVEN, (6, True)),
        (Box(-1.0, 1.0, (0,)), (0,)),
        (Discrete(3), (3,)),
    ],
)
def test_refuses_what_gymnasium_refuses(space, shape) -> None:
    """With the same kind of error."""
    theirs = outcome(Twin, environment(space), shape)

    assert theirs is outcome(lambda: ReshapeObservation(shape).bind(Below(space)))
    assert issubclass(theirs, Exception)


def test_says_what_does_not_fit() -> None:
    """With the shape below, and how many elements it has."""
    with pytest.raises(BindError, match=r"product of the new shape .* \(2, 3\)\. .* of 6 elements"):
        ReshapeObservation((4,)).bind(Below(UNEVEN))
    with pytest.raises(BindError, match="requires a Box observation space below it, got Discrete"):
        ReshapeObservation((4,)).bind(Below(Discrete(3)))
    with pytest.raises(ValueError, match=r"greater than 0, got \(-1,\)\..*-1 is not filled in"):
        ReshapeObservation((-1,))
    with pytest.raises(TypeError, match="shape to be a tuple, got 6"):
        ReshapeObservation(6)


def test_a_list_is_a_shape_as_well() -> None:
    """Documents have no tuples; it is kept as one."""
    wrapper = ReshapeObservation([3, 2])

    assert ReshapeObservation((3, 2)) == wrapper == eval(repr(wrapper))  # noqa: S307
    assert (3, 2) == wrapper.shape
    assert int is type(ReshapeObservation((np.int64(3), 2)).shape[0])

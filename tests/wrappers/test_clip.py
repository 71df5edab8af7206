"""ClipReward and ClipAction."""

import itertools

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.errors import BindError
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.clip import ClipAction, ClipReward
from tests.wrappers.twins import both, make

INF, NAN = float("inf"), float("nan")
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, -5e-324, 1e308, INF, -INF, NAN]
REWARDS = [
    *FLOATS,
    *(np.float64(x) for x in FLOATS),
    *(np.float32(x) for x in (0.0, -0.0, 0.1, 3.0, NAN, -INF)),
    *(0, 1, -7, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**70, True, False),
    *(np.int64(3), np.int8(-7), np.uint8(200), np.bool_(True), np.float16(0.1)),
    *(np.array(x) for x in (0.5, -0.0, 3, NAN)),
    *(np.array(x, np.float32) for x in ([0.5, -7.0, NAN], [[-0.0], [9.0]])),
    [0.5, -7],
    (3, 0),
]
BOUNDS = [
    *itertools.product([0.0, -0.0, -1.0, -INF, None], [0.0, -0.0, 1.0, INF, None]),
    *((-1, 1), (0, 1), (-1, 0.5), (0, None), (None, 0), (NAN, 1.0), (-1.0, NAN), (INF, INF)),
    *((-(2**70), 2**70), (False, True), (np.float64(-0.0), np.float32(0.1))),
    *((np.int64(-1), np.uint8(1)), (np.float16(-1), 1.0)),
    *((np.array(-0.0), np.array(1.0)), (np.array([-1.0]), 1.0), (-1.0, np.array([[0.0], [1.0]]))),
]


def outcome(function, *arguments):
    """Return what a function gives, or the type of what it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(
    "bounds", [pair for pair in BOUNDS if pair != (None, None)], ids=lambda pair: f"{pair!r:.40}"
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_clips_every_reward_as_numpy_does(bounds) -> None:
    """Value, type, sign of zero and NaN are those of np.clip, whatever reward and bounds are."""
    wrapper = ClipReward(*bounds)

    for reward in REWARDS:
        theirs = outcome(np.clip, reward, *bounds)
        ours = outcome(lambda r: wrapper.on_state(None, TimeStep(0, r))[1].reward, reward)
        assert difference(theirs, ours) is None, (reward, bounds)


def test_a_bound_of_more_precision_than_float_wins() -> None:
    """Numpy promotes the reward to a long double, and so it is here."""
    clipped = ClipReward(np.longdouble(-1), 1.0).on_state(None, TimeStep("f1", 0.5))[1].reward

    assert np.clip(0.5, np.longdouble(-1), 1.0) == clipped
    assert np.longdouble is type(clipped)


def test_rewards_agree_with_gymnasium() -> None:
    """The rewards of whole episodes are bit-equal, as np.float64."""
    theirs, ours = both(
        ClipReward(-0.5, -0.0),
        lambda env: gym.wrappers.ClipReward(env, -0.5, -0.0),
        lambda: make("Pendulum-v1", max_episode_steps=30),
        lambda generator: generator.uniform(-2, 2, 1).astype(np.float32),
    )

    assert difference(theirs, ours) is None
    assert np.float64 is type(ours[0][1][1])


def test_an_opening_time_step_is_left_as_it_is() -> None:
    """Its reward of 0 is no reward, though the bounds exclude it."""
    opening = TimeStep("f0", first=True)

    assert (None, opening) == ClipReward(1.0, 2.0).on_state(None, opening)


def test_a_clipped_array_is_read_only() -> None:
    """An array that is sent on is nobody's to change, and the one that came is unchanged."""
    came = np.array([5.0, -5.0])

    _, reply = ClipReward(-1.0, 1.0).on_state(None, TimeStep("f1", came))

    assert ([1.0, -1.0], False) == (reply.reward.tolist(), reply.reward.flags.writeable)
    assert [5.0, -5.0] == came.tolist()


@pytest.mark.parametrize("bounds", [(), (None, None), (1.0, 0.0), (np.array([0, 2]), 1)])
def test_refuses_bounds_without_room(bounds) -> None:
    """No bound at all, or a lower one above the upper, is refused by Gymnasium and here."""
    with pytest.raises(gym.error.InvalidBound, match="ClipReward needs"):
        ClipReward(*bounds)
    with pytest.raises(gym.error.InvalidBound):
        gym.wrappers.ClipReward(gym.make("CartPole-v1"), *bounds)


def test_keeps_bounds_of_its_own() -> None:
    """An array that the caller changes later changes no wrapper."""
    least = np.array([0.0])
    wrapper = ClipReward(least, 1.0)

    least[0] = 1.0

    assert [0.0] == wrapper.on_state(None, TimeStep("f1", -3.0))[1].reward.tolist()


@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (None, 3), (np.array([0.1], np.float32), None)])
def test_prints_so_that_it_can_be_read_back(bounds) -> None:
    """`eval(repr(wrapper))` gives an equal wrapper, arrays included."""
    wrapper = ClipReward(*bounds)

    assert wrapper == eval(repr(wrapper))  # noqa: S307 - that is the claim
    assert wrapper != ClipReward(-9.0, 9.0)


def uneven(dtype=np.float32):
    """Return a Box whose bounds differ, with zeros among them."""
    return Box(
        np.array([-1.0, 0.0, -0.0, -INF, -2.0], dtype),
        np.array([0.0, 1.0, 3.0, 2.0, INF], dtype),
        dtype=dtype,
    )


@pytest.mark.parametrize("space", [uneven(), uneven(np.float64), Box(-5, 5, (5,), np.int32)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, np.int8, bool])
def test_clips_every_action_as_numpy_does(space, dtype) -> None:
    """Dtypes are promoted, NaN and signs of zero kept, exactly as np.clip does."""
    wrapper = ClipAction().bind(Below(action_space=space))
    rows = [[0.0, -0.0, 0.0, -7.0, 9.0], [7.0, -7.0, -0.0, 5.0, -9.0]]
    rows += [[NAN, INF, -INF, 0.0, NAN]] if np.dtype(dtype).kind == "f" else []

    for row in rows:
        action = np.array(row).astype(dtype)
        theirs = np.clip(action, space.low, space.high)
        assert difference(theirs, wrapper.on_action(None, Act(action))[1].action) is None


@pytest.mark.parametrize("action", [0.5, 7, -0.0, True, np.float32(9), [3.0], (3,), np.array(4.0)])
@pytest.mark.parametrize("shape", [(), (1,), (2,)])
def test_clips_what_is_no_array_of_the_shape_too(action, shape) -> None:
    """Numbers, lists and scalars give what np.clip gives."""
    space = Box(-1.0, 1.0, shape)
    wrapper = ClipAction().bind(Below(action_space=space))

    theirs = np.clip(action, space.low, space.high)

    assert difference(theirs, wrapper.on_action(None, Act(action))[1].action) is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_actions_agree_with_gymnasium(dtype) -> None:
    """The environment is sent bit-equal actions over whole episodes."""
    theirs, ours = both(
        ClipAction(),
        gym.wrappers.ClipAction,
        lambda: make("MountainCarContinuous-v0", max_episode_steps=30),
        lambda generator: generator.uniform(-3, 3, 1).astype(dtype),
    )

    assert difference(theirs, ours) is None


def test_a_clipped_action_is_new_and_read_only() -> None:
    """What falls is nobody's to change, and shares nothing with what came."""
    came = np.array([0.5], np.float32)
    wrapper = ClipAction().bind(Below(action_space=Box(-1.0, 1.0, (1,))))

    _, act = wrapper.on_action(None, Act(came))

    assert not act.action.flags.writeable
    assert not np.shares_memory(came, act.action)


def test_announces_a_box_without_bounds() -> None:
    """Shape and dtype stay, as Gymnasium's wrapper says; nothing else changes."""
    below = Below(Discrete(3), uneven(np.float64), max_episode_steps=9)
    env = gym.make("Pendulum-v1")

    above = ClipAction().bind(below).above(below)
    there = ClipAction().bind(Below(action_space=env.action_space)).above(Below()).action_space

    assert Box(-np.inf, np.inf, (5,), np.float64) == above.action_space
    assert (Discrete(3), 9) == (above.observation_space, above.max_episode_steps)
    assert gym.wrappers.ClipAction(env).action_space == there


@pytest.mark.parametrize("space", [None, Discrete(3), Box(0, 255, (2,), np.uint8)])
def test_needs_a_box_that_can_lose_its_bounds(space) -> None:
    """An unknown space, another kind, or unsigned numbers are refused at bind, by name."""
    with pytest.raises(BindError, match=r"ClipAction\(\) needs"):
        ClipAction().bind(Below(action_space=space))


def test_what_bind_derives_is_no_part_of_the_wrapper() -> None:
    """A bound wrapper prints as, and equals, the one that was written."""
    wrapper = ClipAction().bind(Below(action_space=uneven()))

    assert (ClipAction(), "ClipAction()") == (wrapper, repr(wrapper))

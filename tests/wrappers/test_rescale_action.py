"""RescaleAction."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.errors import BindError
from statewrap.core.messages import Act
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.rescale_action import RescaleAction
from tests.wrappers.twins import both, make

INF = np.inf
LOWERED = pytest.mark.filterwarnings("ignore:.*precision lowered")


class World(gym.Env):
    """An environment that has an action space and hears what is sent."""

    def __init__(self, action_space) -> None:
        self.action_space, self.observation_space = action_space, Discrete(1)

    def step(self, action):
        """Show the action itself as the info."""
        return 0, 0.0, False, False, {"heard": action}


def sent_by_gymnasium(space, bounds, action):
    """Return what Gymnasium's wrapper makes of an action."""
    return gym.wrappers.RescaleAction(World(space), *bounds).step(action)[-1]["heard"]


def sent_here(space, bounds, action):
    """Return what our wrapper makes of an action."""
    wrapper = RescaleAction(*bounds).bind(Below(action_space=space))
    return wrapper.on_action(None, Act(action))[1].action


def box(low, high, dtype=np.float32):
    """Return a Box of given bounds."""
    return Box(np.array(low, dtype), np.array(high, dtype), dtype=dtype)


CASES = [
    (box([-2.0, 0.0, 5.0], [2.0, 10.0, 7.0]), (-1.0, 1.0)),
    (box([-2.0, 0.0, 5.0], [2.0, 10.0, 7.0], np.float64), (0, 3)),
    (box([-2.0, 0.1], [0.3, 10.0]), (np.array([-1.0, 0.0]), np.array([0.7, 9.0], np.float32))),
    (box([-2.0, 0.1], [0.3, 10.0], np.float16), (np.array([-1, 0]), 5)),
    (box([-INF, 0.0, -INF], [1.0, INF, INF]), (np.array([-INF, 3, -INF]), np.array([4, INF, INF]))),
    (box([-1e36], [1e36]), (-1.0, 1.0)),
    (box(-2.0, 3.0), (np.float32(0.1), np.int64(4))),
    (box([[-1.0], [0.0]], [[1.0], [0.5]]), (-0.0, 1e-3)),
]


@LOWERED
@pytest.mark.parametrize(("space", "bounds"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.float16])
def test_maps_as_gymnasium_does(space, bounds, dtype) -> None:
    """Finite and infinite bounds, all dtypes, in and out of the range: bit-equal."""
    for action in np.array([-1.0, -0.0, 0.0, 0.3, 1.0, 20.0]).astype(dtype):
        full = np.full(space.shape, action)
        theirs = sent_by_gymnasium(space, bounds, full)
        assert difference(theirs, sent_here(space, bounds, full)) is None


@LOWERED
@pytest.mark.parametrize("action", [0.5, 3, np.float64(0.5), np.float32(0.25), [0.5, 1.0]])
@pytest.mark.parametrize("space", [box(-2.0, 3.0), box([-2.0, 1.0], [3.0, 2.0])])
def test_maps_numbers_and_lists_as_gymnasium_does(space, action) -> None:
    """What is no array is mapped to what Gymnasium maps it to."""
    theirs = sent_by_gymnasium(space, (-1.0, 1.0), action)

    assert difference(theirs, sent_here(space, (-1.0, 1.0), action)) is None


@LOWERED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_two_ranges_map_as_in_gymnasium(dtype) -> None:
    """Bounds to the last bit decide on the last bit of the action."""
    generator = np.random.default_rng(0)
    for _ in range(300):
        starts = generator.normal(size=(2, 3)) * 10.0 ** generator.integers(-3, 4, (2, 3))
        low, least = starts
        high, most = starts + generator.uniform(0.1, 5.0, (2, 3))
        space = Box(low.astype(dtype), high.astype(dtype), dtype=dtype)
        action = generator.normal(size=3).astype(dtype)

        theirs = sent_by_gymnasium(space, (least, most), action)
        assert difference(theirs, sent_here(space, (least, most), action)) is None


@LOWERED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_actions_agree_with_gymnasium(dtype) -> None:
    """The environment is sent bit-equal actions over whole episodes, wild ones included."""
    theirs, ours = both(
        RescaleAction(0.0, np.array([0.3])),
        lambda env: gym.wrappers.RescaleAction(env, 0.0, np.array([0.3])),
        lambda: make("Pendulum-v1", max_episode_steps=30),
        lambda generator: generator.uniform(-1, 1, 1).astype(dtype),
    )

    assert difference(theirs, ours) is None


def test_what_lies_outside_the_range_is_not_clipped() -> None:
    """20 in [0, 10] is 3 in [-1, 1]."""
    assert [3.0] == sent_here(Box(-1.0, 1.0, (1,)), (0.0, 10.0), np.array([20.0])).tolist()


@LOWERED
@pytest.mark.parametrize(("space", "bounds"), CASES)
def test_announces_the_range(space, bounds) -> None:
    """The space above is Gymnasium's, and what else is known stays."""
    below = Below(Discrete(1), space, max_episode_steps=9)

    above = RescaleAction(*bounds).bind(below).above(below)

    assert gym.wrappers.RescaleAction(World(space), *bounds).action_space == above.action_space
    assert (Discrete(1), 9) == (above.observation_space, above.max_episode_steps)


def test_a_mapped_action_is_read_only() -> None:
    """What falls is nobody's to change, and what came is as it was."""
    came = np.array([0.5])

    sent = sent_here(Box(-1.0, 1.0, (1,)), (0.0, 1.0), came)

    assert ([0.0], False, [0.5]) == (sent.tolist(), sent.flags.writeable, came.tolist())


@LOWERED
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    ("space", "bounds"),
    [
        (Box(-1.0, 1.0, (2,)), (1.0, 1.0)),
        (Box(-1.0, 1.0, (2,)), (0.1, 0.1 + 1e-12)),
        (Box(-1.0, 1.0, (2,)), (1.0, 0.0)),
        (Box(-1.0, 1.0, (2,)), (np.nan, 1.0)),
        (Box(-1.0, 1.0, (2,)), (np.zeros(3), 1.0)),
        (Box(-1.0, 1.0, (2,)), (0.0, np.ones((2, 1)))),
        (Box(-1.0, 1.0, (2,)), (-np.inf, 1.0)),
        (Box(-1.0, np.inf, (2,)), (-1.0, 1.0)),
        (Box(-1.0, 1.0, (2,)), (-1e300, 1e300)),
        (Discrete(3), (0.0, 1.0)),
    ],
)
def test_refuses_what_gymnasium_refuses(space, bounds) -> None:
    """Bounds that are equal, exchanged, misshapen or infinite on one side only; no Box."""
    with pytest.raises(BindError, match="RescaleAction"):
        RescaleAction(*bounds).bind(Below(action_space=space))
    with pytest.raises((ValueError, TypeError, gym.error.InvalidBound)):
        gym.wrappers.RescaleAction(World(space), *bounds)


@pytest.mark.parametrize(
    ("space", "most", "message"),
    [
        (box([-1.0, 2.0], [1.0, 2.0]), 1.0, "cannot map onto"),
        (box([-3e38, -3e38], [3e38, 3e38]), 1e-30, "cannot map onto"),
        (Box(0, 255, (2,), np.uint8), 1.0, "needs a Box of floats"),
        (Box(-5, 5, (2,), np.int64), 10.0, "needs a Box of floats"),
    ],
)
def test_refuses_what_has_no_inverse_or_loses_fractions(space, most, message) -> None:
    """A component of one point, a range that underflows, integers: listed differences."""
    with pytest.raises(BindError, match=f"RescaleAction.* {message}"):
        RescaleAction(-most, most).bind(Below(action_space=space))


@pytest.mark.parametrize("bounds", [("a", 1.0), (0.0, None), ([0.0], 1.0), (False, 1.0)])
def test_a_bound_is_a_number_or_an_array(bounds) -> None:
    """Anything else is refused when the wrapper is made, as Gymnasium refuses it."""
    with pytest.raises(TypeError, match="is a number or a numpy array"):
        RescaleAction(*bounds)
    with pytest.raises(TypeError):
        gym.wrappers.RescaleAction(World(Box(-1.0, 1.0, (1,))), *bounds)


def test_needs_to_know_the_action_space() -> None:
    """Without it, the error names the argument to give."""
    with pytest.raises(BindError, match=r"action_space=\.\.\."):
        RescaleAction(-1.0, 1.0).bind(Below())


@pytest.mark.parametrize("bounds", [(-1.0, 2), (np.array([-0.1], np.float32), np.float32(3))])
def test_prints_so_that_it_can_be_read_back(bounds) -> None:
    """`eval(repr(wrapper))` gives an equal wrapper, bound or not."""
    wrapper = RescaleAction(*bounds)
    known = wrapper.bind(Below(action_space=Box(-1.0, 1.0, (1,))))

    assert wrapper == eval(repr(wrapper))  # noqa: S307 - that is the claim
    assert (wrapper, repr(wrapper)) == (known, repr(known))
    assert wrapper != RescaleAction(-9.0, 9.0)


def test_keeps_bounds_of_its_own() -> None:
    """An array that the caller changes later changes no wrapper."""
    least = np.array([-1.0])
    wrapper = RescaleAction(least, 1.0)

    least[0] = 0.0

    assert [-1.0] == wrapper.min_action.tolist()


@pytest.mark.filterwarnings("ignore:.*precision lowered")
def test_a_map_without_a_shift_keeps_the_sign_of_zero() -> None:
    """What is not subtracted there would change no bit."""
    came = np.array([-0.0, 0.0, 0.3, -np.inf, np.nan], np.float32)
    space = Box(-1.0, 1.0, (5,))
    twin = gym.wrappers.RescaleAction(World(space), -4.0, 4.0)

    assert twin.func(came).tobytes() == sent_here(space, (-4.0, 4.0), came).tobytes()

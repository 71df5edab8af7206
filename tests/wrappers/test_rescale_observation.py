"""RescaleObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below
from statewrap.wrappers.rescale_observation import RescaleObservation
from tests.wrappers.maps import (
    PRESENTED,
    announced,
    environment,
    found,
    is_new,
    outcome,
    same_space,
    shown,
)
from tests.wrappers.scripted import push
from tests.wrappers.twins import both, make

pytestmark = pytest.mark.filterwarnings("ignore:.*precision lowered")  # Gymnasium tells it

Twin = gym.wrappers.RescaleObservation
INF = np.inf


def uneven(dtype=np.float32) -> Box:
    """Return a Box with components that are bounded, and unbounded on each side."""
    low = np.array([0, 1, -INF, 5, -INF, -0.0], dtype)
    high = np.array([1, 3, INF, INF, 7, 1e-3], dtype)
    return Box(low, high, dtype=dtype)


LOW = np.array([-5, 0, -INF, -1, -INF, 0.1])
HIGH = np.array([5, 1, INF, INF, 4, 0.3])
PLAIN = Box(-3.0, 5.0, (2, 3), np.float32)
PICTURE = Box(0, 255, (2, 3), np.uint8)
CASES = [
    (uneven(), LOW.astype(np.float32), HIGH.astype(np.float32)),
    (uneven(), LOW, HIGH),
    (uneven(np.float64), LOW, HIGH),
    (PLAIN, -1.0, 1.0),
    (PLAIN, 0, 1),
    (PLAIN, np.float32(-0.1), np.float64(0.3)),
    (PLAIN, np.int8(-7), 9.5),
    (PLAIN, 2.0, 2.0),
    (PLAIN, -1.0, np.full((2, 3), 1.0)),
    (PLAIN, np.arange(6.0).reshape(2, 3), 9),
    (Box(-3.0, 5.0, (), np.float32), -1.0, 1.0),
    (Box(-3.0, 5.0, (2,), np.float16), -1.0, 1.0),
    (Box(-1e300, 1e300, (2,), np.float64), -1.0, 1.0),
    (Box(-INF, INF, (2,), np.float32), -INF, INF),
]


@pytest.mark.parametrize(("space", "low", "high"), CASES)
def test_shows_what_gymnasium_shows(space, low, high) -> None:
    """Over whole episodes, in the space that it announces."""
    wrapper = RescaleObservation(low, high)

    assert same_space(lambda env: Twin(env, low, high), wrapper, space)
    assert found(lambda env: Twin(env, low, high), wrapper, space) is None


@pytest.mark.parametrize("present", PRESENTED)
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (np.arange(6.0).reshape(2, 3), 9)])
def test_takes_observations_in_any_memory_order(present, low, high) -> None:
    """Whether the map is one for all components or not."""
    twin = lambda env: Twin(env, low, high)  # noqa: E731 - a name for the next line

    assert found(twin, RescaleObservation(low, high), PLAIN, present) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.uint8])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (np.arange(6.0).reshape(2, 3), 9)])
def test_numpy_decides_on_the_dtype(dtype, low, high) -> None:
    """An environment need not keep to its dtype, nor to its bounds: nothing is clipped."""
    for row in ([9, 0, 3, 200, 5, 7], [0, 0, 0, 0, 0, 0]):
        came = np.array(row).reshape(2, 3).astype(dtype)
        theirs = Twin(environment(PLAIN), low, high).observation(came)
        assert difference(theirs, shown(RescaleObservation(low, high), PLAIN, came)) is None


def test_what_is_no_number_stays_none() -> None:
    """NaN, infinities and signs of zero are those of Gymnasium."""
    came = np.array([[np.nan, INF, -INF], [-0.0, 0.0, 1e38]], np.float32)

    for low, high in ((-3.0, 5.0), (-6.0, 10.0), (0.0, 1.0)):
        theirs = Twin(environment(PLAIN), low, high).observation(came)
        assert difference(theirs, shown(RescaleObservation(low, high), PLAIN, came)) is None


def test_zeros_keep_the_sign_of_their_component() -> None:
    """Two maps that differ in the sign of a zero alone are two."""
    box = Box(np.array([0.0, -0.0]), np.array([1.0, 1.0]), dtype=np.float64)
    came = np.array([-0.0, -0.0])

    theirs = Twin(environment(box), -0.0, 1.0).observation(came)

    assert [True, False] == np.signbit(theirs).tolist()
    assert difference(theirs, shown(RescaleObservation(-0.0, 1.0), box, came)) is None


def test_agrees_over_a_real_environment() -> None:
    """Several episodes."""
    theirs, ours = both(
        RescaleObservation(0.0, np.array([1.0, 2.0, 3.0])),
        lambda env: Twin(env, 0.0, np.array([1.0, 2.0, 3.0])),
        lambda: make("Pendulum-v1", max_episode_steps=30),
        push,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("dtype", "wider"),
    [
        (np.uint8, np.float32),
        (np.int8, np.float32),
        (np.int16, np.float32),
        (np.uint16, np.float32),
        (np.int32, np.float64),
        (np.uint32, np.float64),
        (np.int64, np.float64),
        (bool, np.float32),
    ],
)
def test_integers_become_floats(dtype, wider) -> None:
    """Of a size that holds them; the bounds are hit, and what lies between is not lost."""
    top = 1 if dtype is bool else 100
    space = Box(0, top, (3,), dtype)
    came = np.array([0, top // 2, top]).astype(dtype)

    ours = shown(RescaleObservation(-1.0, 1.0), space, came)

    assert Box(-1.0, 1.0, (3,), wider) == announced(RescaleObservation(-1.0, 1.0), space)
    assert np.dtype(wider) == ours.dtype
    assert [-1.0, -1.0 if dtype is bool else 0.0, 1.0] == ours.tolist()


@pytest.mark.parametrize(("low", "high"), [(-7, 9), (997, 1000), (-1000, -993), (1, 4)])
@pytest.mark.parametrize(("least", "most"), [(-1.0, 1.0), (0.1, 0.3), (np.zeros(2), 1)])
def test_integers_far_from_0_hit_the_bounds_too(low, high, least, most) -> None:
    """The sum of two large numbers would miss them, which is how floats are mapped."""
    space, wrapper = Box(low, high, (2,), np.int16), RescaleObservation(least, most)

    above = announced(wrapper, space)

    for number in range(low, high + 1):
        assert why_not(above, shown(wrapper, space, np.full(2, number, np.int16))) is None
    assert above.low.tolist() == shown(wrapper, space, space.low).tolist()


def test_all_of_a_wide_integer_range_is_mapped() -> None:
    """The bounds of int64 are those of its Box without bounds."""
    space, most = Box(-INF, INF, (2,), np.int64), 2**63 - 1

    ours = shown(RescaleObservation(0.0, 1.0), space, np.array([-most - 1, most]))

    assert [0.0, 1.0] == ours.tolist()


@pytest.mark.parametrize(
    ("space", "low", "high"),
    [
        (PICTURE, 0, 1),
        (PICTURE, 0.0, 1.0),
        (PICTURE, 0, 510 // 2),
        (PICTURE, 5, 200),
        (Box(0, 20, (2, 3), np.uint8), 0, 200),
        (Box(-5, 5, (2, 3), np.int32), -50, 50.0),
        (Box(-5, 5, (2, 3), np.int64), -1.0, np.full((2, 3), 2.5)),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_gymnasiums_integers_are_one_argument_away(space, low, high) -> None:
    """`keep_dtype` computes in the dtype of the Box, whatever comes of it."""
    wrapper = RescaleObservation(low, high, keep_dtype=True)

    assert same_space(lambda env: Twin(env, low, high), wrapper, space)
    assert found(lambda env: Twin(env, low, high), wrapper, space) is None


def test_over_floats_keeping_the_dtype_changes_nothing() -> None:
    """Nor over bool, which Gymnasium cannot rescale at all."""
    came, switch = PLAIN.sample(), Box(0, 1, (2,), bool)
    kept, plain = RescaleObservation(0.0, 1.0, keep_dtype=True), RescaleObservation(0.0, 1.0)

    assert difference(shown(plain, PLAIN, came), shown(kept, PLAIN, came)) is None
    assert announced(plain, switch) == announced(kept, switch)
    assert outcome(Twin, environment(switch), 0.0, 1.0) is TypeError


def test_what_is_shown_is_new_and_read_only() -> None:
    """Also where nothing is changed; and the arguments are the wrapper's own."""
    least = np.full((2, 3), -3.0, np.float32)
    wrapper, came = RescaleObservation(least, 5.0), PLAIN.sample()

    assert is_new(shown(wrapper, PLAIN, came), came)
    least[:] = 9
    assert -3.0 == wrapper.min_obs[0, 0]


@pytest.mark.parametrize(
    ("space", "low", "high"),
    [
        (Discrete(3), 0.0, 1.0),
        (PLAIN, None, 1.0),
        (PLAIN, 0.0, "1"),
        (PLAIN, [0.0], 1.0),
        (PLAIN, True, 2.0),
        (PLAIN, np.zeros(3), 1.0),
        (PLAIN, 0.0, np.ones((3, 2))),
        (PLAIN, 2.0, 1.0),
        (PLAIN, np.nan, 1.0),
        (PLAIN, -INF, 1.0),
        (PLAIN, 0.0, INF),
        (uneven(), 0.0, 1.0),
        (uneven(), LOW, 1.0),
    ],
)
def test_refuses_what_gymnasium_refuses(space, low, high) -> None:
    """With the same kind of error."""
    theirs = outcome(Twin, environment(space), low, high)

    assert theirs is outcome(lambda: RescaleObservation(low, high).bind(Below(space)))
    assert issubclass(theirs, Exception)


@pytest.mark.parametrize(
    ("low", "high", "space"),
    [(-1, 1, PICTURE), (0, 256, PICTURE), (0.0, 1e39, PLAIN), (-1e39, 0.0, PLAIN)],
)
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.filterwarnings("ignore:invalid value")
def test_refuses_bounds_that_the_dtype_cannot_hold(low, high, space) -> None:
    """With the kind of error that Gymnasium's Box raises, and the range."""
    wrapper = RescaleObservation(low, high, keep_dtype=True)

    assert outcome(Twin, environment(space), low, high) is ValueError
    with pytest.raises(BindError, match=r"out of bounds of the dtype range|cannot map"):
        wrapper.bind(Below(space))


@pytest.mark.parametrize(
    ("space", "low", "high"),
    [
        (Box(np.array([0.0, 1.0]), np.array([1.0, 1.0]), dtype=np.float64), 0.0, 1.0),
        (Box(np.array([0.0, 1.0]), np.array([1.0, 1.0]), dtype=np.float64), 0.0, 0.0),
        (Box(0.0, 1e-30, (2,), np.float32), 0.0, 1e30),
        (Box(3, 3, (2,), np.int32), 0.0, 1.0),
    ],
)
def test_refuses_what_would_show_nan(space, low, high) -> None:
    """A component that is a single point, and a range that is too much larger."""
    with pytest.raises(BindError, match=r"cannot map .* the bounds of a component are equal"):
        RescaleObservation(low, high).bind(Below(space))


def test_says_what_does_not_fit() -> None:
    """With the shape and the Box."""
    with pytest.raises(
        BindError, match=r"max_obs of .* shape \(3,\), but .* of the shape \(2, 3\)"
    ):
        RescaleObservation(0.0, np.ones(3)).bind(Below(PLAIN))
    with pytest.raises(BindError, match="For unbounded components, the target bounds must match"):
        RescaleObservation(-INF, 1.0).bind(Below(PLAIN))
    for least in (2.0, np.nan):
        with pytest.raises(BindError, match="needs min_obs <= max_obs in every component"):
            RescaleObservation(least, 1.0).bind(Below(PLAIN))
    with pytest.raises(TypeError, match=r"min_obs of RescaleObservation is a number.*, got True"):
        RescaleObservation(True, 1.0)


@pytest.mark.parametrize("least", [0, 0.1, np.float32(0.1), np.array([0.1, -np.inf], np.float32)])
def test_prints_so_that_it_can_be_read_back(least) -> None:
    """`eval(repr(wrapper))` gives an equal wrapper, arrays included."""
    wrapper = RescaleObservation(least, 1.0, keep_dtype=True)

    assert wrapper == eval(repr(wrapper), {**globals(), "inf": INF})  # noqa: S307
    assert wrapper != RescaleObservation(least, 1.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
@pytest.mark.parametrize("low", [0, 1])
def test_integers_are_cast_as_numpys_operations_cast_them(dtype, low) -> None:
    """An array of the Box's dtype, a list and numbers of another dtype are shown alike."""
    box = Box(low, 101, (3,), dtype)
    wrapper = RescaleObservation(0, 1).bind(Below(box))
    came = [low, 51, 101]

    for observation in (np.array(came, dtype), came, np.array(came, np.int16)):
        shown = wrapper.on_state(None, TimeStep(observation))[1].observation
        assert np.allclose([0.0, (51 - low) / (101 - low), 1.0], shown, atol=1e-7)
    number = RescaleObservation(0, 1).bind(Below(Box(low, 101, (), dtype)))
    assert 1.0 == number.on_state(None, TimeStep(dtype(101)))[1].observation
    assert isinstance(number.on_state(None, TimeStep(dtype(101)))[1].observation, np.floating)

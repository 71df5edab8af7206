"""DtypeObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.dtype import DtypeObservation
from tests.wrappers.maps import (
    PRESENTED,
    announced,
    bound,
    environment,
    found,
    is_new,
    outcome,
    same_space,
    shown,
)
from tests.wrappers.scripted import WORLDS
from tests.wrappers.twins import both, make

pytestmark = [  # of what Gymnasium's spaces warn
    pytest.mark.filterwarnings("ignore:.*precision lowered"),
    pytest.mark.filterwarnings("ignore:overflow encountered in cast"),
]

Twin = gym.wrappers.DtypeObservation
INF = np.inf
SPACES = {
    "float32": Box(-2.0, 2.0, (2, 3), np.float32),
    "float64": Box(np.array([-1.5, 0.0]), np.array([1.0, 2.5]), dtype=np.float64),
    "unbounded": Box(-INF, INF, (2,), np.float64),
    "half bounded": Box(np.array([0.0, -INF]), np.array([INF, 1.0]), dtype=np.float64),
    "scalar": Box(-2.0, 2.0, (), np.float32),
    "int16": Box(-2, 2, (2,), np.int16),
    "picture": Box(0, 255, (4, 3, 3), np.uint8),
    "discrete": Discrete(3, start=-1),
    "discrete from 10": Discrete(4, start=10, dtype=np.int32),
    "multidiscrete": MultiDiscrete([[3, 4], [2, 2]], start=[[-1, 2], [0, 0]]),
    "multibinary": MultiBinary((2, 2)),
}
DTYPES = [
    np.float64,
    np.float32,
    "float16",
    np.dtype(np.int64),
    "int32",
    np.uint8,
    bool,
    float,
    ">f4",
]


def is_right(space, dtype) -> bool:
    """Tell whether Gymnasium is not wrong about it, as tests below show."""
    kind = np.dtype(dtype).kind
    endless = isinstance(space, Box) and not space.is_bounded() and kind in "iu"
    below_zero = isinstance(space, MultiDiscrete) and kind == "u"
    return not endless and not below_zero


CASES = [
    (name, dtype) for name, space in SPACES.items() for dtype in DTYPES if is_right(space, dtype)
]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_shows_what_gymnasium_shows_or_refuses_with_it(name, dtype) -> None:
    """Every kind of space in every kind of dtype, over whole episodes."""
    space, wrapper = SPACES[name], DtypeObservation(dtype)

    theirs = outcome(Twin, environment(space), dtype)

    if isinstance(theirs, type):
        assert theirs is outcome(wrapper.bind, Below(space))
    else:
        assert same_space(lambda env: Twin(env, dtype), wrapper, space)
        assert found(lambda env: Twin(env, dtype), wrapper, space) is None


@pytest.mark.parametrize("present", PRESENTED)
def test_takes_observations_in_any_memory_order(present) -> None:
    """And shows arrays of its own, though the environment reuses one."""
    twin, wrapper = lambda env: Twin(env, np.float32), DtypeObservation(np.float32)

    assert found(twin, wrapper, SPACES["picture"], present) is None
    assert found(twin, wrapper, SPACES["float32"], present) is None


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_agrees_over_real_environments(name, dtype) -> None:
    """Several episodes of each."""
    theirs, ours = both(
        DtypeObservation(dtype),
        lambda env: Twin(env, dtype),
        lambda: make(name, max_episode_steps=30),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("dtype", "numbers"),
    [
        (np.float32, [1e-46, 0.1, -0.0, np.nan, INF]),
        (np.int8, [1.9, -1.9, 0.5]),
        (bool, [0.0, -0.0, 0.1, np.nan]),
    ],
)
def test_converts_as_numpy_does(dtype, numbers) -> None:
    """Fractions are cut off towards zero, and whatever is not 0 is true."""
    space = Box(0.0, 1.0, (len(numbers),), np.float64)
    came = np.array(numbers)

    theirs = Twin(environment(Box(0, 1, came.shape, np.int8)), dtype).observation(came)

    assert difference(theirs, shown(DtypeObservation(dtype), space, came)) is None


def test_a_dtype_that_is_there_already_passes() -> None:
    """The very time step; another one is new and read-only."""
    space = SPACES["float32"]
    wrapper, step = bound(DtypeObservation(np.float32), space), TimeStep(freeze(space.sample()))

    came = space.sample()

    assert step is wrapper.on_state(None, step)[1]
    assert is_new(shown(DtypeObservation(np.float64), space, came), came)


def test_a_number_stays_a_number() -> None:
    """A Discrete's element and one of shape () become numpy scalars, not arrays."""
    assert np.float32 is type(shown(DtypeObservation(np.float32), Discrete(3), 2))
    assert np.float64 is type(shown(DtypeObservation(float), SPACES["scalar"], np.array(0.5)))


@pytest.mark.parametrize(
    ("space", "dtype", "low", "high"),
    [
        (SPACES["unbounded"], np.int32, -(2**31), 2**31 - 1),
        (SPACES["unbounded"], np.int64, -(2**63), 2**63 - 1),
        (Box(np.array([0.0]), np.array([INF]), dtype=np.float64), np.int8, 0, 127),
    ],
)
def test_infinity_among_integers_is_the_last_of_them(space, dtype, low, high) -> None:
    """Gymnasium's conversion overflows, and it writes into the space of the environment."""
    before = (space.low.tolist(), space.high.tolist())

    ours = announced(DtypeObservation(dtype), space)

    assert Box(low, high, space.shape, dtype) == ours
    assert before == (space.low.tolist(), space.high.tolist())


@pytest.mark.parametrize(
    ("space", "dtype"),
    [
        (SPACES["multidiscrete"], np.uint8),
        (MultiDiscrete([256, 2]), np.uint8),
        (MultiDiscrete([100, 2], start=[100, 0]), np.int8),
        (Box(0.0, 2.0**31, (1,), np.float32), np.int32),
        (Box(0.0, 2.0**63, (1,), np.float64), np.int64),
        (SPACES["unbounded"], np.uint8),
        (SPACES["half bounded"], bool),
        (Box(-1e300, 1e300, (1,), np.float64), np.float32),
        (Box(0, 70_000, (1,), np.int32), np.float16),
        (Discrete(300), np.uint8),
    ],
)
def test_refuses_a_dtype_that_cannot_hold_the_space(space, dtype) -> None:
    """With its range, caused by a ValueError such as Gymnasium's Box raises."""
    with pytest.raises(BindError, match="out of bounds of the dtype range, from") as caught:
        DtypeObservation(dtype).bind(Below(space))

    assert ValueError is type(caught.value.__cause__)


@pytest.mark.parametrize("space", [Text(3), Dict(x=Discrete(2))])
def test_refuses_spaces_that_are_no_array(space) -> None:
    """As Gymnasium does, and in its words."""
    wrapper = DtypeObservation(np.float32)

    assert outcome(Twin, environment(space), np.float32) is outcome(wrapper.bind, Below(space))
    with pytest.raises(BindError, match="requires a Box, Discrete, MultiDiscrete, or MultiBinary"):
        wrapper.bind(Below(space))


@pytest.mark.parametrize("dtype", [None, complex, "foo", object, str, "datetime64[s]", 3])
def test_refuses_what_is_no_dtype_of_numbers(dtype) -> None:
    """At once, with Gymnasium's kind of error."""
    theirs = outcome(Twin, environment(SPACES["float32"]), dtype)

    assert theirs is outcome(DtypeObservation, dtype)
    assert theirs in (TypeError, ValueError)


@pytest.mark.parametrize("dtype", DTYPES)
def test_prints_so_that_it_can_be_read_back(dtype) -> None:
    """However it was given; types, names and dtypes of one kind are one."""
    wrapper = DtypeObservation(dtype)

    assert wrapper == eval(repr(wrapper))  # noqa: S307 - that is the claim
    assert DtypeObservation(np.float32) == DtypeObservation("float32") == DtypeObservation("f4")
    assert DtypeObservation("float32") != DtypeObservation("float64")
    assert "DtypeObservation(dtype='float64')" == repr(DtypeObservation(float))

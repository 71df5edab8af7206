"""NormalizeObservation."""

from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.error import InvalidBound
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import play
from statewrap.wrappers.normalize_observation import Moments, NormalizeObservation
from tests.wrappers.scripted import (
    IMAGE,
    VECTOR,
    WORLDS,
    Reused,
    in_columns,
    pick,
    scripted,
    strided,
)
from tests.wrappers.twins import both, make

KEY = Key.from_seed(0)
LEARN = NormalizeObservation(mode="learn")
MOMENTS = Moments(np.array([1.0, -2.0]), np.array([4.0, 0.25]), 100.0)
PAIR = spaces.Box(-9.0, 9.0, (2,), np.float64)
SPACES = {
    "float32": VECTOR,
    "float64": spaces.Box(-1.0, 1.0, (2, 3), np.float64),
    "float16": spaces.Box(-1.0, 1.0, (2,), np.float16),
    "image": IMAGE,
    "int64": spaces.Box(-(2**62), 2**62, (3,), np.int64),
    "scalar": spaces.Box(-1.0, 1.0, (), np.float32),
    "discrete": spaces.Discrete(5),
    "multibinary": spaces.MultiBinary(4),
    "empty": spaces.Box(-1.0, 1.0, (0,), np.float32),
}


class Twin:
    """Gymnasium's wrapper and this one, shown the same observations."""

    def __init__(self, space, statistics=None, *, learn=True, epsilon=1e-8) -> None:
        self.theirs = gym.wrappers.NormalizeObservation(scripted(space, [1]), epsilon)
        self.theirs.update_running_mean = learn
        if statistics is not None:
            rms = self.theirs.obs_rms
            rms.mean, rms.var, rms.count = statistics
        mode = "learn" if learn else "frozen"
        ours = NormalizeObservation(epsilon, statistics=statistics, mode=mode)
        self.ours = ours.bind(Below(space))
        self.memory = self.ours.initial(KEY)

    def show(self, observation) -> str | None:
        """Show both an observation, and say how what they show differs."""
        theirs = self.theirs.observation(observation)
        self.memory, shown = self.ours.on_state(self.memory, TimeStep(observation))
        return difference(theirs, shown.observation)

    def learned(self) -> Moments:
        """Return what Gymnasium's has learned."""
        rms = self.theirs.obs_rms
        return Moments(rms.mean, rms.var, rms.count)


def test_frozen_statistics_normalise_and_stay() -> None:
    """What is shown is (observation - mean) / sqrt(var), and nothing is kept."""
    wrapper = NormalizeObservation(statistics=MOMENTS)
    opening = TimeStep(np.array([3.0, -2.0]), first=True)
    step = TimeStep(np.array([1.0, -1.0]), reward=2.0, truncated=True, info={"a": 1})

    replies = play(wrapper, opening, Act(1), step, Reset(), below=Below(PAIR))

    wanted = [np.array(x, np.float32) for x in ([1, 0], [0, 2])]
    assert [
        opening.replace(observation=wanted[0]),
        Act(1),
        step.replace(observation=wanted[1]),
        Reset(),
    ] == replies
    assert wrapper.bind(Below(PAIR)).initial(KEY) is None


def test_learning_counts_an_observation_in_before_it_normalises() -> None:
    """The first one is nearly the mean, so that nearly 0 is shown; moments start at 1e-4."""
    wrapper = LEARN.bind(Below(PAIR))
    start = wrapper.initial(KEY)

    learned, shown = wrapper.on_state(start, TimeStep(np.array([3.0, -3.0]), first=True))

    assert same(Moments(np.zeros(2, np.float32), np.ones(2, np.float32), 1e-4), start)
    assert pytest.approx([0.0, 0.0], abs=0.1) == shown.observation.tolist()
    assert pytest.approx([3.0, -3.0], abs=1e-3) == learned.mean.tolist()
    assert learned.count == 1.0001


def test_what_was_learned_outlives_the_episode() -> None:
    """An opening counts on."""
    opening = TimeStep(np.array([3.0, -3.0]), first=True)
    wrapper = LEARN.bind(Below(PAIR))
    memory, once = wrapper.on_state(wrapper.initial(KEY), opening)

    _, twice = wrapper.on_state(wrapper.renew(memory, KEY), opening)
    played = play(LEARN, opening, Reset(), opening, opening, below=Below(PAIR))

    assert wrapper.renew(memory, KEY) is memory
    assert same([once, twice], [played[0], played[2]])
    assert not same(once, twice)


def test_learning_makes_new_moments_and_locks_them() -> None:
    """The memory before is as it was, and neither memory nor message can be written to."""
    wrapper = LEARN.bind(Below(PAIR))
    before = wrapper.initial(KEY)

    after, shown = wrapper.on_state(before, TimeStep(np.array([3.0, -3.0])))
    _, frozen = NormalizeObservation(statistics=after).bind(Below(PAIR)).on_state(None, shown)

    assert same(wrapper.initial(KEY), before)
    locked = (before.mean, before.var, after.mean, after.var, shown.observation, frozen.observation)
    assert not any(a.flags.writeable for a in locked)


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize("name", SPACES)
def test_agrees_with_gymnasium_in_every_space_that_has_a_shape(name, learn) -> None:
    """Observations, moments, their dtypes and the announced space are bit-equal."""
    space = SPACES[name]
    rng = np.random.default_rng(5)
    floats = [rng.uniform(0.1, 2, space.shape).astype(np.float32) for _ in range(2)]
    twin = Twin(space, None if learn else Moments(*floats, 50.0), learn=learn)
    space.seed(3)

    for _ in range(12):
        assert twin.show(space.sample()) is None
        assert not learn or same(twin.learned(), twin.memory)

    assert twin.theirs.observation_space == twin.ours.above(Below(space)).observation_space


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize("start", [np.float32, np.float64])
@pytest.mark.parametrize(
    "dtypes",
    [
        [np.float32],
        [np.float64],
        [np.bool_],
        [np.float32] * 3 + [np.float64, np.int16, np.float32],
    ],
)
def test_the_precision_of_moments_drifts_as_in_gymnasium(dtypes, start, learn) -> None:
    """The first float64 or integer observation makes them float64, for good."""
    rng = np.random.default_rng(5)
    statistics = Moments(*rng.uniform(0.1, 2, (2, 4)).astype(start), 50.0)
    twin = Twin(VECTOR, statistics, learn=learn)

    for dtype in dtypes * 3:
        assert twin.show((rng.normal(size=4) * 9).astype(dtype)) is None
        assert not learn or same(twin.learned(), twin.memory)


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_mean_and_var_may_have_two_precisions(dtype, learn) -> None:
    """Each keeps its own until an observation makes them equal, as in Gymnasium."""
    mean, var = np.full(4, 0.1, np.float32), np.full(4, 0.3, np.float64)
    twin = Twin(VECTOR, Moments(mean, var, 50.0), learn=learn)

    for _ in range(3):
        assert twin.show(VECTOR.sample().astype(dtype)) is None
        assert not learn or same(twin.learned(), twin.memory)


@pytest.mark.parametrize("present", [np.ndarray.tolist, tuple, strided, in_columns, Reused()])
@pytest.mark.parametrize("learn", [True, False])
def test_how_an_observation_comes_does_not_matter(present, learn) -> None:
    """Lists, and arrays however they lie in memory, show the same."""
    statistics = None if learn else Moments(np.ones(4, np.float32), np.ones(4, np.float32), 9.0)
    twin = Twin(VECTOR, statistics, learn=learn)

    for _ in range(4):
        assert twin.show(present(VECTOR.sample())) is None


@pytest.mark.parametrize("present", [int, float, np.float32, np.array])
@pytest.mark.parametrize("learn", [True, False])
def test_a_number_may_be_an_observation(present, learn) -> None:
    """Where the shape is (), what is shown is a numpy scalar."""
    statistics = None if learn else Moments(np.float32(0.1), np.float32(0.3), 9.0)
    twin = Twin(spaces.Discrete(9), statistics, learn=learn)

    for number in (3, 0, 8, 8):
        assert twin.show(present(number)) is None
        assert not learn or same(twin.learned(), twin.memory)


@pytest.mark.parametrize("epsilon", [1e-8, 1, 0.5, np.float32(1e-3), np.float64(1e-3)])
@pytest.mark.parametrize("learn", [True, False])
def test_epsilon_takes_part_in_numpys_promotion(epsilon, learn) -> None:
    """A numpy scalar is strong, a Python number weak; bits depend on it."""
    twin = Twin(VECTOR, Moments(*np.ones((2, 4), np.float32), 9.0), learn=learn, epsilon=epsilon)

    for _ in range(4):
        assert twin.show(VECTOR.sample()) is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(deadline=None)
@given(data=st.data())
def test_agrees_with_gymnasium_on_any_numbers(dtype, data) -> None:
    """Extreme, infinite and missing numbers are bit-equal, and so are moments of finite ones."""
    twin = Twin(spaces.Box(-1.0, 1.0, (2,), dtype))
    finite = True

    for _ in range(4):
        observation = data.draw(arrays(dtype, 2))
        finite = finite and bool(np.isfinite(observation).all())
        with np.errstate(all="ignore"):
            assert twin.show(observation) is None
        assert not finite or same(twin.learned(), twin.memory)


def test_an_infinite_observation_ruins_its_component_alone() -> None:
    """A listed difference: Gymnasium's var is NaN at once, here it is infinite at first."""
    twin = Twin(spaces.Box(-1.0, 1.0, (2,), np.float64))

    with np.errstate(invalid="ignore"):
        for observation in ([0.5, 0.5], [np.inf, 0.7]):
            assert twin.show(np.array(observation)) is None

    assert same(twin.learned().mean, twin.memory.mean)
    assert same(twin.learned().var[1], twin.memory.var[1])
    assert [True, True] == [np.isnan(twin.learned().var[0]), np.isinf(twin.memory.var[0])]


@pytest.mark.parametrize("name", WORLDS)
def test_learning_agrees_with_gymnasium(name) -> None:
    """Whole episodes are bit-equal, the openings and both kinds of end included."""
    theirs, ours = both(
        LEARN,
        gym.wrappers.NormalizeObservation,
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("present", [Reused, lambda: strided, lambda: in_columns])
@pytest.mark.parametrize("name", ["float32", "float64", "image"])
def test_learning_agrees_over_strange_environments(name, present) -> None:
    """Episodes of one step, and arrays that are reused or lie strangely, are bit-equal."""
    theirs, ours = both(
        LEARN,
        gym.wrappers.NormalizeObservation,
        lambda: scripted(SPACES[name], [1, 5, 2, 3], present=present()),
        pick,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("name", WORLDS)
def test_what_was_learned_is_put_to_use_as_in_gymnasium(name) -> None:
    """Gymnasium's wrapper learns, then stops; its obs_rms are the statistics here."""
    env = gym.wrappers.NormalizeObservation(make(name, max_episode_steps=20))
    env.reset(seed=1)
    for _ in range(9):
        env.step(WORLDS[name](np.random.default_rng(1)))

    def twin(other) -> gym.Env:
        frozen = gym.wrappers.NormalizeObservation(other)
        frozen.obs_rms, frozen.update_running_mean = env.obs_rms, False
        return frozen

    theirs, ours = both(
        NormalizeObservation(statistics=env.obs_rms),
        twin,
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    "given",
    [
        MOMENTS,
        MOMENTS._asdict(),
        SimpleNamespace(**MOMENTS._asdict()),
        {"mean": [1, -2], "var": [4.0, 0.25], "count": np.array(100), "name": "more"},
    ],
    ids=["moments", "mapping", "object", "lists"],
)
def test_takes_statistics_in_any_form(given) -> None:
    """Attributes or keys: mean, var and count are what is taken, as float arrays."""
    assert same(MOMENTS, NormalizeObservation(statistics=given).statistics)


def test_takes_the_statistics_of_a_numpy_file(tmp_path) -> None:
    """What `np.savez(file, **moments._asdict())` wrote is a mapping."""
    np.savez(tmp_path / "moments.npz", **MOMENTS._asdict())

    with np.load(tmp_path / "moments.npz") as given:
        assert same(MOMENTS, NormalizeObservation(statistics=given).statistics)


def test_copies_and_locks_the_statistics_it_is_given() -> None:
    """Changing the arrays later changes nothing, and their dtype is kept."""
    mean, var = np.zeros(2, np.float32), np.ones(2, np.float32)
    wrapper = NormalizeObservation(statistics=Moments(mean, var, 9))
    mean[0] = var[0] = 7.0

    kept = wrapper.statistics
    assert same(Moments(np.zeros(2, np.float32), np.ones(2, np.float32), 9.0), kept)
    assert not kept.mean.flags.writeable
    assert not kept.var.flags.writeable


def test_learning_starts_from_the_statistics() -> None:
    """So training can be continued; then the space below need not be known."""
    wrapper = NormalizeObservation(statistics=MOMENTS, mode="learn").bind(Below())

    assert same(MOMENTS, wrapper.initial(KEY))
    assert Moments in wrapper.memory_types


def test_never_learns_unless_told_to() -> None:
    """Without statistics it refuses, and says both cures."""
    with pytest.raises(ValueError, match=r"no statistics.*statistics=Moments\(.*mode=\"learn\""):
        NormalizeObservation()


@pytest.mark.parametrize("epsilon", [0, 0.0, -1e-8, float("-inf")])
def test_refuses_the_epsilon_that_gymnasium_refuses(epsilon) -> None:
    """The same type of error, with the argument and the value in its message."""
    with pytest.raises(InvalidBound, match=r"epsilon is .*expected a number above 0"):
        NormalizeObservation(epsilon, statistics=MOMENTS)
    with pytest.raises(InvalidBound):
        gym.wrappers.NormalizeObservation(scripted(VECTOR, [1]), epsilon)


def test_refuses_an_epsilon_that_is_no_number() -> None:
    """NaN would make every observation NaN, so it is refused, unlike in Gymnasium."""
    with pytest.raises(InvalidBound, match="epsilon is nan"):
        NormalizeObservation(float("nan"), statistics=MOMENTS)


@pytest.mark.parametrize("mode", ["learning", "", None, True])
def test_refuses_an_unknown_mode(mode) -> None:
    """There are two."""
    with pytest.raises(ValueError, match=r'mode is .*expected "frozen" or "learn"'):
        NormalizeObservation(statistics=MOMENTS, mode=mode)


@pytest.mark.parametrize(
    "given",
    [
        {"mean": [0.0], "var": [1.0]},
        SimpleNamespace(mean=[0.0], count=3),
        (np.zeros(1), np.ones(1), 3.0),
        "moments.npz",
        {"mean": ["x"], "var": [1.0], "count": 3},
        {"mean": [0.0], "var": None, "count": 3},
        {"mean": [0.0], "var": [1.0], "count": [3, 4]},
    ],
    ids=repr,
)
def test_refuses_what_are_no_statistics(given) -> None:
    """The message says what was given and what is expected."""
    with pytest.raises(TypeError, match=r"(?s)statistics is .*Expected Moments\(mean, var, count"):
        NormalizeObservation(statistics=given)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"mean": np.zeros(3)}, r"shape \(3,\), but var has \(2,\)"),
        ({"mean": np.array([0.0, np.nan])}, "NaN or infinity"),
        ({"var": np.array([0.0, np.inf])}, "NaN or infinity"),
        ({"var": np.array([1.0, -1e-9])}, "negative"),
        ({"count": -1.0}, "count is -1.0, expected 0 or more"),
        ({"count": float("nan")}, "count is nan"),
        ({"count": float("inf")}, "count is inf"),
    ],
)
def test_refuses_statistics_that_cannot_be_right(changed, wrong) -> None:
    """They would show NaN, or broadcast, without a word."""
    with pytest.raises(ValueError, match=f"statistics cannot be used: .*{wrong}"):
        NormalizeObservation(statistics=MOMENTS._replace(**changed))


def test_a_constant_component_and_a_count_of_0_are_statistics() -> None:
    """Epsilon keeps the division away from zero."""
    wrapper = NormalizeObservation(statistics=Moments(np.zeros(1), np.zeros(1), 0))

    _, shown = wrapper.bind(Below()).on_state(None, TimeStep(np.array([1.0])))

    assert pytest.approx([1e4]) == shown.observation.tolist()


def test_needs_the_space_to_learn_from_nothing() -> None:
    """Its shape is the shape of the moments."""
    with pytest.raises(BindError, match="needs the observation_space"):
        LEARN.bind(Below())


@pytest.mark.parametrize("space", [spaces.Dict(a=VECTOR), spaces.Text(3)])
@pytest.mark.parametrize("wrapper", [LEARN, NormalizeObservation(statistics=MOMENTS)])
def test_refuses_a_space_without_a_shape(wrapper, space) -> None:
    """As Gymnasium does, with a ValueError; here at `bind`."""
    with pytest.raises(BindError, match=r"(?s)observations with a shape, .* is (Dict|Text)\("):
        wrapper.bind(Below(space))
    with pytest.raises(ValueError, match="shape"):
        gym.wrappers.NormalizeObservation(scripted(space, [1]))


@pytest.mark.parametrize("mode", ["frozen", "learn"])
def test_refuses_statistics_of_another_shape_than_the_observations(mode) -> None:
    """Numpy might broadcast them without a word."""
    wrapper = NormalizeObservation(statistics=MOMENTS, mode=mode)

    with pytest.raises(BindError, match=r"(?s)statistics of shape \(2,\), .*Box\(.*\(4,\)"):
        wrapper.bind(Below(VECTOR))


def test_the_rest_of_what_is_known_passes_and_unknown_stays_unknown() -> None:
    """Only the observation space is another one above."""
    wrapper = NormalizeObservation(statistics=MOMENTS)
    below = Below(PAIR, spaces.Discrete(2), 9)

    above = wrapper.above(below)

    assert Below(spaces.Box(-np.inf, np.inf, (2,), np.float32), spaces.Discrete(2), 9) == above
    assert Below(max_episode_steps=9) == wrapper.above(Below(max_episode_steps=9))


def test_describes_itself() -> None:
    """What it prints makes an equal one; statistics count by content, dtype included."""
    frozen = NormalizeObservation(1e-3, statistics=MOMENTS)
    half = Moments(np.zeros(2, np.float32), np.ones(2, np.float32), 9.0)

    assert "NormalizeObservation(epsilon=1e-08, statistics=None, mode='learn')" == repr(LEARN)
    assert LEARN == eval(repr(LEARN)) == LEARN.bind(Below(PAIR))  # noqa: S307
    assert frozen == eval(repr(frozen)) == frozen.bind(Below(PAIR))  # noqa: S307
    assert frozen != NormalizeObservation(statistics=MOMENTS)
    assert frozen != NormalizeObservation(1e-3, statistics=MOMENTS, mode="learn")
    assert frozen != NormalizeObservation(1e-3, statistics=half)
    with pytest.raises(TypeError, match="positional"):
        NormalizeObservation(1e-8, MOMENTS)

"""NormalizeReward."""

from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidBound
from gymnasium.wrappers.utils import RunningMeanStd
from hypothesis import given, settings
from hypothesis import strategies as st

from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.normalize_observation import Moments
from statewrap.wrappers.normalize_reward import Discounted, NormalizeReward
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

KEY = Key.from_seed(0)
GO = Act("go")
LEARN = NormalizeReward(mode="learn")
CARRY = NormalizeReward(mode="learn", carry_return=True)
FOUR = Moments(mean=9.0, var=16.0, count=100.0)


def step(reward, **fields) -> TimeStep:
    """Make a time step with a reward."""
    return TimeStep("f", reward=reward, **fields)


def expected(gamma, *episodes) -> list:
    """Return the rewards that are shown, told with Gymnasium's moments, each episode by itself."""
    rms, shown = RunningMeanStd(shape=()), []
    for rewards in episodes:
        total = np.array([0.0])
        for reward in rewards:
            total = total * gamma + float(reward)
            rms.update(total)
            shown.append(reward / np.sqrt(rms.var + 1e-8))
    return shown


def rewards(replies) -> list:
    """Return the rewards that rise, those of openings left out."""
    return [r.reward for r in replies if type(r) is TimeStep and not r.first]


def test_divides_by_the_deviation_of_the_statistics() -> None:
    """The mean is not taken off; nothing else is changed, and nothing remembered."""
    frozen = NormalizeReward(statistics=FOUR)
    end = step(2.0, terminated=True, info={"x": 1}, time=3.0)

    replies = play(frozen, FIRST, GO, end)

    assert [FIRST, GO, end.replace(reward=2.0 / np.sqrt(np.float64(16.0) + 1e-8))] == replies
    assert frozen.initial(KEY) is None
    assert (None, False, False) == (frozen.renew(None, KEY), frozen.keeps, frozen.learns)


def test_learns_from_each_reward_and_then_divides_it() -> None:
    """The first one already counts; an opening brings none."""
    numbers = [1.0, -2.0, 0.5, 3.0]

    replies = play(LEARN, FIRST, *map(step, numbers))

    assert same(expected(0.99, numbers), rewards(replies))
    assert pytest.approx(70.7, abs=0.1) == rewards(replies)[0]
    assert FIRST == replies[0]


@pytest.mark.parametrize("end", [{"terminated": True}, {"truncated": True}, {}], ids=str)
@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_a_return_is_an_episodes_own(before, end) -> None:
    """However it ended, the next one begins with 0; the moments go on."""
    one = [step(1.0), step(2.0), step(3.0, **end)]
    two = [step(-1.0), step(0.5)]

    replies = play(NormalizeReward(0.5, mode="learn"), FIRST, *one, *before, FIRST, *two)

    assert same(expected(0.5, [1.0, 2.0, 3.0], [-1.0, 0.5]), rewards(replies))


def test_a_return_that_is_carried_goes_on() -> None:
    """Over a truncation and a reset; a termination leaves its last reward."""
    told = [step(1.0), step(2.0, truncated=True), Reset(), FIRST, step(4.0)]
    carry = Stack(NormalizeReward(0.5, mode="learn", carry_return=True))
    memory = carry.initial(KEY)
    totals = []
    for message in [FIRST, *told, step(8.0, terminated=True), Reset(), FIRST, step(2.0)]:
        memory, _ = carry.route(memory, message)
        totals.append(memory.wrappers[0].total)

    assert [0.0, 1.0, 2.5, 2.5, 2.5, 5.25, 8.0, 8.0, 8.0, 6.0] == totals


def test_what_outlives_an_episode_is_declared() -> None:
    """The moments; the return only where it is carried."""
    memory = Discounted(3.0, FOUR)

    assert (frozenset({"moments"}), True) == (LEARN.keeps, LEARN.learns)
    assert (True, True) == (CARRY.keeps, CARRY.learns)
    assert not NormalizeReward(statistics=FOUR, carry_return=True).keeps
    assert Discounted(0.0, FOUR) == LEARN.renew(memory, KEY)
    assert memory is CARRY.renew(memory, KEY)


def test_the_memory_is_made_of_plain_numbers() -> None:
    """Also after rewards of numpy's types; the memory before stays as it was."""
    before = LEARN.initial(KEY)

    after, _ = LEARN.on_state(before, step(np.float32(0.5)))

    assert Discounted(0.0, Moments(0.0, 1.0, 1e-4)) == before
    assert {float} == {type(number) for number in (after.total, *after.moments)}
    assert 1.0001 == after.moments.count


@pytest.mark.parametrize("gamma", [0.99, 0, 1, np.float32(0.9)])
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, gamma) -> None:
    """With the return carried, whole episodes are bit-equal."""
    theirs, ours = both(
        NormalizeReward(gamma, mode="learn", carry_return=True),
        lambda env: gym.wrappers.NormalizeReward(env, gamma),
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("reward", [float, np.float32, np.float16, np.float64, round, np.array])
@pytest.mark.parametrize("epsilon", [1e-8, 1, np.float32(0.1)])
def test_agrees_with_gymnasium_on_rewards_of_every_type(reward, epsilon) -> None:
    """And every kind of end, after one step too; zeros among the rewards."""
    theirs, ours = both(
        NormalizeReward(epsilon=epsilon, mode="learn", carry_return=True),
        lambda env: gym.wrappers.NormalizeReward(env, epsilon=epsilon),
        lambda: scripted(VECTOR, range(1, 9), reward=reward),
        pick,
        episodes=24,
    )

    assert difference(theirs, ours) is None


def test_the_first_episode_agrees_without_an_argument_up_to_its_termination() -> None:
    """Where Gymnasium's return is set to the last reward; here it is the episode's."""
    theirs, ours = both(
        LEARN, gym.wrappers.NormalizeReward, lambda: scripted(VECTOR, [9]), pick, episodes=1
    )

    assert difference(theirs[0][:-1], ours[0][:-1]) is None
    assert difference(theirs[0][-1], ours[0][-1]).startswith("[1]")


@settings(deadline=None)
@given(
    st.floats(0, 1),
    st.lists(
        st.tuples(st.floats() | st.sampled_from([0.0, -0.0]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=8,
    ),
)
def test_agrees_with_gymnasium_on_any_numbers(gamma, told) -> None:
    """Extreme, infinite and missing rewards are bit-equal, and so are the moments."""

    class World(gym.Env):
        """Gives these rewards."""

        observation_space = action_space = VECTOR

        def step(self, action):
            """Give one."""
            reward, terminated, truncated = told[action]
            return None, reward, terminated, truncated, {}

    env = gym.wrappers.NormalizeReward(World(), gamma)
    ours = NormalizeReward(gamma, mode="learn", carry_return=True)
    memory = ours.initial(KEY)

    with np.errstate(all="ignore"):
        for number, (reward, terminated, truncated) in enumerate(told):
            _, theirs, *_ = env.step(number)
            raw = step(reward, terminated=terminated, truncated=truncated)
            memory, shown = ours.on_state(memory, raw)
            assert same(theirs, shown.reward) or np.isnan([theirs, shown.reward]).all()
    learned = [float(env.return_rms.mean), float(env.return_rms.var), env.return_rms.count]
    assert np.array_equal(learned, memory.moments, equal_nan=True)
    assert np.array_equal(float(env.discounted_reward[0]), memory.total, equal_nan=True)


def test_what_was_learned_is_put_to_use_as_in_gymnasium() -> None:
    """Gymnasium's wrapper learns, then stops; its return_rms are the statistics here."""
    env = gym.wrappers.NormalizeReward(make("Pendulum-v1"))
    env.reset(seed=1)
    for _ in range(9):
        env.step(np.zeros(1, np.float32))

    def twin(other) -> gym.Env:
        frozen = gym.wrappers.NormalizeReward(other)
        frozen.return_rms, frozen.update_running_mean = env.return_rms, False
        return frozen

    theirs, ours = both(
        NormalizeReward(statistics=env.return_rms),
        twin,
        lambda: make("Pendulum-v1", max_episode_steps=20),
        WORLDS["Pendulum-v1"],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    "given",
    [
        FOUR,
        FOUR._asdict(),
        SimpleNamespace(**FOUR._asdict()),
        {"mean": 9, "var": np.float64(16), "count": np.array(100), "name": "more"},
        {"mean": np.array(9.0), "var": np.array(16, np.float32), "count": 100},
    ],
    ids=["moments", "mapping", "object", "numbers", "arrays"],
)
def test_takes_statistics_in_any_form(given) -> None:
    """Attributes or keys: mean, var and count are what is taken, as Python floats."""
    assert same(FOUR, NormalizeReward(statistics=given).statistics)


def test_learning_starts_from_the_statistics() -> None:
    """So training can be continued."""
    wrapper = NormalizeReward(statistics=FOUR, mode="learn")

    assert Discounted(0.0, FOUR) == wrapper.initial(KEY)
    assert {Discounted, Moments} == set(wrapper.memory_types)


def test_never_learns_unless_told_to() -> None:
    """Without statistics it refuses, and says both cures."""
    with pytest.raises(ValueError, match=r"no statistics.*statistics=Moments\(.*mode=\"learn\""):
        NormalizeReward()
    with pytest.raises(ValueError, match="mode is 'learning', expected one of 'frozen', 'learn'"):
        NormalizeReward(mode="learning")


@pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan"), float("inf")])
def test_refuses_the_gamma_that_gymnasium_refuses(gamma) -> None:
    """The same type of error, and its words."""
    words = r"`gamma` should be in the interval \[0, 1\]. Received"
    with pytest.raises(InvalidBound, match=words):
        NormalizeReward(gamma, statistics=FOUR)
    with pytest.raises(InvalidBound, match=words):
        gym.wrappers.NormalizeReward(make("CartPole-v1"), gamma)


@pytest.mark.parametrize("epsilon", [0, 0.0, -1e-8, float("-inf")])
def test_refuses_the_epsilon_that_gymnasium_refuses(epsilon) -> None:
    """The same type of error, and its words."""
    words = "`epsilon` should be strictly positive. Received"
    with pytest.raises(InvalidBound, match=words):
        NormalizeReward(epsilon=epsilon, statistics=FOUR)
    with pytest.raises(InvalidBound, match=words):
        gym.wrappers.NormalizeReward(make("CartPole-v1"), epsilon=epsilon)


def test_refuses_an_epsilon_that_is_no_number() -> None:
    """NaN would make every reward NaN, so it is refused, unlike in Gymnasium."""
    with pytest.raises(InvalidBound, match=r"strictly positive.*nan"):
        NormalizeReward(epsilon=float("nan"), statistics=FOUR)


@pytest.mark.parametrize(
    "given",
    [
        {"mean": 0.0, "var": 1.0},
        SimpleNamespace(mean=0.0, count=3),
        (0.0, 1.0, 3.0),
        "moments.npz",
        {"mean": "x", "var": 1.0, "count": 3},
        {"mean": np.zeros(1), "var": 1.0, "count": 3},
        {"mean": 0.0, "var": None, "count": 3},
        {"mean": True, "var": 1.0, "count": 3},
    ],
    ids=repr,
)
def test_refuses_what_are_no_statistics(given) -> None:
    """The message says what was given and what is expected; a return is one number."""
    with pytest.raises(TypeError, match=r"(?s)statistics is .*Expected Moments\(mean, var, count"):
        NormalizeReward(statistics=given)


@pytest.mark.parametrize(
    "changed",
    [
        {"mean": float("nan")},
        {"var": float("inf")},
        {"var": -1e-9},
        {"count": -1.0},
        {"count": float("nan")},
        {"count": float("inf")},
    ],
    ids=str,
)
def test_refuses_statistics_that_cannot_be_right(changed) -> None:
    """They would show NaN or 0 without a word."""
    with pytest.raises(ValueError, match=r"cannot be used: .*expected finite numbers"):
        NormalizeReward(statistics=FOUR._replace(**changed))
    assert NormalizeReward(statistics=Moments(0.0, 0.0, 0.0)).statistics == (0.0, 0.0, 0.0)


def test_needs_nothing_of_what_is_below() -> None:
    """And says nothing new above."""
    assert LEARN.bind(Below()) == LEARN
    assert Below(VECTOR) == LEARN.above(Below(VECTOR))


def test_describes_itself() -> None:
    """What it prints makes an equal one."""
    text = (
        "NormalizeReward(gamma=0.5, epsilon=1e-08, "
        "statistics=Moments(mean=9.0, var=16.0, count=100.0), mode='learn', carry_return=True)"
    )
    wrapper = NormalizeReward(0.5, statistics=FOUR, mode="learn", carry_return=True)

    assert text == repr(wrapper)
    assert wrapper == eval(text)  # noqa: S307 - the point of this repr
    assert wrapper != NormalizeReward(0.5, statistics=FOUR, mode="learn")
    with pytest.raises(TypeError, match="positional"):
        NormalizeReward(0.99, 1e-8, FOUR)

"""RecordEpisodeStatistics."""

from types import SimpleNamespace

import attrs
import gymnasium as gym
import numpy as np
import pytest

from statewrap.core.errors import WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.record_statistics import Episodes, RecordEpisodeStatistics, Tally
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

KEY = Key.from_seed(0)
OPENING = TimeStep("f0", first=True, time=10.0)
STEP = TimeStep("f1", reward=1.5, time=11.0)
END = TimeStep("f2", reward=2.0, terminated=True, info={"lives": 0}, time=12.5)
TOLD = {"r": 3.5, "l": 2, "t": 2.5}


@attrs.frozen
class Stamp(Wrapper[None]):
    """Takes the time from the info of a `Scripted` environment."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Stamp it."""
        return None, timestep.replace(time=timestep.info["now"])


def after(wrapper, *timesteps) -> Tally:
    """Return the memory after some time steps."""
    memory = wrapper.initial(KEY)
    for timestep in timesteps:
        if timestep.first:
            memory = wrapper.renew(memory, KEY)
        memory, _ = wrapper.on_state(memory, timestep)
    return memory


def test_tells_the_episode_in_the_info_of_its_last_time_step() -> None:
    """Return, length and seconds since the opening; everything else passes as it is."""
    replies = play(RecordEpisodeStatistics(), OPENING, Act(1), STEP, Act(1), END)

    told = END.replace(info={"lives": 0, "episode": TOLD})
    assert [OPENING, Act(1), STEP, Act(1), told] == replies


@pytest.mark.parametrize("flags", [{"truncated": True}, {"truncated": True, "terminated": True}])
def test_every_kind_of_end_is_told(flags) -> None:
    """A truncated episode is an episode."""
    end = TimeStep("f1", reward=1.0, **flags)

    told = play(RecordEpisodeStatistics(stats_key="stats"), FIRST, end)[-1]

    assert end.replace(info={"stats": {"r": 1.0, "l": 1, "t": 0.0}}) == told


def test_never_writes_into_the_info_it_is_given() -> None:
    """The dict belongs to the host, which may show it again."""
    info = {"lives": 0}
    end = END.replace(info=info)

    replies = play(RecordEpisodeStatistics(), OPENING, STEP, end, OPENING, STEP, end)

    assert {"lives": 0} == info
    assert [TOLD, TOLD] == [replies[2].info["episode"], replies[5].info["episode"]]


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_an_episode_that_is_given_up_is_not_counted(before) -> None:
    """Nothing of it is in the next one's statistics."""
    replies = play(RecordEpisodeStatistics(), FIRST, STEP, STEP, *before, OPENING, STEP, END)

    assert TOLD == replies[-1].info["episode"]
    assert (
        Episodes(1, (3.5,), (2,), (2.5,))
        == after(RecordEpisodeStatistics(), FIRST, STEP, STEP, OPENING, STEP, END).past
    )


def test_keeps_the_last_episodes_and_the_number_of_all() -> None:
    """The buffers are bounded, oldest first; the count is not."""
    wrapper = RecordEpisodeStatistics(buffer_length=2)
    ends = [END.replace(reward=float(i), time=10.0 + i) for i in range(4)]

    memory = after(wrapper, *(t for end in ends for t in (OPENING, end)))

    assert Episodes(4, (2.0, 3.0), (1, 1), (2.0, 3.0)) == memory.past
    assert same(Tally(0.0, 0, 0.0, memory.past), wrapper.renew(memory, KEY))
    assert (Tally, Episodes) == wrapper.memory_types


@pytest.mark.parametrize(("length", "kept"), [(0, ()), (1, (2.0,)), (None, (2.0, 2.0, 2.0))])
def test_a_buffer_of_any_length(length, kept) -> None:
    """0 keeps nothing, None everything, as a deque does."""
    memory = after(RecordEpisodeStatistics(length), *[OPENING, END] * 3)

    assert Episodes(3, kept, kept and (1,) * len(kept), kept and (2.5,) * len(kept)) == memory.past


def test_the_memory_in_an_episode_is_its_tally() -> None:
    """Return, length and when it opened; a new session has none."""
    wrapper = RecordEpisodeStatistics()

    assert same(Tally(0.0, 0, 0.0, Episodes()), wrapper.initial(KEY))
    assert same(Tally(1.5, 1, 10.0, Episodes()), after(wrapper, OPENING, STEP))


def test_a_step_after_the_end_counts_on_as_in_gymnasium() -> None:
    """No environment should show one; return and length go on, and the clock starts anew."""
    beyond = END.replace(time=20.0)

    replies = play(RecordEpisodeStatistics(), OPENING, END, beyond)

    assert {"r": 4.0, "l": 2, "t": 7.5} == replies[-1].info["episode"]


def test_asks_for_the_time() -> None:
    """It reads no clock."""
    assert frozenset({"time"}) == RecordEpisodeStatistics().needs


def test_seconds_are_rounded_to_six_digits() -> None:
    """As in Gymnasium."""
    end = END.replace(time=10.0 + 1 / 3)

    assert 0.333333 == play(RecordEpisodeStatistics(), OPENING, end)[-1].info["episode"]["t"]


@pytest.mark.parametrize("key", ["episode", "stats"])
def test_refuses_to_write_over_what_is_in_the_info(key) -> None:
    """Two of them need two keys; Gymnasium fails an assertion there."""
    twice = RecordEpisodeStatistics(stats_key=key) | RecordEpisodeStatistics(stats_key=key)

    with pytest.raises(WrapperError, match=f"already has the key '{key}'.*another stats_key"):
        play(twice, OPENING, END)
    play(RecordEpisodeStatistics() | RecordEpisodeStatistics(stats_key="more"), OPENING, END)


def test_the_key_may_be_in_the_info_of_any_other_time_step() -> None:
    """Only the last one is written to."""
    step = STEP.replace(info={"episode": 1})

    assert step == play(RecordEpisodeStatistics(), OPENING, step, END)[1]


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """Give Gymnasium's wrapper the environment's clock in place of its own."""
    clock = SimpleNamespace(now=0.0)
    fake = SimpleNamespace(perf_counter=lambda: clock.now)
    monkeypatch.setattr("gymnasium.wrappers.common.time", fake)
    return clock


class Ticking(gym.Wrapper):
    """Sets a clock to the time in the info of a `Scripted` environment."""

    def __init__(self, env, clock) -> None:
        super().__init__(env)
        self.clock = clock

    def reset(self, **options):
        """Set it."""
        observation, info = super().reset(**options)
        self.clock.now = info["now"]
        return observation, info

    def step(self, action):
        """Set it."""
        result = super().step(action)
        self.clock.now = result[4]["now"]
        return result


@pytest.mark.parametrize("reward", [float, np.float32, np.float64, np.float16, round, bool])
def test_agrees_with_gymnasium_the_time_included(clock, reward) -> None:
    """Every kind of end and type of reward is bit-equal, given one clock for both."""
    twins = []

    def twin(env) -> gym.Env:
        twins.append(gym.wrappers.RecordEpisodeStatistics(Ticking(env, clock), 3))
        return twins[0]

    theirs, ours = both(
        Stack(Stamp(), RecordEpisodeStatistics(3)),
        twin,
        lambda: scripted(VECTOR, [1, 4, 2, 7, 3], reward=reward),
        pick,
        episodes=7,
    )

    assert difference(theirs, ours) is None
    ends = [step[4]["episode"] for step in ours[0] if len(step) == 5 and (step[2] or step[3])]
    assert list(twins[0].return_queue) == [end["r"] for end in ends[-3:]]
    assert list(twins[0].time_queue) == [end["t"] for end in ends[-3:]]
    assert 7 == len(ends) == twins[0].episode_count


@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium_but_for_the_wall_clock(name) -> None:
    """Whole episodes of real environments are bit-equal; here nobody stamps a time."""
    theirs, ours = both(
        RecordEpisodeStatistics(),
        gym.wrappers.RecordEpisodeStatistics,
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    for shown in (theirs[0], ours[0]):
        ends = [step[-1]["episode"] for step in shown if "episode" in step[-1]]
        assert [True] * 4 == [end.pop("t") >= 0 for end in ends]
    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("length", "error"),
    [(1.5, TypeError), ("9", TypeError), (np.int64(9), TypeError), (-1, ValueError)],
)
def test_refuses_what_gymnasium_refuses(length, error) -> None:
    """The same type of error, with the argument and the value in its message."""
    with pytest.raises(error, match=r"buffer_length is .*expected"):
        RecordEpisodeStatistics(length)
    with pytest.raises(error):
        gym.wrappers.RecordEpisodeStatistics(make("CartPole-v1"), length)


def test_describes_itself() -> None:
    """What it prints makes an equal one."""
    record = RecordEpisodeStatistics(9, "stats")

    assert "RecordEpisodeStatistics(buffer_length=9, stats_key='stats')" == repr(record)
    assert record == eval(repr(record))  # noqa: S307 - the point of this repr
    assert record != RecordEpisodeStatistics(9)
    assert RecordEpisodeStatistics(100, "episode") == RecordEpisodeStatistics()

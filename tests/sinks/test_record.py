"""Record: every fact of a session, in memory or in a file, and the same in both."""

from __future__ import annotations

import json
from importlib import metadata

import numpy as np
import pytest

from statewrap import (
    Act,
    ConfigurationError,
    Deployment,
    Event,
    Stack,
    TimeStep,
    Wrapper,
)
from statewrap.core.events import FellBack, Opened, Unshown
from statewrap.core.fold import Report
from statewrap.gym import GymWrapper
from statewrap.sinks import Buffered, Record, Recording
from statewrap.sinks.recorded import Call, Header, Torn
from statewrap.sinks.watcher import Missed
from statewrap.wrappers import FrameStackObservation, RepeatAction, TimeLimit
from tests.sinks.worlds import Countdown, agent_over, run


def facts(record) -> list:
    """Return every fact that was recorded."""
    return [fact for call in record.recording.calls() for fact in call.facts]


def kinds(record) -> list[str]:
    """Return gap and kind of each fact, short."""
    return [f"{gap}{type(what).__name__}" for gap, what in facts(record)]


class Kept:
    """Keeps the facts as they came."""

    def __init__(self) -> None:
        self.facts = []

    def bind(self, stack): ...

    def wants_frame(self, *, first):
        return False

    def observe(self, facts, top):
        self.facts += facts


def test_every_message_at_every_gap_and_every_event_is_recorded() -> None:
    """In their order, with the stack and what is known at each gap."""
    record = Record()
    agent = agent_over(Countdown(1), TimeLimit(9), sinks=[record])
    run(Countdown(1), agent)

    up, down = ["0TimeStep", "1TimeStep"], ["1Act", "0Act"]
    end = ["1Ended", "1Reset", "0Reset", "1Closed"]
    assert [*up, "1Opened", *down, *up, *end] == kinds(record)
    header, *calls = record.recording
    assert ("TimeLimit(max_episode_steps=9)",) == header.wrappers
    assert ("Discrete(3)", "Discrete(3)") == tuple(done for _, done in header.spaces)
    assert [0, 1, 2] == [call.number for call in calls]


def test_what_is_read_is_what_came() -> None:
    """Message by message and event by event, observations and actions as plain values."""
    record, kept = Record(info=True), Kept()
    agent = Deployment(
        lambda seen: int(seen["b"]) % 2,
        RepeatAction(2) | TimeLimit(3),
        sinks=[record, kept],
        clock=iter(np.arange(99) / 8).__next__,
    )
    rewards = [0.1 + 0.2, -0.0, 1e-300, 3.0, 0.5, 0.25, 0.125]
    agent.act({"a": [1.5, 2.5], "b": 1.0}, info={"lives": 3})
    for at, reward in enumerate(rewards):
        events = [Event("sold", amount=at)]
        agent.act({"a": [0.5, at], "b": float(at)}, reward, info={"lives": at}, events=events)
    agent.close()

    assert kept.facts == facts(record)


def test_a_file_holds_what_memory_holds(tmp_path) -> None:
    """Each call as soon as it returns."""
    path = tmp_path / "record.jsonl"
    memory, file = Record(), Record(path)
    agent = agent_over(Countdown(), RepeatAction(2), sinks=[memory, file])
    observation, info = Countdown().reset()
    for call in range(3):
        agent.reset(observation, info) if call == 0 else agent.act(observation, 0.5)
        assert list(memory.recording) == list(Recording.load(path)) == list(file.recording)
    agent.close()

    assert list(memory.recording) == list(file.recording)
    for line in path.read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_actions_are_whole_and_large_observations_are_told_by_their_shape() -> None:
    """So a record of pictures stays small, and of an info there are the keys."""
    record = Record()
    agent = Deployment(lambda _: np.arange(100), sinks=[record])
    image = np.arange(72, dtype=np.uint8).reshape(8, 9)
    agent.act({"camera": image, "speed": np.float32("nan")}, info={"big": image})

    shown, opened, act = [what for _, what in facts(record)]
    assert {"camera": "uint8 (8, 9), 0 to 71", "speed": "NaN"} == shown.observation
    assert Opened() == opened
    assert list(range(100)) == act.action
    assert {"big": None} == shown.info


def test_values_of_infos_are_recorded_where_they_are_wanted() -> None:
    """Large arrays by their shape there too."""
    record = Record(info=True)
    agent = Deployment(len, sinks=[record])
    agent.act("a", info={"lives": 3, "names": np.full(65, "x"), "flags": (True, {"a": None})})

    told = facts(record)[0][1].info
    assert {"lives": 3, "names": "<U1 (65,)", "flags": [True, {"a": None}]} == told


def test_a_passing_message_says_nothing_anew(tmp_path) -> None:
    """A line grows with what the wrappers change, not with their number."""
    for name, stack in ("one", TimeLimit(9)), ("many", Stack(*[TimeLimit(9)] * 30)):
        agent = agent_over(Countdown(), stack, sinks=[Record(tmp_path / name)])
        run(Countdown(), agent)
    one, many = ((tmp_path / name).read_text().splitlines()[2] for name in ("one", "many"))

    assert 1 == many.count("observation")
    assert len(many) < len(one) + 29 * 40


@pytest.mark.parametrize("reward", [float("nan"), float("inf"), -float("inf"), 2, np.float32(0.1)])
def test_every_reward_reads_back_as_it_is_counted(reward) -> None:
    """As the float that it is."""
    record = Record()
    record.observe([(0, TimeStep("a", reward))], 0)

    assert repr(float(reward)) == repr(facts(record)[0][1].reward)


def test_what_is_no_number_is_no_reward() -> None:
    """It is printed in the file, and read as NaN."""
    record = Record()
    record.observe([(0, TimeStep("a", reward=object()))], 0)

    assert "nan" == repr(facts(record)[0][1].reward)


def test_what_a_fallback_answered_and_what_was_missed_is_recorded() -> None:
    """With what the stack was not shown."""

    class Explodes(Wrapper[None]):
        def on_state(self, memory, timestep):
            if timestep.observation == "x":
                raise OSError
            return memory, timestep

    record = Record()
    agent = Deployment(len, Explodes(), fallback=9, sinks=[record])
    agent.act("a")
    agent.act("x", 0.5)
    record.observe([(0, Missed(2))], 1)

    unshown, fell, missed = [what for _, what in facts(record)][-3:]
    assert type(unshown) is Unshown
    assert ("x", 0.5) == (unshown.timestep.observation, unshown.timestep.reward)
    assert type(fell) is FellBack
    assert (9, Missed(2)) == (fell.action, missed)


def test_the_statistics_of_an_episode_are_recorded_with_its_last_call() -> None:
    """So a page has the KPIs too; through a buffer as well."""
    record = Record()
    run(Countdown(2), agent_over(Countdown(), sinks=[Buffered(record)], session="line 3"))

    told = {r.name: r.values for call in record.recording.calls() for r in call.reports}
    assert {"episode_end", "deployment_closed"} == set(told)
    assert (2.0, "line 3") == (told["episode_end"]["return"], told["episode_end"]["session"])


def test_memory_keeps_the_last_calls() -> None:
    """However long the session is; their numbers say how many came before."""
    record = Record(calls=3)
    agent = Deployment(len, sinks=[record])
    agent.act("a")
    for _ in range(50):
        agent.act("b", 1.0)

    assert [48, 49, 50] == [call.number for call in record.recording.calls()]


def test_a_training_loop_is_recorded_too() -> None:
    """By the same sink."""
    record = Record()
    env = GymWrapper(Countdown(), FrameStackObservation(2), sinks=[record])
    env.reset()
    env.step(1)

    entered = [what for gap, what in facts(record) if type(what) is TimeStep and gap == 0]
    assert [[4.0, 4.0], [3.0, 1.0]] == [timestep.observation for timestep in entered]


def test_what_a_crash_has_torn_is_passed_over(tmp_path) -> None:
    """It is told by its line; whole lines before and after it are read."""
    path = tmp_path / "record.jsonl"
    agent = Deployment(len, sinks=[Record(path)])
    agent.act("a")
    before = list(Recording.load(path))
    with path.open("ab") as file:
        file.write(
            b'{"call":1,"facts":[[0,"Nothing",{}]]}\n{"call":1}\n[]\n{"call":2,"facts":[]}\n'
        )
        file.write(b'{"call":3,"fac')

    after = [Torn(3), Torn(4), Torn(5), Call(2, (), ()), Torn(7)]
    assert [*before, *after] == list(Recording.load(path))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no\n",
        b'{"event":"episode_end"}\n',
        b'{"call":0,"facts":[]}\n',
        b'{"record":1,"wrappers":[],"spaces":[],"statewrap":"1"}\n',
        b'{"record":1,"wra',
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_holds_no_record_is_told(tmp_path, text) -> None:
    """With what writes one."""
    (tmp_path / "log.jsonl").write_bytes(text)

    with pytest.raises(ConfigurationError, match=r"log.jsonl holds no record.*Record\(path\)"):
        Recording.load(tmp_path / "log.jsonl")


def test_a_record_of_another_format_is_told(tmp_path) -> None:
    """It may be right, and is not guessed at."""
    (tmp_path / "log.jsonl").write_bytes(b'{"record":7,"wrappers":[]}\n')

    with pytest.raises(ConfigurationError, match="has the format 7, but this statewrap reads 1"):
        Recording.load(tmp_path / "log.jsonl")


def test_a_number_of_calls_is_at_least_one() -> None:
    """And is told so."""
    with pytest.raises(ValueError, match="calls=0 was given"):
        Record(calls=0)


def test_a_record_that_was_given_to_nobody_is_empty() -> None:
    """It has no stack yet."""
    (header,) = Record().recording
    assert ((), (("unknown", "unknown"),)) == header[:2]
    assert isinstance(header, Header)
    assert ("Record()", "Record('a')") == (repr(Record()), repr(Record("a")))
    assert not Record().wants_frame(first=True)


def test_reports_alone_wait_for_the_facts_of_their_call() -> None:
    """Which come next."""
    record = Record()
    record(Report("progress", {"return": np.float64(0.5)}))
    assert [] == list(record.recording.calls())

    record.observe([(0, Act(1))], 0)
    (call,) = record.recording.calls()
    assert (Report("progress", {"return": 0.5}),) == call.reports


def test_the_version_is_told_where_it_is_known(monkeypatch) -> None:
    """A package that runs from its sources may not be installed."""

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)

    (header,) = Record().recording
    assert "unknown" == header.version

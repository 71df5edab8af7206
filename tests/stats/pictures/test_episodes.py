"""Episodes of a record: their ends, and that they are counted as the deployment counts."""

from __future__ import annotations

import numpy as np
import pytest

from statewrap import Act, Deployment, Reset, TimeStep
from statewrap.gym import GymWrapper
from statewrap.sinks import Record, Recording
from statewrap.stats import Reading, StatisticsSink
from statewrap.wrappers import RepeatAction, TimeLimit
from tests.sinks.worlds import Countdown, agent_over, run
from tests.stats.pictures.worlds import COUNTS, STACK, Cart, deployment, drive, recorded


def counts(values) -> dict:
    """Return the numbers that every session counts."""
    return {name: values[name] for name in COUNTS}


@pytest.mark.parametrize("stack", [None, RepeatAction(3), STACK], ids=["none", "skip", "all"])
@pytest.mark.parametrize("on_reset", ["request", "continue"])
def test_every_number_is_the_deployments_own(stack, on_reset) -> None:
    """Of each episode, the one given up included, and of the whole."""
    record, agent, ended = recorded(stack=stack, on_reset=on_reset)
    reading = Reading(record)
    views = list(reading)

    assert [counts(values) for values in ended] == [counts(v.counts) for v in views]
    assert [values["outcome"] for values in ended] == [view.outcome for view in views]
    assert [values["pace"] for values in ended] == [view.told["pace"] for view in views]
    (session,) = reading.sessions
    assert counts(agent.statistics) == counts(session.counts)
    assert agent.statistics["episodes"] == len(views) == reading.episodes


def test_the_rows_add_up_to_what_is_counted() -> None:
    """Nothing is left out, and nothing is there twice."""
    record, _, ended = recorded()

    views = [*Reading(record)]
    assert 1 < len(ended) <= len(views)
    for view in views:
        rewards = [row.reward for row in view.rows if row.reward is not None]
        processed = [row.processed for row in view.rows if row.processed is not None]
        assert view.counts["return"] == sum(rewards)
        assert view.counts["environment_steps"] == len(rewards)
        assert view.counts["processed_return"] == sum(processed)
        assert view.counts["skipped_steps"] == sum(row.skipped for row in view.rows)


def test_a_file_gives_the_same_as_memory(tmp_path) -> None:
    """Its name and its recording too."""
    path = tmp_path / "record.jsonl"
    record, _, _ = recorded(path=path)
    memory, _, _ = recorded()

    def seen(source):
        return [(v.counts, [(r.reward, r.action, r.by) for r in v.rows]) for v in Reading(source)]

    assert seen(memory) == seen(path) == seen(str(path)) == seen(record) == seen(record.recording)


def test_an_open_episode_is_there_as_far_as_it_came() -> None:
    """Of a live deployment: between two calls."""
    record = Record()
    agent = deployment(record, stack=None, session="cart 7")
    agent.reset(*Cart().reset(0))
    agent.act(np.zeros(4, np.float32), 1.0)

    reading = Reading(record)
    (view,) = reading
    assert ("open", 1.0, True) == (view.outcome, view.counts["return"], view.whole)
    assert {} == dict(view.told)
    assert 1.0 == reading.sessions[0].counts["return"]
    agent.close()
    reading = Reading(record)
    assert ["abandoned"] == [view.outcome for view in reading]
    assert "cart 7" == reading.sessions[0].name


def test_a_crash_interrupts_an_episode(tmp_path) -> None:
    """The next session in the file has one of its own."""
    path = tmp_path / "record.jsonl"
    for _ in range(2):
        agent = agent_over(Countdown(), sinks=[Record(path)])
        agent.reset(*Countdown().reset())
        agent.act(np.ones(2, np.float32), 1.0)

    reading = Reading(path)
    first, second = reading
    assert [("interrupted", 0, 0), ("open", 1, 1)] == [
        (view.outcome, view.session, view.number) for view in (first, second)
    ]
    assert ("interrupted", "interrupted") == first.rows[-1].marks[-1]
    assert [1.0, 1.0] == [session.counts["return"] for session in reading.sessions]


def test_a_restored_session_goes_on_in_its_record(tmp_path) -> None:
    """One session, counted as if nothing had happened, in the middle of an episode."""
    path, whole = tmp_path / "record.jsonl", Record()
    straight, cart = deployment(whole), Cart()
    expected = drive(straight, cart=cart)
    straight.close()

    cart, agent = Cart(), deployment(Record(path))
    action = agent.reset(*cart.reset(0))
    for _ in range(7):
        action = agent.act(*cart.step(action))
    saved = agent.snapshot()
    del agent  # the process dies
    agent = deployment(Record(path))
    agent.restore(saved)
    while action is not None:
        action = agent.act(*cart.step(action))
    for seed in 1, 2:
        action = agent.reset(*cart.reset(seed))
        while action is not None:
            action = agent.act(*cart.step(action))
    agent.close()

    reading = Reading(path)
    views = list(reading)
    assert [counts(values) for values in expected] == [counts(view.counts) for view in views]
    (session,) = reading.sessions
    assert counts(agent.statistics) == counts(session.counts)
    assert (1, 0, 0) == (session.restored, session.missed, session.left_out)
    assert 1 == sum(mark.kind == "restored" for row in views[0].rows for mark in row.marks)


def test_what_memory_left_out_is_counted() -> None:
    """An episode whose opening is gone says so."""
    record = Record(calls=3)
    run(Countdown(9), agent_over(Countdown(), sinks=[record]))

    reading = Reading(record)
    (view,) = reading
    (session,) = reading.sessions
    assert (8, 3) == (session.left_out, session.calls)
    assert (False, [1.0, 1.0]) == (view.whole, [row.reward for row in view.rows])


def test_torn_lines_are_counted(tmp_path) -> None:
    """And passed over."""
    path = tmp_path / "record.jsonl"
    run(Countdown(2), agent_over(Countdown(), sinks=[Record(path)]))
    with path.open("ab") as file:
        file.write(b'{"call":9,"fa')

    reading = Reading(path)
    assert [2.0] == [view.counts["return"] for view in reading]
    assert [6] == reading.torn


def test_an_empty_record_has_a_session_without_episodes() -> None:
    """A deployment that was not called yet."""
    record = Record()
    Deployment(len, TimeLimit(9), sinks=[record])

    reading = Reading(record)
    assert [] == list(reading)
    assert [(0, 0)] == [(s.calls, s.counts["episodes"]) for s in reading.sessions]
    assert ("TimeLimit(max_episode_steps=9)",) == reading.sessions[0].header.wrappers


def test_a_training_loop_is_counted_as_by_its_own_sink() -> None:
    """With an episode that was given up."""
    record, counted = Record(), StatisticsSink()
    env = GymWrapper(Countdown(5), RepeatAction(2), sinks=[record, counted])
    for steps in 2, 9:
        env.reset()
        for _ in range(steps):
            if env.step(1)[2]:
                break
    env.close()

    reading = Reading(record)
    assert ["abandoned", "terminated"] == [view.outcome for view in reading]
    assert counts(counted.statistics) == counts(reading.sessions[0].counts)


def test_episodes_are_read_one_by_one(tmp_path) -> None:
    """The next line is not read before the last episode was taken."""
    path, taken = tmp_path / "record.jsonl", []
    run(Countdown(2), agent_over(Countdown(), sinks=[Record(path)]), episodes=5)

    def lines():
        for line in path.read_bytes().splitlines(keepends=True):
            taken.append(line)
            yield line

    episodes = iter(Reading(Recording(lines, "lines")))
    next(episodes)
    assert 5 == len(taken)


def test_an_episode_that_was_given_up_before_the_record_began_is_told() -> None:
    """There is nothing to be seen of it."""
    record = Record(calls=1)
    agent = Deployment(len, sinks=[record])
    agent.act("a")
    agent.reset("b")

    gone, view = Reading(record)
    assert ("abandoned", [], False) == (gone.outcome, list(gone.rows), gone.whole)
    assert repr(view) == "<EpisodeView 1, open: 1 rows>"


def test_facts_of_a_kind_that_no_picture_shows_are_passed_over() -> None:
    """A reset before anything else, say."""
    record = Record()
    record.observe([(0, Reset()), (0, TimeStep("a", first=True)), (0, Act(1))], 0)

    assert [1] == [row.action for view in Reading(record) for row in view.rows]

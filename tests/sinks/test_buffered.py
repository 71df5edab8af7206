"""Buffered: a slow sink holds no act up, and loses nothing unseen."""

from __future__ import annotations

import contextvars
import gc
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import structlog

from statewrap import Deployment, Stack
from statewrap.core.fold import Report
from statewrap.gym import GymWrapper
from statewrap.sinks import (
    Buffered,
    JsonLinesSink,
    RenderCollection,
    StructlogSink,
    TrajectoryWatcher,
    Watcher,
)
from tests.sinks.worlds import Countdown, agent_over, run


class Gate:
    """A sink that waits until it is let through."""

    def __init__(self) -> None:
        self.open, self.entered, self.told = threading.Event(), threading.Event(), []

    def __call__(self, report):
        self.entered.set()
        assert self.open.wait(20)
        self.told.append(report.name)


def kpi(number) -> Report:
    """Return a report."""
    return Report(f"kpi {number}", {})


def test_all_is_told_in_order_by_the_end() -> None:
    """Reports and facts, by another thread."""
    threads = set()

    class Both(Watcher):
        told: list = []

        def opened(self, timestep):
            threads.add(threading.current_thread())
            self.told.append(timestep.observation)

        stepped = opened

        def close(self):
            self.told.append("closed")

        def __call__(self, report):
            self.told.append(report.name)

    sink = Both()
    with Deployment(len, sinks=[Buffered(sink)]) as agent:
        agent.act("a")
        agent.act("b", 1.0, terminated=True)

    assert ["a", "episode_end", "b", "deployment_closed", "closed"] == sink.told
    assert threading.current_thread() not in threads


def test_an_act_never_waits_for_a_slow_sink() -> None:
    """It is the end of a session that does."""
    gate = Gate()
    agent = Deployment(len, sinks=[Buffered(gate)])
    for name in "abc":
        agent.act(name)
        agent.act(name, 1.0, terminated=True)
    assert [] == gate.told

    threading.Timer(0.05, gate.open.set).start()
    agent.close()
    assert ["episode_end"] * 3 + ["deployment_closed"] == gate.told
    assert 0 == agent.sink_failures


def test_what_finds_the_queue_full_is_dropped_and_counted() -> None:
    """But for the end of a session, with which files are closed."""
    gate = Gate()
    buffered = Buffered(gate, size=2)
    buffered(kpi(0))
    assert gate.entered.wait(20)
    for number in range(1, 6):
        buffered(kpi(number))
    assert (2, 3) == (buffered.waiting, buffered.dropped)

    gate.open.set()
    buffered(Report("deployment_closed", {}))
    assert ["kpi 0", "kpi 1", "kpi 2", "deployment_closed"] == gate.told


def test_a_sink_of_episodes_is_told_that_it_missed_something() -> None:
    """It leaves the open one out, and goes on with the next."""

    class Slow(TrajectoryWatcher):
        def __init__(self):
            super().__init__()
            self.open, self.entered, self.kept = threading.Event(), threading.Event(), []

        def observe(self, facts, top):
            self.entered.set()
            assert self.open.wait(20)
            super().observe(facts, top)

        def episode(self, trajectory):
            self.kept.append("".join(trajectory.observations))

    slow = Slow()
    buffered = Buffered(slow, size=1)
    agent = Deployment(len, sinks=[buffered])
    agent.act("a")
    assert slow.entered.wait(20)
    for name in "bcd":
        agent.act(name, 1.0)
    slow.open.set()
    buffered.drain(20)
    agent.act("e", 1.0, terminated=True)
    buffered.drain(20)
    agent.act("f")
    buffered.drain(20)
    agent.act("g", 1.0, terminated=True)
    agent.close()

    assert (2, 1, ["fg"]) == (buffered.dropped, slow.incomplete, slow.kept)


def test_what_it_raises_is_counted_by_the_deployment_and_logged() -> None:
    """Each once; the first is logged. The others are told, and the act goes on."""
    told = []

    def broken(report):
        raise OSError(report.name)

    buffered = Buffered(broken)
    with structlog.testing.capture_logs() as logs:
        agent = Deployment(len, sinks=[buffered, told.append])
        for _ in range(3):
            agent.act("a")
            agent.act("b", 1.0, terminated=True)
            buffered.drain(20)
        agent.close()

    failures = [log for log in logs if log["event"] == "sink_failed"]
    assert ["episode_end"] * 3 + ["deployment_closed"] == [report.name for report in told]
    assert 4 == agent.sink_failures
    assert "Buffered(<function" in failures[0]["sink"]
    assert "OSError('episode_end')" == failures[0]["error"]


def test_several_errors_at_the_end_come_together() -> None:
    """None is lost."""
    buffered = Buffered(lambda report: 1 / 0)
    buffered(kpi(0))
    with pytest.raises(ExceptionGroup, match="raised 2 times") as group:
        buffered(Report("deployment_closed", {}))

    assert [ZeroDivisionError, ZeroDivisionError] == [type(e) for e in group.value.exceptions]


def test_the_end_of_a_session_waits_so_long_and_no_longer() -> None:
    """What is not told by then, is told later."""
    gate = Gate()
    buffered = Buffered(gate, patience=0.02)
    buffered(kpi(0))
    with pytest.raises(TimeoutError, match=r"reports and calls still wait for .* after 0\.02 s"):
        buffered(Report("deployment_closed", {}))
    assert not buffered.drain(0.0)

    gate.open.set()
    assert buffered.drain(20)
    assert ["kpi 0", "deployment_closed"] == gate.told


def test_an_empty_queue_is_drained_at_once() -> None:
    """No thread was started for it."""
    assert Buffered(print).drain(0.0)


def test_a_sink_is_asked_at_once_what_it_wants() -> None:
    """And only for what it has."""
    pictures = Buffered(RenderCollection())
    steps = Buffered(StructlogSink(levels={"step": "critical"}))

    assert (True, False) == (pictures.wants_frame(first=True), pictures.wants("step"))
    assert (False, True) == (steps.wants_frame(first=True), steps.wants("step"))
    assert (True, False) == (pictures.takes_facts, steps.takes_facts)
    assert not Buffered(print).wants("step")


def test_a_gap_that_is_not_there_is_told_at_once() -> None:
    """Where the sink is given."""
    with pytest.raises(ValueError, match="RenderCollection is to watch gap 7"):
        Deployment(len, sinks=[Buffered(RenderCollection(gap=7))])


@pytest.mark.parametrize("wrong", [{"size": 0}, {"patience": -1}, {"patience": float("nan")}])
def test_a_number_below_its_least_is_refused(wrong) -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match="was given, expected"):
        Buffered(print, **wrong)


def test_the_hosts_context_variables_reach_the_sink() -> None:
    """As they were at the call: structlog's among them."""
    request, seen = contextvars.ContextVar("request"), []
    buffered = Buffered(lambda report: seen.append(request.get()))
    for number in range(3):
        request.set(number)
        buffered(kpi(number))
    buffered.drain(20)

    assert [0, 1, 2] == seen


def test_a_snapshot_and_a_restore_lose_nothing() -> None:
    """The queue is no part of them."""
    gate = Gate()
    agent = Deployment(len, sinks=[Buffered(gate)])
    agent.act("a")
    agent.act("b", 1.0, terminated=True)
    agent.restore(agent.snapshot())
    agent.act("c")
    agent.act("d", 1.0, terminated=True)
    gate.open.set()
    agent.close()

    assert ["episode_end", "episode_end", "deployment_closed"] == gate.told


def test_a_training_loop_may_buffer_too() -> None:
    """A watcher, in any loop."""
    pictures = Buffered(RenderCollection())

    class Drawn(Countdown):
        metadata = {"render_modes": ["rgb_array"]}
        render_mode = "rgb_array"

        def render(self):
            return np.full((2, 2, 3), self.left, np.uint8)

    env = GymWrapper(Drawn(), Stack(), sinks=[pictures])
    env.reset()
    env.step(0)
    env.close()

    assert [4, 3] == [frame[0, 0, 0] for frame in pictures.sink.render()]


def test_sessions_in_threads_share_a_queue(tmp_path) -> None:
    """Every report of each is told, in its order."""
    sink = Buffered(JsonLinesSink(tmp_path / "log.jsonl"), size=100_000, patience=60)

    def serve(name):
        run(Countdown(), agent_over(Countdown(), sinks=[sink], session=name), episodes=50)

    threads = [threading.Thread(target=serve, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    for name in "abcd":
        mine = [line for line in told if line["session"] == name]
        assert list(range(50)) == [line["episode"] for line in mine[:-1]]
        assert "deployment_closed" == mine[-1]["event"]


def test_a_buffer_that_is_gone_leaves_no_thread() -> None:
    """Once it has told what waited."""
    told = []
    buffered = Buffered(told.append)
    buffered(kpi(0))
    thread = buffered._worker._thread
    del buffered
    gc.collect()
    thread.join(20)

    assert not thread.is_alive()
    assert ["kpi 0"] == [report.name for report in told]


UNCLOSED = """
import sys, time
from statewrap import Deployment
from statewrap.sinks import Buffered, JsonLinesSink

class Slow:
    def __init__(self):
        self.file = JsonLinesSink(sys.argv[1])
    def __call__(self, report):
        time.sleep(0.01)
        self.file(report)

agent = Deployment(abs, sinks=[Buffered(Slow())])
for _ in range(20):
    agent.act(1)
    agent.act(2, 0.5, terminated=True)
"""


def test_the_end_of_the_process_waits_too(tmp_path) -> None:
    """Though nothing was closed."""
    path = tmp_path / "log.jsonl"
    subprocess.run([sys.executable, "-c", UNCLOSED, str(path)], check=True, cwd=Path.cwd())

    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert list(range(20)) == [line["episode"] for line in told]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork")  # by JAX, where another test has loaded it
def test_a_forked_process_tells_its_own(tmp_path) -> None:
    """What waits when it is forked is told once, by the process that was told it."""
    gate, path = Gate(), tmp_path / "log.jsonl"
    file = JsonLinesSink(path)

    def slow(report):
        gate(report)
        file(report)

    buffered = Buffered(slow)
    buffered(kpi("of the parent"))
    assert gate.entered.wait(20)
    buffered(kpi("that waits"))
    child = os.fork()
    if child == 0:
        gate.open.set()
        buffered(kpi("of the child"))
        os._exit(0 if buffered.drain(20) else 1)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    gate.open.set()
    buffered.drain(20)
    file.close()

    told = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert ["kpi of the child", "kpi of the parent", "kpi that waits"] == told


def test_an_act_is_no_dearer_than_the_queue() -> None:
    """A sink that takes 20 ms a report does not show in the time of an act."""
    agent = Deployment(abs, sinks=[Buffered(lambda report: time.sleep(0.02), patience=20)])
    slowest = 0.0
    for _ in range(20):
        started = time.perf_counter()
        agent.act(1)
        agent.act(2, 0.5, terminated=True)
        slowest = max(slowest, time.perf_counter() - started)
    started = time.perf_counter()
    agent.close()

    assert time.perf_counter() - started > 10 * slowest


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork")  # by JAX, where another test has loaded it
def test_a_process_forked_while_the_queue_is_full_drops_nothing() -> None:
    """What waits is the other process's, and so is what was raised and dropped for it."""
    gate, told = Gate(), []

    class Slow(Watcher):
        def opened(self, timestep):
            told.append(timestep.observation)

        stepped = opened

        def missed(self):
            told.append("missed")

        def __call__(self, report):
            gate(report)

    agent = Deployment(len, sinks=[Buffered(Slow(), size=2, patience=20)])
    for _ in range(4):
        agent.reset("a")
        agent.act("b", 1.0, terminated=True)
    buffered = agent._sinks[0]
    assert buffered.dropped
    child = os.fork()
    if child == 0:
        dropped = buffered.dropped
        gate.open.set()
        told.clear()
        agent.reset("c")
        drained = buffered.drain(20)
        right = (dropped, ["missed", "c"]) == (buffered.dropped, told)
        os._exit(0 if drained and right else 1)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    gate.open.set()
    agent.close()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_would_end_the_thread_is_a_failure(error) -> None:
    """It is counted, and all that waits is told."""
    told = []

    def broken(report):
        told.append(report.name)
        if len(told) == 1:
            raise error

    agent = Deployment(len, sinks=[Buffered(broken)])
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            agent.reset("a")
            agent.act("b", 1.0, terminated=True)
        agent.close()

    assert [*["episode_end"] * 5, "deployment_closed"] == told
    assert 1 == agent.sink_failures
    assert error.__name__ in logs[0]["error"]


@pytest.mark.parametrize("nothing", ["x", None, 3, [print]])
def test_what_is_no_sink_is_refused(nothing) -> None:
    """When the buffer is made."""
    with pytest.raises(TypeError, match="is no sink: expected a function of a Report"):
        Buffered(nothing)

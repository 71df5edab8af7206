"""What sinks raise: each is counted, the first of a kind is told whole, later ones sparsely."""

from __future__ import annotations

import threading

import pytest
import structlog

from statewrap import Deployment, Stack
from statewrap.core.fold import Report
from statewrap.gym import GymWrapper
from statewrap.sinks import Buffered, Watcher
from statewrap.sinks.failures import Failures
from statewrap.stats import StatisticsSink
from tests.sinks.worlds import Countdown


class Full:
    """A sink of every step, on a disk that is full."""

    def wants(self, name):
        return True

    def __call__(self, report):
        raise OSError(28, "No space left on device")


class Blind(Watcher):
    """A watcher that cannot see."""

    def opened(self, timestep):
        raise OSError("no picture")

    def stepped(self, timestep):
        self.opened(timestep)

    def wants_frame(self, *, first):
        raise ZeroDivisionError


def failed(logs) -> list[dict]:
    """Return the lines that tell of a sink that failed."""
    return [line for line in logs if line["event"] == "sink_failed"]


def acted(agent, steps) -> None:
    """Open an episode and take so many steps."""
    agent.act("a")
    for _ in range(steps):
        agent.act("b", 1.0)


def test_a_sink_that_always_fails_is_counted_and_logged_sparsely() -> None:
    """The first whole; of the later ones the tenth, the hundredth, ..., each on one line."""
    with structlog.testing.capture_logs() as logs:
        agent = Deployment(len, sinks=[Full()])
        acted(agent, 119)

    told = failed(logs)
    assert 120 == agent.sink_failures
    assert [1, 10, 100] == [line["failures"] for line in told]
    assert [True, False, False] == ["exc_info" in line for line in told]
    assert {"OSError(28, 'No space left on device')"} == {line["error"] for line in told}
    assert {"error"} == {line["log_level"] for line in told}


def test_each_kind_of_error_of_each_sink_is_told_whole_once() -> None:
    """A sink that fails in another way, or another sink, is not hidden by the first."""
    errors = [OSError(28, "full"), OSError(28, "full"), OSError(5, "broken"), KeyError("a")]
    failures, one, other = Failures(), Full(), Full()
    with structlog.testing.capture_logs() as logs:
        for sink in (one, other):
            for error in errors:
                failures.note(sink, "step", error)

    assert [28, 5, "a"] * 2 == [line["exc_info"].args[0] for line in failed(logs)]
    assert 8 == failures.count


def test_an_error_that_another_line_raises_is_told_whole_too() -> None:
    """Though it is of the same type."""

    def broken(report):
        if report.name == "a":
            raise ValueError
        raise ValueError(report)

    failures = Failures()
    with structlog.testing.capture_logs() as logs:
        for name in "abab":
            failures.tell(broken, "step", broken, Report(name, {}))

    assert "ValueError()" == failed(logs)[0]["error"]
    assert [1, 1] == [line["failures"] for line in failed(logs)]


@pytest.mark.parametrize("strange", ["number", "property"])
def test_an_error_that_is_strange_itself_costs_no_act(strange) -> None:
    """One whose number has no hash, or raises when it is asked for."""

    class StrangeError(Exception):
        @property
        def errno(self):
            raise RuntimeError

    def broken(report):
        raise (StrangeError if strange == "property" else OSError)([1], "words")

    with structlog.testing.capture_logs() as logs:
        agent = Deployment(len, sinks=[broken])
        assert 1 == agent.act("a")
        agent.act("b", 1.0, terminated=True)

    assert (1, 1) == (agent.sink_failures, len(failed(logs)))


def test_a_sink_may_call_something_of_its_own_untold() -> None:
    """That is a word of `Buffered` alone."""
    sink = Blind()
    sink.untold = "stories"

    assert 0 == Deployment(len, sinks=[sink]).sink_failures


def test_each_deployment_tells_its_own_first_failure() -> None:
    """No state is shared, even where the sink is."""
    sink = Full()
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            acted(Deployment(len, sinks=[sink]), 2)

    assert 3 == len(failed(logs))


def test_a_fork_counts_what_its_own_sinks_raise() -> None:
    """Those of the original are none of its."""
    agent = Deployment(len, sinks=[Full()])
    with structlog.testing.capture_logs():
        acted(agent, 1)
        fork = agent.fork(sinks=[Full()])
        fork.act("c", 1.0)

    assert (2, 1) == (agent.sink_failures, fork.sink_failures)


def test_a_sink_that_raises_when_it_is_asked_is_counted_too() -> None:
    """Whether it was asked for steps or for pictures."""

    class Asked(Full):
        def wants(self, name):
            raise KeyError(name)

    with structlog.testing.capture_logs():
        agent = Deployment(len, sinks=[Asked(), Blind()])
        assert not agent.wants_frame
        agent.act("a")

    assert 3 == agent.sink_failures


def test_a_training_loop_logs_as_sparsely() -> None:
    """Its watchers, and the sinks of its statistics."""
    with structlog.testing.capture_logs() as logs:
        env = GymWrapper(Countdown(30), Stack(), sinks=[Blind(), StatisticsSink(sinks=[Full()])])
        for _ in range(12):
            env.reset()
            env.step(0)

    told = [(line["report"], line["failures"]) for line in failed(logs)]
    assert [("facts", 1), ("facts", 10)] == [line for line in told if line[0] == "facts"]
    assert [1, 10] == [count for report, count in told if report == "episode_end"]


@pytest.mark.parametrize("steps", [5, 250])
def test_behind_a_buffer_every_failure_counts(steps) -> None:
    """As many as without one, at the end at the latest, also those that came too fast."""
    counts = []
    for sink in (Full(), Buffered(Full(), size=10_000)):
        with structlog.testing.capture_logs() as logs:
            agent = Deployment(len, sinks=[sink])
            acted(agent, steps)
            agent.close()
        counts.append(agent.sink_failures)
        assert "exc_info" in failed(logs)[0]

    assert [steps + 3] * 2 == counts


def test_after_a_drain_the_count_is_whole() -> None:
    """Though no call has come since that could log it."""
    buffered = Buffered(Full())
    with structlog.testing.capture_logs() as logs:
        agent = Deployment(len, sinks=[buffered])
        acted(agent, 40)
        assert buffered.drain(20)
        assert 41 == agent.sink_failures
        agent.act("b", 1.0)
        buffered.drain(20)

    assert 42 == agent.sink_failures
    assert failed(logs)


def test_what_fails_after_the_end_of_patience_counts_as_well() -> None:
    """Beside the patience itself."""
    gate = threading.Event()

    def late(report):
        assert gate.wait(20)
        raise OSError(report.name)

    buffered = Buffered(late, patience=0.01)
    with structlog.testing.capture_logs():
        agent = Deployment(len, sinks=[buffered])
        agent.act("a")
        agent.close()
        assert 1 == agent.sink_failures  # a TimeoutError
        gate.set()
        assert buffered.drain(20)

    assert 3 == agent.sink_failures


def test_a_buffer_keeps_a_bounded_number_of_errors_and_counts_the_others() -> None:
    """The group that it raises says how many there were."""
    buffered = Buffered(Full(), size=1000)
    for _ in range(150):
        buffered._put(buffered.sink, Report("kpi", {}), always=False)

    with pytest.raises(ExceptionGroup, match="raised 151 times") as raised:
        buffered(Report("deployment_closed", {}))

    assert 100 == len(raised.value.exceptions)

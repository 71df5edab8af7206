"""Measure what sinks cost on W1: steps that nobody logs, steps that are logged, and queues.

    python tests/benchmarks/sinks.py [--rounds 200] [--steps 150]

Each row is a deployment of its own with frozen statistics, interleaved with the others in one
process; CPU time an act, medians over the rounds, and of what is more than without sinks. The
queue's row does not count what its own thread does.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).parent))

from w1 import always_one, deployment_row
from workload import ACTIONS, OBSERVATIONS, stack

from statewrap import Deployment
from statewrap.sinks import ActionRecorder, Buffered, CsvSink, JsonLinesSink, StructlogSink, feed
from statewrap.sinks.failures import Failures

Run = Callable[[int], None]


def made(*sinks: Any) -> Run:
    """Return a host that calls `act`."""
    agent = Deployment(
        always_one,
        stack(learn=False),
        observation_space=OBSERVATIONS,
        action_space=ACTIONS,
        sinks=sinks,
    )
    return deployment_row(agent)


def logger() -> Any:
    """Return a host's logger: JSON at info level, into memory that is given back."""

    class Forgetful(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    return structlog.wrap_logger(
        structlog.PrintLogger(Forgetful()),  # type: ignore[arg-type]  # a text stream
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
    )


def nothing(_: Any) -> None:
    """Take a report."""


def rows(folder: Path) -> dict[str, Run]:
    """Return every row of the table."""
    off: dict[str, Any] = {"step": "debug", "episode_end": None}
    on: dict[str, Any] = {"step": "info", "episode_end": None}
    log = logger()
    return {
        "no sink": made(),
        "no sink, again": made(),
        "`StructlogSink()`: episodes alone": made(StructlogSink(log)),
        "... steps at a level that is off, no episodes": made(StructlogSink(log, levels=off)),
        "... steps, one of 100": made(StructlogSink(log, levels=on, every=100)),
        "... steps, 10 a second": made(StructlogSink(log, levels=on, per_second=10)),
        "... steps, each": made(StructlogSink(log, levels=on)),
        "`JsonLinesSink(steps=True)`": made(JsonLinesSink(folder / "a.jsonl", steps=True)),
        '`CsvSink(kind="step")`': made(CsvSink(folder / "a.csv", kind="step")),
        "`ActionRecorder(path)`": made(ActionRecorder(folder / "b.jsonl")),
        "`Buffered`, reports of episodes": made(Buffered(nothing, size=10_000)),
    }


def asked(sink: Any, calls: int = 1_000_000) -> float:
    """Return what it costs an act to ask a sink whether it wants its step, in microseconds."""
    askable, failures = feed.steppers([sink]), Failures()
    started = time.thread_time()
    for _ in range(calls):
        if askable:
            feed.wanting(askable, "step", failures)
    whole, started = time.thread_time() - started, time.thread_time()
    for _ in range(calls):
        pass
    return (whole - (time.thread_time() - started)) / calls * 1e6


def measured(table: dict[str, Run], rounds: int, steps: int) -> dict[str, tuple[float, float]]:
    """Return the median time an act of each row in microseconds, and that of what is more.

    What is more is taken round by round; rows take turns at being the first.
    """
    times: dict[str, list[float]] = {name: [] for name in table}
    for run in table.values():
        run(500)
    names = list(table)
    for turn in range(rounds):
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            started = time.thread_time()
            table[name](steps)
            times[name].append((time.thread_time() - started) / steps * 1e6)
    bare = times["no sink"]
    more = {name: [a - b for a, b in zip(row, bare, strict=True)] for name, row in times.items()}
    return {name: (median(row), median(more[name])) for name, row in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cost = measured(rows(Path(folder)), options.rounds, options.steps)
    bare, _ = cost["no sink"]
    print("| sinks on W1 | µs an act | more than none | × |\n|---|--:|--:|--:|")
    for name, (micro, more) in cost.items():
        print(f"| {name} | {micro:.2f} | {more:+.2f} | {1 + more / bare:.3f} |")
    never, off = StructlogSink(logger()), StructlogSink(logger(), levels={"step": "debug"})
    print(
        f"\nAsking alone: {asked(never):.3f} µs without a level, {asked(off):.3f} µs with one off."
    )


if __name__ == "__main__":
    main()

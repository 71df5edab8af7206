"""Measure what statistics cost on W1, and what they hold after a million acts in one episode.

    python tests/benchmarks/counting.py [--rounds 14] [--steps 4000] [--acts 1000000]

Rows are interleaved in one process; CPU time an act, medians over the rounds. "None" folds nothing.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import attrs

sys.path.insert(0, str(Path(__file__).parent))

from w1 import always_one, deployment_row, measured
from workload import ACTIONS, OBSERVATIONS, stack, transitions

from statewrap import Act, Deployment, Event, Stack, TimeStep
from statewrap.core.events import Fact
from statewrap.stats import Statistic, Statistics
from statewrap.wrappers import TimeLimit

Run = Callable[[int], None]


class Nothing:
    """Statistics that count nothing."""

    memory_types = ()
    form = ()
    stamps = False

    def initial(self) -> None:
        """Begin with nothing."""

    def observe(self, state: None, facts: Any, top: int, span: Any = None) -> tuple[None, Any]:
        """Stay with nothing."""
        return None, ()


CUSTOM = {
    "reward, three reducers": Statistic("r", "reward", episode=("mean", "min", "max")),
    "one component of the observation": Statistic("x", "observation", key=0),
    "rewards by action": Statistic("by", "reward", by="action"),
    "quantiles of an act's time": Statistic("q", "agent_time", episode="quantiles"),
}


def made(statistics: Any = (), **options: Any) -> Deployment:
    """Return a deployment of W1 with frozen statistics of its own."""
    return Deployment(
        always_one,
        stack(learn=False),
        observation_space=OBSERVATIONS,
        action_space=ACTIONS,
        sinks=(),
        statistics=statistics,
        **options,
    )


def without() -> Deployment:
    """Return the same deployment, which counts nothing."""
    deployment = made()
    deployment._rules = attrs.evolve(deployment._rules, statistics=Nothing())
    deployment._session = attrs.evolve(deployment._session, tally=None)
    return deployment


def rows() -> dict[str, Run]:
    """Return every row."""
    table = {
        "none": deployment_row(without()),
        "**default**": deployment_row(made()),
        "with windows": deployment_row(made(report_every=1000)),
        "with the time of each wrapper": deployment_row(made(Statistics(time_wrappers=True))),
    }
    for name, statistic in CUSTOM.items():
        table[name] = deployment_row(made([statistic]))
    return table


def fold_rows() -> dict[str, float]:
    """Return what the fold alone takes for one act of W1, in microseconds."""
    fold = made()._counting
    raw = TimeStep(0, 1.0)
    facts: list[Fact] = [*((gap, raw) for gap in range(6)), *((5 - n, Act(1)) for n in range(6))]
    skipped: list[Fact] = [(0, raw), (1, raw), (1, Act(1)), (0, Act(1))]
    event: list[Fact] = [(0, Event("sold", amount=3)), *facts]
    found: dict[str, float] = {}
    for name, given in {"straight": facts, "skipped": skipped, "with an event": event}.items():
        state, times = fold.initial(), []
        for _ in range(20):
            began = time.process_time()
            for _ in range(5000):
                state, _reports = fold.observe(state, given, 5, (0.0, 0.5))
            times.append((time.process_time() - began) / 5000 * 1e6)
        found[name] = median(times)
    return found


def held(acts: int) -> Iterable[tuple[int, int, int]]:
    """Play one episode; tell now and then how large snapshot (bytes) and process (KiB) are."""
    endless = Stack(*[wrapper for wrapper in stack(learn=False) if type(wrapper) is not TimeLimit])
    deployment = Deployment(
        always_one,
        endless,
        observation_space=OBSERVATIONS,
        action_space=ACTIONS,
        sinks=(),
        statistics=[*CUSTOM.values()],
    )
    steps = transitions(4096)
    deployment.act(steps[0][0])
    for done in range(1, acts + 1):
        observation, reward, *_ = steps[done % 4096]
        deployment.act(observation, reward)
        if done in {acts // 1000, acts // 100, acts // 10, acts}:
            gc.collect()
            yield (
                done,
                len(deployment.snapshot()),
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--acts", type=int, default=1_000_000)
    options = parser.parse_args()
    cost = measured(rows(), options.rounds, options.steps)
    none = cost["none"]
    print("| statistics on W1 | µs an act | × none | more than none |\n|---|--:|--:|--:|")
    for name, micro in cost.items():
        print(f"| {name} | {micro:.2f} | {micro / none:.3f} | {micro - none:+.2f} |")
    print("\n| the fold alone | µs |\n|---|--:|")
    for name, micro in fold_rows().items():
        print(f"| {name} | {micro:.2f} |")
    print("\n| acts in one episode | snapshot, bytes | process, KiB |\n|--:|--:|--:|")
    for acts, snapshot, memory in held(options.acts):
        print(f"| {acts:,} | {snapshot:,} | {memory:,} |")


if __name__ == "__main__":
    main()

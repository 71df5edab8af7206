"""Measure W1, each row interleaved with the others in one process; print a Markdown table.

    python tests/benchmarks/w1.py [--rounds 12] [--steps 2000]

CPU time per step of the environment, medians over the rounds. Read the ratios: microseconds
drift with the machine.
"""

from __future__ import annotations

import argparse
import os
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium

sys.path.insert(0, str(Path(__file__).parent))

from floors import frozen, learning
from workload import ACTIONS, OBSERVATIONS, Replay, gymnasium_stack, stack, transitions
from workload import statistics as known

from statewrap import Act, Below, Deployment, FunctionPolicy, Key, Stack, TimeStep
from statewrap.core.drivers import initial_agent, push
from statewrap.gym import GymWrapper

Run = Callable[[int], None]


def always_one(_: Any) -> int:
    """Decide, as cheaply as can be."""
    return 1


def floor_row(*, learn: bool) -> Run:
    """Return the fastest straight-line function with Gymnasium's outputs."""
    steps = transitions(4096)
    reset, step = learning() if learn else frozen(known()["mean"], known()["var"])
    reset(steps[0][0])
    place = 0

    def run(count: int) -> None:
        nonlocal place
        for _ in range(count):
            observation, reward, terminated, truncated, _ = steps[place % 4096]
            place += 1
            _, _, terminated, truncated, _ = step(observation, reward, terminated, truncated, {})
            always_one(None)
            if terminated or truncated:
                reset(observation)

    return run


def loop_row(env: gymnasium.Env[Any, Any]) -> Run:
    """Return an agent that owns the loop over an environment."""
    env.reset()

    def run(count: int) -> None:
        for _ in range(count):
            _, _, terminated, truncated, _ = env.step(always_one(None))
            if terminated or truncated:
                env.reset()

    return run


def push_row(*, learn: bool) -> Run:
    """Return the push driver over a stack."""
    steps = transitions(4096)
    bound = stack(learn=learn).bind(Below(OBSERVATIONS, ACTIONS))
    policy = FunctionPolicy(always_one)
    agent = initial_agent(bound, policy, Key.from_seed(0))
    agent, _ = push(bound, policy, agent, TimeStep(steps[0][0], first=True))
    place, clock = 0, time.perf_counter

    def run(count: int) -> None:
        nonlocal agent, place
        for _ in range(count):
            observation, reward, terminated, truncated, _ = steps[place % 4096]
            place += 1
            timestep = TimeStep(observation, reward, terminated, truncated, {}, False, clock())
            agent, command = push(bound, policy, agent, timestep, over=terminated)
            if type(command) is not Act:
                opening = TimeStep(observation, first=True, time=clock())
                agent, command = push(bound, policy, agent, opening)

    return run


def deployment_row(deployment: Deployment) -> Run:
    """Return a host that calls `act`."""
    steps = transitions(4096)
    deployment.act(steps[0][0])
    place = 0

    def run(count: int) -> None:
        nonlocal place
        for _ in range(count):
            observation, reward, terminated, truncated, _ = steps[place % 4096]
            place += 1
            action = deployment.act(observation, reward, terminated, truncated, {})
            if action is None:
                deployment.act(observation)

    return run


def threads_row(*, learn: bool, cores: set[int]) -> Run:
    """Return Gymnasium's loop in a second thread, its `step` suspended between two calls."""
    steps = transitions(4096)
    states: queue.SimpleQueue[Any] = queue.SimpleQueue()
    actions: queue.SimpleQueue[Any] = queue.SimpleQueue()

    class Suspended(Replay):
        """An environment whose step waits for the host."""

        def reset(self, **_: Any) -> tuple[Any, dict[str, Any]]:
            return steps[0][0], {}

        def step(self, action: Any) -> Any:
            actions.put(action)
            return states.get()

    env = gymnasium_stack(Suspended([]), learn=learn)

    def serve() -> None:
        os.sched_setaffinity(0, cores)
        loop_row(env)(sys.maxsize)

    threading.Thread(target=serve, daemon=True).start()
    actions.get()
    place = 0

    def run(count: int) -> None:
        nonlocal place
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
        for _ in range(count):
            observation, reward, terminated, truncated, _ = steps[place % 4096]
            place += 1
            states.put((observation, reward, terminated, truncated, {}))
            actions.get()
        os.sched_setaffinity(0, before)

    return run


def rows(*, learn: bool) -> dict[str, Run]:
    """Return every row of one table."""
    cores = os.sched_getaffinity(0)
    spaces = {"observation_space": OBSERVATIONS, "action_space": ACTIONS}
    return {
        "bit-equal floor, straight-line": floor_row(learn=learn),
        "**stack + push driver**": push_row(learn=learn),
        "`Deployment.act`, default checks and statistics": deployment_row(
            Deployment(always_one, stack(learn=learn), sinks=(), **spaces)
        ),
        "`GymWrapper`, pull driver": loop_row(
            GymWrapper(Replay(transitions(4096)), stack(learn=learn))
        ),
        "**Gymnasium's wrappers in their own loop**": loop_row(
            gymnasium_stack(Replay(transitions(4096)), learn=learn)
        ),
        "the same behind two threads, one core": threads_row(learn=learn, cores={min(cores)}),
        "the same behind two threads, free": threads_row(learn=learn, cores=cores),
    }


def shell_rows() -> dict[str, Run]:
    """Return the cost of the shell alone: an empty stack."""
    spaces = {"observation_space": OBSERVATIONS, "action_space": ACTIONS}
    agent_stack = Stack()
    policy = FunctionPolicy(always_one)
    agent = initial_agent(agent_stack, policy, Key.from_seed(0))
    agent, _ = push(agent_stack, policy, agent, TimeStep(0, first=True))

    def driver(count: int) -> None:
        for _ in range(count):
            push(agent_stack, policy, agent, TimeStep(0, 1.0))

    return {
        "push driver, empty stack": driver,
        "`Deployment.act`, empty stack, default checks": deployment_row(
            Deployment(always_one, sinks=(), **spaces)
        ),
        "`Deployment.act`, empty stack, check='always'": deployment_row(
            Deployment(always_one, sinks=(), check="always", **spaces)
        ),
    }


def measured(table: dict[str, Run], rounds: int, steps: int) -> dict[str, float]:
    """Return the median time per step of each row in microseconds, rows interleaved."""
    times: dict[str, list[float]] = {name: [] for name in table}
    for run in table.values():
        run(200)
    for _ in range(rounds):
        for name, run in table.items():
            clock = time.perf_counter if "two threads" in name else time.process_time
            started = clock()
            run(steps)
            times[name].append((clock() - started) / steps * 1e6)
    return {name: statistics.median(row) for name, row in times.items()}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    for title, learn in (("learning", True), ("frozen", False)):
        cost = measured(rows(learn=learn), options.rounds, options.steps)
        floor = cost["bit-equal floor, straight-line"]
        own = cost["**Gymnasium's wrappers in their own loop**"]
        print(f"\n| W1, {title} statistics | µs | × floor | × Gymnasium |\n|---|--:|--:|--:|")
        for name, micro in cost.items():
            print(f"| {name} | {micro:.2f} | {micro / floor:.1f} | {micro / own:.2f} |")
    print("\n| the shell alone | µs |\n|---|--:|")
    for name, micro in measured(shell_rows(), options.rounds, options.steps).items():
        print(f"| {name} | {micro:.2f} |")


if __name__ == "__main__":
    main()

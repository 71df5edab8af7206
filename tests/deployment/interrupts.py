"""Interrupt a deployment at random moments, and look whether it is whole; a program."""

from __future__ import annotations

import signal
from typing import Any

from statewrap import Deployment
from statewrap.wrappers import RepeatAction, TimeLimit

TIMES = 400


class Interrupted(KeyboardInterrupt):
    """What the timer raises."""


def interrupt(*_: Any) -> None:
    """Raise in whatever the program is doing."""
    raise Interrupted


def main() -> None:
    """Make calls under a timer; then count."""
    stack = TimeLimit(10**6) | RepeatAction(2)
    deployment = Deployment(lambda seen: seen, stack, sinks=(), seed=1)
    deployment.act(0)
    signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    while interrupted < TIMES:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.00003 + 0.000001 * (interrupted % 60))
            for _ in range(200):
                deployment.act(1, 1.0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            interrupted += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    deployment.act(1, 1.0)
    assert deployment.step - 1 == deployment.statistics["environment_steps"]
    assert float(deployment.step - 1) == deployment.statistics["return"]
    print("usable")  # noqa: T201 - what the test waits for


if __name__ == "__main__":
    main()

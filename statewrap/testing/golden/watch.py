"""The time of a recorded deployment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from statewrap.deployment import Deployment

WALL_CLOCKS: Final = (time.perf_counter, time.monotonic, time.time)


class Watch:
    """The clock of a recorded deployment: its own, watched, or one that is set call by call."""

    def __init__(self, deployment: Deployment, times: Callable[[int], float] | None) -> None:
        """Take the place of the deployment's clock."""
        self.calls = -1
        self.read: float | None = None
        """The time of the call, in seconds since the session opened; None if nobody asked."""
        self._deployment, self._times, self._clock = deployment, times, deployment._clock  # noqa: SLF001
        deployment._clock = self._now  # noqa: SLF001 - a host cannot set the time, a replay has to
        if times is not None:
            deployment._started = 0.0  # noqa: SLF001

    def next(self) -> None:
        """Go on to the next call."""
        self.calls, self.read = self.calls + 1, None

    def _now(self) -> float:
        now = self._clock() if self._times is None else self._times(self.calls)
        self.read = now - self._deployment._started  # noqa: SLF001
        return now


def wall_clock(deployment: Deployment) -> bool:
    """Tell whether a deployment's time is the time of day, which no run has twice."""
    return deployment._clock in WALL_CLOCKS  # noqa: SLF001

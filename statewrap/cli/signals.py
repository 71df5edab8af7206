"""SIGTERM and SIGINT as a quiet end, at a moment when nothing is half done."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class Stopped(SystemExit):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number
        """What a shell reports of a process that a signal ended."""
        super().__init__(self.status)


class Signals:
    """Raises `Stopped` when a signal comes; while `held`, only at the next `check`."""

    def __init__(self) -> None:
        self.held = False
        self._caught: int | None = None
        for number in _STOPPING:
            signal.signal(number, self._on)

    def check(self) -> None:
        """Raise `Stopped` if a signal came while it was held."""
        if self._caught is not None:
            raise Stopped(self._caught)

    def ignore(self) -> None:
        """Ignore further signals: the process is ending."""
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)

    def _on(self, number: int, _: FrameType | None) -> None:
        again = self._caught is not None
        self._caught = number
        if again or not self.held:  # who asks twice does not want to wait
            raise Stopped(number)

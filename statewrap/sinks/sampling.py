"""Which of many are let through: each n-th, and no more than so many a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import final


@final
class Sampling:
    """Counts, and says whose turn it is.

    Args:
        every: one of so many, the first of them; at least 1.
        per_second: at most so many a second, in a burst at most that many and at least one; None
            is without a limit.
        clock: gives seconds.

    Raises:
        ValueError: if a number is below its least.

    >>> sampling = Sampling(every=3)
    >>> [(sampling.due(), sampling.taken())[0] for _ in range(5)]
    [True, False, False, True, False]
    >>> sampling.left_out
    3
    """

    def __init__(
        self,
        every: int = 1,
        per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not every >= 1:
            raise ValueError(f"every={every!r} was given, expected a whole number from 1.")
        if per_second is not None and not per_second > 0:
            raise ValueError(f"per_second={per_second!r} was given, expected a number above 0.")
        self.left_out = 0
        """How many had no turn, in all."""
        self._every, self._per_second, self._clock = every, per_second, clock
        self._number = 0
        self._told = 0
        self._burst = max(1.0, per_second or 1.0)
        self._tokens, self._filled = self._burst, clock()

    def due(self) -> bool:
        """Count one, and tell whether it is its turn."""
        number, self._number = self._number, self._number + 1
        due = number % self._every == 0 and self._has_token()
        self.left_out += not due
        return due

    def taken(self) -> int:
        """Return how many were left out since this was last asked."""
        since, self._told = self.left_out - self._told, self.left_out
        return since

    def _has_token(self) -> bool:
        if self._per_second is None:
            return True
        now = self._clock()
        earned = max(0.0, now - self._filled) * self._per_second
        self._tokens, self._filled = min(self._burst, self._tokens + earned), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

"""Who chooses: everything drawn is drawn by these few methods, from dice or from hypothesis."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Choices(Protocol):
    """A source of choices."""

    def integer(self, low: int, high: int) -> int:
        """Choose a number between two, both included."""

    def real(self, low: float, high: float, width: int) -> float:
        """Choose a finite number between two, both included, that fits 16, 32 or 64 bits."""

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of some; the first is the simplest."""


class Dice:
    """Choices by a pseudo-random generator of their own.

    >>> Dice(0).integer(1, 6) == Dice(0).integer(1, 6)
    True
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing secret

    def integer(self, low: int, high: int) -> int:
        """Choose a number between two, both included; the ends more often."""
        if self._random.random() < 0.1:
            return self._random.choice([low, high])
        return self._random.randint(low, high)

    def real(self, low: float, high: float, width: int) -> float:
        """Choose a finite number between two, both included."""
        drawn = self._random.uniform(low, high)
        if self._random.random() < 0.3 and low <= round(drawn) <= high:
            return float(round(drawn))
        code = {16: "e", 32: "f", 64: "d"}[width]
        return min(max(float(*struct.unpack(code, struct.pack(code, drawn))), low), high)

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of some."""
        return self._random.choice(options)

"""What is counted of every session: numbers that add up, and how they spread over episodes."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final, NamedTuple

TIMES: Final = ("agent_seconds", "wait_seconds", "wrapper_seconds")
"""What depends on the clock, so that a second run gives something else."""


class Counts(NamedTuple):
    """Sums over some stretch of a session."""

    environment_steps: int = 0
    returned: float = 0.0
    """Sum of the environment's rewards."""
    length: int = 0
    """How many time steps the policy was shown, opening ones apart."""
    processed: float = 0.0
    """Sum of the rewards that the policy was shown."""
    policy_calls: int = 0
    fallbacks: int = 0
    skipped: int = 0
    """Environment steps after which the policy was shown no step of its own."""
    agent_seconds: float = 0.0
    wait_seconds: float = 0.0
    wrapper_seconds: tuple[float, ...] = ()
    """Of each wrapper from the bottom up, and of the policy; empty if not asked for."""

    def plus(self, other: Counts) -> Counts:
        """Add two stretches."""
        return self._each(operator.add, other)

    def minus(self, other: Counts) -> Counts:
        """Take a stretch away from one that it is part of."""
        return self._each(operator.sub, other)

    def _each(self, operation: Any, other: Counts) -> Counts:
        pairs = zip_longest(self.wrapper_seconds, other.wrapper_seconds, fillvalue=0.0)
        seconds = tuple(operation(a, b) for a, b in pairs)
        return Counts._make([*map(operation, self[:-1], other[:-1]), seconds])

    def shown(self) -> dict[str, Any]:
        """Return the counts under the names by which they are reported."""
        return {
            "return": self.returned,
            "processed_return": self.processed,
            "length": self.length,
            "policy_calls": self.policy_calls,
            "environment_steps": self.environment_steps,
            "skipped_steps": self.skipped,
            "fallbacks": self.fallbacks,
        }

    def times(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the seconds, those of wrappers under their names."""
        shown = {"agent_seconds": self.agent_seconds, "wait_seconds": self.wait_seconds}
        if not self.wrapper_seconds:
            return shown
        return {**shown, "wrapper_seconds": dict(zip(names, self.wrapper_seconds, strict=True))}


class Spread(NamedTuple):
    """How a number spreads over episodes: Welford's mean and squares, least and greatest."""

    episodes: int
    mean: float
    squares: float
    least: float
    most: float

    def add(self, number: float) -> Spread:
        """Add the number of one more episode."""
        away = number - self.mean
        mean = self.mean + away / (self.episodes + 1)
        squares = self.squares + away * (number - mean)
        return Spread(
            self.episodes + 1, mean, squares, min(self.least, number), max(self.most, number)
        )

    def shown(self, name: str) -> dict[str, float]:
        """Return mean, standard deviation, least and greatest."""
        std = (self.squares / self.episodes) ** 0.5
        return {
            f"{name}_mean": self.mean,
            f"{name}_std": std,
            f"{name}_min": self.least,
            f"{name}_max": self.most,
        }


class Epoch(NamedTuple):
    """The episodes since the last epoch ended."""

    number: int = 0
    episodes: int = 0
    spreads: Mapping[str, Spread] = {}
    actions: Any = None
    """What was counted of their actions; None of no episodes."""

    def with_episode(self, values: Mapping[str, Any], actions: Any = None) -> Epoch:
        """Add the numbers of one more episode; what is no finite number is left out.

        Args:
            values: the episode's.
            actions: what was counted of the actions of all episodes, this one included.
        """
        spreads = dict(self.spreads)
        for name, value in values.items():
            if type(value) in (int, float) and abs(value) <= _FINITE:
                old = spreads.get(name)
                first = Spread(1, float(value), 0.0, value, value)
                spreads[name] = first if old is None else old.add(value)
        return Epoch(self.number, self.episodes + 1, spreads, actions)

    def shown(self) -> dict[str, Any]:
        """Return the epoch's number, how many episodes it has, and how their numbers spread."""
        shown: dict[str, Any] = {"epoch": self.number, "episodes": self.episodes}
        for name, spread in self.spreads.items():
            shown.update(spread.shown(name))
        return shown


_FINITE: Final = 1.7976931348623157e308

"""Quantiles of a stream in bounded memory: the sketch of Masson, Rim and Lee.

DDSketch, "A fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.
A number x > 0 goes into bin ceil(log(x) / log(g)) with g = (1 + error) / (1 - error), so that a
bin's middle is within `error` of all that lies in it. Negative numbers have bins of their own.
The sketch does not depend on the order of what comes.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.registry import register
from statewrap.stats.reducers import BY_NAME, Reducer, several
from statewrap.stats.values import single

MAX_BINS: Final = 2048
"""How many bins a sign may have; beyond that, those nearest to 0 become one."""
WAITING: Final = 32
"""How many numbers wait to be put into bins together, as a bin's count is a new dict."""


class Sketch(NamedTuple):
    """What is known of a stream of numbers."""

    waiting: tuple[float, ...]
    above: Mapping[int, int]
    """Bin to count, of the numbers above 0."""
    below: Mapping[int, int]
    """Bin to count, of those below 0, by their distance from it."""
    zeros: int
    least: float = math.inf
    """Of those in bins, as the greatest is."""
    most: float = -math.inf


def _ranks(given: Any) -> tuple[float, ...]:
    return several(given, "ranks", "(0.5, 0.99)")


@register("Quantiles")
@attrs.frozen
class Quantiles(Reducer):
    """Quantiles, each at most `error` of its own size from the true one.

    None lies below the least number or above the greatest; p0 and p100 are these.
    With 2,048 bins a sign, that holds for numbers whose sizes lie within a factor of
    exp(4096 * error) of the largest (1e17 for 0.01); smaller ones count as the smallest kept.
    At most 4,096 bins and 32 numbers are remembered.

    Args:
        ranks: 0 (the least) to 1 (the greatest); their results are called p0 to p100.
        error: relative, above 0 and below 1.

    >>> quantiles = Quantiles((0.5, 0.99))
    >>> sketch = quantiles.initial()
    >>> for number in range(1001):
    ...     sketch = quantiles.add(sketch, number)
    >>> [round(number) for number in quantiles.results(sketch)]
    [498, 983]
    """

    ranks: tuple[float, ...] = attrs.field(default=(0.5, 0.9, 0.99), converter=_ranks)
    error: float = attrs.field(default=0.01)

    memory_types = (Sketch,)

    @ranks.validator
    def _within(self, _: Any, ranks: tuple[float, ...]) -> None:
        if not ranks or not all(0 <= rank <= 1 for rank in ranks):
            raise ValueError(f"ranks is {ranks}, expected numbers from 0 to 1: (0.5, 0.99).")

    @error.validator
    def _relative(self, _: Any, error: float) -> None:
        if not 0 < error < 1:
            raise ValueError(f"error is {error}, expected a number above 0 and below 1.")

    @property
    def names(self) -> tuple[str, ...]:
        """What the quantiles are called."""
        return tuple(f"p{rank * 100:g}".replace(".", "_") for rank in self.ranks)

    @property
    def _step(self) -> float:
        """The logarithm of how much wider each bin is than the one before."""
        return math.log1p(2 * self.error / (1 - self.error))

    def initial(self) -> Sketch:
        """Return the state of nothing."""
        return Sketch((), {}, {}, 0)

    def add(self, state: Sketch, value: Any) -> Sketch:
        """Return the state with one more value."""
        number = single(value)
        if not math.isfinite(number):
            raise TypeError(f"{number} has no place among quantiles")
        waiting = (*state[0], number)
        if len(waiting) < WAITING:
            return Sketch(waiting, *state[1:])
        return self._binned(state._replace(waiting=waiting))

    def _binned(self, state: Sketch) -> Sketch:
        above, below, zeros = dict(state.above), dict(state.below), state.zeros
        for number in state.waiting:
            bins = above if number > 0 else below
            if number:
                at = math.ceil(math.log(abs(number)) / self._step)
                bins[at] = bins.get(at, 0) + 1
            else:
                zeros += 1
        least = min((state.least, *state.waiting))
        most = max((state.most, *state.waiting))
        return Sketch((), _bounded(above), _bounded(below), zeros, least, most)

    def results(self, state: Sketch) -> tuple[Any, ...]:
        """Return one quantile for each rank."""
        _, above, below, zeros, least, most = self._binned(state)
        middle = 2 / (1 + math.exp(self._step))
        counted = [
            *((-middle * math.exp(at * self._step), below[at]) for at in sorted(below)[::-1]),
            *([(0.0, zeros)] if zeros else []),
            *((middle * math.exp(at * self._step), above[at]) for at in sorted(above)),
        ]
        ends = list(accumulate(count for _, count in counted))
        if not ends:
            return (None,) * len(self.ranks)
        places = (rank * (ends[-1] - 1) for rank in self.ranks)
        found = (counted[bisect_right(ends, place)][0] for place in places)
        known: dict[float, float] = {0: least, 1: most}
        return tuple(
            known.get(rank, min(max(number, least), most))
            for rank, number in zip(self.ranks, found, strict=True)
        )


def _bounded(bins: dict[int, int]) -> dict[int, int]:
    """Make one of the bins nearest to 0 if there are too many."""
    if len(bins) <= MAX_BINS:
        return bins
    order = sorted(bins)
    kept = order[-MAX_BINS:]
    lost = sum(bins[at] for at in order[:-MAX_BINS])
    return {at: bins[at] + (lost if at == kept[0] else 0) for at in kept}


BY_NAME["quantiles"] = Quantiles()

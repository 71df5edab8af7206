"""Which gap of one stack is which gap of another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

import attrs


@attrs.frozen
class Gaps:
    """The gaps that are compared, from the bottom up; the first and the last always are."""

    pairs: tuple[tuple[int, int], ...]
    """Of each its number in the inverted stack, and in the original."""

    def ours(self, gap: int) -> int | None:
        """Return the place of a gap of the inverted stack among these, None if it has none."""
        return next((k for k, (mine, _) in enumerate(self.pairs) if mine == gap), None)

    def theirs(self, gap: int) -> int | None:
        """Return the place of a gap of the original among these, None if it has none."""
        return next((k for k, (_, theirs) in enumerate(self.pairs) if theirs == gap), None)

    def between(self, k: int) -> range:
        """Return which wrappers of the inverted stack stand between gap k and the next."""
        return range(self.pairs[k][0], self.pairs[k + 1][0])

    def without(self, silent: Collection[int]) -> Gaps:
        """Leave out gaps of the original at which nothing is ever said, such as bypassed ones."""
        ends = (self.pairs[0], self.pairs[-1])
        return Gaps(tuple(p for p in self.pairs if p in ends or p[1] not in silent))


def one_to_one(wrappers: int) -> Gaps:
    """Align stacks of the same length.

    >>> one_to_one(1).pairs
    ((0, 0), (1, 1))
    """
    return Gaps(tuple((gap, gap) for gap in range(wrappers + 1)))


def by_layers(sizes: Sequence[int]) -> Gaps:
    """Align a stack with the layers of which it was made, given how many wrappers each became.

    >>> by_layers([1, 2, 0, 1]).pairs
    ((0, 0), (1, 1), (3, 3), (4, 4))
    """
    ours = [0, *accumulate(sizes)]
    found = {mine: theirs for theirs, mine in enumerate(ours)}  # what became nothing is passed
    return Gaps(tuple(sorted({**found, 0: 0}.items())))


def aligned(ours: Sequence[str], theirs: Sequence[str]) -> Gaps:
    """Align stacks by length, else by the wrappers' names, else at both ends alone.

    >>> aligned(["A", "B"], ["A", "X", "Y", "B"]).pairs
    ((0, 0), (2, 4))
    >>> aligned(["A", "B", "C"], ["B", "C"]).pairs
    ((0, 0), (2, 1), (3, 2))
    """
    if len(ours) == len(theirs):
        return one_to_one(len(ours))
    pairs = [(0, 0), (len(ours), len(theirs))]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        pairs += [(i + k, j + k) for k in range(size + 1) if size]
    ends = {pairs[0], pairs[1]}
    mine, others = [p[0] for p in set(pairs)], [p[1] for p in set(pairs)]
    sure = {p for p in pairs if p in ends or (mine.count(p[0]) == 1 and others.count(p[1]) == 1)}
    return Gaps(tuple(sorted(sure)))

"""Numbers over rows, and how they are thinned out where there are more than a picture shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from statewrap.stats.pictures.rows import Row

MOST_COMPONENTS: Final = 8
_DRAWN: Final = 1e300
"""Greater numbers are not drawn, as infinite ones are not."""

Points = Sequence[tuple[int, float]]
"""Numbers, each with its row."""


class Lines(NamedTuple):
    """What an episode's rows show as lines."""

    reward: Points
    processed: Points
    actions: dict[str, Points]
    """A line for each component, the first 8; "action" where it is a single number."""
    components: int
    """How many components the actions have, those that are not shown included."""
    discrete: bool
    """Whether all actions are whole numbers."""


def lines_of(rows: Sequence[Row]) -> Lines:
    """Return the numbers of rows, those that are not finite, or beyond 1e300, left out.

    >>> rows = [Row(0, 0.0, action=2), Row(1, 0.5, reward=1.0, action=0)]
    >>> lines_of(rows).actions, lines_of(rows).reward
    ({'action': [(0, 2.0), (1, 0.0)]}, [(1, 1.0)])
    """
    actions, components = _components(rows)
    found = [row.action for row in rows if row.action is not None]
    return Lines(
        _finite((at, row.reward) for at, row in enumerate(rows)),
        _finite((at, row.processed) for at, row in enumerate(rows)),
        actions,
        components,
        bool(found) and all(_whole(action) for action in found),
    )


def _finite(pairs: Iterable[tuple[int, float | None]]) -> Points:
    return [(at, value) for at, value in pairs if value is not None and abs(value) <= _DRAWN]


def _whole(action: Any) -> bool:
    parts = _flat(action)
    return all(isinstance(part, int) for part in parts)


def _components(rows: Sequence[Row]) -> tuple[dict[str, Points], int]:
    found: dict[str, list[tuple[int, float]]] = {}
    most = 0
    for at, row in enumerate(rows):
        if row.action is None:
            continue
        parts = _flat(row.action)
        most = max(most, len(parts))
        for n, part in enumerate(parts[:MOST_COMPONENTS]):
            if isinstance(part, (bool, int, float)) and abs(part) <= _DRAWN:
                name = f"action[{n}]" if isinstance(row.action, (list, dict)) else "action"
                found.setdefault(name, []).append((at, float(part)))
    return dict(found), most


def _flat(action: Any) -> list[Any]:
    """Return the numbers of an action in their order, whatever its shape."""
    if isinstance(action, dict):
        action = list(action.values())
    if not isinstance(action, list):
        return [action]
    return [number for part in action for number in _flat(part)]


def thin(points: Points, rows: int, columns: int) -> Points:
    """Keep the least and the greatest number of each column, in their order.

    Args:
        points: any number of them, by ascending row.
        rows: how many rows there are.
        columns: how many columns a picture has, such as its pixels.

    >>> thin([(0, 1.0), (1, 9.0), (2, 5.0), (3, 0.0), (4, 2.0)], 5, 1)
    [(1, 9.0), (3, 0.0)]
    """
    if len(points) <= 2 * columns:
        return points
    kept: dict[int, list[tuple[int, float]]] = {}
    for point in points:
        at = point[0] * columns // rows
        pair = kept.setdefault(at, [point, point])
        if point[1] < pair[0][1]:
            pair[0] = point
        if point[1] > pair[1][1]:
            pair[1] = point
    return [point for pair in kept.values() for point in sorted(set(pair))]


def runs(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Put rows that follow each other together: first and last of each run.

    >>> runs([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row <= found[-1][1] + 1:
            found[-1] = found[-1][0], row
        else:
            found.append((row, row))
    return found

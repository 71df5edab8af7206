"""What is counted of the decisions: a histogram of discrete ones, mean and std of others."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space

MAX_SIZE: Final = 1024
"""Of larger actions, and of more of them, nothing is counted."""
MOST_SHOWN: Final = 32
"""Of more actions, only those are shown that were chosen."""
WAITING: Final = 32
"""How many actions wait to be counted together, as one array costs as much as thirty."""

_BITS: Final = 64
_ONE: Final = (1 << _BITS) - 1


class Histogram:
    """Counts of a discrete action, side by side in one integer, 64 bits each.

    That makes a state that is never changed and yet costs one addition an action.
    """

    empty = 0

    def __init__(self, space: Discrete) -> None:
        self.first, self.size = int(space.start), int(space.n)
        values = range(self.first, self.first + self.size)
        self.weights: dict[Any, int] = {
            value: 1 << (_BITS * place) for place, value in enumerate(values)
        }
        self.beyond = 1 << (_BITS * self.size)

    def add(self, state: int, action: Any) -> int:
        """Count an action, one outside of the space as such."""
        if type(action) is int:
            return state + self.weights.get(action, self.beyond)
        return state + self.weights.get(_whole(action), self.beyond)

    def plus(self, state: int, other: int) -> int:
        """Add what two stretches counted."""
        return state + other

    def shown(self, state: int) -> dict[str, Any]:
        """Return action to count, and how many were no action of the space.

        Of up to `MOST_SHOWN` actions each is there; of more, those that were chosen.
        """
        counts = [state >> (_BITS * place) & _ONE for place in range(self.size + 1)]
        outside = counts.pop()
        histogram = {
            str(self.first + place): count
            for place, count in enumerate(counts)
            if count or self.size <= MOST_SHOWN
        }
        return {"actions": histogram} | ({"actions_outside": outside} if outside else {})


Moments = tuple[int, Any, Any, tuple[Any, ...], int]
"""Count, mean, squared distances from it, the actions that wait, and how many were none."""


class Spread:
    """Mean and standard deviation of each component of an action."""

    empty: Moments = (0, 0.0, 0.0, (), 0)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def add(self, state: Moments, action: Any) -> Moments:
        """Let an action wait; count those that wait when there are enough."""
        count, mean, squares, waiting, outside = state
        if type(action) is not np.ndarray:
            action = _array(action)
        if action.shape != self.shape or action.dtype.kind not in "fiub":
            return count, mean, squares, waiting, outside + 1
        waiting = (*waiting, action)
        state = count, mean, squares, waiting, outside
        return state if len(waiting) < WAITING else self._counted(state)

    def _counted(self, state: Moments) -> Moments:
        count, mean, squares, waiting, outside = state
        if not waiting:
            return state
        with np.errstate(all="ignore"):  # an infinite action is the policy's concern
            numbers = np.array(waiting, np.float64)
            middle = numbers.mean(axis=0)
            apart = ((numbers - middle) ** 2).sum(axis=0)
        fresh = len(waiting), middle, apart, (), outside
        return _joined((count, mean, squares, (), 0), fresh)

    def plus(self, state: Moments, other: Moments) -> Moments:
        """Add what two stretches counted."""
        return _joined(self._counted(state), self._counted(other))

    def shown(self, state: Moments) -> dict[str, Any]:
        """Return mean and standard deviation as lists, None where there was no action."""
        count, mean, squares, _, outside = self._counted(state)
        spread = np.sqrt(squares / count).tolist() if count else None
        shown = {"actions_mean": mean.tolist() if count else None, "actions_std": spread}
        return shown | ({"actions_outside": outside} if outside else {})


class Nothing:
    """Of actions that are neither, nothing is counted."""

    empty = None

    def add(self, state: None, action: Any) -> None:
        """Count nothing."""

    def plus(self, state: None, other: None) -> None:
        """Count nothing."""

    def shown(self, state: None) -> dict[str, Any]:
        """Show nothing."""
        return {}


def counter(space: Space[Any] | None) -> Histogram | Spread | Nothing:
    """Return what counts the actions of a space.

    >>> actions = counter(Discrete(2))
    >>> actions.shown(actions.add(actions.add(actions.empty, 1), 1))
    {'actions': {'0': 0, '1': 2}}
    """
    if isinstance(space, Discrete) and space.n <= MAX_SIZE:
        return Histogram(space)
    if isinstance(space, (Box, MultiDiscrete, MultiBinary)) and np.prod(space.shape) <= MAX_SIZE:
        return Spread(tuple(space.shape))
    return Nothing()


def _whole(action: Any) -> int | None:
    try:
        return int(action.item())
    except Exception:  # noqa: BLE001 - whatever it is, it is no action of the space
        return None


def _array(action: Any) -> Any:
    try:
        return np.asarray(action)
    except Exception:  # noqa: BLE001 - whatever it is, it is no action of the space
        return np.array(None)


def _joined(one: Moments, other: Moments) -> Moments:
    """Join two stretches: Chan, Golub and LeVeque, "Updating formulae", 1979."""
    (n, mean, squares, _, outside), (m, middle, apart, _, others) = one, other
    if not n or not m:
        counted = one if n else other
        return (*counted[:4], outside + others)
    with np.errstate(all="ignore"):
        away = middle - mean
        squares = squares + apart + away * away * (n * m / (n + m))
        return n + m, mean + away * (m / (n + m)), squares, (), outside + others

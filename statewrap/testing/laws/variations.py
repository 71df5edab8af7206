"""Other values than those of a scene: at the edges of a space, inside it, or of the same kind."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.core.same import same

Ends = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

PLACES: Final = ("low", "high", "anywhere", "anywhere")
_UNBOUNDED: Final = 1e9
"""From where on a bound is none, lest sums of such values overflow."""
_FAR: Final = 1000.0
_NEAR: Final = {"f": 2.0, "i": 100.0, "u": 100.0}
"""How far inside an unbounded space values lie, by kind of number."""


def others(space: Any, value: Any, random: np.random.Generator) -> list[Any]:
    """Return some values in place of one: the least, the greatest, and two drawn ones.

    Args:
        space: the space of the value, or None if it is unknown.
        value: the value; what is returned is of its type, and differs from it.
        random: where to draw from.
    """
    made = (at(space, value, place, random) for place in PLACES)
    return list(unlike(value, made))


def unlike(value: Any, others: Iterable[Any]) -> Iterator[Any]:
    """Give those that are not the same as a value."""
    return (other for other in others if not same(value, other))


def at(space: Any, value: Any, place: str, random: np.random.Generator) -> Any:
    """Return a value of a space, of the type and structure of a given one.

    Args:
        space: the space, or None if it is unknown; what does not fit it is treated alike.
        value: the value to be exchanged.
        place: "low" and "high" are the edges, "inside" is away from them (where there is room),
            "anywhere" is both.
        random: where to draw from.
    """
    match space, value:
        case spaces.Dict(), dict():
            return {k: at(space.spaces.get(k), v, place, random) for k, v in value.items()}
        case spaces.Tuple(), tuple() if len(value) == len(space.spaces):
            pairs = zip(space.spaces, value, strict=True)
            return tuple(at(part, item, place, random) for part, item in pairs)
    ends = _ends(space, place)
    if ends is not None and isinstance(value, _NUMBERS) and np.shape(value) == ends[0].shape:
        return _typed(value, _between(*ends, np.asarray(value).dtype.kind, place, random))
    if isinstance(space, spaces.Space) and ends is None:
        return _sampled(space, value, random)
    return _alike(value, place, random)


_NUMBERS: Final = (int, float, np.ndarray, np.generic)


def _ends(space: Any, place: str) -> Ends | None:
    """Return the least and the greatest element of a space of numbers."""
    match space:
        case spaces.Box():
            return _bounded(space.low, space.high, space.dtype.kind, place)
        case spaces.Discrete():
            start = np.asarray(space.start)
            return start, start + (space.n - 1)
        case spaces.MultiDiscrete():
            return space.start, space.start + (space.nvec - 1)
        case spaces.MultiBinary():
            return np.zeros(space.shape, np.int8), np.ones(space.shape, np.int8)
    return None


def _bounded(low: Any, high: Any, kind: str, place: str) -> Ends:
    """Bring infinite bounds near."""
    far = _NEAR.get(kind, _FAR) if place == "inside" else _FAR
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    has_low, has_high = low > -_UNBOUNDED, high < _UNBOUNDED
    lower = np.where(has_low, low, np.where(has_high, high, 0.0) - far)
    upper = np.where(has_high, high, np.where(has_low, low, 0.0) + far)
    return lower, upper


def _between(low: Any, high: Any, kind: str, place: str, random: np.random.Generator) -> Any:
    """Choose between two ends, of integers strictly between them if "inside" and there is room."""
    if place == "low":
        return low
    if place == "high":
        return high
    share = random.random(low.shape)
    if kind == "f":
        share = 0.3 + 0.4 * share if place == "inside" else share
        return low + (high - low) * share
    if place == "inside":
        room = high - low >= 2
        return np.where(room, low + 1 + np.floor((high - low - 1) * share), low)
    return low + np.floor((high - low + 1) * share)


def _typed(value: Any, number: Any) -> Any:
    """Return numbers as the type of a value has them; arrays are read-only."""
    array = np.asarray(number)
    if isinstance(value, np.ndarray):
        array = array.astype(value.dtype)
        array.setflags(write=False)
        return array
    return type(value)(array.astype(value.dtype) if isinstance(value, np.generic) else array.item())


def _sampled(space: Any, value: Any, random: np.random.Generator) -> Any:
    """Sample a space of another kind; what cannot be sampled stays as it is."""
    try:
        twin = copy.deepcopy(space)  # the caller's space keeps its own generator
        twin.seed(int(random.integers(2**31)))
        return freeze(twin.sample())
    except Exception:  # noqa: BLE001 - a space of the user's own may raise anything
        return value


def _alike(value: Any, place: str, random: np.random.Generator) -> Any:
    """Return something of the kind of a value, of whose space nothing is known."""
    match value:
        case bool() | np.bool_():
            flag = {"low": False, "high": True, "inside": False, "anywhere": not value}[place]
            return type(value)(flag)
        case str():
            return f"~{int(random.integers(10**9))}"
        case dict():
            return {key: _alike(item, place, random) for key, item in value.items()}
        case tuple() | list():
            items = [_alike(item, place, random) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        case np.ndarray() | np.generic() | int() | float():
            return _number_alike(value, place, random)
    return value


def _number_alike(value: Any, place: str, random: np.random.Generator) -> Any:
    dtype = np.asarray(value).dtype
    if dtype.kind == "b":
        ends = np.zeros(np.shape(value)), np.ones(np.shape(value))
        return _typed(value, _between(*ends, "b", place, random))
    if dtype.kind not in "iuf":
        return value
    infinite = np.full(np.shape(value), np.inf)
    low, high = -infinite, infinite
    if dtype.kind in "iu" and isinstance(value, (np.ndarray, np.generic)):
        low, high = low.clip(np.iinfo(dtype).min), high.clip(None, np.iinfo(dtype).max)
    ends = _bounded(low, high, dtype.kind, place)
    return _typed(value, _between(*ends, dtype.kind, place, random))

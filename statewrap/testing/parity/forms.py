"""Forms that observations may take: dtypes, memory orders, bounds, pictures, containers."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Dict, Discrete, Tuple

Array = np.ndarray[Any, Any]


class Form(NamedTuple):
    """What may become of an observation, and of the space it is in."""

    of: Callable[[Space[Any], Any], Any]
    space: Callable[[Space[Any]], Space[Any]]


def vector(observation: Any) -> Array:
    """Return the numbers of an observation as a float32 vector; a vector of them is itself.

    >>> vector({"x": np.array([[1.5]]), "y": (2, 3)})
    array([1.5, 2. , 3. ], dtype=float32)
    """
    if isinstance(observation, dict):
        observation = tuple(observation.values())
    if isinstance(observation, (tuple, list)):
        parts = [vector(part) for part in observation]
        return np.concatenate([np.zeros(0, np.float32), *parts])
    if isinstance(observation, str):
        observation = zlib.crc32(observation.encode()) % 1000
    array = np.asarray(observation)
    if array.dtype.kind not in "fiub":
        array = np.array([number(array)])
    return array.reshape(-1).astype(np.float32)


def number(observation: Any) -> int:
    """Return a number from 0 to 6 that depends on every bit of an array."""
    return zlib.crc32(np.ascontiguousarray(observation).tobytes()) % 7


def _length(space: Space[Any]) -> int:
    """Return how long the vectors of a space are."""
    if isinstance(space, Dict):
        return sum(map(_length, space.spaces.values()))
    if isinstance(space, Tuple):
        return sum(map(_length, space.spaces))
    return 1 if space.shape is None else int(np.prod(space.shape))


def _reals(dtype: Any, *more: int) -> Callable[[Space[Any]], Space[Any]]:
    """Return a function that gives the space of arrays that are a vector long, and `more` wide."""
    return lambda space: Box(-np.inf, np.inf, (_length(space), *more), dtype)


def _from_vector(form: Callable[[Array], Any]) -> Callable[[Space[Any], Any], Any]:
    return lambda _, observation: form(vector(observation))


def _every_second(observation: Array) -> Array:
    wide = np.repeat(observation, 2)
    wide[1::2] = -1.0
    return wide[::2]


def _with_nan(observation: Array) -> Array:
    missing = np.arange(len(observation)) == number(observation)
    return np.where(missing, np.float32(np.nan), observation)


def _as_dict(observation: Array) -> dict[str, Any]:
    finer = observation.astype(np.float64) / 3
    return {
        "state": observation,
        "more": {"finer": finer, "number": np.int64(number(observation))},
    }


def _picture(shape: tuple[int, ...]) -> Callable[[Array], Array]:
    def drawn(observation: Array) -> Array:
        seed = zlib.crc32(observation.tobytes())
        return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)

    return drawn


def _at_the_edges(space: Space[Any], observation: Any) -> Any:
    """Put bounds, infinities, zeros and NaN in places that the observation's bits choose."""
    if isinstance(space, Dict):
        return {k: _at_the_edges(part, observation[k]) for k, part in space.spaces.items()}
    if isinstance(space, Tuple):
        return tuple(map(_at_the_edges, space.spaces, observation))
    if isinstance(space, Discrete):
        return observation if number(observation) > 2 else space.start + space.n - 1
    if not isinstance(space, Box):
        return observation
    which = np.random.default_rng(zlib.crc32(np.asarray(observation).tobytes()))
    kinds = which.integers(0, 9, space.shape)
    edges: list[Any] = [space.low, space.high, np.zeros(space.shape, space.dtype)]
    if space.dtype.kind == "f":
        edges[2] = -edges[2]
        edges.append(np.full(space.shape, np.nan if which.integers(4) == 0 else 0.0))
    value = np.array(observation, space.dtype)
    for kind, edge in enumerate(edges):
        value = np.where(kinds == kind, edge, value).astype(space.dtype)
    return value


FORMS: Final[dict[str, Form]] = {
    "as given": Form(lambda _, observation: observation, lambda space: space),
    "float64": Form(_from_vector(lambda o: o.astype(np.float64) / 3), _reals(np.float64)),
    "every second": Form(_from_vector(_every_second), _reals(np.float32)),
    "backwards": Form(_from_vector(lambda o: o[::-1]), _reals(np.float32)),
    "fortran": Form(
        _from_vector(lambda o: np.stack([o, np.float32(2) * o, -o]).T), _reals(np.float32, 3)
    ),
    "transposed float64": Form(
        _from_vector(lambda o: np.stack([o / 3.0, o * 7.0]).astype(np.float64).T),
        _reals(np.float64, 2),
    ),
    "integers": Form(
        _from_vector(lambda o: np.clip(o * 1000, -1e9, 1e9).astype(np.int32)),
        lambda space: Box(-(2**31), 2**31 - 2, (_length(space),), np.int32),
    ),
    "bytes": Form(
        _from_vector(lambda o: o.view(np.uint8).reshape(2, -1)),
        lambda space: Box(0, 255, (2, 2 * _length(space)), np.uint8),
    ),
    "with NaN": Form(_from_vector(_with_nan), _reals(np.float32)),
    "number": Form(
        _from_vector(lambda o: np.int64(number(o) - 2)), lambda _: Discrete(7, start=-2)
    ),
    "dict": Form(
        _from_vector(_as_dict),
        lambda space: Dict(
            state=_reals(np.float32)(space),
            more=Dict(finer=_reals(np.float64)(space), number=Discrete(7)),
        ),
    ),
    "tuple": Form(
        _from_vector(lambda o: (o[::-1], np.int64(number(o)))),
        lambda space: Tuple((_reals(np.float32)(space), Discrete(7))),
    ),
    "picture": Form(_from_vector(_picture((9, 6, 3))), lambda _: Box(0, 255, (9, 6, 3), np.uint8)),
    "grey picture": Form(_from_vector(_picture((5, 8))), lambda _: Box(0, 255, (5, 8), np.uint8)),
    "at the edges": Form(_at_the_edges, lambda space: space),
}
"""What may become of observations. All but the first and the last make a float32 vector of it."""

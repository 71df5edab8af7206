"""Statistics of observations, part by part: estimated, written, read, set by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Dict, Space

from statewrap.core.errors import InputError
from statewrap.core.registry import nearest
from statewrap.core.spaces import why_not
from statewrap.core.words import brief
from statewrap.wrappers.below import locked

Array = np.ndarray[Any, Any]
Tree = Any
"""What there is of each part: a `PartStatistics`, or a dict of such, nested as the observation."""


class PartStatistics(NamedTuple):
    """What is known of the values of one part; its arrays are read-only float64, or None."""

    mean: Any = None
    """Of the shape of the part, or of one that numpy broadcasts to it; so are the others."""
    std: Any = None
    """The standard deviation (of the population); nowhere negative."""
    low: Any = None
    high: Any = None
    count: int = 0  # type: ignore[assignment]  # hides a tuple's method, as in Moments
    """Of how many observations; 0 if set by hand."""


NUMBERS: Final = ("mean", "std", "low", "high")


def part_statistics(given: Any, path: str = "statistics") -> Tree:
    """Return statistics as they are kept: arrays copied, mappings of them made records.

    A part's are a `PartStatistics`, or a mapping with some of its fields: mean and std, low and
    high, or all four.

    Args:
        given: the statistics of an array, or a mapping of such by key, nested.
        path: where they stand, for the error.

    Raises:
        TypeError: if they are something else.
        ValueError: if one is not finite, a std is negative, a low above its high, or one of the
            two is missing.

    >>> part_statistics({"speed": {"low": 0, "high": 10}})["speed"].high
    array(10.)
    """
    if isinstance(given, PartStatistics):
        return _record(given._asdict(), path)
    if not isinstance(given, Mapping) or not given:
        raise TypeError(
            f"{path} is {brief(given)}, expected PartStatistics, or a mapping with mean and std or "
            "low and high, or a mapping of such by key."
        )
    if not isinstance(next(iter(given.values())), (Mapping, PartStatistics)):
        return _record(given, path)
    return {key: part_statistics(part, f"{path}[{key!r}]") for key, part in given.items()}


def _record(given: Mapping[str, Any], path: str) -> PartStatistics:
    strange = [name for name in given if name not in PartStatistics._fields]
    if strange:
        raise TypeError(
            f"{path} has {strange[0]!r}, expected some of {list(PartStatistics._fields)}."
        )
    arrays = {
        name: _floats(given[name], f"{path}.{name}")
        for name in NUMBERS
        if given.get(name) is not None
    }
    wrong = _wrong(arrays)
    if wrong:
        raise ValueError(f"{path} cannot be used: {wrong}.")
    return PartStatistics(**arrays, count=int(given.get("count", 0)))


def _floats(value: Any, path: str) -> Any:
    array = np.array(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{path} is {brief(value)}, expected numbers.")
    return locked(array.astype(np.float64))


def _wrong(arrays: dict[str, Any]) -> str | None:
    unpaired = [
        pair for pair in (("mean", "std"), ("low", "high")) if sum(n in arrays for n in pair) == 1
    ]
    if not arrays or unpaired:
        return "expected mean and std, or low and high, or both pairs"
    infinite = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if infinite:
        return f"{infinite[0]} holds NaN or infinity"
    if "std" in arrays and (arrays["std"] < 0).any():
        return "std holds a negative number"
    above = "low" in arrays and (arrays["low"] > arrays["high"]).any()
    return "low is above high" if above else None


# -- estimated from samples ------------------------------------------------------------------------


class _Sums(NamedTuple):
    """What was seen of a part so far; each of its shape, the axes taken together of length 1."""

    mean: Any
    squares: Any
    """The sum of squared distances from the mean."""
    low: Any
    high: Any
    numbers: int
    """How many numbers were taken together for each mean."""
    count: int  # type: ignore[assignment]
    """How many observations were."""


def estimate_statistics(
    observations: Iterable[Any],
    observation_space: Space[Any],
    *,
    axis: int | tuple[int, ...] | Mapping[str, Any] | None = None,
    exclude: Iterable[str] = (),
) -> Tree:
    """Estimate the statistics of each Box of numbers in a space from samples, one by one.

    Nothing but sums is kept, so samples may be any number, from any source: a data set, a list, a
    generator. `statewrap.gym.sample_observations` plays an environment for some.

    Args:
        observations: the samples, at least one; they are only read. A generator, such as
            `sample_observations` gives, is empty when it was gone through once: make a list of
            it to estimate twice.
        observation_space: where they lie: a Box, or a Dict, in which Dicts may be.
        axis: the axes of a part that are taken together, so that there is one number for all
            along them, as (0, 1) for each channel of pictures (h, w, c); a mapping says it by
            key. None keeps each component apart.
        exclude: keys, at any depth, of which nothing is to be estimated.

    Returns:
        `PartStatistics`, by key where the space is a Dict, for `NormalizeKeys`.

    Raises:
        ValueError: if there is no sample, or no Box of numbers in the space, or it lacks a key of
            `exclude`, or a part lacks an axis of `axis`, or one is named twice.
        TypeError: if `exclude` is one string, or `axis` names no whole numbers.
        InputError: if a sample is not in the space, holds NaN or infinity, or lies further from
            others than the root of what a float64 holds (about 1e154).

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances" (1979).

    >>> samples = [np.array([1.0, 10.0]), np.array([3.0, 10.0])]
    >>> known = estimate_statistics(samples, Box(-99.0, 99.0, (2,), np.float64))
    >>> known.mean, known.std, known.high
    (array([ 2., 10.]), array([1., 0.]), array([ 3., 10.]))
    """
    boxes = dict(_boxes(observation_space, axis, _excluded(exclude, observation_space)))
    if not boxes:
        raise ValueError(
            f"There is nothing to estimate in {observation_space}: it has no Box of numbers that "
            "is not excluded."
        )
    sums = dict[tuple[str, ...], _Sums]()
    for number, observation in enumerate(observations):
        for path, (box, together) in boxes.items():
            numbers = _numbers(observation, path, box, number)
            sums[path] = _checked(_added(sums.get(path), numbers, together), path, number)
    if not sums:
        raise ValueError(
            "There are no observations to estimate statistics from. Give at least one. A "
            "generator, as sample_observations gives, can be gone through once: keep "
            "list(observations) to do so again."
        )
    return _tree({path: _estimated(one) for path, one in sums.items()})


def _excluded(keys: Any, space: Any) -> frozenset[str]:
    """Return the keys of which nothing is to be estimated, each of which the space has."""
    if isinstance(keys, str) or not isinstance(keys, Iterable):
        raise TypeError(f'exclude is {brief(keys)}, expected a list of keys, as ["mask"].')
    excluded, known = frozenset(keys), sorted(_keys(space))
    for key in sorted(excluded - set(known)):
        near = nearest(str(key), known)
        raise ValueError(f"exclude names {key!r}, which the observation space does not have{near}")
    return excluded


def _keys(space: Any) -> Iterator[str]:
    """Give the keys of the Dicts in a space, at any depth."""
    if isinstance(space, Dict):
        for key, part in space.spaces.items():
            yield key
            yield from _keys(part)


def _boxes(space: Any, axis: Any, exclude: frozenset[str], path: tuple[str, ...] = ()) -> Iterator:  # type: ignore[type-arg]
    """Give the way to each Box of numbers, with the Box and the axes that are taken together."""
    if isinstance(space, Dict):
        for key, part in space.spaces.items():
            if key not in exclude:
                own = axis.get(key) if isinstance(axis, Mapping) else axis
                yield from _boxes(part, own, exclude, (*path, key))
    elif is_numbers(space):
        yield path, (space, _axes(axis, space, path))


def _axes(axis: Any, box: Box, path: tuple[str, ...]) -> tuple[int, ...]:
    """Return the axes of a part that are taken together, each once, from 0.

    Raises:
        TypeError: if they are no whole numbers.
        ValueError: if the part has no such axis, or one is named twice.
    """
    place = "axis" + "".join(f"[{key!r}]" for key in path)
    axes = () if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    if not all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in axes):
        raise TypeError(
            f"{place} is {axis!r}, expected an int, a tuple of ints as (0, 1), or None."
        )
    many = len(box.shape)
    found = sorted(int(one) + many * (one < 0) for one in axes)
    if len(set(found)) < len(found) or not all(0 <= one < many for one in found):
        raise ValueError(f"{place} is {axis!r}, expected axes of the shape {box.shape}, each once.")
    return tuple(found)


def is_numbers(space: Any) -> bool:
    """Tell whether a space is a Box of floats or integers."""
    return isinstance(space, Box) and space.dtype.kind in "fiu"


def _numbers(observation: Any, path: tuple[str, ...], box: Box, number: int) -> Array:
    """Return a part of a sample as float64."""
    place = f"observations[{number}]" + "".join(f"[{key!r}]" for key in path)
    for key in path:
        if not isinstance(observation, Mapping) or key not in observation:
            raise InputError(f"{place} is not there: a dict with {key!r} is expected.")
        observation = observation[key]
    wrong = why_not(box, observation, place)
    numbers = None if wrong else np.asarray(observation, np.float64)
    if numbers is None or not np.isfinite(numbers).all():
        raise InputError(
            f"{wrong or f'{place} holds infinity'}. Leave such samples out, or exclude the key."
        )
    return numbers


def _checked(sums: _Sums, path: tuple[str, ...], number: int) -> _Sums:
    """Return sums that are finite."""
    if not np.isfinite(sums.squares).all():
        place = f"observations[{number}]" + "".join(f"[{key!r}]" for key in path)
        raise InputError(
            f"{place} lies so far from others that a float64 does not hold the squared distance. "
            "Scale such samples first, leave them out, or exclude the key."
        )
    return sums


@np.errstate(over="ignore", invalid="ignore")  # `_checked` looks
def _added(sums: _Sums | None, numbers: Array, axes: tuple[int, ...]) -> _Sums:
    """Count one sample in: its own sums are taken, and put together with those so far."""
    mean = numbers.mean(axis=axes, keepdims=True)
    new = _Sums(
        mean,
        ((numbers - mean) ** 2).sum(axis=axes, keepdims=True),
        numbers.min(axis=axes, keepdims=True),
        numbers.max(axis=axes, keepdims=True),
        numbers.size // max(mean.size, 1),
        1,
    )
    if sums is None:
        return new
    many, delta = sums.numbers + new.numbers, mean - sums.mean
    return _Sums(
        sums.mean + delta * new.numbers / many,
        sums.squares + new.squares + delta * delta * sums.numbers * new.numbers / many,
        np.minimum(sums.low, new.low),
        np.maximum(sums.high, new.high),
        many,
        sums.count + 1,
    )


def _estimated(sums: _Sums) -> PartStatistics:
    std = np.sqrt(sums.squares / sums.numbers)
    found = (sums.mean, std, sums.low, sums.high)
    arrays = {name: locked(np.array(array)) for name, array in zip(NUMBERS, found, strict=True)}
    return PartStatistics(**arrays, count=sums.count)


def _tree(leaves: Mapping[tuple[str, ...], Any]) -> Tree:
    """Return what stands at the end of each way as nested dicts."""
    if () in leaves:
        return leaves[()]
    tree: dict[str, Any] = {}
    for (*before, last), leaf in leaves.items():
        node = tree
        for key in before:
            node = node.setdefault(key, {})
        node[last] = leaf
    return tree


# -- written and read ------------------------------------------------------------------------------


def dump_statistics(statistics: Any) -> str:
    """Write statistics as JSON, exact to the last bit.

    Large ones, such as of each pixel, are shorter as `arrays_of_statistics`.

    Args:
        statistics: as for `NormalizeKeys`.

    Raises:
        TypeError, ValueError: if they are no statistics.

    >>> dump_statistics({"speed": {"mean": 0.5, "std": 2.0}})
    '{"speed": {"mean": 0.5, "std": 2.0, "count": 0}}'
    """
    return json.dumps(_plain(part_statistics(statistics)))


def arrays_of_statistics(statistics: Any) -> dict[str, Array]:
    """Return statistics as arrays by name, for `np.savez("statistics.npz", **arrays)`.

    Args:
        statistics: as for `NormalizeKeys`.

    Returns:
        Read-only arrays of float64, and an int for each count; a name is the way to it, as JSON.

    Raises:
        TypeError, ValueError: if they are no statistics.

    >>> arrays_of_statistics({"speed": {"mean": 0.5, "std": 2.0}})['["speed", "std"]']
    array(2.)
    """
    named = _named(part_statistics(statistics))
    return {json.dumps(path): np.asarray(value) for path, value in named}


def load_statistics(data: str | bytes | Mapping[str, Any]) -> Tree:
    """Read what `dump_statistics` wrote, or what `arrays_of_statistics` named.

    Args:
        data: the contents of a JSON file, `Path("statistics.json").read_text()`; or arrays by
            name, `np.load("statistics.npz")`.

    Raises:
        InputError: if it is something else.

    >>> load_statistics('{"speed": {"mean": 0.5, "std": 2.0}}')["speed"].std
    array(2.)
    """
    try:
        if isinstance(data, Mapping):
            return part_statistics(_tree({tuple(json.loads(name)): data[name] for name in data}))
        return part_statistics(json.loads(data))
    except Exception as error:
        raise InputError(
            f"{brief(data)} holds no statistics ({type(error).__name__}: {error}). Give what "
            "dump_statistics wrote, or the arrays of arrays_of_statistics."
        ) from error


def _plain(tree: Tree) -> dict[str, Any]:
    if isinstance(tree, PartStatistics):
        named = ((n, getattr(tree, n)) for n in NUMBERS)
        return {n: a.tolist() for n, a in named if a is not None} | {"count": tree.count}
    return {key: _plain(part) for key, part in tree.items()}


def _named(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every number and array with the way to it."""
    parts = tree._asdict() if isinstance(tree, PartStatistics) else tree
    for key, part in parts.items():
        if isinstance(part, (dict, PartStatistics)):
            yield from _named(part, (*path, key))
        elif part is not None:
            yield (*path, key), part

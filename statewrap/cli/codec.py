"""Between JSON and spaces: observations come in, actions go out.

An observation takes dtype and shape from its space. A Box, MultiDiscrete or MultiBinary is nested
lists of numbers or `{"dtype", "shape", "base64"}`, a Discrete a whole number, a Text a string, a
Dict an object, a Tuple or Sequence a list, a OneOf `[index, value]`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from statewrap.cli.strict_json import NAMED, shown
from statewrap.core.errors import ConfigurationError, InputError
from statewrap.core.registry import nearest
from statewrap.package.arrays import ARRAY_KEYS, DTYPES, array_of, table_of

Reader = Callable[[Any, str], Any]
"""Turns a JSON value into an element of a space; the string says where the value stands."""

MAX_DEPTH: Final = 32
"""How deep `info` may nest."""

_NUMBERS: Final = {int, float}
_NUMBERS_OR_TRUTHS: Final = {int, float, bool}


def reader(space: spaces.Space[Any]) -> Reader:
    """Return what turns a JSON value into an observation; it raises an `InputError` if it cannot.

    Raises:
        ConfigurationError: if the space has no form in JSON.

    >>> reader(spaces.Box(-1.0, 1.0, (2,)))([0, 0.5], "observation")
    array([0. , 0.5], dtype=float32)
    """
    match space:
        case spaces.Box() | spaces.MultiDiscrete() | spaces.MultiBinary():
            shape, dtype = tuple(space.shape), np.dtype(space.dtype)
            truths = dtype.kind == "b" or isinstance(space, spaces.MultiBinary)
            return functools.partial(_array, shape, dtype, truths=truths)
        case spaces.Discrete():
            return functools.partial(_whole, np.dtype(space.dtype))
        case spaces.Text():
            return _text
        case spaces.Dict():
            return functools.partial(_dict, {k: reader(s) for k, s in space.spaces.items()})
        case spaces.Tuple():
            return functools.partial(_tuple, [reader(part) for part in space.spaces])
        case spaces.OneOf():
            return functools.partial(_one_of, [reader(part) for part in space.spaces])
        case spaces.Sequence() if not space.stack:
            return functools.partial(_sequence, reader(space.feature_space))
    raise ConfigurationError(
        f"Observations of {space} have no form as lines of JSON. Box, Discrete, MultiDiscrete, "
        "MultiBinary, Text, Dict, Tuple, OneOf and Sequence (not stacked) have."
    )


def number(value: Any, path: str) -> float:
    """Read a number as a float; NaN and the infinities are strings.

    Raises:
        InputError: if it is no number.
    """
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    if type(value) is str and value in NAMED:
        return NAMED[value]
    raise _wrong(path, value, 'a number, "NaN", "Infinity" or "-Infinity"')


def information(value: Any, path: str, depth: int = 0) -> Any:
    """Read a part of `info`: as JSON has it, but arrays in base64 become arrays.

    Raises:
        InputError: if it nests more than `MAX_DEPTH` deep, or an array cannot be read.
    """
    if depth > MAX_DEPTH:
        raise InputError(f"info nests more than {MAX_DEPTH} levels deep.")
    if type(value) is dict:
        if value.keys() == ARRAY_KEYS:
            return _decoded(value, path)
        return {k: information(v, f"{path}.{k}", depth + 1) for k, v in value.items()}
    if type(value) is list:
        return [information(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
    return value


def plain(value: Any, *, base64: bool = False) -> Any:
    """Turn what leaves a deployment into plain JSON values.

    Args:
        value: numbers, strings, arrays; in dicts, lists and tuples.
        base64: whether arrays are written as `{"dtype", "shape", "base64"}`.

    Raises:
        TypeError: if JSON has no form for it.

    >>> plain({"r": np.float64("nan"), "a": np.array([1, 2])})
    {'r': 'NaN', 'a': [1, 2]}
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else _name(float(value))
    if isinstance(value, np.ndarray):
        in_base64 = base64 and value.dtype.name in DTYPES
        return table_of(value) if in_base64 else plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, dict):
        return {_key(key): plain(item, base64=base64) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, base64=base64) for item in value]
    raise TypeError(f"{value!r} cannot be written as JSON.")


def _name(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise TypeError(f"The key {key!r} cannot be written as JSON.")


def _array(
    shape: tuple[int, ...], dtype: np.dtype[Any], value: Any, path: str, *, truths: bool
) -> NDArray[Any]:
    if type(value) is dict:
        return _fitted(_decoded(value, path), shape, dtype, path)
    kinds = _kinds(value, shape, path, ())
    if not kinds <= (_NUMBERS_OR_TRUTHS if truths else _NUMBERS):
        value, kinds = _each(_number, value, len(shape), path), {float}
    if dtype.kind in "iub" and float in kinds:
        value = _each(_integer_or_truth, value, len(shape), path)
    return _made(value, dtype, path)


def _kinds(value: Any, shape: tuple[int, ...], path: str, index: tuple[int, ...]) -> set[type]:
    """Check that lists nest as the shape says, and return the types of what they hold."""
    depth = len(index)
    if depth == len(shape):
        return {type(value)}
    if type(value) is not list:
        what = "a list" if depth < len(shape) else "a number"
        raise _wrong(_place(path, index), value, f"{what} of {shape[depth]} (shape {shape})")
    if len(value) != shape[depth]:
        raise InputError(
            f"{_place(path, index)} has {len(value)} items, expected {shape[depth]} "
            f"(the shape is {shape})."
        )
    if depth == len(shape) - 1:
        return set(map(type, value))
    parts = (_kinds(item, shape, path, (*index, i)) for i, item in enumerate(value))
    return set().union(*parts)


def _each(change: Reader, value: Any, depth: int, path: str) -> Any:
    """Change every item of lists that nest so deep."""
    if depth == 0:
        return change(value, path)
    return [_each(change, item, depth - 1, f"{path}[{i}]") for i, item in enumerate(value)]


def _number(value: Any, path: str) -> Any:
    """Take integers as they are; replace the names of NaN and the infinities."""
    return value if type(value) is int else number(value, path)


def _integer(value: Any, path: str) -> int:
    """Take floats that are whole, as some languages write integers."""
    if type(value) is int or (type(value) is float and value.is_integer()):
        return int(value)
    raise _wrong(path, value, "a whole number")


def _integer_or_truth(value: Any, path: str) -> int:
    return value if type(value) is bool else _integer(value, path)


def _made(value: Any, dtype: np.dtype[Any], path: str) -> NDArray[Any]:
    try:
        with np.errstate(over="raise"):
            array = np.array(value, np.uint8 if dtype.kind == "b" else dtype)
    except (OverflowError, FloatingPointError) as error:
        raise InputError(f"{path} holds a number that is out of range for {dtype}.") from error
    if dtype.kind == "b":
        if array.size and array.max() > 1:
            raise InputError(f"{path} holds the number {array.max()}, expected true or false.")
        return array.astype(dtype)
    return array


def _decoded(table: dict[str, Any], path: str) -> NDArray[Any]:
    try:
        return array_of(table)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _fitted(
    array: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any], path: str
) -> NDArray[Any]:
    if array.shape != shape:
        raise InputError(f"{path} has shape {array.shape}, expected {shape}.")
    if array.dtype == dtype:
        return array
    if array.dtype.kind != "f" or dtype.kind != "f":
        raise InputError(f"{path} has dtype {array.dtype}, expected {dtype}.")
    return _made(array, dtype, path)


def _whole(dtype: np.dtype[Any], value: Any, path: str) -> Any:
    return _made(_integer(value, path), dtype, path)[()]


def _text(value: Any, path: str) -> str:
    if type(value) is not str:
        raise _wrong(path, value, "a string")
    return value


def _dict(readers: dict[str, Reader], value: Any, path: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _wrong(path, value, f"an object with the keys {', '.join(readers)}")
    check_keys(value, readers, path)
    for key in readers:
        if key not in value:
            raise InputError(f"{path} lacks the key {key!r}.")
    return {key: read(value[key], f"{path}.{key}") for key, read in readers.items()}


def _items(value: Any, path: str, count: int | None) -> list[Any]:
    wanted = "a list" if count is None else f"a list of {count} items"
    if type(value) is not list or (count is not None and len(value) != count):
        raise _wrong(path, value, wanted)
    return value


def _tuple(readers: list[Reader], value: Any, path: str) -> tuple[Any, ...]:
    items = _items(value, path, len(readers))
    pairs = enumerate(zip(readers, items, strict=True))
    return tuple(read(item, f"{path}[{i}]") for i, (read, item) in pairs)


def _sequence(read: Reader, value: Any, path: str) -> tuple[Any, ...]:
    items = _items(value, path, None)
    return tuple(read(item, f"{path}[{i}]") for i, item in enumerate(items))


def _one_of(readers: list[Reader], value: Any, path: str) -> tuple[Any, Any]:
    index, item = _items(value, path, 2)
    if type(index) is not int or not 0 <= index < len(readers):
        raise _wrong(f"{path}[0]", index, f"an index from 0 to {len(readers) - 1}")
    return np.int64(index), readers[index](item, f"{path}[1]")


def check_keys(table: Iterable[str], known: Collection[str], path: str = "") -> None:
    """Raise an `InputError` for a key that is not known; it names the nearest."""
    for key in table:
        if key not in known:
            where = f"{path} has" if path else "The line has"
            close = nearest(key[:50], known)
            raise InputError(
                f"{where} the unknown key {shown(key)}{close} Known: {', '.join(known)}."
            )


def _place(path: str, index: tuple[int, ...]) -> str:
    return path + "".join(f"[{i}]" for i in index)


def _wrong(path: str, value: Any, wanted: str) -> InputError:
    return InputError(f"{path} is {shown(value)}, expected {wanted}.")

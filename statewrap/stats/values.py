"""What a value is to those who count it: a number, an array, a label, plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from statewrap.core.words import brief


def measured(value: Any) -> Any:
    """Return a number as int or float, or an array as float64.

    Raises:
        TypeError: if it is neither.
    """
    kind = type(value)
    if kind is float or kind is int:
        return value
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (str, bytes)) or value is None or isinstance(value, Mapping):
        raise TypeError(f"{brief(value)} is no number and no array of them")
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{brief(value)} is no number and no array of them") from error
    return single(array) if array.ndim == 0 else array


def single(value: Any) -> float | int:
    """Return one number.

    Raises:
        TypeError: if it is an array of several, or no number.
    """
    number: Any = measured(value) if type(value) is not np.ndarray else value
    if type(number) is not np.ndarray:
        return number  # type: ignore[no-any-return]
    if number.size != 1:
        raise TypeError(f"{number.size} numbers came where one is expected; `key` picks one")
    return number.item()  # type: ignore[no-any-return]


def label(value: Any) -> str:
    """Return a value as a key that can be counted, and written in JSON: a string.

    >>> label(np.int64(3)), label(3.0), label(0.5), label(True)
    ('3', '3', '0.5', 'True')
    """
    if type(value) is str:
        return value
    if type(value) is float:
        return str(int(value) if value.is_integer() else value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return label(value.item())
    return str(value.tolist() if isinstance(value, np.ndarray) else value)


def cut(text: str, widest: int = 300) -> str:
    """Return a text on one line, its end left out if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= widest else f"{line[: widest - 4]} ..."


def plain(value: Any) -> Any:
    """Return arrays as lists and numpy's numbers as Python's."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value

"""What a value is to those who count it: a number, an array, a label, plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.words import brief

_LONGEST: Final = 200  # characters of a label; a longer one is its beginning and a digest
_BITS: Final = 1023  # an int of more is no float


def measured(value: Any) -> Any:
    """Return a number as int or float, or an array as float64.

    Raises:
        TypeError: if it is neither.
    """
    kind = type(value)
    if kind is float or (kind is int and value.bit_length() <= _BITS):
        return value
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (str, bytes)) or value is None or isinstance(value, Mapping):
        raise TypeError(f"{brief(value)} is no number and no array of them")
    try:
        array = _numbers(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{brief(value)} is no number and no array of them") from error
    return single(array) if array.ndim == 0 else array


def _numbers(value: Any) -> np.ndarray[Any, Any]:
    """Return an array of its own, as what is gathered is not to change with the host's."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("what a mask hides is no number")
    array = np.asarray(value)
    if array.dtype.kind not in "biufO":  # dates and texts would be turned into numbers
        raise TypeError(f"{array.dtype} is no number")
    return np.array(array, np.float64)


def python(value: np.generic) -> Any:
    """Return a number, a string or bytes of numpy's as Python's; what is neither, as it is."""
    if value.dtype.char == "g":
        return float(value)
    return value.item() if value.dtype.kind in "biufcSU" else value


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
        return _bounded(value)
    if type(value) is float:
        return str(int(value) if value.is_integer() else value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.generic):
        number = python(value)
        return str(value) if number is value else label(number)
    return _bounded(str(value.tolist() if isinstance(value, np.ndarray) else value))


def _bounded(text: str) -> str:
    """Cut a long text, so that what counts by it stays small; two long ones stay apart."""
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{text[: _LONGEST - 21]} ... {digest}"


def cut(text: str, widest: int = 300) -> str:
    """Return a text on one line, its end left out if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= widest else f"{line[: widest - 4]} ..."


def plain(value: Any) -> Any:
    """Return arrays and sets as lists, dates as text, and numpy's numbers as Python's."""
    if isinstance(value, (np.ndarray, np.generic)):
        return _listed(np.asarray(value))
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _listed(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind in "mM":  # dates of Python's mean something else
        return array.astype(str).tolist()
    return array.astype(np.float64).tolist() if array.dtype.char == "g" else array.tolist()

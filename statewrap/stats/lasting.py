"""What may be gathered: plain data, which a snapshot holds and another process reads."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import GraphInstance

from statewrap.core.tensors import library_of
from statewrap.core.words import brief

MAX_DEPTH: Final = 50
"""How deep containers may nest: a snapshot takes twice as much, the session around it included."""

_PLAIN: Final = frozenset({type(None), bool, int, float, complex, str, bytes, np.str_, np.bytes_})
_SERIES: Final = frozenset({list, tuple, set, frozenset})


def lasting(value: Any, types: Iterable[type] = ()) -> Any:
    """Return a value that a snapshot can hold.

    It is refused when it comes in, as a snapshot would be too late to do without it.

    Args:
        value: None, numbers, strings, bytes; arrays of numbers, strings or dates; tensors; lists,
            tuples, sets and dicts of such.
        types: the NamedTuples, attrs classes and enums that may occur in it.

    Raises:
        TypeError: if it holds something else, itself, or containers deeper than `MAX_DEPTH`.

    >>> lasting([1, {"a": 2.5}])
    [1, {'a': 2.5}]
    """
    if type(value) not in _PLAIN:
        _check(value, (GraphInstance, *types), 0)
    return value


def holds(dtype: np.dtype[Any]) -> bool:
    """Tell whether arrays of a dtype mean the same in every process."""
    return dtype.kind in "biufcmMSU" and dtype.char not in "gG" and dtype.isbuiltin != 2


def _check(value: Any, types: tuple[type, ...], depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        return
    if kind is np.ndarray or isinstance(value, np.generic):
        if not holds(value.dtype):
            raise TypeError(f"an array of {brief(value.dtype)} cannot be kept; plain numbers can")
        return
    if library_of(value) is not None:
        return
    if depth == MAX_DEPTH:
        raise TypeError(f"what is kept nests more than {MAX_DEPTH} containers, or holds itself")
    for part in _parts(value, kind, types):
        _check(part, types, depth + 1)


def _parts(value: Any, kind: type, types: tuple[type, ...]) -> Iterable[Any]:
    if kind is dict:
        return [*value, *value.values()]
    if kind in _SERIES:
        return value  # type: ignore[no-any-return]
    if kind not in types:
        raise TypeError(
            f"{brief(value)} is no plain data and cannot be kept: numbers, strings, arrays, and "
            "lists, tuples and dicts of them can"
        )
    if isinstance(value, enum.Enum):
        return ()
    if attrs.has(kind):
        return [getattr(value, field.name) for field in attrs.fields(kind)]
    return value  # type: ignore[no-any-return]  # a NamedTuple

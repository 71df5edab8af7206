"""The two borders, where values are copied so that nobody's objects are shared.

`freeze` takes a value in: what the host or the policy does with its own object afterwards
changes nothing here. `thaw` gives one out: what is done with it changes nothing here either.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from statewrap.core.tensors import copied, library_of

ARRAY: Final = np.ndarray  # one look-up less than np.ndarray
PLAIN: Final = frozenset(
    {int, float, bool, str, bytes, complex, type(None)}
    | {np.bool_, np.uint8, np.int32, np.int64, np.float32, np.float64}
)
"""The usual types of what nobody can write into."""


def freeze(value: Any) -> Any:
    """Copy a value once: arrays (memory order kept) become read-only, containers are rebuilt.

    A tensor is copied without its gradient, as it cannot be made read-only.

    >>> frozen = freeze({"x": np.zeros(2)})
    >>> frozen["x"].flags.writeable
    False
    """
    kind = type(value)
    if kind is ARRAY and not value.dtype.hasobject:
        array = value.__copy__()  # which is copy("K") at half the price
        array.setflags(False)  # by position it takes half the time
        return array
    return value if kind in PLAIN else _copy(value, freeze)


def thaw(value: Any) -> Any:
    """Copy a value once, arrays writable, for someone who may change it."""
    kind = type(value)
    if kind is ARRAY and not value.dtype.hasobject:
        return value.__copy__()
    return value if kind in PLAIN else _copy(value, thaw)


def sealed(value: Any) -> Any:
    """Return a value for one reader: its arrays as they are, or as read-only views.

    Dicts and lists, and tensors, which cannot be made read-only, are copied.

    >>> sealed({"x": np.zeros(2)})["x"].flags.writeable
    False
    """
    kind = type(value)
    if kind is ARRAY:
        if not value.flags.writeable:
            return value
        view = value.view()
        view.setflags(False)
        return view
    if kind in PLAIN:
        return value
    if kind is dict:
        return {key: sealed(item) for key, item in value.items()}
    if kind is list:
        return [sealed(item) for item in value]
    if kind is tuple:
        items = tuple(map(sealed, value))
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    library = library_of(value)
    return value if library is None else copied(value, library)


def _copy(value: Any, border: Callable[[Any], Any]) -> Any:
    """Copy what is neither plain nor an array of numbers, its parts as a border does."""
    kind = type(value)
    if kind is dict:
        return {key: border(item) for key, item in value.items()}
    library = library_of(value)
    if library is not None:
        return copied(value, library)
    if isinstance(value, (np.void, np.ma.MaskedArray)):  # views, or more than an array
        return copy.deepcopy(value)
    if isinstance(value, np.generic):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            value = copy.deepcopy(value)
        array = np.array(value, order="K")
        array.setflags(write=border is thaw)
        return array
    if isinstance(value, dict):
        return {key: border(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        items = [border(item) for item in value]
        if hasattr(value, "_fields"):  # a NamedTuple, such as gymnasium's GraphInstance
            return kind(*items)
        return tuple(items) if isinstance(value, tuple) else items
    return copy.deepcopy(value)

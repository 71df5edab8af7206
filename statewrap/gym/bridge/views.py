"""Arrays that look at the memory of others."""

from __future__ import annotations

from typing import Any

import numpy as np

Lies = tuple[int, tuple[int, ...], tuple[int, ...], str, bool]
"""Where a view lies: after how many bytes; its shape, strides and dtype; whether it is writable."""


def root_of(array: Any) -> Any:
    """Return the array whose memory it is; what else it belongs to; None if it is its own.

    >>> whole = np.zeros(6)
    >>> root_of(whole[2:].reshape(2, 2)) is whole, root_of(whole)
    (True, None)
    """
    root = array.base
    while type(root) is np.ndarray and root.base is not None:
        root = root.base
    return root


def lies(array: Any, root: Any) -> Lies:
    """Tell where an array lies in the memory of another.

    >>> whole = np.zeros(6, np.float32)
    >>> lies(whole[2:], whole)
    (8, (4,), (4,), '<f4', True)
    """
    place = _address(array) - _address(root)
    return place, array.shape, array.strides, array.dtype.str, array.flags.writeable


def view(root: Any, place: int, shape: Any, strides: Any, dtype: Any, *, writeable: bool) -> Any:
    """Return an array that lies in the memory of another.

    >>> whole = np.arange(6, dtype=np.float32)
    >>> *where, writeable = lies(whole[2:], whole)
    >>> place, shape, strides, dtype = where
    >>> view(whole, place, shape, strides, dtype, writeable=writeable)
    array([2., 3., 4., 5.], dtype=float32)
    """
    flat = root if place == 0 else np.ndarray(root.nbytes, np.uint8, root, 0, (1,))
    made: Any = np.ndarray(shape, dtype, flat, place, strides)
    made.setflags(write=writeable)
    return made


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

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
    place = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return place, array.shape, array.strides, array.dtype.str, array.flags.writeable

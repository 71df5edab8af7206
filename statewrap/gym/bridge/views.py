"""Arrays that look at the memory of others."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from statewrap.gym.bridge.errors import UnreadableError

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
    place, dtype = _address(array) - _address(root), array.dtype
    words = dtype.str if dtype.isbuiltin == 1 else str(dtype)  # which has the names of fields
    return place, array.shape, array.strides, words, array.flags.writeable


def view(root: Any, place: int, shape: Any, strides: Any, dtype: Any, *, writeable: bool) -> Any:
    """Return an array that lies in the memory of another.

    >>> whole = np.arange(6, dtype=np.float32)
    >>> *where, writeable = lies(whole[2:], whole)
    >>> place, shape, strides, dtype = where
    >>> view(whole, place, shape, strides, dtype, writeable=writeable)
    array([2., 3., 4., 5.], dtype=float32)
    """
    flat = root if place == 0 else np.ndarray(root.nbytes, np.uint8, root, 0, (1,))
    made: Any = np.ndarray(shape, dtype_of(dtype), flat, place, strides)
    made.setflags(write=writeable)
    return made


def dtype_of(words: Any) -> np.dtype[Any]:
    """Return the dtype that words name, as `str(dtype)` has them; a dtype is itself.

    >>> dtype_of("<f4"), dtype_of("[('x', '<f4'), ('n', '<i4')]").names
    (dtype('float32'), ('x', 'n'))
    """
    of_fields = type(words) is str and words[0] in "[{"
    made: np.dtype[Any] = np.dtype(ast.literal_eval(words) if of_fields else words)
    return made


def hold_told(array: Any) -> None:
    """Hold that the dtype of a view is the one that its words name.

    Raises:
        UnreadableError: if it is that of another library, or of records.
    """
    dtype = array.dtype
    if dtype.isbuiltin == 1:
        return
    try:
        twin = dtype_of(str(dtype))
    except (SyntaxError, TypeError, ValueError):
        twin = None
    if twin is None or not (twin == dtype and twin.type is dtype.type):
        raise UnreadableError(
            f"a view, made while it runs, of the dtype {dtype}, which is not found by its name; "
            "keep a copy in its place, as by array.copy()"
        )


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

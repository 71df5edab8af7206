"""Where in memory tensors and arrays lie, to tell which of them share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from statewrap.core.tensors import library_of

Block = tuple[int, int]
"""The first byte, and that after the last."""


def block(value: Any) -> Block | None:
    """Return where an array of numbers or a tensor of torch lies, with all that it may show.

    >>> whole = np.zeros(4)
    >>> start, stop = block(whole)
    >>> stop - start
    32
    """
    if type(value) is np.ndarray:
        low, high = np.lib.array_utils.byte_bounds(value)
        return low, high
    if library_of(value) != "torch":
        return None
    try:
        storage = value.untyped_storage()
        start = storage.data_ptr()
    except (AttributeError, NotImplementedError, RuntimeError):  # it has none
        return None
    return start, start + storage.nbytes()


def overlaps(one: Block | None, others: Iterable[Block]) -> bool:
    """Tell whether memory belongs to any of others, too.

    >>> overlaps((0, 8), [(8, 16)]), overlaps((0, 8), [(4, 16)])
    (False, True)
    """
    if one is None:
        return False
    return any(one[0] < stop and start < one[1] for start, stop in others)

"""How the actions of a space stand in a mask that says which of them are legal."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

Mask = np.ndarray[Any, Any]


class Layout(NamedTuple):
    """How the actions of a space stand in its flat mask: one axis after the other."""

    single: bool
    """Whether an action is one number, and no array."""
    starts: tuple[int, ...]
    """The least action of each axis."""
    sizes: tuple[int, ...]
    """How many actions each axis has."""

    def joined(self, found: Any) -> Mask | None:
        """Return a mask, flat or given axis by axis, as a flat one; None if it is neither."""
        if not isinstance(found, (np.ndarray, tuple, list)) or len(found) == 0:
            return None
        if np.ndim(found[0]) == 0:
            flat = np.asarray(found)
            return flat if flat.shape == (sum(self.sizes),) else None
        axes = [np.asarray(axis) for axis in found]
        if [axis.shape for axis in axes] != [(size,) for size in self.sizes]:
            return None
        return np.concatenate(axes)

    def places(self, action: Any) -> list[int] | None:
        """Return where an action stands, a place for each axis; None if it is not in the space."""
        numbers = action.tolist() if isinstance(action, (np.ndarray, np.generic)) else action
        axes = [numbers] if self.single else numbers
        if not isinstance(axes, (list, tuple)) or len(axes) != len(self.sizes):
            return None
        places, begin = [], 0
        for number, start, size in zip(axes, self.starts, self.sizes, strict=True):
            if not isinstance(number, int) or not start <= number < start + size:
                return None
            places.append(begin + number - start)
            begin += size
        return places

    def valid(self, mask: Mask) -> list[list[int]]:
        """Return the actions that a mask allows, a list for each axis."""
        axes = np.split(mask, list(accumulate(self.sizes))[:-1])
        return [
            (np.flatnonzero(axis) + start).tolist()
            for axis, start in zip(axes, self.starts, strict=True)
        ]

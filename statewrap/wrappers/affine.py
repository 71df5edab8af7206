"""The affine map from one Box onto another, as Gymnasium's wrappers compute it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box

Array = np.ndarray[Any, Any]


def number_or_array(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Validate a bound: a number, or an array of them.

    Raises:
        TypeError: if it is anything else.
    """
    if isinstance(value, (np.ndarray, np.integer, np.floating)) or type(value) in (int, float):
        return
    raise TypeError(
        f"{field.name} of {type(wrapper).__name__} is a number or a numpy array, got {value!r}."
    )


def affine(box: Box, low: Array, high: Array) -> tuple[Array, Array]:
    """Return gradient and intercept of the map from `box` onto `[low, high]`.

    The order of the operations and their dtypes are `gymnasium.wrappers.utils.rescale_box`'s:
    the width of the box is taken in the longest float there is, everything rests in the box's.
    Where a width is 0 or a number too large for the dtype, they are infinite or NaN.
    """
    bounded_low, bounded_high = np.isfinite(low), np.isfinite(high)
    both = bounded_low & bounded_high
    longest = getattr(np, "float128", np.float64)  # not on every platform
    width = box.high[both].astype(longest) - box.low[both].astype(longest)
    gradient = np.ones(low.shape, box.dtype)
    intercept = np.zeros(low.shape, box.dtype)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # refused afterwards
        gradient[both] = (high[both] - low[both]) / width
        intercept[bounded_high] = high[bounded_high] - box.high[bounded_high]
        intercept[bounded_low] = gradient[bounded_low] * -box.low[bounded_low] + low[bounded_low]
    return gradient, intercept

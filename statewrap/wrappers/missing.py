"""Observations of which parts are missing: NaN, None, masked, or not there at all."""

from __future__ import annotations

from math import isnan
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, MultiBinary, MultiDiscrete, Tuple

from statewrap.core.borders import freeze
from statewrap.core.errors import InputError
from statewrap.core.words import brief

Array = np.ndarray[Any, Any]


@attrs.frozen(eq=False)
class Numbers:
    """What an array is, and how its missing components are found."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    none_missing: Array
    """For how many time steps each component is missing: 0."""

    def are_whole(self, came: Any) -> bool:
        """Tell, for most of what comes, that it is an array of this form without NaN.

        Infinity squared is infinity, and nothing is subtracted: NaN comes of NaN alone.
        """
        if type(came) is not np.ndarray or came.shape != self.shape:
            return False
        if came.dtype.kind != "f":
            return bool(came.dtype.kind == self.dtype.kind)
        return self.dtype.kind == "f" and not isnan(float(np.vdot(came, came)))

    def read(self, came: Any, place: str) -> tuple[Array, Array]:
        """Return what came as an array, a new one if anything is missing, and what is missing.

        Raises:
            InputError: if it is no array of this form.
        """
        if came is None:
            return np.zeros(self.shape, self.dtype), np.ones(self.shape, bool)
        try:
            array = np.asarray(came)
            gone = _missing_in(array)
            if isinstance(came, np.ma.MaskedArray):
                gone = gone | np.ma.getmaskarray(came)
            fits = array.shape == self.shape and array.dtype.kind in "biufO"
            numbers = np.where(gone, 0, array) if gone.any() else array
            if fits and numbers.dtype.kind != self.dtype.kind:
                numbers, given = numbers.astype(self.dtype), numbers
                fits = self.dtype.kind == "f" or bool((numbers == given).all())
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise InputError(
                f"The {place} is {brief(came)}, expected numbers of the shape {self.shape} and "
                f"the kind of {self.dtype}, some of which may be missing: NaN or None."
            )
        return numbers, gone


def _missing_in(array: Array) -> Array:
    if array.dtype.kind == "f":
        return np.isnan(array)
    if array.dtype.kind == "O":
        return np.array([is_missing(part) for part in array.flat], bool).reshape(array.shape)
    return np.zeros(array.shape, bool)


def is_missing(part: Any) -> bool:
    """Tell whether a value stands for none: None, or a NaN that is no array."""
    return part is None or (isinstance(part, (float, np.floating)) and isnan(part))


def layout_of(space: Any) -> Any:
    """Return what an observation is made of: `Numbers`, a dict, a tuple, or None for the rest."""
    if isinstance(space, (Box, MultiBinary, MultiDiscrete)):
        return Numbers(space.shape, space.dtype, _zeros(space.shape))
    if isinstance(space, Dict):
        return {key: layout_of(part) for key, part in space.spaces.items()}
    if isinstance(space, Tuple):
        return tuple(map(layout_of, space.spaces))
    return None


def _zeros(shape: tuple[int, ...]) -> Array:
    zeros = np.zeros(shape, np.int64)
    zeros.setflags(write=False)
    return zeros


def nothing_missing(layout: Any) -> Any:
    """Return for how many time steps each part is missing where none is: 0 in each place."""
    if isinstance(layout, Numbers):
        return layout.none_missing
    if isinstance(layout, dict):
        return {key: nothing_missing(part) for key, part in layout.items()}
    return tuple(map(nothing_missing, layout)) if isinstance(layout, tuple) else 0


def some_missing(missing: Any) -> bool:
    """Tell whether anything is missing."""
    if isinstance(missing, dict):
        return any(map(some_missing, missing.values()))
    return any(map(some_missing, missing)) if isinstance(missing, tuple) else bool(np.any(missing))


def is_whole(layout: Any, came: Any) -> bool:
    """Tell, for most of what comes, that nothing of it is missing."""
    if isinstance(layout, Numbers):
        return layout.are_whole(came)
    if isinstance(layout, dict):
        known = type(came) is dict and layout.keys() <= came.keys()
        return known and all(is_whole(part, came[key]) for key, part in layout.items())
    if isinstance(layout, tuple):
        known = type(came) is tuple and len(came) == len(layout)
        return known and all(map(is_whole, layout, came))
    return not is_missing(came)


def parts_of(layout: Any, came: Any, place: str) -> Any:
    """List key, layout and what came of each part of a dict or tuple.

    Raises:
        InputError: if what came is none.
    """
    if isinstance(layout, dict):
        if came is None or isinstance(came, dict):
            return [(key, part, (came or {}).get(key)) for key, part in layout.items()]
        raise InputError(f"The {place} is {brief(came)}, expected a dict with {list(layout)}.")
    parts = (None,) * len(layout) if came is None else came
    if isinstance(parts, (tuple, list)) and len(parts) == len(layout):
        return list(zip(range(len(layout)), layout, parts, strict=True))
    raise InputError(f"The {place} is {brief(came)}, expected a tuple of {len(layout)} parts.")


def part_of(whole: Any, key: Any) -> Any:
    """Return a part of a dict or tuple; None of None."""
    return None if whole is None else whole[key]


def as_element(space: Any, given: Any) -> Any:
    """Return an argument as an element of a space: lists and numbers stand for arrays."""
    if isinstance(space, Dict) and isinstance(given, dict):
        known = space.spaces
        return {k: as_element(known[k], g) if k in known else g for k, g in given.items()}
    if isinstance(space, Tuple) and isinstance(given, (tuple, list)):
        alike = len(given) == len(space.spaces)
        return tuple(map(as_element, space.spaces, given)) if alike else tuple(given)
    if isinstance(space, (Box, MultiBinary, MultiDiscrete)):
        return _as_array(space, given)
    return given


def _as_array(space: Any, given: Any) -> Any:
    try:
        array = np.asarray(given)
        filled = array if array.shape else np.broadcast_to(array, space.shape)
        cast = filled.astype(space.dtype)
    except (TypeError, ValueError, OverflowError):
        return given
    return freeze(cast) if space.dtype.kind == "f" or (cast == filled).all() else given

"""What is asked of spaces: why a value is not in one, and what is nearest to zero in it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import GraphInstance
from gymnasium.vector.utils import batch_space

from statewrap.core.errors import BindError
from statewrap.core.tensors import as_numpy, library_of
from statewrap.core.words import brief

_USUAL: Final = (np.ndarray, np.generic, int, float, str, dict, tuple, list)


def why_not(space: spaces.Space[Any], value: Any, path: str = "") -> str | None:
    """Say why `value` is outside `space`, or return None if it is inside.

    A Box asks for an array of the same kind (float, signed, unsigned, bool), the same shape and
    values within the bounds, none of them NaN; the width of floats is free, and a float is
    compared as the space's dtype would hold it, give or take a few roundings of the coarser of the
    two (a mapping such as RescaleAction's does not always hit a bound). Other leaves ask
    `space.contains`; the number of a OneOf may be an array without dimensions. A tensor is looked
    at as the numpy array of its contents; what tensors in a Graph, Sequence or OneOf hold is not.

    >>> box = spaces.Box(-1.0, 1.0, (2,), np.float32)
    >>> why_not(box, np.array([0.5, 0.5])) is None
    True
    >>> why_not(box, np.array([0.5, np.nan]))
    'value[1] is nan'
    """
    where = path or "value"
    library = None if isinstance(value, _USUAL) else library_of(value)
    if library is not None:
        value = as_numpy(value, library)
    if isinstance(space, spaces.Box):
        return _why_not_box(space, value, where)
    if isinstance(space, spaces.Dict):
        return _why_not_dict(space, value, where)
    if isinstance(space, spaces.Tuple):
        return _why_not_tuple(space, value, where)
    if _holds_tensors(value):
        return None
    try:
        inside = space.contains(_counted(value) if isinstance(space, spaces.OneOf) else value)
    except Exception as error:  # noqa: BLE001 - a space of the user's own may raise anything
        return f"{where} cannot be compared with {space} ({type(error).__name__}: {error})"
    return None if inside else f"{where} is {_shown(value)}, which is not in {space}"


def _holds_tensors(value: Any) -> bool:
    """Tell whether a tensor is in a container."""
    if isinstance(value, (tuple, list)):
        return any(map(_holds_tensors, value))
    return not isinstance(value, _USUAL) and library_of(value) is not None


def _counted(value: Any) -> Any:
    """Return what a OneOf holds with its number as an int."""
    if isinstance(value, tuple) and len(value) == 2:
        number, held = value
        if isinstance(number, np.ndarray) and number.shape == () and number.dtype.kind in "iu":
            return int(number), held
    return value


def _why_not_box(space: spaces.Box, value: Any, where: str) -> str | None:
    if not isinstance(value, (np.ndarray, np.generic)):
        if space.shape or not isinstance(value, (int, float)):
            return f"{where} is {_shown(value)}, expected a numpy array of shape {space.shape}"
        value = np.asarray(value)
    if value.dtype.kind != space.dtype.kind:
        return f"{where} has dtype {value.dtype}, expected {space.dtype}"
    if value.shape != space.shape:
        return f"{where} has shape {value.shape}, expected {space.shape}"
    held = _as_held(space, value)
    inside = (held >= space.low) & (held <= space.high)  # False for NaN
    if not inside.all() and held.dtype.kind == "f":
        inside |= _nearly(space, held, np.finfo(value.dtype).eps)
    if inside.all():
        return None
    index = tuple(int(i) for i in np.argwhere(~inside)[0])
    place = f"{where}[{', '.join(map(str, index))}]" if index else where
    if np.isnan(held[index]):
        return f"{place} is nan"
    return f"{place} is {value[index]}, outside {space.low[index]} to {space.high[index]}"


def _nearly(space: spaces.Box, held: Any, rounding: Any) -> Any:
    """Tell which values are beyond a bound by no more than a few roundings."""
    bounds = np.abs(np.stack([space.low, space.high]))
    largest = np.where(np.isfinite(bounds), bounds, 0).max(axis=0)
    slack = 8 * max(np.finfo(held.dtype).eps, rounding) * largest
    return (held >= space.low - slack) & (held <= space.high + slack)


def _as_held(space: spaces.Box, value: Any) -> Any:
    """Return floats as the space would hold them; integers as they are, for a cast would wrap."""
    if value.dtype == space.dtype or value.dtype.kind != "f":
        return value
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite there
        return value.astype(space.dtype)


def _why_not_dict(space: spaces.Dict, value: Any, where: str) -> str | None:
    if not isinstance(value, dict):
        return f"{where} is {_shown(value)}, expected a dict with the keys {list(space.spaces)}"
    if value.keys() != space.spaces.keys():
        return f"{where} has the keys {list(value)}, expected {list(space.spaces)}"
    items = space.spaces.items()
    return next((w for k, s in items if (w := why_not(s, value[k], f"{where}[{k!r}]"))), None)


def _why_not_tuple(space: spaces.Tuple[Any], value: Any, where: str) -> str | None:
    if not isinstance(value, (tuple, list)):
        return f"{where} is {_shown(value)}, expected a tuple of length {len(space.spaces)}"
    if len(value) != len(space.spaces):
        return f"{where} has length {len(value)}, expected {len(space.spaces)}"
    pairs = enumerate(zip(space.spaces, value, strict=True))
    return next((w for i, (s, v) in pairs if (w := why_not(s, v, f"{where}[{i}]"))), None)


def frame_space(frame: Any) -> spaces.Box | None:
    """Return the space in which pictures like this one lie; None if it is no array.

    Those of uint8 lie in 0..255, as Gymnasium says of all; others anywhere in their dtype.

    >>> frame_space(np.zeros((2, 3, 3), np.uint8))
    Box(0, 255, (2, 3, 3), uint8)
    """
    if not isinstance(frame, np.ndarray):
        return None
    if frame.dtype == np.uint8:
        return spaces.Box(0, 255, frame.shape, np.uint8)
    return spaces.Box(-np.inf, np.inf, frame.shape, frame.dtype.type)


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {brief(value, 80)}"


def without_gaps(space: Any, value: Any) -> Any:
    """Return a value with zeros where it is missing, NaN or None, so that the rest can be checked.

    >>> without_gaps(spaces.Box(-1.0, 1.0, (2,)), np.array([0.5, np.nan]))
    array([0.5, 0. ])
    """
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return nearest_to_zero(space)
    if isinstance(space, spaces.Dict) and isinstance(value, dict):
        parts = space.spaces.items()
        return {**value, **{key: without_gaps(part, value.get(key)) for key, part in parts}}
    if isinstance(space, spaces.Tuple) and isinstance(value, (tuple, list)):
        return tuple(map(without_gaps, space.spaces, value)) + tuple(value[len(space.spaces) :])
    return _filled(space, value) if isinstance(space, spaces.Box) else value


def _filled(box: spaces.Box, value: Any) -> Any:
    """Return floats with zeros where they are NaN, as integers if those are the Box's."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or array.shape != box.shape or not np.isnan(array).any():
        return value
    filled = np.where(np.isnan(array), nearest_to_zero(box), array)
    cast = filled.astype(array.dtype if box.dtype.kind == "f" else box.dtype)
    return cast if (cast == filled).all() else value


def brought_inside(space: Any, value: Any) -> Any:
    """Return a value with its numbers at the bounds where they are beyond, to check the rest.

    >>> brought_inside(spaces.Box(-1.0, 1.0, (2,)), np.array([0.5, 7.0]))
    array([0.5, 1. ])
    """
    if isinstance(space, spaces.Dict) and isinstance(value, dict):
        known = space.spaces
        return {k: brought_inside(known[k], v) if k in known else v for k, v in value.items()}
    if isinstance(space, spaces.Tuple) and isinstance(value, (tuple, list)):
        return tuple(map(brought_inside, space.spaces, value)) + tuple(value[len(space.spaces) :])
    fits = isinstance(space, spaces.Box) and isinstance(value, (np.ndarray, np.generic, int, float))
    if not fits or np.shape(value) != space.shape:
        return value
    alike = np.asarray(value).dtype.kind == space.dtype.kind and space.dtype.kind in "fiu"
    return np.clip(value, space.low, space.high) if alike else value


def nearest_to_zero(space: Any) -> Any:  # noqa: C901 - one line a kind of space
    """Return the element of a space that is nearest to zero, as Gymnasium chooses it.

    Raises:
        BindError: if the space is of a kind whose zero is not known.

    >>> nearest_to_zero(spaces.Box(5.0, 9.0, (2,)))
    array([5., 5.], dtype=float32)
    """
    match space:
        case spaces.Box():
            zero = np.where(space.low > 0, space.low, np.zeros(space.shape, space.dtype))
            return np.where(space.high < 0, space.high, zero)
        case spaces.Discrete() | spaces.MultiDiscrete():
            return space.start
        case spaces.MultiBinary():
            return np.zeros(space.shape, space.dtype)
        case spaces.Dict():
            return {key: nearest_to_zero(part) for key, part in space.spaces.items()}
        case spaces.Tuple():
            return tuple(nearest_to_zero(part) for part in space.spaces)
        case spaces.Sequence():
            return nearest_to_zero(space.stacked_feature_space) if space.stack else ()
        case spaces.Text():
            return space.characters[0] * space.min_length
        case spaces.Graph():
            nodes = nearest_to_zero(batch_space(space.node_space, 1))
            if space.edge_space is None:
                return GraphInstance(nodes, None, None)
            edges = nearest_to_zero(batch_space(space.edge_space, 1))
            return GraphInstance(nodes, edges, np.zeros((1, 2), np.int64))
        case spaces.OneOf():
            return 0, nearest_to_zero(space.spaces[0])
    raise BindError(
        f"What is nearest to zero in {space!r} is not known. Give an observation "
        "in its place, such as padding_type=... of FrameStackObservation."
    )

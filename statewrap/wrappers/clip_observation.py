"""Observations held between two bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space, Tuple

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, InputError
from statewrap.core.fields import argument, derived
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound


class _Limits(NamedTuple):
    """The bounds of a Box, arrays of its shape and dtype."""

    low: Any
    high: Any


def _is_bound(value: Any) -> bool:
    """Tell whether a value is None, numbers without NaN, or a dict or list of such."""
    if isinstance(value, dict):
        return all(map(_is_bound, value.values()))
    if value is None or (isinstance(value, (tuple, list)) and all(map(_is_bound, value))):
        return True
    try:
        array = np.asarray(value)
    except ValueError:  # lists of uneven lengths
        return False
    return array.dtype.kind in "fiu" and not np.isnan(array).any()


def _a_bound(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_bound(value):
        raise TypeError(
            f"{field.name} of {type(wrapper).__name__} is {value!r}, expected None, a number or "
            "an array without NaN; for a Dict or Tuple space a dict or tuple of these."
        )


@attrs.frozen
class ClipObservation(Wrapper[None]):
    """Hold each observation between two bounds, those of its space where none are given.

    A sensor's wild value is shown as the nearest one that is allowed, an infinity as the bound.
    NaN stays NaN: `HoldLastObservation` replaces it. Numpy's promotion decides on the dtype, as
    in `ClipAction`: that of the space stays. Of a Dict or Tuple each Box of numbers is clipped,
    and everything else is left as it is.

    Above `NormalizeObservation`, `ClipObservation(-10.0, 10.0)` is what `clip_obs` is in
    Stable-Baselines3's `VecNormalize`.

    Args:
        min_obs: the least value, a number or an array of the Box's shape; None for that of the
            space. For a Dict a dict of these, for a Tuple a tuple or list; what is left out of
            a dict is None.
        max_obs: the greatest value, like `min_obs`.

    Raises:
        TypeError: if a bound is none of these, or NaN.
        BindError: at `bind`, if the observation space below is unknown or has no Box of numbers,
            or the bounds do not fit it.
        InputError: if an observation has another shape, or is no numbers.

    >>> clip = ClipObservation(max_obs=5.0).bind(Below(Box(0.0, 9.0, (2,))))
    >>> clip.on_state(None, TimeStep(np.array([-3.0, 7.0], np.float32)))
    (None, TimeStep(array([0., 5.], dtype=float32)))
    """

    mends = frozenset({"outside"})

    min_obs: Any = argument(None, converter=freeze, validator=_a_bound)
    max_obs: Any = argument(None, converter=freeze, validator=_a_bound)
    limits: Any = derived()
    space: Space[Any] | None = derived()

    def bind(self, below: Below) -> ClipObservation:
        """Fit the bounds to the observation space.

        Raises:
            BindError: if it is unknown or has no Box of numbers, or they do not fit.
        """
        space = below.require("observation_space", self)
        limits = self._limits(space, self.min_obs, self.max_obs, "")
        if limits is None:
            raise BindError(
                f"{self!r} needs a Box of numbers as the observation space below it, or a Dict "
                f"or Tuple that has one, got {space}. Leave the wrapper out, or put it elsewhere."
            )
        return bound(self, limits=limits, space=_clipped_space(space, limits))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the bounds."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Clip the observation."""
        shown = self._clipped(self.limits, timestep.observation, "")
        return None, timestep.with_observation(shown)

    def _limits(self, space: Space[Any], least: Any, greatest: Any, place: str) -> Any:
        """Return `_Limits`, or a dict of limits by key or number; None if nothing is clipped."""
        if isinstance(space, Box) and space.dtype.kind in "fiu":
            return self._of_box(space, least, greatest, place)
        parts = _parts(space)
        lows = self._of_parts("min_obs", least, space, parts, place)
        highs = self._of_parts("max_obs", greatest, space, parts, place)
        limits = {
            key: self._limits(part, lows.get(key), highs.get(key), f"{place}[{key!r}]")
            for key, part in parts.items()
        }
        return {key: limit for key, limit in limits.items() if limit is not None} or None

    def _of_parts(
        self, name: str, given: Any, space: Space[Any], parts: dict[Any, Any], place: str
    ) -> dict[Any, Any]:
        """Return what is given for each part of a space."""
        if given is None:
            return {}
        if isinstance(space, Dict) and isinstance(given, dict) and given.keys() <= parts.keys():
            return given
        several = isinstance(space, Tuple) and isinstance(given, (tuple, list))
        if several and len(given) == len(parts):
            return dict(enumerate(given))
        expected = f"one for each of {list(parts)}" if parts else "None"
        raise BindError(
            f"{name}{place} of {self!r} is {brief(given)}, but the observation space there is "
            f"{space}. Expected {expected}."
        )

    def _of_box(self, box: Box, least: Any, greatest: Any, place: str) -> _Limits:
        low = box.low if least is None else self._fitted("min_obs", least, box, place)
        high = box.high if greatest is None else self._fitted("max_obs", greatest, box, place)
        if not (low <= high).all():
            raise BindError(
                f"{self!r} leaves nothing between its bounds where the observation space"
                f"{place} is {box}: the lower exceeds the upper. A bound that is not given is "
                "that of the space."
            )
        return _Limits(low, high)

    def _fitted(self, name: str, given: Any, box: Box, place: str) -> Any:
        """Return a bound as an array of the Box's shape and dtype."""
        array = np.asarray(given)
        with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is seen below
            cast: Any = array.astype(box.dtype) if array.dtype.kind in "fiu" else None
        exact = cast is not None and (box.dtype.kind == "f" or (cast == array).all())
        if not exact or array.shape not in ((), box.shape):
            kind = "number" if box.dtype.kind == "f" else f"whole number that is {box.dtype}"
            raise BindError(
                f"{name}{place} of {self!r} is {brief(given)}, but the observation space there "
                f"is {box}. Expected a {kind}, or an array of the shape {box.shape}."
            )
        return np.broadcast_to(cast, box.shape)

    def _clipped(self, limits: Any, observation: Any, place: str) -> Any:
        if type(limits) is _Limits:
            return self._within(limits, observation, place)
        parts = {
            key: self._clipped(limit, observation[key], f"{place}[{key!r}]")
            for key, limit in limits.items()
        }
        if isinstance(observation, dict):
            return {**observation, **parts}
        return tuple(parts.get(index, part) for index, part in enumerate(observation))

    def _within(self, limits: _Limits, observation: Any, place: str) -> Any:
        array = observation if type(observation) is np.ndarray else np.asarray(observation)
        if array.shape != limits.low.shape or array.dtype.kind not in "fiub":
            raise InputError(
                f"{self!r} was shown observation{place} = {brief(observation)}, expected numbers "
                f"of the shape {limits.low.shape}."
            )
        shown = np.minimum(np.maximum(array, limits.low), limits.high)
        if isinstance(shown, np.ndarray):  # and not a scalar, as in a Box of shape ()
            shown.setflags(write=False)
        return shown


def _parts(space: Any) -> dict[Any, Space[Any]]:
    """Return the parts of a Dict or Tuple by key or number; other spaces have none."""
    if isinstance(space, Dict):
        return dict(space.spaces)
    return dict(enumerate(space.spaces)) if isinstance(space, Tuple) else {}


def _clipped_space(space: Any, limits: Any) -> Space[Any]:
    """Return a space with the limits as the bounds of its Boxes."""
    if type(limits) is _Limits:
        return Box(limits.low, limits.high, space.shape, space.dtype.type)
    parts = {
        key: _clipped_space(part, limits[key]) if key in limits else part
        for key, part in _parts(space).items()
    }
    return Dict(list(parts.items())) if isinstance(space, Dict) else Tuple(parts.values())

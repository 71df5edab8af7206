"""Observations in another range."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.borders import freeze
from statewrap.core.fields import a_flag, argument, derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.affine import Array, affine, number_or_array
from statewrap.wrappers.below import box_below, refusal, unfit


@attrs.frozen
class RescaleObservation(Wrapper[None]):
    """Show observations in `[min_obs, max_obs]`, onto which the Box below is mapped.

    The map is affine, component by component. A component that is unbounded on one side is
    shifted, one that is unbounded on both is passed; the bounds given there must be the same
    infinities. What lies outside the Box is mapped too, not clipped. Mirrors
    `gymnasium.wrappers.RescaleObservation`, bit for bit, over a Box of floats.

    A Box of integers becomes one of floats: float32 from 8 and 16 bits, else float64. Gymnasium
    computes in the integers, where most maps lose everything: uint8 pictures in [0, 1] are black.

    Args:
        min_obs: the least observation, a number or an array of the Box's shape.
        max_obs: the greatest observation, a number or an array of the Box's shape.
        keep_dtype: compute in the dtype of the Box, also where that is of integers, as Gymnasium
            does.

    Raises:
        TypeError: if a bound is neither a number nor an array, or `keep_dtype` no bool.
        BindError: at `bind`, if the observation space below is unknown or no Box, the bounds do
            not fit it, or a component of it is a single point.

    >>> wrapper = RescaleObservation(0, 1).bind(Below(Box(0, 255, (2,), np.uint8)))
    >>> picture = np.array([0, 255], np.uint8)
    >>> wrapper.on_state(None, TimeStep(picture))[1].observation
    array([0., 1.], dtype=float32)
    """

    min_obs: Any = argument(converter=freeze, validator=number_or_array)
    max_obs: Any = argument(converter=freeze, validator=number_or_array)
    keep_dtype: bool = attrs.field(default=False, kw_only=True, validator=a_flag)
    below: Box | None = derived()
    shape: tuple[int, ...] | None = derived()
    shift: Any = derived()
    """What is taken off first; None if nothing is."""
    gradient: Any = derived()
    intercept: Any = derived()
    """What is added last; None if that changes nothing."""
    dtype: np.dtype[Any] | None = derived()
    """That in which a Box of integers is mapped, if it is another; arrays are cast to it first."""
    space: Box | None = derived()

    def bind(self, below: Below) -> RescaleObservation:
        """Derive the map from the Box below.

        Raises:
            BindError: if the observation space is unknown or no Box, or the bounds do not fit it.
        """
        box = box_below(self, below)
        low = self._filled("min_obs", self.min_obs, box)
        high = self._filled("max_obs", self.max_obs, box)
        self._check_bounds(low, high, box)
        source = self._source(box)
        space = Box(self._held(low, source), self._held(high, source), box.shape, source.dtype.type)
        shift, dtype, (gradient, intercept) = None, None, affine(source, low, high)
        if source is not box:  # of integers: from 0 on, so that both bounds are hit
            shift = _one(source.low) if source.low.any() else None
            dtype, intercept = source.dtype, space.low
        if source.dtype.kind == "f" and not (np.isfinite(gradient) & np.isfinite(intercept)).all():
            raise refusal(
                ValueError,
                f"{self!r} cannot map {box}: there, the bounds of a component are equal, or the "
                "two ranges differ beyond what its dtype can hold. Leave that component out first.",
            )
        return bound(  # type: ignore[no-any-return]
            self,
            below=box,
            shape=box.shape,
            shift=shift,
            gradient=_one(gradient),
            intercept=None
            if _is_lost(intercept, gradient, integers=box.dtype.kind != "f")
            else _one(intercept),
            dtype=dtype,
            space=space,
        )

    def above(self, below: Below) -> Below:
        """Announce the Box `[min_obs, max_obs]`."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Map the observation; numpy's promotion decides on the dtype."""
        observation = timestep.observation
        try:
            if self.dtype is None:
                shown = self.gradient * observation
            else:
                shown = self._from_zero(observation)
                shown *= self.gradient  # in place, since it is new
            if self.intercept is not None:
                shown += self.intercept
            shown.setflags(False)  # does nothing to a numpy scalar
        except Exception as error:
            raise unfit(self, self.below, observation, error) from error
        if shown.shape != self.shape:
            wrong = ValueError(f"The shape becomes {shown.shape}, expected {self.shape}.")
            raise unfit(self, self.below, observation, wrong)
        return None, timestep.with_observation(shown)

    def _from_zero(self, observation: Any) -> Any:
        """Return integers as new floats, so that 0 is the least of them."""
        if type(observation) is np.ndarray and observation.dtype == self.below.dtype:  # type: ignore[union-attr]
            cast = observation.astype(self.dtype)
            cast = cast if self.shape else cast[()]  # a scalar, as numpy's operations give
        else:
            cast = observation + np.zeros((), self.dtype)  # which refuses None and text
        if self.shift is not None:
            cast -= self.shift
        return cast

    def _filled(self, name: str, value: Any, box: Box) -> Array:
        array = value if isinstance(value, np.ndarray) else np.full(box.shape, value)
        if array.shape != box.shape:
            raise refusal(
                ValueError,
                f"{name} of {self!r} has the shape {array.shape}, but the observation space below "
                f"is {box}. Give a number, or an array of the shape {box.shape}.",
            )
        return array

    def _check_bounds(self, low: Array, high: Array, box: Box) -> None:
        unbounded_low = np.isinf(low) | np.isinf(box.low)
        unbounded_high = np.isinf(high) | np.isinf(box.high)
        if (low != box.low)[unbounded_low].any() or (high != box.high)[unbounded_high].any():
            raise refusal(
                ValueError,
                f"{self!r} has a bound that is finite where the observation space below, {box}, "
                "is unbounded, or the reverse. For unbounded components, the target bounds must "
                "match the original infinity bounds.",
            )
        if not np.all(low <= high):
            raise refusal(
                ValueError, f"{self!r} needs min_obs <= max_obs in every component. Exchange them."
            )

    def _source(self, box: Box) -> Box:
        """Return the Box as it is mapped: one of integers as one of floats."""
        if box.dtype.kind == "f":
            return box
        if self.keep_dtype and box.dtype.kind != "b":
            return box
        dtype = np.result_type(box.dtype, np.float32)
        return Box(box.low.astype(dtype), box.high.astype(dtype), box.shape, dtype.type)

    def _held(self, bounds: Array, source: Box) -> Array:
        """Return bounds as the dtype of the announced Box holds them."""
        limits = np.finfo if source.dtype.kind == "f" else np.iinfo
        info: Any = limits(source.dtype)
        beyond = np.isfinite(bounds) & ((bounds < info.min) | (bounds > info.max))
        if beyond.any():
            raise refusal(
                ValueError,
                f"{self!r} has bounds that are out of bounds of the dtype range of {source.dtype}, "
                f"from {info.min} to {info.max}. Give others, or leave keep_dtype out.",
            )
        return bounds.astype(source.dtype)


def _is_lost(intercept: Array, gradient: Array, *, integers: bool) -> bool:
    """Tell whether 0 is added to what cannot be -0.0: integers, or floats made of them."""
    never = gradient.dtype.kind != "f" or bool((gradient > 0).all())
    return integers and not intercept.any() and never


def _one(array: Array) -> Array:
    """Return the one number that an array is full of: less to read than the array."""
    if array.ndim and array.size and array.tobytes() == array.flat[0].tobytes() * array.size:
        return np.array(array.flat[0])  # numpy is faster with such an array than with its scalars
    return array

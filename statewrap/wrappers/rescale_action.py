"""Actions in a range of the policy's own, mapped onto the bounds of the environment."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.error import InvalidBound
from gymnasium.spaces import Box

from statewrap.core.borders import freeze
from statewrap.core.fields import argument, derived
from statewrap.core.messages import Act
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.affine import Array, affine, number_or_array
from statewrap.wrappers.below import refusal


@attrs.frozen
class RescaleAction(Wrapper[None]):
    """Let the policy act in `[min_action, max_action]`, mapped onto the Box below.

    The map is affine, component by component. A component that is unbounded on one side is
    shifted, one that is unbounded on both is passed; the bounds given there must be the same
    infinities. What lies outside the range is mapped too, not clipped: put `ClipAction` below
    to hold it. Mirrors `gymnasium.wrappers.RescaleAction`, bit for bit, but refuses where that
    sends NaN or infinity (a component whose bounds below are equal) or loses the fractions of
    its map (an integer Box).

    Args:
        min_action: the least action, a number or an array of the Box's shape.
        max_action: the greatest action, a number or an array of the Box's shape.

    Raises:
        TypeError: if a bound is neither a number nor an array.
        BindError: at `bind`, if the action space below is unknown or no Box of floats, or the
            bounds do not fit it.

    >>> rescale = RescaleAction(-1.0, 1.0).bind(Below(action_space=Box(0.0, 10.0, (1,))))
    >>> rescale.on_action(None, Act(np.array([0.5], np.float32)))
    (None, Act(array([7.5], dtype=float32)))
    """

    min_action: Any = argument(converter=freeze, validator=number_or_array)
    max_action: Any = argument(converter=freeze, validator=number_or_array)
    gradient: Any = derived()
    intercept: Any = derived()
    """What is taken off first; None if that is 0.0, which changes no number, not even -0.0."""
    space: Box | None = derived()

    def bind(self, below: Below) -> RescaleAction:
        """Derive the map from the Box below.

        Raises:
            BindError: if the action space is unknown or no Box of floats, or the bounds do not
                fit it.
        """
        box = below.require("action_space", self)
        if not isinstance(box, Box) or box.dtype.kind != "f":
            raise refusal(
                TypeError,
                f"{self!r} needs a Box of floats as the action space below it, got {box}. "
                "Leave the wrapper out, or put it where the actions are such a Box.",
            )
        low = self._filled("min_action", self.min_action, box)
        high = self._filled("max_action", self.max_action, box)
        self._check_bounds(low, high, box)
        gradient, intercept = affine(box, low, high)
        with np.errstate(over="ignore"):  # refused in the next line
            low, high = low.astype(box.dtype), high.astype(box.dtype)
        self._check_invertible(gradient, low, high, box)
        space = Box(low, high, box.shape, box.dtype.type)
        idle = not intercept.any() and not np.signbit(intercept).any()
        return bound(  # type: ignore[no-any-return]
            self, gradient=gradient, intercept=None if idle else intercept, space=space
        )

    def above(self, below: Below) -> Below:
        """Announce the Box `[min_action, max_action]`."""
        return attrs.evolve(below, action_space=self.space)

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Map the action; float32 stays float32, float64 stays float64."""
        action = act.action if self.intercept is None else act.action - self.intercept
        sent = action / self.gradient
        sent.setflags(False)  # does nothing to a numpy scalar
        return None, Act(sent)

    def _filled(self, name: str, value: Any, box: Box) -> Array:
        array = value if isinstance(value, np.ndarray) else np.full(box.shape, value)
        if array.shape != box.shape:
            raise refusal(
                ValueError,
                f"{name} of {self!r} has the shape {array.shape}, but the action space below is "
                f"{box}. Give a number, or an array of the shape {box.shape}.",
            )
        return array

    def _check_bounds(self, low: Array, high: Array, box: Box) -> None:
        unbounded_low = np.isinf(low) | np.isinf(box.low)
        unbounded_high = np.isinf(high) | np.isinf(box.high)
        if (low != box.low)[unbounded_low].any() or (high != box.high)[unbounded_high].any():
            raise refusal(
                ValueError,
                f"{self!r} has a bound that is finite where the action space below, {box}, is "
                "unbounded, or the reverse. Give the same infinity there.",
            )
        if not np.all(low <= high):
            raise refusal(
                ValueError,
                f"{self!r} needs min_action < max_action in every component. Exchange them.",
            )

    def _check_invertible(self, gradient: Array, low: Array, high: Array, box: Box) -> None:
        if np.any(low == high):
            raise refusal(
                InvalidBound,
                f"{self!r} needs min_action < max_action in every component: as {box.dtype} some "
                "are equal, and a range of one point cannot be mapped onto another range.",
            )
        if not np.all(np.isfinite(gradient) & (gradient != 0)):
            raise refusal(
                ValueError,
                f"{self!r} cannot map onto {box}: there, the bounds of a component are equal, or "
                "the two ranges differ in size beyond what its dtype can hold.",
            )

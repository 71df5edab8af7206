"""Actions of a Box, for wrappers that compare each one with the last that was sent."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.errors import BindError, SpaceError
from statewrap.core.words import brief
from statewrap.core.wrapper import Below

HOLD: Final = "hold"
"""The `initial` that goes on from the last action of the episode before."""

Array = np.ndarray[Any, Any]


def is_hold(value: Any) -> bool:
    """Tell whether an argument is the word "hold"."""
    return isinstance(value, str) and value == HOLD


def numbers(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Hold that an argument is a finite number or an array of them; lists are arrays.

    Raises:
        TypeError: if it is something else.
        ValueError: if a number is NaN or infinite.
    """
    array = _as_array(value)
    if array is None:
        raise TypeError(
            f"{field.name} of {type(wrapper).__name__} is a number or an array of numbers, "
            f"got {value!r}."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{field.name} of {type(wrapper).__name__} is {value!r}, expected finite.")


def start_or_hold(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Hold that an argument is None, "hold", or an action of numbers.

    Raises:
        TypeError: if it is something else.
        ValueError: if a number is NaN or infinite.
    """
    if isinstance(value, str) and value != HOLD:
        raise ValueError(
            f"{field.name} of {type(wrapper).__name__} is None, {HOLD!r} or an action, "
            f"got {value!r}."
        )
    if value is not None and not is_hold(value):
        numbers(wrapper, field, value)


def _as_array(value: Any) -> Array | None:
    """Return real numbers as an array; None if they are none."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # lists of uneven lengths
        return None
    return array if array.dtype.kind in "fiu" else None


def whole_numbers(array: Array) -> Array | None:
    """Return numbers as Python integers; None if one is no integer."""
    integers = [int(number) for number in array.flat]
    if any(one != other for one, other in zip(integers, array.flat, strict=True)):
        return None
    return np.array(integers, object).reshape(array.shape)


@attrs.frozen
class BoxAction:
    """What an action of a Box is, and the numbers that it is reckoned with.

    Floats are reckoned with as float64 (or longer), integers as Python's, which never overflow;
    always as an array with an axis, for numpy makes a scalar of one without.
    """

    wrapper: Any
    """Whose: for what is said when an action is refused."""
    box: Box
    wide: np.dtype[Any]
    low: Array
    """The least action, in `wide`; so is `high`."""
    high: Array
    floats: bool
    """Whether the Box holds floats, and not integers."""

    @classmethod
    def of(cls, wrapper: Any, below: Below) -> BoxAction:
        """Read the action space below a wrapper.

        Raises:
            BindError: if it is unknown, or no Box of floats or integers.
        """
        box = below.require("action_space", wrapper)
        if not isinstance(box, Box) or box.dtype.kind not in "fiu":
            raise BindError(
                f"{wrapper!r} needs a Box of numbers as the action space below it, got {box}. "
                "Leave the wrapper out, or put it where the actions are a Box."
            )
        floats = box.dtype.kind == "f"
        wide = np.promote_types(box.dtype, np.float64) if floats else np.dtype(object)
        low, high = (np.atleast_1d(bound).astype(wide) for bound in (box.low, box.high))
        return cls(wrapper, box, wide, low, high, floats)

    def filled(self, name: str, value: Any) -> Array:
        """Return an argument, a number or an array, with a number for each component.

        Raises:
            BindError: if its shape is not the Box's.
        """
        array = np.asarray(value)
        if array.shape not in ((), self.box.shape):
            raise BindError(
                f"{name} of {self.wrapper!r} has the shape {array.shape}, but the action space "
                f"below is {self.box}. Give a number, or an array of the shape {self.box.shape}."
            )
        return np.broadcast_to(array, self.low.shape).astype(self.wide)

    def start(self, name: str, value: Any) -> Any:
        """Return an argument that is an action, as it would be sent.

        Raises:
            BindError: if it is not in the Box.
        """
        filled = self.filled(name, value)
        array = filled if self.floats else whole_numbers(filled)
        if array is None or not ((array >= self.low) & (array <= self.high)).all():
            raise BindError(
                f"{name} of {self.wrapper!r} is {value!r}, which is not in the action space "
                f"below, {self.box}. Give one that is."
            )
        return self.sent(array.astype(self.box.dtype))

    def wanted(self, action: Any) -> Array:
        """Return what a policy wants, in `wide`: within the Box, and exact in the Box's dtype.

        Raises:
            SpaceError: if it is no array of the Box's shape and kind, or a component is NaN, or
                infinite where the Box has no bound.
        """
        array = action if type(action) is np.ndarray else _as_array(action)
        if array is None or array.shape != self.box.shape or not self._fits(array.dtype):
            raise SpaceError(self._refusal(f"the action {brief(action)}"))
        held: Array = np.minimum(np.maximum(array.astype(self.wide), self.low), self.high)
        if self.floats:
            if array.dtype != self.box.dtype:
                with np.errstate(over="ignore"):  # what is too large becomes infinite
                    held = held.astype(self.box.dtype).astype(self.wide)
            if not isfinite(np.vdot(held, held)) and not np.isfinite(held).all():
                raise SpaceError(self._refusal(f"the action {brief(action)}, not all finite"))
        return held

    def reckoned(self, action: Any) -> Array:
        """Return an action that was sent, in `wide`."""
        return (action if self.box.shape else np.atleast_1d(action)).astype(self.wide)

    def sent(self, action: Array) -> Any:
        """Return an action of the Box's dtype as it is sent: read-only, a scalar for shape ()."""
        if not self.box.shape:
            return action[0]
        action.setflags(write=False)
        return action

    def _fits(self, dtype: np.dtype[Any]) -> bool:
        return dtype.kind in ("fiu" if self.floats else "iu")

    def _refusal(self, found: str) -> str:
        kind = "finite numbers" if self.floats else "integers"
        return (
            f"{self.wrapper!r} was given {found}; expected {kind} of the shape {self.box.shape}, "
            f"for {self.box}. Mend the policy; until then Deployment(..., fallback=...) can answer "
            "in its place."
        )

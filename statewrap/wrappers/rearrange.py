"""Axes of arrays, rearranged: transposed, or one more of length 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.errors import BindError
from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, owned, real, unfit

Array = np.ndarray[Any, Any]


def _axes(given: Sequence[int] | None) -> tuple[int, ...] | None:
    """Return axes as ints; None stays."""
    if given is None:
        return None
    listed = isinstance(given, (tuple, list, np.ndarray))
    if not listed or not all(isinstance(axis, (int, np.integer)) for axis in given):
        raise TypeError(f"axes is {given!r}, expected a tuple of ints as (2, 0, 1), or None.")
    return tuple(map(int, given))


def _axis(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)):
        raise TypeError(f"axis is {given!r}, expected an int: 0 for the first, -1 for the last.")
    return int(given)


@attrs.frozen
class TransposeObservation(Wrapper[None]):
    """Show each observation with its axes in another order, as `np.transpose` does.

    What is shown is laid out in C order. Pictures (h, w, channels) become (channels, h, w) by
    `TransposeObservation((2, 0, 1))`.

    Args:
        axes: which axis of the observation stands at each place, each once; None turns their
            order around.

    Raises:
        TypeError: if `axes` is no tuple (or list) of ints, and not None.
        BindError: at `bind`, if the observation space below is unknown, no Box, or has other axes.

    >>> wrapper = TransposeObservation().bind(Below(Box(0.0, 9.0, (2, 3))))
    >>> picture = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    >>> wrapper.on_state(None, TimeStep(picture))[1].observation.tolist()
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    """

    axes: tuple[int, ...] | None = attrs.field(default=None, converter=_axes)
    below: Box | None = derived()
    space: Box | None = derived()

    def bind(self, below: Below) -> TransposeObservation:
        """Check the axes.

        Raises:
            BindError: if the observation space is unknown, no Box, or has other axes.
        """
        box = box_below(self, below)
        return bound(self, below=box, space=_mapped(self, box, self._turned))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the Box with its axes in that order."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Rearrange the axes."""
        return None, timestep.with_observation(_shown(self, timestep.observation, self._turned))

    def _turned(self, array: Array) -> Array:
        return array.transpose(self.axes)


@attrs.frozen
class ExpandObservation(Wrapper[None]):
    """Show each observation with one axis more, of length 1, as `np.expand_dims` does.

    It is what torch calls `unsqueeze`.

    Args:
        axis: where the new axis stands; -1 is the last place.

    Raises:
        TypeError: if `axis` is no int.
        BindError: at `bind`, if the observation space below is unknown, no Box, or has no such
            place.

    >>> wrapper = ExpandObservation(0).bind(Below(Box(0.0, 9.0, (3,))))
    >>> wrapper.above(Below()).observation_space
    Box(0.0, 9.0, (1, 3), float32)
    """

    axis: int = attrs.field(default=0, converter=_axis)
    below: Box | None = derived()
    space: Box | None = derived()

    def bind(self, below: Below) -> ExpandObservation:
        """Check the axis.

        Raises:
            BindError: if the observation space is unknown, no Box, or has no such place.
        """
        box = box_below(self, below)
        return bound(self, below=box, space=_mapped(self, box, self._wider))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the Box with that axis."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Add the axis."""
        return None, timestep.with_observation(_shown(self, timestep.observation, self._wider))

    def _wider(self, array: Array) -> Array:
        return np.expand_dims(array, self.axis)


def _mapped(wrapper: Any, box: Box, rearranged: Any) -> Box:
    """Return a Box with its bounds rearranged.

    Raises:
        BindError: if they cannot be.
    """
    try:
        low, high = rearranged(box.low), rearranged(box.high)
    except ValueError as error:  # numpy's, and its AxisError
        raise BindError(
            f"{wrapper!r} does not fit {box}, the observation space below it: {error}. Name axes "
            f"of the shape {box.shape}."
        ) from error
    return Box(low, high, low.shape, box.dtype.type)


def _shown(wrapper: Any, observation: Any, rearranged: Any) -> Array:
    """Return an observation rearranged, in C order, that nobody can write to."""
    array = np.asarray(observation)
    try:
        real(array, wrapper.below.shape)
    except Exception as error:
        raise unfit(wrapper, wrapper.below, observation, error) from error
    return owned(np.ascontiguousarray(rearranged(array)).reshape(wrapper.space.shape))

"""Observations in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, owned, real, refusal, unfit


def _shape(value: Sequence[int]) -> tuple[int, ...]:
    """Return a shape as a tuple of ints."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"ReshapeObservation requires shape to be a tuple, got {value!r} of {type(value)}. "
            "Write ReshapeObservation((6, 2))."
        )
    if not all(np.issubdtype(type(size), np.integer) for size in value):
        raise TypeError(f"ReshapeObservation requires shape elements to be integers, got {value}.")
    if not all(size > 0 for size in value):
        raise ValueError(
            f"ReshapeObservation requires shape elements to be greater than 0, got {value}. "
            "Write every size out: -1 is not filled in."
        )
    return tuple(int(size) for size in value)


@attrs.frozen
class ReshapeObservation(Wrapper[None]):
    """Show each observation in another shape, with as many elements, in C order.

    Nothing is copied where the memory order allows it. Mirrors
    `gymnasium.wrappers.ReshapeObservation`, bit for bit.

    Args:
        shape: the new shape, a tuple (or list) of sizes of at least 1.

    Raises:
        TypeError: if `shape` is no tuple of integers.
        ValueError: if one of them is below 1.
        BindError: at `bind`, if the observation space below is unknown, no Box, or has another
            number of elements.

    >>> wrapper = ReshapeObservation((2, 3)).bind(Below(Box(0, 9, (6,), np.uint8)))
    >>> wrapper.on_state(None, TimeStep(np.arange(6, dtype=np.uint8)))[1].observation.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """

    shape: tuple[int, ...] = attrs.field(converter=_shape)
    below: Box | None = derived()
    space: Box | None = derived()

    def bind(self, below: Below) -> ReshapeObservation:
        """Reshape the bounds of the Box below.

        Raises:
            BindError: if it is unknown, no Box, or has another number of elements.
        """
        box = box_below(self, below)
        if math.prod(self.shape) != math.prod(box.shape):
            raise refusal(
                ValueError,
                f"{self!r} requires the product of the new shape to match the original shape, but "
                f"the observation space below has the shape {box.shape}. Give a shape of "
                f"{math.prod(box.shape)} elements.",
            )
        low, high = box.low.reshape(self.shape), box.high.reshape(self.shape)
        space = Box(low, high, self.shape, box.dtype.type)
        return bound(self, below=box, space=space)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the Box in its new shape."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Reshape the observation."""
        observation = timestep.observation
        try:
            if type(observation) is not np.ndarray:  # a number, where the shape below is ()
                real(observation, self.below.shape)  # type: ignore[union-attr]  # `bind` found it
                observation = np.asarray(observation)
            shown = owned(observation.reshape(self.shape))
        except Exception as error:
            raise unfit(self, self.below, observation, error) from error
        return None, timestep.with_observation(shown)

"""Pictures in another size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, refusal, unfit
from statewrap.wrappers.pictures import opencv


def _shape(value: Sequence[int]) -> tuple[int, int]:
    """Return a height and a width as ints."""
    needs = "ResizeObservation requires"
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"{needs} shape to be a tuple, got {value!r} of {type(value)}. "
            "Write ResizeObservation((84, 84))."
        )
    if len(value) != 2:
        raise ValueError(f"{needs} shape tuple of length 2, (height, width), got {value}.")
    if not all(np.issubdtype(type(size), np.integer) for size in value):
        raise TypeError(f"{needs} shape elements to be integers, got {value}.")
    if not all(size > 0 for size in value):
        raise ValueError(f"{needs} shape elements to be greater than 0, got {value}.")
    return int(value[0]), int(value[1])


@attrs.frozen
class ResizeObservation(Wrapper[None]):
    """Show pictures, uint8 (h, w) or (h, w, channels), in another height and width.

    A pixel is the mean of the area that it covers (OpenCV's `INTER_AREA`). Needs the extra
    `image`. Mirrors `gymnasium.wrappers.ResizeObservation`, bit for bit.

    Args:
        shape: the new height and width, a tuple (or list), each at least 1.

    Raises:
        TypeError: if `shape` is no tuple of integers.
        ValueError: if it has another length than 2, or a size is below 1.
        BindError: at `bind`, if the observation space below is unknown or no picture: a uint8
            Box with two or three axes and the bounds 0 and 255.
        MissingExtraError: at `bind`, if OpenCV is not installed.

    >>> wrapper = ResizeObservation((1, 2)).bind(Below(Box(0, 255, (2, 4), np.uint8)))
    >>> picture = np.array([[0, 2, 10, 10], [4, 2, 30, 30]], np.uint8)
    >>> wrapper.on_state(None, TimeStep(picture))[1].observation
    array([[ 2, 20]], dtype=uint8)
    """

    shape: tuple[int, int] = attrs.field(converter=_shape)
    below: Box | None = derived()
    came: tuple[int, ...] | None = derived()
    """The shape of a picture below."""
    shown: tuple[int, ...] | None = derived()
    """The shape of a picture that is shown."""
    space: Box | None = derived()

    def bind(self, below: Below) -> ResizeObservation:
        """Check that pictures come, and that OpenCV is there.

        Raises:
            BindError: if the observation space is unknown or none of pictures.
            MissingExtraError: if OpenCV is not installed.
        """
        box = box_below(self, below)
        if len(box.shape) not in (2, 3):
            raise refusal(ValueError, self._wrong(f"a 2D or 3D image, got shape {box.shape}"))
        if np.any(box.low != 0) or np.any(box.high != 255):
            raise refusal(ValueError, self._wrong(f"observation bounds 0 to 255, got {box}"))
        if box.dtype != np.uint8:
            raise refusal(ValueError, self._wrong(f"observation dtype uint8, got {box.dtype}"))
        if 0 in box.shape:
            raise refusal(ValueError, self._wrong(f"a picture that is not empty, got {box}"))
        opencv("ResizeObservation")
        shown = self.shape + box.shape[2:]
        return bound(  # type: ignore[no-any-return]
            self, below=box, came=box.shape, shown=shown, space=Box(0, 255, shown, np.uint8)
        )

    def above(self, below: Below) -> Below:
        """Announce pictures of the new size."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Resize the picture."""
        try:
            resized = self._resized(np.asarray(timestep.observation))
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error
        resized.setflags(False)
        return None, timestep.with_observation(resized)

    def _resized(self, picture: np.ndarray[Any, Any]) -> Any:
        cv2 = _opencv()
        if picture.shape != self.came:
            raise ValueError(f"The shape is {picture.shape}.")
        resized = cv2.resize(picture, self.shape[::-1], interpolation=cv2.INTER_AREA)
        if resized.shape != self.shown:  # OpenCV drops the axis of a single channel
            return resized[..., np.newaxis]
        return resized

    def _wrong(self, words: str) -> str:
        return f"{self!r} requires {words} below it. Put it where the observation is a picture."


@cache
def _opencv() -> Any:
    """Return OpenCV faster than an import does; `bind` found it."""
    return opencv("ResizeObservation")

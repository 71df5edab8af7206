"""Colour pictures in shades of grey."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.fields import a_flag, derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, locked, refusal, unfit

_RED, _GREEN, _BLUE = map(np.float64, (0.2125, 0.7154, 0.0721))
_CHANNELS: Final = 3


@attrs.frozen
class GrayscaleObservation(Wrapper[None]):
    """Show colour pictures, uint8 (h, w, 3), in shades of grey, uint8 (h, w).

    The shade is 0.2125 red + 0.7154 green + 0.0721 blue, rounded down. Mirrors
    `gymnasium.wrappers.GrayscaleObservation`, bit for bit, at an eighth of its time. Note that
    the screens in grey of the Arcade Learning Environment and of OpenCV have other weights.

    Args:
        keep_dim: whether to keep the last axis, with one channel: uint8 (h, w, 1).

    Raises:
        TypeError: if `keep_dim` is no bool.
        BindError: at `bind`, if the observation space below is unknown or no such picture: a
            uint8 Box of shape (h, w, 3) with the bounds 0 and 255.

    >>> wrapper = GrayscaleObservation().bind(Below(Box(0, 255, (1, 2, 3), np.uint8)))
    >>> picture = np.array([[[255, 255, 255], [0, 100, 0]]], np.uint8)
    >>> wrapper.on_state(None, TimeStep(picture))[1].observation
    array([[255,  71]], dtype=uint8)
    """

    keep_dim: bool = attrs.field(default=False, validator=a_flag)
    below: Box | None = derived()
    space: Box | None = derived()

    def bind(self, below: Below) -> GrayscaleObservation:
        """Check that pictures come.

        Raises:
            BindError: if the observation space is unknown or none of pictures in colour.
        """
        box = box_below(self, below)
        if len(box.shape) != _CHANNELS or box.shape[-1] != _CHANNELS:
            raise refusal(
                ValueError,
                f"{self!r} requires an image with 3 channels, but the observation space below has "
                f"the shape {box.shape}, expected (height, width, 3).",
            )
        if box.dtype != np.uint8 or np.any(box.low != 0) or np.any(box.high != 255):
            raise refusal(
                ValueError,
                f"{self!r} requires observation bounds 0 to 255 and dtype uint8, but the "
                f"observation space below is {box}. Put it below what rescales the picture.",
            )
        shape = (*box.shape[:2], 1) if self.keep_dim else box.shape[:2]
        return bound(self, below=box, space=Box(0, 255, shape, np.uint8))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce pictures in grey."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Weigh the channels."""
        try:
            grey = locked(_grey(np.asarray(timestep.observation), self.below.shape))  # type: ignore[union-attr]
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error
        shown = grey[..., np.newaxis] if self.keep_dim else grey
        return None, timestep.with_observation(shown)


def _grey(picture: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return the weighted sum of the channels, rounded down: uint8 (h, w).

    The sum is taken as `np.sum` takes it over three numbers, (red + green) + blue in float64, but
    picture by picture and not pixel by pixel, which is what makes it fast.
    """
    if picture.shape != shape:
        raise ValueError(f"The shape is {picture.shape}, expected {shape}.")
    shade = picture[..., 0] * _RED
    shade += picture[..., 1] * _GREEN
    shade += picture[..., 2] * _BLUE
    return shade.astype(np.uint8)

"""What is done to the screens of Atari games, and where OpenCV comes from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium.spaces import Box

from statewrap.core.errors import MissingExtraError

_PAL_ROWS: Final = 250  # NTSC has 210, in three games up to 230
_PURPLE: Final = (168, 72, 158)  # of the PAL palette
_FOR_OPENCV, _FOR_ALE = 111, 110  # its grey


def opencv(feature: str) -> Any:
    """Return OpenCV. It is kept in no field: its functions have no name to pickle them by.

    Args:
        feature: who needs it, for the error.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import cv2  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise MissingExtraError(feature, "opencv-python-headless", "image") from error
    return cv2


def ale_grey(cv2: Any, *screens: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a screen in the grey of the Arcade Learning Environment, or the greater of two.

    That is round(0.2989 red + 0.5870 green + 0.1140 blue), for each of the colours that an Atari
    has (palettes NTSC, PAL and SECAM). OpenCV's own grey, whose weights are 0.299, 0.587 and
    0.114, is had at an eighth of the price and is another for one of these alone: a purple of
    PAL, whose screens have 250 rows, and in which nothing else has that grey. Of colours that no
    Atari has, it may differ from the formula by 1.

    Args:
        cv2: OpenCV.
        screens: one or two, uint8 (h, w, 3), red first.

    Returns:
        A new array, uint8 (h, w).

    Source: `ColourPalette` of the Arcade Learning Environment.
    """
    grey: np.ndarray[Any, Any] = cv2.cvtColor(screens[0], cv2.COLOR_RGB2GRAY)
    if len(screens) == 2:
        np.maximum(grey, cv2.cvtColor(screens[1], cv2.COLOR_RGB2GRAY), out=grey)
    if len(grey) == _PAL_ROWS:
        _correct(grey, screens)
    return grey


def _correct(grey: np.ndarray[Any, Any], screens: tuple[np.ndarray[Any, Any], ...]) -> None:
    """Put right the grey of the one colour, in a picture that was just made."""
    place = grey.tobytes().find(_FOR_OPENCV)
    at = divmod(place, grey.shape[1])
    if place >= 0 and any(tuple(screen[at]) == _PURPLE for screen in screens):
        grey[grey == _FOR_OPENCV] = _FOR_ALE


def is_picture(space: Any) -> bool:
    """Tell whether Stable-Baselines3 takes a space for one of pictures.

    Those are uint8, have three axes and the bounds 0 and 255.

    >>> is_picture(Box(0, 255, (4, 5, 3), np.uint8)), is_picture(Box(0, 1, (4, 5, 3)))
    (True, False)
    """
    if not isinstance(space, Box) or len(space.shape) != 3 or space.dtype != np.uint8:
        return False
    return bool((space.low == 0).all() and (space.high == 255).all())


def channels_first(space: Box) -> bool:
    """Tell whether the first axis of a picture is its shortest, as Stable-Baselines3 guesses."""
    return int(np.argmin(space.shape)) == 0

"""What stands for the emulator of an Atari game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from statewrap.core.errors import StatewrapError
from statewrap.gym.bridge.asked import asking
from statewrap.gym.bridge.errors import EnvironmentMissingError
from statewrap.wrappers.pictures import ale_grey, opencv

if TYPE_CHECKING:
    from statewrap.gym.bridge.stub import Stub


class Emulator:
    """What wrappers ask of the emulator of an Atari game, read from the last time step."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def lives(self) -> int:
        """Return `info["lives"]`."""
        info = self._stub.statewrap_host.newest("lives").info
        if "lives" not in info:
            raise StatewrapError(
                "A bridged wrapper reads the lives from the info of each time step, but there is "
                f'no "lives" in it: its keys are {sorted(map(str, info))}.'
            )
        return int(info["lives"])

    def getScreenRGB(self, screen: Any = None) -> Any:  # noqa: N802 - the emulator's name
        """Return the screen, an observation of `obs_type="rgb"`: uint8 (h, w, 3)."""
        return _onto(screen, self._observed(3))

    def getScreenGrayscale(self, screen: Any = None) -> Any:  # noqa: N802 - the emulator's name
        """Return the grey screen, uint8 (h, w): an observation of `obs_type="grayscale"`.

        One in colours is weighted as the emulator's palettes are, rounded.
        """
        seen = self._observed()
        return _onto(screen, self._in_grey(seen) if seen.ndim == 3 else seen)

    def __getattr__(self, name: str) -> Any:
        if "_stub" not in vars(self):
            raise AttributeError(name)
        raise self._stub.statewrap_is_missing(name)

    def _in_grey(self, seen: Any) -> Any:
        return ale_grey(opencv("An emulator's grey screen"), seen)

    def _observed(self, *dims: int) -> Any:
        seen = self._stub.statewrap_host.newest("the screen").observation
        if not isinstance(seen, np.ndarray) or seen.ndim not in (dims or (2, 3)):
            raise EnvironmentMissingError(
                f"{asking()} reads the emulator's screen, but the observation is none: it is "
                f"{seen!r:.60}. Let the environment show "
                f'obs_type="{"rgb" if dims else "grayscale"}".'
            )
        return seen


def _onto(screen: Any, seen: np.ndarray[Any, Any]) -> Any:
    """Copy onto what the caller gave, as the emulator does, or return a copy."""
    if screen is None:
        return seen.copy()
    np.copyto(screen.reshape(seen.shape), seen)
    return screen

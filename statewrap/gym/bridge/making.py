"""The host of a stub while wrappers are put around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from statewrap.core.messages import TimeStep
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.errors import EnvironmentMissingError
from statewrap.gym.bridge.stub import Handed


class Making:
    """Answers from the spaces what a wrapper asks while it is made; no episode opens for it."""

    handed: Handed | None = None

    def __init__(
        self, below: Below, generator: np.random.Generator, opening: TimeStep | None = None
    ) -> None:
        self._below = below
        self._generator = generator
        self._opening = opening
        self.opened = False
        """Whether a wrapper reset its environment while it was made."""
        self.drew = False
        """Whether the generator was asked for, and may be kept."""

    def act(self, action: Any) -> TimeStep:
        """Refuse."""
        raise EnvironmentMissingError(
            f"A wrapper steps its environment with {action!r:.60} while it is made, but under a "
            "bridge an action goes to an environment that somebody else has opened."
        )

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Show what is nearest to zero, unless something else was given."""
        self.opened = True
        return self._opening or self.newest("a reset")

    def generator(self) -> np.random.Generator:
        """Return the generator."""
        self.drew = True
        return self._generator

    def newest(self, what: str) -> TimeStep:
        """Show what is nearest to zero, and a black picture."""
        space, frames = self._below.observation_space, self._below.frame_space
        observation = None if space is None else nearest_to_zero(space)
        frame = None if frames is None else nearest_to_zero(frames)
        return TimeStep(observation, first=True, frame=frame)

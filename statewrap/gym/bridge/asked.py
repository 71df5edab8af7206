"""What wrappers asked of the environment that is not there, and who asked."""

from __future__ import annotations

import sys
from typing import Any

import gymnasium

from statewrap.gym.bridge.errors import EnvironmentMissingError


class Asked:
    """What was asked of the environment besides steps and resets, by whom."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        """Attributes that were there, each with who asked first."""
        self.missing: dict[str, str] = {}
        """Attributes that were not, as described."""
        self.unknown: dict[str, str] = {}
        """Attributes of which nothing is known, each with what is to be said."""

    def hold(self) -> None:
        """Hold that nothing unknown was asked for, whatever a wrapper did then.

        Raises:
            EnvironmentMissingError: if something was.
        """
        if self.unknown:
            raise EnvironmentMissingError(next(iter(self.unknown.values())))

    def note(self, name: str, *, missing: bool = False) -> str:
        """Note that an attribute was asked for, and return by whom."""
        who = asking()
        (self.missing if missing else self.found).setdefault(name, who)
        return who


def asking() -> str:
    """Name the class of the wrapper whose code is running."""
    frame: Any = sys._getframe(2)  # noqa: SLF001 - who asks is in the frames
    while frame is not None:
        who = frame.f_locals.get("self")
        if isinstance(who, gymnasium.Wrapper):
            return type(who).__name__
        frame = frame.f_back
    return "The wrapper"

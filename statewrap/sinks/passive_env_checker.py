"""Warnings about an environment that is looked at in passing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks.warning import warn
from statewrap.sinks.watcher import Watcher
from statewrap.wrappers.passive_env_checker import (
    Remark,
    of_opening,
    of_rendering,
    of_space,
    of_step,
)


@final
class PassiveEnvChecker(Watcher):
    """Warn of what is odd about the spaces, the first opening, step and picture.

    A sink: `Deployment(..., sinks=[PassiveEnvChecker()])`. The wrapper of the same name raises
    what cannot be used; the two together are `gymnasium.wrappers.PassiveEnvChecker`.

    Args:
        gap: where it watches, see `Watcher`.
    """

    def __init__(self, *, gap: int = 0) -> None:
        super().__init__(gap=gap)
        self.checked_reset = self.checked_step = self.checked_render = False

    def bind(self, stack: Stack) -> None:
        """Warn of what is odd about the spaces, as far as they are known."""
        super().bind(stack)
        if self.below.action_space is not None:
            _warn(of_space(self.below.action_space, "action"))
        if self.below.observation_space is not None:
            _warn(of_space(self.below.observation_space, "observation"))

    def opened(self, timestep: TimeStep) -> None:
        """Look at the first opening, and the first picture."""
        if not self.checked_reset and self.below.observation_space is not None:
            self.checked_reset = True
            _warn(of_opening(self.below.observation_space, timestep))
        self.rendered(timestep.frame)

    def stepped(self, timestep: TimeStep) -> None:
        """Look at the first step, and the first picture."""
        if not self.checked_step and self.below.observation_space is not None:
            self.checked_step = True
            _warn(of_step(self.below.observation_space, timestep))
        self.rendered(timestep.frame)

    def rendered(self, frame: Any) -> None:
        """Look at the first picture, if there is one."""
        if frame is not None and not self.checked_render:
            self.checked_render = True
            _warn(of_rendering(self.below, frame))


def _warn(remarks: Iterable[Remark]) -> None:
    for remark in remarks:
        warn(remark.text)

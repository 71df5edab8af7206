"""Calls that wait, each on a greenlet, and the host of the stub that they ask."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.errors import MissingExtraError
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.gym.bridge.errors import DivergedError, EnvironmentMissingError
from statewrap.gym.bridge.stub import Handed

try:
    greenlet: Any = importlib.import_module("greenlet")
except ImportError as error:
    raise MissingExtraError("mode='greenlet' of a Bridge", "greenlet", "greenlet") from error

_PATIENCE: Final = 100
"""How often a call that is abandoned may call its environment again before it is left alone."""
_undead: Final[list[Any]] = []
"""Calls that cannot be ended: they stay suspended for good."""


class WaitingCall(greenlet.greenlet):  # type: ignore[misc]  # greenlet has no types
    """A call of a wrapper's `step` or `reset`."""

    host: WaitingHost


class WaitingHost:
    """Answers a stub from within a call; it does not hold the call, which could not be freed."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self.shown: TimeStep | None = None
        self.handed: Handed | None = None
        """Nobody looks later at what was handed out."""
        self.leaving = False
        self.late = 0

    def act(self, action: Any) -> TimeStep:
        """Wait for the answer to an action."""
        return self._answer(Act(freeze(action)))

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Wait for an opening."""
        return self._answer(Reset(seed, freeze(options)))

    def generator(self) -> np.random.Generator:
        """Return the generator."""
        return self._generator

    def newest(self, what: str) -> TimeStep:
        """Return the last time step."""
        if self.shown is None:
            raise EnvironmentMissingError(
                f"A wrapper reads {what} from its environment before an episode was opened."
            )
        return self.shown

    def _answer(self, command: Command) -> TimeStep:
        shown: TimeStep = self._caller(command).switch(command)
        self.shown = shown
        return shown

    def _caller(self, command: Command) -> Any:
        """Return who waits for this call, which is not kept: no frame of a call may hold it."""
        call = greenlet.getcurrent()
        if self.leaving:
            self._refuse(call)
        if not isinstance(call, WaitingCall) or call.host is not self:
            raise DivergedError(
                f"A wrapper asked its environment for {command!r:.100} from a thread or greenlet "
                "of its own. Under a bridge it may do so only within a call of step or reset."
            )
        return call.parent

    def _refuse(self, call: Any) -> None:
        """Leave a call that goes on though it was abandoned."""
        self.late += 1
        if self.late > _PATIENCE:
            _undead.append(call)
            call.parent.switch(None)
        raise greenlet.GreenletExit


def into(call: WaitingCall, *answer: TimeStep) -> Any:
    """Run a call in the caller's place: his context variables, and his greenlet to return to.

    Args:
        call: which has not begun, or waits.
        answer: for what it waits.

    Returns:
        What it asks for next; or, where it is dead then, what it returned.
    """
    here = greenlet.getcurrent()
    call.parent = here
    call.gr_context = here.gr_context
    return call.switch(*answer)


def left(call: WaitingCall) -> bool:
    """Abandon a call; tell whether it let itself be abandoned."""
    host = call.host
    host.leaving = True
    call.parent = greenlet.getcurrent()
    try:
        said = call.throw()
    finally:
        host.leaving = False
    late, host.late = host.late, 0
    return not late and isinstance(said, greenlet.GreenletExit)

"""What a bridge remembers: plain data."""

from __future__ import annotations

from typing import Any, NamedTuple

from statewrap.core.borders import freeze
from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep


def kept(timestep: TimeStep) -> TimeStep:
    """Return a time step to remember."""
    return timestep.replace(info=freeze(timestep.info)) if timestep.info else timestep


class Call(NamedTuple):
    """A call of the wrapper's `step` or `reset` that waits for its environment."""

    given: Act | Reset
    """With what it was called."""
    asked: tuple[Command, ...] = ()
    """What it asked of its environment so far; the last has no answer yet."""
    answers: tuple[TimeStep, ...] = ()
    """What was answered."""

    @property
    def awaits(self) -> type:
        """What it has asked for last; an opening that is to come answers whatever it asks."""
        return type(self.asked[-1]) if self.asked else Reset


class Before(NamedTuple):
    """What a layer held before it mapped an action that has no answer yet."""

    state: dict[int, Any]
    draws: Key | NumpyDraws | None


class Held(NamedTuple):
    """What the wrapper's objects held when the last call was over, and the call that is open."""

    state: dict[int, Any]
    """What each object that may change held, by its place among all that can be reached."""
    draws: Key | NumpyDraws | None
    """What its environment's generator draws from."""
    call: Call | Act | Before | None = None
    """What an opening that nobody has asked for gives up, or goes back to; an act that has passed
    is a call of `step` of which nothing was run."""
    shown: TimeStep | None = None
    """The last time step before the open call, for a wrapper that looks at it by other ways than
    `step` and `reset`; None for one that does not."""
    time: float = 0.0
    """When it came."""


MEMORY_TYPES = (Held, Call, Before, Act, Reset, TimeStep, Key, NumpyDraws)

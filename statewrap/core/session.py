"""A session: one environment's conversation with a stack and a policy, as a value."""

from __future__ import annotations

from typing import Any

from statewrap.core.drivers import Agent
from statewrap.core.fold import Report
from statewrap.core.messages import Reset, TimeStep
from statewrap.core.protocol import State
from statewrap.core.value import value


@value
class Command:
    """An action is due: send it to the environment."""

    action: Any
    ended: TimeStep | None = None
    """The last time step shown at the top in this call, if an episode ended in it."""


@value
class Wanted:
    """A decision is wanted on this time step; answer with `decide(action)`."""

    timestep: TimeStep
    ended: TimeStep | None = None
    """As in `Command`."""


@value
class Over:
    """No action is due: the next call opens an episode."""

    ended: TimeStep | None = None
    """As in `Command`."""


Answer = Command | Wanted | Over


@value
class Session:
    """Everything that a session remembers, between two calls of its host."""

    state: State
    agent: Agent
    tally: Any
    """What the statistics have counted."""
    step: int = 0
    """The number of the next act, reset or observe call."""
    answer: Answer | None = None
    """What the last call gave."""
    observed: Answer | None = None
    """What the last act, reset or observe call gave, decisions after it apart."""
    raw: TimeStep | None = None
    """What the environment showed last, while a decision on it is wanted."""
    pending: Reset | None = None
    """The reset that left at the bottom, while no action is due."""
    reopen: bool = False
    """Whether an opening fell back, so that the stack has yet to be shown one."""
    reports: tuple[Report, ...] = ()
    """What the statistics reported of the last call."""

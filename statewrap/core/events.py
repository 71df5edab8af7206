"""What happened to a session that no message shows by itself.

Drivers put events between the hops, each at the gap where it was seen, so that one list in
one order holds all the facts of a call. Statistics are a pure fold over such lists.
"""

from __future__ import annotations

from typing import Any

from statewrap.core.messages import Message, TimeStep
from statewrap.core.value import value


@value
class Opened:
    """An episode opened at the top: the policy is shown a `first` time step."""


@value
class Ended:
    """An episode ended at the top: the policy was shown its last time step."""

    terminated: bool
    truncated: bool


@value
class Abandoned:
    """The open episode was given up without a last time step."""


@value
class Continued:
    """The stack ended an episode that the environment goes on with.

    What the environment last showed is shown to the stack again, as a first time step. That is
    no environment step.
    """


@value
class Unshown:
    """The environment showed a time step that the stack did not take in, for it failed."""

    timestep: TimeStep


@value
class FellBack:
    """A wrapper or the policy raised, and the deployment's fallback answered instead."""

    error: str
    action: Any


@value
class Closed:
    """The deployment was closed."""


Event = Opened | Ended | Abandoned | Continued | Unshown | FellBack | Closed
Fact = tuple[int, Message | Event]
"""A hop, or an event at a gap."""

"""What happened to a session that no message shows by itself; statistics are folded over both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from attrs import frozen as event
else:
    event = attrs.define


@event
class Opened:
    """An episode opened at the top: the policy was shown a `first` time step."""


@event
class Ended:
    """An episode ended at the top: the policy was shown its last time step."""

    terminated: bool
    truncated: bool


@event
class Abandoned:
    """The open episode was given up without a last time step (a reset, an unasked `first`)."""


@event
class Continued:
    """The stack ended an episode that the environment goes on with.

    What the environment last showed was shown to the stack again, as a first time step.
    It is no environment step.
    """


@event
class FellBack:
    """A wrapper or the policy raised, and the deployment's fallback answered instead."""

    error: str
    action: Any


@event
class Closed:
    """The deployment was closed."""


Event = Opened | Ended | Abandoned | Continued | FellBack | Closed

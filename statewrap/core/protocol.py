"""Who may speak when: the rules at a gap, and the table of a session.

The table is the one source of the state diagram in docs/reference/protocol.md.
"""

from __future__ import annotations

import enum
from typing import Final

from statewrap.core.messages import Message, Reset, TimeStep


class Episode(enum.Enum):
    """What an observer at one gap knows of the episode there."""

    NONE = "none"
    """None is open: nothing was shown yet, or a reset was asked for."""
    OPEN = "open"
    OVER = "over"
    """The last time step was shown."""


def at_gap(episode: Episode, message: Message) -> tuple[Episode, str | None]:
    """Apply the episode rules of one gap to a message that crosses it.

    Returns:
        What is known afterwards, and what was wrong with the message (None if nothing was).

    >>> from statewrap.core.messages import Act
    >>> at_gap(Episode.OVER, Act(1))
    (<Episode.OVER: 'over'>, 'an Act after the last time step of an episode')
    """
    if type(message) is TimeStep:
        after = Episode.OVER if message.last else Episode.OPEN
        if message.first:
            return after, wrong_opening(message)
        if episode is Episode.OPEN:
            return after, None
        when = "before an episode opened" if episode is Episode.NONE else "after its last one"
        return after, f"a time step that is not `first` {when}"
    if type(message) is Reset or episode is Episode.OPEN:
        return (Episode.NONE if type(message) is Reset else episode), None
    if episode is Episode.NONE:
        return episode, "an Act before an episode opened"
    return episode, "an Act after the last time step of an episode"


def wrong_opening(timestep: TimeStep) -> str | None:
    """Say what is wrong with a `first` time step, or return None."""
    if timestep.last:
        return "a `first` time step that is also last"
    if timestep.reward != 0:
        return f"a `first` time step with the reward {timestep.reward!r}, expected 0"
    return None


class State(enum.Enum):
    """Where a session stands between two calls of its host."""

    FRESH = "fresh"
    """Nothing was shown yet: the next call opens an episode."""
    ACTING = "acting"
    """An action was given out: the next time step answers it."""
    WANTED = "wanted"
    """A decision is wanted from outside."""
    OVER = "over"
    """No action is due: the next call opens an episode."""
    CLOSED = "closed"


_PUSHED: Final = (State.ACTING, State.WANTED, State.OVER)
_MOVING: Final = {"act": (State.ACTING, State.OVER), "observe": _PUSHED, "reset": _PUSHED}

TABLE: Final[dict[State, dict[str, tuple[State, ...]]]] = {
    State.FRESH: {**_MOVING, "close": (State.CLOSED,)},
    State.ACTING: {**_MOVING, "close": (State.CLOSED,)},
    State.WANTED: {"decide": _PUSHED, "reset": _PUSHED, "close": (State.CLOSED,)},
    State.OVER: {**_MOVING, "close": (State.CLOSED,)},
    State.CLOSED: {"close": (State.CLOSED,)},
}
"""State, to the calls that are legal in it, to the states that each may lead to.

`snapshot`, `restore` and `fork` are legal in every state. `act` is for a deployment that has
a policy, `observe` and `decide` are for one that has none.
"""


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for state, calls in TABLE.items():
        for call, after in calls.items():
            for target in after:
                arrows.setdefault((state, target), []).append(call)
    lines = [f"    {a.value} --> {b.value}: {', '.join(c)}" for (a, b), c in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.FRESH.value}", *lines])

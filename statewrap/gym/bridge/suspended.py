"""What a bridge remembers whose calls are suspended: a token that says how far its session is."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.gym.bridge.memory import Held


@attrs.define(slots=False, init=False, eq=False, repr=False)
class Suspended:
    """A place in a session that has a state of its own, to which nobody can go back."""

    kept: Held | None

    def __init__(
        self,
        kept: Held | None = None,
        session: Any = None,
        version: int = 0,
        draws: Key | NumpyDraws | None = None,
    ) -> None:
        """Make one.

        Args:
            kept: from what a session that has not begun starts.
            session: the session; None before its first message.
            version: how many messages it had answered.
            draws: where its environment's generator is to start anew; None to go on.
        """
        self.start = kept
        self.session = session
        self.version = version
        self.draws = draws

    def starting(self, draws: Key | NumpyDraws) -> Suspended:
        """Return the same place, from which other numbers are drawn."""
        return Suspended(self.start, self.session, self.version, draws)

    def __repr__(self) -> str:
        where = "not begun" if self.session is None else f"after {self.version} messages"
        return f"Suspended({where})"


def _kept(memory: Suspended) -> Held:
    """What a snapshot holds: read when it is saved, for it is only then worth its price.

    Raises:
        SnapshotError: if it cannot be saved, or not now.
    """
    if memory.session is not None:
        held: Held = memory.session.kept(memory)
        return held
    start = memory.start or Held({}, None)
    return start if memory.draws is None else start._replace(draws=memory.draws)


Suspended.kept = property(_kept)  # type: ignore[assignment]  # a field whose value is found late

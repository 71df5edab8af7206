"""What a record is put into: sessions and their episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from statewrap.sinks.recorded import Header
from statewrap.stats.pictures.rows import Row

Outcome = Literal["terminated", "truncated", "abandoned", "interrupted", "open"]


@attrs.frozen(repr=False, eq=False)
class SessionView:
    """What a recorded session was, but for its episodes."""

    header: Header
    name: str | None
    """If the deployment has one."""
    counts: Mapping[str, Any]
    """As `Deployment.statistics` counts, of all that was recorded."""
    calls: int
    left_out: int
    """How many calls came before the first that is still in memory."""
    missed: int
    """How many calls were dropped by a full `Buffered`."""
    restored: int
    """How often the session went on from a snapshot."""


@attrs.frozen(repr=False, eq=False)
class EpisodeView:
    """What happened in an episode."""

    number: int
    """In the record, from 0."""
    session: int
    """The number of its session in the record, from 0."""
    header: Header
    """The stack."""
    outcome: Outcome
    """"interrupted" if its end was not recorded, "open" if it goes on."""
    counts: Mapping[str, Any]
    """`return`, `length` and so on, counted as `Deployment.statistics` counts them."""
    told: Mapping[str, Any]
    """What else the deployment told at its end: statistics and KPIs; empty if it did not."""
    rows: Sequence[Row]
    whole: bool
    """Whether its opening was recorded."""

    def __repr__(self) -> str:
        return f"<EpisodeView {self.number}, {self.outcome}: {len(self.rows)} rows>"

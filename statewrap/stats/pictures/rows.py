"""The facts of a session, put into rows: one for each time step that the environment showed."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.events import (
    Abandoned,
    Closed,
    Continued,
    Ended,
    Event,
    FellBack,
    Opened,
    Unshown,
)
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.sinks.watcher import Missed

FALLBACK: Final = -1
"""In place of a wrapper: the deployment's fallback."""

_DOES: Final = {TimeStep: "shows", Act: "acts", Reset: "resets"}


class Answer(NamedTuple):
    """A wrapper turned a message round, instead of letting it pass."""

    who: int
    """The wrapper, from 0 nearest to the environment."""
    does: str
    """"acts" or "resets" (the policy is not asked), or "shows" (the environment is not)."""


class Mark(NamedTuple):
    """Something that happened at a time step."""

    kind: str
    """"opened", "ended", "abandoned", "reset", "continued", "fallback", "event", "missed",
    "restored", "interrupted" or "closed"."""
    words: str


@attrs.define
class Row:
    """A time step of the environment, and what came of it."""

    call: int
    """In which call of the deployment."""
    time: float
    """Seconds since the session opened."""
    reward: float | None = None
    """The environment's; None where it opened an episode."""
    processed: float | None = None
    """The sum of what the policy was shown; None where it was shown nothing, or an opening."""
    shown: bool = False
    """Whether the policy was shown something: a step, or an opening."""
    skipped: bool = False
    """Whether it counts as skipped: a step for which the policy was shown no step of its own."""
    action: Any = None
    """What the environment was sent, as plain values; None if nothing."""
    by: int | None = None
    """Who decided that: a wrapper, their number for the policy, or `FALLBACK`."""
    answers: tuple[Answer, ...] = ()
    """Of wrappers, in their order."""
    marks: tuple[Mark, ...] = ()


class Rows:
    """Takes the facts of an episode, one by one."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.rows: list[Row] = []
        self.call = 0
        self._time = 0.0
        self._early: tuple[Mark, ...] = ()
        self._before: tuple[int, type] | None = None
        self._speaker: int | None = None
        self._again = False

    def take(self, gap: int, what: Any) -> None:
        """Take a fact."""
        kind = type(what)
        if kind is TimeStep:
            self._rise(gap, what)
        elif kind is Act or kind is Reset:
            self._fall(gap, what)
        elif kind is Unshown:
            self._add(what.timestep)
            self._again = True
        elif kind is Event:
            self._early += (_mark(what),)
        else:
            self._happen(what)

    def end_call(self) -> None:
        """Put what came with no time step, such as with a close, at the last one."""
        early, self._early = self._early, ()
        if self.rows:
            self.rows[-1].marks += early

    def open_above(self) -> None:
        """Add a row for an episode that a wrapper opens, though the environment shows nothing."""
        self.rows = [Row(self.call, self._time)]

    def renew(self) -> list[Row]:
        """Give the rows away, and begin anew."""
        rows, self.rows = self.rows, []
        return rows

    def _add(self, timestep: TimeStep) -> None:
        reward = None if timestep.first else float(timestep.reward)
        early, self._early = self._early, ()
        self._time = timestep.time
        row = Row(self.call, timestep.time, reward, skipped=reward is not None, marks=early)
        self.rows.append(row)

    def _rise(self, gap: int, timestep: TimeStep) -> None:
        if gap == 0 and not (self._again and timestep.first):
            self._add(timestep)
        self._again = self._again and gap > 0
        self._turned(gap, TimeStep, gap - 1)
        if gap == self.top and self.rows:
            row = self.rows[-1]
            row.skipped = row.skipped and (row.shown or timestep.first)
            row.shown = True
            if not timestep.first:
                row.processed = (row.processed or 0.0) + float(timestep.reward)

    def _fall(self, gap: int, what: Act | Reset) -> None:
        self._turned(gap, type(what), gap)
        if gap or not self.rows:
            return
        row = self.rows[-1]
        if type(what) is Act:
            row.action, row.by = what.action, self._speaker
        else:
            row.marks += (Mark("reset", "reset"),)

    def _turned(self, gap: int, kind: type, who: int) -> None:
        """Note who says what crosses a gap, if it is not the message that came there before."""
        before, self._before = self._before, (gap, kind)
        if before is not None and before[1] is kind and before[0] != gap:
            return  # it passed
        self._speaker = who
        answered = before is not None and before[1] is not kind
        if answered and 0 <= who < self.top and self.rows:
            self.rows[-1].answers += (Answer(who, _DOES[kind]),)

    def _happen(self, what: Any) -> None:
        if type(what) is Missed:
            self._before = None
        if not self.rows:
            return
        row = self.rows[-1]
        row.marks += (_mark(what),)
        if type(what) is FellBack:
            row.action, row.by, self._before = what.action, FALLBACK, None


def _mark(what: Any) -> Mark:
    kind = type(what)
    if kind is Ended:
        return Mark("ended", "terminated" if what.terminated else "truncated")
    if kind is Event:
        return Mark("event", what.name)
    if kind is FellBack:
        return Mark("fallback", f"fallback: {what.error}")
    if kind is Missed and what.calls:
        return Mark("missed", f"{what.calls} calls not recorded")
    return _MARKS.get(kind) or Mark("event", kind.__name__)


_MARKS: Final = {
    Opened: Mark("opened", "opened"),
    Abandoned: Mark("abandoned", "abandoned"),
    Continued: Mark("continued", "goes on"),
    Missed: Mark("restored", "restored"),
    Closed: Mark("closed", "closed"),
}

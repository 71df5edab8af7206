"""A recorded session on its way into episodes, counted as a deployment counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from statewrap.core.events import Abandoned, Ended, Fact, Opened, Unshown
from statewrap.core.fold import Report
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks.recorded import Call, Header
from statewrap.sinks.watcher import Missed
from statewrap.stats.pictures.rows import Mark, Rows
from statewrap.stats.pictures.views import EpisodeView, Outcome, SessionView
from statewrap.stats.statistics import Statistics
from statewrap.stats.training import with_ends

_WHERE: Final = frozenset({"session", "step", "episode", "outcome"})


class Session:
    """A session on its way into episodes."""

    def __init__(self, header: Header, number: int) -> None:
        """Begin with nothing."""
        self.header, self.number = header, number
        self.name: str | None = None
        self.calls = self.left_out = self.missed = self.restored = 0
        self.top = len(header.wrappers)
        self.rows = Rows(self.top)
        self.fold = Statistics().bind(Stack())
        self.tally = self.fold.initial()
        self._held: list[Fact] = []
        self._ended: EpisodeView | None = None
        self._known: bool | None = None
        self._open = self._whole = False

    def take(self, call: Call) -> Iterator[EpisodeView]:
        """Take a call; give the episodes that are finished in it."""
        self.left_out += call.number if self.calls == 0 else 0
        self.calls += 1
        self.rows.call = call.number
        told = iter([report for report in call.reports if report.name == "episode_end"])
        self._names(call.reports)
        for gap, what in self._with_ends(call):
            if self._begins(gap, what) and self._ended is not None:
                yield self._finished()
                if gap:
                    self.rows.open_above()
            self._take(gap, what)
            if type(what) is Ended or type(what) is Abandoned:
                self._end(what, next(told, None))
        self.rows.end_call()
        self._count()

    def finish(self, outcome: Outcome) -> Iterator[EpisodeView]:
        """Give what is left at the end of the record."""
        if self._ended is not None:
            yield self._finished()
        elif self.rows.rows:
            if outcome == "interrupted":
                self.rows.rows[-1].marks += (Mark("interrupted", "interrupted"),)
            # what an end here would give, though there is none
            _, reports = self.fold.observe(self.tally, [(self.top, Abandoned())], self.top)
            self._ended = self._view(outcome, reports[0], None)
            yield self._finished()

    def view(self) -> SessionView:
        """Return what is known at its end."""
        counts = self.fold.summary(self.tally)
        whole = self.calls, self.left_out, self.missed, self.restored
        return SessionView(self.header, self.name, counts, *whole)

    def _names(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self.name = report.values.get("session", self.name)

    def _with_ends(self, call: Call) -> Sequence[Fact]:
        """Put in the ends of episodes, which a training loop does not say."""
        if self._known is None:
            shown = (what for gap, what in call.facts if gap == self.top)
            if any(type(what) is TimeStep and what.first for what in shown):
                self._known = any(type(what) is Opened for _, what in call.facts)
        if self._known is not False:
            return call.facts
        facts, self._open = with_ends(call.facts, self.top, is_open=self._open)
        return facts

    def _begins(self, gap: int, what: Any) -> bool:
        """Tell whether a fact belongs to the next episode, if the last one has ended."""
        if type(what) is TimeStep:
            return gap == 0 or (gap == self.top and what.first)
        return type(what) is Unshown

    def _take(self, gap: int, what: Any) -> None:
        self._whole = self._whole or type(what) is Opened
        if type(what) is Missed:
            self.missed += what.calls
            self.restored += not what.calls
        else:
            self._held.append((gap, what))
        self.rows.take(gap, what)

    def _count(self) -> tuple[Report, ...]:
        held, self._held = self._held, []
        self.tally, reports = self.fold.observe(self.tally, held, self.top)
        return reports

    def _end(self, what: Ended | Abandoned, told: Report | None) -> None:
        """End an episode; what follows still belongs to it, until the next begins."""
        counted = next(report for report in self._count() if report.name == "episode_end")
        self._ended = self._view(counted.values["outcome"], counted, told)

    def _view(self, outcome: Outcome, counted: Report, told: Report | None) -> EpisodeView:
        counts = {name: held for name, held in counted.values.items() if name not in _WHERE}
        others = {} if told is None else told.values
        extra = {n: held for n, held in others.items() if n not in _WHERE and n not in counts}
        return EpisodeView(
            0, self.number, self.header, outcome, counts, extra, self.rows.rows, self._whole
        )

    def _finished(self) -> EpisodeView:
        assert self._ended is not None  # noqa: S101 - whoever calls has looked
        view, self._ended = self._ended, None
        self._whole = False
        return attrs.evolve(view, rows=self.rows.renew())

"""The default statistics: what every deployment counts, exactly once.

A step of the environment counts when its time step enters at the bottom (gap 0) and is not
`first`, whatever the stack does with it: skipped frames, steps inside a random reset and
steps of an abandoned episode included. What the policy lives through is counted at the top.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from statewrap.core.events import Abandoned, Closed, Ended, Fact, FellBack, Unshown
from statewrap.core.fold import Report
from statewrap.core.messages import Act, TimeStep
from statewrap.core.value import value


@value
class Counts:
    """Sums over some stretch of a session."""

    environment_steps: int = 0
    returned: float = 0.0
    """Sum of the environment's rewards."""
    length: int = 0
    """How many time steps the policy was shown, opening ones apart."""
    processed: float = 0.0
    """Sum of the rewards that the policy was shown."""
    policy_calls: int = 0
    fallbacks: int = 0

    def plus(self, other: Counts) -> Counts:
        """Add two stretches."""
        return _each(operator.add, self, other)

    def minus(self, other: Counts) -> Counts:
        """Take a stretch away from one that it is part of."""
        return _each(operator.sub, self, other)

    def shown(self) -> dict[str, Any]:
        """Return the counts under the names by which they are reported."""
        return {
            "return": self.returned,
            "processed_return": self.processed,
            "length": self.length,
            "policy_calls": self.policy_calls,
            "environment_steps": self.environment_steps,
            "fallbacks": self.fallbacks,
        }


@value
class Tally:
    """Where the counting stands."""

    current: Counts
    """Since the last episode ended."""
    done: Counts
    """All before."""
    reported: Counts
    """The whole at the last progress report."""
    episode: int
    """How many episodes have ended."""

    def ended(self, counts: Counts) -> Tally:
        """Put an episode's counts away."""
        return Tally(NOTHING, self.done.plus(counts), self.reported, self.episode + 1)


NOTHING: Final = Counts()


@attrs.frozen
class EpisodeStatistics:
    """Count steps, rewards and decisions; report each episode, and the whole at the end.

    Reports: `episode_end` with the counts, `episode` (from 0) and `outcome` ("terminated",
    "truncated" or "abandoned"); `progress` every `report_every` steps of the environment, with
    the counts since the last one; `deployment_closed` with `episodes` and the counts of the
    whole session.

    Rewards are added one by one in their order, so that sums do not depend on how the facts of
    an episode are cut into calls.
    """

    report_every: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )

    memory_types = (Counts, Tally)

    def initial(self) -> Tally:
        """Return a tally of nothing."""
        return Tally(NOTHING, NOTHING, NOTHING, 0)

    def observe(  # noqa: C901 - one line a kind of fact
        self, state: Tally, facts: Sequence[Fact], top: int
    ) -> tuple[Tally, tuple[Report, ...]]:
        """Count the facts of one call."""
        reports: list[Report] = []
        counts = state.current
        steps, returned, length = counts.environment_steps, counts.returned, counts.length
        processed, calls, fallbacks = counts.processed, counts.policy_calls, counts.fallbacks
        for gap, what in facts:
            if type(what) is TimeStep:
                if gap == 0 and not what.first:
                    steps += 1
                    returned += float(what.reward)
                if gap == top and not what.first:
                    length += 1
                    processed += float(what.reward)
            elif type(what) is Act:
                calls += gap == top
            elif type(what) is Unshown:
                if not what.timestep.first:
                    steps += 1
                    returned += float(what.timestep.reward)
            elif type(what) is FellBack:
                fallbacks += 1
            elif type(what) is Ended or type(what) is Abandoned:
                counts = Counts(steps, returned, length, processed, calls, fallbacks)
                state = state.ended(counts)
                values = {"episode": state.episode - 1, "outcome": _outcome(what)}
                reports.append(Report("episode_end", values | counts.shown()))
                steps, returned, length, processed, calls, fallbacks = 0, 0.0, 0, 0.0, 0, 0
        counts = Counts(steps, returned, length, processed, calls, fallbacks)
        state = Tally(counts, state.done, state.reported, state.episode)
        if self.report_every is not None:
            state, progress = self._progress(state, self.report_every)
            reports.extend(progress)
        if facts and type(facts[-1][1]) is Closed:
            reports.append(Report("deployment_closed", self.summary(state)))
        return state, tuple(reports)

    def _progress(self, state: Tally, every: int) -> tuple[Tally, tuple[Report, ...]]:
        whole = state.done.plus(state.current)
        since = whole.minus(state.reported)
        if since.environment_steps < every:
            return state, ()
        report = Report("progress", {"episode": state.episode, **since.shown()})
        return attrs.evolve(state, reported=whole), (report,)

    def summary(self, state: Tally) -> dict[str, Any]:
        """Return the number of ended episodes and the counts of the whole session."""
        return {"episodes": state.episode, **state.done.plus(state.current).shown()}


def _each(operation: Callable[[Any, Any], Any], a: Counts, b: Counts) -> Counts:
    return Counts(*map(operation, attrs.astuple(a), attrs.astuple(b)))


def _outcome(end: Ended | Abandoned) -> str:
    if isinstance(end, Abandoned):
        return "abandoned"
    return "terminated" if end.terminated else "truncated"

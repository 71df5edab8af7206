"""The same statistics where the policy owns the loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from statewrap.core.events import Abandoned, Closed, Ended, EpochEnded, Fact, Opened
from statewrap.core.fold import AnySink, Report
from statewrap.core.messages import Reset, TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks import feed
from statewrap.sinks.failures import Failures
from statewrap.stats.counting import Counting
from statewrap.stats.statistic import Statistic
from statewrap.stats.statistics import Statistics, taken
from statewrap.stats.tally import Tally


class StatisticsSink:
    """Counts what happens in a training loop as a deployment counts it, to the last digit.

    Give it to the `GymWrapper` around the environment. Times are not counted: a training loop's
    are not production's.

    Args:
        statistics: as for `Deployment`.
        sinks: who is told the reports.

    >>> import gymnasium
    >>> from statewrap.gym import GymWrapper
    >>> from statewrap.wrappers import RepeatAction
    >>> counted = StatisticsSink()
    >>> env = GymWrapper(gymnasium.make("CartPole-v1"), RepeatAction(4), sinks=[counted])
    >>> _ = env.reset(seed=0), env.step(0), env.step(1)
    >>> counted.statistics["environment_steps"], counted.statistics["actions"]
    (8, {'0': 1, '1': 1})
    """

    takes_frames = False
    """So that a call is shown as a whole: a decision counts where it comes to something."""

    def __init__(
        self,
        statistics: Statistics | Iterable[Statistic] = (),
        *,
        sinks: Iterable[AnySink] = (),
    ) -> None:
        self.configured = taken(statistics)
        """What is counted."""
        self.ended: tuple[dict[str, Any], ...] = ()
        """The statistics of each episode that ended in the last call."""
        self._sinks = feed.listed(sinks)
        self._failures = Failures()
        # what it counts is known; where statistics look, only when it is bound
        self._fold: Counting = attrs.evolve(self.configured, statistics=()).bind(Stack())
        self._state: Tally
        self._begin()

    def bind(self, stack: Stack) -> None:
        """Begin to count what a bound stack does; what was counted before is gone.

        Raises:
            BindError: if a statistic names a wrapper that the stack does not have once.
        """
        self._fold = self.configured.bind(stack)
        self._begin()

    def _begin(self) -> None:
        self.ended = ()
        self._open = self._closed = self._ends_are_said = False
        self._calls = 0
        self._state = self._fold.initial()

    def wants_frame(self, *, first: bool) -> bool:
        """Want no pictures."""
        return False

    def observe(self, facts: Sequence[Fact], top: int) -> None:
        """Count the facts of one call."""
        if self._closed:
            return
        known = self._with_ends(facts, top)
        self._closed = any(type(what) is Closed for _, what in known)
        self._count(known, top)
        self._calls += 1

    def _with_ends(self, facts: Sequence[Fact], top: int) -> list[Fact]:
        """Put in what a training loop does not say; a deployment says it, from its opening on."""
        if any(isinstance(what, (Opened, Ended, Abandoned)) for _, what in facts):
            self._ends_are_said = True
        if self._ends_are_said:
            return [*facts]
        known, self._open = with_ends(facts, top, is_open=self._open)
        return known

    def end_epoch(self) -> dict[str, Any]:
        """End an epoch here; return what it gave."""
        return dict(self._count([(0, EpochEnded())], 0)[-1].values)

    def _count(self, facts: list[Fact], top: int) -> tuple[Report, ...]:
        self._state, reports = self._fold.observe(self._state, facts, top)
        self.ended = tuple(dict(r.values) for r in reports if r.name == "episode_end")
        for name, values in reports:
            feed.report_to(
                self._sinks, Report(name, {"step": self._calls, **values}), self._failures
            )
        return reports

    @property
    def statistics(self) -> dict[str, Any]:
        """What was counted so far."""
        return self._fold.summary(self._state)


def with_ends(facts: Sequence[Fact], top: int, *, is_open: bool) -> tuple[list[Fact], bool]:
    """Put in the beginnings and ends of episodes, which a training loop does not say.

    Returns:
        The facts, and whether an episode is open after them.
    """
    known: list[Fact] = []
    for gap, what in facts:
        given_up = is_open and gap == top and type(what) in (Reset, Closed)
        if given_up:
            known.append((top, Abandoned()))
            is_open = False
        known.append((gap, what))
        if gap != top or type(what) is not TimeStep:
            continue
        if what.first:
            if is_open:
                known.append((top, Abandoned()))
            known.append((top, Opened()))
            is_open = True
        if what.last:
            known.append((top, Ended(what.terminated, what.truncated)))
            is_open = False
    return known, is_open

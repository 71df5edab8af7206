"""The fold: the facts of each call into what a session has counted.

Usual calls, in which one step rises to the top and one act falls to the bottom, are counted at
once; the facts of others one by one, as `statewrap.stats.call` has it. Both give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from statewrap.core.events import Abandoned, Ended, Fact, FellBack, Unshown
from statewrap.core.fold import Report, Span
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Stack
from statewrap.stats.actions import counter
from statewrap.stats.call import Call
from statewrap.stats.counts import TIMES, Counts, Epoch, Spread
from statewrap.stats.followed import Failed, Followed, Follower, Following, Track
from statewrap.stats.kpis import Kpis
from statewrap.stats.statistic import Statistic
from statewrap.stats.tally import Past, Tally, counts_of, new


class Counting:
    """Statistics bound to a stack: the fold that a session holds."""

    def __init__(
        self,
        stack: Stack,
        statistics: tuple[Statistic, ...] = (),
        kpis: Kpis | None = None,
        every: int | None = None,
        seconds: float | None = None,
        epoch_every: int | None = None,
        *,
        stamps: bool = False,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        """Work out who looks at what."""
        gaps = stack.gaps or (Below(),)
        self.every, self.seconds, self.epoch_every = every, seconds, epoch_every
        self.windowed = every is not None or seconds is not None
        self.kpis: Kpis = {} if kpis is None else kpis
        self.stamps, self.stopwatch = stamps, stopwatch
        self.actions: Any = counter(gaps[-1].action_space)
        self.count_action = self.actions.add
        windowed = self.windowed
        self.follower = Follower(statistics, stack, windowed=windowed) if statistics else None
        self.extra = windowed or bool(statistics)
        names = [f"{place} {type(wrapper).__name__}" for place, wrapper in enumerate(stack)]
        self.names = (*names, "policy")
        self.timed = {*TIMES, *(name for s in statistics if s.timed for name in s.names)}
        """The names of what a second run does not repeat."""
        reducers = [r for s in statistics for r in (*s.step, *s.episode, *s.epoch)]
        own = (kind for reducer in reducers for kind in reducer.memory_types)
        kinds = (Tally, Past, Counts, Epoch, Spread, Followed, Track)
        self.memory_types = tuple(dict.fromkeys((*kinds, *own)))
        self.form = [statistic.form for statistic in statistics]
        """What a state depends on, for snapshots."""

    def initial(self) -> Tally:
        """Return a tally of nothing."""
        followed = None if self.follower is None else self.follower.initial()
        return self.opened(Past(actions=self.actions.empty), followed)

    def opened(self, past: Past, followed: Followed | None = None) -> Tally:
        """Return a tally in which the episode that is open has seen nothing."""
        times = 0.0, 0.0, (0.0,) * len(self.names) if self.stamps else ()
        counts = 0, 0.0, 0, 0.0, 0, 0, 0, *times
        return Tally(*counts, False, None, None, self.actions.empty, None, followed, past)

    def observe(
        self, state: Tally, facts: Sequence[Fact], top: int, span: Span | None = None
    ) -> tuple[Tally, tuple[Report, ...]]:
        """Count the facts of one call.

        The usual ones are told by their four corners: up from the bottom to the top in as many
        hops as there are gaps, and down again, nothing happened in between.
        """
        if len(facts) == 2 * top + 2 and not self.stamps:
            (low, raw), (high, shown), (_, act), (_, sent) = (
                facts[0], facts[top], facts[top + 1], facts[-1],
            )  # fmt: skip
            if (
                type(raw) is TimeStep
                and type(shown) is TimeStep
                and type(act) is Act
                and type(sent) is Act
                and low == 0
                and high == top
                and not raw.first
                and not shown.first
            ):
                counted = self._straight(state, raw, shown, act, span)
                if self.extra:
                    return self._beside(state, counted, facts, span)
                return counted, ()
        call = Call(self, state, top)
        call.take_all(facts, span)
        return call.state(), tuple(call.reports)

    def _straight(
        self, state: Tally, raw: TimeStep, shown: TimeStep, act: Act, span: Span | None
    ) -> Tally:
        """Count a step that was shown and answered."""
        (
            steps, returned, length, processed, calls, fallbacks, skipped, agent, wait, wrappers,
            _, left, _, actions, window_actions, followed, past,
        ) = state  # fmt: skip
        if span is not None:
            began, ended = span
            agent += ended - began
            if left is not None:
                wait += began - left
            left = ended
        return new(
            Tally,
            (
                steps + 1,
                returned + float(raw.reward),
                length + 1,
                processed + float(shown.reward),
                calls + 1,
                fallbacks,
                skipped,
                agent,
                wait,
                wrappers,
                False,
                left,
                raw.time,
                self.count_action(actions, act.action),
                window_actions,
                followed,
                past,
            ),
        )

    def _beside(
        self, before: Tally, counted: Tally, facts: Sequence[Any], span: Span | None
    ) -> tuple[Tally, tuple[Report, ...]]:
        """Count what only some sessions have, of a step that was shown and answered."""
        *kept, window_actions, followed, past = counted
        reports: list[Report] = []
        if self.follower is not None and followed is not None:
            following = Following(self.follower, followed, past.episode)
            following.straight(facts, span, before.left)
            followed, reports = following.state(), following.reports
        if self.windowed:
            empty = self.actions.empty if window_actions is None else window_actions
            window_actions = self.count_action(empty, facts[len(facts) // 2][1].action)
        counted = new(Tally, (*kept, window_actions, followed, past))
        if not self.windowed:
            return counted, tuple(reports)
        call = Call(self, counted, len(facts) // 2 - 1)
        call.end_window()
        return call.state(), (*reports, *call.reports)

    def resumed(self, state: Tally) -> Tally:
        """Return a tally with which another process goes on: what went between is no wait."""
        return state if state.left is None else state._replace(left=None)

    def summary(self, state: Tally) -> dict[str, Any]:
        """Return what was counted in the whole session, but for what depends on the clock."""
        whole = self.whole(state)
        return {name: value for name, value in whole.items() if name not in self.timed}

    def times(self, state: Tally) -> dict[str, Any]:
        """Return what depends on the clock, of the whole session."""
        whole = self.whole(state)
        return {name: value for name, value in whole.items() if name in self.timed}

    def whole(self, state: Tally, failed: Failed | None = None) -> dict[str, Any]:
        """Return what was counted in the whole session, times included."""
        past = state.past
        counts = past.done.plus(counts_of(state))
        shown = {"episodes": past.episode, **counts.shown()}
        shown.update(self.actions.shown(self.actions.plus(past.actions, state.actions)))
        if state.left is not None or counts.agent_seconds > 0:
            shown.update(counts.times(self.names))
        if self.follower is not None and state.followed is not None:
            shown.update(self.follower.whole(state.followed, failed))
        return shown

    def repeated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out of an episode's values what depends on the clock."""
        return {name: value for name, value in values.items() if name not in self.timed}

    def step(self, state: Tally, facts: Sequence[Fact], top: int) -> Report:
        """Return what one committed call was about, for sinks that want each step."""
        values: dict[str, Any] = dict.fromkeys(
            ("episode", "reward", "processed_reward", "action", "time")
        )
        values["episode"] = state.past.episode
        for gap, what in facts:
            if type(what) is TimeStep and gap == 0:
                values["time"] = what.time
            if type(what) is TimeStep and gap == 0 and not what.first:
                values["reward"] = float(what.reward)
            if type(what) is TimeStep and gap == top and not what.first:
                values["processed_reward"] = float(what.reward)
            if type(what) is Act and gap == 0:
                values["action"] = what.action
            if type(what) is Unshown and not what.timestep.first:
                values["reward"] = float(what.timestep.reward)
            if type(what) is FellBack:
                values["action"] = what.action
            if type(what) is Ended or type(what) is Abandoned:
                values["episode"] = state.past.episode - 1
        if self.follower is not None and state.followed is not None:
            values.update(self.follower.stepped(state.followed))
        return Report("step", values)

"""The facts of one call, one by one, on their way into what a session has counted.

A step of the environment counts when its time step enters at the bottom (gap 0) and is not
`first`, whatever the stack does with it: skipped frames, steps inside a random reset and steps of
an abandoned episode included. What the policy lives through is counted at the top.

A step is over when a command leaves at the bottom, or the episode ends: windows are reported
there, so that nothing depends on how the facts of an episode are cut into calls. Rewards are added
one by one in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from statewrap.core.events import Abandoned, Closed, Ended, EpochEnded, Fact, FellBack, Unshown
from statewrap.core.fold import Report, Span, Stamped
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.stats.counts import Counts, Epoch
from statewrap.stats.followed import Following
from statewrap.stats.kpis import figures
from statewrap.stats.tally import Past, Tally

if TYPE_CHECKING:
    from statewrap.stats.counting import Counting


class Call:
    """The facts of one call on their way into a tally; the old one is not changed."""

    def __init__(self, fold: Counting, state: Tally, top: int) -> None:
        """Begin where the last call ended."""
        self.fold, self.top, self.past = fold, top, state.past
        (
            self.steps, self.returned, self.length, self.processed, self.calls, self.fallbacks,
            self.skipped, self.agent, self.wait, self.wrappers, self.hidden, self.left,
            self.time, self.actions, self.window_actions, followed, _,
        ) = state  # fmt: skip
        if fold.windowed and self.window_actions is None:
            self.window_actions = fold.actions.empty
        follower = fold.follower
        self.following: Following | None = None
        if follower is not None and followed is not None:
            self.following = Following(follower, followed, state.past.episode)
        self.reports: list[Report] = []

    def state(self) -> Tally:
        """Return where the counting stands now."""
        following = self.following
        return Tally(
            self.steps, self.returned, self.length, self.processed, self.calls, self.fallbacks,
            self.skipped, self.agent, self.wait, self.wrappers, self.hidden, self.left,
            self.time, self.actions, self.window_actions,
            None if following is None else following.state(),
            self.past,
        )  # fmt: skip

    def take_all(self, facts: Sequence[Fact], span: Span | None) -> None:
        """Count facts in their order."""
        if span is not None:
            self._take_span(facts, span)
        if self.fold.stamps and type(facts) is Stamped:
            self._take_stamps(facts)
        following, handlers = self.following, _HANDLERS
        for gap, what in facts:
            if following is not None:
                following.take(gap, what)
            handler = handlers.get(type(what))
            if handler is not None:
                handler(self, gap, what)
        self.drain()

    def drain(self) -> None:
        """Take over what could not be counted, before what is reported next."""
        if self.following is not None and self.following.reports:
            self.reports.extend(self.following.reports)
            self.following.reports = []

    def _take_span(self, facts: Sequence[Fact], span: Span) -> None:
        """Count how long this call took, and how long its time step was waited for."""
        began, ended = span
        self.agent += ended - began
        if self.following is not None:
            self.following.times("agent_time", ended - began)
        shown = (what for gap, what in facts if gap == 0 and type(what) in (TimeStep, Unshown))
        entered: Any = next(shown, None)
        raw = entered.timestep if type(entered) is Unshown else entered
        if self.left is not None and raw is not None and not raw.first:
            self.wait += began - self.left
            if self.following is not None:
                self.following.times("wait_time", began - self.left)
        self.left = ended

    def _take_stamps(self, facts: Stamped) -> None:
        """Count how long each wrapper and the policy took to say what they said."""
        seconds = [*self.wrappers] or [0.0] * (self.top + 1)
        before = facts.stamps[0] if facts.stamps else 0.0
        for (gap, what), now in zip(facts, facts.stamps, strict=True):
            who = gap - 1 if type(what) is TimeStep else gap
            if who >= 0 and type(what) in (TimeStep, Act, Reset):
                seconds[who] += now - before
            before = now
        self.wrappers = tuple(seconds)

    def timestep(self, gap: int, timestep: TimeStep) -> None:
        """Count a step of the environment, and one that the policy is shown."""
        if gap == 0:
            self.time = timestep.time
            if self.past.window is None and self.fold.windowed:
                self.past = self.past._replace(window=timestep.time)
            self.hidden = False
            if not timestep.first:
                self.steps += 1
                self.returned += float(timestep.reward)
                self.skipped += 1
                self.hidden = True
        if gap == self.top:
            if not timestep.first:
                self.length += 1
                self.processed += float(timestep.reward)
                self.skipped -= self.hidden
            self.hidden = False

    def act(self, gap: int, act: Act) -> None:
        """Count a decision; where an act leaves, a step is over."""
        if gap == self.top:
            self.calls += 1
            self.actions = self.fold.count_action(self.actions, act.action)
            if self.fold.windowed:
                self.window_actions = self.fold.count_action(self.window_actions, act.action)
        if gap == 0:
            self.end_step()

    def reset(self, gap: int, _: Reset) -> None:
        """End a step where a reset leaves."""
        if gap == 0:
            self.end_step()

    def unshown(self, _: int, what: Unshown) -> None:
        """Count a step of the environment that the stack did not take in."""
        self.hidden = False
        self.time = what.timestep.time
        if not what.timestep.first:
            self.steps += 1
            self.returned += float(what.timestep.reward)
            self.skipped += 1

    def fell_back(self, _: int, __: FellBack) -> None:
        """Count an answer that was not the policy's."""
        self.fallbacks += 1
        self.end_step()

    def end_step(self) -> None:
        """Put a step away, and the window if it is full."""
        if self.following is not None:
            self.following.end_step()
        if self.fold.windowed:
            self.end_window()

    def end_window(self) -> None:
        """Report a window if it is full."""
        past, fold, now = self.past, self.fold, self.time
        steps = past.done.environment_steps + self.steps - past.reported.environment_steps
        full = fold.every is not None and steps >= fold.every
        if fold.seconds is not None and now is not None and past.window is not None:
            full = full or now - past.window >= fold.seconds
        if not full:
            return
        whole = past.done.plus(self._counts())
        since = whole.minus(past.reported)
        shown = {**since.shown(), **fold.actions.shown(self.window_actions), **self._times(since)}
        if self.following is not None:
            shown.update(self.following.end_window())
        found, failed = figures(fold.kpis, past.episode, "window", shown)
        self.drain()
        values = {"episode": past.episode, **shown, **found}
        self.reports += [*failed, Report("progress", values)]
        self.window_actions = fold.actions.empty
        self.past = past._replace(reported=whole, window=now)

    def _counts(self) -> Counts:
        return Counts(
            self.steps, self.returned, self.length, self.processed, self.calls, self.fallbacks,
            self.skipped, self.agent, self.wait, self.wrappers,
        )  # fmt: skip

    def _times(self, counts: Counts) -> dict[str, Any]:
        known = self.left is not None or counts.agent_seconds > 0
        return counts.times(self.fold.names) if known else {}

    def end_episode(self, _: int, end: Ended | Abandoned) -> None:
        """Report an episode and put it away."""
        if self.following is not None:
            self.following.end_step()
        past, fold, counts = self.past, self.fold, self._counts()
        outcome, numbers = _outcome(end), {**counts.shown(), **self._times(counts)}
        shown = {**numbers, **fold.actions.shown(self.actions)}
        if self.following is not None:
            shown.update(self.following.end_episode())
        found, failed = figures(fold.kpis, past.episode, outcome, shown)
        self.drain()
        values = {"episode": past.episode, "outcome": outcome, **shown, **found}
        self.reports += [*failed, Report("episode_end", values)]
        acted = fold.actions.empty if past.epoch.actions is None else past.epoch.actions
        acted = fold.actions.plus(acted, self.actions)
        past = past._replace(
            episode=past.episode + 1,
            done=past.done.plus(counts),
            actions=fold.actions.plus(past.actions, self.actions),
            epoch=past.epoch.with_episode({**numbers, **found}, acted),
        )
        self._open(past)
        if past.epoch.episodes == fold.epoch_every:
            self.end_epoch()
        if fold.windowed:
            self.end_window()

    def _open(self, past: Past) -> None:
        """Begin to count the next episode."""
        empty = self.fold.opened(past)
        (
            self.steps, self.returned, self.length, self.processed, self.calls, self.fallbacks,
            self.skipped, self.agent, self.wait, self.wrappers, self.hidden, _, _,
            self.actions, _, _, self.past,
        ) = empty  # fmt: skip

    def end_epoch(self, *_: object) -> None:
        """Report an epoch and begin the next."""
        epoch = self.past.epoch
        shown = epoch.shown()
        if epoch.actions is not None:
            shown.update(self.fold.actions.shown(epoch.actions))
        if self.following is not None:
            shown.update(self.following.end_epoch())
        self.drain()
        self.reports.append(Report("epoch_end", shown))
        self.past = self.past._replace(epoch=Epoch(epoch.number + 1))

    def close(self, *_: object) -> None:
        """Report the rest of the last epoch, if there are any, and the whole."""
        self.end_step()
        epoch = self.past.epoch
        if epoch.episodes and (self.fold.epoch_every or epoch.number):
            self.end_epoch()
        failed = None if self.following is None else self.following.fail
        whole = self.fold.whole(self.state(), failed)
        self.drain()
        self.reports.append(Report("deployment_closed", whole))


_HANDLERS: Final[dict[type, Callable[[Call, int, Any], None]]] = {
    TimeStep: Call.timestep,
    Act: Call.act,
    Reset: Call.reset,
    Unshown: Call.unshown,
    FellBack: Call.fell_back,
    Ended: Call.end_episode,
    Abandoned: Call.end_episode,
    EpochEnded: Call.end_epoch,
    Closed: Call.close,
}


def _outcome(end: Ended | Abandoned) -> str:
    if isinstance(end, Abandoned):
        return "abandoned"
    return "terminated" if end.terminated else "truncated"

"""The statistics that somebody asked for, beside the counts that every session has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from statewrap.core.errors import BindError
from statewrap.core.events import Continued, Event, FellBack, Unshown
from statewrap.core.fold import Report, Span
from statewrap.core.messages import Act, TimeStep
from statewrap.core.words import sentence
from statewrap.core.wrapper import Stack
from statewrap.stats.bags import Bag, Refused
from statewrap.stats.observers import MISSING, Observer, observers
from statewrap.stats.reducers import Bins, Histogram, Reducer
from statewrap.stats.statistic import Statistic
from statewrap.stats.values import cut, measured, python


class Track(NamedTuple):
    """What was gathered of one statistic."""

    pending: Any
    """Within the step that is open; None without a `step` reducer, or while nothing came."""
    stepped: Any
    """What the last step gave: group to value."""
    episode: Any
    window: Any
    """None while nothing came, and where no windows are reported."""
    whole: Any
    epoch: Mapping[str, Any]
    """Of the episodes of the epoch: result to what its reducers gathered."""
    failures: int
    """How often what is the user's own raised."""
    told: bool
    """Whether that was told in this episode."""


_new: Final[Callable[..., Track]] = tuple.__new__  # a third of the price of `Track(...)`


class Followed(NamedTuple):
    """What was gathered of all of them."""

    acted: Mapping[int, Any]
    """The action that came last, at each gap where somebody groups by it."""
    tracks: tuple[Track, ...]


class Follower:
    """Statistics, bound to a stack: who looks at what, and how it is reduced."""

    def __init__(self, statistics: tuple[Statistic, ...], stack: Stack, *, windowed: bool) -> None:
        """Work out which facts each of them looks at."""
        self.statistics = statistics
        self.sites = observers(statistics, stack)
        self.windowed = windowed
        groups = [None if s.by is None else s.max_groups for s in statistics]
        pairs = [*zip(statistics, groups, strict=True)]
        self.steps = [_bag(s, s.step, most) if s.step else None for s, most in pairs]
        self.episodes = [_bag(s, s.episode, most) for s, most in pairs]
        self.epochs = [_over_epochs(s, most) for s, most in pairs]
        self.timed = any(statistic.timed for statistic in statistics)
        self.reduces_steps = any(self.steps)
        self.when_straight = [
            (gap if kind is TimeStep else 2 * len(stack) + 1 - gap, found)
            for (gap, kind), seen in self.sites.items()
            for found in seen
            if kind in (TimeStep, Act)
        ]
        """Where a fact lies that somebody looks at, in a step that was shown and answered."""
        self.when_straight.sort(key=lambda pair: pair[0])
        by_action = [s for s in statistics if s.by == "action" and s.of != "event"]
        self.acting = {gap for s in by_action for gap, _ in observers((s,), stack)}

    def initial(self) -> Followed:
        """Return what was gathered of nothing."""
        return Followed({}, tuple(self._empty(at) for at in range(len(self.statistics))))

    def _empty(self, at: int) -> Track:
        empty = self.episodes[at].initial()
        return Track(None, None, empty, None, empty, {}, 0, False)

    def whole(self, state: Followed, failed: Failed | None = None) -> dict[str, Any]:
        """Return what was gathered in the whole session, under the names of the results."""
        return self.shown([track.whole for track in state.tracks], failed)

    def stepped(self, state: Followed) -> dict[str, Any]:
        """Return what the last step gave, of those that reduce it."""
        values: dict[str, Any] = {}
        for statistic, track in zip(self.statistics, state.tracks, strict=True):
            if statistic.step:
                found = track.stepped or {}
                values[statistic.name] = found.get(None) if statistic.by is None else found
        return values

    def shown(self, states: list[Any], failed: Failed | None = None) -> dict[str, Any]:
        """Return what each gathered, under the names of the results; tell which cannot say it."""
        shown: dict[str, Any] = {}
        for at, (bag, state) in enumerate(zip(self.episodes, states, strict=True)):
            held, refused = bag.initial() if state is None else state, Refused()
            shown.update(bag.shown(held, self.statistics[at].name, refused))
            if refused and failed is not None:
                failed(at, refused)
        return shown

    def epoch(self, tracks: list[Track], failed: Failed) -> dict[str, Any]:
        """Return what the episodes of the epoch gave."""
        shown: dict[str, Any] = {}
        for at, (parts, track) in enumerate(zip(self.epochs, tracks, strict=True)):
            for part, (name, bag, _) in parts.items():
                refused = Refused()
                shown.update(bag.shown(track.epoch.get(part, bag.initial()), name, refused))
                if refused:
                    failed(at, refused)
        return shown


Failed = Callable[[int, Refused], None]
"""Is told the place of a statistic, and which of its reducers raised."""


def _bag(statistic: Statistic, reducers: tuple[Reducer, ...], most: int | None) -> Bag:
    try:
        return Bag(reducers, most)
    except Exception as error:
        raise BindError(
            f"The statistic {statistic.name!r} cannot begin: {type(error).__name__}: "
            f"{sentence(error)}"
        ) from error


class OverEpochs(NamedTuple):
    """How one result of an episode is gathered over an epoch."""

    name: str
    bag: Bag
    adds_up: bool
    """Whether it is a histogram, whose bins are added up."""


def _over_epochs(statistic: Statistic, most: int | None) -> dict[str, OverEpochs]:
    """Return how each result of an episode is gathered over an epoch."""
    parts: dict[str, OverEpochs] = {}
    for reducer in statistic.episode:
        if isinstance(reducer, Histogram):
            bins = _bag(statistic, (Bins(reducer),), most)
            parts["histogram"] = OverEpochs(statistic.name, bins, True)
            continue
        for part in reducer.names:
            over = _bag(statistic, statistic.epoch, most)
            parts[part] = OverEpochs(f"{statistic.name}_{part}", over, False)
    return parts


class Following:
    """One call's facts on their way into what was gathered; nothing given is changed."""

    def __init__(self, follower: Follower, state: Followed, episode: int) -> None:
        """Begin with what was gathered before, in the episode of a number."""
        self.follower = follower
        self.acted = state.acted
        self.tracks = list(state.tracks)
        self.number = episode
        self.again = False  # whether the next opening shows again what was shown
        self.reports: list[Report] = []

    def state(self) -> Followed:
        """Return what is gathered now."""
        return Followed(self.acted, tuple(self.tracks))

    def take(self, gap: int, what: Any) -> None:
        """Look at one fact."""
        kind = type(what)
        if kind is Continued:
            self.again = True
        elif kind is Unshown:
            self._at((0, TimeStep), what.timestep)
            self.again = True
        elif kind is FellBack:
            if what.action is not None:
                self._act(0, Act(what.action))
        elif kind is Act:
            self._act(gap, what)
        elif kind is not TimeStep:
            self._at((gap, Event if kind is Event else kind), what)
        else:
            repeated = self.again and gap == 0 and what.first
            self.again = self.again and gap > 0
            if not repeated:
                self._at((gap, TimeStep), what)

    def straight(self, facts: Sequence[Any], span: Span | None, left: float | None) -> None:
        """Look at a step that was shown and answered: its facts are one for each gap and way.

        The actions of before stand until all time steps are looked at.
        """
        if span is not None and self.follower.timed:
            self.times("agent_time", span[1] - span[0])
            if left is not None:
                self.times("wait_time", span[0] - left)
        follower, acting = self.follower, bool(self.follower.acting)
        middle = len(facts) // 2
        for place, observer in follower.when_straight:
            if acting and place >= middle:
                acting = self._acted(facts)
            self._try(observer, facts[place][1])
        if acting:
            self._acted(facts)
        if follower.reduces_steps:
            self.end_step()

    def _acted(self, facts: Sequence[Any]) -> bool:
        """Note the actions that came last, for those who group by them; nothing is left to note."""
        last = {gap: facts[-1 - gap][1].action for gap in self.follower.acting}
        self.acted = {**self.acted, **last}
        return False

    def times(self, name: str, seconds: float) -> None:
        """Look at how long something took."""
        self._at((0, name), seconds)

    def _act(self, gap: int, act: Act) -> None:
        if gap in self.follower.acting:
            self.acted = {**self.acted, gap: act.action}
        self._at((gap, Act), act)

    def _at(self, site: Any, what: Any) -> None:
        for observer in self.follower.sites.get(site, ()):
            self._try(observer, what)

    def _try(self, observer: Observer, what: Any) -> None:
        try:
            self._look(observer, what)
        except Exception as error:  # noqa: BLE001 - the user's own function, or value
            self.fail(observer.place, {0: error})

    def _look(self, observer: Observer, what: Any) -> None:
        value = observer.value(what)
        if value is MISSING or value is None:
            return
        if isinstance(value, np.generic):
            value = python(value)
        group = None if observer.group is None else observer.group(what, self.acted)
        at = observer.place
        bag, track = self.follower.steps[at], self.tracks[at]
        if bag is None:
            self._gather(at, group, value)
        else:
            pending = bag.initial() if track.pending is None else track.pending
            self.tracks[at] = track._replace(pending=bag.add(pending, group, value))

    def _gather(self, at: int, group: Any, value: Any) -> None:
        """Let the reducers take a value in.

        What one of them refuses in the whole session is none in the episode and the window: the
        first shape that came is the session's, and the whole is that of its episodes.
        """
        bag, refused = self.follower.episodes[at], Refused()
        pending, stepped, episode, window, whole, *rest = self.tracks[at]
        whole = bag.add(whole, group, value, refused)
        episode = bag.add(episode, group, value, refused)
        if self.follower.windowed:
            window = bag.add(bag.initial() if window is None else window, group, value, refused)
        else:  # a snapshot may be of a time with windows
            window = None
        self.tracks[at] = _new(Track, (pending, stepped, episode, window, whole, *rest))
        if refused:
            self.fail(at, refused)

    def fail(self, at: int, refused: Refused) -> None:
        """Count what a statistic raised, and tell it once an episode: it costs no act."""
        track = self.tracks[at]
        if not track.told:
            error = next(iter(refused.values()))
            told = cut(f"{type(error).__name__}: {sentence(error)}")
            values = {"statistic": self.follower.statistics[at].name, "error": told}
            self.reports.append(Report("statistic_failed", {"episode": self.number, **values}))
        self.tracks[at] = track._replace(failures=track.failures + 1, told=True)

    def end_step(self) -> None:
        """Let the others see what each reducer of a step gathered."""
        if not self.follower.reduces_steps:
            return
        for at, bag in enumerate(self.follower.steps):
            if bag is None:
                continue
            pending, refused = self.tracks[at].pending, Refused()
            found = [] if pending is None else bag.values(pending, refused)
            stepped = {group: value for _, group, value in found}
            self.tracks[at] = self.tracks[at]._replace(pending=None, stepped=stepped)
            if refused:
                self.fail(at, refused)
            for group, value in stepped.items():
                if value is not None:
                    self._gather(at, group, value)

    def end_episode(self) -> dict[str, Any]:
        """Put an episode away; return what it gave."""
        shown = self.follower.shown([track.episode for track in self.tracks], self.fail)
        for at, track in enumerate(self.tracks):
            empty = self.follower.episodes[at].initial()
            epoch = self._with_episode(at, track)
            self.tracks[at] = self.tracks[at]._replace(
                episode=empty, epoch=epoch, told=False, stepped=None
            )
        self.number += 1
        return shown

    def _with_episode(self, at: int, track: Track) -> dict[str, Any]:
        parts, epoch = self.follower.epochs[at], dict(track.epoch)
        for part, group, value in self.follower.episodes[at].values(track.episode):  # told before
            _, bag, adds_up = parts[part]
            try:
                number = value if adds_up else measured(value)
            except TypeError:  # it is no number, so it has no place in an epoch
                continue
            try:
                epoch[part] = bag.add(epoch.get(part, bag.initial()), group, number)
            except Exception as error:  # noqa: BLE001 - a reducer may be the user's own
                self.fail(at, {0: error})
        return epoch

    def end_window(self) -> dict[str, Any]:
        """Begin a window; return what the one before gave."""
        shown = self.follower.shown([track.window for track in self.tracks], self.fail)
        self.tracks = [track._replace(window=None) for track in self.tracks]
        return shown

    def end_epoch(self) -> dict[str, Any]:
        """Begin an epoch; return what the one before gave."""
        shown = self.follower.epoch(self.tracks, self.fail)
        for at, statistic in enumerate(self.follower.statistics):
            if not statistic.cumulative:
                self.tracks[at] = self.tracks[at]._replace(epoch={})
        return shown

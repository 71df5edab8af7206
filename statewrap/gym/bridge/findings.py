"""What is noticed of a wrapper while it is tried out; what cannot be allowed is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import gymnasium

from statewrap.core.messages import Act, Message, Reset
from statewrap.core.same import difference
from statewrap.core.words import sentence
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.bridge.graph import State
from statewrap.gym.bridge.kinds import GENERATORS
from statewrap.gym.bridge.live import Live, layers
from statewrap.gym.bridge.plainness import timeless, unsafe
from statewrap.gym.bridge.seen import Path, Seen, Span, wider
from statewrap.gym.bridge.watch import Watch


class Findings:
    """Collects what runs of a live wrapper show, which began in the state `base`."""

    def __init__(self, base: State) -> None:
        self._base = base
        self.raised: dict[str, None] = {}
        """What it raised over made-up observations."""
        self.failures: dict[tuple[str, str], Exception] = {}
        """The last exception of each kind, by its class and where it came from."""
        self.wants_options = False
        """Whether it raised as an episode was opened, before it called its environment."""
        self.hot: set[int] = set()
        """Which objects changed."""
        self.learns = self.delays = False
        self._of_call: Counter[str] = Counter()
        self._effects: Counter[str] = Counter()
        self._changes: dict[str, None] = {}
        self._unsafe: dict[str, None] = {}
        self._spans: dict[tuple[type, type], Span] = {}
        self._draws = False

    def of_making(self, one: Live, other: Live) -> None:
        """Note what the factory made otherwise the second time, as what a constructor draws.

        It never changes, perhaps; it is in every state all the same, so that all have the same.
        A generator is left that nobody has drawn from: of an unseeded one nothing is expected.
        """
        for place, slot in one.graph.slots.items():
            drawn = difference(slot.base, other.graph.base[place])
            if drawn and not isinstance(slot.thing, GENERATORS):
                self.hot.add(place)

    def begin_call(self) -> None:
        """Forget what the runs of the last call told."""
        self._of_call.clear()

    def of_run(self, live: Live, watched: Watch, *, counts: bool) -> None:
        """Note what a run did outside, and to what it was given.

        Args:
            live: what ran.
            watched: what it did outside, how often and where.
            counts: whether it is one of the runs that make the call, not one made to compare.

        Raises:
            NotBridgeableError: if it did what must not be done twice.
        """
        effects = watched.effects
        for name in watch.REFUSED:
            if effects[name]:
                raise NotBridgeableError(
                    f"{live.name} {name}{_where(watched, name)}. A call that waits for the "
                    "environment is run again from its beginning, and one that failed is tried "
                    "again: this would be done twice."
                )
        self._effects.update(effects)
        self._draws |= live.run.drew and not live.kept_generator
        given = live.run.handed or ()
        self._changes.update((what, None) for what, was, now in given if difference(was, now))
        if counts:
            self._of_call.update(effects)
            self._hold_once(live, watched)

    def _hold_once(self, live: Live, watched: Watch) -> None:
        """Refuse a wrapper that says something each time that a call is run again.

        Raises:
            NotBridgeableError: if it told more than in the run that came to its end.
        """
        if live.run.wanted is not None:
            return
        for name in watch.TELLS:
            if self._of_call[name] > watched.effects[name]:
                raise NotBridgeableError(
                    f"{live.name} {name} before it calls its environment{_where(watched, name)}. A "
                    "call that waits for the environment is run again from its beginning: it would "
                    "say it twice."
                )

    def of_error(self, live: Live, error: Exception, message: Message) -> None:
        """Note what a wrapper raised in answer to a message."""
        kind = type(error).__name__
        self.raised[f"{kind}: {sentence(error)}"] = None
        self.failures[kind, _place(live, error)] = error
        self.wants_options |= type(message) is Reset

    def of_call(self, given: type, live: Live, state: State) -> None:
        """Note what a call of `step` or `reset` asked, and what it left changed."""
        asked = [type(command) for command in live.run.asked]
        for kind in (Act, Reset):
            span = self._spans.get((given, kind))
            self._spans[given, kind] = wider(span, asked.count(kind))
        for place, content in state.items():
            if difference(self._base[place], content):
                self.hot.add(place)
                self._unsafe.update(dict.fromkeys(unsafe(content, live.graph.slots[place].path)))

    def differ(self, first: Any, second: Any) -> str | None:
        """Say where two answers differ, times aside where a clock is read."""
        found = difference(first, second)
        if found and self._effects[watch.CLOCK]:
            found = difference(timeless(first), timeless(second))
        return found

    def seen(self, path: Path, live: Live, calls: int) -> Seen:
        """Say what was seen in so many calls."""
        slots = live.graph.slots
        return Seen(
            path=path,
            calls=calls,
            steps_per_step=self._spans.get((Act, Act)),
            resets_per_step=self._spans.get((Act, Reset)),
            steps_per_reset=self._spans.get((Reset, Act)),
            resets_per_reset=self._spans.get((Reset, Reset)),
            draws=self._draws,
            generators=tuple(
                slots[place].path
                for place in sorted(self.hot)
                if isinstance(slots[place].thing, GENERATORS)
            ),
            changes=tuple(self._changes),
            asked=dict(live.asked.found),
            missing=dict(live.asked.missing),
            effects=tuple(name for name in (watch.CLOCK, *watch.TELLS) if self._effects[name]),
            raised=tuple(self.raised),
            keeps=bool(self.hot),
            learns=self.learns,
            delays=self.delays,
            held=tuple(slots[place].path for place in sorted(self.hot)),
            unsafe=tuple(self._unsafe),
        )


def _place(live: Live, error: Exception) -> str:
    """Say where an exception came from: the last line of the wrapper's own files."""
    own, place = files(live), ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename in own:
            place = watch.placed(code, trace.tb_lineno)
        trace = trace.tb_next
    return place


def _where(watched: Watch, name: str) -> str:
    """Say where something was done, if it is known."""
    place = watched.places.get(name)
    return f" ({place})" if place else ""


def files(live: Live) -> frozenset[str]:
    """Name the files in which the classes of layers are written."""
    return frozenset(_files(live))


def _files(live: Live) -> Iterator[str]:
    for layer in layers(live.outer):
        for kind in type(layer).__mro__:
            if kind.__module__ != gymnasium.Wrapper.__module__:
                functions = (part for part in vars(kind).values() if type(part) is FunctionType)
                yield from (function.__code__.co_filename for function in functions)

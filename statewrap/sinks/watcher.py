"""What sinks that are shown facts have in common: they watch what crosses one gap."""

from __future__ import annotations

import abc
import weakref
from collections.abc import Sequence
from typing import Any, ClassVar

from statewrap.core.events import Abandoned, Closed, Fact, FellBack, Unshown
from statewrap.core.messages import Act, TimeStep
from statewrap.core.value import value
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack


@value
class Missed:
    """Facts were not shown to a sink: `Buffered` dropped some, or the session was restored."""

    calls: int
    """Of how many calls; 0 where the session goes on from another moment."""


class OfOneSession:
    """A sink that two sessions at a time would make nonsense of."""

    _session: weakref.ref[Stack] | None = None
    """The bound stack of the session that is open: one that is gone is no longer."""

    def take(self, stack: Stack) -> None:
        """Belong to the session of a bound stack, until `leave`.

        Raises:
            ValueError: if another is open.
        """
        if self._session is not None and self._session() is not None:
            raise ValueError(
                f"{brief(self)} belongs to a session that is open still, and would mix it with "
                "this one. Give each session a sink of its own, or close() that one first."
            )
        self._session = weakref.ref(stack)

    def leave(self) -> None:
        """Belong to no session."""
        self._session = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the session out: it is this process's."""
        return {name: value for name, value in vars(self).items() if name != "_session"}


def session_of(sink: Any) -> Any:
    """Return what `give_back` takes."""
    return getattr(_inmost(sink), "_session", None)


def give_back(sink: Any, session: Any) -> None:
    """Let a sink belong to the session that it belonged to."""
    inmost = _inmost(sink)
    if isinstance(inmost, OfOneSession):
        inmost._session = session  # noqa: SLF001


def _inmost(sink: Any) -> Any:
    """Return the sink that a buffer is before."""
    return getattr(sink, "sink", sink)


class Watcher(OfOneSession, abc.ABC):
    """A sink that is shown each time step that crosses one gap, once its call is committed.

    Subclass it once, and write `opened` and `stepped`; a sink belongs to one session, until that is
    closed.

    Args:
        gap: where it watches: 0 is the bottom, where every step of the environment enters,
            skipped ones included; -1 is the top, what the policy is shown.

    >>> class Count(Watcher):
    ...     steps = 0
    ...     def opened(self, timestep): ...
    ...     def stepped(self, timestep):
    ...         self.steps += 1
    >>> from statewrap import Deployment
    >>> count = Count()
    >>> deployment = Deployment(abs, sinks=[count])
    >>> deployment.act(-1), deployment.act(-2, reward=0.0), count.steps
    (1, 2, 1)
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    """What the edge must put on raw time steps: "frame", or nothing."""

    def __init__(self, *, gap: int = 0) -> None:
        self.gap = gap
        self.below = Below()
        """What is known at that gap."""

    def bind(self, stack: Stack) -> None:
        """Take note of what is known at the gap.

        Raises:
            ValueError: if the stack has no such gap, or another session of this sink is open.
        """
        gaps = stack.gaps or (Below(),)
        if not -len(gaps) <= self.gap < len(gaps):
            raise ValueError(
                f"{type(self).__name__} is to watch gap {self.gap}, but {stack!r} has the gaps 0 "
                f"(below all) to {len(gaps) - 1} (below the policy)."
            )
        self.take(stack)
        self.below = gaps[self.gap]

    def wants_frame(self, *, first: bool) -> bool:
        """Tell whether a picture is wanted on the raw time step that comes next."""
        return "frame" in self.needs

    def observe(self, facts: Sequence[Fact], top: int) -> None:
        """Take the facts of one call.

        What a failing stack did not take in was shown all the same. When the stack is shown it
        again, as an opening, that is not counted twice.
        """
        gap = range(top + 1)[self.gap]
        again = False
        each: Sequence[tuple[int, Any]] = facts  # Missed is no event of a session
        for where, what in each:
            if type(what) is TimeStep and where == gap:
                if not (again and what.first):
                    self._take(what)
                again = False
            elif type(what) is Act and where == gap:
                self.acted(what.action)
            elif type(what) is Unshown and gap == 0:
                self._take(what.timestep)
                again = True
            elif type(what) is FellBack and gap == 0 and what.action is not None:
                self.acted(what.action)
            elif type(what) is Abandoned:
                self.abandoned()
            elif type(what) is Missed:
                self.missed()
            elif type(what) is Closed:
                self.leave()
                self.close()

    def _take(self, timestep: TimeStep) -> None:
        if timestep.first:
            self.opened(timestep)
        else:
            self.stepped(timestep)

    @abc.abstractmethod
    def opened(self, timestep: TimeStep) -> None:
        """Take an opening time step: Gymnasium's `reset` returned."""

    @abc.abstractmethod
    def stepped(self, timestep: TimeStep) -> None:
        """Take any other: Gymnasium's `step` returned."""

    def acted(self, action: Any) -> None:
        """Take the action that fell through the gap: the answer to the time step before it.

        At the bottom that of a fallback too: all that the environment was sent.
        """

    def abandoned(self) -> None:
        """Take note that the episode at the top was given up without a last time step."""

    def missed(self) -> None:
        """Take note that what follows does not follow what came before; see `Missed`."""

    def close(self) -> None:
        """Finish: the session was closed."""

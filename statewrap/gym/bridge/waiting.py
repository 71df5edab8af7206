"""Calls that wait on a greenlet, and the host of the stub that they ask."""

from __future__ import annotations

import contextvars
import importlib
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.draws import NumpyDraws, state_of
from statewrap.core.errors import MissingExtraError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.gym.bridge.errors import DivergedError, EnvironmentMissingError
from statewrap.gym.bridge.replay import called
from statewrap.gym.bridge.run import put
from statewrap.gym.bridge.stub import Handed

try:
    greenlet: Any = importlib.import_module("greenlet")
except ImportError as error:
    raise MissingExtraError("mode='greenlet' of a Bridge", "greenlet", "greenlet") from error

_current: Final = greenlet.getcurrent
_PATIENCE: Final = 100
"""How often a call that is abandoned may call its environment again before it is left alone."""
_undead: Final[list[Any]] = []
"""Calls that cannot be ended: they stay suspended for good."""


class Calls(greenlet.greenlet):  # type: ignore[misc]  # greenlet has no types
    """Where the calls of a session's wrapper run, one after the other.

    One for each call would cost more than all the rest of an act: each has a stack to make.
    """

    __slots__ = ("host",)

    host: WaitingHost

    @classmethod
    def of(cls, host: WaitingHost) -> Calls:
        """Return one that waits for its first call."""
        made = cls(_one_by_one)
        made.host = host
        made.switch()
        return made


def _one_by_one() -> None:
    """Run calls as they come; while none is open, nothing of wrapper and caller is held here.

    But the greenlet to which it has switched is: if that is not the thread's own, which stays
    anyway, but may hold the session, it ends instead.
    """
    kept = True
    while kept:
        wrapped, given = _current().parent.switch(None)
        wrapped.run.result = called(wrapped, given)
        kept = _current().parent.parent is None and not wrapped.run.leaving
        del wrapped, given


class Dropped:
    """What others have dropped of a thread's, to be ended there: between two messages, or with it.

    Greenlets do so by themselves, but at any moment: in the middle of a switch as well, which is
    then given what another has said.
    """

    def __init__(self) -> None:
        self.calls: deque[Calls] = deque()

    def __del__(self) -> None:
        self.calls.clear()


class _Here(threading.local):
    def __init__(self) -> None:
        self.dropped = Dropped()


here: Final = _Here()


class WaitingHost:
    """Answers a stub from within a call; it does not hold the call, which could not be freed."""

    def __init__(self, generator: np.random.Generator, *, kept: bool) -> None:
        """Make one.

        Args:
            generator: the environment's.
            kept: whether a wrapper may hold it already, and draw without asking for it.
        """
        self._generator, self._kept = generator, kept
        self._start: Key | NumpyDraws | None = None
        self.shown: TimeStep | None = None
        self.result: Any = None
        """What the last call returned."""
        self.handed: Handed | None = None
        """Nobody looks later at what was handed out."""
        self.leaving = False
        self.late = 0

    def act(self, action: Any) -> TimeStep:
        """Wait for the answer to an action."""
        return self._answer(Act(freeze(action)))

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Wait for an opening."""
        return self._answer(Reset(seed, freeze(options)))

    def generator(self) -> np.random.Generator:
        """Return the generator."""
        self._kept = True
        if self._start is not None:
            self.draw_from(self._start)
        return self._generator

    def draw_from(self, draws: Key | NumpyDraws) -> None:
        """Start the generator anew: at once if a wrapper may hold it, else when one asks for it."""
        self._start = None if self._kept else draws
        if self._kept:
            put(draws, self._generator)

    def drawn(self) -> Key | NumpyDraws:
        """Return where the generator stands."""
        return self._start or state_of(self._generator)

    def newest(self, what: str) -> TimeStep:
        """Return the last time step."""
        if self.shown is None:
            raise EnvironmentMissingError(
                f"A wrapper reads {what} from its environment before an episode was opened."
            )
        return self.shown

    def _answer(self, command: Command) -> TimeStep:
        calls = _current()
        if self.leaving:
            self._refuse(calls)
        if type(calls) is not Calls or calls.host is not self:
            raise DivergedError(
                f"A wrapper asked its environment for {command!r:.100} from a thread or greenlet "
                "of its own. Under a bridge it may do so only within a call of step or reset."
            )
        caller = calls.parent
        del calls  # which could not be freed if a frame on it held it
        shown: TimeStep = caller.switch(command)
        self.shown = shown
        return shown

    def _refuse(self, calls: Any) -> None:
        """Leave a call that goes on though it was abandoned."""
        self.late += 1
        if self.late > _PATIENCE:
            _undead.append(calls)
            calls.parent.switch(None)
        raise greenlet.GreenletExit


def thread() -> Any:
    """Return the greenlet with which the running thread began, and which stands for it.

    A number would not do: it is given again when a thread is over. Nor would a `threading.local`,
    which is one for each greenlet where gevent has patched it.
    """
    here = _current()
    while (above := here.parent) is not None:
        here = above
    return here


def into(calls: Calls, given: Any) -> Command | None:
    """Begin a call, or answer the one that waits.

    Args:
        calls: where it runs.
        given: a wrapper and with what it is called; or the time step that is waited for.

    Returns:
        What the call asks for next; or None, if it has returned.
    """
    here = calls.parent = _current()
    if calls.gr_context is None:  # no call is open
        calls.gr_context = _context(here)
    said = calls.switch(given)
    if said is None:
        calls.gr_context = None
    elif isinstance(said, greenlet.GreenletExit):  # by which a greenlet ends without a word
        raise said
    return said  # type: ignore[no-any-return]  # a command


def _context(caller: Any) -> Any:
    """Return a caller's context, in which a call is until it returns.

    So it can set back what it has set, also where its answer comes from another caller.
    """
    if caller.gr_context is None:
        contextvars.copy_context()  # makes one, where he sees what the call sets
    return caller.gr_context


def left(calls: Calls) -> bool:
    """Abandon the call that is open; tell whether it let itself be abandoned."""
    host = calls.host
    host.leaving = True
    calls.parent = _current()
    try:
        said = calls.throw()
    finally:
        host.leaving = False
    late, host.late = host.late, 0
    return not late and isinstance(said, greenlet.GreenletExit)

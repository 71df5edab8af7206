"""A session whose calls wait: its own wrapper, and the call that is open."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from statewrap.core.errors import SnapshotError
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.words import sentence
from statewrap.gym.bridge.errors import (
    AfterEndError,
    CannotGoBackError,
    DivergedError,
    cannot_be_made_again,
)
from statewrap.gym.bridge.memory import Held, kept
from statewrap.gym.bridge.replay import as_time_step
from statewrap.gym.bridge.suspended import Suspended
from statewrap.gym.bridge.waiting import Calls, here, into, left, thread
from statewrap.gym.bridge.wrapped import Wrapped


class Session:
    """One wrapper and its open call, in the thread in which it began."""

    def __init__(self, wrapped: Wrapped, start: Held | None) -> None:
        self._wrapped, self._host = wrapped, wrapped.run
        self._thread = thread()
        self._dropped = here.dropped.calls
        self._version = 0
        self._calls: Calls | None = None
        self._given: Act | Reset = Reset()
        self._answers = 0
        self._raised = ""
        self._time = 0.0
        self.awaits: type | None = None
        """What the open call has asked for; None where no call is open."""
        if start is not None:
            self._restore(start)

    @property
    def resets_within_a_call(self) -> bool:
        """Whether the open call resets its environment after it was answered, or in a step."""
        return self.awaits is Reset and (self._answers > 0 or type(self._given) is Act)

    def told(self, memory: Suspended, message: Message) -> tuple[Suspended, Message]:
        """Go on from a memory, if the session is still there.

        Raises:
            CannotGoBackError: if it is not, or this is another thread.
            DivergedError: if no call waits for a time step; or if one that is left goes on.
        """
        self._hold(memory, message)
        self._version += 1
        if self._dropped:
            self._dropped.clear()
        try:
            if memory.draws is not None:
                self._host.draw_from(memory.draws)
            said = self._answer(message)
        except BaseException as error:
            self._raised = f"{type(error).__name__}: {sentence(error)}"
            cannot_be_made_again(error)
            raise
        return Suspended(None, self, self._version), said

    def _hold(self, memory: Suspended, message: Message) -> None:
        """Hold that it can go on; nothing has happened yet."""
        if thread() is not self._thread:
            raise CannotGoBackError(
                f"{self._name} runs in greenlet mode, and its session began in another thread. A "
                "greenlet cannot leave its thread: call from that one, or use mode='replay'."
            )
        if memory.version != self._version:
            raise CannotGoBackError(self._moved(memory))
        if type(message) is TimeStep and self.awaits is None and not message.first:
            raise DivergedError(
                f"{message!r:.100} came, which nobody had asked for: no call of {self._name} "
                "waits for the environment. Show an opening, or answer an act."
            )

    def _answer(self, message: Message) -> Message:
        if type(message) is not TimeStep:
            return self._begin(message)
        if message.first and self.awaits is not Reset:  # an opening that nobody waits for resets
            said = self._begin(Reset())
            if self.awaits is None:
                return said
        self._answers += 1
        self._time = message.time
        return self._switched(message)

    def _begin(self, given: Command) -> Message:
        """Call `step` or `reset`; an open call is left."""
        if self.awaits is not None:
            self._leave()
        self._given, self._answers = given, 0
        return self._switched((self._wrapped, given))

    def _switched(self, given: Any) -> Message:
        """Let the call run until it asks for something, or returns."""
        self._calls = self._calls or Calls.of(self._host)
        command, asked = into(self._calls, given), self._wrapped.asked
        if asked.unknown:
            asked.hold()
        if command is None:
            return self._returned()
        self.awaits = type(command)
        if self.awaits is Act and self._answers and self._last():
            raise AfterEndError(
                f"{self._name} asked for {command!r} after the last time step of an episode, but "
                "the environment takes no act after it. It has to reset first. Break its loop at "
                "`terminated or truncated`."
            )
        return command

    def _last(self) -> bool:
        shown = self._host.shown
        return shown is not None and shown.last

    def _returned(self) -> TimeStep:
        host, self.awaits = self._host, None
        self._calls = self._calls or None  # where it has ended, it holds its last caller
        result, host.result = host.result, None
        return as_time_step(result, self._given, host.shown if self._answers else None, self._time)

    def _leave(self) -> None:
        """Abandon the open call."""
        calls, self.awaits = self._calls, None
        if calls is not None and not left(calls):
            raise DivergedError(
                f"An episode was cut in the middle of a call of {self._name}, which went on after "
                "it was abandoned: something in it catches every exception (`except:` or `except "
                "BaseException`), or calls its environment in a `finally`. Write `except "
                "Exception`."
            )

    # -- saving ---------------------------------------------------------------------------------

    def kept(self, memory: Suspended) -> Held:
        """Return what the wrapper holds between two calls.

        Raises:
            SnapshotError: in the middle of a call; if it holds what cannot be read; if the session
                has gone on.
        """
        if memory.version != self._version:
            raise SnapshotError(self._moved(memory))
        if self.awaits is not None:
            raise SnapshotError(
                f"{self._name} runs in greenlet mode and is in the middle of a call, which lies on "
                "the stack of the interpreter and cannot be saved. Save when a decision is due: "
                "with Deployment(None, stack), between observe(...) and decide(action)."
            )
        draws = memory.draws or self._host.drawn()
        shown = self._host.shown
        return Held(self._wrapped.state(), draws, None, shown and kept(shown), self._time)

    def _restore(self, start: Held) -> None:
        self._wrapped.restore(start.state)
        self._host.generator()  # which it may hold now
        if start.draws is not None:
            self._host.draw_from(start.draws)
        self._host.shown, self._time = start.shown, start.time

    @property
    def _name(self) -> str:
        return self._wrapped.name

    def _moved(self, memory: Suspended) -> str:
        why = f" Its call raised {self._raised}" if self._raised else ""
        return (
            f"{self._name} runs in greenlet mode, which cannot go back: this memory is of the "
            f"place after {memory.version} messages, but the session has taken {self._version}."
            f"{why} A call that failed cannot be made again, and of a fork and its original only "
            "the one that is used first goes on. Make a new deployment of this stack, or let the "
            "wrapper be such that mode='replay' takes it."
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        """Return the same: of several who hold it, the one that goes on first goes on."""
        return self

    def __del__(self) -> None:
        """Say that a call that is freed is left, lest it waits for an answer."""
        if "_host" not in vars(self):  # it was never made
            return
        self._host.leaving = True
        with suppress(RuntimeError):  # greenlets know no thread when the interpreter ends
            if self._calls and not self._calls.dead and thread() is not self._thread:
                self._dropped.append(self._calls)

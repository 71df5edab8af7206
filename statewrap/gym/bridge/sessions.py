"""A session whose calls wait: its own wrapper, and the call that is open."""

from __future__ import annotations

import threading
from typing import Any, Final

import attrs

from statewrap.core.draws import state_of
from statewrap.core.errors import SnapshotError
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.words import sentence
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.errors import (
    AfterEndError,
    CannotGoBackError,
    DivergedError,
    cannot_be_made_again,
)
from statewrap.gym.bridge.graph import Graph, State
from statewrap.gym.bridge.memory import Held, kept
from statewrap.gym.bridge.replay import as_time_step, called
from statewrap.gym.bridge.run import put
from statewrap.gym.bridge.stub import Stub
from statewrap.gym.bridge.suspended import Suspended
from statewrap.gym.bridge.waiting import WaitingCall, WaitingHost, into, left

_UNREADABLE: Final = "{who} runs in greenlet mode, and what it holds cannot be saved: {why}."


@attrs.define(eq=False)
class Wrapped:
    """A wrapper over a stub; what it holds may be such that nobody can read it."""

    outer: Any
    stub: Stub
    run: WaitingHost
    asked: Asked
    """What it asked of its environment."""
    graph: Graph | None = None
    """With which its state is read and put; None where it cannot be."""
    unreadable: str = ""
    """Why not."""

    @property
    def name(self) -> str:
        """The class of the outermost wrapper."""
        return type(self.outer).__name__

    def state(self) -> State:
        """Return what it holds.

        Raises:
            SnapshotError: if that cannot be read.
        """
        if self.graph is None:
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=self.unreadable))
        writer = self.graph.writer()
        try:
            return {place: slot.read(writer) for place, slot in self.graph.slots.items()}
        except UnreadableError as error:
            why = f"{error.path or 'the wrapper'} is {error.reason}"
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=why)) from error
        except RecursionError as error:
            why = f"it is {UnreadableError.too_deep().reason}"
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=why)) from error

    def restore(self, state: State) -> None:
        """Make it hold what one like it held."""
        if self.graph is not None:
            reader, base = self.graph.reader(), self.graph.base
            for place, slot in self.graph.slots.items():
                slot.put(state.get(place, base[place]), reader)


class Session:
    """One wrapper and its open call, in the thread in which it began."""

    def __init__(self, wrapped: Wrapped, start: Held | None) -> None:
        self._wrapped, self._host = wrapped, wrapped.run
        self._thread = threading.get_ident()
        self._version = 0
        self._call: WaitingCall | None = None
        self._given: Act | Reset = Reset()
        self._answers = 0
        self._raised = ""
        self._time = 0.0
        self.awaits: type | None = None
        """What the open call has asked for."""
        if start is not None:
            self._restore(start)

    @property
    def resets_within_a_call(self) -> bool:
        """Whether the open call resets its environment after it was answered, or in a step."""
        waits = self._call is not None and self.awaits is Reset
        return waits and (self._answers > 0 or type(self._given) is Act)

    def enter(self, memory: Suspended) -> None:
        """Go on from a memory, if the session is still there.

        Raises:
            CannotGoBackError: if it is not, or this is another thread.
        """
        if threading.get_ident() != self._thread:
            raise CannotGoBackError(
                f"{self._name} runs in greenlet mode, and its session began in another thread. A "
                "greenlet cannot leave its thread: call from that one, or use mode='replay'."
            )
        if memory.version != self._version:
            raise CannotGoBackError(self._moved(memory))
        self._version += 1
        if memory.draws is not None:
            put(memory.draws, self._host.generator())

    def after(self, message: Message) -> tuple[Suspended, Message]:
        """Return the place that the session has come to, beside its answer."""
        return Suspended(session=self, version=self._version), message

    def begun(self, given: Act | Reset, *answer: TimeStep) -> Message:
        """Call `step` or `reset`; an open call is left.

        Args:
            given: with what it is called.
            answer: what is shown at the first that it asks for, if that is known already.
        """
        self._leave()
        self._given, self._answers = given, 0
        self._call = self._new_call(given)
        message = self._switched()
        if answer and self._call is not None:
            return self.resumed(*answer)
        return message

    def _new_call(self, given: Act | Reset) -> WaitingCall:
        wrapped: Any = self._wrapped
        call = WaitingCall(lambda: called(wrapped, given))
        call.host = self._host
        return call

    def resumed(self, timestep: TimeStep) -> Message:
        """Answer the open call.

        Raises:
            DivergedError: if none waits.
        """
        if self._call is None:
            raise DivergedError(
                f"{timestep!r:.100} came, which nobody had asked for: no call of {self._name} "
                "waits for the environment. Show an opening, or answer an act."
            )
        self._answers += 1
        self._time = timestep.time
        return self._switched(timestep)

    def _switched(self, *answer: TimeStep) -> Message:
        """Let the call run until it asks for something, or returns."""
        call = self._call
        assert call is not None  # noqa: S101 - there is one
        try:
            said = into(call, *answer)
        except BaseException as error:
            self._call, self.awaits = None, None
            self._raised = f"{type(error).__name__}: {sentence(error)}"
            cannot_be_made_again(error)
            raise
        self._wrapped.asked.hold()
        if call.dead:
            return self._returned(said)
        if type(said) is Act and self._answers and self._last():
            self._raised = "it asked for an act where the episode is over"
            raise AfterEndError(
                f"{self._name} asked for {said!r} after the last time step of an episode, but the "
                "environment takes no act after it. It has to reset first."
            )
        self.awaits = type(said)
        return said  # type: ignore[no-any-return]  # a command

    def _last(self) -> bool:
        shown = self._host.shown
        return shown is not None and shown.last

    def _returned(self, result: Any) -> TimeStep:
        shown = self._host.shown if self._answers else None
        self._call, self.awaits = None, None
        return as_time_step(result, self._given, shown, self._time)

    def _leave(self) -> None:
        """Abandon the open call.

        Raises:
            DivergedError: if it goes on all the same.
        """
        call = self._call
        self._call, self.awaits = None, None
        if call is None or left(call):
            return
        self._raised = "it went on after its call was abandoned"
        raise DivergedError(
            f"An episode was cut in the middle of a call of {self._name}, which went on after it "
            "was abandoned: something in it catches every exception (`except:` or `except "
            "BaseException`), or calls its environment in a `finally`. Write `except Exception`."
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
        if self._call is not None:
            raise SnapshotError(
                f"{self._name} runs in greenlet mode and is in the middle of a call, which lies on "
                "the stack of the interpreter and cannot be saved. Save when a decision is due."
            )
        draws = memory.draws or state_of(self._host.generator())
        shown = self._host.shown
        return Held(self._wrapped.state(), draws, None, shown and kept(shown), self._time)

    def _restore(self, start: Held) -> None:
        self._wrapped.restore(start.state)
        if start.draws is not None:
            put(start.draws, self._host.generator())
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
        if "_host" in vars(self):  # not where it was never made
            self._host.leaving = True

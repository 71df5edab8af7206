"""Suspending a call: wrappers that cannot be run again wait in the middle, on a greenlet.

    policy                 step(a)                               result
    ─────────────────────────┼─────────────────────────────────────▲────────
    the wrapper              │ runs up to env.step(x) ... goes on, to its end
    ─────────────────────────▼──────────────────────────▲────────────────────
    environment              x                          answer

The calls of a session run on one greenlet, one after the other (see `waiting`). The state is then
in the wrapper and on that stack, not in the memory: the memory is a token, which
says of which session it is and how far. A session cannot go back, so that a token that is older
than its session is refused: a failed step *has* happened here, and that is said.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.graph import Graph
from statewrap.gym.bridge.kinds import Names
from statewrap.gym.bridge.live import made_by, say_specs
from statewrap.gym.bridge.making import Making
from statewrap.gym.bridge.sessions import Session
from statewrap.gym.bridge.stub import Factory, Stub, around, of_its_own
from statewrap.gym.bridge.suspended import Suspended
from statewrap.gym.bridge.waiting import WaitingHost
from statewrap.gym.bridge.wrapped import Wrapped


class Greenlets:
    """Answers messages by calls that wait; each session has a wrapper of its own.

    Args:
        factory: makes the wrapper; it is called once for each session.
        below: what is known of what lies below.
        description: what else is known of the environment.
        draws: where its generator starts, once and for all; None to start it from the wrapper's key
            in each episode.
    """

    def __init__(
        self, factory: Factory, below: Below, description: Description, draws: NumpyDraws | None
    ) -> None:
        self._factory, self._below, self._description = factory, of_its_own(below), description
        self._spaces = below.observation_space, below.action_space
        self._draws = draws
        self._free: list[Wrapped] = []
        self.asked = Asked()
        self._names = Names()

    def initial(self, key: Key) -> Suspended:
        """Begin with the first message, not before: a wrapper may do something when it is made."""
        return Suspended(draws=self._draws or key)

    def renew(self, memory: Suspended, key: Key) -> Suspended:
        """Start the generator anew; what else is to be forgotten, the wrapper's `reset` forgets."""
        session = memory.session
        if self._draws is not None or (session is not None and session.resets_within_a_call):
            return memory
        return memory.starting(key)

    def hook(self, name: str) -> Any:
        """Return the method of this name, which is to be called."""
        return getattr(self, name)

    def on_state(self, memory: Suspended, timestep: TimeStep) -> tuple[Suspended, Message]:
        """Go on with the call that waits; an opening that nobody waits for resets.

        Raises:
            CannotGoBackError: if the session has gone on from this memory before.
            DivergedError: if no call waits.
        """
        return self._session(memory).told(memory, timestep)

    def on_action(self, memory: Suspended, act: Act) -> tuple[Suspended, Message]:
        """Call `step`.

        Raises:
            CannotGoBackError: if the session has gone on from this memory before.
        """
        return self._session(memory).told(memory, act)

    def on_reset(self, memory: Suspended, request: Reset) -> tuple[Suspended, Message]:
        """Call `reset`.

        Raises:
            CannotGoBackError: if the session has gone on from this memory before.
        """
        return self._session(memory).told(memory, request)

    def _session(self, memory: Suspended) -> Session:
        session: Session | None = memory.session
        return Session(self.take(), memory.start) if session is None else session

    def take(self) -> Wrapped:
        """Return a wrapper that was not used yet."""
        return self._free.pop() if self._free else self._made()

    def put(self, unused: Wrapped) -> None:
        """Put one back that was not used."""
        self._free.append(unused)

    def _made(self) -> Wrapped:
        generator = np.random.Generator(np.random.PCG64(0))
        making: Any = Making(self._below, generator)
        stub = Stub(self._below, self._description, self.asked, making)
        outer = made_by(self._factory, around(stub, self._below))
        say_specs(outer, self.asked)
        host = WaitingHost(generator, kept=making.drew)
        stub.statewrap_host = host
        constant = (stub.statewrap_emulator, self._description, *self._spaces)
        shared = (*constant, host, generator, generator.bit_generator, self.asked)
        made = Wrapped(outer, stub, host, self.asked)
        self.asked.hold()
        try:
            made.graph = Graph(outer, shared, self._names)
        except UnreadableError as error:
            made.unreadable = f"{error.path or 'the wrapper'} is {error.reason}"
        except RecursionError:
            made.unreadable = f"{made.name} is {UnreadableError.too_deep().reason}"
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Greenlets:
        """Return the same."""
        return self

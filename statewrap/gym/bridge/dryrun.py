"""Trying a wrapper out before it is used, over made-up observations.

Every message is answered by two wrappers that the factory made, from the same memory: what they
ask, return and hold then has to be the same. What cannot be run again without harm is refused;
the rest of what was noticed is `Seen`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.constructed import KEY, hold_own, hold_unseen
from statewrap.gym.bridge.engine import Engine, ask
from statewrap.gym.bridge.errors import (
    DivergedError,
    NotBridgeableError,
    UnreadableError,
    UntriedError,
)
from statewrap.gym.bridge.findings import Findings, files
from statewrap.gym.bridge.forms import Forms
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.live import held as cannot_be_put_back
from statewrap.gym.bridge.memory import Call, Held
from statewrap.gym.bridge.outside import Outside
from statewrap.gym.bridge.replay import Replay
from statewrap.gym.bridge.seen import Path, Seen
from statewrap.gym.bridge.watch import Watch
from statewrap.gym.bridge.workshop import Only, Workshop
from statewrap.gym.bridge.world import EPISODES, Hand, World, answered

MOST: Final = 500
"""How many messages are tried, at most."""
PATIENCE: Final = 8
"""How often a wrapper may raise before it is left alone."""


class Turn(NamedTuple):
    """A message, and what came of it."""

    follows: int
    """How many turns there were up to the one from which it goes on."""
    held: Held
    message: Message
    after: Held
    reply: Message


class DryRun:
    """Tries a wrapper out."""

    def __init__(self, workshop: Workshop, world: World, hand: Hand) -> None:
        self._workshop, self._world, self._hand = workshop, world, hand
        self._lives = (workshop.another(), workshop.another())
        self._own = files(self._lives[0])
        self._base = workshop.base()
        self._runs = tuple(Replay(Only(live), self._base, None) for live in self._lives)
        self._forms = tuple(Forms(live.graph) for live in self._lives)
        self.found = Findings(self._base)
        """What was noticed."""
        self.found.of_making(*self._lives)
        self.turns: list[Turn] = []
        """What was tried."""
        self._wanted: str | None = None
        if self._lives[0].opened:
            hold_unseen(workshop, self._lives[1], world, hand)

    def play(self) -> None:
        """Play some episodes; what was changed outside is put back.

        Raises:
            NotBridgeableError: if the wrapper cannot be run again without harm.
            UntriedError: if no step came to its end.
            SharedError: if it changes what its factory gives to all that it makes.
        """
        outside = Outside(*self._lives[0].graph.things)
        try:
            with watch.quiet(), np.errstate(all="ignore"):
                self._play()
                self._play_on_after_the_end()
        finally:
            changed = outside.changed()
            hold_own(*self._lives)
        self._hold_played()
        if changed:
            raise NotBridgeableError(
                f"{self._lives[0].name} changes {changed[0]}, which lies outside of it: all "
                "sessions would share it, and a call that is run again would change it twice. "
                "Keep it in the wrapper, as self.name."
            )

    def _hold_played(self) -> None:
        """Hold that a step came to its end, if any was tried.

        Raises:
            UntriedError: if none did: then nobody has seen what it does.
        """
        ended = any(type(t.reply) is TimeStep and not t.reply.first for t in self.turns)
        if self.found.raised and not ended:
            raise UntriedError(
                f"{self._lives[0].name} was tried out over made-up observations, and no step came "
                "to its end",
                self._wanted,
            )

    def _play(self) -> None:
        held, message = self._runs[0].initial(KEY), Reset()  # type: Held, Message
        for _ in range(MOST):
            turn = self._turn(held, message)
            if turn is None:
                message = self._world.answer(Reset())
                continue
            held, message = turn.after, answered(turn.reply, self._world, self._hand)
            if self._world.opened > len(EPISODES) or len(self.found.raised) > PATIENCE:
                return

    def _play_on_after_the_end(self) -> None:
        """Act once more where an episode is over, as only a training loop does.

        Who then resets the environment shows what an act may lead to; others are left alone.
        """
        ends = (t for t in self.turns if type(t.reply) is TimeStep and t.reply.last)
        end = next(ends, None)
        if end is None:
            return
        act = Act(self._hand.action())
        try:
            down = self._runs[0].on_action(end.after, act)[1]
        except Exception:  # noqa: BLE001 - it need not be able to
            return
        if type(down) is Reset:
            turn = self._turn(end.after, act)
            if turn is not None:
                self._turn(turn.after, self._world.answer(Reset()))

    def seen(self, path: Path) -> Seen:
        """Say what was seen."""
        return self.found.seen(path, self._lives[0], len(self.turns))

    def agrees(self, engine: Engine) -> bool | None:
        """Tell whether an engine answers all that was tried as it was answered.

        Returns:
            None if it raises: then it cannot run this wrapper, and says so.
        """
        try:
            with watch.quiet(), np.errstate(all="ignore"):
                return all(self._agree(engine))
        except Exception:  # noqa: BLE001 - whatever it is, it was answered
            return None

    def _agree(self, engine: Engine) -> Iterator[bool]:
        memories = [engine.initial(KEY)]
        for turn in self.turns:
            memory = memories[turn.follows]
            if type(turn.message) is TimeStep and turn.message.first:
                memory = engine.renew(memory, KEY)
            memory, found = ask(engine, memory, turn.message)
            memories.append(memory)
            yield self.found.differ(turn.reply, found) is None

    def _turn(self, held: Held, message: Message) -> Turn | None:
        """Ask both, and compare; None if they raise."""
        follows = self._number_of(held)
        if type(message) is TimeStep and message.first:
            held = self._runs[0].renew(held, KEY)
        if type(message) is not TimeStep:
            self.found.begin_call()
        replies = []
        for run, live in zip(self._runs, self._lives, strict=True):
            reply = self._asked(run, live, held, message)
            self._hold_forms()
            if reply is None:
                return None
            replies.append(reply)
        self._hold_same(message, *replies)
        turn = Turn(follows, held, message, *replies[0])
        self.turns.append(turn)
        self._note(turn)
        return turn

    def _number_of(self, held: Held) -> int:
        """Return how many turns there were up to the one that led to a memory."""
        known = zip(range(len(self.turns), 0, -1), reversed(self.turns), strict=True)
        return next((number for number, turn in known if turn.after is held), 0)

    def _asked(self, run: Replay, live: Live, held: Held, message: Message) -> Any:
        live.holds, live.run.handed = None, []
        watched = Watch(self._own)
        try:
            with watched:
                return ask(run, held, message)
        except watch.EffectError:  # which is told below
            return None
        except NotBridgeableError:
            raise
        except DivergedError as error:
            raise NotBridgeableError(str(error)) from error
        except Exception as error:  # noqa: BLE001 - it may not like what is made up
            if isinstance(error, KeyError) and error.args and type(error.args[0]) is str:
                self._wanted = error.args[0]
            self.found.of_error(live, error, message)
            return None
        finally:
            self.found.of_run(live, watched, counts=live is self._lives[0])

    def _hold_forms(self) -> None:
        """Hold that arrays keep their forms, whether a run has come to its end or not.

        Raises:
            NotBridgeableError: if one does not.
        """
        try:
            for forms in self._forms:
                forms.hold()
        except UnreadableError as error:
            raise cannot_be_put_back(error) from error

    def _hold_same(self, message: Message, first: Any, second: Any) -> None:
        found = self.found.differ(first, second)
        if found:
            raise NotBridgeableError(
                f"{self._lives[0].name}, put back to where it was and run again, does not do the "
                f"same in answer to {message!r:.100}: {found} Something that it uses is not among "
                "what it holds: a hidden generator, a global, a counter of its class."
            )

    def _note(self, turn: Turn) -> None:
        """Note what a call did that has come to its end."""
        if turn.after.call is not None:
            return
        given = Act if type(turn.reply) is TimeStep and not turn.reply.first else Reset
        self.found.of_call(given, self._lives[0], turn.after.state)
        self.found.learns |= given is Reset and self._remembers(turn)
        self.found.delays |= self._is_late(turn)

    def _remembers(self, turn: Turn) -> bool:
        """Tell whether after an opening something is left of what was before."""
        message: Any = turn.message
        call: Any = turn.held.call
        fresh = Held(self._base, turn.held.draws, call and Call(call.given))
        if type(message) is Reset or not message.first:
            return True
        try:
            after, _ = self._runs[1].on_state(fresh, message)
        except Exception:  # noqa: BLE001 - it cannot do it from there
            return True
        return self.found.differ(turn.after.state, after.state) is not None

    def _is_late(self, turn: Turn) -> bool:
        """Tell whether what is shown is the same with other observations in place of the newest."""
        message, shown = turn.message, turn.reply
        if type(message) is not TimeStep or type(shown) is not TimeStep:
            return False
        others = (self._world.observation() for _ in range(3))
        tried = [
            self._shown(turn.held, message.with_observation(other))
            for other in others
            if difference(other, message.observation)
        ]
        return bool(tried) and not any(difference(shown.observation, one) for one in tried)

    def _shown(self, held: Held, message: TimeStep) -> Any:
        """Return what observation is shown in answer to another message; None if none is."""
        try:
            reply = self._runs[1].on_state(held, message)[1]
        except Exception:  # noqa: BLE001 - it may not like it
            return None
        return reply.observation if type(reply) is TimeStep else None

"""A wrapper of statewrap's, tried out over made-up observations: what it asks, what it costs."""

from __future__ import annotations

import time
from typing import Any, Final

import attrs

from statewrap.core.errors import StatewrapError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below, Stack, StackMemory
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.seen import Span, wider
from statewrap.gym.bridge.world import EPISODES, Hand, World

_ACTS: Final = 40
_ROUNDS: Final = 7
"""How often acts are measured; the least counts, for the machine may be busy."""
_SEEDS: Final = (20_26, 20_27)


@attrs.define
class Tried:
    """What was seen; what is None was not."""

    steps_per_step: Span | None = None
    resets_per_step: Span | None = None
    steps_per_reset: Span | None = None
    draws: bool = False
    """Whether its draws moved, or another key gave another answer."""
    raised: str | None = None


def tried(wrapper: Any, below: Below, info: dict[str, Any]) -> Tried:
    """Play some episodes, and count what the environment is asked.

    Args:
        wrapper: unbound.
        below: what is known below it; with unknown spaces nothing is tried.
        info: what each info holds.
    """
    found = Tried()
    if below.observation_space is None or below.action_space is None:
        return found
    try:
        talks = [_Talk(wrapper, below, info, Key.from_seed(seed)) for seed in _SEEDS]
        while talks[0].world.opened <= len(EPISODES):
            said = [talk.call(found) for talk in talks]
            found.draws = found.draws or any(talk.drew for talk in talks) or not same(*said)
    except StatewrapError as error:
        found.raised = str(error)
    return found


def measured(wrapper: Any, below: Below, info: dict[str, Any]) -> float | None:
    """Return how many microseconds an act takes, what is below apart; None if it cannot be told.

    What is suspended is not played for this: what it does outside could not be taken back.

    Args:
        wrapper: unbound.
        below: what is known below it.
        info: what each info holds.
    """
    if below.observation_space is None or below.action_space is None:
        return None
    try:
        if Stack(wrapper).bind(below).suspends:
            return None
        with watch.quiet():
            talk = _Talk(wrapper, below, info, Key.from_seed(_SEEDS[0]))
            for _ in range(_ACTS):
                talk.call(Tried())
            return min(talk.timed() for _ in range(_ROUNDS))
    except StatewrapError:
        return None


class _Talk:
    """A wrapper between a made-up world and somebody who acts at random."""

    def __init__(self, wrapper: Any, below: Below, info: dict[str, Any], key: Key) -> None:
        self.world = World(below, info)
        self._stack = Stack(wrapper).bind(below)
        above: Any = self._stack.above(below)
        self._hand = Hand(above.action_space)
        self._memory = self._stack.initial(key)
        self._next: Message = Reset()
        self.drew = False
        self.spent = 0.0
        """Seconds of processor time within the wrapper."""
        self.acts = 0

    def call(self, found: Tried) -> list[Message]:
        """Say the next command, and answer the wrapper until it shows a time step.

        Returns:
            All that the wrapper said.
        """
        called = type(self._next)
        asked = {Act: 0, Reset: 0}
        message = self._routed(self._next)
        said = [message]
        while type(message) is not TimeStep:
            asked[type(message)] += 1
            message = self._routed(self.world.answer(message))
            said.append(message)
        self._next = Reset() if message.last else Act(self._hand.action())
        if called is Act:
            self.acts += 1
            found.steps_per_step = wider(found.steps_per_step, asked[Act])
            found.resets_per_step = wider(found.resets_per_step, asked[Reset])
        else:
            found.steps_per_reset = wider(found.steps_per_reset, asked[Act])
        return said

    def timed(self) -> float:
        """Return the microseconds that an act takes, on average over some."""
        self.spent, self.acts = 0.0, 0
        while self.acts < _ACTS:
            self.call(Tried())
        return 1e6 * self.spent / self.acts

    def _routed(self, message: Message) -> Message:
        before = _draws(self._memory)
        start = time.thread_time()
        self._memory, message = self._stack.route(self._memory, message)
        self.spent += time.thread_time() - start
        self.drew = self.drew or _draws(self._memory) != before
        return message


def _draws(memory: StackMemory) -> Any:
    """Return where the draws of wrappers stand that have any."""
    return [getattr(held, "draws", None) for held in memory.wrappers]

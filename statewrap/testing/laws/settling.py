"""The law that a stack comes to a point, whatever the world goes on showing."""

from __future__ import annotations

from itertools import cycle, filterfalse, islice
from typing import Any, Final, NamedTuple

import numpy as np

from statewrap.core.errors import SettleError, WrapperError
from statewrap.core.events import Fact
from statewrap.core.messages import Message, Reset, TimeStep
from statewrap.core.trace import answered, speaker
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack
from statewrap.testing.dialogue import KEY
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.variations import at
from statewrap.testing.script import Script, ScriptOver, Seat

PATIENCE: Final = 5_000
"""How many time steps of the environment, or answers of the policy, may lead to nothing."""

_AS_IT_WAS: Final = 64
"""How many time steps are repeated as they were, before others are made up among them."""


@law(cure="Let a message pass after a bounded number of answers, counted in the memory.")
def settles(setting: Setting) -> None:
    """Whatever goes on below and above, the policy is shown something, and a command leaves.

    Where the environment shows something that the policy does not see, and where the scene is
    over, an episode goes on: no wrapper may answer 5,000 time steps in a row, none of them last,
    and let none rise. Where an action or a reset does not reach the environment, the policy is
    asked up to 5,000 times.
    """
    walk = _Walk(setting)
    environment, seat = Script(setting.episodes), Seat(setting.policy)
    memory: Any = setting.stack.initial(KEY)
    message: Message = environment(Reset())
    hidden: list[_Place] = []  # the first and the last since something was shown
    asked = 0
    while True:
        after, reply = walk.route(memory, message)
        here = _Place(walk.turn, after, reply)
        if type(reply) is TimeStep:
            for place in hidden[1:]:
                walk.go_on_from(place)
            hidden, asked = [], asked + 1
            walk.hold_asked(asked, memory, after)
            message = seat.answer(reply)
        else:
            if type(message) is TimeStep and not hidden:
                walk.go_on_from(here)
            hidden = [*hidden[:1], here] if type(message) is TimeStep else hidden
            try:
                asked, message = 0, environment(reply)
            except ScriptOver:
                return walk.go_on_from(here)
        memory = after


class _Place(NamedTuple):
    """Where a scene stands: a turn, the memory after it, and what left the stack."""

    turn: int
    memory: Any
    reply: Message


class _Walk:
    """One walk through a scene, with walks aside into a world that goes on for ever."""

    def __init__(self, setting: Setting) -> None:
        self._setting, self._stack = setting, setting.stack
        self.turn = -1
        """The number of the last turn."""
        self._facts: list[Fact] = []
        """The hops of this turn and of the one before, lest they grow for ever."""
        self._allowance = 4 * PATIENCE
        """How many time steps may still be shown aside."""

    def route(self, memory: Any, message: Message) -> tuple[Any, Message]:
        """Take the next turn.

        Raises:
            Broken: if the wrappers answer each other for ever.
        """
        self.turn += 1
        facts = list[Fact]()
        try:
            after, reply = self._stack.route(memory, message, facts)
        except SettleError as error:
            raise Broken(f"At turn {self.turn}: {error}", turn=self.turn, before=memory) from error
        self._facts = [*self._facts[-100:], *facts]
        return after, reply

    def hold_asked(self, asked: int, before: Any, after: Any) -> None:
        """Hold that the policy is not asked for ever.

        Raises:
            Broken: if no command left for as long as the patience lasts.
        """
        if asked <= PATIENCE:
            return
        raise Broken(
            f"From turn {self.turn - asked + 1} on the policy spoke {PATIENCE:,} times and no "
            f"command left the bottom. At the last: {_who_answered(self._stack, self._facts)}.",
            turn=self.turn,
            before=before,
            after=after,
            cure="Let an act or a reset fall after a bounded number of answers: count the refusals "
            "in the memory.",
        )

    def go_on_from(self, place: _Place) -> None:
        """Let the world go on from where the environment is to answer.

        Raises:
            Broken: if a wrapper lets nothing rise for as long as the patience lasts.
        """
        turn, memory, command = place
        world, answers = _Endless(self._setting), [0] * len(self._stack)
        while self._allowance > 0:
            self._allowance -= 1
            facts = list[Fact]()
            try:
                after, reply = self._stack.route(memory, world.shows(command), facts)
            except SettleError as error:
                raise Broken(f"After turn {turn}: {error}", turn=turn) from error
            except WrapperError:  # it may refuse what was made up, or give up with an error
                if not world.making_up:
                    return
                world.making_up = False
                continue
            if type(reply) is TimeStep:
                return
            memory, command = after, reply
            highest = max(gap for gap, what in facts if type(what) is TimeStep)
            answers[: highest + 1] = [0] * highest + [answers[highest] + 1]
            if answers[highest] == PATIENCE:
                raise self._endless(place, highest, facts, memory)

    def _endless(self, place: _Place, index: int, facts: list[Fact], memory: Any) -> Broken:
        return Broken(
            f"From turn {place.turn} on the policy is shown nothing: {brief(self._stack[index])} "
            f"answers {PATIENCE:,} time steps in a row, none of them last, and lets none rise. At "
            f"the last: {_who_answered(self._stack, facts)}.",
            turn=place.turn,
            before=place.memory,
            after=memory,
            cure="Show a time step after a bounded number of answers: count in the memory what is "
            "due, and compare with `<=` or `>=`, not `==`, lest it is counted past.",
        )


class _Endless:
    """A world whose episodes never end: it shows the scene's time steps again and again.

    After some time others are made up among them, for a wrapper may wait for a value; and more
    and more time passes, for it may wait for that.
    """

    def __init__(self, setting: Setting) -> None:
        steps = [timestep for episode in setting.episodes for timestep in episode]
        openings = [timestep for timestep in steps if timestep.first]
        within = [*filter(_goes_on, steps), *map(_gone_on, filterfalse(_goes_on, steps))]
        self._space = setting.below.observation_space
        self._openings, self._within = cycle(openings), cycle(within)
        self._random = np.random.default_rng(0)
        self._shown, self._time = 0, max(timestep.time for timestep in steps)
        self.making_up = True
        self._made: dict[bool, cycle[TimeStep]] = {}

    def shows(self, command: Message) -> TimeStep:
        """Answer a command."""
        self._shown += 1
        self._time += 0.125 + self._shown / 100
        opens = type(command) is Reset
        source = self._openings if opens else self._within
        if self.making_up and self._shown > _AS_IT_WAS and self._shown % 2:
            if opens not in self._made:
                self._made[opens] = cycle([self._other(step) for step in islice(source, 16)])
            source = self._made[opens]
        return next(source).replace(time=self._time)

    def _other(self, timestep: TimeStep) -> TimeStep:
        return timestep.replace(
            observation=at(self._space, timestep.observation, "anywhere", self._random),
            info=at(None, timestep.info, "anywhere", self._random),
            reward=timestep.reward if timestep.first else 1 - timestep.reward,
        )


def _goes_on(timestep: TimeStep) -> bool:
    return not (timestep.first or timestep.last)


def _gone_on(timestep: TimeStep) -> TimeStep:
    """Return a first or last time step as one from within an episode."""
    return timestep.replace(first=False, terminated=False, truncated=False)


def _who_answered(stack: Stack, facts: list[Fact]) -> str:
    """Say who turned which message round, the newest of each, in order."""
    said: dict[str, str] = {}
    before: Fact | None = None
    for hop in facts:
        if before is not None and answered(stack, before, hop):
            who = speaker(stack, *hop)
            said.pop(who, None)
            said[who] = f"{who} answered {brief(before[1])} with {brief(hop[1])}"
        before = hop
    return "; ".join(said.values())

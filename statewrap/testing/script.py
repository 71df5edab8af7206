"""An environment as data, and the conversation of a stack with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import attrs
import numpy as np

from statewrap.core.borders import freeze, thaw
from statewrap.core.drivers import admit, shown_to_policy
from statewrap.core.errors import ProtocolError, SettleError
from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.testing.dialogue import KEY

Episodes = Sequence[Sequence[TimeStep]]
"""Raw time steps, an episode a list. The first of each list opens it; one that does not close with
a last time step is given up: the next opens unasked, in answer to an act."""

MAX_DECISIONS: Final = 10_000


class ScriptOver(Exception):  # noqa: N818 - no error: there is nothing more to show
    """The script has no further time step."""


class Script:
    """An environment that shows what was written down, whatever it is told to do.

    >>> script = Script([[TimeStep("f0", first=True), TimeStep("f1", terminated=True)]])
    >>> script(Reset()), script(Act("jump"))
    (TimeStep('f0', first=True), TimeStep('f1', terminated=True))
    """

    def __init__(self, episodes: Episodes, *, reuses_buffers: bool = False) -> None:
        """Take the episodes.

        Args:
            episodes: what to show.
            reuses_buffers: whether to write over what was shown before, as environments do that
                keep one array: over the observation (of which the border took a copy) and over
                the arrays in `info` (of which it took none).
        """
        self._episodes = iter(episodes)
        self._steps: Iterator[TimeStep] = iter(())
        self._over = False
        self._reuses_buffers = reuses_buffers
        self._shown: Any = None

    def __call__(self, command: Command) -> TimeStep:
        """Answer a command with the next raw time step.

        Raises:
            ProtocolError: if it is an act, and the last time step of an episode was shown.
            ScriptOver: if nothing is left to show.
        """
        if type(command) is Act and self._over:
            raise ProtocolError(f"{command!r} reached the environment after an episode's last step")
        timestep = next(self._steps, None) if type(command) is Act else None
        if timestep is None:
            timestep = self._opening()
        self._over = timestep.last
        return self._given(timestep)

    def _opening(self) -> TimeStep:
        episode = next(self._episodes, None)
        if episode is None:
            raise ScriptOver
        self._steps = iter(episode)
        return next(self._steps)

    def _given(self, timestep: TimeStep) -> TimeStep:
        if not self._reuses_buffers:
            info = thaw(dict(timestep.info))
            return timestep.replace(observation=freeze(timestep.observation), info=info)
        _write_over(self._shown)
        self._shown = thaw((timestep.observation, dict(timestep.info)))
        observation, info = self._shown
        return timestep.replace(observation=freeze(observation), info=dict(info))


class Seat:
    """A policy with what it remembers, asked as the drivers ask it.

    With wishes, every second reset after a last time step has a seed and options, which a training
    loop may give.
    """

    def __init__(self, policy: Policy[Any], key: Key = KEY, *, wishes: bool = False) -> None:
        self._wishes = wishes
        self._policy = policy
        self._key = key.fold("policy")
        self._mind = policy.initial(self._key)
        self._decisions = self._resets = 0

    def answer(self, timestep: TimeStep) -> Command:
        """Decide on a time step, or ask for the next episode after a last one."""
        if timestep.first:
            own, self._key = self._key.split()
            self._mind = self._policy.renew(self._mind, own)
        self._decisions += 1
        if self._decisions > MAX_DECISIONS:
            raise SettleError(f"{MAX_DECISIONS} decisions did not bring the script to its end")
        if timestep.last:
            self._mind = self._policy.finish(self._mind, shown_to_policy(timestep))
            self._resets += 1
            wishes = {"level": self._resets}  # of its own, for whoever changes what was given
            special = self._wishes and self._resets % 2 == 0
            return Reset(self._resets, wishes) if special else Reset()
        self._mind, act = self._policy.decide(self._mind, shown_to_policy(timestep))
        return admit(act, timestep)


class Routes(Protocol):
    """What a conversation needs of a stack."""

    def initial(self, key: Key) -> Any:
        """Return the memory of a session that has seen nothing."""

    def route(self, memory: Any, message: Message, hops: list[Fact]) -> tuple[Any, Message]:
        """Carry a message until one leaves."""


class Turn(NamedTuple):
    """A message that entered a stack, what left for it, and the memory before and after."""

    memory: Any
    message: Message
    after: Any
    reply: Message
    facts: tuple[Fact, ...]


def converse(
    stack: Routes,
    episodes: Episodes,
    policy: Policy[Any],
    key: Key = KEY,
    *,
    reuses_buffers: bool = False,
) -> Iterator[Turn]:
    """Play a script to its end through a bound stack, turn by turn."""
    environment = Script(episodes, reuses_buffers=reuses_buffers)
    seat = Seat(policy, key, wishes=True)
    memory, command = stack.initial(key), Reset()
    message: Message = environment(command)
    while True:
        facts: list[Fact] = []
        after, reply = stack.route(memory, message, facts)
        yield Turn(memory, message, after, reply, tuple(facts))
        memory = after
        try:
            message = seat.answer(reply) if type(reply) is TimeStep else environment(reply)
        except ScriptOver:
            return


@attrs.frozen
class Improvise(Policy[Key]):
    """Draw each action from a list, by the policy's own key.

    >>> policy = Improvise(["left", "right"])
    >>> memory, act = policy.decide(policy.initial(KEY), TimeStep("f0", first=True))
    >>> act.action in {"left", "right"}
    True
    """

    actions: Sequence[Any]

    memory_types = (Key,)

    def initial(self, key: Key) -> Key:
        """Start from the key."""
        return key

    def decide(self, memory: Key, timestep: TimeStep) -> tuple[Key, Act]:
        """Draw an action; the time step is not looked at."""
        index, key = memory.integers(0, len(self.actions))
        return key, Act(self.actions[index])


def _write_over(value: Any) -> None:
    """Change every array and empty every container that was given out."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        value[...] = np.logical_not(value)
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            _write_over(item)
        if not isinstance(value, tuple):
            value.clear()

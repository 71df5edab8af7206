"""The law that a step that failed left no mark."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs

from statewrap.core.drivers import Agent, initial_agent, push
from statewrap.core.errors import PlacedError
from statewrap.core.key import Key
from statewrap.core.messages import Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.wrapper import Stack
from statewrap.testing.dialogue import KEY
from statewrap.testing.laws.around import Around
from statewrap.testing.laws.law import Setting, agree, law
from statewrap.testing.script import Script, ScriptOver


@law(
    cure="Return a new memory (`memory._replace(...)`, a new tuple, a copy of an array) and "
    "keep nothing anywhere else."
)
def failed_step_never_happened(setting: Setting) -> None:
    """If a wrapper or the policy raises, nothing was changed, and the retry goes as if it had not.

    In every step of the scene, every call of a wrapper and of the policy raises once, after its
    work is done.
    """
    fuse = Fuse()
    stack = tripping(setting.stack, fuse)
    policy = TrippingPolicy(setting.policy, fuse)
    undisturbed = _pushes(setting, setting.stack, setting.policy, _push_once)
    retried = _pushes(setting, stack, policy, partial(_push_until_it_holds, fuse))
    for number, (a, b) in enumerate(zip(undisturbed, retried, strict=True)):
        agree(a, b, f"Memory and reply of step {number} (undisturbed != after failures)")


class Tripped(Exception):  # noqa: N818 - raised to see what it does
    """A planted failure."""


class Fuse:
    """Raise at the n-th call, counted over all wrappers and the policy; at 0 never."""

    def __init__(self) -> None:
        self.mend(0)

    def mend(self, blows_at: int) -> None:
        """Start to count anew."""
        self._due = blows_at

    def blow(self) -> None:
        """Count one call."""
        self._due -= 1
        if self._due == 0:
            raise Tripped("planted by failed_step_never_happened")


def tripping(stack: Stack, fuse: Fuse) -> Stack:
    """Return a stack whose wrappers raise when the fuse blows."""
    return Stack(*(Around(wrapper, partial(_or_trip, fuse)) for wrapper in stack))


def _or_trip(fuse: Fuse, method: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Answer as a wrapper does, or raise when the fuse blows, the work done."""
    reply = function(*arguments)
    if method != "initial":
        fuse.blow()
    return reply


@attrs.frozen(eq=False, repr=False)
class TrippingPolicy(Policy[Any]):
    """A policy that raises when the fuse blows, its work done."""

    policy: Policy[Any]
    fuse: Fuse

    def initial(self, key: Key) -> Any:
        """Start as it does."""
        return self.policy.initial(key)

    def renew(self, memory: Any, key: Key) -> Any:
        """Answer as it does, or raise."""
        return self._or_trip(self.policy.renew(memory, key))

    def decide(self, memory: Any, timestep: TimeStep) -> Any:
        """Answer as it does, or raise."""
        return self._or_trip(self.policy.decide(memory, timestep))

    def finish(self, memory: Any, timestep: TimeStep) -> Any:
        """Answer as it does, or raise."""
        return self._or_trip(self.policy.finish(memory, timestep))

    def __repr__(self) -> str:
        return repr(self.policy)

    def _or_trip(self, reply: Any) -> Any:
        self.fuse.blow()
        return reply


Push = Callable[[Stack, Policy[Any], Agent, TimeStep], tuple[Agent, Message]]


def _push_once(
    stack: Stack, policy: Policy[Any], agent: Agent, timestep: TimeStep
) -> tuple[Agent, Message]:
    return push(stack, policy, agent, timestep, over=timestep.last)


def _push_until_it_holds(
    fuse: Fuse, stack: Stack, policy: Policy[Any], agent: Agent, timestep: TimeStep
) -> tuple[Agent, Message]:
    """Let the first call raise, then the second, and so on, until there is no further call."""
    before = copy.deepcopy(agent)
    blows_at = 0
    while True:
        blows_at += 1
        fuse.mend(blows_at)
        try:
            return _push_once(stack, policy, agent, timestep)
        except PlacedError as error:
            if not isinstance(error.cause, Tripped):
                raise
            what = f"{error.who} raised in {error.call}, and left the memory changed"
            agree(before, agent, f"{what} (before != after)")


def _pushes(
    setting: Setting, stack: Stack, policy: Policy[Any], step: Push
) -> Iterator[tuple[Agent, Message]]:
    """Push the scene through a stack, and give what each push left behind."""
    environment, agent = Script(setting.episodes), initial_agent(stack, policy, KEY)
    command: Any = Reset()
    while True:
        try:
            timestep = environment(command)
        except ScriptOver:
            return
        agent, command = step(stack, policy, agent, timestep)
        yield agent, command

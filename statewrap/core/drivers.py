"""The two mirrored drivers: who owns the outer loop.

`push` is for an environment that calls (production), `pull` for a policy that calls
(training); nothing else differs between them.

    push: the environment calls                    pull: the policy calls
    message = route(time step)                     message = route(command)
    while message rises:                           while message falls:
        message = route(policy's answer)               message = route(environment's answer)
    return message      # Act or Reset             return message      # a TimeStep
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from statewrap.core.blame import Blame
from statewrap.core.borders import ARRAY, PLAIN, freeze, sealed
from statewrap.core.errors import PolicyError, ProtocolError, SettleError
from statewrap.core.events import Abandoned, Ended, Fact, Opened
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.protocol import wrong_opening
from statewrap.core.value import value
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Held, Stack, StackMemory

MAX_TURNS: Final = 10_000
"""How often the policy side may answer within one push."""
_NO_REPLY: Final = (None, None)
"""What stands for a policy's reply until there is one; there is no fault in its form."""
_NUMBERS: Final = PLAIN - {type(None)}
"""The usual types of actions that nobody can write into."""
_new = object.__new__  # and field by field: faster than a constructor, several times an act


@value
class Agent:
    """What a stack and its policy remember together."""

    stack: StackMemory
    policy: Any
    key: Key
    """The policy's key, from which it is renewed."""
    open: bool
    """Whether an episode is open at the top."""
    episode: int
    """How many episodes have opened at the top."""


def initial_agent(stack: Stack, policy: Policy[Any] | None, root: Key) -> Agent:
    """Return the memory of an agent that has seen nothing."""
    key = root.fold("policy")
    mind = policy.initial(key) if policy is not None else None
    return Agent(stack.initial(root), mind, key, open=False, episode=0)


def rekey(stack: Stack, agent: Agent, root: Key) -> Agent:
    """Replace every key by the one that another root gives, and no other memory."""
    return attrs.evolve(agent, stack=stack.rekey(agent.stack, root), key=root.fold("policy"))


def admit(act: Act, timestep: TimeStep) -> Act:  # noqa: ARG001 - a check may look at it
    """Take a policy's act in: its action is copied, once.

    Raises:
        TypeError: if it is no act, or an act of nothing, or of what cannot be copied.
    """
    if type(act) is not Act:
        raise _no_decision(("memory", act))
    action = act.action
    if type(action) in _NUMBERS:  # the usual case, and nothing to copy
        return act
    if action is None or type(action) is Act:
        raise TypeError(
            f"The action is {brief(action)}. None is no action (was a `return` forgotten?), "
            "and a function returns the action itself, not an Act."
        )
    try:
        admitted: Any = _new(Act)
        admitted.action = freeze(action)
    except Exception as error:
        raise TypeError(
            f"The action {brief(action)} cannot be copied ({sentence(error)}) An action is a "
            "number, a string, an array or a container of them; what is awaited is decided "
            "elsewhere, by observe and decide."
        ) from error
    return admitted  # type: ignore[no-any-return]


def shown_to_policy(timestep: TimeStep) -> TimeStep:
    """Return a time step whose observation cannot be written to, also where a wrapper made it.

    Otherwise a policy that works in place would change what the trace and a memory hold, but at
    raw observations, which the border made read-only, it would raise.
    """
    seen = timestep.observation
    if type(seen) is ARRAY and not seen.flags.writeable:  # the usual case
        return timestep
    kept = sealed(seen)
    return timestep if kept is seen else timestep.replace(observation=kept)


def push(  # noqa: C901 - the whole conversation at the top, read once
    stack: Stack,
    policy: Policy[Any] | None,
    agent: Agent,
    message: Message,
    *,
    over: bool = False,
    admit: Callable[[Act, TimeStep], Act] = admit,
    hops: list[Fact] | None = None,
) -> tuple[Agent, Message]:
    """Show the stack what the environment shows, and ask the policy until a command leaves.

    A last time step at the top is answered with `Reset()`. Where `policy` is None, the push
    pauses when a decision is wanted: the time step comes back, and the decision goes in as
    `message` of a later push.

    Args:
        stack: a bound stack.
        policy: who decides, or None.
        agent: the memory; it is not changed.
        message: a raw time step, or the decision that a pause waited for.
        over: whether the environment's last time step ended its episode.
        admit: what is done to a policy's act before it falls.
        hops: where to append each crossing `(gap, message)`, and the events `Opened`, `Ended`
            and `Abandoned` at the top.

    Returns:
        The memory, and an `Act` or `Reset` for the environment or the `TimeStep` on which a
        decision is wanted.

    Raises:
        WrapperError, PolicyError: if a wrapper or the policy raises.
        ProtocolError: if the stack breaks the episode rules at the top or the bottom.
        SettleError: if stack and policy answer each other without end.
    """
    memory, mind, key = agent.stack, agent.policy, agent.key
    is_open, episode = agent.open, agent.episode
    held: Held = memory.wrappers
    keys = memory.keys
    told = [message]
    while True:
        held, keys, message = stack.carry(held, keys, message, hops)
        if type(message) is not TimeStep:
            if over and type(message) is Act:
                raise ProtocolError(_blame(stack, policy, memory, told).act_after_last(message))
            break
        if message.first or not is_open:
            wrong = wrong_opening(message) if message.first else _UNOPENED
            if wrong:
                raise ProtocolError(_blame(stack, policy, memory, told).shown_wrongly(wrong))
            mind, key = _opened(stack, policy, mind, key, hops, abandoned=is_open)
            is_open, episode = True, episode + 1
        if message.terminated or message.truncated:
            mind = _ended(stack, policy, mind, message, hops)
            is_open, message = False, Reset()
        elif policy is None:
            break
        else:
            reply: Any = _NO_REPLY
            try:
                reply = policy.decide(mind, shown_to_policy(message))
                mind, act = reply
                message = admit(act, message)
            except Exception as error:
                cause = error if _is_decision(reply) else _no_decision(reply)
                raise PolicyError(policy, "decide", cause) from error
        if len(told) == MAX_TURNS:
            raise SettleError(_blame(stack, policy, memory, told).never_settles(MAX_TURNS))
        told.append(message)
    if held is not memory.wrappers:
        kept: Any = _new(StackMemory)  # as `memory.after` does, without a call
        kept.wrappers, kept.keys = tuple(held), keys
        memory = kept
    elif mind is agent.policy and is_open is agent.open and episode == agent.episode:
        return agent, message  # nobody remembers anything new
    after: Any = _new(Agent)
    after.stack, after.policy, after.key = memory, mind, key
    after.open, after.episode = is_open, episode
    return after, message


def pull(
    stack: Stack,
    memory: StackMemory,
    command: Command,
    environment: Callable[[Command], TimeStep],
    hops: list[Fact] | None = None,
) -> tuple[StackMemory, TimeStep]:
    """Give the stack a command, and ask the environment until a time step rises at the top.

    Args:
        stack: a bound stack.
        memory: its memory; it is not changed.
        command: the policy's.
        environment: answers an `Act` or a `Reset` with the raw time step.
        hops: where to append each crossing `(gap, message)`.

    Raises:
        WrapperError: if a wrapper raises.
        ProtocolError: if the stack sends an act after the environment's last time step.
    """
    told: list[Message] = [command]
    held, keys, message = stack.carry(memory.wrappers, memory.keys, command, hops)
    over = False
    while type(message) is not TimeStep:
        if over and type(message) is Act:
            raise ProtocolError(_blame(stack, None, memory, told).act_after_last(message))
        timestep = environment(message)
        over = timestep.last
        told.append(timestep)
        held, keys, message = stack.carry(held, keys, timestep, hops)
    return memory.after(held, keys), message


_UNOPENED: Final = "a time step that is not `first` to open an episode"


def _opened(
    stack: Stack,
    policy: Policy[Any] | None,
    mind: Any,
    key: Key,
    hops: list[Fact] | None,
    *,
    abandoned: bool,
) -> tuple[Any, Key]:
    """Open an episode at the top; return the policy's memory, renewed, and the next key."""
    if hops is not None:
        if abandoned:
            hops.append((len(stack), Abandoned()))
        hops.append((len(stack), Opened()))
    if policy is None:
        return mind, key
    own, key = key.split()
    return _asked(policy, "renew", mind, own), key


def _ended(
    stack: Stack, policy: Policy[Any] | None, mind: Any, last: TimeStep, hops: list[Fact] | None
) -> Any:
    """End an episode at the top; return the policy's memory."""
    if hops is not None:
        hops.append((len(stack), Ended(last.terminated, last.truncated)))
    if policy is None:
        return mind
    return _asked(policy, "finish", mind, shown_to_policy(last))


def _blame(
    stack: Stack, policy: Policy[Any] | None, memory: StackMemory, told: list[Message]
) -> Blame:
    """Tell a stack again what it was told, to see who did what: nobody counts hops for this."""
    hops: list[Fact] = []
    for message in told:
        memory, _ = stack.route(memory, message, hops)
    return Blame(stack, policy, hops)


def _is_decision(reply: Any) -> bool:
    return isinstance(reply, tuple) and len(reply) == 2


def _no_decision(reply: Any) -> TypeError:
    return TypeError(
        f"decide returned {brief(reply)}, expected a memory and an Act: "
        "`return memory, Act(action)`."
    )


def _asked(policy: Policy[Any], call: str, mind: Any, argument: Any) -> Any:
    try:
        return getattr(policy, call)(mind, argument)
    except Exception as error:
        raise PolicyError(policy, call, error) from error

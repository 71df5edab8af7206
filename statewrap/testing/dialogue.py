"""Dialogues: messages go in one after the other, each where its type says that it arrives.

A test of a wrapper is a dialogue. No environment and no policy take part, and observations may
be strings, so a wrapper that looks at nothing proves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from statewrap.core.errors import ProtocolError
from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Message, TimeStep
from statewrap.core.protocol import Episode, at_gap
from statewrap.core.trace import Trace, answered, speaker
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper

FIRST: Final = TimeStep("f0", first=True)
"""A time step that opens an episode."""

UNKNOWN: Final = Below()
KEY: Final = Key.from_seed(0)


def play(
    wrapper: Wrapper[Any],
    *messages: Message,
    below: Below = UNKNOWN,
    key: Key = KEY,
    memory: Any = None,
) -> list[Message]:
    """Give a wrapper or a stack messages one by one, and return what left it for each.

    Args:
        wrapper: a wrapper or an unbound stack.
        messages: time steps arrive at the bottom, acts and resets at the top.
        below: what is known of the environment.
        key: the root of the stack's randomness.
        memory: where to start, in place of the initial memory: what the wrapper keeps, for a
            stack a `StackMemory`.

    Raises:
        BindError: if the wrapper needs something that `below` does not say.
        WrapperError: if a wrapper raises.

    >>> play(Stack(), FIRST)
    [TimeStep('f0', first=True)]
    """
    stack, held = _opened(wrapper, below, key, memory)
    replies = []
    for message in messages:
        held, reply = stack.route(held, message)
        replies.append(reply)
    return replies


def trace(
    wrapper: Wrapper[Any],
    *messages: Message,
    below: Below = UNKNOWN,
    key: Key = KEY,
    memory: Any = None,
) -> Trace:
    """Play a dialogue as `play` does, hold the episode rules at every gap, and return the hops.

    A dialogue that starts from a given memory starts within an episode.

    Raises:
        ProtocolError: if someone breaks a rule; it names who, the gap and the message.

    >>> print(trace(Stack(), FIRST))
    gap  who            says
      0  environment  ↑ TimeStep('f0', first=True)
    """
    stack, held = _opened(wrapper, below, key, memory)
    begins = Episode.NONE if memory is None else Episode.OPEN
    rules, facts = EpisodeRules(stack, begins), list[Fact]()
    for number, message in enumerate(messages):
        _check_turn(facts, number, message)
        known = len(facts)
        held, _ = stack.route(held, message, facts)
        rules.hold(facts[known:])
    return Trace(stack, tuple(facts))


class EpisodeRules:
    """The episode rules of every gap of a stack, held against one hop after the other."""

    def __init__(self, stack: Stack, begins: Episode = Episode.NONE) -> None:
        self._stack = stack
        self._episodes = [begins] * (len(stack) + 1)
        self._before: Fact | None = None

    def hold(self, facts: Iterable[Fact]) -> None:
        """Take in what happened next.

        Raises:
            ProtocolError: if a message breaks a rule; it names who sent it, the gap and the rule.
        """
        for gap, what in facts:
            if not isinstance(what, Message):
                continue
            episode, wrong = at_gap(self._episodes[gap], what)
            wrong = wrong or self._made_up(gap, what)
            if wrong:
                raise ProtocolError(_breach(self._stack, gap, what, wrong))
            self._episodes[gap], self._before = episode, (gap, what)

    def _made_up(self, gap: int, message: Message) -> str | None:
        """Find a `first` that opens nothing: a wrapper's own answer to an act in mid-episode."""
        opens = type(message) is TimeStep and message.first
        is_open = self._episodes[gap] is Episode.OPEN
        if opens and is_open and answered(self._stack, self._before, (gap, message)):
            return "a `first` time step in answer to an Act, while an episode is open"
        return None


def _opened(
    wrapper: Wrapper[Any], below: Below, key: Key, memory: Any
) -> tuple[Stack, StackMemory]:
    stack = Stack(wrapper).bind(below)
    initial = stack.initial(key)
    if memory is None:
        return stack, initial
    return stack, memory if isinstance(wrapper, Stack) else StackMemory((memory,), initial.keys)


def _check_turn(facts: list[Fact], number: int, message: Message) -> None:
    """Refuse a dialogue in which somebody speaks who was not asked."""
    if not facts:
        return
    rises, rose = type(message) is TimeStep, type(facts[-1][1]) is TimeStep
    if rises is not rose or (type(message) is TimeStep and message.first):
        return
    whose = "policy that is to send a command" if rose else "environment that is to show a TimeStep"
    raise ProtocolError(
        f"Message {number} of this dialogue, {brief(message)}, speaks out of turn: the reply "
        f"before it was {brief(facts[-1][1])}, so it is the {whose}. Only a `first` time step may "
        "come at any moment."
    )


def _breach(stack: Stack, gap: int, message: Message, wrong: str) -> str:
    who = speaker(stack, gap, message)
    below = "the environment" if gap == 0 else brief(stack[gap - 1], 48)
    above = "the policy" if gap == len(stack) else brief(stack[gap], 48)
    return (
        f"At gap {gap}, between {below} and {above}, {who} sent {brief(message)}: {wrong}. "
        "An episode opens with a `first` time step that has reward 0 and no flag; every other "
        "time step and every Act needs an open episode; after a last time step comes a Reset or "
        "a `first`, so let it rise: `if timestep.last: return memory, timestep`."
    )

"""What reached each wrapper of a stack in a scene, so that it can be told again, a little altered.

Told again by messages, a wrapper is alone: neither the policy nor the others answer what it says,
so a difference is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.wrapper import Below, Wrapper
from statewrap.testing.dialogue import KEY
from statewrap.testing.laws.law import Setting


class Heard(NamedTuple):
    """A message that reached a wrapper, and what became of it."""

    turn: int
    """The turn of the scene in which it came."""
    message: Message
    key: Key
    """The key for a renewal, which only a `first` time step uses."""
    before: Any
    """The memory, before a renewal."""
    after: Any
    reply: Message

    @property
    def opens(self) -> bool:
        """Whether it is a `first` time step."""
        return type(self.message) is TimeStep and self.message.first


class Part(NamedTuple):
    """A bound wrapper of a stack, what is known below and above it, and what it heard."""

    wrapper: Wrapper[Any]
    below: Below
    above: Below
    heard: tuple[Heard, ...]

    def asked_for(self, index: int) -> bool:
        """Tell whether a message answers a `Reset` that the wrapper itself sent."""
        before = self.heard[index - 1] if index else None
        if before is None or type(before.message) is Reset:
            return False
        return type(before.reply) is Reset


class Retold(NamedTuple):
    """What a wrapper did when it was told again."""

    place: int
    """Which of the messages of its part it was."""
    after: Any
    reply: Message
    astray: bool
    """Whether the reply has other flags, so that what it heard next does not follow."""


def parts(setting: Setting) -> list[Part]:
    """Play the scene, and return what each wrapper heard, from the bottom up."""
    heard: list[list[tuple[int, Message, Message]]] = [[] for _ in setting.stack]
    for number, turn in enumerate(setting.turns()):
        hops: Any = turn.facts  # a stack by itself leaves no events
        for (gap, message), (_, reply) in pairwise(hops):
            index = gap if type(message) is TimeStep else gap - 1
            heard[index].append((number, message, reply))
    start, gaps = setting.stack.initial(KEY), setting.stack.gaps or ()
    return [
        _alone(Part(wrapper, gaps[i], gaps[i + 1], ()), heard[i], start.wrappers[i], start.keys[i])
        for i, wrapper in enumerate(setting.stack)
    ]


def _alone(part: Part, told: list[tuple[int, Message, Message]], memory: Any, key: Key) -> Part:
    """Tell a wrapper what it heard; if it now says otherwise, the rest is left out."""
    heard = list[Heard]()
    for number, message, expected in told:
        own = key
        if type(message) is TimeStep and message.first:
            own, key = key.split()
        try:
            after, reply = answer(part.wrapper, memory, message, own)
        except Exception:  # noqa: BLE001 - no pure wrapper: other laws say so
            break
        if _outline(reply) != _outline(expected):
            break
        heard.append(Heard(number, message, own, memory, after, reply))
        memory = after
    return part._replace(heard=tuple(heard))


def answer(wrapper: Wrapper[Any], memory: Any, message: Message, key: Key) -> tuple[Any, Message]:
    """Show a wrapper a message as a stack does; `key` is for the renewal, if one is due."""
    if type(message) is TimeStep:
        if message.first:
            memory = wrapper.renew(memory, key)
        return wrapper.on_state(memory, message)
    if type(message) is Act:
        return wrapper.on_action(memory, message)
    return wrapper.on_reset(memory, message)


def retell(part: Part, begin: int, memory: Any, instead: Mapping[int, Message]) -> Iterator[Retold]:
    """Tell a wrapper what it heard from a message on, some of it exchanged.

    It ends where the wrapper raises, or answers in another direction: what it heard next does not
    follow from that.
    """
    for index in range(begin, len(part.heard)):
        heard = part.heard[index]
        message = instead.get(index, heard.message)
        try:
            memory, reply = answer(part.wrapper, memory, message, heard.key)
        except Exception:  # noqa: BLE001 - it refuses what was made up
            return
        if type(reply) is not type(heard.reply):
            return
        astray = _outline(reply) != _outline(heard.reply)
        yield Retold(index, memory, reply, astray)
        if astray:
            return


def exchanged(part: Part, instead: Mapping[int, Message]) -> Part:
    """Return the part with messages exchanged, as far as the wrapper answers as it did."""
    memory, heard = part.heard[0].before, list[Heard]()
    for place, after, reply, astray in retell(part, 0, memory, instead):
        if astray:
            break
        was = part.heard[place]
        message = instead.get(place, was.message)
        heard.append(was._replace(message=message, before=memory, after=after, reply=reply))
        memory = after
    return part._replace(heard=tuple(heard))


def _outline(message: Message) -> tuple[Any, ...]:
    """Return what of a message decides on what comes next: its direction and flags."""
    if type(message) is not TimeStep:
        return (type(message),)
    return TimeStep, message.first, bool(message.terminated), bool(message.truncated)

"""Overhearing one wrapper of a stack: what it is given, and what it answers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from statewrap.core.messages import Message
from statewrap.core.same import same
from statewrap.core.wrapper import Stack
from statewrap.testing.laws.around import Around
from statewrap.testing.laws.law import Setting
from statewrap.testing.script import Turn

UNNUMBERED: Final = -1


class Heard(NamedTuple):
    """One call of a wrapper: the method, a copy of the message, a copy of what it returned."""

    turn: int
    method: str
    given: Any
    """The message; for `initial` and `renew` the key."""
    result: Any

    @property
    def memory(self) -> Any:
        """The memory that came back."""
        return self.result[0] if self.method.startswith("on_") else self.result

    @property
    def reply(self) -> Any:
        """The message that the wrapper answered with; None for `initial` and `renew`."""
        return self.result[1] if self.method.startswith("on_") else None

    @property
    def passes(self) -> bool:
        """Whether the message was let through as it was."""
        return same(self.given, self.reply)


def _note(calls: list[Heard], method: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Make a call, and note it with copies."""
    given = copy.deepcopy(arguments[-1])
    result = function(*arguments)
    calls.append(Heard(UNNUMBERED, method, given, copy.deepcopy(result)))
    return result


def overhear(setting: Setting, stack: Stack) -> tuple[list[Turn], list[list[Heard]]]:
    """Play the scene through a bound stack, and return its turns and each wrapper's calls.

    Raises:
        Exception: whatever a wrapper or the policy raises.
    """
    calls: list[list[Heard]] = [[] for _ in stack]
    pairs = zip(stack, calls, strict=True)
    listening = Stack(*(Around(wrapper, partial(_note, noted)) for wrapper, noted in pairs))
    turns = []
    for number, turn in enumerate(setting.turns(listening)):
        turns.append(turn)
        for noted in calls:
            _number(noted, number)
    return turns, calls


def _number(noted: list[Heard], turn: int) -> None:
    """Give the calls that have no turn yet this one."""
    for index in reversed(range(len(noted))):
        if noted[index].turn != UNNUMBERED:
            return
        noted[index] = noted[index]._replace(turn=turn)


def answers(calls: list[Heard]) -> list[Heard]:
    """Leave out `initial` and `renew`: the calls that answered a message."""
    return [call for call in calls if isinstance(call.reply, Message)]

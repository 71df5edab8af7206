"""Overhearing one wrapper of a stack: what it is given, and what it answers."""

from __future__ import annotations

import copy
from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Stack, Wrapper
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


@attrs.frozen(eq=False, repr=False)
class Overheard(Wrapper[Any]):
    """A bound wrapper, every call of which is noted down."""

    wrapper: Wrapper[Any]
    calls: list[Heard]

    def initial(self, key: Key) -> Any:
        """Note it."""
        return self._noted("initial", key)

    def renew(self, memory: Any, key: Key) -> Any:
        """Note it."""
        return self._noted("renew", memory, key)

    def on_state(self, memory: Any, timestep: TimeStep) -> Any:
        """Note it."""
        return self._noted("on_state", memory, timestep)

    def on_action(self, memory: Any, act: Act) -> Any:
        """Note it."""
        return self._noted("on_action", memory, act)

    def on_reset(self, memory: Any, request: Reset) -> Any:
        """Note it."""
        return self._noted("on_reset", memory, request)

    def __repr__(self) -> str:
        return repr(self.wrapper)

    def _noted(self, method: str, *arguments: Any) -> Any:
        given = copy.deepcopy(arguments[-1])
        result = getattr(self.wrapper, method)(*arguments)
        self.calls.append(Heard(UNNUMBERED, method, given, copy.deepcopy(result)))
        return result


def overhear(setting: Setting, stack: Stack) -> tuple[list[Turn], list[list[Heard]]]:
    """Play the scene through a bound stack, and return its turns and each wrapper's calls.

    Raises:
        Exception: whatever a wrapper or the policy raises.
    """
    calls: list[list[Heard]] = [[] for _ in stack]
    pairs = zip(stack, calls, strict=True)
    listening = Stack(*(Overheard(wrapper, noted) for wrapper, noted in pairs))
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

"""The law that wrappers are pure: functions of a memory that they neither change nor share."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.law import Setting, agree, law


@law
def pure_and_unaliased(setting: Setting) -> None:
    """The same memory and message give the same reply; neither is changed; nothing is shared."""
    calls: list[Call] = []
    configured = [copy.deepcopy(_fields(wrapper)) for wrapper in setting.stack]
    watched = Stack(*(Watched(wrapper, calls) for wrapper in setting.stack))
    for _ in setting.turns(watched, reuses_buffers=True):
        pass
    for call in calls:
        call.check_later()
    for call in reversed(calls):
        call.check_again()
    for wrapper, fields in zip(setting.stack, configured, strict=True):
        agree(fields, _fields(wrapper), f"{wrapper!r} changed its own fields (before != after)")


class Call(NamedTuple):
    """One call of a wrapper's method, with copies of what went in and what came out."""

    wrapper: Wrapper[Any]
    method: str
    before: tuple[Any, ...]
    result: Any
    copied: Any

    def check_later(self) -> None:
        """Hold that what it gave is still what it was when it gave it."""
        memory, shown = _memory_and_content(self.result)
        copied, content = _memory_and_content(self.copied)
        agree(copied, memory, f"{self}: the memory it gave was changed later (then != now)")
        agree(content, shown, f"{self}: the message it gave was changed later (then != now)")

    def check_again(self) -> None:
        """Hold that it gives the same again, asked in another order."""
        again = getattr(self.wrapper, self.method)(*copy.deepcopy(self.before))
        agree(
            self.copied,
            again,
            f"{self}: asked the same again, it answers otherwise (first != again)",
        )

    def __str__(self) -> str:
        return f"{self.wrapper!r}, in {self.method}"


@attrs.frozen(eq=False, repr=False)
class Watched(Wrapper[Any]):
    """A bound wrapper, every call of which is noted and looked at."""

    wrapper: Wrapper[Any]
    calls: list[Call]

    def initial(self, key: Key) -> Any:
        """Watch it."""
        return self._watched("initial", key)

    def renew(self, memory: Any, key: Key) -> Any:
        """Watch it."""
        return self._watched("renew", memory, key)

    def on_state(self, memory: Any, timestep: TimeStep) -> Any:
        """Watch it."""
        return self._watched("on_state", memory, timestep)

    def on_action(self, memory: Any, act: Act) -> Any:
        """Watch it."""
        return self._watched("on_action", memory, act)

    def on_reset(self, memory: Any, request: Reset) -> Any:
        """Watch it."""
        return self._watched("on_reset", memory, request)

    def __repr__(self) -> str:
        return repr(self.wrapper)

    def _watched(self, method: str, *arguments: Any) -> Any:
        before = copy.deepcopy(arguments)
        result = getattr(self.wrapper, method)(*arguments)
        call = Call(self.wrapper, method, before, result, copy.deepcopy(result))
        agree(before, arguments, f"{call}: it changed what it was given (before != after)")
        shared = _shared(result, arguments)
        if shared is not None:
            raise AssertionError(
                f"{call}: an array that it made, {shared!r}, is in its memory and in its reply, "
                "and can be written to. Give out a copy, or make it read-only: "
                "`array.setflags(write=False)`."
            )
        self.calls.append(call)
        return result


def _memory_and_content(result: Any) -> tuple[Any, Any]:
    """Take a call's result apart; of a time step, `info` is the host's and may change."""
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Message)):
        return result, None
    memory, message = result
    return memory, message.observation if type(message) is TimeStep else message


def _shared(result: Any, arguments: tuple[Any, ...]) -> Any:
    """Find a writable array of the reply that the new memory shares, and that was not given."""
    memory, shown = _memory_and_content(result)
    given, kept = list(_arrays(arguments)), list(_arrays(memory))
    for array in _arrays(shown):
        made = array.flags.writeable and not any(np.may_share_memory(array, a) for a in given)
        if made and any(np.may_share_memory(array, a) for a in kept):
            return array
    return None


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        yield from _arrays(tuple(value.values()))
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _arrays(item)
    elif attrs.has(type(value)):
        yield from _arrays(_fields(value))


def _fields(value: Any) -> tuple[Any, ...]:
    if not attrs.has(type(value)):
        return ()
    return tuple(getattr(value, field.name) for field in attrs.fields(type(value)))

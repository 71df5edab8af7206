"""Laws that wrappers are pure: functions of a memory that they neither change nor share."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import attrs
import numpy as np

from statewrap.core.messages import Message, TimeStep
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.laws.around import Around
from statewrap.testing.laws.law import Broken, Setting, agree, law


@law(
    cure="Build anew: `timestep.replace(...)`, `{**timestep.info, ...}`, `memory._replace(...)`, "
    "`array * 2` in place of `array *= 2`."
)
def given_is_left_alone(setting: Setting) -> None:
    """What a wrapper is given, its memory and the message, it does not change."""
    for call in _calls(setting):
        if call.changed:
            raise call.broken(f"it changed what it was given (before != after): {call.changed}")


@law(
    cure="Give out a new array each time, or a read-only one (`array.setflags(write=False)`); "
    "keep a copy of what comes in `info` (`freeze(value)`)."
)
def returned_never_changes(setting: Setting) -> None:
    """What a wrapper has returned, its memory and the message, never changes later."""
    calls = list(_calls(setting))
    for call in calls:
        shared = _shared(call.result, call.arguments)
        if shared is not None:
            raise call.broken(
                f"an array that it made, {brief(shared)}, is in its memory and in its reply, and "
                "can be written to"
            )
    for call in calls:
        (copied, content), (memory, shown) = map(_memory_and_content, (call.copied, call.result))
        found = difference(copied, memory)
        if found:
            raise call.broken(f"the memory it gave was changed later (then != now): {found}")
        found = difference(content, shown)
        if found:
            raise call.broken(f"the message it gave was changed later (then != now): {found}")


@law(
    cure="Keep what changes in the memory, nothing in the wrapper, its class, a module or a "
    "closure; draw by the key that `initial` and `renew` are given."
)
def retry_is_answered_the_same(setting: Setting) -> None:
    """Given the same memory and message again, at any later time, a wrapper answers the same."""
    for call in reversed(list(_calls(setting))):
        try:
            again = getattr(call.wrapper, call.method)(*copy.deepcopy(call.before))
        except Exception as error:
            raise call.broken(
                f"asked the same again, it raises {type(error).__name__}: {sentence(error)}"
            ) from error
        found = difference(call.copied, again)
        if found:
            raise call.broken(
                f"asked the same again, it answers otherwise (first != again): {found}"
            )


@law(
    cure="Make the class frozen (`@attrs.frozen`), and keep what changes in the memory; `bind` "
    "returns a copy (`bound(self, ...)`)."
)
def fields_never_change(setting: Setting) -> None:
    """A wrapper's own fields are the same after a session as before it."""
    before = [copy.deepcopy(fields(wrapper)) for wrapper in setting.stack]
    for _ in setting.turns(reuses_buffers=True):
        pass
    for wrapper, held in zip(setting.stack, before, strict=True):
        agree(held, fields(wrapper), f"{brief(wrapper)} changed its own fields (before != after)")


class Call(NamedTuple):
    """One call of a wrapper's method: what went in and what came out, each with a copy."""

    turn: int
    wrapper: Wrapper[Any]
    method: str
    arguments: tuple[Any, ...]
    before: tuple[Any, ...]
    """A copy of the arguments, made before the call."""
    changed: str | None
    """Where the arguments were not what they had been when the call was over."""
    result: Any
    copied: Any
    """A copy of the result, made at once."""

    def broken(self, words: str) -> Broken:
        """Say what was wrong with this call."""
        after, _ = _memory_and_content(self.copied)
        return Broken(
            f"{brief(self.wrapper)}, in {self.method}: {words}.",
            turn=self.turn,
            before=self.before[0],
            after=after,
        )


def _calls(setting: Setting) -> Iterator[Call]:
    """Play the scene in a world that reuses its buffers, and give each call when it was made."""
    calls: list[Call] = []
    watched = Stack(*(Around(one, partial(_noted, calls, one)) for one in setting.stack))
    known = 0
    for number, _ in enumerate(setting.turns(watched, reuses_buffers=True)):
        yield from (call._replace(turn=number) for call in calls[known:])
        known = len(calls)


def _noted(
    calls: list[Call],
    wrapper: Wrapper[Any],
    method: str,
    function: Callable[..., Any],
    *arguments: Any,
) -> Any:
    """Make a call, and note it with copies."""
    before = _copied(arguments, f"{brief(wrapper)}, before {method}")
    result = function(*arguments)
    copied = _copied(result, f"{brief(wrapper)}, in {method}")
    changed = difference(before, arguments)
    calls.append(Call(0, wrapper, method, arguments, before, changed, result, copied))
    return result


def _copied(value: Any, where: str) -> Any:
    """Copy what a wrapper was given or returned.

    Raises:
        Broken: if it cannot be copied, or the copy is another thing.
    """
    try:
        twin = copy.deepcopy(value)
    except Exception as error:
        words = f"{where}: what it keeps cannot be copied ({type(error).__name__}: {error})."
        raise Broken(words, cure=_PLAIN) from error
    found = difference(value, twin)
    if found and difference(twin, copy.deepcopy(twin)):
        raise Broken(f"{where}: what it keeps does not equal its copy: {found}.", cure=_PLAIN)
    return twin


_PLAIN: Final = (
    "Keep plain data in the memory: numbers, strings, arrays, tuples, NamedTuples; nothing that "
    "cannot be saved."
)


def _memory_and_content(result: Any) -> tuple[Any, Any]:
    """Take a call's result apart; of a time step, `info` is the host's and may change."""
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Message)):
        return result, None
    memory, message = result
    return memory, message.observation if type(message) is TimeStep else message


def _shared(result: Any, arguments: tuple[Any, ...]) -> Any:
    """Find a writable array of the reply that the new memory shares, and that was not given."""
    memory, shown = _memory_and_content(result)
    if shown is not None and type(result[1]) is TimeStep:
        shown = (shown, dict(result[1].info))
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
        yield from _arrays(fields(value))


def fields(value: Any) -> tuple[Any, ...]:
    """Return what an attrs object's fields hold, derived ones too; of another object nothing."""
    if not attrs.has(type(value)):
        return ()
    return tuple(getattr(value, field.name) for field in attrs.fields(type(value)))

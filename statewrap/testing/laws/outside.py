"""Laws about the world outside of a wrapper: it is neither looked at nor touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from statewrap.core.words import brief
from statewrap.core.wrapper import Wrapper
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.probes import CURES
from statewrap.testing.laws.reach import Found, is_environment, reach
from statewrap.testing.laws.watching import Touch, watch

_ENVIRONMENTS = "environments"


@law(cure="Take what is needed from the messages, the arguments and the key.")
def touches_nothing_outside(setting: Setting) -> None:
    """A wrapper asks no clock, no hidden generator, no file and no process, and writes no log."""
    seen = watch(setting)
    for touch in seen.touches:
        if touch.probe != _ENVIRONMENTS and _again(setting, touch):
            raise touch.broken
    if seen.raised is not None:
        raise seen.raised


def _again(setting: Setting, touch: Touch) -> bool:
    """Tell whether it is touched again: another thread may have moved a hidden generator."""
    return any(touch.probe == other.probe for other in watch(setting).touches)


@law(cure=CURES[_ENVIRONMENTS])
def lives_without_an_environment(setting: Setting) -> None:
    """A wrapper neither holds an environment nor makes, steps, resets or renders one."""
    for wrapper in setting.stack:
        _holds_none(wrapper, reach(wrapper))
    seen = watch(setting)
    for touch in seen.touches:
        if touch.probe == _ENVIRONMENTS:
            raise touch.broken
    for number, turn in enumerate(setting.turns()):
        for wrapper, memory in zip(setting.stack, turn.after.wrappers, strict=True):
            _holds_none(wrapper, reach(memory, "its memory"), number)


def _holds_none(wrapper: Wrapper[Any], things: Iterator[Found], turn: int | None = None) -> None:
    for way, thing in things:
        if is_environment(thing):
            words = f"{brief(wrapper)} can reach an environment, {brief(thing)}: {way}."
            raise Broken(words, turn=turn)

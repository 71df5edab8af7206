"""What happened in a call, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from statewrap.core.events import Fact
from statewrap.core.messages import Message, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Stack
from statewrap.testing.golden.dialogue import Line
from statewrap.testing.golden.text import text_of


def said(stack: Stack, facts: Iterable[Fact], first: Line) -> Iterator[Line]:
    """Write facts as lines, of a message that passed through a wrapper what changed on its way.

    The time step that the host gave stands in the line of the call already.
    """
    before: tuple[int, Line] | None = None
    for number, (gap, what) in enumerate(facts):
        text = text_of(what)
        if not isinstance(what, Message):
            yield {"gap": gap, "event": text}
            continue
        who = {"gap": gap, "who": _who(stack, gap, what)}
        if before and before[1].keys() == text.keys() and abs(gap - before[0]) == 1:
            yield {**who, "passes": _changes(*before[1].values(), *text.values())}
        elif number > 0 or not _is_given(text, first["given"]):
            yield {**who, "says": text}
        before = gap, text


DEFAULTS: Final[Line] = {
    "reward": 0.0,
    "terminated": False,
    "truncated": False,
    "info": {"dict": {}},
    "first": False,
    "time": 0.0,
}
"""What a message has where its text says nothing; of the other fields, None."""


def _changes(before: Line, after: Line) -> Line:
    """Return the fields in which two messages of one type differ, as the second has them."""
    pairs = {
        name: [line.get(name, DEFAULTS.get(name)) for line in (before, after)]
        for name in {**before, **after}
    }
    return {
        name: there for name, (here, there) in pairs.items() if difference(here, there) is not None
    }


def _is_given(text: Line, given: Line) -> bool:
    """Tell whether a message is the time step that a host gave, opening or not, at any time."""
    if text.keys() != {"TimeStep"}:
        return False
    shown = {**text["TimeStep"], "first": False, "time": 0.0}
    told = {name: part for name, part in given.items() if name not in ("seed", "step")}
    return not _changes(shown, told)


def _who(stack: Stack, gap: int, message: Message) -> str:
    index = gap - 1 if type(message) is TimeStep else gap
    if index < 0:
        return "environment"
    return type(stack[index]).__name__ if index < len(stack) else "policy"

"""What happened in a call, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from statewrap.core.events import Fact
from statewrap.core.messages import Message, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Stack
from statewrap.testing.golden.dialogue import Line
from statewrap.testing.golden.text import text_of


def said(stack: Stack, facts: Sequence[Fact], given: Line) -> Iterator[Line]:
    """Write facts as lines, of a message that was passed on what changed on its way.

    Args:
        stack: the deployment's.
        facts: what happened in a call.
        given: what the host gave to the call, of which the environment's time step is made.
    """
    shown = {name: text for name, text in given.items() if name not in ("seed", "step")}
    before: tuple[int, Line] = (-1, {"TimeStep": shown})
    for gap, what in facts:
        text = text_of(what)
        if not isinstance(what, Message):
            yield {"gap": gap, "event": text}
            continue
        who = {"gap": gap, "who": _who(stack, gap, what)}
        way = 1 if type(what) is TimeStep else -1
        if before[1].keys() != text.keys() or gap - before[0] != way:
            yield {**who, "says": text}
        else:
            changes = _changes(*before[1].values(), *text.values())
            if gap - way < 0:  # the time stands in the line of the call
                changes.pop("time", None)
            if changes or gap - way >= 0:
                yield {**who, "passes": changes}
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


def _who(stack: Stack, gap: int, message: Message) -> str:
    index = gap - 1 if type(message) is TimeStep else gap
    if index < 0:
        return "environment"
    return type(stack[index]).__name__ if index < len(stack) else "policy"

"""How a reply came about: every hop of one call or one dialogue, in order, to be read."""

from __future__ import annotations

import attrs

from statewrap.core.events import Fact
from statewrap.core.messages import Message, TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack


@attrs.frozen
class Trace:
    """The facts that one call or one dialogue left behind; print it to read them.

    Each line is one message crossing one gap (gap i lies below wrapper i, the last one below the
    policy), said by whoever stands on the side that it comes from:

    >>> from statewrap import Act, Wrapper
    >>> @attrs.frozen
    ... class Pass(Wrapper[None]):
    ...     "Let everything pass."
    >>> hops = (0, TimeStep("f0", first=True)), (1, TimeStep("f0", first=True)), (1, Act("jump"))
    >>> print(Trace(Stack(Pass()), hops))
    gap  who            says
      0  environment  ↑ TimeStep('f0', first=True)
      1  Pass()       ↑ TimeStep('f0', first=True)
      1  policy       ↓ Act('jump')

    `↺` in place of an arrow marks a message that a wrapper answered instead of letting it pass.
    """

    stack: Stack
    facts: tuple[Fact, ...]
    """Hops, and between them the events, each at the gap where it was seen."""

    @property
    def hops(self) -> tuple[tuple[int, Message], ...]:
        """The messages alone, each with the gap that it crossed."""
        return tuple((gap, what) for gap, what in self.facts if isinstance(what, Message))

    def at(self, gap: int) -> list[Message]:
        """Return the messages that crossed one gap, in order; -1 is the gap below the policy."""
        wanted = range(len(self.stack) + 1)[gap]
        return [message for where, message in self.hops if where == wanted]

    def __str__(self) -> str:
        names = [speaker(self.stack, gap, what) for gap, what in self.facts]
        width = max((len(name) for name in names), default=3)
        lines = [f"gap  {'who':{width}}   says"]
        before: Fact | None = None
        for (gap, what), name in zip(self.facts, names, strict=True):
            arrow = _arrow(self.stack, before, (gap, what))
            lines.append(f"{gap:3}  {name:{width}} {arrow} {brief(what)}")
            before = (gap, what) if isinstance(what, Message) else before
        return "\n".join(lines)


def speaker(stack: Stack, gap: int, what: object) -> str:
    """Name who said what crossed a gap: the environment, a wrapper, the policy, or the edge."""
    if not isinstance(what, Message):
        return "(event)"
    index = gap - 1 if type(what) is TimeStep else gap
    if index < 0:
        return "environment"
    return brief(stack[index], 48) if index < len(stack) else "policy"


def answered(stack: Stack, before: Fact | None, hop: Fact) -> bool:
    """Tell whether a wrapper turned the message before this hop round, at the same gap."""
    gap, what = hop
    index = gap - 1 if type(what) is TimeStep else gap
    if before is None or before[0] != gap or not 0 <= index < len(stack):
        return False
    return (type(before[1]) is TimeStep) is not (type(what) is TimeStep)


def _arrow(stack: Stack, before: Fact | None, hop: Fact) -> str:
    if not isinstance(hop[1], Message):
        return "·"
    if answered(stack, before, hop):
        return "↺"
    return "↑" if type(hop[1]) is TimeStep else "↓"

"""The first difference between two stacks, as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from statewrap.core.messages import Message, TimeStep
from statewrap.core.words import brief
from statewrap.testing.parity.blame import Place
from statewrap.testing.parity.columns import columns
from statewrap.testing.parity.hops import Hop, Odd
from statewrap.testing.parity.tape import Tape
from statewrap.testing.source import source

ROWS: Final = 30
"""How many messages of a trace are printed; of a longer one the middle is left out."""
CELL: Final = 60


@attrs.frozen
class Shown:
    """What two stacks said until they parted; the last is where they did."""

    hops: Sequence[Hop]
    """What both said."""
    expected: Hop | None
    found: Hop | None
    gaps: Sequence[int]
    """The number of each gap in the inverted stack."""
    names: Sequence[str]
    """Who stands above each gap, from the environment to the policy."""
    detail: str
    """How the last messages differ, if they are of one kind."""

    def table(self, ours: str, theirs: str) -> str:
        """Lay both sides out, a message a line."""
        rows = [self._row(hop, hop) for hop in self.hops]
        rows.append(self._row(self.expected, self.found))
        if len(rows) > ROWS:
            left_out = f"({len(rows) - ROWS} more)"
            rows = [*rows[: ROWS // 3], ("", left_out, "", ""), *rows[-2 * ROWS // 3 :]]
        return columns(("gap", "who", theirs, ours), rows)

    def _row(self, expected: Hop | None, found: Hop | None) -> tuple[str, str, str, str]:
        one = found or expected
        if one is None:
            return "", "", "-", "≠ -"
        gap, message = one
        who = self.names[gap] if type(message) is TimeStep else self.names[gap + 1]
        alike = "=" if expected is found else f"≠ {self.detail or _cell(found, one)}"
        return str(self.gaps[gap]), shortened(who, 40), _cell(expected, one), alike


def _cell(hop: Hop | None, beside: Hop) -> str:
    if hop is None:
        return "(nothing)"
    arrow = "↑" if type(hop[1]) is TimeStep else "↓"
    text = f"{arrow} {brief(hop[1], CELL)}"
    return text if hop[0] == beside[0] else f"{text} (at another gap)"


@attrs.frozen
class Difference:
    """Where an inverted stack first does something else than its original."""

    wrappers: tuple[Any, ...]
    """The inverted wrapper that is to blame; several where the original has no gap between them."""
    indices: tuple[int, ...]
    """Their places in the stack, 0 nearest to the environment."""
    original: str
    """What it is held against."""
    loop: str
    """How the inverted stack was driven: "pulled" (GymWrapper) or "pushed" (Deployment); or
    "announced", where it is a space that differs."""
    world: str
    seed: int
    place: Place
    path: str
    """The field and the place in it, such as "info['episode']['r']"; "" for another message."""
    detail: str
    """Expected != found, in words."""
    expected: Message | None
    """What the original said."""
    found: Message | None
    """What the inverted stack said; None if nothing, or if it raised an error."""
    error: Exception | None
    tape: Tape | None
    """The shortest trace that shows it; None if it shows in the environment alone."""
    shown: Shown | None
    wants_original: bool
    """Whether `original=` belongs to the call."""

    @property
    def who(self) -> str:
        """The wrapper to blame, in words."""
        named = " | ".join(brief(wrapper, 80) for wrapper in self.wrappers)
        number = ", ".join(map(str, self.indices))
        return f"wrapper{'s' * (len(self.indices) > 1)} {number}, {named},"

    @property
    def field(self) -> str:
        """The field that differs: "observation", "reward", ..., "message" for a whole message."""
        return self.path.split("[")[0] or "message"

    def __str__(self) -> str:
        return "\n".join([self.summary(), *self._trace(), *self._code()])

    def summary(self) -> str:
        """Say who differs, where, and in what."""
        does = f"{self.who[0].upper()}{self.who[1:]} does not do what {self.original} does."
        if self.loop == "announced":
            return f"{does}\n  announced  {self.detail}\n  in world   {self.world}"
        lines = [
            does,
            f"  first     {self.place}; seed {self.seed}; {self.world}; {self.loop}",
            f"  field     {self.path or 'the message itself'}",
            f"  expected  {_told(self.expected)}",
            f"  found     {_told(self.found) if self.error is None else self.detail}",
        ]
        return "\n".join(lines if self.error else [*lines, f"  differs   {self.detail}"])

    def code(self) -> str | None:
        """Return the shortest trace as Python, to be pasted into a test."""
        if self.tape is None:
            return None
        stack = self._stack()
        original = ", original=original" if self.wants_original else ""
        return "\n".join(
            [
                "import numpy as np",
                "from gymnasium.spaces import *",
                "from statewrap import Act, Reset, TimeStep",
                "from statewrap.testing.parity import Tape, assert_parity",
                "",
                "tape = Tape(",
                *_listed(self.tape.episodes),
                f"    [{_repeated(self.tape.commands)}],",
                f"    {source(self.tape.observation_space)},",
                f"    {source(self.tape.action_space)},",
                ")",
                f"assert_parity(tape, {stack}{original})",
            ]
        )

    def _stack(self) -> str:
        return "stack" if self.shown is None else " | ".join(self.shown.names[1:-1]) or "Stack()"

    def _trace(self) -> list[str]:
        if self.loop == "announced":
            return []
        if self.shown is None:
            return ["It shows in this environment alone: played from a tape, the two agree."]
        episodes = len(self.tape.episodes) if self.tape else 0
        steps = sum(len(episode) - 1 for episode in self.tape.episodes) if self.tape else 0
        size = f"{episodes} episode{'s' * (episodes != 1)}, {steps} step{'s' * (steps != 1)}"
        table = self.shown.table("statewrap", shortened(self.original, 40))
        return ["", f"The shortest trace that shows it ({size}; = the same, ≠ not):", "", table]

    def _code(self) -> list[str]:
        code = self.code()
        if code is None:
            return []
        return ["", "As code:", "", *(f"    {line}".rstrip() for line in code.splitlines())]


def shortened(text: str, widest: int) -> str:
    """Return a text, cut short if it is long.

    >>> shortened("one two three", 9)
    'one tw...'
    """
    return text if len(text) <= widest else f"{text[: widest - 3]}..."


def _told(message: Message | None) -> str:
    return "nothing" if message is None else brief(message, 200)


def _listed(episodes: Sequence[Sequence[TimeStep]]) -> list[str]:
    lines = ["    ["]
    for episode in episodes:
        lines.append("        [")
        lines += [f"            {text}," for text in _runs(episode)]
        lines.append("        ],")
    return [*lines, "    ],"]


def _runs(values: Sequence[Any]) -> list[str]:
    """Write values one by one, and several that are the same as one."""
    texts = [source(value) for value in values]
    runs: list[tuple[str, int]] = []
    for text in texts:
        if runs and runs[-1][0] == text:
            runs[-1] = (text, runs[-1][1] + 1)
        else:
            runs.append((text, 1))
    return [text if n == 1 else f"*[{text}] * {n}" for text, n in runs]


def _repeated(values: Sequence[Any]) -> str:
    return ", ".join(_runs(values))


def first_words(odd: Odd) -> str:
    """Return what a first difference is about, to know it again."""
    if odd.error is not None:
        return type(odd.error).__name__
    return odd.path.split("[")[0]

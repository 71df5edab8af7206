"""The file of a golden dialogue: JSON Lines, and the large arrays that were given beside it.

    {"statewrap": "golden dialogue", "format": 1, "version": "0.1.0", "stack": [...], ...}
    {"step": 0, "call": "reset", "given": {"observation": "f0"}, "time": 0.0}
    {"step": 0, "gap": 0, "who": "environment", "passes": {"first": true}}
    {"step": 0, "gap": 1, "who": "ClipReward", "passes": {}}
    {"step": 0, "gap": 1, "event": {"Opened": {}}}
    {"step": 0, "gap": 1, "who": "policy", "says": {"Act": {"action": "jump"}}}
    {"step": 0, "gap": 0, "who": "ClipReward", "passes": {}}
    {"step": 0, "answer": "jump"}
    {"step": 1, "call": "act", "given": {"observation": "f1", "reward": 7.0}, "time": 1.0}
    {"step": 1, "gap": 1, "who": "ClipReward", "passes": {"reward": 1.0}}
    ...
    {"end": "37 lines before this one"}

`says` has a whole message, its defaults left out. `passes` has what was changed of a message on its
way: by a wrapper, and at first by the deployment, which makes a time step of what is given (where
that changes nothing the line is left out). A call that raised ends with
`{"step": 4, "raises": "SpaceError"}` in place of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
from numpy.typing import NDArray

KIND: Final = "golden dialogue"
FORMAT: Final = 1

Line = dict[str, Any]
CALLS: Final = frozenset({"act", "observe", "decide", "reset", "close"})


@attrs.frozen
class Call:
    """One call of a deployment, what came of it, and how it ended."""

    lines: list[Line]
    number: int
    """The number of its first line in the file, counted from 1."""

    @property
    def name(self) -> str:
        """Which call it is."""
        return str(self.lines[0]["call"])

    @property
    def step(self) -> int:
        """The number of the step."""
        return int(self.lines[0]["step"])


@attrs.define
class Dialogue:
    """A dialogue as its file has it."""

    header: Line
    calls: list[Call] = attrs.field(factory=list)
    arrays: dict[str, NDArray[Any]] = attrs.field(factory=dict)
    """Large arrays that were given, under their digests."""

    def add(self, lines: list[Line]) -> Call:
        """Add a call, and return it."""
        before = sum(len(call.lines) for call in self.calls[-1:])
        number = self.calls[-1].number + before if self.calls else 2
        self.calls.append(Call(lines, number))
        return self.calls[-1]

    def body(self) -> str:
        """Return all lines but the header, as the file has them."""
        lines = [line for call in self.calls for line in call.lines]
        last = {"end": ending(1 + len(lines))}
        return "".join(f"{written(line)}\n" for line in (*lines, last))


def written(line: Line) -> str:
    """Write a line."""
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def ending(count: int) -> str:
    """Say what the last line says, after so many others."""
    return f"{count} lines before this one"


def digests_in(text: Any) -> Iterator[str]:
    """Find the digests of large arrays in a text."""
    if isinstance(text, Mapping):
        form = text.get("array")
        if isinstance(form, dict) and isinstance(form.get("blake2"), str):
            yield form["blake2"]
        text = [*text.values()]
    if isinstance(text, list):
        for item in text:
            yield from digests_in(item)

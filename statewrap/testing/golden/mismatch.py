"""The first line in which a dialogue differs from the recorded one, told to a person."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import commonprefix
from typing import Any, Final, NamedTuple

from statewrap.core.same import difference
from statewrap.core.words import brief
from statewrap.testing.explain import differences
from statewrap.testing.golden.dialogue import Call, Line, digests_in, written
from statewrap.testing.golden.facts import DEFAULTS
from statewrap.testing.golden.values import Arrays, value_of

WIDEST: Final = 120
"""How many characters of a line are shown."""
AROUND: Final = 2
"""How many lines that agree are shown before the first that does not."""


class Mismatch(NamedTuple):
    """Where a call differs from the recorded one; one of the two may be missing."""

    place: int
    """Which of the calls' lines differs."""
    recorded: Call | None
    made: Call | None
    error: BaseException | None
    """What the call raised."""

    @property
    def lines(self) -> tuple[Line | None, Line | None]:
        """The line as it was recorded, and as it is now."""
        there, here = (
            None if call is None or self.place >= len(call.lines) else call.lines[self.place]
            for call in (self.recorded, self.made)
        )
        return there, here

    @property
    def call(self) -> Call:
        """The call that has the line, the one that was made if both do."""
        call = self.recorded if self.lines[1] is None else self.made
        assert call is not None  # noqa: S101 - one of the two has the line
        return call

    @property
    def line(self) -> Line:
        """The line, as it is now if it is."""
        return self.call.lines[self.place]

    @property
    def place_in_file(self) -> str:
        """Where in the file the line is, or would be."""
        return "" if self.recorded is None else f", line {self.recorded.number + self.place}"

    def who(self, stack: list[str]) -> str:
        """Name who said the line; a wrapper as it prints itself."""
        line = self.line
        if not line.keys() & {"says", "passes"}:
            return "the host" if "call" in line else "the deployment"
        said = [line["says"] for line in self.call.lines[: self.place + 1] if "says" in line]
        rises = not said or "TimeStep" in said[-1]
        index = line["gap"] - rises
        return _cut(stack[index]) if 0 <= index < len(stack) else f"the {line['who']}"

    def told(self, arrays: Arrays) -> list[str]:
        """Tell what differs, as values where they can be read.

        Args:
            arrays: the large arrays that were given.
        """
        there, here = self.lines
        if there is None or here is None:
            one, other = (_NOTHING if line is None else _cut(written(line)) for line in self.lines)
            return [f"{one} != {other}"]
        assert self.recorded is not None  # noqa: S101 - it has a line
        assert self.made is not None  # noqa: S101 - so has this
        known = arrays if {*digests_in([there, here])} <= arrays.keys() else {}
        try:
            told = _differences(
                _values(self.recorded, self.place, known), _values(self.made, self.place, known)
            )
        except Exception:  # noqa: BLE001 - a line that was edited may be no value
            told = []
        return told or [str(difference(there, here))]

    def shown(self) -> list[str]:
        """Show the line and those before it, as a difference of two files is shown."""
        before = [] if self.recorded is None else self.recorded.lines[: self.place][-AROUND:]
        texts = ["" if line is None else written(line) for line in self.lines]
        at = len(commonprefix(texts))  # noqa: RUF071 - of characters
        pair = [
            f"  {sign} {_cut(text, at)}" for sign, text in zip("-+", texts, strict=True) if text
        ]
        return [*(f"    {_cut(written(line))}" for line in before), *pair]


_NOTHING: Final[Any] = type("Nothing", (), {"__repr__": lambda _: "nothing"})()


_PLAIN: Final = ("call", "gap", "who", "raises", "time")


def _values(call: Call, place: int, arrays: Arrays) -> dict[str, Any]:
    """Read the values of a line, each under the name by which it is told."""
    line = call.lines[place]
    values: dict[str, Any] = {name: line[name] for name in _PLAIN if name in line}
    for name in ("says", "event"):
        for kind, text in line.get(name, {}).items():
            values[kind] = value_of({kind: text}, arrays)
    fields = line.get("given", {}) if "passes" not in line else _passed(call, place)
    values |= {field: value_of(text, arrays) for field, text in fields.items()}
    if "answer" in line:
        values["answer"] = value_of(line["answer"], arrays)
    return values


def _passed(call: Call, place: int) -> Line:
    """Put together the message that was passed on: who said it, and who changed it on its way."""
    fields = {**DEFAULTS, **call.lines[0]["given"]}
    for line in call.lines[1 : place + 1]:
        if "says" in line:
            ((_, said),) = line["says"].items()
            fields = {**DEFAULTS, **said}
        fields |= line.get("passes", {})
    return fields


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Tell where the values differ that have one name; what is alone stands against nothing."""
    told = []
    for name in dict.fromkeys((*there, *here)):
        pair = there.get(name, _NOTHING), here.get(name, _NOTHING)
        if any(value is _NOTHING for value in pair):  # an array has no truth
            told.append(f"{name}: {brief(pair[0])} != {brief(pair[1])}")
        else:
            told += differences(*pair, name)
    return told


def _cut(text: str, at: int = 0) -> str:
    """Show a text; of a long one, what stands around a character."""
    start = max(0, min(at - WIDEST // 2, len(text) - WIDEST))
    end = start + WIDEST
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")

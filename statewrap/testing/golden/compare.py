"""A dialogue that is being made, held against a recorded one call by call."""

from __future__ import annotations

from itertools import zip_longest

import attrs

from statewrap.core.same import difference
from statewrap.core.words import sentence
from statewrap.testing.golden.dialogue import Call, Dialogue, Line
from statewrap.testing.golden.errors import GoldenBroken, hidden
from statewrap.testing.golden.mismatch import Mismatch

__tracebackhide__ = hidden


@attrs.frozen
class Comparison:
    """Holds the dialogue that is being made against the recorded one."""

    name: str
    recorded: Dialogue
    made: Dialogue

    def stacks(self) -> None:
        """Hold that both are of one stack.

        Raises:
            GoldenBroken: if not; it names the first wrapper that differs.
        """
        stacks = self.recorded.header["stack"], self.made.header["stack"]
        for number, (there, here) in enumerate(zip_longest(*stacks, fillvalue="nothing")):
            if there != here:
                field = f"wrapper {number}: {there} != {here}"
                words = f"{self.name} was recorded with another stack (recorded != now):\n  {field}"
                raise GoldenBroken(words, step=0, gap=None, who=here, field=field)

    def hold(self, made: Call, error: BaseException | None = None) -> None:
        """Hold the call that was made last against its counterpart.

        Args:
            made: the call.
            error: what it raised.

        Raises:
            GoldenBroken: if it differs; from the error, if there is one.
        """
        number = len(self.made.calls) - 1
        recorded = self.recorded.calls[number] if number < len(self.recorded.calls) else None
        lines = [] if recorded is None else recorded.lines
        for place, (there, here) in enumerate(zip_longest(lines, made.lines)):
            if difference(there, here) is not None:
                raise self._broken(Mismatch(place, recorded, made, error)) from error

    def finish(self) -> None:
        """Hold that no call is missing.

        Raises:
            GoldenBroken: if the recorded dialogue goes on.
        """
        if len(self.made.calls) < len(self.recorded.calls):
            missing = self.recorded.calls[len(self.made.calls)]
            raise self._broken(Mismatch(0, missing, None, None))

    def _broken(self, found: Mismatch) -> GoldenBroken:
        told = found.told({**self.recorded.arrays, **self.made.arrays})
        who, gap = found.who(self.made.header["stack"]), found.line.get("gap")
        words = [
            f"{self.name}{found.place_in_file}: at step {found.line['step']}"
            + ("" if gap is None else f", gap {gap}")
            + f", {who} differs (recorded != now):",
            *(f"  {line}" for line in told),
            *found.shown(),
            *([] if found.error is None else [_raised(found.error)]),
            *_notes(self.recorded.header, self.made.header),
        ]
        step = found.line["step"]
        return GoldenBroken("\n".join(words), step=step, gap=gap, who=who, field=told[0])


def _raised(error: BaseException) -> str:
    return f"It raised {type(error).__name__}: {sentence(error)}"


def _notes(there: Line, here: Line) -> list[str]:
    """Tell what else is another than when the dialogue was recorded."""
    notes = []
    seed = there.get("seed")
    if seed != here["seed"]:
        notes.append(
            f"It was recorded with seed={seed}, this deployment has seed={here['seed']}: if that "
            f"matters, make it with Deployment(..., seed={seed})."
        )
    if there.get("fingerprint") != here["fingerprint"]:
        notes.append(
            "The fingerprints differ: the spaces, an argument that repr does not show, or what a "
            "wrapper remembers is another."
        )
    if there.get("version") != here["version"]:
        notes.append(
            f"It was recorded by statewrap {there.get('version')}, this is {here['version']}."
        )
    return notes

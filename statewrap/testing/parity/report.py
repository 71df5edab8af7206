"""What was compared, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from statewrap.core.words import brief
from statewrap.testing.parity.columns import columns
from statewrap.testing.parity.difference import Difference


@attrs.frozen
class Played:
    """One world that was tried, with one seed."""

    world: str
    seed: int
    episodes: int = 0
    steps: int = 0
    """How many steps the environment took on each side."""
    messages: int = 0
    """How many messages crossed the gaps that are compared, on each side."""
    not_tried: str | None = None
    """Why nothing was compared here."""
    differs: bool = False


@attrs.frozen
class ParityReport:
    """What was compared: print it to read it."""

    HEADER: ClassVar = ("world", "seeds", "episodes", "steps", "result")

    environment: str
    stack: tuple[str, ...]
    """The inverted wrappers, nearest to the environment first."""
    original: tuple[str, ...]
    """What they were held against; empty where there is no original."""
    gaps: tuple[int, ...]
    """The gaps of the inverted stack that were compared."""
    played: tuple[Played, ...]
    difference: Difference | None

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return self.difference is None

    @property
    def worlds(self) -> int:
        """How many worlds were tried."""
        return len({one.world for one in self.played if one.not_tried is None})

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(dict.fromkeys(one.seed for one in self.played))

    @property
    def episodes(self) -> int:
        """How many episodes were compared."""
        return sum(one.episodes for one in self.played)

    @property
    def steps(self) -> int:
        """How many steps of the environment were compared."""
        return sum(one.steps for one in self.played)

    @property
    def loops(self) -> str:
        """Which loops were compared."""
        if self.original:
            return "the original, statewrap pulled, statewrap pushed"
        return "statewrap pulled, statewrap pushed (there is no original of them)"

    @property
    def conclusion(self) -> str:
        """What came of it, in a line."""
        counts = {"episode": self.episodes, "step": self.steps, "world": self.worlds}
        total = ", ".join(f"{n} {what}{'s' * (n != 1)}" for what, n in counts.items())
        if self.difference is None:
            return f"No difference in {total}."
        return f"They differ in {self.difference.field}, after {total}."

    def __str__(self) -> str:
        lines = [
            f"stack     {' | '.join(self.stack)}",
            f"original  {' | '.join(self.original) or 'none'}",
            f"over      {self.environment}",
            f"loops     {self.loops}",
            f"gaps      {', '.join(map(str, self.gaps))} of 0 to {len(self.stack)}",
            "",
            columns(self.HEADER, self.rows()),
            "",
            self.conclusion,
        ]
        return "\n".join(lines if self.same else [*lines, "", str(self.difference)])

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return world, seeds, episodes, steps and result, as text, a row a world."""
        rows: list[tuple[str, str, str, str, str]] = []
        for name in dict.fromkeys(one.world for one in self.played):
            ones = [one for one in self.played if one.world == name]
            seeds = " ".join(str(one.seed) for one in ones)
            why = next((one.not_tried for one in ones if one.not_tried), None)
            if why:
                rows.append((name, seeds, "-", "-", f"not tried: {brief_words(why)}"))
                continue
            sums = str(sum(o.episodes for o in ones)), str(sum(o.steps for o in ones))
            rows.append((name, seeds, *sums, "≠" if any(o.differs for o in ones) else "="))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        odd = self.difference
        return {
            "same": self.same,
            "environment": self.environment,
            "stack": list(self.stack),
            "original": list(self.original),
            "gaps": list(self.gaps),
            "episodes": self.episodes,
            "steps": self.steps,
            "worlds": [attrs.asdict(one) for one in self.played],
            "difference": None if odd is None else _as_dict(odd),
        }


def _as_dict(odd: Difference) -> dict[str, Any]:
    return {
        "wrappers": [brief(wrapper) for wrapper in odd.wrappers],
        "indices": list(odd.indices),
        "loop": odd.loop,
        "world": odd.world,
        "seed": odd.seed,
        **odd.place._asdict(),
        "path": odd.path,
        "detail": odd.detail,
        "expected": None if odd.expected is None else brief(odd.expected, 400),
        "found": None if odd.found is None else brief(odd.found, 400),
        "code": odd.code(),
    }


def brief_words(text: str, widest: int = 100) -> str:
    """Cut a sentence short.

    >>> brief_words("one two three", 8)
    'one two ...'
    """
    words = " ".join(text.split())
    return words if len(words) <= widest else words[:widest].rsplit(" ", 1)[0] + " ..."

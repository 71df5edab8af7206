"""What a dry run saw of a wrapper, and what follows from it."""

from __future__ import annotations

from typing import Any, Final

import attrs

NOT_SEEN: Final = "not seen"
"""Said of what did not happen in the dry run: it may still happen."""

NOT_TRIED: Final = "not tried"
"""Said where there was no dry run: the spaces are unknown, or calls are suspended."""

Span = tuple[int, int]
"""The least and the greatest number."""


@attrs.frozen
class Path:
    """Which way messages take through a bridge, and why."""

    name: str
    """`direct`: what its methods map is mapped, and no call runs twice. `once`: a step passes down
    at once, and its call runs when the answer has come. `again`: a call runs anew at each
    answer. `suspended`: it waits in the middle (greenlets)."""
    why: str


@attrs.frozen(kw_only=True)
class Seen:
    """What was seen while a wrapper was tried out; what is empty was not seen."""

    mode: str = "replay"
    """Which mode was chosen."""
    why_mode: str = ""
    """Why, where there was a choice."""
    path: Path
    calls: int = 0
    """How many calls of `step` and `reset` were tried; 0 if no spaces were known."""
    steps_per_step: Span | None = None
    """How often one `step` stepped the environment."""
    resets_per_step: Span | None = None
    """How often one `step` reset it."""
    steps_per_reset: Span | None = None
    """How often one `reset` stepped it."""
    resets_per_reset: Span | None = None
    """How often one `reset` reset it."""
    draws: bool = False
    """Whether it drew from its environment's generator."""
    generators: tuple[str, ...] = ()
    """Of those that it holds, from which it drew: "Noise.rng"."""
    changes: tuple[str, ...] = ()
    """What of what it was given it changed in place: "observation", "info", "action"."""
    asked: dict[str, str] = attrs.field(factory=dict)
    """Attributes of the environment that it asked for and that are known, with who asked."""
    missing: dict[str, str] = attrs.field(factory=dict)
    """Attributes that it looked for and did without."""
    effects: tuple[str, ...] = ()
    """What it did outside: read the clock, printed, warned."""
    raised: tuple[str, ...] = ()
    """What it raised over made-up observations: "KeyError in step: 'lives'"."""
    keeps: bool = True
    """Whether what it holds changes."""
    learns: bool = True
    """Whether something of an earlier episode is left after its `reset`."""
    delays: bool = True
    """Whether it showed an observation for which the newest did not matter."""
    held: tuple[str, ...] = ()
    """Which objects changed: "FrameStackObservation.obs_queue"."""
    unsafe: tuple[str, ...] = ()
    """What it holds that a snapshot cannot save."""

    @property
    def snapshot_safe(self) -> bool | None:
        """Whether its memory can be saved; None if nothing was tried."""
        return not self.unsafe if self.calls else None

    @property
    def frames(self) -> bool:
        """Whether it renders its environment."""
        return "render" in self.asked

    def __str__(self) -> str:
        lines = (f"{name}: {words}" for name, words in self.rows())
        return "\n".join(lines)

    def rows(self) -> list[tuple[str, str]]:
        """Say it in words, by topic; `not seen` where nothing was."""
        return [
            ("mode", f"{self.mode}{self.why_mode and f' ({self.why_mode})'}"),
            ("path", f"{self.path.name}: {self.path.why}"),
            ("environment calls", self._calls()),
            ("draws", self.drawn("from its environment's generator")),
            ("changes in place", ", ".join(self.changes) or NOT_SEEN),
            ("asks its environment for", ", ".join(self.asked) or NOT_SEEN),
            ("does without", ", ".join(self.missing) or NOT_SEEN),
            ("effects", ", ".join(self.effects) or NOT_SEEN),
            ("raised", "; ".join(self.raised) or NOT_SEEN),
            ("remembers", ", ".join(self.held) or NOT_SEEN),
            ("learns", self._tried("yes" if self.learns else NOT_SEEN)),
            ("shows what is old", self._tried("yes" if self.delays else NOT_SEEN)),
            ("can be saved", self._safe()),
        ]

    def drawn(self, words: str) -> str:
        """Say what it draws from; `words` say what its environment's generator is."""
        found = [words] * self.draws + [f"from {name}" for name in self.generators]
        return ", ".join(found) or NOT_SEEN

    def _tried(self, words: str) -> str:
        return words if self.calls else NOT_TRIED

    def _safe(self) -> str:
        return self._tried("yes" if self.snapshot_safe else f"no: {'; '.join(self.unsafe)}")

    def _calls(self) -> str:
        spans: list[tuple[str, Any]] = [
            ("steps in a step", self.steps_per_step),
            ("resets in a step", self.resets_per_step),
            ("resets in a reset", self.resets_per_reset),
            ("steps in a reset", self.steps_per_reset),
        ]
        told = [f"{ranged(span)} {what}" for what, span in spans if span and span[1]]
        return f"seen: {', '.join(told)}" if told else NOT_SEEN


def ranged(span: Span) -> str:
    """Say a range, or the number if it is one.

    >>> ranged((1, 3)), ranged((2, 2))
    ('1 to 3', '2')
    """
    least, most = span
    return str(least) if least == most else f"{least} to {most}"


def wider(span: Span | None, number: int) -> Span:
    """Return a span that holds a number too."""
    return (number, number) if span is None else (min(span[0], number), max(span[1], number))

"""Key figures: numbers made of the record of an episode, or of a window, when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from statewrap.core.borders import sealed
from statewrap.core.fold import Report
from statewrap.core.words import sentence
from statewrap.stats.values import cut, single


@attrs.frozen(eq=False)
class Episode(Mapping[str, Any]):
    """The record of an episode that ended, or of a window: its statistics by name.

    >>> episode = Episode(0, "terminated", {"return": 9.0, "length": 3})
    >>> episode["return"] / episode["length"]
    3.0
    """

    number: int
    """From 0; of a window, that of the episode in which it ended."""
    outcome: str
    """How it ended: "terminated", "truncated" or "abandoned"; of a window "window"."""
    statistics: Mapping[str, Any]
    """What `episode_end`, or `progress`, reports."""

    def __getitem__(self, name: str) -> Any:
        return self.statistics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.statistics)

    def __len__(self) -> int:
        return len(self.statistics)


Kpis = Mapping[str, Callable[[Episode], Any]]


def figures(
    kpis: Kpis, number: int, outcome: str, values: Mapping[str, Any]
) -> tuple[dict[str, float | int | None], list[Report]]:
    """Return the key figures of a record, and a report of each that could not be made.

    A function that raises, or gives no number, costs no act: its figure is None.
    """
    found: dict[str, float | int | None] = {}
    failed: list[Report] = []
    for name, function in kpis.items():
        try:
            found[name] = single(function(Episode(number, outcome, sealed(dict(values)))))
        except Exception as error:  # noqa: BLE001 - the function is the user's
            found[name] = None
            told = cut(f"{type(error).__name__}: {sentence(error)}")
            failed.append(
                Report("statistic_failed", {"episode": number, "statistic": name, "error": told})
            )
    return found, failed

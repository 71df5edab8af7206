"""A record as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Final

import attrs

from statewrap.stats.pictures.episodes import Reading, Source, one_of
from statewrap.stats.pictures.parts import index, of_episode, sessions
from statewrap.stats.pictures.style import STYLE
from statewrap.stats.pictures.views import EpisodeView

PICTURES: Final = 20
"""So many episodes have a picture, unless one is asked for."""
_MOST_LISTED: Final = 1000


def report(source: Source, *, episode: int | None = None) -> str:
    """Return a page about what was recorded: totals, the stack, each episode, and pictures.

    The page holds its pictures; it has no script and asks no server. All episodes are counted and
    the last 1000 listed; the last 20 have a picture.

    Args:
        source: a `Record`, what it has recorded, or its file.
        episode: the one to be shown, from 0; -1 is the last.

    Raises:
        InputError: if there is no such episode.
        OSError: if the file cannot be read.
        ConfigurationError: if it holds no record.

    >>> from statewrap import Deployment
    >>> from statewrap.sinks import Record
    >>> record = Record()
    >>> agent = Deployment(abs, sinks=[record])
    >>> _ = agent.act(-1), agent.act(-2, 0.5, terminated=True)
    >>> "<svg" in report(record)
    True
    """
    found = _Found.of(Reading(source), episode)
    title = "What was recorded" if episode is None else f"Episode {found.shown[0].number}"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>",
            *sessions(found.reading),
            *([] if episode is not None else index(found.reading, found.listed, found.shown)),
            *(part for view in found.shown for part in of_episode(view)),
            "</body></html>\n",
        ]
    )


def write_report(source: Source, path: str | PathLike[str], *, episode: int | None = None) -> None:
    """Write the page of `report` to a file.

    Raises:
        OSError: if a file cannot be read or written.
        InputError: if there is no such episode.
        ConfigurationError: if the source is a file that holds no record.
    """
    Path(path).write_text(report(source, episode=episode), encoding="utf-8")


@attrs.frozen
class _Found:
    """What the page shows of a record."""

    reading: Reading
    listed: Sequence[EpisodeView]
    shown: Sequence[EpisodeView]

    @classmethod
    def of(cls, reading: Reading, episode: int | None) -> _Found:
        """Read all; rows are kept of what is shown alone."""
        if episode is not None:
            return cls(reading, (), (one_of(reading, episode),))
        listed: deque[EpisodeView] = deque(maxlen=_MOST_LISTED)
        shown: deque[EpisodeView] = deque(maxlen=PICTURES)
        for view in reading:
            shown.append(view)
            listed.append(attrs.evolve(view, rows=()))
        return cls(reading, tuple(listed), tuple(shown))

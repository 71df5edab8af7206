"""A record, read an episode at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from os import PathLike
from typing import Any

import attrs

from statewrap.core.errors import InputError
from statewrap.sinks.record import Record
from statewrap.sinks.recorded import Call, Header, Recording, Torn
from statewrap.sinks.watcher import Missed
from statewrap.stats.pictures.session import Session
from statewrap.stats.pictures.views import EpisodeView, Outcome, SessionView

Source = Record | Recording | str | PathLike[str]
"""What is to be looked at: a `Record`, what it has recorded, or the name of its file."""


class Reading:
    """A record, read from its beginning to its end, an episode at a time.

    >>> from statewrap import Deployment
    >>> record = Record()
    >>> agent = Deployment(abs, sinks=[record])
    >>> _ = agent.act(-1), agent.act(-2, 0.5), agent.act(-3, 1.5, terminated=True)
    >>> for episode in Reading(record):
    ...     print(episode.outcome, [row.reward for row in episode.rows])
    terminated [None, 0.5, 1.5]

    Raises:
        OSError: if the file cannot be read.
        ConfigurationError: if it holds no record.
    """

    def __init__(self, source: Source) -> None:
        self.recording = recording_of(source)
        self.sessions: list[SessionView] = []
        """Those that were read to their end."""
        self.torn: list[int] = []
        """The lines that a crash has torn, from 1."""
        self.episodes = 0

    def __iter__(self) -> Iterator[EpisodeView]:
        """Read; this can be done once."""
        session: Session | None = None
        header: Header | None = None
        for entry in self.recording:
            if isinstance(entry, Torn):
                self.torn.append(entry.line)
            elif isinstance(entry, Header):
                header = entry
            else:
                if header is not None and (session is None or not _goes_on(session, header, entry)):
                    yield from self._end(session, "interrupted")
                    session = Session(header, len(self.sessions))
                header = None
                assert session is not None  # noqa: S101 - a recording begins with a header
                yield from self._numbered(session.take(entry))
        if session is None and header is not None:
            session = Session(header, 0)
        yield from self._end(session, "open")

    def _end(self, session: Session | None, outcome: Outcome) -> Iterator[EpisodeView]:
        if session is not None:
            yield from self._numbered(session.finish(outcome))
            self.sessions.append(session.view())

    def _numbered(self, views: Iterator[EpisodeView]) -> Iterator[EpisodeView]:
        for view in views:
            yield attrs.evolve(view, number=self.episodes)
            self.episodes += 1


def recording_of(source: Source) -> Recording:
    """Return a recording, a record's, or that of a file."""
    if isinstance(source, Recording):
        return source
    return source.recording if isinstance(source, Record) else Recording.load(source)


def _goes_on(session: Session, header: Header, call: Call) -> bool:
    """Tell whether a second process goes on with a session: it was restored there at once."""
    again: Any = call.facts[0][1] if call.facts else None  # Missed is no event of a session
    return type(again) is Missed and header[:2] == session.header[:2]


def one_of(reading: Reading, episode: int) -> EpisodeView:
    """Read all, and return one episode, from 0; -1 is the last.

    Raises:
        InputError: if there is no such episode.
    """
    found: deque[EpisodeView] = deque(maxlen=max(-episode, 1))
    for view in reading:
        if episode < 0 or view.number == episode:
            found.append(view)
    if len(found) < max(-episode, 1):
        raise InputError(
            f"episode={episode} was asked for, but {reading.episodes} were recorded; they are "
            "counted from 0, and -1 is the last."
        )
    return found[0]

"""What a `Record` has written, read line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import attrs

from statewrap.core.errors import ConfigurationError
from statewrap.core.events import (
    Abandoned,
    Closed,
    Continued,
    Ended,
    EpochEnded,
    Event,
    Fact,
    FellBack,
    Opened,
    Unshown,
)
from statewrap.core.fold import Report
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.words import brief
from statewrap.sinks.watcher import Missed

FORMAT: Final = 1

BEFORE: Final[dict[str, Any]] = {
    "observation": None,
    "reward": 0.0,
    "first": False,
    "terminated": False,
    "truncated": False,
    "time": 0.0,
    "info": {},
}
"""What the first time step of a call is told against, and each other against the one before."""

_PLAIN: Final = {
    kind.__name__: kind
    for kind in (Abandoned, Closed, Continued, Ended, EpochEnded, FellBack, Missed, Opened, Reset)
}


class Header(NamedTuple):
    """The stack that what follows happened in."""

    wrappers: tuple[str, ...]
    """As they print, nearest to the environment first."""
    spaces: tuple[tuple[str, str], ...]
    """Observation and action space at each gap, as they print, the environment's first."""
    version: str
    """Of statewrap."""


class Call(NamedTuple):
    """What happened in one call."""

    number: int
    """From 0, in the process that recorded it."""
    facts: tuple[Fact, ...]
    """As the sink was shown them, observations and actions as plain values."""
    reports: tuple[Report, ...]
    """What the statistics told in this call."""


class Torn(NamedTuple):
    """A line that cannot be read: a crash or a full disk has torn it."""

    line: int
    """From 1."""


@attrs.frozen(eq=False)
class Recording:
    """What was recorded; it is read anew each time, a line at a time.

    >>> from statewrap import Deployment
    >>> from statewrap.sinks import Record
    >>> record = Record()
    >>> _ = Deployment(abs, sinks=[record]).act(-3)
    >>> [type(entry).__name__ for entry in record.recording]
    ['Header', 'Call']
    """

    lines: Callable[[], Iterable[bytes]]
    name: str
    """For errors."""

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Take a file that a `Record` has written.

        Raises:
            OSError: if the file cannot be read.
            ConfigurationError: if it holds something else.
        """
        place = Path(path)
        recording = cls(lambda: _lines_of(place), place.name)
        next(iter(recording))
        return recording

    def __iter__(self) -> Iterator[Header | Call | Torn]:
        """Read, in order: a header, calls, and where another process went on, a header again.

        Raises:
            ConfigurationError: if the first line is no header.
        """
        top: int | None = None
        for number, text in enumerate(self.lines(), start=1):
            entry = _entry(text, number, top or 0)
            if isinstance(entry, Header):
                top = len(entry.wrappers)
            if top is None:
                break
            yield entry
        if top is None:
            raise ConfigurationError(
                f"{self.name} holds no record of facts: its first line is not "
                f'{{"record": {FORMAT}, ...}}. statewrap.sinks.Record(path) writes one.'
            )

    def calls(self) -> Iterator[Call]:
        """Read the calls alone."""
        return (entry for entry in self if isinstance(entry, Call))


def _lines_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _entry(text: bytes, number: int, top: int) -> Header | Call | Torn:
    try:
        table = json.loads(text)
        if "record" in table:
            return _header(table)
        return _call(table, top)
    except ConfigurationError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
        return Torn(number)


def _header(table: Mapping[str, Any]) -> Header:
    if table["record"] != FORMAT:
        raise ConfigurationError(
            f"The record has the format {brief(table['record'])}, but this statewrap reads "
            f"{FORMAT}. Read it with the version that wrote it."
        )
    spaces = tuple((str(seen), str(done)) for seen, done in table["spaces"])
    wrappers = tuple(map(str, table["wrappers"]))
    if len(spaces) != len(wrappers) + 1:
        raise ValueError
    return Header(wrappers, spaces, str(table["statewrap"]))


def _call(table: Mapping[str, Any], top: int) -> Call:
    reader = _Reader()
    facts = tuple((int(gap), reader.fact(kind, said)) for gap, kind, said in table["facts"])
    if not all(0 <= gap <= top for gap, _ in facts):
        raise ValueError
    reports = (Report(str(name), dict(values)) for name, values in table.get("reports", ()))
    return Call(int(table["call"]), facts, tuple(reports))


class _Reader:
    """Puts together what each message of one call says with what the one before said."""

    def __init__(self) -> None:
        self._said: dict[str, Any] = BEFORE
        self._action: Any = None

    def fact(self, kind: str, said: Mapping[str, Any]) -> Any:
        if kind == "TimeStep":
            return self._timestep(said)
        if kind == "Unshown":
            return Unshown(self._timestep(said["timestep"]))
        if kind == "Act":
            self._action = said.get("action", self._action)
            return Act(self._action)
        if kind == "Event":
            return Event(said["name"], **said["fields"])
        return _PLAIN[kind](**said)

    def _timestep(self, said: Mapping[str, Any]) -> TimeStep:
        self._said = both = {**self._said, **said}
        return TimeStep(**{**both, "reward": _number(both["reward"])})


def _number(told: Any) -> float:
    try:
        return float(told)
    except ValueError:  # no number was given, as it was printed
        return float("nan")

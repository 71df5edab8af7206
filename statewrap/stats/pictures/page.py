"""A record as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

import attrs

from statewrap.core.errors import InputError
from statewrap.core.words import brief
from statewrap.stats.pictures.drawing import draw
from statewrap.stats.pictures.episodes import EpisodeView, Reading, SessionView, Source
from statewrap.stats.pictures.rows import FALLBACK, Row
from statewrap.stats.pictures.style import STYLE
from statewrap.stats.pictures.text import number, safe

PICTURES: Final = 20
"""So many episodes have a picture, unless one is asked for."""
_MOST_LISTED: Final = 1000
_MOST_STEPS: Final = 200
_COLUMNS: Final = (
    *("return", "processed_return", "length", "policy_calls"),
    *("environment_steps", "skipped_steps", "fallbacks"),
)


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
            *_sessions(found.reading),
            *([] if episode is not None else _index(found)),
            *(part for view in found.shown for part in _episode(view)),
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


def _sessions(reading: Reading) -> Iterator[str]:
    many = len(reading.sessions) > 1
    for index, session in enumerate(reading.sessions):
        name = "" if session.name is None else f" {session.name}"
        yield f"<h2>{safe(f'Session {index}{name}' if many else f'The session{name}')}</h2>"
        yield _table(session.counts)
        yield from _notes(session)
        yield "<h3>The stack</h3>"
        yield from _stack(session)
    if reading.torn:
        lines = ", ".join(map(str, reading.torn[:5])) + (", …" if len(reading.torn) > 5 else "")
        yield _note(f"{len(reading.torn)} torn lines were passed over: {lines}.")


def _notes(session: SessionView) -> Iterator[str]:
    yield _note(f"{session.calls} calls, recorded by statewrap {session.header.version}.")
    if session.left_out:
        yield _note(
            f"The oldest {session.left_out} calls are left out: the record kept the last "
            f"{session.calls}. What is counted here is of those alone."
        )
    if session.missed:
        yield _note(f"{session.missed} calls were dropped before they were recorded.")
    if session.restored:
        yield _note(
            f"Restored {session.restored} times: what happened between a snapshot and the end of "
            "its process was recorded, and is counted here, though the session forgot it."
        )


def _note(words: str) -> str:
    return f'<p class="note">{safe(words)}</p>'


def _stack(session: SessionView) -> Iterator[str]:
    """Draw the policy on top, the environment below, and what is known at each gap."""
    wrappers, spaces = session.header.wrappers, session.header.spaces
    yield '<div class="box end">policy</div>'
    for gap in reversed(range(len(spaces))):
        seen, done = spaces[gap]
        yield f'<div class="gap">↑ {safe(seen)}<br>↓ {safe(done)}</div>'
        end, name = ("", wrappers[gap - 1]) if gap else (" end", "environment")
        yield f'<div class="box{end}">{safe(name)}</div>'


def _index(found: _Found) -> Iterator[str]:
    """List the episodes, with links to those that have a picture."""
    count, listed = found.reading.episodes, found.listed
    yield f"<h2>{count} episode{'' if count == 1 else 's'}</h2>"
    if count > len(listed):
        yield _note(f"The last {len(listed)} are listed; the totals above are of all.")
    if len(listed) > len(found.shown):
        yield _note(f"The last {len(found.shown)} have a picture; episode=N shows another one.")
    heads = "".join(f'<th class="n">{name}</th>' for name in _COLUMNS)
    yield f'<div class="wide"><table><tr><th>episode</th><th>outcome</th>{heads}</tr>'
    pictured = {view.number for view in found.shown}
    for view in listed:
        name = f"{view.number}"
        if view.number in pictured:
            name = f'<a href="#episode-{name}">{name}</a>'
        cells = "".join(f'<td class="n">{_cell(view.counts[column])}</td>' for column in _COLUMNS)
        yield f"<tr><td>{name}</td><td>{view.outcome}</td>{cells}</tr>"
    yield "</table></div>"


def _episode(view: EpisodeView) -> Iterator[str]:
    yield f'<h2 id="episode-{view.number}">Episode {view.number}: {view.outcome}</h2>'
    if not view.whole:
        yield _note("Its beginning is not in the record.")
    yield draw(view)
    if len(view.rows) > 1000:
        yield _note("Lines show the least and the greatest number of each pixel.")
    yield f"<details><summary>Counts</summary>{_table({**view.counts, **view.told})}</details>"
    yield from _steps(view)


def _table(values: Mapping[str, Any]) -> str:
    rows = (
        f"<tr><th>{safe(str(name))}</th><td>{_cell(held)}</td></tr>"
        for name, held in values.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _cell(value: Any) -> str:
    words = number(value) if isinstance(value, (int, float, str, type(None))) else brief(value, 400)
    return safe(words)


def _steps(view: EpisodeView) -> Iterator[str]:
    """List the first steps, one a line."""
    rows = view.rows[:_MOST_STEPS]
    more = len(view.rows) - len(rows)
    which = f"The first {len(rows)} of {len(view.rows)} steps" if more else "Step by step"
    yield f'<details><summary>{which}</summary><div class="wide"><table>'
    heads = ("step", "seconds", "reward", "shown", "action", "by", "what happened")
    yield "<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"
    for step, row in enumerate(rows):
        cells = "".join(f"<td>{safe(cell)}</td>" for cell in _cells(step, row, view))
        yield f"<tr>{cells}</tr>"
    yield "</table></div></details>"


def _cells(step: int, row: Row, view: EpisodeView) -> Iterable[str]:
    shown = number(row.processed) if row.shown else "skipped"
    action = "-" if row.action is None else brief(row.action, 60)
    marks = ", ".join(mark.words for mark in row.marks)
    return str(step), number(row.time), number(row.reward), shown, action, who(row, view), marks


def who(row: Row, view: EpisodeView) -> str:
    """Say who decided the action that the environment was sent."""
    wrappers = view.header.wrappers
    if row.by is None:
        return "-"
    if row.by == FALLBACK:
        return "fallback"
    return "policy" if row.by == len(wrappers) else f"{row.by} {wrappers[row.by].partition('(')[0]}"

"""The parts of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from statewrap.core.words import brief
from statewrap.stats.pictures.drawing import draw
from statewrap.stats.pictures.episodes import Reading
from statewrap.stats.pictures.rows import FALLBACK, Row
from statewrap.stats.pictures.text import number, safe
from statewrap.stats.pictures.views import EpisodeView, SessionView

_MOST_STEPS: Final = 200
_COLUMNS: Final = (
    *("return", "processed_return", "length", "policy_calls"),
    *("environment_steps", "skipped_steps", "fallbacks"),
)


def sessions(reading: Reading) -> Iterator[str]:
    """Tell the totals of each session, what is missing, and its stack."""
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


def index(
    reading: Reading, listed: Sequence[EpisodeView], shown: Sequence[EpisodeView]
) -> Iterator[str]:
    """List the episodes, with links to those that have a picture."""
    count = reading.episodes
    yield f"<h2>{count} episode{'' if count == 1 else 's'}</h2>"
    if count > len(listed):
        yield _note(f"The last {len(listed)} are listed; the totals above are of all.")
    if len(listed) > len(shown):
        yield _note(f"The last {len(shown)} have a picture; episode=N shows another one.")
    heads = "".join(f'<th class="n">{name}</th>' for name in _COLUMNS)
    yield f'<div class="wide"><table><tr><th>episode</th><th>outcome</th>{heads}</tr>'
    pictured = {view.number for view in shown}
    for view in listed:
        name = f"{view.number}"
        if view.number in pictured:
            name = f'<a href="#episode-{name}">{name}</a>'
        cells = "".join(f'<td class="n">{_cell(view.counts[column])}</td>' for column in _COLUMNS)
        yield f"<tr><td>{name}</td><td>{view.outcome}</td>{cells}</tr>"
    yield "</table></div>"


def of_episode(view: EpisodeView) -> Iterator[str]:
    """Show an episode: its picture, its counts, and its first steps."""
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

"""An episode as SVG: reward, action, who answered, and marks, over the environment's steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from statewrap.stats.pictures.lines import Lines, Points, lines_of, runs, thin
from statewrap.stats.pictures.rows import FALLBACK
from statewrap.stats.pictures.text import named, number, safe, short
from statewrap.stats.pictures.views import EpisodeView

WIDTH: Final = 960
_LEFT, _RIGHT = 190, 16
_ROOM: Final = WIDTH - _LEFT - _RIGHT
_TITLE, _PANEL, _LANE, _SPACE = 18, 110, 22, 16
_MOST_DOTS: Final = 150
_MOST_TICKS: Final = 300
_MOST_MARKS: Final = 60
_LETTER: Final = 6.8
"""Pixels a letter, about."""
_DOES: Final = {
    "acts": "acted, without the policy",
    "shows": "answered the policy itself",
    "resets": "sent a reset",
}


def draw(view: EpisodeView) -> str:
    """Return the picture of an episode; it takes its colours from `style.STYLE`."""
    return _Drawing(view, lines_of(view.rows)).svg()


class _Drawing:
    """Panels below each other, over one axis."""

    def __init__(self, view: EpisodeView, lines: Lines) -> None:
        self.view, self.rows, self.lines = view, view.rows, lines
        self.total = max(len(view.rows), 1)
        self.parts: list[str] = []
        self.panels: list[tuple[int, int]] = []
        self.y = 4

    def svg(self) -> str:
        """Draw everything."""
        rewards = {"environment": self.lines.reward, "shown to the policy": self.lines.processed}
        if list(self.lines.reward) == list(self.lines.processed):
            rewards = {"environment and policy": self.lines.reward}
        self._numbers("Reward", rewards, steps=False)
        self._numbers(self._action_title(), self.lines.actions, steps=True)
        self._lanes()
        self._marks()
        self._axis()
        self._legend()
        size = f'viewBox="0 0 {WIDTH} {self.y}" width="{WIDTH}" height="{self.y}"'
        name = f"Episode {self.view.number}"
        return "\n".join([f'<svg role="img" aria-label="{name}" {size}>', *self.parts, "</svg>"])

    def _action_title(self) -> str:
        shown, there = len(self.lines.actions), self.lines.components
        more = f" (the first {shown} of {there} components)" if 0 < shown < there else ""
        return f"Action that the environment was sent{more}"

    def x(self, row: float) -> float:
        """Return where the middle of a row stands."""
        return round(_LEFT + _ROOM * (row + 0.5) / self.total, 1)

    def _panel(self, title: str, height: int) -> tuple[int, int]:
        """Draw a frame with a title; return its top and bottom."""
        self._text(_LEFT, self.y + 12, title, "title")
        top = self.y + _TITLE
        self._rect("frame", _LEFT, top, _ROOM, height)
        self.y = top + height + _SPACE
        self.panels.append((top, top + height))
        return top, top + height

    def _numbers(self, title: str, lines: Mapping[str, Points], *, steps: bool) -> None:
        """Draw lines of numbers, each with its name, over a shade where steps were skipped."""
        top, bottom = self._panel(title, _PANEL)
        self._skipped(top, bottom)
        values = [value for points in lines.values() for _, value in points]
        if not values:
            self._text(_LEFT + 8, top + 20, "nothing that is a number", "small")
            return
        low, high = _range(values)
        scale = (bottom - top - 16) / (high - low)
        for value in dict.fromkeys((min(values), max(values))):
            y = bottom - 8 - (value - low) * scale
            self._text(_LEFT - 6, round(y + 4), number(value), "small", "end")
        for n, (name, points) in enumerate(lines.items()):
            places = [
                (self.x(at), round(bottom - 8 - (value - low) * scale, 1))
                for at, value in thin(points, self.total, _ROOM)
            ]
            self._line(name, places, n, steps=steps and len(points) <= _ROOM)
            self._name(name, top + 14 + 13 * n, n)

    def _name(self, name: str, y: int, n: int) -> None:
        self.parts.append(f'<rect class="c{n}" x="8" y="{y - 8}" width="10" height="3"/>')
        self._text(24, y - 3, name, "small")

    def _line(
        self, name: str, places: Sequence[tuple[float, float]], n: int, *, steps: bool
    ) -> None:
        """Draw a line; where there are few places, a dot at each."""
        path = [f"M{places[0][0]} {places[0][1]}"] if places else []
        for x, y in places[1:]:
            path.append(f"H{x}V{y}" if steps else f"L{x} {y}")
        title = f"<title>{safe(name)}</title>"
        dense = " dense" if len(places) > _ROOM else ""
        self.parts.append(f'<path class="line l{n}{dense}" d="{"".join(path)}">{title}</path>')
        if len(places) <= _MOST_DOTS:
            dots = "".join(f"M{x} {y}h0" for x, y in places)
            self.parts.append(f'<path class="dots l{n}" d="{dots}"/>')

    def _skipped(self, top: int, bottom: int) -> None:
        skipped = (at for at, row in enumerate(self.rows) if not row.shown)
        self._ticks("skip", skipped, top, bottom - top, "not shown to the policy", wide=True)

    def _ticks(
        self, kind: str, rows: Iterable[int], y: float, height: float, title: str, *, wide: bool
    ) -> None:
        """Draw what lies at some rows as one path, put together by pixels."""
        each = max(_ROOM / self.total, 1.0)
        width = each if wide else min(each * 0.7, 8.0)
        pieces = []
        at = list(rows)
        together = runs(at) if wide or each <= 1.0 else [(row, row) for row in at]
        if len(together) > _MOST_TICKS:
            pixels = ((row * _ROOM // self.total) for row in at)
            each, width = 1.0, 1.0
            for first, last in runs(pixels):
                pieces.append(
                    f"M{_LEFT + first} {y}h{last - first + 1}v{height}h{first - last - 1}z"
                )
        else:
            for first, last in together:
                length = round((last - first) * _ROOM / self.total + width, 1)
                begin = round(self.x(first) - width / 2, 1)
                pieces.append(f"M{begin} {y}h{length}v{height}h{-length}z")
        if pieces:
            told = f"<title>{safe(title)}</title>"
            self.parts.append(f'<path class="{kind}" d="{"".join(pieces)}">{told}</path>')

    def _lanes(self) -> None:
        """Draw who answered: a lane for each wrapper, the policy on top."""
        wrappers = self.view.header.wrappers
        fell = any(row.by == FALLBACK for row in self.rows)
        top, _ = self._panel("Who answered", _LANE * (len(wrappers) + 1 + fell))
        if fell:
            self._lane(top, "fallback", "the deployment's fallback answered", "fell", FALLBACK)
            top += _LANE
        self._lane(top, "policy", "the policy decided", "decides", len(wrappers))
        for index in reversed(range(len(wrappers))):
            top += _LANE
            self._wrapper(top, index, wrappers[index])
        self.y -= _SPACE - 2

    def _lane(self, y: int, name: str, title: str, kind: str, who: int) -> None:
        self._text(_LEFT - 6, y + 15, name, "lane", "end")
        rows = (at for at, row in enumerate(self.rows) if row.by == who)
        self._ticks(kind, rows, y + 4, _LANE - 8, title, wide=False)

    def _wrapper(self, y: int, index: int, name: str) -> None:
        self._text(_LEFT - 6, y + 15, named(name), "lane", "end", whole=name)
        found: dict[str, list[int]] = {}
        for at, row in enumerate(self.rows):
            for does in dict.fromkeys(a.does for a in row.answers if a.who == index):
                found.setdefault(does, []).append(at)
        for does, rows in found.items():
            self._ticks(does, rows, y + 4, _LANE - 8, f"{name} {_DOES[does]}", wide=False)

    def _marks(self) -> None:
        """Draw a line through each panel for each event, and below it words as room is left."""
        ends = [0.0] * 4
        found: dict[str, dict[int, str]] = {}
        for at, row in enumerate(self.rows):
            for mark in row.marks:
                places = found.setdefault(mark.kind, {})
                if round(self.x(at)) not in places:
                    places[round(self.x(at))] = f"step {at}: {mark.words}"
                    label = "fallback" if mark.kind == "fallback" else short(mark.words, 40)
                    self._label(self.x(at), label, ends)
        for kind, places in found.items():
            if len(places) <= _MOST_MARKS:
                for x, words in places.items():
                    self._mark(kind, [x], words)
            else:
                self._mark(kind, places, f"{kind}: {len(places)} marks, one a pixel at most")
        self.y += 12 * sum(end > 0 for end in ends) + 6

    def _mark(self, kind: str, places: Iterable[int], words: str) -> None:
        lines = (f"M{x} {top}V{bottom}" for x in places for top, bottom in self.panels)
        title = f"<title>{safe(words)}</title>"
        self.parts.append(f'<path class="mark m-{kind}" d="{"".join(lines)}">{title}</path>')

    def _label(self, x: float, words: str, ends: list[float]) -> None:
        """Write a mark's words in the first line that has room."""
        width = _LETTER * len(words)
        begin = max(0.0, min(x - width / 2, WIDTH - width))
        for n, end in enumerate(ends):
            if begin >= end:
                ends[n] = begin + width + 6
                self._text(round(begin), self.y + 12 * (n + 1), words, "small")
                return

    def _axis(self) -> None:
        """Say what lies at both ends, in steps and in seconds."""
        if not self.rows:
            return
        first, last = self.rows[0], self.rows[-1]
        self._text(_LEFT, self.y + 10, f"step 0, {number(first.time)} s", "small")
        ends = f"step {len(self.rows) - 1}, {number(last.time)} s"
        self._text(WIDTH - _RIGHT, self.y + 10, ends, "small", "end")
        self.y += 18

    def _legend(self) -> None:
        """Say what the colours of the lanes, and the shade, stand for."""
        said = {answer.does for row in self.rows for answer in row.answers}
        words = {does: text for does, text in _DOES.items() if does in said}
        if any(not row.shown for row in self.rows):
            words["skip"] = "step not shown to the policy"
        x = _LEFT
        for kind, text in words.items():
            self._rect(kind, x, self.y, 9, 9)
            self._text(x + 14, self.y + 9, text, "small")
            x += round(34 + _LETTER * len(text))
        self.y += 18 if words else 0

    def _rect(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        self.parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>'
        )

    def _text(
        self, x: float, y: float, words: str, kind: str, anchor: str = "start", whole: str = ""
    ) -> None:
        place = "" if anchor == "start" else f' text-anchor="{anchor}"'
        title = f"<title>{safe(whole)}</title>" if whole else ""
        self.parts.append(
            f'<text class="{kind}" x="{x}" y="{y}"{place}>{safe(words)}{title}</text>'
        )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest value, apart from each other."""
    low, high = min(values), max(values)
    apart = 0.0 if high > low else abs(high) or 1.0
    return low - apart, high + apart

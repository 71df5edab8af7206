"""Text in columns that is no wider than a terminal: what does not fit goes on in the next line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Final

WIDEST: Final = 100
"""How wide a text is, at most."""
_GAP: Final = "  "
_LEAST: Final = 6
"""How narrow a column is made, at most."""
_LONG: Final = 24
"""How long words are that may be broken before all others."""

Rows = Sequence[Sequence[str]]


def table(header: Sequence[str], rows: Rows, widest: int = WIDEST) -> str:
    """Print rows below a header, each cell over as many lines as it needs.

    >>> print(table(("who", "what"), [("a", "does this and that"), ("b", "")], 14))
    who  what
    ---  ----
    a    does this
         and that
    b
    """
    widths = _widths([header, *rows], widest)
    ruled = ["-" * max(map(len, wrapped(*one))) for one in zip(header, widths, strict=True)]
    lines = (line for row in (header, ruled, *rows) for line in _lines(row, widths))
    return "\n".join(lines)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return the lines of a text; words are broken only where they are wider than a line.

    >>> wrapped("this and that", 9, "  ")
    ['this and', '  that']
    """
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    cells = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        pairs = zip(parts, widths, strict=True)
        yield _GAP.join(part.ljust(width) for part, width in pairs).rstrip()


def _widths(rows: Rows, widest: int) -> list[int]:
    """Return how wide columns are: what is too much is taken where it does the least harm."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    heights = cache(lambda n, width: [len(wrapped(cell, width)) for cell in columns[n]])
    words = [
        [len(word) for cell in column for word in cell.split() if len(word) <= _LONG]
        for column in columns
    ]

    def harm(n: int) -> tuple[int, int, int]:
        """Count the words that are broken if a column is narrower by one, and the lines then."""
        narrowed = [width - (m == n) for m, width in enumerate(widths)]
        lines = zip(*(heights(m, width) for m, width in enumerate(narrowed)), strict=True)
        broken = sum(length > narrowed[n] for length in words[n])
        return broken, sum(map(max, lines)), -widths[n]

    while sum(widths) + len(_GAP) * (len(widths) - 1) > widest:
        wide = [n for n, width in enumerate(widths) if width > _LEAST]
        if not wide:
            break
        widths[min(wide, key=harm)] -= 1
    fitted = zip(columns, widths, strict=True)
    return [max(len(line) for cell in column for line in wrapped(cell, n)) for column, n in fitted]

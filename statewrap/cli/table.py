"""Tables of text that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Final

GAP: Final = "  "
NARROWEST: Final = 12


def terminal_width() -> int:
    """Return how many characters fit on a line, 80 where that is unknown."""
    return shutil.get_terminal_size((80, 24)).columns


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Lay out rows under a header; cells are wrapped where the line would be too long.

    The widest columns give way first: down to their longest word, and if need be to 12 characters,
    the first column, which names things, last of all.

    >>> print(table(("name", "what it does"), [("Clip", "Hold each action within bounds")], 24))
    name  what it does
    ----  ------------------
    Clip  Hold each action
          within bounds
    """
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    available = width - len(GAP) * (len(columns) - 1)
    words = [_longest_word(column) for column in columns]
    narrow = [NARROWEST] * len(columns)
    for least in (words, [words[0], *narrow[1:]], narrow):
        while sum(widths) > available and (give := _widest(widths, least)) is not None:
            widths[give] -= 1
    rule = ["-" * n for n in widths]
    return "\n".join(text for row in (header, rule, *rows) for text in _wrapped(row, widths))


def _longest_word(column: Sequence[str]) -> int:
    return max(len(word) for cell in column for word in cell.split() or [""])


def _widest(widths: Sequence[int], least: Sequence[int]) -> int | None:
    """Return the widest column that may still give way."""
    free = [i for i, (n, floor) in enumerate(zip(widths, least, strict=True)) if n > floor]
    return max(free, key=lambda i: widths[i], default=None)


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, n) or [""] for cell, n in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    columns = [
        [line.ljust(n) for line in cell + [""] * (height - len(cell))]
        for cell, n in zip(cells, widths, strict=True)
    ]
    return [GAP.join(line).rstrip() for line in zip(*columns, strict=True)]

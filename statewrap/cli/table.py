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

    The widest columns give way first, down to 12 characters each.

    >>> print(table(("name", "what it does"), [("Clip", "Hold each action within bounds")], 24))
    name  what it does
    ----  ------------------
    Clip  Hold each action
          within bounds
    """
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    available = width - len(GAP) * (len(widths) - 1)
    while sum(widths) > available and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    rule = ["-" * n for n in widths]
    return "\n".join(text for row in (header, rule, *rows) for text in _wrapped(row, widths))


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, n) or [""] for cell, n in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    columns = [
        [line.ljust(n) for line in cell + [""] * (height - len(cell))]
        for cell, n in zip(cells, widths, strict=True)
    ]
    return [GAP.join(line).rstrip() for line in zip(*columns, strict=True)]

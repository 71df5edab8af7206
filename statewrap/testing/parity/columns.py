"""Text in columns."""

from __future__ import annotations

from collections.abc import Sequence


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows under a header, each column as wide as its widest cell.

    >>> print(columns(("name", "n"), [("a", "1"), ("bcdef", "2")]))
    name   n
    a      1
    bcdef  2
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(_line(row, widths) for row in (header, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip()

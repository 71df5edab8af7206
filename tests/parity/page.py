"""The page of all twins: a line for each, made of what was compared and of what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from gymnasium import wrappers as theirs

from tests.parity.side_by_side import Compared
from tests.parity.told import Told

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "gymnasium.md"
DIFFERENCES: Final = ROOT / "docs" / "reference" / "differences.md"
COSTS: Final = ROOT / "tests" / "benchmarks" / "twins.json"
NAMES: Final = tuple(name for name in theirs.__all__ if name != "vector")
SINKS: Final = {"HumanRendering", "RecordVideo", "RenderCollection"}
"""Twins that are sinks, which remember nothing that a policy could see."""
LINE: Final = re.compile(r"^\| `(?:\w+\.)?(\w+)` \|.*\|$", re.MULTILINE)
PICTURES: Final = "## On pictures"


def line(name: str, *compared: Told | Compared) -> str:
    """Write the line of a wrapper."""
    called = f"sinks.{name}" if name in SINKS else name
    cells = [f"`{called}`", _equal(compared), _saved(name, compared), _differences(name)]
    return _row(*cells, *costs("rows", name))


def line_on_pictures(name: str) -> str:
    """Write the line of a wrapper in the table of those over pictures."""
    return _row(f"`{name}`", *costs("pictures", name))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _equal(compared: tuple[Told | Compared, ...]) -> str:
    """Say where, and how much, was compared."""
    places = list(dict.fromkeys(place for one in compared for place in one.places))
    worlds = sum(one.worlds for one in compared if isinstance(one, Told))
    first = f"{places[0]} and {worlds} worlds made of it" if worlds else places[0]
    episodes, steps = (sum(getattr(one, n) for one in compared) for n in ("episodes", "steps"))
    return f"{', '.join([first, *places[1:]])}: {episodes:,} episodes, {steps:,} steps"


def _saved(name: str, compared: tuple[Told | Compared, ...]) -> str:
    if name in SINKS:
        return "keeps no memory"
    cuts = sum(one.cuts for one in compared if isinstance(one, Told))
    assert cuts, f"{name} was never saved"
    return f"after {cuts} different calls"


def _differences(name: str) -> str:
    """Link to what is said about a wrapper on the page of differences."""
    for heading in re.findall(r"^## (.*)$", DIFFERENCES.read_text(encoding="utf-8"), re.MULTILINE):
        if name in heading.split(", "):
            anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            return f"[listed](differences.md#{anchor})"
    return "none"


def costs(part: str, name: str) -> tuple[str, str, str]:
    """Return what was measured of a wrapper: ours, Gymnasium's, and their ratio."""
    ours, gymnasium_s = measured(part)[name]
    ratio = f"{ours / gymnasium_s:.2f}" if min(ours, gymnasium_s) > 0 else ""
    return f"{ours:.2f}", f"{gymnasium_s:.2f}", ratio


def measured(part: str = "rows") -> dict[str, Any]:
    """Return what the benchmark wrote down: name, to ours and Gymnasium's microseconds."""
    found: dict[str, Any] = json.loads(COSTS.read_text(encoding="utf-8"))[part]
    return found


def on_the_page(part: str = "rows") -> dict[str, str]:
    """Return the lines on the page by name: of all wrappers, or of those over pictures."""
    rows, pictures = PAGE.read_text(encoding="utf-8").split(PICTURES)
    return {found[1]: found[0] for found in LINE.finditer(rows if part == "rows" else pictures)}


def put(new: str, name: str, part: str = "rows") -> None:
    """Write a line onto the page, in place of the one of that name."""
    rows, pictures = PAGE.read_text(encoding="utf-8").split(PICTURES)
    old = on_the_page(part)[name]
    if part == "rows":
        rows = rows.replace(old, new)
    else:
        pictures = pictures.replace(old, new)
    PAGE.write_text(PICTURES.join([rows, pictures]), encoding="utf-8")

"""The page of truth: a line a wrapper, made of what was compared and of what was measured."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.bridge import summary
from tests.parity.bridge.entries import Bridged
from tests.parity.bridge.everything import ENTRIES
from tests.parity.bridge.hostile_cases import Hostile
from tests.parity.bridge.judging import Verdict
from tests.parity.bridge.telling import Told

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "reference" / "bridge.md"
COSTS: Final = ROOT / "tests" / "benchmarks" / "bridge.json"
LINE: Final = re.compile(r"^\| `([\w ]+)` \|.*\|$", re.MULTILINE)
TOTALS: Final = re.compile(r"^(?:Of \d+ wrappers|Cost of).*$", re.MULTILINE)
PLACE: Final = re.compile(r" \([^()]* in [^()]*:\d+\)")
CURE: Final = " In mode='greenlet' or 'auto' its calls are suspended instead (the extra greenlet)."
LONGEST: Final = 140


def line(entry: Bridged, found: Told) -> str:
    """Write the line of a wrapper."""
    cells = (
        f"`{entry.id}`",
        entry.package,
        found.mode or "refused",
        _short(found.why),
        _equal(found),
        _saved(found),
        _cost(entry, found),
        entry.note,
    )
    return f"| {' | '.join(cells)} |"


def line_of_a_hostile(case: Hostile, replay: Verdict, auto: Verdict) -> str:
    """Write the line of a hostile wrapper."""
    doc = _first(case.factory.__doc__)
    replayed = "equal" if replay.outcome == "equal" else f"refused: {_short(replay.words)}"
    return f"| `{case.name}` | {doc} | {replayed} | {auto.outcome} |"


def _first(text: str | None) -> str:
    return (text or "").strip().split("\n", maxsplit=1)[0].replace("|", "\\|")


def _short(text: str) -> str:
    """Cut a sentence short, for a cell; lines of files and cures are left out."""
    words = PLACE.sub("", re.sub(r"\s+", " ", text)).removesuffix(CURE).replace("|", "\\|")
    return words if len(words) <= LONGEST else f"{words[:LONGEST].rsplit(' ', 1)[0]} ..."


def _equal(found: Told) -> str:
    if found.outcome == "refused":
        return "not run"
    places = ", ".join(dict.fromkeys(place for one in found.compared for place in one.places))
    worlds = sum(one.worlds for one in found.compared)
    steps = sum(one.steps for one in found.compared)
    return f"{places}{f' and {worlds} worlds' if worlds else ''}: {steps:,} steps"


def _saved(found: Told) -> str:
    if found.outcome == "refused":
        return ""
    return f"after {found.cuts} calls" if found.cuts else "no"


def _cost(entry: Bridged, found: Told) -> str:
    modes = measured().get(entry.id, {})
    key = "greenlet" if found.mode.startswith("greenlet") else "replay"
    return f"{modes[key]['real'][2]:.2f}" if key in modes and found.mode else ""


def measured() -> dict[str, Any]:
    """Return what the benchmark wrote down."""
    found: dict[str, Any] = json.loads(COSTS.read_text(encoding="utf-8"))
    return found


def on_the_page() -> dict[str, str]:
    """Return the lines on the page by name."""
    return {found[1]: found[0] for found in LINE.finditer(PAGE.read_text(encoding="utf-8"))}


def put(new: str, name: str) -> None:
    """Write a line onto the page, in place of the one of that name."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(on_the_page()[name], new), encoding="utf-8")


def totals() -> list[str]:
    """Say in sentences what the lines of the page come to, and what was measured."""
    lines = {name: one for name, one in on_the_page().items() if name in ENTRIES}
    cells = [[cell.strip() for cell in one.strip("|").split("|")] for one in lines.values()]
    modes = Counter(row[2] for row in cells)
    run = sum(many for mode, many in modes.items() if mode != "refused")
    told = ", ".join(f"{many} {mode}" for mode, many in sorted(modes.items()) if mode != "refused")
    packages = len({row[1] for row in cells})
    saved = sum(row[5].startswith("after") for row in cells)
    total = (
        f"Of {len(cells)} wrappers of {packages} packages {run} run bit-equal ({told}), "
        f"{saved} of them are saved in the middle of a call; {modes['refused']} are refused as "
        "they are made."
    )
    sentences = [total]
    rows = measured()
    for mode in ("replay", "greenlet"):
        parts = [
            f"{kind}: median {median:.2f}, most {most}"
            for kind, (median, most) in summary(rows, mode).items()
        ]
        if parts:
            sentences.append(f"Cost of {mode} over real environments: {'; '.join(parts)}.")
    return sentences


def put_totals() -> None:
    """Write the sentences onto the page, in place of those there."""
    text = PAGE.read_text(encoding="utf-8")
    new = iter(totals())
    kept = TOTALS.sub(lambda _: next(new, ""), text)
    PAGE.write_text(kept, encoding="utf-8")


def totals_on_the_page() -> list[str]:
    """Return the sentences on the page."""
    return TOTALS.findall(PAGE.read_text(encoding="utf-8"))

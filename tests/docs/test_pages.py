"""The documentation says what the code says, where one of them could be forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import statewrap
import statewrap.core.errors
import statewrap.testing
from statewrap.cli.wrappers import arguments
from statewrap.core.protocol import TABLE, diagram
from statewrap.core.wrapper import Wrapper
from statewrap.gym.bridge import errors as bridge_errors

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
REFERENCE = ROOT / "docs" / "reference"
LINK = re.compile(r"\]\(([^)#:\s]*)(#[^)\s]*)?\)")
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)

BOX = [
    kind
    for name in statewrap.wrappers.__all__
    if isinstance(kind := getattr(statewrap.wrappers, name), type) and issubclass(kind, Wrapper)
]


def page(name: str) -> str:
    """Read a page of the reference, its lines joined."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings make, as they are made on the web."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_diagram_is_drawn_from_the_table() -> None:
    """The page holds what `diagram()` gives, whole and unchanged."""
    (drawn,) = re.findall(r"```mermaid\n(.*?)\n```", page("protocol.md"), re.DOTALL)

    assert diagram() == drawn


@pytest.mark.parametrize("state", TABLE, ids=lambda state: state.value)
def test_the_page_lists_the_calls_of_each_state(state) -> None:
    """The table in words has the calls of `TABLE`, and no others."""
    (row,) = re.findall(rf"^\| `{state.value}` \|(.*)\|$", page("protocol.md"), re.MULTILINE)

    assert set(TABLE[state]) == set(re.findall(r"`(\w+)`", row.split("|")[-1]))


@pytest.mark.parametrize("kind", BOX, ids=lambda kind: kind.__name__)
def test_every_wrapper_is_in_the_reference_with_its_arguments(kind) -> None:
    """Names, order and defaults are those of the class."""
    text = page("wrappers.md")

    assert f"## {kind.__name__}\n" in text
    assert f"`{kind.__name__}({arguments(kind)})`" in text


def test_every_error_is_in_the_reference() -> None:
    """Each public error has a row, and each row is of an error that there is."""
    errors = {
        name
        for name in statewrap.__all__
        if isinstance(thing := getattr(statewrap, name), type) and issubclass(thing, Exception)
    }

    rows = set(re.findall(r"^\| `(\w+)` \|", page("errors.md"), re.MULTILINE))

    assert errors == rows & errors
    assert all(issubclass(getattr(bridge_errors, name), Exception) for name in rows - errors)


def test_every_law_is_in_the_reference() -> None:
    """Under its name, in the order in which it is held; each broken by an example."""
    headings = re.findall(r"^### (\w+)$", page("laws.md"), re.MULTILINE)
    held = [law.__name__ for law in statewrap.testing.laws_for()]

    assert set(held) == set(headings)
    assert {f"broken({name}, " for name in held if name != "survives_a_fresh_interpreter"} <= set(
        re.findall(r"broken\(\w+, ", page("laws.md"))
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path) -> None:
    """Files exist, and headings have the anchors that are linked to."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    broken = []
    for file, anchor in LINK.findall(text):
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor[1:] not in anchors(target)):
            broken.append(file + anchor)

    assert [] == broken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_fence_after_an_example_is_preceded_by_an_empty_line(path) -> None:
    """Otherwise the fence would be taken for expected output, or an error hidden by it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    blocks = [number for number, line in enumerate(lines) if line.strip() == "```"]
    inside = [n for n in blocks if any(x.startswith(">>> ") for x in opened(lines, n))]

    assert [] == [n + 1 for n in inside if lines[n - 1].strip()]


def opened(lines: list[str], closing: int) -> list[str]:
    """Return the lines of the block that closes at a line."""
    for number in range(closing - 1, -1, -1):
        if lines[number].strip().startswith("```"):
            return lines[number + 1 : closing] if lines[number].strip() != "```" else []
    return []

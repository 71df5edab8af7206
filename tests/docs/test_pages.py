"""The documentation says what the code says, where one of them could be forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

import statewrap
import statewrap.testing
from statewrap import Deployment
from statewrap.cli.main import main
from statewrap.cli.wrappers import arguments
from statewrap.core.protocol import TABLE, diagram
from statewrap.core.wrapper import Wrapper

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "statewrap"
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
PARTS = [path.stem for path in PACKAGE.iterdir()]
REFERENCE = ROOT / "docs" / "reference"
INNER = {
    "Apart": "a `Broken` that says how far it got",
    "BothRaised": "caught by a law",
    "Failed": "caught by a parity check",
    "NotCopiedError": "a reason in a `ConfigurationError`",
    "NotPlainError": "caught by `explain`",
    "PartError": "a reason in a `ConfigurationError`",
    "ScriptOver": "caught by the laws",
    "StaysHome": "a `Broken` that says how far it got",
    "Tripped": "raised by a law, and caught by it",
    "UnreadableError": "told by the error of who met it",
}
"""Errors that need no row, since they never leave the library; and why."""
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


def modules() -> Iterator[ModuleType]:
    """Import every module of the package whose extras are installed."""
    for found in pkgutil.walk_packages(statewrap.__path__, "statewrap."):
        with suppress(ImportError):
            yield importlib.import_module(found.name)


def errors() -> dict[str, type[Exception]]:
    """Find the classes of errors that a user of the package can meet.

    The commands say in words what went wrong, so theirs are not among them.
    """
    found = {
        name: kind
        for module in modules()
        if not module.__name__.startswith("statewrap.cli")
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and not name.startswith("_")
    }
    ours = {n: kind for n, kind in found.items() if kind.__module__.startswith("statewrap.")}
    return {name: kind for name, kind in ours.items() if name not in INNER}


def test_every_error_is_in_the_reference() -> None:
    """Each error that a user can meet has a row, and each row is of an error that there is."""
    rows = re.findall(r"^\| `(\w+)` \|", page("errors.md"), re.MULTILINE)

    assert sorted(errors()) == sorted(rows)


def test_no_error_is_left_out_that_there_is_not() -> None:
    """The names that need no row are of errors that exist."""
    defined = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))

    assert [] == [name for name in INNER if f"class {name}(" not in defined]


@pytest.mark.parametrize("name", errors())
def test_an_error_is_what_its_row_says(name) -> None:
    """Each class under "also a" is a base of it."""
    (bases,) = re.findall(rf"^\| `{name}` \|([^|]*)\|", page("errors.md"), re.MULTILINE)
    named = re.findall(r"`(\w+)`", bases)

    assert set(named) <= {base.__name__ for base in errors()[name].__mro__}


def test_every_extra_is_in_the_reference() -> None:
    """Each of `pyproject.toml` has a row, and each row is of one that there is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rows = re.findall(r"^\| `(\w+)` \|", page("extras.md"), re.MULTILINE)

    assert sorted(project["optional-dependencies"]) == sorted(rows)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_extra_that_a_page_names_exists(path) -> None:
    """As in "the extra `video`", or in a line for pip."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = " ".join(path.read_text(encoding="utf-8").split())
    named = re.findall(r"\bextra:? `(\w+)`", text) + re.findall(r"statewrap\[(\w+)\]", text)

    assert set(named) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("name", [name for name in dir(Deployment) if name[0] != "_"])
def test_every_part_of_a_deployment_is_in_the_reference(name) -> None:
    """Each call and each thing that can be read begins a row of the page."""
    rows = re.findall(r"^\| (`.*?`) \|", page("deployment.md"), re.MULTILINE)

    assert any(re.search(rf"\b{name}\b", re.sub(r"\([^)]*\)", "", row)) for row in rows)


def test_every_argument_of_a_deployment_is_in_the_reference() -> None:
    """Under its name, in the table of arguments."""
    table = page("deployment.md").partition("## Arguments")[2].partition("## ")[0]
    named = re.findall(r"^\| (`\w.*?) \|", table, re.MULTILINE)
    arguments_of = [name for name in inspect.signature(Deployment).parameters if name != "self"]

    assert sorted(arguments_of) == sorted(re.findall(r"`(\w+)`", " ".join(named)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_name_of_the_package_exists(path) -> None:
    """What is said with its module, as `statewrap.gym.from_env`, can be found there."""
    names = set(re.findall(r"\bstatewrap(?:[.:]\w+)+", path.read_text(encoding="utf-8")))
    within = {name for name in names if re.split("[.:]", name)[1] in {*PARTS, *statewrap.__all__}}

    assert [] == [name for name in sorted(within) if not exists(re.split("[.:]", name))]


def exists(parts: list[str]) -> bool:
    """Tell whether a name, split at its points, leads to something; X stands for any name."""
    thing = statewrap
    for number, part in enumerate(parts[1:], 2):
        with suppress(ImportError):
            importlib.import_module(".".join(parts[:number]))
        if part != "X" and not hasattr(thing, part):
            return False
        thing = getattr(thing, part, thing)
    return True


@pytest.mark.parametrize("command", main.commands)
def test_every_command_is_in_the_reference(command) -> None:
    """In the list at the top, and under a heading of its own."""
    text = page("cli.md")

    assert re.search(rf"^statewrap {command}\b", text, re.MULTILINE)
    assert f"\n## statewrap {command}\n" in text


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

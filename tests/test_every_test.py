"""Every test can fail: it asserts something itself, or calls what does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from statewrap.testing import LAWS

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("test_*.py"))
ASSERTING = {
    *(law.__name__ for law in LAWS),
    *("law", "hold_law", "rewards_add_up", "newest_observation_is_shown", "ends_are_kept"),
    *("assert_equivalent", "agrees_with_its_oracle", "check_env", "raises", "warns", "fail"),
    *("assert_outcomes", "fnmatch_lines"),
}
"""What raises where something is not so."""


def parsed(file: Path) -> ast.Module:
    """Read a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> dict[str, ast.AST]:
    """Find the functions of a file, in classes and functions too."""
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def called(function: ast.AST) -> Iterator[str]:
    """Name what a function calls."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def asserts(function: ast.AST, known: set[str] = ASSERTING) -> bool:
    """Tell whether a function asserts something, or calls what is known to."""
    own = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return own or not known.isdisjoint(called(function))


def helpers(tree: ast.Module) -> set[str]:
    """Name the functions of a file that assert and are no tests, and those that it imports."""
    own = {name for name, one in functions(tree).items() if not name.startswith("test_")}
    found = {name for name in own if asserts(functions(tree)[name])}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            file = HERE.parent.joinpath(*node.module.split(".")).with_suffix(".py")
            if file.exists():
                found |= {alias.name for alias in node.names} & helpers(parsed(file))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HERE)))
def test_each_test_of_a_file_can_fail(file: Path) -> None:
    """One that asserts nothing fails only where what it tries raises, which it does not say."""
    tree = parsed(file)
    known = ASSERTING | helpers(tree)
    tests = {name: one for name, one in functions(tree).items() if name.startswith("test_")}

    assert [] == [name for name, one in tests.items() if not asserts(one, known)]


@pytest.mark.parametrize(
    ("body", "can"),
    [
        ("assert x", True),
        ("with pytest.raises(ValueError): x()", True),
        ("settles(x)", True),
        ("held(x)", True),
        ("x(1)", False),
        ("x == 1", False),
    ],
)
def test_a_test_that_asserts_nothing_is_found(body: str, can: bool) -> None:
    """Whatever it calls."""
    tree = ast.parse(f"def held(x):\n    assert x\ndef test_x():\n    {body}")

    assert can == asserts(functions(tree)["test_x"], ASSERTING | helpers(tree))

"""What the import linter cannot see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import statewrap

PACKAGE = Path(statewrap.__file__).parent
PURE = sorted([*(PACKAGE / "core").glob("*.py"), *(PACKAGE / "wrappers").glob("*.py")])


@pytest.mark.parametrize("file", PURE, ids=lambda file: file.stem)
def test_core_and_wrappers_know_nothing_of_gymnasiums_wrappers(file):
    """They are written anew, so that agreement with Gymnasium's proves something."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not [name for name in names if name.startswith("gymnasium.wrappers")]


@pytest.mark.parametrize("file", PURE, ids=lambda file: file.stem)
def test_core_and_wrappers_draw_from_keys_alone(file):
    """Nothing there asks numpy's global generator or one that nobody seeded."""
    text = file.read_text()
    assert "np.random.seed" not in text
    assert "default_rng()" not in text


def test_importing_the_package_is_light():
    """Nothing optional is loaded, and no command line."""
    heavy = ("torch", "stable_baselines3", "click", "hypothesis", "pytest", "onnxruntime", "cv2")
    code = f"import sys, statewrap; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "[]\n" == found


def test_the_public_names_are_sorted_and_there():
    """`__all__` is what a person may import."""
    assert sorted(statewrap.__all__) == statewrap.__all__
    assert all(hasattr(statewrap, name) for name in statewrap.__all__)

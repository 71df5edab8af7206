"""The command `statewrap` itself."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.cli.filters import run


def test_says_its_version() -> None:
    """The one that is installed."""
    assert f"statewrap, version {version('statewrap')}\n" == run("--version").stdout.decode()


@pytest.mark.parametrize("command", [[], ["act"], ["check"], ["demo"], ["parity"], ["wrappers"]])
def test_helps(command) -> None:
    """Every command says what it is for, and its options."""
    done = run(*command, "--help")

    assert 0 == done.returncode
    assert b"Usage:" in done.stdout
    assert b"--help" in done.stdout


def test_a_wrong_command_is_an_error() -> None:
    """Without a traceback."""
    done = run("atc")

    assert 2 == done.returncode
    assert b"No such command" in done.stderr


def test_the_library_stays_light() -> None:
    """Importing it brings neither the command line nor any trained policy's library."""
    code = "import statewrap, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = {"click", "torch", "stable_baselines3", "pygame"}
    assert set() == heavy & set(done.stdout.split())

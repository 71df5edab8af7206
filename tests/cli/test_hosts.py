"""The hosts of docs/examples, compiled and run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.cli.filters import STATEWRAP

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
DEMO = ROOT / "statewrap" / "cli" / "demo"


def run(*command: object) -> subprocess.CompletedProcess:
    """Run a host, with `statewrap act` as the end of its command line."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def compiler() -> str:
    """Find a C compiler; a machine without one fails, since skipping would hide it."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert found, "This test needs a C compiler: install gcc or clang."
    return found


def test_a_host_in_c_holds_a_pendulum_up(tmp_path) -> None:
    """It compiles without a warning, swings the pendulum up and keeps it there."""
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    built = run(compiler(), *flags, "-o", tmp_path / "host", EXAMPLES / "host.c", "-lm")
    assert (0, "") == (built.returncode, built.stderr)

    done = run(tmp_path / "host", *STATEWRAP, "act", EXAMPLES / "pendulum.toml")

    height = float(done.stdout.removeprefix("mean height in the last 100 steps: ").split()[0])
    assert 0 == done.returncode
    assert height > 0.95
    assert 3 == done.stderr.count("episode_end")


def test_a_host_in_shell_balances_a_pole() -> None:
    """For all of its 300 steps, and gets the episode's statistics back."""
    done = run("/bin/sh", EXAMPLES / "host.sh", *STATEWRAP, "act", DEMO / "cartpole.toml")

    episode = json.loads(done.stdout)["episode"]
    assert (0, 300.0, 300) == (done.returncode, episode["return"], episode["length"])


def test_a_host_in_c_ends_when_its_filter_does(tmp_path) -> None:
    """With a status and a sentence of its own."""
    flags = ["-std=gnu11", "-o", tmp_path / "host", EXAMPLES / "host.c", "-lm"]
    assert 0 == run(compiler(), *flags).returncode

    done = run(tmp_path / "host", *STATEWRAP, "act", tmp_path / "none.toml")

    assert 1 == done.returncode
    assert "No such file" in done.stderr
    assert "host: no answer: the filter has ended" in done.stderr


def test_a_host_in_shell_ends_when_its_filter_does(tmp_path) -> None:
    """It does not hang when the filter cannot begin."""
    done = run("/bin/sh", EXAMPLES / "host.sh", *STATEWRAP, "act", tmp_path / "none.toml")

    assert 1 == done.returncode
    assert "the filter has ended" in done.stderr
    assert "No such file" in done.stderr

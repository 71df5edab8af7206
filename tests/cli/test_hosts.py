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


def test_a_host_in_c_holds_a_pendulum_up(tmp_path) -> None:
    """It compiles without a warning, swings the pendulum up and keeps it there."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler, "This test needs a C compiler: install gcc or clang."
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    built = run(compiler, *flags, "-o", tmp_path / "host", EXAMPLES / "host.c", "-lm")
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


def test_a_host_is_told_when_it_is_refused(tmp_path) -> None:
    """Neither hangs when the filter cannot begin."""
    done = run("/bin/sh", EXAMPLES / "host.sh", *STATEWRAP, "act", tmp_path / "none.toml")

    assert 0 != done.returncode
    assert "No such file" in done.stderr

"""A small deployment on disk, and `statewrap act` as a process to talk to."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

STATEWRAP = (sys.executable, "-m", "statewrap.cli.main")

TOML = """
policy = { type = "MLP", file = "sum.npz" }
seed = 7
on_reset = "request"

[spaces]
observation = { type = "Box", low = -100.0, high = 100.0, shape = [2] }
action = { type = "Box", low = -1000.0, high = 1000.0, shape = [2] }

[[wrappers]]
type = "FrameStackObservation"
stack_size = 2
"""
"""The action is the sum of the last two observations, so that a forgotten frame shows."""


def written(folder: Path, text: str = TOML) -> Path:
    """Write a configuration, and the policy that adds two frames; return the file's path."""
    np.savez(
        folder / "sum.npz",
        weight_0=np.hstack([np.eye(2), np.eye(2)]).astype(np.float32),
        bias_0=np.zeros(2, np.float32),
        activation="tanh",
        output="linear",
    )
    (folder / "sum.toml").write_text(text, encoding="utf-8")
    return folder / "sum.toml"


def run(*arguments: object, lines: bytes | list = b"", **options) -> subprocess.CompletedProcess:
    """Run `statewrap` to its end on some input."""
    if isinstance(lines, list):
        lines = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    command = [*STATEWRAP, *map(str, arguments)]
    return subprocess.run(
        command, input=lines, capture_output=True, timeout=120, check=False, **options
    )


def answers(done: subprocess.CompletedProcess) -> list[dict]:
    """Return what was answered, line by line."""
    return [json.loads(line) for line in done.stdout.splitlines()]


class Act:
    """A `statewrap act` process, and the pipes to it."""

    def __init__(self, *arguments: object, **options) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*STATEWRAP, "act", *map(str, arguments)],
            **{"stdin": pipe, "stdout": pipe, "stderr": pipe, **options},
        )

    def ask(self, line: bytes | None = None, **keys: object) -> dict:
        """Send a line and return its answer."""
        self.process.stdin.write((json.dumps(keys).encode() if line is None else line) + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> tuple[int, str]:
        """Close its input; return its status and what it logged."""
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, (log or b"").decode()

    def kill(self) -> None:
        """Crash it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

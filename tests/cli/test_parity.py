"""`statewrap parity`: a port held against its original, from the shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.filters import run

PORTS = '''
import attrs
import gymnasium
from gymnasium import wrappers as theirs

from statewrap import Wrapper
from statewrap.testing.parity import Parity
from statewrap.wrappers import RepeatAction, TimeLimit


@attrs.frozen
class Late(Wrapper[int]):
    """A limit that is off by one."""

    limit: int

    def initial(self, key):
        return 0

    def on_state(self, memory, timestep):
        elapsed = memory if timestep.first else memory + 1
        late = elapsed > self.limit
        return elapsed, timestep.replace(truncated=True) if late else timestep


def make_env():
    return gymnasium.make("CartPole-v1").unwrapped


RIGHT = Parity(make_env, TimeLimit(9) | RepeatAction(3), generate=False)
NUMBER = 3


def wrong():
    return Parity(make_env, Late(5), original=lambda env: theirs.TimeLimit(env, 5))


def refused():
    return Parity(make_env, Late(5))


def broken():
    raise OSError("no such port")
'''


@pytest.fixture
def ports(tmp_path: Path) -> Path:
    """Write a file with ports, right ones and wrong ones."""
    file = tmp_path / "ports.py"
    file.write_text(PORTS)
    return file


def test_a_right_port_is_told_in_a_table(ports) -> None:
    """With status 0; progress is on standard error, a line a trial."""
    done = run("parity", f"{ports}:RIGHT")

    table, progress = done.stdout.decode(), done.stderr.decode().splitlines()
    assert 0 == done.returncode
    assert "TimeLimit(max_episode_steps=9) | RepeatAction(num_repeats=3)" in table
    assert "No difference in 9 episodes" in table
    assert "[3/3] as it is, seed 2" == progress[-1]


def test_a_wrong_port_is_shown_with_its_trace(ports) -> None:
    """With status 1; a function may give it."""
    done = run("parity", f"{ports}:wrong", "--seed", "7", "--no-generate")

    text = done.stdout.decode()
    assert 1 == done.returncode
    assert "They differ in truncated" in text
    assert "Wrapper 0, Late(limit=5), does not do what TimeLimit does." in text
    assert "seed 7" in text
    assert "≠ truncated: True != False" in text


def test_the_report_can_be_had_as_json(ports) -> None:
    """And nothing else is on standard output."""
    done = run("parity", f"{ports}:wrong", "--json", "--episodes", "2")

    report = json.loads(done.stdout)
    assert 1 == done.returncode
    assert (False, "truncated") == (report["same"], report["difference"]["path"])
    assert "tape = Tape(" in report["difference"]["code"]
    assert ["as it is"] == [one["world"] for one in report["worlds"]]


def test_episodes_and_seeds_can_be_given(ports) -> None:
    """In place of the port's own."""
    options = ("--episodes", "2", "--seed", "3", "--seed", "4", "--json")

    done = run("parity", f"{ports}:RIGHT", *options)

    assert [(3, 2), (4, 2)] == [
        (one["seed"], one["episodes"]) for one in json.loads(done.stdout)["worlds"]
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ports.py:NUMBER", "expected a Parity or a function that gives one"),
        ("ports.py:Late", "expected a Parity or a function that gives one"),
        ("ports.py:WRONG", "has no 'WRONG'"),
        ("ports.py:broken", "raised OSError: no such port"),
        ("ports.py:refused", "original=lambda env: TheOriginal(env, ...)"),
        ("elsewhere.py:RIGHT", "There is no file"),
        ("no_such_module:RIGHT", "cannot be imported"),
        ("RIGHT", "names nothing"),
    ],
)
def test_what_cannot_be_compared_is_an_error_of_usage(ports, name, words) -> None:
    """With status 2, and no traceback."""
    done = run("parity", name, cwd=ports.parent)

    said = " ".join(done.stderr.decode().split())
    assert 2 == done.returncode
    assert words in said
    assert "Traceback" not in said


def test_helps() -> None:
    """With the example of a file."""
    done = run("parity", "--help")

    assert 0 == done.returncode
    assert b"PORT = Parity(make_env, MySkip(3)" in done.stdout


def test_a_terminal_shows_one_line_of_progress(ports) -> None:
    """Each rewrites the one before, and nothing is left of them."""
    controller, terminal = os.openpty()
    command = [sys.executable, "-m", "statewrap.cli.main", "parity", f"{ports}:RIGHT"]

    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
    os.close(terminal)
    drawn = os.read(controller, 4096)
    os.close(controller)

    assert b"No difference" in done.stdout
    assert b"\n" not in drawn
    assert drawn.endswith(b"\r\x1b[K")

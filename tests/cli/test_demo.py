"""`statewrap demo`, its programs and its files."""

from __future__ import annotations

import ast
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from statewrap.cli.demo import command
from statewrap.cli.demo.command import FILES, FOLDER, first_difference
from statewrap.package.configuration import load
from tests.cli.filters import STATEWRAP, run

SOLVED = {"CartPole-v1": 490.0, "Acrobot-v1": -100.0, "Pendulum-v1": -250.0}


def imported(file: Path) -> set[str]:
    """Return the packages that a script imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return {name.split(".")[0] for name in names}


@pytest.fixture(scope="module")
def shown() -> tuple[dict, str]:
    """Run the demo once, in JSON."""
    done = run("demo", "--episodes", 2, "--seed", 40, "--json")
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout), done.stderr.decode()


def test_every_environment_agrees_with_gymnasium_to_the_last_action(shown) -> None:
    """And the returns with it."""
    result, _ = shown

    assert result["same"] is True
    for environment in result["environments"]:
        assert environment["mean_return"] == environment["mean_return_in_gymnasium"]
        assert (2, None) == (environment["episodes"], environment["difference"])
        assert environment["actions"] > 100


def test_leaving_the_statistics_out_makes_it_worse(shown) -> None:
    """The normalisation belongs to the policy."""
    result, _ = shown

    for environment in result["environments"]:
        assert environment["mean_return_without_statistics"] < environment["mean_return"]


def test_each_episode_is_logged(shown) -> None:
    """By the filter, with structlog, on standard error; no bar where there is no terminal."""
    _, log = shown

    assert (6, 3) == (log.count("episode_end"), log.count("deployment_closed"))
    assert "[#" not in log
    assert "Traceback" not in log


def test_prints_a_table_by_default() -> None:
    """For one environment, if asked, whatever the case of its name."""
    done = run("demo", "--episodes", 1, "--env", "cartpole-V1")

    output = done.stdout.decode()
    assert 0 == done.returncode
    assert "CartPole-v1" in output
    assert re.search(r"all 500\b", output)
    assert "Acrobot" not in output


def test_shows_a_bar_on_a_terminal() -> None:
    """Under the log; it is wiped away at the end."""
    terminal, ours = pty.openpty()
    arguments = ["demo", "--episodes", "1", "--env", "Acrobot-v1"]
    process = subprocess.Popen([*STATEWRAP, *arguments], stdout=subprocess.PIPE, stderr=ours)
    os.close(ours)
    drawn = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        drawn += piece
    os.close(terminal)
    process.communicate(timeout=60)

    assert 0 == process.returncode
    assert b"[##########" in drawn
    assert drawn.endswith(b"\r\x1b[K")


def test_a_difference_is_found_and_fails(monkeypatch, capsys) -> None:
    """Status 1, and the place of the first difference."""
    mine = [{"seed": 0, "return": 2.0, "length": 2, "policy_calls": 2, "actions": [0, 1]}]
    theirs = [{**mine[0], "actions": [0, 0]}]
    outcome = command.Outcome("CartPole-v1", mine, theirs, theirs)
    monkeypatch.setattr(command, "play", lambda *_: outcome)

    with pytest.raises(SystemExit) as ended:
        command.demo.main(["--env", "CartPole-v1"], standalone_mode=False)

    output = capsys.readouterr().out
    assert 1 == ended.value.code
    assert "CartPole-v1: seed 0, action 1: 1 here, 0 in Gymnasium" in output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"return": 2.5}, "seed 0, return: 2.0 here, 2.5 in Gymnasium"),
        ({"actions": [0, 1, 1], "length": 3}, "seed 0, length: 2 here, 3 in Gymnasium"),
        ({"actions": [0, 1, 1]}, "seed 0: 2 actions, 3 in Gymnasium"),
        ({"policy_calls": 1}, "seed 0, policy_calls: 2 here, 1 in Gymnasium"),
        ({}, None),
    ],
)
def test_everything_is_compared(change, words) -> None:
    """Actions, returns, lengths and how often the policy was asked."""
    mine = {"seed": 0, "return": 2.0, "length": 2, "policy_calls": 2, "actions": [0, 1]}

    assert words == first_difference([mine], [{**mine, **change}])


def test_a_missing_episode_is_a_difference() -> None:
    """Nothing equals something."""
    assert "0 episodes here, 1 in Gymnasium" == first_difference([], [{"seed": 0, "actions": []}])


@pytest.mark.parametrize("name", ["host.py", "baseline.py"])
def test_the_other_programs_know_nothing_of_statewrap(name) -> None:
    """Only Gymnasium, numpy and the standard library."""
    allowed = {"gymnasium", "numpy", *sys.stdlib_module_names}

    assert set() == imported(FOLDER / name) - allowed


def test_a_host_whose_filter_fails_says_so() -> None:
    """And the demo would end with an error of its own."""
    done = subprocess.run(
        [sys.executable, "-P", FOLDER / "host.py", "--env", "CartPole-v1", "--", "/bin/false"],
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert 1 == done.returncode
    assert b"it has ended" in done.stderr


def test_a_program_that_fails_ends_the_demo(monkeypatch, capfd) -> None:
    """What it wrote is above; there is no traceback."""
    monkeypatch.setattr(command, "FILES", {"CartPole-v1": "nothing"})

    with pytest.raises(SystemExit) as ended:
        command.demo.main(["--env", "CartPole-v1"])

    log = capfd.readouterr().err
    assert 1 == ended.value.code
    assert "nothing.toml: No such file" in log
    assert "host.py ended with status 1" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("name", FILES)
def test_each_policy_is_solved_and_small(name) -> None:
    """Twenty episodes of Gymnasium's own loop reach the return that counts as solved."""
    file = FOLDER / FILES[name]
    weights = file.with_suffix(".npz")
    arguments = ["--env", name, "--episodes", "20", "--weights", weights]
    done = subprocess.run(
        [sys.executable, "-P", FOLDER / "baseline.py", *arguments],
        capture_output=True,
        timeout=120,
        check=True,
    )

    returns = [json.loads(line)["return"] for line in done.stdout.splitlines()]
    assert 20 == len(returns)
    assert sum(returns) / 20 >= SOLVED[name]
    assert weights.stat().st_size < 100_000


@pytest.mark.parametrize("name", FILES)
def test_each_configuration_has_the_environment_s_spaces(name) -> None:
    """And names the environment that the host makes."""
    configuration = load(FOLDER / f"{FILES[name]}.toml")
    env = gymnasium.make(name)

    assert env.observation_space == configuration.below.observation_space
    assert env.action_space == configuration.below.action_space
    env.close()

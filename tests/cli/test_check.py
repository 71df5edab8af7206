"""`statewrap check` holds the laws against what is named, and says so by its exit status."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from statewrap.cli.main import main

WRAPPERS = '''
"""Wrappers to check."""
from gymnasium.spaces import Discrete
from statewrap import Below, Wrapper
from statewrap.wrappers import RepeatAction, TimeLimit

skip = RepeatAction(2)
several = [RepeatAction(2), TimeLimit(3)]
nothing = []
place = Below(Discrete(3), Discrete(2))
infos = {"lives": [3, 2], "speed": Discrete(4)}


def made():
    return RepeatAction(2) | TimeLimit(3)


class Pays(Wrapper):
    """Pay at the opening."""

    def on_state(self, memory, timestep):
        return memory, timestep.replace(reward=timestep.reward + 1.0)


class Asks(Wrapper):
    """Ask for what infos do not always hold."""

    def on_state(self, memory, timestep):
        return memory, timestep.replace(info={"speed": timestep.info["speed"]})


class Far(Wrapper):
    """Need a limit."""

    def bind(self, below):
        below.require("max_episode_steps", self)
        return self


class Named:
    """Hold a wrapper."""

    inner = skip
'''


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write the wrappers to a file of a name of its own; what is put on the path goes again."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    path = tmp_path / f"wrappers_{tmp_path.name.replace('-', '_')}.py"
    path.write_text(WRAPPERS)
    yield path
    sys.modules.pop(path.stem, None)


def run(*arguments):
    """Run the command in this process, with few examples; one law if none is named."""
    quick = () if "--law" in arguments else ("--law", "episode_rules_at_every_gap")
    return CliRunner().invoke(main, ["check", "--examples", "5", *quick, *map(str, arguments)])


def test_a_right_wrapper_is_status_0(file) -> None:
    """The report names the law and how often it was held."""
    done = run(f"{file}:skip")

    assert 0 == done.exit_code, done.output
    assert "RepeatAction(num_repeats=2): 1 law held" in done.output
    assert "episode_rules_at_every_gap  held, 5" in done.output


@pytest.mark.parametrize("name", ["made", "several", "Named.inner"])
def test_what_makes_or_holds_wrappers_will_do(file, name) -> None:
    """A function, a list, an attribute."""
    done = run(f"{file}:{name}")

    assert 0 == done.exit_code, done.output
    assert "RepeatAction(num_repeats=2)" in done.output


def test_a_broken_law_is_status_1(file) -> None:
    """The finding comes first, then the report."""
    done = run(f"{file}:Pays", f"{file}:skip")

    assert 1 == done.exit_code
    assert "breaks the law episode_rules_at_every_gap" in done.output
    assert "play(\n" in done.output or "play(Pays" in done.output
    assert "1 of 1 law broken" in done.output
    assert "RepeatAction(num_repeats=2): 1 law held" in done.output


def test_a_wrapper_that_cannot_be_held_is_status_2(file) -> None:
    """It says where it may live instead."""
    done = run(f"{file}:Far", "--below", f"{file}:place")

    assert 2 == done.exit_code
    assert "max_episode_steps" in done.output


def test_below_and_info_are_named(file) -> None:
    """Without the info the wrapper raises."""
    law = ("--law", "every_message_is_answered")

    assert 1 == run(f"{file}:Asks", *law).exit_code
    done = run(f"{file}:Asks", *law, "--info", f"{file}:infos", "--below", f"{file}:place")
    assert 0 == done.exit_code, done.output
    assert "1 kind of environment" in done.output


def test_lines_of_json(file) -> None:
    """One for each law of each wrapper."""
    done = run(f"{file}:Pays", f"{file}:skip", "--json")

    pays, skips = map(json.loads, done.output.splitlines())
    assert (True, False) == (pays["broken"], skips["broken"])
    assert "reward 1.0" in pays["found"]
    assert 5 == skips["examples"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{file}"], "names nothing"),
        (["no_such_module_at_all:x"], "cannot be imported (ModuleNotFoundError)"),
        (["{file}.py:x"], "There is no file"),
        (["{file}:skp"], "did you mean 'skip'?"),
        (["{stdlib}:skip"], "there is another module 'json'"),
        (["{file}:nothing"], "expected a wrapper or a stack"),
        (["{file}:place"], "expected a wrapper or a stack"),
        (["{file}:RepeatAction"], "was called without arguments, and raised TypeError"),
        (["{file}:skip", "--law", "identiti"], "There is no law 'identiti'"),
        (["{file}:skip", "--below", "{file}:infos"], "expected what is known"),
    ],
)
def test_what_cannot_be_used_is_status_2(file, arguments, words) -> None:
    """And says what was expected."""
    stdlib = file.parent / "json.py"
    stdlib.touch()
    done = run(*(argument.format(file=file, stdlib=stdlib) for argument in arguments))

    assert 2 == done.exit_code
    assert words in " ".join(done.output.split())


def test_every_law_from_a_shell_in_the_current_folder(file) -> None:
    """A module of the current folder is found, in a fresh interpreter too."""
    command = [sys.executable, "-m", "statewrap.cli.main", "check", f"{file.stem}:skip"]

    done = subprocess.run(
        [*command, "--examples", "3"], cwd=file.parent, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "survives_a_fresh_interpreter" in done.stdout

"""`statewrap config`, and `statewrap act` on YAML and JSON."""

from __future__ import annotations

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from statewrap.cli.main import main
from statewrap.package.configuration import load
from statewrap.package.texts import parsed, written
from tests.cli.filters import STATEWRAP

YAML = pytest.param(
    "yaml",
    marks=pytest.mark.skipif(find_spec("yaml") is None, reason="needs PyYAML: the extra yaml"),
)
DEMO = Path(__file__).parents[2] / "statewrap" / "cli" / "demo"


def run(*arguments: object, status: int = 0) -> str:
    """Run the command in this process, and return what it printed."""
    done = CliRunner().invoke(main, ["config", *map(str, arguments)])
    assert status == done.exit_code
    return done.output


@pytest.mark.parametrize("form", ["toml", YAML, "json"])
@pytest.mark.parametrize("name", ["acrobot", "cartpole", "pendulum"])
def test_prints_a_file_that_describes_the_same(form: str, name: str) -> None:
    """In the form that was asked for, and by default in the file's own."""
    file = DEMO / f"{name}.toml"

    text = run(file, "--to", form)

    assert load(file) == load(parsed(text, form), base=DEMO)
    assert text == written(parsed(text, form), form).rstrip("\n") + "\n"
    assert run(file) == run(file, "--to", "toml")


def test_leaves_out_what_goes_without_saying(tmp_path: Path) -> None:
    """The shortest names, and no defaults."""
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text(
        "check: first\nwrappers:\n- {_target_: statewrap.wrappers.TimeLimit, _args_: [9]}\n"
    )

    assert "wrappers:\n- {type: TimeLimit, max_episode_steps: 9}\n" == run(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "a.json: Expecting property name"),
        ('{"wrappers": [{"type": "TimeLimt"}]}', "a.json: wrappers[0].type: nothing is named"),
        ('{"policy": "operator:neg"}', "a.json: policy: 'operator:neg' would be imported"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str, words: str) -> None:
    """With the path in it, and status 2."""
    (tmp_path / "a.json").write_text(text)

    assert words in run(tmp_path / "a.json", status=2)


def test_says_what_cannot_be_written(tmp_path: Path, monkeypatch) -> None:
    """What a trusted file makes may have no name."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "opaque_of_mine.py").write_text("class Odd:\n    pass\nodd = [lambda x: x][0]\n")
    (tmp_path / "a.toml").write_text('policy = "opaque_of_mine:odd"\n')

    assert "a.toml: policy: " in run(tmp_path / "a.toml", "--trust", status=2)


@pytest.mark.parametrize("form", [YAML, "json"])
def test_act_reads_every_form(tmp_path: Path, toml: Path, form: str) -> None:
    """By the file's suffix."""
    document = parsed(toml.read_text(), "toml")
    (tmp_path / f"agent.{form}").write_text(written(document, form))
    lines = '{"observation": [1, 2]}\n{"close": true}\n'

    done = subprocess.run(
        [*STATEWRAP, "act", str(tmp_path / f"agent.{form}")],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [[2.0, 4.0], None] == [answer["action"] for answer in answers]

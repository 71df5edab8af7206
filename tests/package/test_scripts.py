"""What a running script defines: it is named as if imported, and the script never runs twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json
import attrs
import gymnasium
from statewrap import Below, Deployment, Policy, Wrapper, argument
from statewrap.package.fingerprint import fingerprint
from statewrap.gym import GymWrapper
from statewrap.stats import Statistic, Statistics
from statewrap.wrappers import TransformReward

print("runs", __name__)

def negative(reward):
    return -reward

def now():
    return 0.0

class Left(Policy):
    def decide(self, memory, timestep):
        return memory, 0

@attrs.frozen
class Mine(Wrapper):
    function: object = argument()

def stack():
    return TransformReward(negative) | Mine(negative)

def made():
    statistics = Statistics([Statistic("a", "reward", function=negative)], kpis={"k": negative})
    return Deployment(Left(), stack(), statistics=statistics, clock=now, sinks=[negative])

if __name__ == "__main__":
    document = made().config()
    assert document == made().config(plain=False)
    fingerprint(made().stack, Below())
    again = Deployment.from_config(document, trust=True)
    assert again.stack == made().stack and again.config() == document
    loop = GymWrapper(gymnasium.make("CartPole-v1"), stack())
    assert loop.spec.make().unwrapped is not None
    print(json.dumps(document))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder that is not on anybody else's path."""
    path = os.pathsep.join([p for p in sys.path if p])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("start", [["robot.py"], ["-m", "robot"], ["-m", "plant.robot"]])
def test_a_script_names_what_it_defines_and_runs_once(tmp_path: Path, start: list[str]) -> None:
    """Everywhere alike, policy and KPI; reading it there gives the same objects."""
    (tmp_path / "plant").mkdir()
    for folder in (tmp_path, tmp_path / "plant"):
        (folder / "robot.py").write_text(PROGRAM)
    module = start[-1].removesuffix(".py")

    lines = run(tmp_path, *start).stdout.splitlines()

    assert "runs __main__" == lines[0]
    assert 2 == len(lines)
    name = f'"{module}:negative"'
    assert 5 == lines[1].count(name)
    assert f'"clock": "{module}:now"' in lines[1]
    assert f'"policy": {{"type": "{module}:Left"}}' in lines[1]


def test_another_program_reads_it(tmp_path: Path) -> None:
    """It imports the script, for it trusts it."""
    (tmp_path / "robot.py").write_text(PROGRAM)
    document = run(tmp_path, "robot.py").stdout.splitlines()[-1]
    (tmp_path / "agent.json").write_text(document)
    reads = (
        "from statewrap import Deployment\n"
        "deployment = Deployment.from_config('agent.json', trust=True)\n"
        "import robot\n"
        "assert deployment.stack == robot.made().stack"
    )

    assert "runs robot\n" == run(tmp_path, "-c", reads).stdout


def test_what_was_typed_in_is_refused_with_the_cure(tmp_path: Path) -> None:
    """No other program could import it."""
    typed = PROGRAM.partition("if __name__")[0] + (
        "try:\n    made().config()\nexcept ValueError as error:\n    print(error)\n"
        "print(made().config(plain=False)['policy'])"
    )

    lines = run(tmp_path, "-c", typed).stdout.splitlines()

    assert lines[1].startswith("policy: ")
    assert "put it into a module" in lines[1]
    assert "Left object" in lines[2]
    assert 3 == len(lines)


def test_a_script_named_as_a_module_does_not_hide_it(tmp_path: Path) -> None:
    """What it does not define is the module's own."""
    (tmp_path / "operator_like.py").write_text("def abs(x):\n    return 7\n")
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "operator_like.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from statewrap import Deployment\n"
        "agent = Deployment.from_config({'policy': 'operator_like:abs'}, trust=True)\n"
        "print(agent.act(-3))\n"
    )

    assert "7\n" == run(tmp_path, "start/operator_like.py").stdout

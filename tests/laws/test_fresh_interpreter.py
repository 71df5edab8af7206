"""What is saved here goes on in another process, whose strings hash differently."""

from __future__ import annotations

import operator
import subprocess
import sys

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from hypothesis import given, settings

from statewrap import Below, TimeStep
from statewrap.core.wrapper import StackMemory
from statewrap.package import plain
from statewrap.testing import Improvise, survives_a_fresh_interpreter
from statewrap.testing.strategies import scenes
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformReward
from tests.laws.box import MAKERS, infos
from tests.laws.machines import CountDecisions, Delay, EpisodicLife, NoisyObservation

NUMBERS = (
    TimeLimit(9)
    | RepeatAction(2)
    | NoisyObservation()
    | NormalizeObservation(mode="learn")
    | FrameStackObservation(2)
    | RecordEpisodeStatistics()
)
CHOICES = (
    RandomReset(2, action="random")
    | EpisodicLife(1)
    | RejectInvalidAction(max_rejections=2, on_exhausted="first_valid")
    | Delay()
    | FrameStackObservation(2)
    | CountDecisions()
)
BOX, CHOICE = Box(-9.0, 9.0, (2,), np.float32), Discrete(3)


def shown(observation, step: int, **fields) -> TimeStep:
    """Make a raw time step with everything that some wrapper looks at."""
    info = {"lives": 3 - step // 4, "action_mask": np.array([step % 2, 1, 0], np.int8)}
    return TimeStep(observation, info=info, time=step / 8, **fields)


def played(observe) -> list[list[TimeStep]]:
    """Play three episodes: terminated, given up, truncated."""
    steps = [shown(observe(step), step, reward=float(step)) for step in range(30)]
    for opening in (0, 12, 20):
        steps[opening] = steps[opening].replace(first=True, reward=0.0)
    steps[11] = steps[11].replace(terminated=True)
    steps[29] = steps[29].replace(truncated=True)
    return [steps[:12], steps[12:20], steps[20:]]


def a_box(step: int):
    """Show two numbers."""
    return np.array([step % 5, -step % 7], np.float32)


def a_dict(step: int):
    """Show a box and a number by name."""
    return {"box": a_box(step), "number": np.int64(step % 3)}


class Saved:
    """Saves memories as a snapshot does, and keeps what it has saved."""

    def __init__(self) -> None:
        self.memories: list[StackMemory] = []

    def __call__(self, memory, types):
        """Note it, and save it."""
        self.memories.append(memory)
        return plain.encode(memory, types)

    def kept(self) -> set[int]:
        """Return the numbers of the wrappers of which anything but None was saved."""
        each = zip(*(memory.wrappers for memory in self.memories), strict=True)
        return {number for number, held in enumerate(each) if any(h is not None for h in held)}


@pytest.mark.parametrize(
    ("stack", "below", "episodes"),
    [
        (NUMBERS, Below(BOX, CHOICE), played(a_box)),
        (CHOICES, Below(Dict({"box": BOX, "number": CHOICE}), CHOICE), played(a_dict)),
    ],
    ids=["numbers", "choices"],
)
def test_a_stack_of_everything_goes_on_elsewhere(stack, below, episodes) -> None:
    """Every wrapper that keeps something, at every message, mid-skip included."""
    actions = Improvise([np.int64(0), np.int64(1), np.int64(2)])
    saved = Saved()

    survives_a_fresh_interpreter(stack, below, episodes, actions, encode=saved)

    assert {*range(len(stack))} == saved.kept()
    assert len(saved.memories) > sum(map(len, episodes))


@settings(max_examples=max(2, settings.default.max_examples // 15))
@given(scenes(list(MAKERS.values()), infos=infos, min_size=2, max_size=5))
def test_a_random_stack_goes_on_elsewhere(scene) -> None:
    """Each drawn scene starts an interpreter, so there are few."""
    saved = Saved()

    survives_a_fresh_interpreter(*scene, encode=saved)

    assert len(saved.memories) >= sum(map(len, scene.episodes))


def test_a_lambda_cannot_travel() -> None:
    """A stack that holds one works in its own process only."""
    with pytest.raises(AssertionError, match="names that can be imported"):
        survives_a_fresh_interpreter(
            TransformReward(lambda reward: -reward), Below(BOX), played(a_box), abs
        )


def test_says_what_went_wrong_elsewhere() -> None:
    """The other interpreter's last words are in the message."""
    with pytest.raises(AssertionError, match=r"(?s)could not go on.*TypeError"):
        survives_a_fresh_interpreter(
            TimeLimit(2), Below(BOX), played(a_box), abs, decode=operator.matmul
        )


SCRIPT = """
from typing import NamedTuple
from statewrap import Wrapper
from statewrap.testing import examine

class Seen(NamedTuple):
    steps: int

class Count(Wrapper):
    memory_types = (Seen,)
    def initial(self, key):
        return Seen(0)
    def on_state(self, memory, timestep):
        return Seen(memory.steps + 1), timestep.replace(info={"steps": memory.steps})

print("a module may print")
"""
HELD = """
report = examine(Count(), laws=["survives_a_fresh_interpreter"], examples=3)
print(report.held, len(report.findings), *report.notes)
"""


def run(code: str, tmp_path, name: str = "counting.py") -> str:
    """Run a script of its own."""
    path = tmp_path / name
    path.write_text(code)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_a_script_goes_on_elsewhere(tmp_path) -> None:
    """Its classes are found there, and its own main part does not run."""
    main = "if __name__ == '__main__':" + HELD.replace("\n", "\n    ")

    assert "{'survives_a_fresh_interpreter': 1} 0" in run(SCRIPT + main, tmp_path)


def test_a_script_that_checks_when_imported_is_told_so(tmp_path) -> None:
    """Otherwise each process would start another."""
    told = run(SCRIPT + HELD, tmp_path)

    assert "{'survives_a_fresh_interpreter': 0} 0" in told
    assert "Put that part under `if __name__" in told


def test_a_module_that_is_not_on_the_path_is_loaded_from_its_file(tmp_path) -> None:
    """As pytest loads a test file."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far_away.py").write_text(SCRIPT)
    load = (
        "import importlib.util, sys\n"
        f"file = {str(tmp_path / 'elsewhere' / 'far_away.py')!r}\n"
        "spec = importlib.util.spec_from_file_location('far_away', file)\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "sys.modules['far_away'] = module\n"
        "spec.loader.exec_module(module)\n"
        "Count, examine = module.Count, module.examine\n"
    )

    assert "{'survives_a_fresh_interpreter': 1} 0" in run(load + HELD, tmp_path, "loads.py")


def test_what_is_defined_at_a_prompt_stays_home() -> None:
    """There is no file from which another process could load it; that is no finding."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + HELD], capture_output=True, text=True, check=False
    )

    assert "{'survives_a_fresh_interpreter': 0} 0" in done.stdout, done.stderr
    assert "defined at a prompt" in done.stdout

"""Scenes are drawn by hypothesis or by dice: the same for the same seed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from gymnasium.spaces import Discrete

from statewrap import Below, Stack
from statewrap.testing.check.search import engine_of, search
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.scenes import draw_scene

ENGINES = ["hypothesis", "dice"]


def drawn(engine, seed=0, examples=20, stop=None) -> list[int]:
    """Draw numbers."""
    seen: list[int] = []

    def visit(number: int) -> bool:
        seen.append(number)
        return number == stop

    search(lambda c: c.integer(0, 10**6), visit, examples=examples, seed=seed, engine=engine)
    return seen


@pytest.mark.parametrize("engine", ENGINES)
def test_the_seed_decides(engine) -> None:
    """And nothing else does."""
    assert drawn(engine) == drawn(engine)
    assert drawn(engine) != drawn(engine, seed=1)
    assert 20 == len(drawn(engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_it_stops_when_enough_was_seen(engine) -> None:
    """Nothing is visited afterwards."""
    third = drawn(engine)[2]

    assert third == drawn(engine, stop=third)[-1]
    assert 3 >= len(drawn(engine, stop=third))


def test_the_engine_is_hypothesis_where_it_is_installed() -> None:
    """As here; a wrong name is refused."""
    assert "hypothesis" == engine_of(None)
    assert "dice" == engine_of("dice")
    with pytest.raises(ValueError, match="expected one of"):
        engine_of("oracle")  # type: ignore[arg-type]


def test_without_hypothesis_there_are_dice() -> None:
    """`check_wrapper` works, and finds; asking for hypothesis names the extra."""
    code = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'hypothesis': raise ImportError(name)\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'hypothesis' else real(n, *a)\n"
        "sys.meta_path.insert(0, Hide())\n"
        "from statewrap.testing.check import check_wrapper, hold_law\n"
        "from statewrap.wrappers import TimeLimit\n"
        "print(check_wrapper(TimeLimit(2), examples=3).findings)\n"
        "try:\n    hold_law('identity', TimeLimit(2), engine='hypothesis')\n"
        "except ImportError as error:\n    print(error)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "()\n" in done.stdout
    assert "pip install 'statewrap[test]'" in done.stdout


def test_no_episode_is_longer_than_the_environment_says() -> None:
    """What counts steps up to a limit is not shown more of them."""
    below = Below(Discrete(3), Discrete(2), max_episode_steps=4)

    scenes = [draw_scene(Dice(seed), Stack(), below) for seed in range(50)]

    assert 5 == max(len(episode) for scene in scenes for episode in scene.episodes)

"""The floors of the benchmark are honest: their outputs are Gymnasium's, bit for bit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from floors import frozen, learning
from workload import Replay, gymnasium_stack, stack, statistics, transitions

from statewrap.core.same import difference
from statewrap.gym import GymWrapper

STEPS = 3000


def timeless(info):
    """Leave out what the wall clock says."""
    return {**info, "episode": {**info["episode"], "t": 0.0}} if "episode" in info else info


def played(env):
    """Return everything that an agent sees of an environment."""
    seen = [env.reset()[0]]
    for _ in range(STEPS):
        *step, info = env.step(1)
        seen.append((*step, timeless(info)))
        if step[2] or step[3]:
            seen.append(env.reset()[0])
    return seen


@pytest.mark.parametrize("learn", [True, False], ids=["learning", "frozen"])
def test_the_floor_gives_what_gymnasium_gives(learn):
    """Observations, rewards, flags and info over several episodes, both kinds of end."""
    steps = transitions(4096)
    reset, step = learning() if learn else frozen(statistics()["mean"], statistics()["var"])
    seen = [reset(steps[0][0])]
    for n in range(STEPS):
        observation, reward, terminated, truncated, _ = steps[n]
        *shown, info = step(observation, reward, terminated, truncated, {})
        seen.append((*shown, timeless(info)))
        if shown[2] or shown[3]:
            seen.append(reset(steps[n + 1][0]))

    assert difference(played(gymnasium_stack(Replay(steps), learn=learn)), seen) is None


@pytest.mark.parametrize("learn", [True, False], ids=["learning", "frozen"])
def test_the_stack_gives_what_gymnasium_gives(learn):
    """The other rows of the table do the same work."""
    steps = transitions(4096)
    expected = played(gymnasium_stack(Replay(steps), learn=learn))

    assert difference(expected, played(GymWrapper(Replay(steps), stack(learn=learn)))) is None

"""The sink PassiveEnvChecker: warnings about an environment, once each."""

from __future__ import annotations

import re
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Below, Deployment, Stack
from statewrap.gym import GymWrapper
from statewrap.sinks import PassiveEnvChecker
from statewrap.wrappers import RepeatAction

BOX = spaces.Box(0.0, 1.0, (1,), np.float32)
OUTSIDE = np.array([-1.0], np.float32)


class Odd(gym.Env):
    """Shows what is not in its space, rewards NaN, and draws in floats."""

    metadata = {"render_modes": ["rgb_array"]}
    render_mode = "rgb_array"
    observation_space = BOX
    action_space = spaces.Box(np.zeros(2, np.float32), np.array([0, 1], np.float32))

    def reset(self, *, seed=None, options=None):
        return OUTSIDE.copy(), {}

    def step(self, action):
        return OUTSIDE.copy(), float("nan"), False, False, {}

    def render(self):
        return np.zeros((2, 2, 3))


def said(call) -> list[str]:
    """Return what a call warns of, without colours."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [re.sub(r"\x1b\[\d+m|WARN: ", "", str(warning.message)) for warning in caught]


def lived(env, *, render: bool) -> None:
    """Live two episodes of two steps."""
    for _ in range(2):
        env.reset()
        for _ in range(2):
            env.step(np.zeros(2, np.float32))
            if render:
                env.render()


def test_warns_as_gymnasiums_does() -> None:
    """Of the action space, the opening, the first step and the first picture; once each."""

    class Rendered(PassiveEnvChecker.__bases__[0]):
        needs = frozenset({"frame"})

        def opened(self, timestep): ...
        def stepped(self, timestep): ...

    def ours():
        sinks = [PassiveEnvChecker(), Rendered()]
        lived(GymWrapper(Odd(), Stack(), sinks=sinks), render=False)

    expected = said(lambda: lived(gym.wrappers.PassiveEnvChecker(Odd()), render=True))

    assert 5 <= len(expected)
    assert sorted(expected) == sorted(said(ours))


def test_what_gymnasium_would_raise_is_warned_of() -> None:
    """A sink stops nothing; the wrapper of the same name does."""
    space = spaces.Dict(a=BOX)
    checker = PassiveEnvChecker()

    def ours():
        below = Below(observation_space=space)
        agent = Deployment(len, below=below, check="never", sinks=[checker])
        agent.act({"b": 1})

    (warning,) = said(ours)
    assert "observation keys is not same as the observation space keys" in warning
    assert (True, False, False) == (
        checker.checked_reset,
        checker.checked_step,
        checker.checked_render,
    )


def test_without_a_space_nothing_is_looked_up() -> None:
    """What is not known is not odd."""
    with warnings.catch_warnings(action="error"):
        agent = Deployment(len, sinks=[PassiveEnvChecker()])
        agent.act("f0")
        agent.act("f1", 0.0)

    assert 0 == agent.sink_failures


@pytest.mark.parametrize(("gap", "steps"), [(0, 1), (-1, 0)])
def test_watches_the_gap_that_is_named(gap, steps) -> None:
    """At the top the first step is the end of the skip."""
    checker = PassiveEnvChecker(gap=gap)
    agent = Deployment(lambda _: 0, RepeatAction(2), observation_space=BOX, sinks=[checker])
    agent.act(np.zeros(1, np.float32))
    agent.act(np.zeros(1, np.float32), 0.0)

    assert (True, bool(steps)) == (checker.checked_reset, checker.checked_step)


def test_gymnasiums_logger_decides_what_is_told(monkeypatch) -> None:
    """Its `min_level` holds."""
    monkeypatch.setattr(gym.logger, "min_level", gym.logger.ERROR)

    assert [] == said(lambda: GymWrapper(Odd(), Stack(), sinks=[PassiveEnvChecker()]).reset())

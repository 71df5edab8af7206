"""What the tests of the bridge put around an environment, by names that can be imported."""

from __future__ import annotations

from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import wrappers as gw
from gymnasium.spaces import Box, Discrete

from statewrap import Below, TimeStep

SEEN: Final = Box(-9.0, 9.0, (2,), np.float32)
BELOW: Final = Below(SEEN, Discrete(3), max_episode_steps=10)
MOVED: Final = Below(SEEN, Box(-1.0, 1.0, (2,), np.float32))


def limit(env: Any) -> Any:
    """Limit an episode to four steps."""
    return gw.TimeLimit(env, 4)


def repeat(env: Any) -> Any:
    """Repeat each action three times."""
    return gw.RepeatAction(env, 3)


def stacked(env: Any) -> Any:
    """Skip, normalise and stack frames."""
    return gw.FrameStackObservation(gw.NormalizeObservation(gw.RepeatAction(env, 2)), 3)


def sticky(env: Any) -> Any:
    """Repeat some actions, by the environment's generator."""
    return gw.StickyAction(env, 0.5)


def resets_itself(env: Any) -> Any:
    """Reset in the step after the last."""
    return gw.Autoreset(env)


def clipped(env: Any) -> Any:
    """Clip rewards."""
    return gw.ClipReward(env, -0.5, 0.5)


def seen(number: float, **how: Any) -> TimeStep:
    """Return a time step that shows a number."""
    return TimeStep(np.array([number, -number], np.float32), **how)


def opening(number: float = 0.0, **how: Any) -> TimeStep:
    """Return a time step that opens an episode."""
    return seen(number, first=True, **how)


class Fades(gymnasium.ActionWrapper):
    """Makes each action of a session smaller than the one before."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.acts = 0

    def action(self, action: Any) -> Any:
        """Count."""
        self.acts += 1
        return action if self.acts < 9 else 0 * action


class CountsActions(Fades):
    """Has a `reset` of its own, which forgets nothing."""

    def reset(self, **kwargs: Any) -> Any:
        """Say what was counted."""
        observation, info = self.env.reset(**kwargs)
        return observation, {**info, "acts": self.acts}

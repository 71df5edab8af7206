"""W1: ready-made transitions, and the stack over them in Gymnasium's words and in ours."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import wrappers
from gymnasium.spaces import Box, Discrete

from statewrap import Stack
from statewrap.wrappers import (
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    RecordEpisodeStatistics,
    TimeLimit,
)

OBSERVATIONS = Box(-10.0, 10.0, (4,), np.float32)
ACTIONS = Discrete(2)
Step = tuple[np.ndarray[Any, Any], float, bool, bool, dict[str, Any]]


def transitions(steps: int, seed: int = 0) -> list[Step]:
    """Return steps of an environment that terminates now and then, but not at the end."""
    random = np.random.default_rng(seed)
    observations = random.normal(0, 2, (steps, 4)).clip(-10, 10).astype(np.float32)
    rewards = random.normal(0, 1, steps)
    ends = random.random(steps) < 0.002
    ends[-1] = False
    return [
        (observation, float(reward), bool(end), False, {})
        for observation, reward, end in zip(observations, rewards, ends, strict=True)
    ]


class Replay(gymnasium.Env[Any, Any]):
    """Gives out ready-made transitions, whatever is done."""

    observation_space = OBSERVATIONS
    action_space = ACTIONS

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.at = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Open an episode with the observation that comes next, which stays the next."""
        return self.steps[self.at % len(self.steps)][0], {}

    def step(self, action: Any) -> Step:
        """Give out the next transition."""
        observation, reward, terminated, truncated, _ = self.steps[self.at % len(self.steps)]
        self.at += 1
        return observation, reward, terminated, truncated, {}


def statistics() -> dict[str, Any]:
    """Return what frozen rows normalise with."""
    mean = np.array([0.1, -0.2, 0.3, 0.0], np.float32)
    return {"mean": mean, "var": np.array([4.0, 3.0, 5.0, 2.0], np.float32), "count": 1000.0}


def gymnasium_stack(env: gymnasium.Env[Any, Any], *, learn: bool) -> gymnasium.Env[Any, Any]:
    """Wrap an environment in Gymnasium's W1."""
    env = wrappers.TimeLimit(env, 500)
    normalize = wrappers.NormalizeObservation(env)
    if not learn:
        normalize.update_running_mean = False
        known = statistics()
        normalize.obs_rms.mean, normalize.obs_rms.var = known["mean"], known["var"]
    env = wrappers.FrameStackObservation(normalize, 4)
    env = wrappers.ClipReward(env, -1.0, 1.0)
    return wrappers.RecordEpisodeStatistics(env)


def stack(*, learn: bool) -> Stack:
    """Return W1 as a stack."""
    normalize = (
        NormalizeObservation(mode="learn")
        if learn
        else NormalizeObservation(statistics=statistics())
    )
    return (
        TimeLimit(500)
        | normalize
        | FrameStackObservation(4)
        | ClipReward(-1.0, 1.0)
        | RecordEpisodeStatistics()
    )

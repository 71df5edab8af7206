"""Wrappers as users write them for Gymnasium, and as they port them, rightly."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import gymnasium as gym
import numpy as np

from statewrap import Act, TimeStep, Wrapper
from statewrap.core.messages import Message


def cart_pole() -> gym.Env:
    """Make a bare CartPole."""
    return gym.make("CartPole-v1").unwrapped


def pendulum() -> gym.Env:
    """Make a bare Pendulum, which never ends."""
    return gym.make("Pendulum-v1").unwrapped


class OldSkip(gym.Wrapper):
    """Repeats an action and adds up the rewards."""

    def __init__(self, env: gym.Env, times: int) -> None:
        super().__init__(env)
        self.times = times

    def step(self, action):
        """Step several times."""
        total = 0.0
        for _ in range(self.times):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


class LooksBehind(gym.Wrapper):
    """Reads something of its environment's own."""

    def step(self, action):
        """Look."""
        return self.env.step(self.unwrapped.gear)


class Held(NamedTuple):
    """The act being repeated, how often it is still due, the reward so far."""

    act: Act
    due: int
    reward: float


@attrs.frozen
class Skip(Wrapper[Held | None]):
    """OldSkip, inverted."""

    memory_types = (Held,)

    times: int

    def on_action(self, memory: Held | None, act: Act) -> tuple[Held, Act]:
        """Hold it."""
        return Held(act, self.times - 1, 0.0), act

    def on_state(self, memory: Held | None, timestep: TimeStep) -> tuple[Held | None, Message]:
        """Repeat it."""
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward += float(timestep.reward)
        if due == 0 or timestep.last:
            return None, timestep.replace(reward=reward)
        return Held(act, due - 1, reward), act


class OldCount(gym.Wrapper):
    """Tells how many episodes were opened."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.opened = 0

    def reset(self, **options):
        """Count."""
        self.opened += 1
        observation, info = self.env.reset(**options)
        return observation, {**info, "opened": self.opened}


class OldTransposed(gym.ObservationWrapper):
    """Shows observations with the first axis and the last exchanged."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        below = env.observation_space
        low, high = (np.swapaxes(bound, 0, -1) for bound in (below.low, below.high))
        self.observation_space = gym.spaces.Box(low, high, dtype=below.dtype.type)

    def observation(self, observation: Any) -> Any:
        """Exchange them."""
        return np.swapaxes(observation, 0, -1)


class OldMaxOfTwo(NamedTuple):
    """What MaxAndSkip keeps: the act, how often it is due, the reward, the last two frames."""

    act: Act
    due: int
    reward: float
    frames: tuple[Any, ...]


@attrs.frozen
class MaxAndSkip(Wrapper[Any]):
    """Gymnasium's MaxAndSkipObservation as it is meant: the maximum of the last two frames."""

    memory_types = (OldMaxOfTwo,)

    skip: int = 4

    def on_action(self, memory: Any, act: Act) -> Any:
        """Hold it."""
        return OldMaxOfTwo(act, self.skip - 1, 0.0, ()), act

    def on_state(self, memory: Any, timestep: TimeStep) -> Any:
        """Repeat it, and show the maximum."""
        if memory is None:
            return None, timestep
        act, due, reward, frames = memory
        reward += float(timestep.reward)
        frames = (*frames[-1:], timestep.observation)
        if due == 0 or timestep.last:
            shown = np.max(np.stack(frames), axis=0)
            return None, timestep.replace(observation=shown, reward=reward)
        return OldMaxOfTwo(act, due - 1, reward, frames), act

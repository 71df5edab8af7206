"""What users write, checked by mypy --strict; it is never run."""

from __future__ import annotations

from typing import Any, NamedTuple, assert_type

import attrs
import gymnasium
import numpy as np

from statewrap import (
    Act,
    Command,
    Deployment,
    Key,
    Over,
    Policy,
    Reset,
    Stack,
    TimeStep,
    Wanted,
    Wrapper,
)
from statewrap.gym import GymWrapper
from statewrap.testing import FIRST, play
from statewrap.wrappers import FrameStackObservation, TimeLimit


class Count(NamedTuple):
    """How many time steps were seen."""

    seen: int


@attrs.frozen
class CountSteps(Wrapper[Count]):
    """A wrapper whose memory has a type."""

    memory_types = (Count,)

    def initial(self, key: Key) -> Count:
        return Count(0)

    def on_state(self, memory: Count, timestep: TimeStep) -> tuple[Count, TimeStep]:
        return Count(memory.seen + 1), timestep


@attrs.frozen
class Answer(Wrapper[None]):
    """A wrapper that answers: any message may come back."""

    def on_action(self, memory: None, act: Act) -> tuple[None, Act | TimeStep]:
        return None, act if act.action else TimeStep("no", reward=-1.0)


@attrs.frozen
class WrongMemory(Wrapper[Count]):
    """A memory of another type than was declared is an error."""

    def on_state(  # type: ignore[override]
        self, memory: str, timestep: TimeStep
    ) -> tuple[str, TimeStep]:
        return memory, timestep


@attrs.frozen
class Exploring(Policy[Key]):
    """A policy whose memory is its key."""

    def initial(self, key: Key) -> Key:
        return key

    def decide(self, memory: Key, timestep: TimeStep) -> tuple[Key, Act]:
        draw, memory = memory.uniform()
        return memory, Act(draw)


stack = TimeLimit(500) | CountSteps() | FrameStackObservation(4)
assert_type(stack, Stack)
assert_type(CountSteps().initial(Key.from_seed(0)), Count)

deployment = Deployment(Exploring(), stack, seed=0)
deployment.act(np.zeros(3))
assert_type(deployment.observe(1, 0.5, terminated=True), Command | Wanted | Over)
assert_type(deployment.pending, Reset | None)
assert_type(deployment.snapshot(), bytes)
Deployment(lambda observation: observation * 2)

match deployment.observe(1):
    case Command(action):
        assert_type(action, Any)
    case Wanted(timestep):
        assert_type(timestep, TimeStep)
    case Over():
        pass

assert_type(play(stack, FIRST, Act(1)), list[TimeStep | Act | Reset])

environment: gymnasium.Env[Any, Any] = GymWrapper(gymnasium.make("CartPole-v1"), stack)

FIRST.reward = 1.0  # type: ignore[misc]  # messages are immutable
TimeLimit(5).max_episode_steps = 6  # type: ignore[misc]  # so are wrappers
stack | 3  # type: ignore[operator]

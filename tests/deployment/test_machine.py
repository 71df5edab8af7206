"""Whatever an environment sends, a deployment answers it, or raises and is as it was before."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Discrete
from hypothesis import settings
from hypothesis import strategies as st

from statewrap import Act, Deployment, Key, Policy, TimeStep
from statewrap.testing.machine import DeploymentMachine, deployment_machine
from statewrap.wrappers import (
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)

BOX = Box(-9.0, 9.0, (2,), np.float32)


@attrs.frozen
class Draws(Policy[Key]):
    """Answer with a draw and what is seen."""

    memory_types = (Key,)

    def initial(self, key: Key) -> Key:
        return key

    def decide(self, memory: Key, timestep: TimeStep) -> tuple[Key, Act]:
        draw, memory = memory.uniform()
        return memory, Act(np.array([np.sum(timestep.observation) + draw], np.float32))


@attrs.frozen
class Counts(Policy[int]):
    """Choose in turn, and go on counting in the next episode."""

    def initial(self, key: Key) -> int:
        return 0

    def renew(self, memory: int, key: Key) -> int:
        return memory

    def decide(self, memory: int, timestep: TimeStep) -> tuple[int, Act]:
        return memory + 1, Act(np.int64(memory % 3))

    def finish(self, memory: int, timestep: TimeStep) -> int:
        return memory + 10


class Drawing(DeploymentMachine):
    """Any number is an action."""

    stack: Any = None

    def make(self, **options: Any) -> Deployment:
        return Deployment(Draws(), self.stack, observation_space=BOX, **options)

    def actions(self):
        """Draw small numbers."""
        return st.integers(-9, 9).map(lambda number: np.array([number], np.float32))


class Nothing(Drawing):
    """No wrapper at all."""


class ASkipUnderALimit(Drawing):
    """The limit counts decisions."""

    stack = RepeatAction(3) | TimeLimit(4)


class ALimitInsideASkip(Drawing):
    """The limit ends the episode in the middle of a skip."""

    stack = TimeLimit(5) | RepeatAction(3)


class RandomStarts(Drawing):
    """Acts that the policy does not see."""

    stack = RandomReset(4, action=np.array([-1.0], np.float32)) | RepeatAction(2)


class Everything(Drawing):
    """Seven wrappers that keep something."""

    stack = (
        RandomReset(3, action=np.array([-1.0], np.float32))
        | TimeLimit(9)
        | RepeatAction(2)
        | NormalizeObservation(mode="learn")
        | FrameStackObservation(2)
        | ClipReward(-1.0, 1.0)
        | RecordEpisodeStatistics()
    )


class Choosing(DeploymentMachine):
    """A mask in the info says which actions are legal; everything is checked always."""

    def make(self, **options: Any) -> Deployment:
        stack = RejectInvalidAction(max_rejections=2, on_exhausted="first_valid") | TimeLimit(6)
        spaces = {"observation_space": BOX, "action_space": Discrete(3)}
        return Deployment(Counts(), stack, check="always", report_every=3, **spaces, **options)


def falling_back(**options: Any) -> Deployment:
    """Make one that answers with an action of its own where somebody raises."""
    return Deployment(
        Counts(),
        RepeatAction(2) | TimeLimit(5) | RecordEpisodeStatistics(),
        observation_space=BOX,
        action_space=Discrete(3),
        fallback=2,
        **options,
    )


TestNothing = Nothing.TestCase
TestASkipUnderALimit = ASkipUnderALimit.TestCase
TestALimitInsideASkip = ALimitInsideASkip.TestCase
TestRandomStarts = RandomStarts.TestCase
TestEverything = Everything.TestCase
TestChoosing = Choosing.TestCase
TestFallingBack = deployment_machine(falling_back)

for _name, _case in list(globals().items()):
    if _name.startswith("Test"):
        _case.settings = settings(_case.settings, stateful_step_count=40)
del _case

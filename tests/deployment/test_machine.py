"""Whatever an environment sends, a deployment answers it, or raises and is as it was before.

A state machine under hypothesis: a deployment that is interrupted, retried, saved, restored
and forked at random is held against one that was only ever told what was committed.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from statewrap import Act, Deployment, Key, Policy, StatewrapError, TimeStep, same
from statewrap.core.protocol import State
from statewrap.wrappers import (
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RepeatAction,
    TimeLimit,
)

BOX = Box(-9.0, 9.0, (2,), np.float32)
STACKS = {
    "nothing": lambda: None,
    "a skip under a limit": lambda: RepeatAction(3) | TimeLimit(4),
    "a limit inside a skip": lambda: TimeLimit(5) | RepeatAction(3),
    "random starts": lambda: RandomReset(4, action=-1) | RepeatAction(2),
    "everything": lambda: (
        RandomReset(3, action=-1)
        | TimeLimit(9)
        | RepeatAction(2)
        | NormalizeObservation(mode="learn")
        | FrameStackObservation(2)
        | ClipReward(-1.0, 1.0)
        | RecordEpisodeStatistics()
    ),
}

numbers = st.floats(-9, 9, width=32)
steps = st.tuples(numbers, numbers, st.sampled_from(["", "", "", "terminated", "truncated"]))


class Boom(Exception):  # noqa: N818 - a bang
    """What the policy raises when it is told to."""


@attrs.frozen
class Draws(Policy[Key]):
    """Answer with a draw and what is seen; raise while the fuse burns."""

    memory_types = (Key,)
    fuse: list[bool] = attrs.field(eq=False, factory=lambda: [False])

    def initial(self, key: Key) -> Key:
        return key

    def decide(self, memory: Key, timestep: TimeStep) -> tuple[Key, Act]:
        if self.fuse[0]:
            raise Boom
        draw, memory = memory.uniform()
        return memory, Act(float(np.sum(timestep.observation)) + draw)


class DeploymentMachine(RuleBasedStateMachine):
    """Does to one deployment what a rough world does, and to its shadow only what counted."""

    @initialize(
        stack=st.sampled_from(sorted(STACKS)), mode=st.sampled_from(["continue", "request"])
    )
    def begin(self, stack: str, mode: str) -> None:
        self.made_of = STACKS[stack], mode
        self.real, self.shadow = self.made(1), self.made(1)
        self.last: tuple[Any, ...] = ()
        self.answer: Any = None

    def made(self, seed: int) -> Deployment:
        """Make a deployment; another seed is overwritten by a snapshot."""
        stack, mode = self.made_of
        options = {"observation_space": BOX, "sinks": (), "clock": lambda: 0.0, "seed": seed}
        return Deployment(Draws(), stack(), on_reset=mode, **options)

    def arguments(self, step: tuple[float, float, str]) -> tuple[Any, ...]:
        """Return what `act` takes now: an opening, or the answer to an action."""
        x, reward, end = step
        observation = np.array([x, reward], np.float32)
        if self.real.state is not State.ACTING:
            return (observation,)
        return observation, reward, end == "terminated", end == "truncated", {"x": x}

    def committed(self, call: str, *arguments: Any, answer: Any) -> None:
        """Tell the shadow, which answers the same."""
        assert same(answer, getattr(self.shadow, call)(*arguments))
        self.last, self.answer = (call, arguments), answer

    @rule(step=steps)
    def act(self, step: tuple[float, float, str]) -> None:
        """Go on, or open."""
        arguments = self.arguments(step)
        answer = self.real.act(*arguments, step=self.real.step)
        self.committed("act", *arguments, answer=answer)

    @rule(step=steps)
    def reset(self, step: tuple[float, float, str]) -> None:
        """Open an episode at any moment."""
        observation = np.array(step[:2], np.float32)
        self.committed("reset", observation, answer=self.real.reset(observation))

    @rule(step=steps)
    def explode(self, step: tuple[float, float, str]) -> None:
        """Let the policy raise, if it is asked at all."""
        arguments, before = self.arguments(step), self.real.snapshot()
        self.real.policy.fuse[0] = True  # type: ignore[union-attr]
        failed = None
        try:
            answer = self.real.act(*arguments)
        except StatewrapError as error:
            failed = error.__cause__
        self.real.policy.fuse[0] = False  # type: ignore[union-attr]
        if failed is None:
            self.committed("act", *arguments, answer=answer)
        else:
            assert isinstance(failed, Boom)
            assert before == self.real.snapshot()

    @rule(wrong=st.sampled_from([("x", "y"), ("x", 0.0, 1), (np.zeros(2), 0.0, False, False, 3)]))
    def refuse(self, wrong: tuple[Any, ...]) -> None:
        """Pass what cannot be used."""
        before = self.real.snapshot()
        with pytest.raises(StatewrapError):
            self.real.act(*wrong, step=self.real.step)
        assert before == self.real.snapshot()

    @precondition(lambda self: self.last)
    @rule()
    def retry(self) -> None:
        """Make the last call again, by its number."""
        call, arguments = self.last
        number = self.real.step - 1
        assert same(self.answer, getattr(self.real, call)(*arguments, step=number))

    @rule(seed=st.integers(2, 9))
    def move(self, seed: int) -> None:
        """Go on in another deployment."""
        other = self.made(seed)
        other.restore(self.real.snapshot())
        self.real = other

    @rule(ahead=st.lists(steps, max_size=4))
    def look_ahead(self, ahead: list[tuple[float, float, str]]) -> None:
        """Try in a fork what is not done here."""
        original, self.real = self.real, self.real.fork()
        for step in ahead:
            self.real.act(*self.arguments(step))
        self.real = original

    @invariant()
    def nothing_but_what_was_committed_has_happened(self) -> None:
        """All that is remembered, counted and due is equal."""
        if hasattr(self, "real"):
            assert self.real.snapshot() == self.shadow.snapshot()


TestDeploymentMachine = DeploymentMachine.TestCase
TestDeploymentMachine.settings = settings(settings(), stateful_step_count=30)

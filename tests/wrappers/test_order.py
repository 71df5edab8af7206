"""Where a wrapper stands decides on what it sees; and what is shown at an end is wrapped too."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict

from statewrap import Deployment
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.gym import GymWrapper
from statewrap.testing import play, trace
from statewrap.wrappers import (
    FrameStackObservation,
    NormalizeKeys,
    SkipFrames,
    StackKeys,
    TimeLimit,
)

LINE = Below(Dict(x=Box(0.0, 99.0, ())))
HALVED = NormalizeKeys({"x": {"mean": 0.0, "std": 2.0}})


def step(number, **fields):
    """Return a time step that shows a number."""
    return TimeStep({"x": np.float32(number)}, **fields)


def decided(stack, many):
    """Return what the policy is shown at each of its decisions while x counts from 1 on."""
    numbers = iter(range(2, 99))
    seen: list[list[float]] = []
    deployment = Deployment(
        lambda shown: seen.append(shown["x"].tolist()) or 0, stack, below=LINE, sinks=()
    )
    deployment.act({"x": np.float32(1)})
    while len(seen) < many:
        deployment.act({"x": np.float32(next(numbers))}, 0.0)
    return seen


def test_a_stack_below_a_skip_sees_every_frame_and_one_above_only_what_is_shown() -> None:
    """Both are right; they are other observations, so the order is part of what was trained."""
    stack, skip = StackKeys({"x": 4}, padding_type="zero"), SkipFrames(3)

    assert [[0, 0, 0, 1], [1, 2, 3, 4], [4, 5, 6, 7]] == decided(stack | skip, 3)
    assert [[0, 0, 0, 1], [0, 0, 1, 4], [0, 1, 4, 7]] == decided(skip | stack, 3)


def test_the_order_is_gymnasiums() -> None:
    """What stands innermost there stands first here."""
    inner = gym.wrappers.FrameStackObservation(gym.make("CartPole-v1"), 4)
    stacked_first = gym.wrappers.RepeatAction(inner, 3)
    skipped_first = gym.wrappers.FrameStackObservation(
        gym.wrappers.RepeatAction(gym.make("CartPole-v1"), 3), 4
    )
    stack, skip = FrameStackObservation(4), SkipFrames(3)

    for theirs, ours in ((stacked_first, stack | skip), (skipped_first, skip | stack)):
        env = GymWrapper(gym.make("CartPole-v1"), ours)
        assert same(theirs.reset(seed=3)[0], env.reset(seed=3)[0])
        for action in (0, 1, 0):
            assert same(theirs.step(action), env.step(action))


@pytest.mark.parametrize(
    ("order", "asked", "steps"),
    [(TimeLimit(6) | SkipFrames(2), 3, 6), (SkipFrames(2) | TimeLimit(6), 6, 12)],
)
def test_a_limit_below_a_skip_counts_steps_and_one_above_decisions(order, asked, steps) -> None:
    """A step is counted once, whoever sends the action."""
    calls = []
    deployment = Deployment(
        lambda _: calls.append(1) or 0, order, below=LINE, sinks=(), on_reset="request"
    )

    deployment.act({"x": np.float32(0)})
    answers = [deployment.act({"x": np.float32(0)}, 1.0) for _ in range(steps)]

    assert [0] * (steps - 1) + [None] == answers
    assert asked == len(calls)


def test_what_is_shown_at_an_end_and_after_it_is_wrapped() -> None:
    """The environment's end and a limit's: no decision after it, and no raw observation ever."""
    stack = StackKeys({"x": 2}) | HALVED

    for ending in ({"terminated": True}, {"truncated": True}):
        replies = play(
            stack, step(2, first=True), Act(0), step(4, **ending), step(8, first=True), below=LINE
        )
        rows = [r.observation["x"].tolist() for r in replies if isinstance(r, TimeStep)]
        assert [[1, 1], [1, 2], [4, 4]] == rows


def test_a_deployment_asks_nobody_after_an_end() -> None:
    """`act` returns None; the next call opens an episode, whose first observation is stacked."""
    seen: list[list[float]] = []
    deployment = Deployment(
        lambda shown: seen.append(shown["x"].tolist()) or 0,
        StackKeys({"x": 2}) | HALVED,
        below=LINE,
        sinks=(),
    )

    assert 0 == deployment.act({"x": np.float32(2)})
    assert deployment.act({"x": np.float32(4)}, 1.0, terminated=True) is None
    assert 0 == deployment.act({"x": np.float32(8)})
    assert [[1, 1], [4, 4]] == seen


def test_a_limit_that_fires_is_told_to_the_caller() -> None:
    """As None, with a reset pending, where the host can reset."""
    deployment = Deployment(
        lambda _: 0, TimeLimit(1) | HALVED, below=LINE, sinks=(), on_reset="request"
    )

    assert 0 == deployment.act({"x": np.float32(2)})
    assert deployment.act({"x": np.float32(4)}, 1.0) is None
    assert deployment.pending is not None


def test_the_callers_observation_and_info_are_left_alone() -> None:
    """Whatever wrappers of keys make of them."""
    came, info = {"x": np.float32(2)}, {"a": 1}
    stack = StackKeys({"x": 2}, tags={"x": "xs"}, keep_original=True) | NormalizeKeys(
        {"xs": {"mean": 0.0, "std": 2.0}}, exclude=["x"]
    )

    deployment = Deployment(lambda shown: shown["xs"].sum(), stack, below=LINE, sinks=())

    assert 2.0 == deployment.reset(came, info)
    assert ({"x": np.float32(2)}, {"a": 1}) == (came, info)


def test_a_skip_ends_with_its_episode_at_every_gap() -> None:
    """The rules hold below and above; nothing of the skip is left in the next one."""
    stack = StackKeys({"x": 2}) | SkipFrames(3) | HALVED

    told = trace(
        stack,
        *(step(1, first=True), Act(0), step(2), step(3, terminated=True)),
        *(step(5, first=True), Act(1), step(6)),
        below=LINE,
    )

    assert (0, Act(1)) == told.hops[-1]

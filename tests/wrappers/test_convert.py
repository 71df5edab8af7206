"""ConvertObservation and ConvertAction."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import Deployment, Policy
from statewrap.core.errors import InputError, ProtocolError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.wrapper import Below
from statewrap.testing import FIRST, play
from statewrap.wrappers import ConvertAction, ConvertObservation, SkipFrames, StackKeys

GAP = Box(-9.0, 9.0, (1,))


def gap(state):
    """Tell how far away the goal is."""
    return np.array([state["goal"] - state["position"]], np.float32)


def drive(speed, state):
    """Tell the environment where to be next."""
    return {"to": state["position"] + speed}


def at(position, **fields):
    """Return a time step with a state of plain data."""
    return TimeStep({"goal": 5.0, "position": position}, **fields)


def test_a_state_becomes_an_observation() -> None:
    """Of the space that is announced; nothing else is changed."""
    converted = ConvertObservation(gap, GAP)
    step = at(4.0, reward=1.0, terminated=True, info={"a": 1})

    replies = play(converted, at(1.0, first=True), Act(2), step, Reset(3))

    assert [4.0] == replies[0].observation.tolist()
    assert step.replace(observation=np.array([1.0], np.float32)) == replies[2]
    assert [Act(2), Reset(3)] == replies[1::2]
    assert GAP == converted.above(Below()).observation_space


def test_what_a_function_returns_is_copied() -> None:
    """So it may reuse a buffer."""
    buffer = np.zeros(1, np.float32)

    def filled(state):
        buffer[0] = state
        return buffer

    one, _, two = play(
        ConvertObservation(filled, GAP), TimeStep(1.0, first=True), Act(0), TimeStep(2.0)
    )

    assert ([1.0], [2.0]) == (one.observation.tolist(), two.observation.tolist())
    assert not one.observation.flags.writeable


def test_what_a_function_of_actions_returns_is_copied() -> None:
    """It may reuse a buffer too, and nobody writes into what is sent."""
    buffer = np.zeros(1)

    def filled(action, state):
        buffer[0] = action
        return buffer

    steps = TimeStep(1.0, first=True), Act(1), TimeStep(2.0), Act(2)
    sent = play(ConvertAction(filled, GAP), *steps)[1::2]

    assert ([1.0], [2.0]) == (sent[0].action.tolist(), sent[1].action.tolist())
    assert not sent[0].action.flags.writeable


def test_the_policy_may_see_the_state_too() -> None:
    """In the info of whole time steps, beside what else is there."""

    class ByState(Policy):
        def decide(self, memory, timestep):
            return memory, Act(timestep.info["state"]["position"])

    deployment = Deployment(ByState(), ConvertObservation(gap, GAP, state_key="state"), sinks=())

    shown = ConvertObservation(gap, GAP, state_key="state").on_state(None, at(1.0, info={"a": 1}))

    assert 1.5 == deployment.act({"goal": 5.0, "position": 1.5})
    assert {"a": 1, "state": {"goal": 5.0, "position": 1.0}} == shown[1].info


def test_a_key_of_the_info_is_not_taken() -> None:
    """The caller's own would be hidden."""
    converted = ConvertObservation(gap, GAP, state_key="a")
    info = {"a": 1}

    with pytest.raises(InputError, match=r"info\['a'\].*has that key already.*Choose another"):
        converted.on_state(None, at(1.0, info=info))
    assert {"a": 1} == info


def test_an_action_is_converted_with_the_state_that_is_there() -> None:
    """The last one that was shown, whatever is made of it further up."""
    stack = ConvertAction(drive, GAP) | ConvertObservation(gap, GAP)

    replies = play(stack, at(1.0, first=True), Act(0.5), at(4.0), Act(0.25))

    assert [Act({"to": 1.5}), Act({"to": 4.25})] == replies[1::2]
    assert GAP == stack.above(Below(action_space=Discrete(3))).action_space


def test_a_repeated_action_is_converted_anew_against_each_new_state() -> None:
    """Below a skip; above it, only the decision is converted, and its result repeated."""
    steps = at(1.0, first=True), Act(0.5), at(2.0), at(4.0), at(8.0)

    below = play(ConvertAction(drive, GAP) | SkipFrames(3), *steps)
    above = play(SkipFrames(3) | ConvertAction(drive, GAP), *steps)

    assert [{"to": 1.5}, {"to": 2.5}, {"to": 4.5}] == [reply.action for reply in below[1:4]]
    assert [{"to": 1.5}] * 3 == [reply.action for reply in above[1:4]]
    assert 8.0 == below[-1].observation["position"]


def test_a_no_op_of_a_skip_is_converted_too() -> None:
    """It is an action of the policy's side."""
    stack = ConvertAction(drive, GAP) | SkipFrames(2, fill=np.zeros(1, np.float32))

    replies = play(stack, at(1.0, first=True), Act(0.5), at(3.0))

    assert [3.0] == replies[-1].action["to"].tolist()


def test_the_state_is_a_memory() -> None:
    """It goes into a snapshot, and a session goes on from it in the middle of a skip."""
    stack = ConvertAction(drive, GAP) | SkipFrames(2) | ConvertObservation(gap, GAP)

    def deployed():
        return Deployment(lambda seen: seen, stack, sinks=(), check="never", seed=1)

    begun, resumed = deployed(), deployed()
    begun.act({"goal": 5.0, "position": 1.0})
    resumed.restore(begun.snapshot())
    state = {"goal": 5.0, "position": 2.0}

    assert [6.0] == resumed.act(state, 0.0)["to"].tolist() == begun.act(state, 0.0)["to"].tolist()


def test_an_episode_begins_with_its_own_state() -> None:
    """Also an unasked one."""
    replies = play(ConvertAction(drive, GAP), at(1.0, first=True), at(3.0, first=True), Act(1.0))

    assert Act({"to": 4.0}) == replies[-1]


def test_no_action_before_a_state() -> None:
    """There is nothing to convert it with."""
    wrapper = ConvertAction(drive, GAP)

    with pytest.raises(ProtocolError, match="before it saw a state"):
        wrapper.on_action(wrapper.initial(Key(0, 0)), Act(1.0))


def test_none_is_a_state() -> None:
    """Whatever the environment shows."""
    assert (
        Act((1, None))
        == play(ConvertAction(lambda a, s: (a, s), GAP), FIRST.replace(observation=None), Act(1))[
            -1
        ]
    )


def test_conversions_stand_below_other_wrappers() -> None:
    """Which see observations and actions of the policy's side."""
    shown = Dict(gap=Box(-9.0, 9.0, ()))
    stack = ConvertObservation(lambda state: {"gap": state}, shown) | StackKeys({"gap": 2})

    replies = play(stack, TimeStep(np.float32(1), first=True), Act(0), TimeStep(np.float32(3)))

    assert [1.0, 3.0] == replies[-1].observation["gap"].tolist()


@pytest.mark.parametrize("kind", [ConvertAction, ConvertObservation])
def test_a_function_and_a_space_are_needed(kind) -> None:
    """What a function makes of a state lies in no space that is known."""
    with pytest.raises(TypeError, match="func is 3, expected a function"):
        kind(3, GAP)
    with pytest.raises(TypeError, match="space is None, expected a Gymnasium space"):
        kind(gap, None)
    with pytest.raises(TypeError, match="state_key is 3, expected a string"):
        ConvertObservation(gap, GAP, state_key=3)

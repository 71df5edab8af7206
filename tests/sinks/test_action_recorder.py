"""ActionRecorder: what was decided, in memory or in a file."""

from __future__ import annotations

import json

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from statewrap import Deployment, Wrapper, same
from statewrap.policies.replay import ReplayPolicy
from statewrap.sinks import ActionRecorder
from statewrap.sinks.exact import decoded, digest, encoded
from statewrap.sinks.watcher import Missed
from statewrap.wrappers import RepeatAction

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ARRAYS = arrays.arrays(
    st.sampled_from([np.float32, np.int64, np.uint8, np.bool_, np.complex64, "<U3", ">i2"]),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
VALUES = st.recursive(
    NUMBERS | ARRAYS | ARRAYS.filter(lambda array: array.size).map(lambda array: array.flat[0]),
    lambda parts: st.lists(parts) | st.lists(parts).map(tuple) | st.dictionaries(st.text(), parts),
    max_leaves=6,
)


def decisions(recorder):
    """Return the actions of each episode, and whether its end was recorded."""
    return [([d.action for d in e.decisions], e.ended) for e in recorder.episodes]


@given(VALUES)
def test_a_value_reads_back_exactly(value) -> None:
    """Through JSON, types and bits included, however it is nested."""
    assert same(value, decoded(json.loads(json.dumps(encoded(value), allow_nan=False))))


@given(VALUES, VALUES)
def test_only_the_same_values_have_the_same_digest(one, other) -> None:
    """Types count, as in `same`."""
    assert same(one, other) == (digest(one) == digest(other))


def test_what_has_no_bytes_has_no_digest() -> None:
    """An object of the host's own, say."""
    assert digest({"a": object()}) is None
    assert digest(np.array([object()])) is None


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([None]), b"x"])
def test_what_cannot_be_recorded_is_refused(value) -> None:
    """With what can."""
    with pytest.raises(TypeError, match=r"cannot be recorded\. Numbers, strings"):
        encoded(value)


@pytest.mark.parametrize("value", [{}, {"array": 3}, {"tuple": 1}, {"list": []}])
def test_what_was_not_recorded_is_no_value(value) -> None:
    """Rather than something else."""
    with pytest.raises(ValueError, match="is no recorded value"):
        decoded(value)


def test_decisions_at_the_top_and_commands_at_the_bottom() -> None:
    """A skip sends each decision several times."""
    top, bottom = ActionRecorder(), ActionRecorder(gap=0)
    agent = Deployment(len, RepeatAction(2), sinks=[top, bottom])
    for number, name in enumerate(("a", "bb", "ccc", "dddd")):
        agent.act(name, *[1.0] * bool(number))
    agent.act("e", 1.0, terminated=True)

    assert [([1, 3], True)] == decisions(top)
    assert [([1, 1, 3, 3], True)] == decisions(bottom)


def test_an_open_episode_is_there_too() -> None:
    """And one that was given up, of which the end was not recorded."""
    recorder = ActionRecorder()
    agent = Deployment(len, sinks=[recorder])
    agent.act("a")
    agent.reset("bb")
    agent.act("ccc", 1.0)

    assert [([1], False), ([2, 3], False)] == decisions(recorder)


def test_a_fallback_is_what_the_environment_was_sent() -> None:
    """The policy decided nothing."""

    class Explodes(Wrapper[None]):
        def on_state(self, memory, timestep):
            if timestep.observation == "x":
                raise OSError
            return memory, timestep

    top, bottom = ActionRecorder(), ActionRecorder(gap=0)
    agent = Deployment(len, Explodes(), fallback=9, sinks=[top, bottom])
    agent.act("a")
    agent.act("x", 1.0)
    agent.act("bb", 1.0)

    assert [([1, 9, 2], False)] == decisions(bottom)
    assert [([1, 2], False)] == decisions(top)


def test_an_episode_with_a_hole_is_not_recorded(tmp_path) -> None:
    """Neither its rest after a restore, in memory or in a file."""
    path = tmp_path / "acts.jsonl"
    memory, file = ActionRecorder(), ActionRecorder(path)
    agent = Deployment(len, sinks=[memory, file])
    agent.act("a")
    for recorder in (memory, file):
        recorder.observe([(0, Missed(1))], 0)
    agent.act("bb", 1.0)
    agent.act("ccc", 1.0, terminated=True)
    agent.act("dddd")
    agent.act("e", 1.0, terminated=True)
    agent.close()

    assert [([4], True)] == decisions(memory)
    assert [([4], True)] == decisions(ReplayPolicy.load(path))


def test_each_decision_is_in_the_file_when_its_call_returns(tmp_path) -> None:
    """So a crash leaves all that was decided."""
    path = tmp_path / "acts.jsonl"
    agent = Deployment(lambda _: np.float32(0.5), sinks=[ActionRecorder(path)])
    found = []
    for number in range(3):
        agent.act(number, *[0.0] * bool(number))
        found.append(decisions(ReplayPolicy.load(path)))

    assert [[([np.float32(0.5)] * n, False)] for n in (1, 2, 3)] == found
    assert np.float32 is type(found[0][0][0][0])


def test_a_file_goes_on_with_the_next_session(tmp_path) -> None:
    """Whatever became of the last."""
    path = tmp_path / "acts.jsonl"
    for closed in (False, True, False):
        agent = Deployment(len, sinks=[ActionRecorder(path)])
        agent.act("a")
        agent.act("bb", 1.0)
        if closed:
            agent.close("c", 1.0, terminated=True)
    with path.open("ab") as file:
        file.write(b'{"step":0,"act')

    played = decisions(ReplayPolicy.load(path))
    assert [([1, 2], False), ([1, 2], True), ([1, 2], False)] == played


def test_an_action_that_is_no_plain_data_costs_no_act(tmp_path) -> None:
    """In memory it is kept as it is."""
    sinks = [ActionRecorder(tmp_path / "acts.jsonl"), ActionRecorder()]
    agent = Deployment(lambda _: {1, 2}, sinks=sinks)

    assert {1, 2} == agent.act("a")
    assert 1 == agent.sink_failures
    assert [([{1, 2}], False)] == decisions(sinks[1])


def test_a_recorder_prints_its_file() -> None:
    """If it has one."""
    assert ("ActionRecorder()", "ActionRecorder('a')") == (
        repr(ActionRecorder()),
        repr(ActionRecorder("a")),
    )


def test_an_environment_is_recorded_in_training_too() -> None:
    """By the same sink."""
    from statewrap.gym import GymWrapper  # noqa: PLC0415 - its place is here

    recorder = ActionRecorder()
    env = GymWrapper(gym.make("CartPole-v1"), RepeatAction(2), sinks=[recorder])
    env.reset(seed=0)
    for action in (0, 1, 0):
        env.step(action)
    env.close()

    assert [([0, 1, 0], False)] == decisions(recorder)

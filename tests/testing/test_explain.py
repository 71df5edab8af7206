"""Where messages, dialogues and traces differ."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from gymnasium.spaces import GraphInstance

from statewrap import Act, Reset, Stack, TimeStep
from statewrap.core.trace import Trace
from statewrap.testing import FIRST, trace
from statewrap.testing.explain import MOST, WIDEST, differences, explain
from statewrap.wrappers import RepeatAction, TimeLimit


def test_names_every_field_that_differs():
    """All of them, each with both values, the left one first."""
    left = TimeStep("f1", reward=1.0, terminated=True, info={"lives": 3})
    right = TimeStep("f1", reward=2.0, info={"lives": 2})

    expected = ["reward: 1.0 != 2.0", "terminated: True != False", "info['lives']: 3 != 2"]
    assert expected == explain(left, right)


def test_tells_of_types_that_differ():
    """An int is not a float, and a numpy number is neither."""
    assert ["reward: int 1 != float 1.0"] == explain(
        TimeStep("f", reward=1), TimeStep("f", reward=1.0)
    )
    assert ["action: int 1 != int64 np.int64(1)"] == explain(Act(1), Act(np.int64(1)))


def test_counts_the_elements_of_an_array_that_differ():
    """With the first of them, its index and both values."""
    left, right = np.zeros((2, 3)), np.array([[0.0, 0.0, 5.0], [6.0, 0.0, 0.0]])

    assert ["observation[0, 2]: 0.0 != 5.0 (2 of 6 elements differ)"] == explain(
        TimeStep(left), TimeStep(right)
    )


def test_compares_elements_bit_for_bit():
    """NaN is NaN, and minus zero is not zero."""
    left, right = np.array([np.nan, 0.0]), np.array([np.nan, -0.0])

    assert ["action[1]: 0.0 != -0.0 (1 of 2 elements differ)"] == explain(Act(left), Act(right))
    assert [] == explain(Act(left), Act(left.copy()))


@pytest.mark.parametrize("dtype", ["g", "O", "U3", "c16", "?", "M8[s]", "i4,f4"])
def test_counts_elements_of_every_dtype(dtype):
    """Also of those whose bytes do not tell whether they are equal."""
    left, right = np.zeros(4, dtype), np.zeros(4, dtype)
    right[2] = np.ones(1, dtype)[0]

    (line,) = explain(Act(left), Act(right))

    assert line.startswith("action[2]")
    assert dtype == "O" or line.endswith("(1 of 4 elements differ)")


def test_tells_of_dtype_and_shape_together():
    """Where they differ, elements are not compared."""
    left, right = np.zeros((2, 3), np.float32), np.zeros((3, 2))

    assert [
        "observation: dtype float32 != float64",
        "observation: shape (2, 3) != (3, 2)",
    ] == explain(TimeStep(left), TimeStep(right))


def test_tells_of_a_dtype_alone():
    """Where the shapes agree."""
    left, right = np.zeros(2, np.float32), np.zeros(2)

    assert ["action: dtype float32 != float64"] == explain(Act(left), Act(right))


def test_tells_of_lengths_within_a_message():
    """Of tuples and lists that a message holds."""
    assert ["action: length 1 != 2"] == explain(Act((1,)), Act((1, 2)))


def test_goes_into_observations_of_every_kind():
    """Dict, Tuple and Graph, and into what they hold."""
    nodes = np.zeros((2, 1))
    left = {"map": (1, GraphInstance(nodes, None, None))}
    right = {"map": (1, GraphInstance(nodes + 1, None, None))}

    assert ["observation['map'][1].nodes[0, 0]: 0.0 != 1.0 (2 of 2 elements differ)"] == explain(
        TimeStep(left), TimeStep(right)
    )


def test_names_keys_that_are_missing():
    """Both lists of keys are shown."""
    left, right = TimeStep("f", info={"a": 1}), TimeStep("f", info={"a": 1, "b": 2})

    assert ["info: keys ['a'] != ['a', 'b']"] == explain(left, right)


def test_shows_messages_of_two_kinds():
    """There are no fields to compare."""
    assert ["Act('jump') != Reset()"] == explain(Act("jump"), Reset())


def test_numbers_the_message_that_differs():
    """From 0 on, as the list's index."""
    left = [FIRST, Act("jump"), TimeStep("f1", reward=1.0)]
    right = [FIRST, Act("run"), TimeStep("f1", reward=2.0)]

    expected = ["message 1, action: 'jump' != 'run'", "message 2, reward: 1.0 != 2.0"]
    assert expected == explain(left, right)
    assert [expected[1].replace("2,", "1,")] == explain(
        [FIRST, left[2], FIRST], [FIRST, right[2], FIRST]
    )


def test_says_nothing_of_messages_that_agree_between_others():
    """Only of those around it."""
    left, right = [Act(1), FIRST, Act(1)], [Act(2), FIRST, Act(2)]

    assert ["message 0, action: 1 != 2", "message 2, action: 1 != 2"] == explain(left, right)


def test_names_the_message_that_is_missing():
    """In the middle too: what comes before and after it is recognised."""
    left, right = [FIRST, Act("a"), TimeStep("f1")], [FIRST, TimeStep("f1")]

    expected = ["3 messages != 2 messages", "only on the left: message 1, Act('a')"]
    assert expected == explain(left, right)
    assert ["2 messages != 3 messages", "only on the right: message 1, Act('a')"] == explain(
        right, left
    )


def test_tells_what_differs_and_what_is_too_much():
    """A list may be longer and be another."""
    left, right = [FIRST, Act("a"), Act("b")], [FIRST, Act("c")]

    assert [
        "3 messages != 2 messages",
        "message 1, action: 'a' != 'c'",
        "only on the left: message 2, Act('b')",
    ] == explain(left, right)


def test_compares_hops_and_turns():
    """Lists of pairs, and the pair of memory and message that a wrapper returns."""
    left, right = [(0, FIRST), (1, Act("a"))], [(0, FIRST), (1, Act("b"))]

    assert ["item 1, [1].action: 'a' != 'b'"] == explain(left, right)
    assert ["item 1, action: 'a' != 'b'"] == explain((None, Act("a")), (None, Act("b")))


def test_items_beside_messages_are_compared_as_python_did():
    """In a tuple 1 equals 1.0; only what made the whole differ is told."""
    assert ["item 1, action: 'a' != 'b'"] == explain((1, Act("a")), (1.0, Act("b")))
    assert ["item 0, 1 != 'x'"] == explain((1, FIRST), ("x", FIRST))


def test_a_memory_of_arrays_may_stand_beside_a_message():
    """Arrays have no truth of their own."""
    left, right = (np.zeros(2), FIRST), (np.ones(2), FIRST)

    assert ["item 0, [0]: 0.0 != 1.0 (2 of 2 elements differ)"] == explain(left, right)


def test_compares_traces():
    """The stack, and each fact with its gap and who said it."""
    steps = FIRST, Act("a"), TimeStep("f1"), TimeStep("f2", reward=1.0)
    left = trace(RepeatAction(2), *steps[:3], steps[3])
    right = trace(RepeatAction(2), *steps[:3], steps[3].replace(reward=2.0))

    assert [
        "fact 6 (gap 0, environment), [1].reward: 1.0 != 2.0",
        "fact 7 (gap 1, RepeatAction(num_repeats=2)), [1].reward: 1.0 != 2.0",
    ] == explain(left, right)


def test_compares_the_stacks_of_traces():
    """Before the facts."""
    left, right = Trace(Stack(TimeLimit(2)), ()), Trace(Stack(TimeLimit(3)), ())

    names = [f"Stack(TimeLimit(max_episode_steps={limit}))" for limit in (2, 3)]

    assert [f"stack: {' != '.join(names)}"] == explain(left, right)


def test_is_short():
    """A long value is cut, many differences are counted."""
    left = [Act(f"{number} {'x' * 500}") for number in range(50)]

    lines = explain(left, [Act("y") for _ in left])

    assert MOST + 1 == len(lines)
    assert "... and 42 more" == lines[-1]
    assert all(len(line) <= WIDEST for line in lines)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2),
        ("a", "b"),
        ([1], [2]),
        (np.zeros(2), np.ones(2)),
        (Act(1), 1),
        ([Act(1)], (Act(1),)),
        ([Act(1)], [1]),
        ({"a": Act(1)}, {"a": Act(2)}),
    ],
)
def test_leaves_other_kinds_to_pytest(left, right):
    """It explains them better."""
    assert [] == explain(left, right)


@pytest.mark.parametrize("value", [FIRST, [FIRST, Act(1)], trace(Stack(), FIRST)])
def test_has_nothing_to_say_of_what_is_the_same(value):
    """No line without a difference."""
    assert [] == explain(value, value)


def test_an_object_that_equals_nothing_is_shown():
    """Its class says that it differs, and no part of it does."""

    @attrs.frozen(eq=False)
    class Odd:
        part: int = 1

    (line,) = explain((Odd(), FIRST), (Odd(), FIRST))

    assert line.startswith("item 0, ")
    assert "Odd(part=1) !=" in line


def test_differences_of_any_values():
    """The path that is given stands before."""
    assert ["answer['x'][0]: 1 != 2"] == differences({"x": [1]}, {"x": [2]}, "answer")
    assert [] == differences(1, 1)

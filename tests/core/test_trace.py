"""A trace: the hops of one call, to be read."""

from __future__ import annotations

import numpy as np

from statewrap import Act, Policy, Reset, Stack, TimeStep, push
from statewrap.core.drivers import initial_agent
from statewrap.core.events import Opened
from statewrap.core.key import Key
from statewrap.core.trace import Trace, brief, speaker
from statewrap.wrappers.clip import ClipReward
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.time_limit import TimeLimit

FIRST = TimeStep("f0", first=True)


class Jumps(Policy[None]):
    """Jump."""

    def decide(self, memory, timestep):
        """Jump."""
        return None, Act("jump")


def traced() -> Trace:
    """Trace an opening and a skipped frame."""
    stack, facts = TimeLimit(9) | RepeatAction(2), []
    agent = initial_agent(stack, Jumps(), Key.from_seed(0))
    for timestep in (FIRST, TimeStep("f1", reward=1.0)):
        agent, _ = push(stack, Jumps(), agent, timestep, hops=facts)
    return Trace(stack, tuple(facts))


def test_a_trace_reads_as_a_list_of_who_said_what() -> None:
    """Events stand where they were seen; an answer of a wrapper's own is marked."""
    assert """\
gap  who                              says
  0  environment                    ↑ TimeStep('f0', first=True)
  1  TimeLimit(max_episode_steps=9) ↑ TimeStep('f0', first=True)
  2  RepeatAction(num_repeats=2)    ↑ TimeStep('f0', first=True)
  2  (event)                        · Opened()
  2  policy                         ↓ Act('jump')
  1  RepeatAction(num_repeats=2)    ↓ Act('jump')
  0  TimeLimit(max_episode_steps=9) ↓ Act('jump')
  0  environment                    ↑ TimeStep('f1', reward=1.0)
  1  TimeLimit(max_episode_steps=9) ↑ TimeStep('f1', reward=1.0)
  1  RepeatAction(num_repeats=2)    ↺ Act('jump')
  0  TimeLimit(max_episode_steps=9) ↓ Act('jump')""" == str(traced())


def test_hops_are_the_messages_alone() -> None:
    """Facts are hops and events."""
    trace = traced()

    assert 10 == len(trace.hops)
    assert 11 == len(trace.facts)
    assert (2, Opened()) in trace.facts


def test_the_messages_of_one_gap_are_a_dialogue() -> None:
    """The last gap is below the policy, also counted from the end."""
    trace = traced()

    assert [FIRST, Act("jump")] == trace.at(2)
    assert trace.at(2) == trace.at(-1)
    assert [FIRST, Act("jump"), TimeStep("f1", reward=1.0), Act("jump")] == trace.at(0)


def test_a_refusal_is_marked_as_an_answer() -> None:
    """A time step that answers an act."""
    trace = Trace(Stack(TimeLimit(9)), ((1, Act("x")), (1, TimeStep("no"))))

    assert "↺ TimeStep('no')" in str(trace)


def test_an_empty_trace_has_its_heading() -> None:
    """Before anything happened."""
    assert "gap  who   says" == str(Trace(Stack(), ()))


def test_long_values_are_printed_on_one_line() -> None:
    """Their middle is left out."""
    text = brief(TimeStep(np.zeros((50, 50)), info={"end": True}))

    assert 100 >= len(text)
    assert text.startswith("TimeStep(array([[0., 0.")
    assert text.endswith("info={'end': True})")
    assert "\n" not in text
    assert "Reset()" == brief(Reset())


def test_an_event_in_between_is_no_message() -> None:
    """Whether something was answered is told by the message before it."""
    risen = (1, TimeStep("f"))

    assert "↺" not in str(Trace(Stack(TimeLimit(9)), (risen, (1, Opened()), risen)))
    assert "↺" in str(Trace(Stack(TimeLimit(9)), ((1, Act("x")), (1, Opened()), risen)))


def test_a_wrapper_of_many_words_is_cut() -> None:
    """So that the columns stay together."""
    stack = Stack(ClipReward(min_reward=np.arange(20.0), max_reward=np.arange(20.0) + 1.0))

    name = speaker(stack, 1, FIRST)

    assert 47 <= len(name) <= 48
    assert name.startswith("ClipReward(min_reward")

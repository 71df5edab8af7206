"""Dialogues: what `play` returns, and what `trace` does not let pass."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Act, Below, BindError, Key, ProtocolError, Reset, Stack, TimeStep, Wrapper
from statewrap.core.events import Opened
from statewrap.core.wrapper import StackMemory
from statewrap.testing import FIRST, Trace, play, trace
from statewrap.testing.dialogue import EpisodeRules
from statewrap.wrappers.clip import ClipAction
from statewrap.wrappers.repeat_action import Held, RepeatAction
from statewrap.wrappers.time_limit import TimeLimit
from tests.laws.mistakes import ActsAfterTheLast, HidesTruncation, PaysAtTheOpening
from tests.laws.mistakes import ShowsTheFirstAgain as Refuses


@attrs.frozen
class ShowsDraw(Wrapper[Any]):
    """Show what its key draws."""

    def initial(self, key: Key):
        """Draw from it."""
        return key.uniform()[0]

    def on_state(self, memory, timestep: TimeStep):
        """Tell."""
        return memory, timestep.replace(observation=memory)


def test_a_dialogue_gives_what_left_for_each_message() -> None:
    """One decision covers two frames; the policy sees the last, and both rewards."""
    f1, f2 = TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0)

    replies = play(RepeatAction(2), FIRST, Act("jump"), f1, f2)

    assert [FIRST, Act("jump"), Act("jump"), TimeStep("f2", reward=3.0)] == replies


def test_a_dialogue_may_begin_anywhere() -> None:
    """With what the wrapper keeps, or with a stack's whole memory."""
    held = Held(Act("jump"), 0, 1.0)
    keys = (Key.from_seed(0), Key.from_seed(1))
    whole = StackMemory((held, 8), keys)
    f2 = TimeStep("f2", reward=2.0)

    alone = play(RepeatAction(2), f2, memory=held)
    stacked = play(RepeatAction(2) | TimeLimit(9), f2, memory=whole)

    assert [TimeStep("f2", reward=3.0)] == alone
    assert [TimeStep("f2", reward=3.0, truncated=True)] == stacked


def test_a_dialogue_draws_from_its_key() -> None:
    """The same every time, unless another is given."""
    assert play(ShowsDraw(), FIRST) == play(ShowsDraw(), FIRST)
    assert play(ShowsDraw(), FIRST) != play(ShowsDraw(), FIRST, key=Key.from_seed(1))


def test_what_lies_below_is_said_where_a_wrapper_needs_it() -> None:
    """The error shows how."""
    with pytest.raises(BindError, match=r"play\(\.\.\., below=Below\(action_space=\.\.\.\)\)"):
        play(ClipAction(), FIRST)

    below = Below(action_space=Box(-1.0, 1.0, ()))
    assert [FIRST, Act(np.float64(1.0))] == play(ClipAction(), FIRST, Act(5.0), below=below)


def test_a_trace_holds_every_hop() -> None:
    """Those of all messages, one after the other."""
    traced = trace(TimeLimit(3) | RepeatAction(2), FIRST, Act("jump"), TimeStep("f1"))

    assert isinstance(traced, Trace)
    assert TimeLimit(3) | RepeatAction(2) == traced.stack
    assert [FIRST, Act("jump")] == traced.at(2)
    assert [FIRST, Act("jump"), TimeStep("f1"), Act("jump")] == traced.at(0)


def test_a_trace_may_begin_anywhere_too() -> None:
    """With a memory that was given, within an episode."""
    held = Held(Act("jump"), 0, 1.0)
    end = TimeStep("f2", reward=2.0, terminated=True)

    traced = trace(RepeatAction(2), end, Reset(), FIRST, memory=held)

    assert [end.replace(reward=3.0), Reset(), FIRST] == traced.at(-1)
    with pytest.raises(ProtocolError, match="before an episode opened"):
        trace(RepeatAction(2), end)


END = TimeStep("f1", terminated=True)


@pytest.mark.parametrize(
    ("wrapper", "messages", "gap", "who", "wrong"),
    [
        (ActsAfterTheLast(), [FIRST, Act(0), END], 0, "ActsAfterTheLast()", "an Act after the la"),
        (PaysAtTheOpening(), [FIRST], 1, "PaysAtTheOpening()", "reward 1.0, expected 0"),
        (Refuses(), [FIRST, Act(0)], 1, "ShowsTheFirstAgain()", "in answer to an Act"),
        (Stack(), [Act(0)], 0, "policy", "an Act before an episode opened"),
        (Stack(), [TimeStep("f1")], 0, "environment", "before an episode opened"),
        (Stack(), [FIRST, Act(0), END, Act(0)], 0, "policy", "an Act after the last time step"),
    ],
)
def test_a_breach_names_who_the_gap_and_the_message(wrapper, messages, gap, who, wrong) -> None:
    """And the rule."""
    with pytest.raises(ProtocolError) as caught:
        trace(wrapper, *messages)

    text = str(caught.value)
    assert text.startswith(f"At gap {gap}, between ")
    assert f", {who} sent " in text
    assert wrong in text


def test_the_rules_hold_at_the_gaps_within() -> None:
    """Here a wrapper above repairs what one below broke."""
    stack = HidesTruncation() | ActsAfterTheLast()
    cut = TimeStep("f1", truncated=True)

    with pytest.raises(ProtocolError, match=r"between the environment and HidesTruncation\(\)"):
        trace(stack, FIRST, Act(0), cut)


@pytest.mark.parametrize(
    ("messages", "whose"),
    [
        ([FIRST, TimeStep("f1")], "it is the policy that is to send a command"),
        ([FIRST, Act(0), Act(1)], "it is the environment that is to show a TimeStep"),
        ([FIRST, Act(0), Reset()], "it is the environment that is to show a TimeStep"),
    ],
)
def test_a_dialogue_in_which_somebody_speaks_out_of_turn_is_refused(messages, whose) -> None:
    """The test is wrong then, and not the wrapper."""
    with pytest.raises(ProtocolError, match=f"speaks out of turn.*{whose}"):
        trace(Stack(Wrapper()), *messages)


def test_events_are_no_messages() -> None:
    """The facts of a push can be held against the rules as they are."""
    rules = EpisodeRules(Stack())

    rules.hold([(0, FIRST), (0, Opened()), (0, Act(0))])

    with pytest.raises(ProtocolError, match="also last"):
        rules.hold([(0, FIRST.replace(terminated=True))])


def test_a_first_time_step_may_come_at_any_moment() -> None:
    """Environments open episodes unasked."""
    again = TimeStep("g0", first=True)

    messages = [FIRST, again, Act(0), again, Reset(), again]

    assert messages == trace(Stack(), *messages).at(0)

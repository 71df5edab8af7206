"""How a session goes on: one session and what comes in give the next one, and every fact."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import (
    Act,
    Below,
    InputError,
    Key,
    PolicyError,
    ProtocolError,
    Reset,
    SpaceError,
    Stack,
    StatewrapError,
    TimeStep,
    Wrapper,
    WrapperError,
)
from statewrap.core.checks import Checks
from statewrap.core.events import (
    Abandoned,
    Closed,
    Continued,
    Ended,
    FellBack,
    Opened,
    Unshown,
)
from statewrap.core.fold import Report
from statewrap.core.policy import FunctionPolicy
from statewrap.core.protocol import State
from statewrap.core.rules import SessionRules
from statewrap.core.session import Command, Over, Wanted
from statewrap.wrappers.time_limit import TimeLimit

ROOT = Key.from_seed(3)
FIRST, MIDDLE = TimeStep(0, first=True), TimeStep(1, 1.0)
LAST = TimeStep(2, 1.0, terminated=True)


class Listens:
    """Statistics that keep all that they are given, and report each fact."""

    memory_types = ()
    form = ()
    stamps = False

    def initial(self):
        """Nothing was heard."""
        return ()

    def observe(self, state, facts, top, span=None):
        """Keep the facts of a call and the gap below the policy."""
        return (*state, (top, *facts)), tuple(Report("fact", {"what": what}) for what in facts)


@attrs.frozen
class Mark(Wrapper[None]):
    """Add 10 on the way up; raise on what is to fail, above or below."""

    fails: Any = None

    def on_state(self, memory, timestep):
        """Mark."""
        if timestep.observation == self.fails:
            raise RuntimeError("boom")
        return memory, timestep.replace(observation=timestep.observation + 10)

    def on_action(self, memory, act):
        """Let it fall, if it may."""
        if act.action == self.fails:
            raise RuntimeError("boom")
        return memory, act


def made(
    *wrappers, policy=None, mode="never", on_reset="continue", fallback=None, below=None
) -> SessionRules:
    """Make the rules of a stack; without a policy, decisions come from outside."""
    stack = Stack(*wrappers).bind(Below() if below is None else below)
    asked = None if policy is None else FunctionPolicy(policy)
    return SessionRules(asked, Listens(), Checks(stack, mode, on_reset), fallback)


def opened(rules, raw=FIRST):
    """Return the session after an opening."""
    return rules.pushed(rules.initial(ROOT), raw)[0]


def copied(observation):
    """Decide what is seen."""
    return observation


def told(call, *args) -> str:
    """Return the words with which a call is refused; none if it is not."""
    try:
        call(*args)
    except StatewrapError as error:
        return str(error)
    return ""


# -- what is shown ------------------------------------------------------------------------------


def test_an_opening_wants_a_decision_and_the_decision_is_sent() -> None:
    """The number counts what was shown, not what was decided; the facts are all that crossed."""
    rules = made(Mark())

    shown, up = rules.pushed(rules.initial(ROOT), FIRST)
    acting, down = rules.decided(shown, 7)

    top = FIRST.replace(observation=10)
    assert [(0, FIRST), (1, top), (1, Opened())] == up
    assert [(1, Act(7)), (0, Act(7))] == down
    assert (State.WANTED, 1, Wanted(top), FIRST) == (
        shown.state,
        shown.step,
        shown.answer,
        shown.raw,
    )
    assert (State.ACTING, 1, Command(7), None) == (
        acting.state,
        acting.step,
        acting.answer,
        acting.raw,
    )
    assert shown.answer == acting.observed == shown.observed
    assert ((1, *up), (1, *down)) == acting.tally
    assert [{"what": fact} for fact in down] == [report.values for report in acting.reports]


def test_with_a_policy_the_answer_is_the_action() -> None:
    """Nothing is wanted, and nothing is said of how the last episode looked."""
    rules = made(Mark(), policy=copied)

    session, _ = rules.pushed(opened(rules), LAST)

    assert (State.OVER, Over(None), Reset(), False) == (
        session.state,
        session.answer,
        session.pending,
        session.agent.open,
    )


def test_the_end_that_is_told_is_the_one_shown_at_the_top() -> None:
    """Where decisions come from outside, for nobody else was shown it."""
    rules = made(TimeLimit(1), Mark())

    session, facts = rules.pushed(rules.decided(opened(rules), 5)[0], MIDDLE)

    end = TimeStep(11, 1.0, truncated=True)
    again = TimeStep(1, first=True)
    assert Wanted(again.replace(observation=11), end) == session.answer
    assert [
        (0, MIDDLE),
        (1, MIDDLE.replace(truncated=True)),
        (2, end),
        (2, Ended(False, True)),
        (2, Reset()),
        (1, Reset()),
        (0, Reset()),
        (0, Continued()),
        (0, again),
        (1, again),
        (2, again.replace(observation=11)),
        (2, Opened()),
    ] == facts


def test_without_an_end_none_is_told() -> None:
    """Neither on an opening nor in an episode."""
    rules = made(Mark())

    session, _ = rules.pushed(rules.decided(opened(rules), 5)[0], MIDDLE)

    assert Wanted(MIDDLE.replace(observation=11)) == session.answer


def test_a_reset_abandons_an_open_episode_before_the_next_opens() -> None:
    """Only an open one; the statistics hear of both at once."""
    rules = made(Mark())
    session = opened(rules)

    after, facts = rules.reset(session, FIRST)

    assert (1, Abandoned()) == facts[0]
    assert [(0, FIRST), (1, FIRST.replace(observation=10)), (1, Opened())] == facts[1:]
    assert len(facts) == len(after.reports)
    assert Abandoned() not in [what for _, what in rules.reset(rules.initial(ROOT), FIRST)[1]]


def test_a_reset_with_a_seed_draws_like_a_new_session() -> None:
    """The keys are those of that seed; without one they go on."""
    rules = made(Mark())
    session = opened(rules)

    other, _ = rules.reset(session, FIRST, seed=8)
    fresh, _ = rules.pushed(rules.initial(Key.from_seed(8)), FIRST)

    assert fresh.agent.stack.keys == other.agent.stack.keys
    assert fresh.agent.key == other.agent.key
    assert rules.reset(session, FIRST)[0].agent.stack.keys != other.agent.stack.keys


def test_a_memory_may_be_taken_over() -> None:
    """What was learned is there, the keys are the new session's own."""
    rules = made(TimeLimit(9))
    memory = rules.pushed(rules.decided(opened(rules), 5)[0], MIDDLE)[0].agent.stack

    session = rules.initial(Key.from_seed(9), memory)

    assert (1,) == memory.wrappers == session.agent.stack.wrappers
    assert rules.initial(Key.from_seed(9)).agent.stack.keys == session.agent.stack.keys


# -- what is decided ----------------------------------------------------------------------------


def test_a_decision_needs_a_time_step_and_the_wish_for_one() -> None:
    """Either alone is not enough."""
    rules = made(Mark())
    wanted = opened(rules)
    acting, _ = rules.decided(wanted, 1)

    for session in (
        acting,
        rules.initial(ROOT),
        attrs.evolve(wanted, raw=None),
        attrs.evolve(acting, raw=FIRST),
    ):
        with pytest.raises(ProtocolError, match=r"^decide was called, but no decision is wanted"):
            rules.decided(session, 1)


def test_no_action_is_the_hosts_mistake() -> None:
    """And not the policy's, for there is none."""
    rules = made(Mark())

    with pytest.raises(InputError, match=r"The action is None\. None is no action"):
        rules.decided(opened(rules), None)


@pytest.mark.parametrize(("mode", "checked"), [("always", 2), ("first", 1), ("never", 0)])
def test_decisions_are_looked_at_when_they_are_due(mode, checked) -> None:
    """Always, once an episode, or never; the words say whose action it was."""
    rules = made(mode=mode, below=Below(action_space=Discrete(3)))
    first = opened(rules)
    second, _ = rules.pushed(rules.decided(first, 1)[0], MIDDLE)

    refused = [told(rules.decided, session, 9) for session in (first, second)]

    words = "The given action is int 9, which is not in Discrete(3)"
    assert [True, True][:checked] == [text.startswith(words) for text in refused if text]


@pytest.mark.parametrize(("mode", "checked"), [("always", 2), ("first", 1), ("never", 0)])
def test_so_are_a_policys(mode, checked) -> None:
    """Its error is told as what the policy did."""
    rules = made(policy=lambda _: 9, mode=mode, below=Below(action_space=Discrete(3)))
    right = attrs.evolve(rules, policy=FunctionPolicy(lambda _: 2))
    sessions = (rules.initial(ROOT), FIRST), (opened(right), MIDDLE)

    refused = [told(rules.pushed, session, raw) for session, raw in sessions]

    words = "): The policy's action is int 9, which is not in Discrete(3)"
    assert [True, True][:checked] == [words in text for text in refused if text]


@pytest.mark.parametrize(("mode", "checked"), [("always", 2), ("first", 1), ("never", 0)])
def test_so_is_what_the_stack_sends(mode, checked) -> None:
    """It is the stack's mistake, and says in which call."""

    @attrs.frozen
    class Send(Wrapper[None]):
        def above(self, below):
            return attrs.evolve(below, action_space=None)

    rules = made(Send(), mode=mode, below=Below(action_space=Discrete(3)))
    first = opened(rules)
    second, _ = rules.pushed(rules.decided(first, 1)[0], MIDDLE)

    refused = []
    for session in (first, second):
        try:
            rules.decided(session, 9)
        except SpaceError as error:
            refused += error.__notes__

    notes = [f"In episode 0, step {step}; nothing was changed." for step in (1, 2)]
    assert notes[:checked] == refused


def test_an_act_that_fails_is_answered_by_the_fallback() -> None:
    """What is decided on stays the time step that was shown; no number is used."""
    seen = []

    def spare(timestep, error):
        seen.append((timestep, str(error)))
        return 4

    rules = made(Mark(fails=9), fallback=spare)
    session = opened(rules)

    after, facts = rules.decided(session, 9)

    words = (
        "Wrapper 0, Mark(fails=9), raised RuntimeError in on_action (episode 0, step 1): boom. "
        "Nothing was changed: the same call can be made again."
    )
    assert [(FIRST, words)] == seen
    assert [(0, FellBack(words, 4))] == facts
    assert (Command(4), 1, session.agent, False) == (
        after.answer,
        after.step,
        after.agent,
        after.reopen,
    )
    assert session.observed == after.observed


def test_without_a_fallback_the_wrappers_error_is_raised_from_its_own() -> None:
    """With the place, both numbers counted from 0."""
    rules = made(Mark(fails=9))
    later, _ = rules.reset(opened(rules), FIRST)

    with pytest.raises(WrapperError, match=r"in on_action \(episode 1, step 2\): boom") as caught:
        rules.decided(later, 9)
    assert "boom" == str(caught.value.__cause__)


# -- the fallback -------------------------------------------------------------------------------


def test_an_opening_that_fell_back_is_shown_again() -> None:
    """The next time step opens the episode for the stack, and is counted as not yet shown."""
    rules = made(Mark(fails=0), policy=copied, fallback=5)

    fell, first = rules.pushed(rules.initial(ROOT), FIRST)
    session, facts = rules.pushed(fell, MIDDLE)

    assert [(0, Unshown(FIRST))] == first[:1]
    assert (Command(5), True, 1) == (fell.answer, fell.reopen, fell.step)
    again = MIDDLE.replace(reward=0.0, first=True)
    assert [(0, Unshown(MIDDLE)), (0, again), (1, again.replace(observation=11))] == facts[:3]
    assert (Command(11), False) == (session.answer, session.reopen)


def test_the_decision_on_an_opening_shown_again_is_the_first_one() -> None:
    """So it is looked at where first ones are."""
    below = Below(action_space=Discrete(2))
    rules = made(Mark(fails=0), policy=lambda _: 2, fallback=1, mode="first", below=below)
    fell, _ = rules.pushed(rules.initial(ROOT), FIRST)

    again, facts = rules.pushed(fell, MIDDLE)

    assert again.reopen
    assert "): The policy's action is int 2" in facts[-1][1].error


def test_an_episode_that_nobody_saw_ends_unseen() -> None:
    """Its opening fell back and its last time step came next."""
    rules = made(Mark(fails=0), policy=copied, fallback=5)
    fell, _ = rules.pushed(rules.initial(ROOT), FIRST)

    session, facts = rules.pushed(fell, LAST)

    assert [(0, Unshown(LAST)), (1, Abandoned())] == facts
    assert (State.OVER, Reset(), False) == (session.state, session.pending, session.reopen)


def test_a_last_time_step_that_falls_back_abandons_the_episode() -> None:
    """No action is due, and the stack has seen no end."""
    rules = made(Mark(fails=2), policy=copied, fallback=5)

    session, facts = rules.pushed(opened(rules), LAST)

    assert [(0, Unshown(LAST)), (1, Abandoned())] == [facts[0], facts[2]]
    assert facts[1][1].action is None
    assert (State.OVER, False, False) == (session.state, session.agent.open, session.reopen)


def test_a_fallback_that_fails_is_named() -> None:
    """As the consequence of what it was to answer."""

    def broken(timestep, error):
        raise KeyError("spare")

    rules = made(Mark(fails=0), fallback=broken)

    words = r"The policy <function .*broken at .*> raised KeyError in the fallback: 'spare'\."
    with pytest.raises(PolicyError, match=words) as caught:
        rules.pushed(rules.initial(ROOT), FIRST)
    assert isinstance(caught.value.__cause__, WrapperError)


def test_a_fallback_is_looked_at_unless_nothing_is() -> None:
    """It answers the environment, in its space."""
    below = Below(action_space=Discrete(3))
    for mode in ("always", "first"):
        rules = made(Mark(fails=0), fallback=lambda *_: 9, mode=mode, below=below)
        with pytest.raises(PolicyError, match="The fallback's action is int 9"):
            rules.pushed(rules.initial(ROOT), FIRST)

    rules = made(Mark(fails=0), fallback=lambda *_: 9, below=below)
    assert Command(9) == rules.pushed(rules.initial(ROOT), FIRST)[0].answer


# -- the end ------------------------------------------------------------------------------------


def test_closing_abandons_what_is_open() -> None:
    """Once, and says so before it says that it is closed."""
    rules = made(Mark())
    session = opened(rules)

    closed, facts = rules.closed(session, None)

    assert [(1, Abandoned()), (1, Closed())] == facts
    assert (State.CLOSED, attrs.evolve(session.agent, open=False), None) == (
        closed.state,
        closed.agent,
        closed.pending,
    )
    assert [(1, Closed())] == rules.closed(rules.initial(ROOT), None)[1]


def test_closing_shows_a_last_time_step() -> None:
    """All that crosses is told once; no reset is pending afterwards."""
    rules = made(Mark(), policy=copied)
    session = opened(rules)

    closed, facts = rules.closed(session, LAST)

    end = LAST.replace(observation=12)
    asked = [(1, Reset()), (0, Reset()), (1, Closed())]
    assert [(0, LAST), (1, end), (1, Ended(True, False)), *asked] == facts
    assert (*session.tally, (1, *facts)) == closed.tally
    assert (None, False) == (closed.pending, closed.agent.open)


def test_a_pending_reset_is_not_pending_after_closing() -> None:
    """Nobody is to answer it."""
    rules = made(Mark(), policy=copied)
    over, _ = rules.pushed(opened(rules), LAST)

    assert Reset() == over.pending
    assert rules.closed(over, None)[0].pending is None


def test_a_last_time_step_at_close_is_looked_at_where_all_are() -> None:
    """It is never the first of its kind."""
    box = Box(-1.0, 1.0, (), np.float32)
    wrong = LAST.replace(observation=np.float32(9))
    right = FIRST.replace(observation=np.float32(0))

    always = made(mode="always", below=Below(observation_space=box))
    with pytest.raises(SpaceError, match=r"observation is 9\.0, outside .*, at step 1\."):
        always.closed(opened(always, right), wrong)
    assert State.CLOSED is always.closed(opened(always, right), None)[0].state

    first = made(mode="first", below=Below(observation_space=box))
    assert State.CLOSED is first.closed(opened(first, right), wrong)[0].state


def test_an_end_at_close_that_fails_is_told_as_unshown() -> None:
    """Where there is a fallback; nothing is left to be answered."""
    rules = made(Mark(fails=2), policy=copied, fallback=5)

    closed, facts = rules.closed(opened(rules), LAST)

    words = (
        "Wrapper 0, Mark(fails=2), raised RuntimeError in on_state (episode 0, step 1): boom. "
        "Nothing was changed: the same call can be made again."
    )
    assert [
        (0, Unshown(LAST)),
        (0, FellBack(words, None)),
        (1, Abandoned()),
        (1, Closed()),
    ] == facts
    assert (State.CLOSED, False) == (closed.state, closed.agent.open)


def test_an_end_at_close_that_fails_is_raised_without_a_fallback() -> None:
    """With its place; the session can still be closed without it."""
    rules = made(Mark(fails=2), policy=copied)
    session = opened(rules)

    with pytest.raises(WrapperError, match=r"in on_state \(episode 0, step 1\): boom"):
        rules.closed(session, LAST)
    assert State.CLOSED is rules.closed(session, None)[0].state


def test_an_end_at_close_after_an_opening_that_fell_back_is_told_as_unshown() -> None:
    """The stack never saw that episode; it was there, and is abandoned."""
    rules = made(Mark(fails=0), policy=copied, fallback=5)
    fell, _ = rules.pushed(rules.initial(ROOT), FIRST)

    assert [(0, Unshown(LAST)), (1, Abandoned()), (1, Closed())] == rules.closed(fell, LAST)[1]
    assert [(1, Abandoned()), (1, Closed())] == rules.closed(fell, None)[1]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.FRESH, "decide is not legal before the first time step: call act or observe"),
        (State.ACTING, "decide is not legal while an action is out: pass the time step that"),
        (State.OVER, "decide is not legal while no episode is open: open one first"),
        (State.CLOSED, "decide is not legal after close. Make a new deployment, or restore"),
    ],
)
def test_an_illegal_call_is_told_why(state, words) -> None:
    """By where the session stands, with what to do instead."""
    rules = made(Mark())

    with pytest.raises(ProtocolError) as caught:
        rules.legal(attrs.evolve(rules.initial(ROOT), state=state), "decide")
    assert str(caught.value).startswith(words)


def test_while_a_decision_is_wanted_the_ways_out_are_named() -> None:
    """Deciding, or giving it up."""
    rules = made(Mark())

    with pytest.raises(ProtocolError) as caught:
        rules.legal(opened(rules), "observe")
    assert (
        "observe is not legal while a decision is wanted: call decide(action), or reset or close "
        "to give it up." == str(caught.value)
    )
    rules.legal(opened(rules), "decide")


def test_an_episode_that_is_opened_again_has_plain_flags() -> None:
    """What the environment last showed had none set, of whatever type they were."""
    rules = made(TimeLimit(1))
    raw = TimeStep(1, 1.0, np.bool_(False), np.bool_(False))

    session, _ = rules.pushed(rules.decided(opened(rules), 5)[0], raw)

    assert TimeStep(1, first=True) == session.answer.timestep


def test_there_is_no_fallback_unless_one_is_given() -> None:
    """Neither is 0 one."""
    assert SessionRules(None, Listens(), made().checks).fallback is None
    assert (
        Command(0)
        == made(Mark(fails=0), fallback=0).pushed(made(Mark()).initial(ROOT), FIRST)[0].answer
    )


def test_an_opening_after_one_that_fell_back_opens_by_itself() -> None:
    """It needs not be shown again, for it is `first`."""
    rules = made(Mark(fails=0), policy=copied, fallback=5)
    fell, _ = rules.pushed(rules.initial(ROOT), FIRST)
    other = TimeStep(3, first=True)

    session, facts = rules.pushed(fell, other)

    assert [(0, other), (1, other.replace(observation=13)), (1, Opened())] == facts[:3]
    assert (Command(13), False) == (session.answer, session.reopen)


def test_an_end_is_told_where_the_world_is_asked_to_reset() -> None:
    """With the reset, whoever ended the episode."""
    rules = made(TimeLimit(1), Mark(), on_reset="request")
    acting, _ = rules.decided(opened(rules), 5)

    by_the_stack, _ = rules.pushed(acting, MIDDLE)
    by_the_world, _ = rules.pushed(acting, LAST)

    assert Over(TimeStep(11, 1.0, truncated=True)) == by_the_stack.answer
    assert Over(TimeStep(12, 1.0, True, True)) == by_the_world.answer
    assert Reset() == by_the_stack.pending == by_the_world.pending


def test_what_the_statistics_cannot_count_is_the_stacks_fault() -> None:
    """Told with the original, and where."""

    class Deaf(Listens):
        def observe(self, state, facts, top, span=None):
            raise TypeError("no number")

    rules = attrs.evolve(made(Mark()), statistics=Deaf())

    with pytest.raises(ProtocolError) as caught:
        rules.pushed(rules.initial(ROOT), FIRST)
    assert "What Stack(Mark(fails=None)) let pass cannot be used: TypeError: no number." == str(
        caught.value
    )
    assert isinstance(caught.value.__cause__, TypeError)
    assert ["In episode 0, step 0; nothing was changed."] == caught.value.__notes__

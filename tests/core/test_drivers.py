"""The two drivers: an environment that calls, and a policy that calls."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from statewrap import (
    Act,
    Key,
    Policy,
    PolicyError,
    ProtocolError,
    Reset,
    SettleError,
    Stack,
    TimeStep,
    Wrapper,
    WrapperError,
    freeze,
    pull,
    push,
)
from statewrap.core import drivers
from statewrap.core.drivers import admit, initial_agent, rekey
from statewrap.core.events import Abandoned, Ended, Opened
from statewrap.core.policy import as_policy
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.time_limit import TimeLimit

KEY = Key.from_seed(0)
FIRST = TimeStep("f0", first=True)
LAST = TimeStep("f9", reward=1.0, terminated=True)


@attrs.frozen
class Diary(Policy[Any]):
    """Note every call in the memory; act by number."""

    def initial(self, key: Key):
        """Open the diary."""
        return (("initial", key),)

    def renew(self, memory, key: Key):
        """Note the key."""
        return (*memory, ("renew", key))

    def decide(self, memory, timestep: TimeStep):
        """Note the observation; the action tells how many entries there are."""
        return (*memory, ("decide", timestep.observation)), Act(len(memory))

    def finish(self, memory, timestep: TimeStep):
        """Note the end."""
        return (*memory, ("finish", timestep.observation))


@attrs.frozen
class Breaks(Policy[None]):
    """Raise in one of its methods."""

    where: str

    def _maybe(self, where: str) -> None:
        if where == self.where:
            raise ValueError("no idea")

    def renew(self, memory, key):
        """Raise, if it is here."""
        self._maybe("renew")

    def decide(self, memory, timestep):
        """Raise, if it is here."""
        self._maybe("decide")
        return None, Act(0)

    def finish(self, memory, timestep):
        """Raise, if it is here."""
        self._maybe("finish")


@attrs.frozen
class Shows(Wrapper[None]):
    """Show a changed time step: the last one too, and the opening one."""

    fields: dict[str, Any]

    def on_state(self, memory, timestep: TimeStep):
        """Change it."""
        return None, timestep.replace(**self.fields)


@attrs.frozen
class AnswersLast(Wrapper[None]):
    """Answer a last time step with an act."""

    def on_state(self, memory, timestep: TimeStep):
        """Send one more."""
        return (None, Act("more")) if timestep.last else (None, timestep)


@attrs.frozen
class AnswersReset(Wrapper[None]):
    """Answer every Reset with an act."""

    def on_reset(self, memory, request: Reset):
        """Go on."""
        return None, Act("on")


@attrs.frozen
class NeverAgrees(Wrapper[None]):
    """Answer every act with a time step."""

    def on_action(self, memory, act: Act):
        """Refuse."""
        return None, TimeStep("refused")


def pushed(stack, policy, *timesteps, hops=None):
    """Push raw time steps from the beginning; return the agent and the replies."""
    agent, replies = initial_agent(stack, policy, KEY), []
    for timestep in timesteps:
        agent, reply = push(stack, policy, agent, timestep, over=timestep.last, hops=hops)
        replies.append(reply)
    return agent, replies


# -- push --------------------------------------------------------------------------------------


def test_push_asks_the_policy_until_a_command_leaves() -> None:
    """One push, one command; a skipped frame never reaches the policy."""
    agent, replies = pushed(
        Stack(RepeatAction(2)), Diary(), FIRST, TimeStep("f1"), TimeStep("f2"), LAST
    )

    assert [Act(2), Act(2), Act(3), Reset()] == replies
    key = KEY.fold("policy")
    expected = [("initial", key), ("renew", key.split()[0]), ("decide", "f0"), ("decide", "f2")]
    assert (*expected, ("finish", "f9")) == agent.policy


def test_a_last_time_step_is_answered_with_a_reset() -> None:
    """The policy takes note of it, and decides nothing."""
    agent, replies = pushed(Stack(), Diary(), FIRST, LAST)

    assert Reset() == replies[-1]
    assert ("finish", "f9") == agent.policy[-1]
    assert (False, 1) == (agent.open, agent.episode)


def test_the_agent_that_was_given_is_not_changed() -> None:
    """The same push from the same agent gives the same."""
    stack, policy = Stack(RepeatAction(2)), Diary()
    agent = initial_agent(stack, policy, KEY)

    assert push(stack, policy, agent, FIRST) == push(stack, policy, agent, FIRST)
    assert initial_agent(stack, policy, KEY) == agent


def test_events_stand_between_the_hops_at_the_top() -> None:
    """An episode opens, ends, or is abandoned where the policy sees it."""
    hops: list = []

    agent, _ = pushed(Stack(Wrapper()), Diary(), FIRST, FIRST, LAST, hops=hops)

    events = [what for gap, what in hops if gap == 1 and not isinstance(what, (TimeStep, Act))]
    assert [Opened(), Abandoned(), Opened(), Ended(True, False), Reset()] == events
    assert [(0, FIRST), (1, FIRST), (1, Opened())] == hops[:3]
    assert 2 == agent.episode


def test_the_policy_is_renewed_with_keys_of_its_own() -> None:
    """Split off one by one, an episode each."""
    agent, _ = pushed(Stack(), Diary(), FIRST, FIRST)

    first, kept = KEY.fold("policy").split()
    renewals = [what for name, what in agent.policy if name == "renew"]
    assert [first, kept.split()[0]] == renewals


def test_what_the_policy_returns_is_copied_once() -> None:
    """It may reuse its buffer."""
    buffer = np.zeros(2)

    class Reuses(Policy[None]):
        def decide(self, memory, timestep):
            return None, Act(buffer)

    _, (act,) = pushed(Stack(), Reuses(), FIRST)
    buffer[0] = 5

    assert Act(np.zeros(2)) == act
    assert not act.action.flags.writeable


def test_a_push_without_a_policy_pauses_where_a_decision_is_wanted() -> None:
    """The decision goes in as the message of the next push."""
    stack = Stack(RepeatAction(2))
    agent, wanted = push(stack, None, initial_agent(stack, None, KEY), FIRST)
    agent, command = push(stack, None, agent, Act("jump"))
    agent, again = push(stack, None, agent, TimeStep("f1"))
    agent, ended = push(stack, None, agent, LAST, over=True)

    assert [FIRST, Act("jump"), Act("jump"), Reset()] == [wanted, command, again, ended]
    assert not agent.open


def test_rekey_replaces_every_key_and_no_other_memory() -> None:
    """The policy's diary stays as it is."""
    stack = Stack(TimeLimit(5))
    agent, _ = pushed(stack, Diary(), FIRST, TimeStep("f1"))
    other = Key.from_seed(9)

    again = rekey(stack, agent, other)

    assert (other.fold("policy"), (other.fold(0),)) == (again.key, again.stack.keys)
    kept = ("stack.wrappers", "policy", "open", "episode")
    assert [getattr_of(agent, name) for name in kept] == [getattr_of(again, name) for name in kept]


def getattr_of(thing: Any, path: str) -> Any:
    """Follow attributes."""
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


@pytest.mark.parametrize(
    ("where", "steps"), [("renew", [FIRST]), ("decide", [FIRST]), ("finish", [FIRST, LAST])]
)
def test_what_a_policy_raises_arrives_as_a_policy_error(where, steps) -> None:
    """With the method that raised."""
    with pytest.raises(PolicyError, match=f"raised ValueError in {where}: no idea") as caught:
        pushed(Stack(), Breaks(where), *steps)

    assert (Breaks(where), where) == (caught.value.policy, caught.value.call)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_decision_of_the_wrong_shape_is_the_policys_mistake() -> None:
    """The action alone, without the memory."""

    class Forgets(Policy[None]):
        def decide(self, memory, timestep):
            return Act(0)

    with pytest.raises(PolicyError, match="raised TypeError in decide"):
        pushed(Stack(), Forgets(), FIRST)


@pytest.mark.parametrize(
    ("stack", "who"),
    [
        (Wrapper() | AnswersLast() | TimeLimit(9), "AnswersLast() answered the last time step"),
        (
            Wrapper() | AnswersReset() | TimeLimit(9),
            "AnswersReset() sent Act('on') in place of Reset()",
        ),
        (
            TimeLimit(9) | Shows({"terminated": False}) | TimeLimit(8),
            "Shows(fields={'terminated': False}) was shown the last time step",
        ),
    ],
)
def test_an_act_after_the_last_time_step_is_stopped(stack, who) -> None:
    """The error names the wrapper that caused it, and the cure."""
    with pytest.raises(ProtocolError) as caught:
        pushed(stack, Diary(), FIRST, LAST)

    assert str(caught.value).startswith(who)


def test_a_wrapper_that_hid_an_earlier_last_step_is_not_blamed_again() -> None:
    """Who hides a last time step is looked for from the newest one backward."""
    hops: list = [(0, LAST), (1, TimeStep("f1")), (0, FIRST)]
    stack = Wrapper() | AnswersLast()

    with pytest.raises(ProtocolError, match=r"^AnswersLast\(\) answered"):
        agent, _ = push(stack, Diary(), initial_agent(stack, Diary(), KEY), FIRST)
        push(stack, Diary(), agent, LAST, over=True, hops=hops)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"reward": 1.0}, "a `first` time step with the reward 1.0, expected 0"),
        ({"truncated": True}, "a `first` time step that is also last"),
        ({"first": False}, "a time step that is not `first` to open an episode"),
    ],
)
def test_a_wrong_opening_at_the_top_is_stopped(fields, wrong) -> None:
    """Before the policy is asked."""
    with pytest.raises(ProtocolError, match=wrong) as caught:
        pushed(Wrapper() | Shows(fields) | Wrapper(), Breaks("renew"), FIRST)

    assert "Shows(fields=" in str(caught.value)


def test_a_policy_and_a_wrapper_that_never_agree_are_stopped() -> None:
    """The error shows one cycle of it."""

    class Insists(Policy[None]):
        def decide(self, memory, timestep):
            return None, Act("this")

        def __repr__(self) -> str:
            return "Insists()"

    with pytest.raises(SettleError) as caught:
        pushed(Stack(NeverAgrees()), Insists(), FIRST)

    lines = str(caught.value).splitlines()[1:]
    assert [
        "  NeverAgrees() answered Act('this') with TimeStep('refused')",
        "  the policy Insists() answered TimeStep('refused') with Act('this')",
    ] == sorted(line for line in lines)


def test_a_wrapper_error_passes_through_push() -> None:
    """It says which wrapper."""
    with pytest.raises(WrapperError, match="Wrapper 0"):
        pushed(Stack(Shows({"wrong": 1})), Diary(), FIRST)


@attrs.frozen
class RefusesTwice(Wrapper[int]):
    """Answer the first two acts with a time step, a last one the second time, and count all."""

    def initial(self, key: Key) -> int:
        """Nothing was refused."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Count it."""
        return memory + 10, timestep

    def on_action(self, memory: int, act: Act):
        """Refuse it, if it is one of the first two."""
        refusal = TimeStep(f"refused {act.action}", truncated=memory % 10 == 1)
        return memory + 1, act if memory % 10 > 1 else refusal


@pytest.mark.parametrize("counted", [False, True])
def test_blame_knows_all_that_was_said_in_a_push(counted) -> None:
    """Two refusals, an end and a reset before the act that is one too many."""
    stack, policy = Wrapper() | AnswersReset() | RefusesTwice() | Wrapper(), Diary()
    agent, _ = push(stack, None, initial_agent(stack, policy, KEY), FIRST)

    with pytest.raises(ProtocolError) as caught:
        push(stack, policy, agent, TimeStep("f1"), over=True, hops=[] if counted else None)

    assert str(caught.value).startswith("AnswersReset() sent Act('on') in place of Reset()")


def test_blame_tells_the_stack_again_from_where_the_push_began() -> None:
    """A wrapper that has counted on since then is told what it was told, not more."""
    stack = AnswersLast() | RefusesTwice()
    agent, _ = push(stack, None, initial_agent(stack, None, KEY), FIRST)
    agent, _ = push(stack, Breaks("nowhere"), agent, TimeStep("f1"))

    with pytest.raises(ProtocolError) as caught:
        push(stack, Breaks("nowhere"), agent, LAST, over=True)

    assert str(caught.value).startswith("AnswersLast() answered the last time step")


@pytest.mark.parametrize("policy", [Breaks("decide"), Breaks("finish")])
@pytest.mark.parametrize("beside", [(), (Wrapper(),)], ids=["alone", "in company"])
def test_a_push_that_fails_in_the_middle_changes_nothing(policy, beside) -> None:
    """The wrapper had moved on by then, in the push that never happened."""
    stack = Stack(RefusesTwice(), *beside)
    agent, _ = push(stack, None, initial_agent(stack, policy, KEY), FIRST)
    held, kept = agent.stack.wrappers, (agent.stack, agent.policy, agent.open, agent.episode)

    with pytest.raises(PolicyError, match="no idea"):
        push(stack, policy, agent, TimeStep("f1"))

    assert kept == (agent.stack, agent.policy, agent.open, agent.episode)
    assert 10 == held[0]
    assert 20 == push(stack, None, agent, TimeStep("f1"))[0].stack.wrappers[0]


@pytest.mark.parametrize("beside", [(), (Wrapper(),)], ids=["alone", "in company"])
def test_pushes_from_one_agent_know_nothing_of_each_other(beside) -> None:
    """Each goes on from what the agent remembers, and leaves a tuple behind."""
    stack = Stack(RepeatAction(3), *beside)
    agent, _ = pushed(stack, Diary(), FIRST)

    one, _ = push(stack, Diary(), agent, TimeStep("f1", reward=1.0))
    two, _ = push(stack, Diary(), agent, TimeStep("f1", reward=5.0))

    assert one != two
    assert tuple is type(one.stack.wrappers) is type(two.stack.wrappers)
    assert one == push(stack, Diary(), agent, TimeStep("f1", reward=1.0))[0]


def test_an_agent_that_learns_nothing_new_stays_as_it_is() -> None:
    """Nothing below the policy or in it remembers anything."""
    stack, policy = Stack(Wrapper()), as_policy(abs)
    agent, _ = pushed(stack, policy, TimeStep(-1, first=True))

    again, act = push(stack, policy, agent, TimeStep(-2))

    assert Act(2) == act
    assert agent is again


@pytest.mark.parametrize("policy", [None, as_policy(abs)], ids=["paused", "decided"])
@pytest.mark.parametrize("stack", [Stack(), Stack(Wrapper())], ids=["empty", "passing"])
def test_an_agent_over_a_stack_without_memory_counts_its_episodes(policy, stack) -> None:
    """One that is abandoned, one that ends, one that opens again."""
    opening, last = TimeStep(-1, first=True), TimeStep(-2, terminated=True)
    agent, _ = pushed(stack, policy, opening)
    before = (agent.open, agent.episode)

    abandoned, _ = push(stack, policy, agent, opening)
    ended, _ = push(stack, policy, abandoned, last, over=True)
    opened, _ = push(stack, policy, ended, opening)

    found = [(one.open, one.episode) for one in (abandoned, ended, opened)]
    assert [(True, 2), (False, 2), (True, 3)] == found
    assert before == (agent.open, agent.episode) == (True, 1)


def test_a_policy_remembers_over_a_stack_that_does_not() -> None:
    """Every decision is in the diary."""
    agent, replies = pushed(Stack(), Diary(), FIRST, TimeStep("f1"), TimeStep("f2"))

    assert [Act(2), Act(3), Act(4)] == replies
    assert [("decide", "f0"), ("decide", "f1"), ("decide", "f2")] == [*agent.policy[2:]]


def test_a_policy_is_asked_so_often_and_no_more(monkeypatch) -> None:
    """It insists five times, and the quarrel is told."""
    monkeypatch.setattr(drivers, "MAX_TURNS", 5)
    asked = []
    policy = as_policy(lambda observation: asked.append(observation) or 1)

    with pytest.raises(SettleError, match="5 decisions were made"):
        pushed(Stack(NeverAgrees()), policy, FIRST)

    assert ["f0", *["refused"] * 4] == asked


# -- pull --------------------------------------------------------------------------------------


def pulled(stack, timesteps, *commands, hops=None):
    """Pull a script of raw time steps; return what was shown and what the environment was told."""
    memory, shown, told, script = stack.initial(KEY), [], [], iter(timesteps)

    def environment(command):
        told.append(command)
        return next(script)

    for command in commands:
        memory, timestep = pull(stack, memory, command, environment, hops)
        shown.append(timestep)
    return shown, told


def test_pull_asks_the_environment_until_a_time_step_rises() -> None:
    """One pull, one time step; a held act is sent as often as it is due."""
    steps = [FIRST, TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0), LAST]

    shown, told = pulled(Stack(RepeatAction(2)), steps, Reset(4), Act("a"), Act("b"))

    assert [FIRST, TimeStep("f2", reward=3.0), LAST] == shown
    assert [Reset(4), Act("a"), Act("a"), Act("b")] == told


def test_pull_notes_every_hop_if_it_is_asked_to() -> None:
    """From the command to the time step."""
    hops: list = []

    pulled(Stack(Wrapper()), [FIRST], Reset(), hops=hops)

    assert [(1, Reset()), (0, Reset()), (0, FIRST), (1, FIRST)] == hops


@pytest.mark.parametrize("hops", [[], None])
def test_pull_stops_an_act_after_the_last_time_step(hops) -> None:
    """The wrapper is named, whether anybody counts hops or not."""
    with pytest.raises(ProtocolError) as caught:
        pulled(Stack(AnswersLast()), [FIRST, LAST], Reset(), Act("a"), hops=hops)

    assert str(caught.value).startswith("AnswersLast() answered the last time step")


def test_pull_lets_the_caller_act_after_a_last_time_step() -> None:
    """What a training loop does then is its own affair."""
    shown, told = pulled(Stack(), [FIRST, LAST, TimeStep("f")], Reset(), Act("a"), Act("b"))

    assert [FIRST, LAST, TimeStep("f")] == shown
    assert [Reset(), Act("a"), Act("b")] == told


def test_an_error_of_the_environment_passes_as_it_is() -> None:
    """It is the caller's own."""

    def broken(command):
        raise OSError("cable")

    with pytest.raises(OSError, match="cable"):
        pull(Stack(), Stack().initial(KEY), Reset(), broken)


def test_a_pull_that_fails_in_the_middle_changes_nothing() -> None:
    """The wrapper had taken the act by then."""
    stack = Stack(RepeatAction(2))
    memory = stack.initial(KEY)
    held = memory.wrappers

    def broken(command):
        raise OSError("cable")

    with pytest.raises(OSError, match="cable"):
        pull(stack, memory, Act("a"), broken)

    assert stack.initial(KEY) == memory
    assert held is memory.wrappers


# -- taking decisions in -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "action", [1, 1.5, True, "up", np.int64(2), np.float32(0.5), np.bool_(True)], ids=repr
)
def test_an_action_that_cannot_be_written_to_is_taken_as_it_is(action) -> None:
    """There is nothing to copy."""
    taken = admit(Act(action), FIRST)

    assert (type(action), action) == (type(taken.action), taken.action)


@pytest.mark.parametrize("action", [np.zeros(2, np.float32), {"x": [np.zeros(1)]}], ids=repr)
def test_an_action_that_can_be_written_to_is_copied(action) -> None:
    """And the policy's own act is left as it was."""
    act = Act(action)

    taken = admit(act, FIRST)

    assert act == taken
    assert act.action is action
    assert taken.action is not action
    assert Act is type(taken)


# -- words -------------------------------------------------------------------------------------


class Uncopyable:
    """An object that cannot be copied."""

    def __deepcopy__(self, memo):
        raise RuntimeError("glued")

    def __repr__(self) -> str:
        return "Uncopyable()"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            Act(Uncopyable()),
            (
                "The action Uncopyable() cannot be copied (glued.) An action is a number, a "
                "string, an array or a container of them; what is awaited is decided elsewhere, "
                "by observe and decide."
            ),
        ),
        (
            Act(None),
            (
                "The action is None. None is no action (was a `return` forgotten?), and a "
                "function returns the action itself, not an Act."
            ),
        ),
        (
            Act(Act(3)),
            (
                "The action is Act(3). None is no action (was a `return` forgotten?), and a "
                "function returns the action itself, not an Act."
            ),
        ),
        (
            7,
            (
                "decide returned ('memory', 7), expected a memory and an Act: "
                "`return memory, Act(action)`."
            ),
        ),
    ],
    ids=["uncopyable", "none", "an act of an act", "no act"],
)
def test_an_act_that_cannot_be_taken_in_is_shown(act, words) -> None:
    """Each slip with its cure."""
    with pytest.raises(TypeError) as told:
        admit(act, FIRST)

    assert words == str(told.value)


def test_a_decision_of_the_wrong_shape_is_shown() -> None:
    """All of it, for the memory may be what is missing."""

    class Lists(Policy[None]):
        def decide(self, memory, timestep):
            return "memory", Act(0), "more"

    with pytest.raises(PolicyError) as told:
        pushed(Stack(), Lists(), FIRST)

    assert (
        "decide returned ('memory', Act(0), 'more'), expected a memory and an Act: "
        "`return memory, Act(action)`." == str(told.value.cause)
    )


def test_a_time_step_before_any_opening_is_told_as_one() -> None:
    """The stack showed it; nobody below it did wrong."""
    with pytest.raises(ProtocolError) as told:
        pushed(Stack(TimeLimit(9)), Diary(), TimeStep("f1"))

    assert str(told.value).startswith(
        "Stack(TimeLimit(max_episode_steps=9)) showed a time step that is not `first` to open an "
        "episode. A `first` time step opens an episode for those above: it has reward 0"
    )


def test_an_endless_quarrel_is_stopped_after_ten_thousand_decisions() -> None:
    """Far beyond what is sensible, and soon enough to be waited for."""
    with pytest.raises(SettleError, match="did not settle: 10000 decisions were made"):
        pushed(Stack(NeverAgrees()), Breaks("nowhere"), FIRST)


def test_an_agent_that_has_seen_nothing_has_opened_nothing() -> None:
    """The policy's memory is from its own key, which is the one to go on with."""
    agent = initial_agent(Stack(TimeLimit(9)), Diary(), KEY)

    assert ((0,), (KEY.fold(0),)) == (agent.stack.wrappers, agent.stack.keys)
    assert ((("initial", KEY.fold("policy")),), KEY.fold("policy")) == (agent.policy, agent.key)
    assert (False, 0) == (agent.open, agent.episode)
    assert initial_agent(Stack(), None, KEY).policy is None


def test_a_policy_cannot_write_into_what_a_wrapper_made() -> None:
    """It raises there as it does at a raw observation; what was shown stays as it was."""

    @attrs.frozen
    class Doubled(Wrapper[None]):
        """Show a new array, which could be written to."""

        def on_state(self, memory, timestep):
            return memory, timestep.replace(observation=timestep.observation * 2)

    def overwrite(observation):
        observation[...] = 77.0
        return 0

    stack, policy = Stack(Doubled()), as_policy(overwrite)
    agent = initial_agent(stack, policy, KEY)
    opening = TimeStep(freeze(np.ones(2)), first=True)

    with pytest.raises(PolicyError, match="read-only"):
        push(stack, policy, agent, opening)

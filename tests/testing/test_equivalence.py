"""Machines that answer the same are let be; where two differ, the smallest dialogue is told."""

from __future__ import annotations

from functools import partial

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, Key, Reset, Stack, TimeStep, Wrapper
from statewrap.core.events import Fact
from statewrap.testing import FIRST, Improvise
from statewrap.testing.draws.scenes import Scene
from statewrap.testing.equivalence import NotEquivalent, assert_equivalent
from statewrap.testing.loop import is_original
from statewrap.wrappers import (
    ClipAction,
    ClipReward,
    FrameStackObservation,
    RandomReset,
    RepeatAction,
    TimeLimit,
)
from statewrap.wrappers.repeat_action import Held
from tests.laws.machines import NoisyObservation

NUMBERS = Below(Box(-9.0, 9.0, (2,), np.float32), Discrete(3))
F1 = TimeStep("f1", reward=1.0)
END = TimeStep("f2", reward=2.0, terminated=True)
SCENE = Scene(Wrapper(), Below(), [[FIRST, F1, END]], Improvise(["jump"]))


def told(a, b, **options) -> str:
    """Return how two machines differ."""
    with pytest.raises(NotEquivalent) as found:
        assert_equivalent(a, b, **{"engine": "dice"} | options)
    return str(found.value)


# -- refactorings ------------------------------------------------------------------------------


@attrs.frozen
class RepeatsByCountingUp(Wrapper[tuple]):
    """The same as RepeatAction, otherwise written."""

    times: int

    def initial(self, key: Key):
        """Have done nothing."""
        return ()

    def on_action(self, memory, act):
        """Begin to count."""
        return (act, 1, 0.0), act

    def on_state(self, memory, timestep):
        """Count up."""
        if not memory:
            return (), timestep
        act, done, reward = memory
        reward += float(timestep.reward)
        if done >= self.times or timestep.last:
            return (), timestep.replace(reward=reward)
        return (act, done + 1, reward), act


def test_a_refactoring_is_equivalent() -> None:
    """Whatever the memories are."""
    assert_equivalent(RepeatAction(3), RepeatsByCountingUp(3), examples=40)


def test_a_stack_and_its_parts_in_another_order_are_told_apart() -> None:
    """Stacks are compared like wrappers."""
    a, b = RepeatAction(2) | ClipReward(-1.0, 1.0), ClipReward(-1.0, 1.0) | RepeatAction(2)

    message = told(a, b, below=NUMBERS)

    assert "they differ in reward: " in message
    assert "RepeatAction(num_repeats=2) | ClipReward(" in message


def test_a_difference_is_told_with_the_smallest_dialogue() -> None:
    """Strings for observations and actions, where the two do not look at them."""
    message = told(RepeatAction(2), RepeatAction(3))

    assert (
        "RepeatAction(num_repeats=2) and RepeatAction(num_repeats=3) are not equivalent (example 0)"
        ".\n\n"
        "  At turn 3, in answer to TimeStep('f2'), one of the two lets it pass, and the other does "
        "not.\n"
        "    first, RepeatAction(num_repeats=2)   TimeStep('f2')\n"
        "    second, RepeatAction(num_repeats=3)  Act('a')\n\n"
        "To be pasted into a test:\n\n"
        "    below = Below()\n"
        "    messages = [\n"
        "        TimeStep('f0', first=True),\n"
        "        Act('a'),\n"
        "        TimeStep('f1'),\n"
        "        TimeStep('f2'),\n"
        "    ]\n"
        "    play(RepeatAction(num_repeats=2), *messages, below=below)\n"
        "    play(RepeatAction(num_repeats=3), *messages, below=below)"
    ) == message


def test_hypothesis_finds_it_too() -> None:
    """It is the engine where it is installed."""
    assert "in answer to TimeStep('f2'" in told(RepeatAction(2), RepeatAction(3), engine=None)


def test_what_draws_from_the_same_key_draws_the_same() -> None:
    """Randomness is no excuse, and no obstacle."""
    assert_equivalent(NoisyObservation(), NoisyObservation(), below=NUMBERS, examples=20)
    assert_equivalent(RandomReset(3), RandomReset(3), below=NUMBERS, examples=20)


# -- what is announced -------------------------------------------------------------------------


@attrs.frozen
class SaysNothing(TimeLimit):
    """Does what a limit does, and keeps it to itself."""

    def above(self, below: Below) -> Below:
        """Announce what is known."""
        return below


@attrs.frozen
class ClaimsIntegers(Wrapper[None]):
    """Passes everything, and announces another space."""

    def above(self, below: Below) -> Below:
        """Announce integers."""
        return attrs.evolve(below, observation_space=Box(-9, 9, (2,), np.int64))


def test_what_is_announced_is_compared() -> None:
    """The limit, and the spaces."""
    limit = told(TimeLimit(3), SaysNothing(3), below=NUMBERS)
    space = told(Wrapper(), ClaimsIntegers(), below=NUMBERS)

    assert "The max_episode_steps announced differs." in limit
    assert "The observation_space announced differs." in space
    assert "assert_equivalent(..., ..., scenes=[scene])" in space


def test_where_only_one_can_live_they_differ() -> None:
    """Where neither can, there is nothing to compare."""
    message = told(Wrapper(), ClipAction(), below=NUMBERS)

    assert "Only one can be bound" in message
    assert "raises BindError" in message
    assert_equivalent(ClipAction(), ClipAction(), scenes=[SCENE._replace(below=NUMBERS)])


# -- interruptions -----------------------------------------------------------------------------


@attrs.frozen
class GivesUpSoftly(Wrapper[bool]):
    """A Reset in the middle of an episode is answered with an act."""

    def initial(self, key: Key) -> bool:
        """Nothing is open."""
        return False

    def on_state(self, memory, timestep):
        """Note whether the episode goes on."""
        return not timestep.last, timestep

    def on_reset(self, memory, request):
        """Play on."""
        return (memory, Act("noop")) if memory else (memory, request)


@attrs.frozen
class RemembersWhatIsDue(RepeatAction):
    """An act that is due survives an opening that nobody asked for."""

    def renew(self, memory: Held | None, key: Key):
        """Keep it."""
        return memory


def test_a_policy_may_give_up_at_any_moment() -> None:
    """No scene has it, but it is tried after every turn."""
    message = told(Wrapper(), GivesUpSoftly(), scenes=[SCENE])

    assert "After turn 0, if the policy gives the episode up: in answer to Reset()" in message
    assert "        Reset(),\n    ]" in message


def test_an_environment_may_open_an_episode_at_any_moment() -> None:
    """As above: the one episode of this scene is never left by itself."""
    scene = SCENE._replace(episodes=[[FIRST, F1, F1, END]])
    message = told(RepeatAction(2), RemembersWhatIsDue(2), scenes=[scene])

    assert "if the environment opens an episode unasked: in answer to TimeStep('f0'" in message


# -- raising -----------------------------------------------------------------------------------


@attrs.frozen
class Raises(Wrapper[None]):
    """Raises at every end."""

    error: type[Exception]

    def on_state(self, memory, timestep):
        """Raise or let it pass."""
        if timestep.last:
            raise self.error("the end")
        return None, timestep


def test_raising_the_same_is_answering_the_same() -> None:
    """The words may differ, the type may not."""
    assert_equivalent(Raises(ValueError), Raises(ValueError), scenes=[SCENE])
    assert "raises TypeError: the end." in told(
        Raises(ValueError), Raises(TypeError), scenes=[SCENE]
    )
    assert "only one of the two answers" in told(Wrapper(), Raises(ValueError), scenes=[SCENE])


@attrs.frozen
class ActsAfterTheLast(Wrapper[None]):
    """Breaks a rule."""

    def on_state(self, memory, timestep):
        """Answer an end with an act."""
        return None, Act("on") if timestep.last else timestep


def test_two_that_break_the_rules_alike_are_equivalent() -> None:
    """Whether they are right is for the laws to say."""
    assert_equivalent(ActsAfterTheLast(), ActsAfterTheLast(), scenes=[SCENE])


# -- a batched form ----------------------------------------------------------------------------


class Column:
    """One column of repeats over many sessions: the counts are arrays."""

    def __init__(self, times: int, *, forgets: bool = True) -> None:
        self.times, self.forgets = times, forgets

    def initial(self, key):
        """Start a column of one."""
        return np.zeros(1, np.int64), np.zeros(1), None

    def route(self, memory, message, hops: list[Fact]):
        """Answer as the wrapper does."""
        due, reward, act = memory
        if type(message) is Reset:
            return memory, message
        if type(message) is Act:
            return (np.full(1, self.times - 1), np.zeros(1), message), message
        if message.first and self.forgets:
            return self.initial(None), message
        if act is None:
            return memory, message
        reward = reward + float(message.reward)
        if due[0] == 0 or message.last:
            return self.initial(None), message.replace(reward=float(reward[0]))
        return (due - 1, reward, act), act


def test_a_batched_form_is_compared_by_a_column() -> None:
    """All that is needed is `initial` and `route`."""
    assert_equivalent(RepeatAction(3), Column(3), examples=40)
    assert "Column object" in told(RepeatAction(3), Column(3, forgets=False))


def test_two_that_are_no_wrappers_need_scenes() -> None:
    """Neither says where it can live."""
    with pytest.raises(TypeError, match=r"scenes=\[Scene"):
        assert_equivalent(Column(2), Column(2))
    assert_equivalent(Column(2), Column(2), scenes=[SCENE])


# -- originals ---------------------------------------------------------------------------------


def repeated(env):
    """Wrap as Gymnasium does."""
    return gymnasium.wrappers.RepeatAction(env, 3)


@pytest.mark.parametrize(
    ("ours", "original"),
    [
        (RepeatAction(3), repeated),
        (TimeLimit(2), partial(gymnasium.wrappers.TimeLimit, max_episode_steps=2)),
        (
            FrameStackObservation(2) | ClipReward(-1.0, 1.0),
            lambda env: gymnasium.wrappers.ClipReward(
                gymnasium.wrappers.FrameStackObservation(env, 2), -1.0, 1.0
            ),
        ),
    ],
    ids=["RepeatAction", "TimeLimit", "a stack"],
)
def test_an_original_is_compared_in_the_ordinary_loop(ours, original) -> None:
    """On either side."""
    assert_equivalent(original, ours, below=NUMBERS, examples=20)


class StepsTooOften(gymnasium.Wrapper):
    """Repeats four times."""

    def step(self, action):
        """Step four times, or to the end."""
        return gymnasium.wrappers.RepeatAction(self.env, 4).step(action)


class KeepsCounting(gymnasium.Wrapper):
    """A limit whose count is not cleared by a reset."""

    count = 0

    def step(self, action):
        """Cut at the third step, counted from the last cut."""
        *shown, truncated, info = self.env.step(action)
        self.count += 1
        if self.count >= 3:
            self.count, truncated = 0, True
        return *shown, truncated, info


def test_an_original_that_differs_is_told() -> None:
    """At the environment's end or at the loop's, which may give up."""
    often = told(RepeatAction(3), StepsTooOften, below=NUMBERS)
    count = told(SaysNothing(3), KeepsCounting, below=NUMBERS)

    assert "In the ordinary loop message " in often
    assert "the environment is told Act(" in often
    assert "assert_equivalent(..., ..., scenes=[scene])" in often
    assert "differs in truncated: False != True (expected != found)" in count


def test_a_loop_that_gives_up_shows_what_is_not_cleared() -> None:
    """One long episode; what is kept shows in the next."""
    step = TimeStep(np.zeros(2, np.float32))
    opening = step.replace(first=True)
    scene = Scene(None, NUMBERS, [[opening, *[step] * 3]] * 2, Improvise([0]))

    assert "which gives up after " in told(SaysNothing(3), KeepsCounting, scenes=[scene])


def test_what_is_an_original() -> None:
    """A function or a class of Gymnasium's."""
    assert is_original(repeated)
    assert is_original(StepsTooOften)
    assert not is_original(RepeatAction)
    assert not is_original(RepeatAction(2))
    assert not is_original(Column(2))
    assert not is_original(3)


# -- what cannot be compared -------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [3, RepeatAction, ...])
def test_what_cannot_be_asked_is_refused(wrong) -> None:
    """With what can be."""
    with pytest.raises(TypeError, match="cannot be asked: expected a wrapper"):
        assert_equivalent(RepeatAction(2), wrong)


def test_a_column_cannot_be_put_beside_an_original() -> None:
    """It has no ordinary loop."""
    with pytest.raises(TypeError, match="cannot be put beside an original"):
        assert_equivalent(Column(2), repeated)


def test_an_original_needs_both_spaces() -> None:
    """Its environment has them."""
    with pytest.raises(ValueError, match="environment with both spaces"):
        assert_equivalent(RepeatAction(2), repeated, below=Below())


@attrs.frozen
class NeedsTheMoon(Wrapper[None]):
    """Cannot be bound."""

    def bind(self, below: Below):
        """Ask for something."""
        raise ValueError("no moon below")


def test_a_wrapper_that_lives_nowhere_is_refused() -> None:
    """Or everything would be equivalent to it."""
    with pytest.raises(ValueError, match=r"No place was found(?s:.*)no moon below"):
        assert_equivalent(NeedsTheMoon(), NeedsTheMoon())


def test_scenes_are_played_as_they_are_given() -> None:
    """The message says which of them it was."""
    right = SCENE._replace(episodes=[[FIRST]])
    message = told(RepeatAction(2), Stack(), scenes=[right, SCENE])

    assert "not equivalent (scene 1)" in message

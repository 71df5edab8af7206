"""A specification is a loop, and what disagrees with it is found and told readably."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, Key, Reset, TimeStep, Wrapper
from statewrap.core.errors import WrapperError
from statewrap.testing import FIRST, Improvise, LawBroken, play
from statewrap.testing.equivalence import assert_equivalent
from statewrap.testing.laws.specification import agrees_with_its_oracle
from statewrap.testing.oracle import OracleError, as_oracle
from statewrap.wrappers import (
    FrameStackObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RepeatAction,
    TimeLimit,
)
from statewrap.wrappers.repeat_action import Held
from tests.laws.machines import ActionPair, CountDecisions, Delay, EpisodicLife, Lives
from tests.testing.specifications import (
    action_pair,
    count_decisions,
    delay,
    episodic_life,
    frame_stack,
    random_reset,
    record_episode_statistics,
    repeat_action,
    time_limit,
)

NUMBERS = Below(Box(-9.0, 9.0, (2,), np.float32), Discrete(3))
GAME = {"lives": [3, 2, 1, 0]}

RIGHT = [
    (repeat_action(1), RepeatAction(1)),
    (repeat_action(3), RepeatAction(3)),
    (time_limit(1), TimeLimit(1)),
    (time_limit(3), TimeLimit(3)),
    (frame_stack(3), FrameStackObservation(3)),
    (record_episode_statistics, RecordEpisodeStatistics()),
    (episodic_life(2), EpisodicLife(2)),
    (delay, Delay()),
    (action_pair, ActionPair()),
    (random_reset(1, 0), RandomReset(1)),
    (random_reset(3, action=2), RandomReset(3, action=2)),
    (count_decisions, CountDecisions()),
]


@pytest.mark.parametrize(("oracle", "wrapper"), RIGHT, ids=[repr(right) for _, right in RIGHT])
def test_a_right_wrapper_agrees_with_its_specification(oracle, wrapper) -> None:
    """Whatever happens, randomness and what outlives an episode included."""
    assert_equivalent(oracle, wrapper, below=NUMBERS, info=GAME, examples=30)


# -- planted mistakes --------------------------------------------------------------------------


@attrs.frozen
class OnceTooOften(RepeatAction):
    """The act is sent one time more than was asked for."""

    def on_action(self, memory, act):
        """Count the act itself twice."""
        return Held(act, self.num_repeats, 0.0), act


@attrs.frozen
class DropsReward(RepeatAction):
    """What was earned on the way is lost."""

    def on_state(self, memory, timestep):
        """Show the last reward alone."""
        memory, reply = super().on_state(memory, timestep)
        if type(reply) is TimeStep and not reply.first:
            reply = reply.replace(reward=float(timestep.reward))
        return memory, reply


@attrs.frozen
class StaleFrame(RepeatAction):
    """At an early end the frame shown is an older one."""

    def on_state(self, memory, timestep):
        """Keep the first frame, and show it when the episode ends early."""
        if memory is None or timestep.first:
            return super().on_state(memory, timestep)
        act, due, reward = memory
        _, reply = super().on_state(memory._replace(act=Act(0)), timestep)
        if type(reply) is TimeStep:
            old = act[1] if due and isinstance(act, tuple) else timestep.observation
            return None, reply.replace(observation=old)
        act = act[0] if isinstance(act, tuple) else act
        return Held((act, timestep.observation), due - 1, reward + float(timestep.reward)), act


@attrs.frozen
class ForgetsToForget(RepeatAction):
    """An act that is still due is sent in the next episode."""

    def renew(self, memory, key: Key):
        """Keep it."""
        return memory


@attrs.frozen
class CountsTheOpening(TimeLimit):
    """The opening time step counts as a step."""

    def renew(self, memory, key: Key):
        """Begin at one."""
        return 1


@attrs.frozen
class CountsOn(TimeLimit):
    """The count goes on where an episode was given up."""

    def renew(self, memory, key: Key):
        """Forget only at the limit."""
        return 0 if memory >= self.max_episode_steps else memory


@attrs.frozen
class PadsWithTheLast(FrameStackObservation):
    """The window of the last episode pads the next."""

    def renew(self, memory, key: Key):
        """Keep the frames."""
        return memory

    def on_state(self, memory, timestep):
        """Shift, whatever comes."""
        memory, reply = super().on_state(memory, timestep.replace(first=not memory))
        return memory, reply.replace(first=timestep.first)


@attrs.frozen
class HardReset(EpisodicLife):
    """A Reset after a lost life reaches the game."""

    def on_reset(self, memory: Lives, request: Reset):
        """Let it pass."""
        return memory, request


@attrs.frozen
class ShowsTheFirstTwice(Delay):
    """An episode that opens shows the end of the one before."""

    def renew(self, memory, key: Key):
        """Keep it."""
        return memory

    def on_state(self, memory, timestep):
        """Show the one before, if there was any."""
        shown = timestep.observation if memory is None else memory
        return timestep.observation, timestep.replace(observation=shown)


@attrs.frozen
class GoesOnAfterTheLast(ActionPair):
    """The second action is sent although the first ended the episode."""

    def on_state(self, memory, timestep):
        """Hide the end from the rule."""
        again, reply = super().on_state(memory, timestep.replace(terminated=False, truncated=False))
        ends = {"terminated": timestep.terminated, "truncated": timestep.truncated}
        return again, reply.replace(**ends) if type(reply) is TimeStep else reply


@attrs.frozen
class DrawsOncePerSession(RandomReset):
    """How long it waits is drawn once."""

    def renew(self, memory, key: Key):
        """Draw from a key that never changes."""
        return super().renew(memory, Key.from_seed(1))


TURNED_ROUND = "one of the two lets it pass, and the other does not"
WRONG = [
    (repeat_action(2), OnceTooOften(2), TURNED_ROUND),
    (repeat_action(2), RepeatAction(3), TURNED_ROUND),
    (repeat_action(3), DropsReward(3), "they differ in reward: "),
    (repeat_action(3), StaleFrame(3), "they differ in observation: "),
    (repeat_action(3), ForgetsToForget(3), TURNED_ROUND),
    (time_limit(3), CountsTheOpening(3), "they differ in truncated: False != True"),
    (time_limit(3), CountsOn(3), "they differ in truncated: False != True"),
    (time_limit(3), TimeLimit(4), "they differ in truncated: True != False"),
    (frame_stack(2), FrameStackObservation(2, padding_type="zero"), "in observation[0, 0]: "),
    (frame_stack(2), PadsWithTheLast(2), "in observation[0, "),
    (record_episode_statistics, RecordEpisodeStatistics(stats_key="e"), "in info: keys "),
    (episodic_life(2), HardReset(2), TURNED_ROUND),
    (delay, ShowsTheFirstTwice(), "they differ in observation: "),
    (action_pair, GoesOnAfterTheLast(), TURNED_ROUND),
    (random_reset(3, 0), RandomReset(4), TURNED_ROUND),
    (random_reset(3, 0), DrawsOncePerSession(3), TURNED_ROUND),
]


@pytest.mark.parametrize(
    ("oracle", "wrapper", "words"), WRONG, ids=[type(wrong).__name__ for _, wrong, _ in WRONG]
)
def test_a_mistake_is_found_and_told(oracle, wrapper, words) -> None:
    """The message has what each said, and a dialogue to paste into a test."""
    with pytest.raises(AssertionError) as found:
        assert_equivalent(oracle, wrapper, below=NUMBERS, info=GAME, engine="dice")

    message = str(found.value)
    assert f"{oracle!r} and {wrapper!r} are not equivalent" in message
    assert words in message
    assert f"play({wrapper!r}, *messages, below=below)" in message


# -- the law -----------------------------------------------------------------------------------

F1, F2 = TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0)
END = TimeStep("f3", reward=3.0, terminated=True)
ACTIONS = Improvise(["jump"])


def test_the_law_names_the_turn_the_field_and_both_values() -> None:
    """And what each of the two said; the memories are the wrapper's."""
    with pytest.raises(LawBroken) as found:
        agrees_with_its_oracle(
            DropsReward(2), Below(), [[FIRST, F1, F2, END]], ACTIONS, oracle=repeat_action(2)
        )

    assert "DropsReward(num_repeats=2) breaks the law agrees_with_its_oracle" in str(found.value)
    assert (
        "At turn 3, in answer to TimeStep('f2', reward=2.0), they differ in reward: 3.0 != 2.0 "
        "(expected != found).\n"
        "  the oracle repeat_action(2)  TimeStep('f2', reward=3.0)\n"
        "  the wrapper                  TimeStep('f2', reward=2.0)"
    ) in str(found.value)
    assert 3 == found.value.found.turn
    assert Held(Act("jump"), 0, 1.0) == found.value.found.before.wrappers[0]
    assert (None,) == found.value.found.after.wrappers


def test_the_law_holds_where_both_say_the_same() -> None:
    """A wrapper may be an oracle as well, and a bare generator function."""
    scene = (Below(), [[FIRST, F1, F2, END], [FIRST, F1]], ACTIONS)

    agrees_with_its_oracle(RepeatAction(2), *scene, oracle=repeat_action(2))
    agrees_with_its_oracle(RepeatAction(2), *scene, oracle=RepeatAction(2))
    agrees_with_its_oracle(Wrapper(), *scene, oracle=everything_passes)


def everything_passes(message):
    """Say what was said."""
    while True:
        message = yield message


@attrs.frozen
class RaisesAt(Wrapper[None]):
    """Raise at one observation."""

    at: str
    error: type[Exception] = ValueError

    def on_state(self, memory, timestep):
        """Raise or let it pass."""
        if timestep.observation == self.at:
            raise self.error("no such frame")
        return None, timestep


@as_oracle
def raises_at(timestep, at):
    """Raise on purpose."""
    while True:
        if timestep.observation == at:
            raise ValueError("as specified")
        act = yield timestep
        timestep = yield act


def test_raising_on_purpose_can_be_specified() -> None:
    """The same type of exception at the same message is agreement."""
    agrees_with_its_oracle(
        RaisesAt("f2"), Below(), [[FIRST, F1, F2]], ACTIONS, oracle=raises_at("f2")
    )


def test_a_wrapper_that_raises_where_its_specification_answers_is_found() -> None:
    """The message has the answer that was expected, and the words of the exception."""
    with pytest.raises(LawBroken) as found:
        agrees_with_its_oracle(
            RaisesAt("f1"), Below(), [[FIRST, F1, F2]], ACTIONS, oracle=everything_passes
        )

    assert "only one of the two answers" in str(found.value)
    assert "  the wrapper                     raises ValueError: no such frame." in str(found.value)


@pytest.mark.parametrize("error", [TypeError, KeyError])
def test_a_specification_that_raises_something_else_is_at_fault(error) -> None:
    """Two exceptions of different types are no agreement; nobody knows which is meant."""
    with pytest.raises(OracleError, match="raised ValueError in answer to TimeStep\\('f1'"):
        agrees_with_its_oracle(
            RaisesAt("f1", error), Below(), [[FIRST, F1]], ACTIONS, oracle=raises_at("f1")
        )


# -- the specification's own faults ------------------------------------------------------------


def stops(timestep):
    """Answer once."""
    yield timestep


def stops_at_once(timestep):
    """Answer nothing."""
    return
    yield timestep


def says_none(timestep):
    """Forget to say what."""
    yield


def raises(timestep):
    """Look for what is not there."""
    yield timestep
    raise KeyError("lives")


def lingers(timestep):
    """Go on when it is to stop."""
    try:
        yield timestep
    except GeneratorExit:
        yield timestep


@pytest.mark.parametrize(
    ("specification", "words"),
    [
        (stops, "stopped when it was to answer Act('jump')"),
        (stops_at_once, "stopped when it was to answer TimeStep('f0', first=True)"),
        (says_none, "answered TimeStep('f0', first=True) with None, which is no message"),
        (raises, "raised KeyError in answer to Act('jump'): 'lives'"),
        (lingers, "raised RuntimeError"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_fault_of_the_specification_is_no_verdict(specification, words) -> None:
    """It says so, where the function is, and what it did."""
    with pytest.raises(OracleError) as found:
        agrees_with_its_oracle(Wrapper(), Below(), [[FIRST, F1]], ACTIONS, oracle=specification)

    message = str(found.value)
    assert f"The specification {specification.__name__}() ({__file__}:" in message
    assert words in message
    assert "its own fault, and no verdict on any wrapper" in message


# -- what an oracle is -------------------------------------------------------------------------


def test_an_oracle_answers_like_any_wrapper() -> None:
    """So a specification can be tried out in a dialogue."""
    replies = play(repeat_action(2), FIRST, Act("jump"), F1, F2)

    assert [FIRST, Act("jump"), Act("jump"), F2.replace(reward=3.0)] == replies


def test_a_first_begins_a_specification_anew_wherever_it_stood() -> None:
    """In the middle of a skip as well."""
    replies = play(repeat_action(3), FIRST, Act("jump"), F1, FIRST, Act("run"), F2)

    assert [FIRST, Act("run"), Act("run")] == replies[-3:]


def test_a_reset_passes_unseen() -> None:
    """Before everything, and in the middle."""
    replies = play(repeat_action(3), Reset(seed=1), FIRST, Act("jump"), END, Reset(), FIRST)

    assert [Reset(seed=1), FIRST, Act("jump"), END, Reset(), FIRST] == replies


@as_oracle(resets=True)
def keeps_playing(timestep):
    """Answer every reset with an act."""
    while True:
        command = yield timestep
        timestep = yield Act("noop") if type(command) is Reset else command


def test_a_specification_may_want_to_see_the_resets() -> None:
    """Not the one before there is any episode, unless it is told the whole session."""
    replies = play(keeps_playing, Reset(), FIRST, Reset(), F1)

    assert [Reset(), FIRST, Act("noop"), F1] == replies


def test_the_opening_after_a_reset_of_its_own_is_the_answer_to_that() -> None:
    """So a specification that restarts the environment reads in one go."""
    oracle = random_reset(1, "noop")
    end = TimeStep("f1", truncated=True)
    replies = play(oracle, FIRST, end, TimeStep("g0", first=True), Act("jump"))

    assert [Act("noop"), Reset(), TimeStep("g0", first=True), Act("jump")] == replies


def test_a_specification_over_a_session_is_begun_once() -> None:
    """It sees every opening, and keeps what it knows."""
    replies = play(count_decisions, FIRST, Act(1), FIRST, Act(2), F1)

    assert [0, 1, 2] == [reply.info["decisions"] for reply in replies[::2]]
    assert count_decisions.keeps
    assert not repeat_action.keeps


def test_an_oracle_s_memory_is_a_value() -> None:
    """The same memory answers the same again; nothing is used up."""
    oracle = repeat_action(2)
    memory, _ = oracle.on_state(oracle.initial(Key(0, 0)), FIRST)
    memory, _ = oracle.on_action(memory, Act("jump"))

    assert oracle.on_state(memory, F1) == oracle.on_state(memory, F1)


def test_an_oracle_is_named_for_its_specification_and_arguments() -> None:
    """Two of the same are equal."""
    assert "random_reset(3, action=2)" == repr(random_reset(3, action=2))
    assert repeat_action(2) == repeat_action(2) != repeat_action(3)


@pytest.mark.parametrize("arguments", [(), (1, 2)])
def test_missing_and_surplus_arguments_are_refused(arguments) -> None:
    """At the call, and where an oracle that needs some is asked without them."""
    with pytest.raises(TypeError, match=r"repeat_action\(.*\) does not fit its specification"):
        repeat_action(*arguments)
    with pytest.raises(TypeError, match="missing a required argument: 'num_repeats'"):
        play(repeat_action, FIRST)


def test_what_is_no_generator_function_is_refused() -> None:
    """With the form that is meant."""
    with pytest.raises(TypeError, match=r"has no `yield` in it(?s:.*)message = yield message"):
        as_oracle(len)
    with pytest.raises(ValueError, match="over='day' was given"):
        as_oracle(everything_passes, over="day")


def test_a_fault_within_a_dialogue_is_told_with_the_wrapper() -> None:
    """`play` says who raised."""
    with pytest.raises(WrapperError, match=r"stops\(\), raised OracleError"):
        play(as_oracle(stops), FIRST, Act("jump"))

"""`check_wrapper` finds nothing on right wrappers, and tells a finding so that it can be pasted."""

from __future__ import annotations

import re

import attrs
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

import statewrap
from statewrap import Act, Below, BindError, Stack, Wrapper, freeze
from statewrap import testing as kit
from statewrap.testing.check import CheckFailed, check_wrapper, examine, hold_law, laws_for
from statewrap.testing.laws.law import LawBroken
from statewrap.wrappers import (
    ClipAction,
    FrameStackObservation,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)
from tests.laws import mistakes


def finding(wrapper, **options) -> LawBroken:
    """Check a wrapper that is wrong, and return the first finding."""
    with pytest.raises(CheckFailed) as caught:
        check_wrapper(wrapper, examples=30, **options)
    return caught.value.findings[0]


@pytest.mark.parametrize("engine", ["hypothesis", "dice"])
def test_a_right_wrapper_is_found_right(engine) -> None:
    """Over spaces of every kind; the report says what was held."""
    report = check_wrapper(RepeatAction(2), examples=10, engine=engine)

    assert () == report.findings
    assert {law.__name__ for law in laws_for()} == set(report.held)
    assert 10 == report.held["given_is_left_alone"]
    assert 1 == report.held["survives_a_fresh_interpreter"]
    assert "laws held" in str(report)


def test_a_wrapper_that_lives_in_some_spaces_is_checked_there() -> None:
    """Where it refuses to be bound it is not held to anything."""
    report = check_wrapper(ClipAction(), examples=5, laws=["spaces_are_kept"])

    assert all(isinstance(home.action_space, Box) for home in report.habitats.homes)
    assert "kinds of environment, the others being refused" in str(report)


def test_a_stack_is_checked_as_one() -> None:
    """Whatever its wrappers need is found."""
    stack = RepeatAction(2) | TimeLimit(3) | FrameStackObservation(2)

    assert () == check_wrapper(stack, examples=5).findings


@pytest.mark.parametrize("engine", ["hypothesis", "dice"])
def test_a_finding_is_small_and_can_be_pasted(engine) -> None:
    """The call in it plays the dialogue, and the law in it is broken."""
    told = str(finding(mistakes.WritesIntoItsMemory(), engine=engine))
    names = {**vars(spaces), **vars(statewrap), **vars(mistakes), "np": np}
    names |= {name: getattr(kit, name) for name in kit.__all__}
    play, law = re.findall(r":\n\n(    \w+\(.*?\))(?:\n\n|\Z)", told, re.DOTALL)

    assert "WritesIntoItsMemory() breaks the law given_is_left_alone:" in told
    assert "Memory before: array([0., 0., 0.])" in told
    assert "Cure: Build anew" in told
    assert "Memory after: array([0., 0., " in told
    assert 3 >= len(eval(play.strip(), dict(names)))  # noqa: S307 - what it printed
    with pytest.raises(LawBroken):
        eval(law.strip(), dict(names))  # noqa: S307 - the same


def test_a_wrapper_that_looks_at_nothing_is_shown_with_strings() -> None:
    """The simplest environment is one of which nothing is known."""
    told = str(finding(mistakes.ActsAfterTheLast()))

    assert "breaks the law episode_rules_at_every_gap" in told
    assert "TimeStep('f0', first=True)," in told
    assert "below=" not in told


def test_one_fault_is_told_in_full_and_the_others_in_a_line() -> None:
    """Much may be broken by one fault."""
    with pytest.raises(CheckFailed) as caught:
        check_wrapper(mistakes.CountsInSelf(), examples=5)

    words = str(caught.value)
    assert 1 == words.count("Cure:")
    assert "Broken as well, perhaps by the same fault:" in words
    assert "  fields_never_change: " in words


@attrs.frozen
class ShootsBy(Wrapper[None]):
    """Raise where there is nothing to look up."""

    def on_state(self, memory: None, timestep):
        """Look up."""
        return None, timestep.replace(reward=timestep.info["speed"])


def test_what_infos_hold_is_said_if_a_wrapper_asks_for_it() -> None:
    """The message says how."""
    told = str(finding(ShootsBy()))

    assert "every_message_is_answered" in told
    assert "info={'speed': Discrete(4)}" in told
    hold_law("identity", ShootsBy(), info={"speed": Discrete(4)}, examples=5)
    hold_law("identity", ShootsBy(), info={"speed": [0.5, 1.0]}, examples=5)


@attrs.frozen
class RefusesOdd(Wrapper[None]):
    """Raise at some actions."""

    def on_action(self, memory: None, act: Act):
        """Refuse every other action."""
        if int(act.action) % 2:
            raise ValueError("odd")
        return None, act


def test_what_a_wrapper_raises_on_purpose_is_let_be() -> None:
    """Those scenes are left out, and counted; otherwise it is a finding."""
    below = Below(Discrete(2), Discrete(2))

    assert "raised ValueError in on_action: odd." in str(finding(RefusesOdd(), below=below))
    report = check_wrapper(RefusesOdd(), below=below, raises=(ValueError,), examples=20)
    assert 0 < report.left_out < 20
    assert "on purpose" in str(report)


def test_nothing_is_said_to_hold_where_nothing_could_be_held() -> None:
    """Every scene was left out, or the wrapper could not be bound."""
    below = Below(Discrete(2), Discrete(1, start=1))

    with pytest.raises(ValueError, match="in every scene, so nothing could be held"):
        check_wrapper(RefusesOdd(), below=below, raises=(ValueError,), examples=5)
    with pytest.raises(BindError, match=r"could not be bound to any of \d+ drawn"):
        check_wrapper(mistakes_for_nowhere(), examples=5)
    with pytest.raises(BindError):
        check_wrapper(ClipAction(), below=Below(Discrete(2), Discrete(2)))


def mistakes_for_nowhere() -> Wrapper:
    """Make a wrapper that refuses whatever lies below."""
    return RejectInvalidAction() | ClipAction()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((RepeatAction,), {}, "An instance of it is meant"),
        ((None,), {}, "takes a wrapper or a stack"),
        ((RepeatAction(2),), {"examples": 0}, "expected an int of at least 1"),
        ((RepeatAction(2),), {"below": Discrete(2)}, "expected what is known"),
        ((RepeatAction(2),), {"below": []}, "expected what is known"),
        ((RepeatAction(2),), {"laws": ["identiti"]}, "There is no law 'identiti'"),
        ((RepeatAction(2),), {"engine": "coin"}, "expected one of"),
        ((RepeatAction(2),), {"examples": True}, "expected an int of at least 1"),
        ((RepeatAction(2),), {"seed": "x"}, "expected an int of at least 0"),
        ((RepeatAction(2),), {"laws": []}, "expected a list of laws"),
        ((RepeatAction(2),), {"laws": "identity"}, "expected a list of laws"),
        ((RepeatAction(2),), {"laws": [len]}, "expected a list of laws"),
        ((RepeatAction(2),), {"laws": ["agrees_with_its_oracle"]}, "It wants oracle="),
        ((RepeatAction(2),), {"raises": "ValueError"}, "expected exceptions"),
        ((RepeatAction(2),), {"info": ["lives"]}, "expected what infos hold by name"),
        ((RepeatAction(2),), {"info": {"lives": 3}}, "expected a space, or a list"),
        ((RepeatAction(2),), {"info": {"lives": []}}, "expected a space, or a list"),
    ],
)
def test_bad_arguments_are_refused(arguments, options, words) -> None:
    """With what was expected."""
    with pytest.raises((TypeError, ValueError), match=words):
        examine(*arguments, **options)


def test_several_places_may_be_named() -> None:
    """All of them are gone to."""
    places = [Below(Discrete(2), Discrete(2)), Below(Box(0, 1, (2,)), Discrete(2))]

    report = examine(Stack(), below=places, laws=["identity"], examples=5)

    assert tuple(places) == report.habitats.homes
    assert "2 kinds of environment" in str(report)


@attrs.frozen
class Forgiving(Wrapper[None]):
    """Write the same into every info: a second time changes nothing."""

    def on_state(self, memory: None, timestep):
        """Clear at the end."""
        if timestep.last:
            timestep.info.clear()
        return None, timestep


@attrs.frozen
class SetsAnOption(Wrapper[None]):
    """Write into the options of a reset."""

    def on_reset(self, memory: None, request):
        """Add one."""
        if request.options is not None:
            request.options.setdefault("noop", 1)
        return None, request


LARGEST = [0.0]


@attrs.frozen
class SharesARecord(Wrapper[None]):
    """Divide by the largest reward that any session has seen; soon there is no larger one."""

    def on_state(self, memory: None, timestep):
        """Keep the record in the module."""
        LARGEST[0] = max(LARGEST[0], abs(float(timestep.reward)))
        return None, timestep.replace(reward=float(timestep.reward) / (LARGEST[0] or 1.0))


FIRST_ACTION = {}


@attrs.frozen
class SendsTheFirstOfAll(Wrapper[None]):
    """The first action of any session is sent for ever; asked again, it answers the same."""

    def on_action(self, memory: None, act: Act):
        """Fill the table once."""
        return None, Act(FIRST_ACTION.setdefault("first", freeze(act.action)))


def test_what_is_done_once_is_found_though_it_was_done_before() -> None:
    """No law sees what another has used up: infos are new, surroundings are put back."""
    hold_law("given_is_left_alone", RepeatAction(2), examples=5)
    for wrapper, law in [
        (Forgiving(), "given_is_left_alone"),
        (SetsAnOption(), "given_is_left_alone"),
        (SharesARecord(), "retry_is_answered_the_same"),
        (SharesARecord(), "sessions_interleaved"),
        (SendsTheFirstOfAll(), "sessions_interleaved"),
    ]:
        with pytest.raises(LawBroken):
            hold_law(law, wrapper, examples=30)
        assert ([0.0], {}) == (LARGEST, FIRST_ACTION)


@attrs.frozen
class Quits(Wrapper[None]):
    """End the process, at the bind or later."""

    at_bind: bool = False

    def bind(self, below):
        """Quit, if that is wanted here."""
        if self.at_bind:
            raise SystemExit(0)
        return self

    def on_action(self, memory: None, act: Act):
        """Quit."""
        raise SystemExit(0)


def test_a_wrapper_that_ends_the_process_does_not_end_the_check() -> None:
    """It is a finding, or cannot be bound."""
    below = Below(Discrete(2), Discrete(2))

    assert "SystemExit was raised, which ends the host's process" in str(finding(Quits()))
    with pytest.raises(BindError, match="raised SystemExit in bind"):
        examine(Quits(at_bind=True), below=below)
    with pytest.raises(BindError, match="could not be bound"):
        examine(Quits(at_bind=True))


class Locked(Wrapper):
    """Keep what cannot be copied."""

    def initial(self, key):
        """Make a generator."""
        return (number for number in range(3))


def test_what_cannot_be_copied_is_no_memory() -> None:
    """The law that copies says so."""
    with pytest.raises(LawBroken, match="cannot be copied") as caught:
        hold_law("given_is_left_alone", Locked(), examples=5)
    assert "plain data" in caught.value.cure


def test_within_a_test_of_hypothesis_dice_are_thrown() -> None:
    """Such tests do not nest."""

    @settings(max_examples=2, database=None)
    @given(st.integers(1, 3))
    def repeats(number: int) -> None:
        hold_law("settles", RepeatAction(number), examples=3)

    repeats()


def test_a_scene_that_cannot_be_played_is_never_passed_over_in_silence() -> None:
    """The law that says why is held beside those asked for."""
    report = examine(mistakes.ActsAfterTheLast(), laws=["identity"], examples=30)

    assert ["episode_rules_at_every_gap"] == [f.law.__name__ for f in report.findings]

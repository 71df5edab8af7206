"""What a host passes: checked, named where it is wrong, and copied into a raw time step."""

from __future__ import annotations

import types

import numpy as np
import pytest

from statewrap import InputError, TimeStep, same
from statewrap.core.intake import MISSING, NOTHING_KNOWN, opening, stepped


class Uncopyable:
    """An object that cannot be copied."""

    def __deepcopy__(self, memo):
        raise RuntimeError("glued")

    def __repr__(self) -> str:
        return "Uncopyable()"


def first(observation="f0", reward=MISSING, terminated=False, truncated=False, info=None, **more):
    """Open an episode; only what matters is given."""
    known = NOTHING_KNOWN if info is None else info
    return opening(observation, reward, terminated, truncated, known, **more)


def later(observation="f1", reward=1.0, terminated=False, truncated=False, info=None, **more):
    """Answer an action; only what matters is given."""
    known = NOTHING_KNOWN if info is None else info
    return stepped(observation, reward, terminated, truncated, known, **more)


def refused(call, *args, **options) -> str:
    """Return the words with which an input is refused."""
    with pytest.raises(InputError) as told:
        call(*args, **options)
    return str(told.value)


def test_an_opening_is_first_and_brings_no_reward() -> None:
    """Whatever kind of nothing was given for it."""
    for nothing in (MISSING, None, 0, -0.0, float("nan"), np.float32(0), np.array(0), False):
        assert TimeStep("f0", first=True) == first(reward=nothing)


def test_what_answers_an_action_crosses_as_it_was_given() -> None:
    """Reward and flags keep their types."""
    flags = np.bool_(True), np.bool_(False)

    assert TimeStep("f1", 1.0) == later()
    assert TimeStep("f1", 2, True, False) == later(reward=2, terminated=True)
    assert TimeStep("f1", 2, False, True) == later(reward=2, truncated=True)
    assert TimeStep("f1", np.float32(2), *flags) == later("f1", np.float32(2), *flags)


@pytest.mark.parametrize("call", [first, later])
def test_time_and_frame_are_the_edges(call) -> None:
    """The frame is copied like an observation; without one there is none."""
    frame = np.zeros(2)

    shown = call(time=2.5, frame=frame)
    frame[0] = 1

    assert 2.5 == shown.time
    assert same(np.zeros(2), shown.frame)
    assert (0.0, None) == (call().time, call().frame)


@pytest.mark.parametrize("call", [first, later])
def test_nothing_is_shared_with_the_host(call) -> None:
    """Neither the observation nor the info, of whatever class that is."""
    seen, info = np.zeros(2), {"a": 1}

    shown = call(seen, info=info)
    seen[0], info["a"] = 1, 2

    assert same(np.zeros(2), shown.observation)
    assert {"a": 1} == shown.info
    assert dict is type(call(info=types.MappingProxyType({"a": 1})).info)


@pytest.mark.parametrize("flags", [(True, False), (False, True), (np.bool_(True), False)])
def test_an_opening_takes_no_flag(flags) -> None:
    """Neither of them, of either kind."""
    assert refused(opening, "f0", MISSING, *flags, {}).startswith(
        "This call opens an episode (it is the first, comes after an end, or is a reset), but has "
        "terminated or truncated set."
    )


@pytest.mark.parametrize("reward", [1.0, "0", b"0", [0, 0], "x", np.inf])
def test_an_opening_takes_no_reward(reward) -> None:
    """It is shown, with where it belongs."""
    told = refused(first, reward=reward)

    assert told.startswith(f"This call opens an episode, but has the reward {reward!r}. The last")


def test_who_passes_on_what_a_reset_returned_is_told_which_call_takes_it() -> None:
    """Its info came where a reward is looked for."""
    told = refused(first, reward={"lives": 3})

    assert told.endswith(
        "pass 0. If these are the observation and info of env.reset(): reset(observation, info), "
        "or observe(observation, info=info)."
    )


@pytest.mark.parametrize("call", [first, later])
def test_an_info_in_the_place_of_a_flag_says_that_there_are_two(call) -> None:
    """As who passes `done` alone would give it."""
    told = refused(call, truncated={"lives": 3})

    assert told.startswith("truncated is {'lives': 3}, expected True or False. There are two flags")
    assert told.endswith(
        "act(observation, reward, terminated, truncated, info), or info=... by its name."
    )


@pytest.mark.parametrize("call", [first, later])
@pytest.mark.parametrize("flag", ["terminated", "truncated"])
def test_a_flag_that_is_none_is_named_and_shown(call, flag) -> None:
    """Numbers are no flags."""
    for wrong in (1, None, "no", 0):
        assert f"{flag} is {wrong!r}, expected True or False." == refused(call, **{flag: wrong})


@pytest.mark.parametrize("call", [first, later])
def test_an_info_that_is_no_dict_is_shown(call) -> None:
    """A list of pairs is none."""
    assert "info is [('a', 1)], expected a dict; leave it out if nothing is known." == refused(
        call, info=[("a", 1)]
    )


@pytest.mark.parametrize("call", [first, later])
@pytest.mark.parametrize("name", ["observation", "frame"])
def test_what_cannot_be_copied_is_named_and_shown(call, name) -> None:
    """With the reason."""
    assert (
        f"The {name} is Uncopyable(), which cannot be copied (glued.) Pass numbers, arrays, or "
        "containers of them." == refused(call, **{name: Uncopyable()})
    )


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (MISSING, "The reward is missing. Every call but an opening one needs it: act(observation"),
        (None, "The reward is None, expected a number."),
        ("3", "The reward is '3', expected a number."),
        (b"3", "The reward is b'3', expected a number."),
        ([1, 2], "The reward is [1, 2], expected a number."),
        (float("nan"), "The reward is nan. A reward is a number; pass 0.0 if there was none."),
        (np.float32("nan"), "The reward is nan. A reward is a number; pass 0.0 if there was none."),
    ],
    ids=repr,
)
def test_a_reward_that_is_no_number_is_shown(reward, words) -> None:
    """Each kind has its cure."""
    assert refused(later, reward=reward).startswith(words)


def test_a_reward_that_is_an_array_is_copied() -> None:
    """Of no dimension, for more is no number."""
    reward = np.array(1.0)

    shown = later(reward=reward)
    reward[...] = 2.0

    assert same(np.array(1.0), shown.reward)
    assert np.inf == later(reward=np.inf).reward


def test_an_argument_that_was_left_out_says_so() -> None:
    """In a signature, where None could mean something."""
    assert "<left out>" == repr(MISSING)
    assert {} == NOTHING_KNOWN

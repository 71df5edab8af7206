"""Each law finds the mistakes that it is there for, and says which law and what was wrong."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Act, Below, Policy, Stack, TimeStep, Wrapper
from statewrap.testing import (
    LAWS,
    Improvise,
    associativity,
    ends_are_kept,
    episode_rules_at_every_gap,
    failed_step_never_happened,
    fields_never_change,
    first_alone_suffices,
    given_is_left_alone,
    identity,
    newest_observation_is_shown,
    push_is_pull,
    retry_is_answered_the_same,
    returned_never_changes,
    rewards_add_up,
    sessions_interleaved,
    spaces_are_kept,
    survives_a_fresh_interpreter,
    survives_a_pause,
)
from statewrap.wrappers.rescale_action import RescaleAction
from tests.laws import mistakes

BELOW = Below(Box(-100.0, 100.0, (2,), np.float32), Box(-1.0, 1.0, (1,), np.float32))
ACTIONS = [np.array([value], np.float32) for value in (-1.0, 0.25, 2.0)]


def frame(number: int, **fields) -> TimeStep:
    """Make a raw time step whose observation and reward tell its number."""
    observation = np.array([number, -number], np.float32)
    info = {"mask": np.array([number % 2, 1], np.int8)}
    return TimeStep(observation, float(number), info=info, **fields).replace(
        reward=0.0 if fields.get("first") else float(number)
    )


EPISODES = [
    [frame(1, first=True), frame(2), frame(3), frame(4, terminated=True)],
    [frame(5, first=True), frame(6), frame(7, truncated=True)],
    [frame(8, first=True), frame(9)],  # given up: the next opens unasked
    [frame(10, first=True), frame(11), frame(12), frame(13, terminated=True, truncated=True)],
]

FOUND = [
    (rewards_add_up, mistakes.DropsReward(), "should show 5.0"),
    (
        newest_observation_is_shown,
        mistakes.StaleFrame(),
        "observation (newest != shown): [0]: 3.0 != 2.0",
    ),
    (ends_are_kept, mistakes.EndsEarly(), "the flags (raw != shown)"),
    (ends_are_kept, mistakes.ActsAfterTheLast(), "was answered with Act"),
    (episode_rules_at_every_gap, mistakes.ActsAfterTheLast(), "after the last time step"),
    (episode_rules_at_every_gap, mistakes.HidesTruncation(), "after the last time step"),
    (episode_rules_at_every_gap, mistakes.ShowsTheFirstAgain(), "in answer to an Act"),
    (episode_rules_at_every_gap, mistakes.PaysAtTheOpening(), "reward 1.0, expected 0"),
    (given_is_left_alone, mistakes.WritesIntoItsMemory(), "it changed what it was given"),
    (returned_never_changes, mistakes.GivesItsMemoryOut(), "in its memory and in its reply"),
    (returned_never_changes, mistakes.ReusesABuffer(), "was changed later"),
    (given_is_left_alone, mistakes.WritesIntoInfo(), "it changed what it was given"),
    (given_is_left_alone, mistakes.ScalesInPlace(), "read-only"),
    (returned_never_changes, mistakes.KeepsTheHostsArray(), "the memory it gave was changed later"),
    (retry_is_answered_the_same, mistakes.CountsInSelf(), "asked the same again"),
    (retry_is_answered_the_same, mistakes.RollsADie(), "asked the same again"),
    (given_is_left_alone, mistakes.AppendsToAList(), "it changed what it was given"),
    (sessions_interleaved, mistakes.CountsInSelf(), "Session 0, among others"),
    (sessions_interleaved, mistakes.RollsADie(), "Session 0, among others"),
    (failed_step_never_happened, mistakes.AppendsToAList(), "left the memory changed"),
    (failed_step_never_happened, mistakes.WritesIntoItsMemory(), "left the memory changed"),
    (failed_step_never_happened, mistakes.RefusesARetry(), "seen before"),
    (first_alone_suffices, mistakes.ForgetsOnlyWhenAsked(), "without != with a Reset"),
    (push_is_pull, mistakes.CountsResets(), "time steps shown"),
    (survives_a_pause, mistakes.DeclaresNothing(), "Declare it in memory_types"),
    (survives_a_pause, mistakes.KeepsAFunction(), "keep plain data"),
    (survives_a_pause, mistakes.ComesBackDifferent(), "comes back different"),
    (survives_a_fresh_interpreter, mistakes.AsksForTheHash(), "info['hash']"),
    (identity, mistakes.BindsItself(), "info['bound']"),
    (associativity, mistakes.BindsItself(), "info['bound']"),
    (associativity, mistakes.AnnouncesBySelf(), "max_episode_steps"),
    (spaces_are_kept, mistakes.AnnouncesTheOldSpace(), "has shape (4,), expected (2,)"),
    (spaces_are_kept, mistakes.SendsWhatItAnnounced(), "outside -1.0 to 1.0"),
]


@pytest.mark.parametrize(
    ("law", "wrapper", "words"),
    FOUND,
    ids=[f"{law.__name__}-{type(wrapper).__name__}" for law, wrapper, _ in FOUND],
)
def test_a_law_finds_its_mistake(law, wrapper, words) -> None:
    """The message names the wrapper, the law, and what was wrong."""
    with pytest.raises(AssertionError) as found:
        law(wrapper, BELOW, EPISODES, Improvise(ACTIONS))

    message = str(found.value)
    assert f"{wrapper!r} breaks the law {law.__name__}: " in message
    assert words in message


def test_the_laws_find_nothing_where_nothing_is_wrong() -> None:
    """The same scene, and the frame skip that the mistakes were made in."""
    actions = Improvise([action for action in ACTIONS if action <= 1.0])

    for law in (*LAWS, rewards_add_up, newest_observation_is_shown, ends_are_kept):
        law(mistakes.Repeats(), BELOW, EPISODES, actions)


def test_a_wrapper_without_fields_is_pure() -> None:
    """A plain class will do."""
    for law in (given_is_left_alone, fields_never_change):
        law(Wrapper(), BELOW, EPISODES, Improvise(ACTIONS))


def test_an_action_outside_its_bounds_by_rounding_alone_is_let_be() -> None:
    """Here -1.8999999 for -1.9; Gymnasium's wrapper sends the same."""
    box = Box(np.float32(-3.0), np.float32(-1.9), (1,), np.float32)
    below, actions = Below(action_space=box), Improvise([np.ones(1, np.float32)])

    spaces_are_kept(RescaleAction(-1.0, 1.0), below, EPISODES, actions)
    with pytest.raises(AssertionError, match=r"is -1\.8, outside -3\.0"):
        spaces_are_kept(Wrapper(), below, EPISODES, Improvise([np.array([-1.8])]))


def test_infinity_is_inside_where_nothing_is_bounded() -> None:
    """And NaN is nowhere."""
    below = Below(action_space=Box(-np.inf, np.inf, (1,), np.float64))

    spaces_are_kept(Wrapper(), below, EPISODES, Improvise([np.array([np.inf])]))
    with pytest.raises(AssertionError, match="is nan"):
        spaces_are_kept(Wrapper(), below, EPISODES, Improvise([np.array([np.nan])]))


@pytest.mark.parametrize(
    ("law", "words"),
    [(identity, "are not equal"), (associativity, "Cut at 0 and joined again")],
)
def test_stacks_that_are_not_equal_are_found(law, words, monkeypatch) -> None:
    """The laws of composition hold `|` too."""
    monkeypatch.setattr(Stack, "__eq__", lambda one, other: one is other)

    with pytest.raises(AssertionError, match=words):
        law(mistakes.Repeats(), BELOW, EPISODES, Improvise(ACTIONS))


class HoldsAGrudge(Policy[list]):
    """A policy whose memory is a list that it changes in place."""

    def initial(self, key):
        """Remember nothing yet."""
        return []

    def decide(self, memory, timestep):
        """Remember, and act on it."""
        memory.append(1)
        return memory, Act(np.array([len(memory) % 2], np.float32))


def test_a_policy_that_changes_its_memory_is_found_too() -> None:
    """A retry would act differently."""
    with pytest.raises(AssertionError, match="left the memory changed"):
        failed_step_never_happened(Wrapper(), BELOW, EPISODES, HoldsAGrudge())

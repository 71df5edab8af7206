"""Two of a kind, sessions side by side, and what is lost when a session is put away."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Below, TimeStep, Wrapper
from statewrap.package import plain
from statewrap.testing import Improvise
from statewrap.testing.laws.company import two_of_a_kind_do_not_touch
from statewrap.testing.laws.pauses import sessions_interleaved, survives_a_pause
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.rescale_action import RescaleAction
from tests.laws.machines import ActionPair
from tests.testing.laws import company_faults as faults

BELOW = Below(Box(-100.0, 100.0, (2,), np.float32), Box(-1.0, 1.0, (1,), np.float32))
POLICY = Improvise([np.array([value], np.float32) for value in (-1.0, 0.25, 0.5)])


def episode(*numbers: int) -> list[TimeStep]:
    """Return the time steps of an episode whose observations and rewards tell the numbers."""
    frames = [TimeStep(np.array([n, -n], np.float32), float(n)) for n in numbers]
    frames[0] = frames[0].replace(reward=0.0, first=True)
    frames[-1] = frames[-1].replace(terminated=True)
    return frames


EPISODES = [episode(1, 2, 3, 4, 5, 6), episode(7, 8, 9)]
SHARED = [
    faults.CountsUnderItsClassName(),
    faults.StacksInTheClass(),
    faults.SumsInADefaultArgument(),
    faults.RemembersByItsRepr(),
    faults.CountsInItsClass(),
    faults.DelaysInItsModule(),
]
ELSEWHERE = [
    *SHARED,
    faults.DiscountsInAField(),
    faults.CountsBehindItsBack(),
    faults.LimitsInThePlainObject(),
    faults.TotalsInAClosure(),
    faults.QueuesInADeque(),
    faults.KeepsHalfOfItsMemory(),
]


def named(wrapper: object) -> str:
    """Name a case by its class."""
    return type(wrapper).__name__


@pytest.mark.parametrize("wrapper", SHARED, ids=named)
def test_two_that_share_an_entry_are_found(wrapper) -> None:
    """Each counts what the other saw; alone, neither would."""
    with pytest.raises(AssertionError, match="In a stack with another of its kind") as found:
        two_of_a_kind_do_not_touch(wrapper, BELOW, EPISODES, POLICY)

    assert "otherwise than it would alone" in str(found.value)


@pytest.mark.parametrize("wrapper", ELSEWHERE, ids=named)
def test_state_outside_of_the_memory_is_lost_in_a_pause(wrapper) -> None:
    """The session goes on with a copy that was made before anything was played."""
    with pytest.raises(AssertionError, match="Restored into a fresh copy, at turn"):
        survives_a_pause(wrapper, BELOW, EPISODES[:1], POLICY)


@pytest.mark.parametrize("wrapper", ELSEWHERE, ids=named)
def test_sessions_that_leak_are_found_over_one_episode(wrapper) -> None:
    """Even where all sessions are shown the same time steps, none is at the same place."""
    with pytest.raises(AssertionError, match=r"Session \d, among others"):
        sessions_interleaved(wrapper, BELOW, EPISODES[:1], POLICY)


def test_a_coder_that_saves_two_of_a_class_as_one_is_found() -> None:
    """Each filter has a memory of its own, but the file has one entry a class."""

    def encode(memory, types):
        by_class = {type(kept).__name__: kept for kept in memory.wrappers}
        names = [type(kept).__name__ for kept in memory.wrappers]
        return plain.encode((by_class, names, memory.keys), types)

    def decode(data, types):
        by_class, names, keys = plain.decode(data, types)
        kind = next(kind for kind in types if kind.__name__ == "StackMemory")
        return kind(tuple(by_class[name] for name in names), keys)

    coders = {"encode": encode, "decode": decode}
    survives_a_pause(faults.MeanFilter(), BELOW, EPISODES, POLICY, **coders)
    with pytest.raises(AssertionError, match=r"comes back different: .wrappers\[0\].mean"):
        two_of_a_kind_do_not_touch(faults.MeanFilter(), BELOW, EPISODES, POLICY, **coders)


@pytest.mark.parametrize(
    "wrapper",
    [
        Wrapper(),
        faults.MeanFilter(),
        FrameStackObservation(2),
        RescaleAction(-2.0, 2.0),
        ActionPair(),
        RecordEpisodeStatistics(),
        FrameStackObservation(2) | faults.MeanFilter(),
    ],
    ids=named,
)
def test_two_that_do_not_touch_are_left_alone(wrapper) -> None:
    """Frames stack twice, pairs of pairs are drawn, two records of one key refuse each other."""
    two_of_a_kind_do_not_touch(wrapper, BELOW, EPISODES, POLICY)


class SharedPair(ActionPair):
    """Keeps in its class how many pairs it was given."""

    given: ClassVar[int] = 0

    def on_action(self, memory, act):
        """Count."""
        SharedPair.given += 1
        return super().on_action(memory, act)

    def on_state(self, memory, timestep):
        """Tell."""
        memory, reply = super().on_state(memory, timestep)
        told = type(reply) is TimeStep
        return memory, reply.replace(info={"given": SharedPair.given}) if told else reply


def test_two_that_announce_another_action_space_are_played_in_it() -> None:
    """Else pairs of pairs would not be tried at all."""
    with pytest.raises(AssertionError, match="In a stack with another of its kind"):
        two_of_a_kind_do_not_touch(SharedPair(), BELOW, EPISODES, POLICY)


def test_one_that_works_only_with_its_original_is_found() -> None:
    """Alone, asked the same, the copy raises."""
    with pytest.raises(AssertionError, match="alone, asked the same, it raises RuntimeError"):
        two_of_a_kind_do_not_touch(faults.IsAnotherWhenCopied(), BELOW, EPISODES, POLICY)


def test_what_cannot_be_copied_is_restored_as_it_is() -> None:
    """A session of a wrapper that holds a generator object can be paused all the same."""

    class Passes(Wrapper):
        def __init__(self):
            self.endless = (n for n in ())

    survives_a_pause(Passes(), BELOW, EPISODES, POLICY)
    two_of_a_kind_do_not_touch(Passes(), BELOW, EPISODES, POLICY)

"""What a wrapper prints and takes: a repr that rebuilds, slips and gaps that are noticed."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import Below, BindError, Key, TimeStep, Wrapper, argument
from statewrap.testing import Improvise
from statewrap.testing.laws.configuration import repr_rebuilds
from statewrap.testing.laws.missing import missing_statistics_are_noticed
from statewrap.testing.laws.slips import typing_slips_are_noticed
from statewrap.wrappers.clip import ClipReward
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import Moments, NormalizeObservation
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.rescale_action import RescaleAction
from statewrap.wrappers.transform import TransformObservation, TransformReward
from tests.testing.laws import configuration_faults as faults

PLACE = Box(-100.0, 100.0, (2,), np.float32)
BELOW = Below(PLACE, Box(-1.0, 1.0, (1,), np.float32))
UNKNOWN = Below(action_space=Discrete(3))
PARTS = Below(Dict(speed=PLACE, angle=PLACE), Discrete(3))
POLICY = Improvise([np.array([0.5], np.float32)])
CHOICE = Improvise([np.int64(1), np.int64(2)])


def frame(number: int, **fields: Any) -> TimeStep:
    """Make a time step whose observation and reward tell its number."""
    return TimeStep(np.array([number, -number], np.float32), float(number), **fields)


EPISODES = [
    [frame(0, first=True), frame(2), frame(3, info={"event": "win"}), frame(4, terminated=True)],
]
IN_PARTS = [
    [t.replace(observation={"speed": t.observation, "angle": 2 * t.observation}) for t in episode]
    for episode in EPISODES
]


@dataclasses.dataclass(frozen=True)
class SpreadOfADataclass:
    """Statistics of the user's own."""

    mean: Any
    std: Any


def printed(case: object) -> str | None:
    """Name a case as it prints itself, unless its address is in it."""
    return None if " at 0x" in repr(case) else repr(case)


def named(case: object) -> str | None:
    """Name a case by its class."""
    return type(case).__name__ if isinstance(case, Wrapper) else None


# -- repr ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (faults.HidesAnArgument(3), "is another wrapper (this != that): ['size']: 3 != 1"),
        (faults.HidesItFromBoth(3), "['size']: 3 != 1"),
        (faults.MustBeGivenButIsHidden(3), "evaluated, raises TypeError"),
        (faults.HoldsAnArray(np.zeros(2)), "its argument 'scale' is or holds an array"),
        (
            faults.HoldsARecordOfArrays(faults.Spread(np.zeros(2), np.ones(2))),
            "spread: Any = statewrap.argument()",
        ),
        (faults.PrintsRounded(1 / 3), "['factor']: 0.3333333333333333 != 0.33"),
        (faults.PrintsNoName(0.5), "evaluated, raises SyntaxError"),
        (faults.IsAnOrdinaryObject(0.5), "is not equal to a copy of itself"),
        (faults.IsEqualToItselfAlone(), "is not equal to a copy of itself"),
        (faults.ConvertsOnceMore(0.5), "['milliseconds']: 500.0 != 500000.0"),
        (faults.PrintsWhatItDerives(), "evaluated, raises TypeError"),
        (faults.HasANumberOfItsOwn(), "has the same arguments, but is not equal"),
        (faults.CannotBeCompared(), "cannot be compared with a copy of itself: == raises"),
        (faults.HasSlots(3), "['size']: 3 != 1"),
        (faults.IsAnotherWhenCopied(), "wrapper 0, IsAnotherWhenCopied.size is 1"),
    ],
    ids=named,
)
def test_a_repr_that_does_not_rebuild_is_found(wrapper, words) -> None:
    """The message has the repr and what came of it."""
    with pytest.raises(AssertionError) as found:
        repr_rebuilds(wrapper, BELOW, EPISODES, POLICY)

    assert words in str(found.value)


def test_a_repr_that_raises_is_found() -> None:
    """The wrapper is named by its class."""
    with pytest.raises(AssertionError, match="The repr of a RaisesInRepr raises AttributeError"):
        repr_rebuilds(faults.RaisesInRepr(), BELOW, EPISODES, POLICY)


class Mode(enum.Enum):
    """A choice."""

    FAST = 1


@attrs.frozen
class Options:
    """A record of the user's own."""

    gain: float
    names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Limits:
    """A record of the user's own, made otherwise."""

    low: float
    high: float = 1.0


@attrs.frozen
class Takes(Wrapper[None]):
    """One argument of any kind, declared."""

    value: Any = argument()


@attrs.frozen
class TakesPlainly(Wrapper[None]):
    """One argument of any kind, not declared."""

    value: Any


@pytest.mark.parametrize(
    "value",
    [
        None,
        -0.0,
        math.inf,
        "a'b\n",
        b"\x00",
        1 + 2j,
        np.float32(0.1),
        np.dtype("float32"),
        np.int64(3),
        {"a": (1, [2.5, None])},
        frozenset({1, 2}),
        (3,),
        Options(0.1, ("x",)),
        Limits(0.1),
        Options,
        Mode.FAST,
        len,
        partial(max, 1),
        lambda x: x,
        Box(0.0, 1.0, (2,)),
        Box(np.zeros(2, np.float32), np.arange(1, 3, dtype=np.float32)),
        object(),
        math.nan,
    ],
    ids=printed,
)
@pytest.mark.parametrize("kind", [Takes, TakesPlainly])
def test_plain_arguments_rebuild_and_others_are_let_be(kind, value) -> None:
    """What has no words, such as a lambda, an enum's member or NaN, is not held to them."""
    repr_rebuilds(kind(value), BELOW, EPISODES, POLICY)


@pytest.mark.parametrize(
    "value",
    [
        np.array([0.1, np.nan, np.inf], np.float32),
        np.arange(2000.0),
        np.zeros((0, 3)),
        {"mean": np.zeros((2, 2)), "names": ["a", "b"]},
        Moments(np.zeros(2), np.ones(2), 10.0),
    ],
    ids=["nan", "long", "without-items", "mapping", "record"],
)
def test_arrays_that_are_declared_rebuild(value) -> None:
    """To the last bit, whatever their length."""
    repr_rebuilds(Takes(value), BELOW, EPISODES, POLICY)


def test_a_class_within_a_function_or_a_class_rebuilds() -> None:
    """Its repr says the name without what is around it, as attrs does."""

    class Outer:
        @attrs.frozen
        class Inner(Wrapper[None]):
            size: int

    @attrs.frozen
    class Local(Wrapper[None]):
        inner: Options

    repr_rebuilds(Outer.Inner(3), BELOW, EPISODES, POLICY)
    repr_rebuilds(Local(Options(2.0)), BELOW, EPISODES, POLICY)


def test_what_cannot_be_copied_or_fingerprinted_is_not_compared() -> None:
    """Other laws tell what a wrapper cannot hold."""

    @attrs.frozen
    class Holds(Wrapper[None]):
        memory_types = (int,)
        value: Any

    repr_rebuilds(Holds(n for n in ()), BELOW, EPISODES, POLICY)
    repr_rebuilds(Holds(1), BELOW, EPISODES, POLICY)


def test_a_class_without_attrs_that_holds_nothing_has_nothing_to_say() -> None:
    """Such as Wrapper itself."""
    repr_rebuilds(Wrapper(), BELOW, EPISODES, POLICY)


# -- slips -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (faults.MisspeltTypes(), "did you mean 'memory_types'?"),
        (faults.MisspeltNeeds(), "did you mean 'needs'?"),
        (faults.NeedsAsAnArgument(), "did you mean 'needs'?"),
        (faults.MisspeltAbove(), "did you mean 'above'?"),
        (faults.MisspeltRenew(), "did you mean 'renew'?"),
        (faults.MisspeltKeeps(), "did you mean 'keeps'?"),
        (faults.MisspeltLearns(), "did you mean 'learns'?"),
        (faults.MisspeltDelays(), "did you mean 'delays'?"),
        (faults.MisspeltInitial(), "did you mean 'initial'?"),
        (faults.MisspeltBind(), "did you mean 'bind'?"),
        (faults.NeedsTimes(), "did you mean 'time'?"),
        (faults.NeedsAPosition(), "is 'frame' and 'time'."),
        (faults.NeedsAString(), "needs 'time'"),
    ],
    ids=named,
)
def test_a_misspelt_declaration_is_found(wrapper, words) -> None:
    """The message says which was meant."""
    with pytest.raises(AssertionError) as found:
        typing_slips_are_noticed(wrapper, BELOW, EPISODES, POLICY)

    assert words in str(found.value)


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (faults.ScalesWhatItKnows({"speed": 2.0}), "takes scales with 'speed_typo'"),
        (faults.ScalesWhatItKnows({"speed": 2.0, "angel": 3.0}), "takes scales for 'angel'"),
        (faults.ScalesWhatItKnows({"sped": 2.0}), "takes scales for 'sped'"),
        (faults.MasksWhatIsThere(["angle"]), "takes hidden with 'angle_typo'"),
        (faults.MasksWhatIsThere(("angle", "speed")), "takes hidden with 'angle_typo'"),
        (faults.DoublesOnePart(), "takes key with 'speed_typo' in place of 'speed'"),
        (faults.HasATableOfItsOwn({"progress": 2.0}), "takes weights with 'progress_typo'"),
        (faults.SkipsUnknownSteps(("double",)), "takes steps with 'double_typo'"),
        (
            faults.NormalizesByKey({"speed": {"mean": 1.0, "std": 2.0}}),
            "takes stats with 'speed_typo'",
        ),
    ],
    ids=named,
)
@pytest.mark.parametrize(
    "below", [PARTS, Below(action_space=Discrete(3))], ids=["known", "unknown"]
)
def test_a_name_that_nothing_bears_is_found(wrapper, words, below) -> None:
    """Whether the space says which names there are, or the observations alone."""
    with pytest.raises(AssertionError) as found:
        typing_slips_are_noticed(wrapper, below, IN_PARTS, CHOICE)

    assert words in str(found.value)
    assert "without a word" in str(found.value)


@attrs.frozen
class ScalesWhatItMust(Wrapper[None]):
    """Each part of which there is a scale has to be there."""

    scales: Mapping[str, float]

    def bind(self, below: Below):
        """Look the names up."""
        unknown = set(self.scales) - set(below.require("observation_space", self).spaces)
        if unknown:
            raise BindError(f"no {unknown}")
        return self

    def on_state(self, memory, timestep: TimeStep):
        """Scale."""
        scaled = {k: np.float32(f) * timestep.observation[k] for k, f in self.scales.items()}
        return None, timestep.replace(observation={**timestep.observation, **scaled})


@attrs.frozen
class PicksParts(Wrapper[None]):
    """A part that is not there is an error when it is wanted."""

    names: tuple[str, ...]

    def on_state(self, memory, timestep: TimeStep):
        """Pick."""
        return None, timestep.replace(observation={k: timestep.observation[k] for k in self.names})


@attrs.frozen
class PaysForEvents(Wrapper[None]):
    """Events are what the environment says in info: some never happen."""

    bonus: Mapping[str, float]

    def on_state(self, memory, timestep: TimeStep):
        """Add the bonus."""
        bonus = self.bonus.get(timestep.info.get("event", ""), 0.0)
        return None, timestep.replace(reward=timestep.reward + bonus)


@attrs.frozen
class AddsParts(Wrapper[None]):
    """The names are those that it gives."""

    values: Mapping[str, float]

    def on_state(self, memory, timestep: TimeStep):
        """Add them."""
        return None, timestep.replace(observation={**timestep.observation, **self.values})


@attrs.frozen
class SpeaksOfItsOwn(Wrapper[Key]):
    """Its public names are its own, and its arguments have none that lie below."""

    draws: int = 1
    delay: int = 2
    keep: bool = True
    words: tuple[str, ...] = ("walk", "run")
    mixed: tuple[Any, ...] = ("walk", 1)

    limits = (1, 2)

    def learned(self, memory: Any) -> Any:
        """Return what was learned."""
        return memory

    def bin(self, value: float) -> int:
        """Return the bin of a value."""
        return int(value)

    @property
    def kept(self) -> int:
        """How many are kept."""
        return 1

    def on_state(self, memory, timestep: TimeStep):
        """Show how the words are written."""
        code = sum(map(ord, "".join(self.words)))
        return memory, timestep.replace(info={**timestep.info, "code": code})


@pytest.mark.parametrize(
    "wrapper",
    [
        ScalesWhatItMust({"speed": 2.0}),
        PicksParts(("angle",)),
        PaysForEvents({"win": 10.0, "lose": -10.0}),
        AddsParts({"charge": 1.0}),
        faults.DoublesOneOfTwo("speed"),
        SpeaksOfItsOwn(),
        RecordEpisodeStatistics(stats_key="speed"),
        RejectInvalidAction(mask_key=("masks", "gripper"), source="info") | Wrapper(),
    ],
    ids=named,
)
def test_names_that_are_looked_up_given_or_carried_by_messages_are_let_be(wrapper) -> None:
    """A wrapper that refuses, one that gives a name, and one that hears of events."""
    mask = {"masks": {"gripper": np.ones(3, np.int8)}}
    episodes = [[t.replace(info={**t.info, **mask}) for t in e] for e in IN_PARTS]

    typing_slips_are_noticed(wrapper, PARTS, episodes, CHOICE)


def test_a_scene_in_which_a_wrapper_raises_is_left_to_other_laws() -> None:
    """Here the mask is missing."""
    typing_slips_are_noticed(RejectInvalidAction(), PARTS, IN_PARTS, CHOICE)


# -- statistics ------------------------------------------------------------------------------

SPREAD = faults.Spread(np.ones(2, np.float32), np.full(2, 2.0, np.float32))
BY_KEY = {"speed": {"mean": 1.0, "std": 2.0}, "angle": {"mean": 0.0, "std": 3.0}}


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (faults.NormalizesIfItCan(SPREAD), "with statistics=None works without a word"),
        (faults.NormalizesIfItCan(), "was made without statistics"),
        (faults.NormalizesByKey(BY_KEY), "lets each observation pass raw"),
        (faults.NormalizesByKey(), "was made without stats"),
        (faults.ScalesAndCounts(np.array([0.5], np.float32)), "lets each action pass raw"),
        (faults.StandardizeReward(1.0, 2.0), "lets each reward pass raw"),
        (faults.StandardizeReward(), "was made without mean and std"),
    ],
    ids=named,
)
def test_missing_statistics_that_let_raw_values_pass_are_found(wrapper, words) -> None:
    """Both where they are taken away, and where they were never given."""
    in_parts = isinstance(wrapper, faults.NormalizesByKey)
    below, episodes = (PARTS, IN_PARTS) if in_parts else (BELOW, EPISODES)

    with pytest.raises(AssertionError) as found:
        missing_statistics_are_noticed(wrapper, below, episodes, CHOICE if in_parts else POLICY)

    assert words in str(found.value)


@attrs.frozen
class ShiftsIfTold(Wrapper[None]):
    """An offset that may be left out, and is no statistic."""

    offset: Any = argument(None)

    def on_state(self, memory, timestep: TimeStep):
        """Shift."""
        if self.offset is None:
            return None, timestep
        return None, timestep.replace(observation=timestep.observation + self.offset)


@attrs.frozen
class ShiftsByParts(Wrapper[None]):
    """A mapping that it cannot do without."""

    given: Mapping[str, Any] = argument()

    def on_state(self, memory, timestep: TimeStep):
        """Shift and scale."""
        shifted = timestep.observation - self.given["mean"]
        return None, timestep.replace(observation=shifted / self.given["std"])


@pytest.mark.parametrize(
    "wrapper",
    [
        ShiftsByParts({"mean": np.ones(2, np.float32), "std": 2.0}),
        ShiftsByParts({"mean": np.zeros(2, np.float32), "std": np.ones(2, np.float32)}),
        NormalizeObservation(statistics=Moments(*SPREAD, 10.0)),
        NormalizeObservation(mode="learn"),
        NormalizeObservation(statistics=Moments(np.zeros(2), np.ones(2), 9.0), mode="learn"),
        ClipReward(np.float64(-1.0)),
        ClipReward(max_reward=np.array(1.0)),
        RescaleAction(np.array([-2.0]), np.array([2.0])),
        FrameStackObservation(2, padding_type=np.ones(2, np.float32)),
        TransformObservation(np.negative, None),
        TransformReward(abs),
        ShiftsIfTold(),
        ShiftsIfTold(np.ones(2, np.float32)),
        RecordEpisodeStatistics(None),
        Wrapper(),
    ],
    ids=printed,
)
def test_statistics_that_are_asked_for_or_not_needed_are_let_be(wrapper) -> None:
    """A wrapper that refuses, one that learns, and one whose argument is an option."""
    missing_statistics_are_noticed(wrapper, BELOW, EPISODES, POLICY)


def test_statistics_of_a_dataclass_or_an_object_are_found() -> None:
    """What they are is told by their parts, or by what the argument is called."""
    spread = SpreadOfADataclass(np.ones(2, np.float32), np.full(2, 2.0, np.float32))
    wrapper = faults.NormalizesByParts(spread)

    with pytest.raises(AssertionError, match="with given=None works without a word"):
        missing_statistics_are_noticed(wrapper, BELOW, EPISODES, POLICY)


def test_zeros_that_stay_zeros_prove_nothing() -> None:
    """A wrapper that learns shows 0 for nothing but zeros, with and without statistics."""
    zeros = [[t.replace(observation=np.zeros(2, np.float32)) for t in e] for e in EPISODES]
    known = NormalizeObservation(statistics=Moments(*SPREAD, 10.0), mode="learn")

    missing_statistics_are_noticed(NormalizeObservation(mode="learn"), BELOW, zeros, POLICY)
    missing_statistics_are_noticed(known, BELOW, zeros, POLICY)

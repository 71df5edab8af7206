"""Small wrappers whose configuration misleads, as that of well-known libraries has done."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap import Act, Below, TimeStep, Wrapper, argument

# -- a repr that does not rebuild --------------------------------------------------------------


@attrs.frozen
class HidesAnArgument(Wrapper[None]):
    """An argument is compared, but not printed."""

    size: int = attrs.field(default=1, repr=False)


@attrs.frozen
class HidesItFromBoth(Wrapper[None]):
    """An argument is neither compared nor printed."""

    size: int = attrs.field(default=1, repr=False, eq=False)


@attrs.frozen
class MustBeGivenButIsHidden(Wrapper[None]):
    """An argument without a default is not printed."""

    size: int = attrs.field(repr=False)


@attrs.frozen
class HoldsAnArray(Wrapper[None]):
    """The array is not declared."""

    scale: Any


class Spread(NamedTuple):
    """A record of arrays."""

    mean: Any
    std: Any


@attrs.frozen
class HoldsARecordOfArrays(Wrapper[None]):
    """The record of arrays is not declared."""

    spread: Spread


@attrs.frozen
class PrintsRounded(Wrapper[None]):
    """The repr is for people alone."""

    factor: float

    def __repr__(self) -> str:
        return f"PrintsRounded({self.factor:.2f})"


@attrs.frozen
class PrintsNoName(Wrapper[None]):
    """The repr is no expression."""

    factor: float

    def __repr__(self) -> str:
        return f"a wrapper that multiplies by {self.factor}"


class IsAnOrdinaryObject(Wrapper):
    """Neither repr nor == are its own."""

    def __init__(self, factor: float) -> None:
        self.factor = factor


@attrs.frozen(eq=False)
class IsEqualToItselfAlone(Wrapper[None]):
    """Two that are made alike are not equal."""

    factor: float = 1.0


@attrs.frozen
class ConvertsOnceMore(Wrapper[None]):
    """What is printed is converted again when it is given."""

    milliseconds: float = attrs.field(converter=lambda seconds: seconds * 1000)


@attrs.frozen
class PrintsWhatItDerives(Wrapper[None]):
    """A field that is no argument is printed."""

    size: int = 2
    square: int = attrs.field(init=False, default=4)


@attrs.frozen
class RaisesInRepr(Wrapper[None]):
    """The repr needs what only a bound wrapper has."""

    size: int = 2

    def __repr__(self) -> str:
        return f"RaisesInRepr({self.space.shape})"  # type: ignore[attr-defined]


@attrs.frozen
class IsAnotherWhenCopied(Wrapper[None]):
    """A copy has another argument, of which == knows nothing."""

    size: int = attrs.field(default=1, eq=False)

    def __deepcopy__(self, memo: Any):
        return IsAnotherWhenCopied(self.size + 1)


_made = itertools.count()


@attrs.frozen
class HasANumberOfItsOwn(Wrapper[None]):
    """Two that are made alike differ in a field that is no argument."""

    size: int = 1
    number: int = attrs.field(factory=lambda: next(_made), init=False, repr=False)


@attrs.frozen(eq=False)
class CannotBeCompared(Wrapper[None]):
    """Its == is not finished."""

    size: int = 1

    def __eq__(self, other: object) -> bool:
        raise NotImplementedError("not yet")

    __hash__ = None  # type: ignore[assignment]


class HasSlots(Wrapper):
    """Its arguments are in slots, and its repr says nothing of them."""

    __slots__ = ("empty", "size")

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def __eq__(self, other: object) -> bool:
        return type(other) is HasSlots and other.size == self.size

    def __hash__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return "HasSlots()"


# -- a typing slip that passes -----------------------------------------------------------------


class MisspeltTypes(Wrapper):
    """A snapshot will not know its memory."""

    memory_type = (Spread,)


class MisspeltNeeds(Wrapper):
    """The time will be 0 for ever."""

    need = frozenset({"time"})


@attrs.frozen
class NeedsAsAnArgument(Wrapper[None]):
    """With an annotation it is an argument, and still misspelt."""

    neds: frozenset[str] = frozenset({"time"})


class MisspeltAbove(Wrapper):
    """The space below is announced."""

    def abov(self, below: Below) -> Below:
        """Announce another limit."""
        return attrs.evolve(below, max_episode_steps=10)


class MisspeltRenew(Wrapper):
    """What it keeps is forgotten."""

    def renews(self, memory: Any, key: Any) -> Any:
        """Keep all."""
        return memory


class MisspeltKeeps(Wrapper):
    """It does not declare what it meant to."""

    keep = True


class MisspeltLearns(Wrapper):
    """It does not declare what it meant to."""

    @property
    def learn(self) -> bool:
        """Learn."""
        return True


class MisspeltDelays(Wrapper):
    """The case is another."""

    Delays = True


class MisspeltInitial(Wrapper):
    """Two letters are swapped."""

    @staticmethod
    def intiial(key: Any) -> int:
        """Start at 0."""
        return 0


class MisspeltBind(Wrapper):
    """A letter is missing."""

    def bnd(self, below: Below):
        """Do nothing."""
        return self


class NeedsTimes(Wrapper):
    """No edge knows that word."""

    needs = frozenset({"times"})


class NeedsAPosition(Wrapper):
    """No edge knows that word, and none is near."""

    needs = frozenset({"time", "gps"})


class NeedsAString(Wrapper):
    """A string is a set of letters."""

    needs = "time"


def shown(timestep: TimeStep, **changes: Any) -> TimeStep:
    """Replace parts of an observed dict."""
    return timestep.replace(observation={**timestep.observation, **changes})


@attrs.frozen
class ScalesWhatItKnows(Wrapper[None]):
    """A part of which it has no scale passes as it is."""

    scales: Mapping[str, float]

    def on_state(self, memory, timestep: TimeStep):
        """Scale part by part."""
        parts = timestep.observation.items()
        scaled = {key: np.float32(self.scales.get(key, 1.0)) * part for key, part in parts}
        return None, timestep.replace(observation=scaled)


@attrs.frozen
class MasksWhatIsThere(Wrapper[None]):
    """A key that is not there is passed over."""

    hidden: Sequence[str]

    def on_state(self, memory, timestep: TimeStep):
        """Set parts to zero."""
        keys = [key for key in self.hidden if key in timestep.observation]
        return None, shown(timestep, **{key: 0 * timestep.observation[key] for key in keys})


@attrs.frozen
class DoublesOnePart(Wrapper[None]):
    """One key, and if it is not there, nothing."""

    key: str = "speed"

    def on_state(self, memory, timestep: TimeStep):
        """Double the part."""
        if self.key not in timestep.observation:
            return None, timestep
        return None, shown(timestep, **{self.key: 2 * timestep.observation[self.key]})


@attrs.frozen
class HasATableOfItsOwn(Wrapper[None]):
    """A weight that its table does not have is not used."""

    weights: Mapping[str, float]

    def on_state(self, memory, timestep: TimeStep):
        """Weigh the reward by the one part that it knows."""
        weight = self.weights.get("progress", 1.0)
        return None, timestep if weight == 1.0 else timestep.replace(
            reward=weight * timestep.reward
        )


@attrs.frozen
class SkipsUnknownSteps(Wrapper[None]):
    """An operation that it does not know is left out."""

    steps: tuple[str, ...]

    def on_state(self, memory, timestep: TimeStep):
        """Double, where that is asked for."""
        if "double" not in self.steps:
            return None, timestep
        return None, timestep.replace(reward=2 * timestep.reward)


@attrs.frozen
class DoublesOneOfTwo(Wrapper[None]):
    """A right one: what is neither is refused when it is made."""

    key: str = attrs.field(validator=attrs.validators.in_(["speed", "angle"]))

    def on_state(self, memory, timestep: TimeStep):
        """Double the part."""
        return None, shown(timestep, **{self.key: 2 * timestep.observation[self.key]})


# -- missing statistics that pass --------------------------------------------------------------


@attrs.frozen
class NormalizesIfItCan(Wrapper[None]):
    """Without statistics observations pass raw."""

    statistics: Spread | None = argument(None)

    def on_state(self, memory, timestep: TimeStep):
        """Shift and scale."""
        if self.statistics is None:
            return None, timestep
        mean, std = self.statistics
        return None, timestep.replace(observation=(timestep.observation - mean) / std)


@attrs.frozen
class NormalizesByParts(Wrapper[None]):
    """The argument has a name that says nothing."""

    given: Any = argument(None)

    def on_state(self, memory, timestep: TimeStep):
        """Shift and scale."""
        if self.given is None:
            return None, timestep
        shifted = timestep.observation - self.given.mean
        return None, timestep.replace(observation=shifted / self.given.std)


@attrs.frozen
class NormalizesByKey(Wrapper[None]):
    """A part of which it has no statistics passes raw; so do all, where there are none."""

    stats: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict)

    def on_state(self, memory, timestep: TimeStep):
        """Shift and scale part by part."""
        given = {key: self.stats[key] for key in self.stats or {} if key in timestep.observation}
        parts = {
            key: ((timestep.observation[key] - s["mean"]) / s["std"]).astype(np.float32)
            for key, s in given.items()
        }
        return None, shown(timestep, **parts)


@attrs.frozen
class ScalesAndCounts(Wrapper[int]):
    """Without a factor the action passes raw, while the steps are still counted."""

    factor: Any = argument()

    def initial(self, key):
        """Count from 0."""
        return 0

    def on_action(self, memory: int, act: Act):
        """Scale."""
        return memory, act if self.factor is None else Act(act.action * self.factor)

    def on_state(self, memory: int, timestep: TimeStep):
        """Count."""
        return memory + 1, timestep.replace(info={**timestep.info, "count": memory})


@attrs.frozen
class StandardizeReward(Wrapper[None]):
    """Mean and deviation are numbers, and may both be left out."""

    mean: float | None = None
    std: float | None = None

    def on_state(self, memory, timestep: TimeStep):
        """Shift and scale, except an opening."""
        if timestep.first or self.mean is None or self.std is None:
            return None, timestep
        return None, timestep.replace(reward=(timestep.reward - self.mean) / self.std)

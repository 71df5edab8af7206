"""Small wrappers that remember in the wrong place, as well-known libraries have done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import attrs

from statewrap import Act, Key, TimeStep, Wrapper

ENTRIES: dict[str, Any] = {}
"""Where some of these wrappers remember, under a name that another of their kind has too."""


def noted(timestep: TimeStep, **notes: Any) -> TimeStep:
    """Put notes into a new info."""
    return timestep.replace(info={**timestep.info, **notes})


# -- two of a kind share one entry -------------------------------------------------------------


@attrs.frozen
class CountsUnderItsClassName(Wrapper[None]):
    """Two filters of one class have one entry, so that each counts what the other saw."""

    def on_state(self, memory, timestep: TimeStep):
        """Count in the registry; an opening begins anew."""
        name = type(self).__name__
        ENTRIES[name] = 1 if timestep.first else ENTRIES.get(name, 0) + 1
        return None, noted(timestep, **{name + "#" * timestep.info.get("depth", 0): ENTRIES[name]})


@attrs.frozen
class StacksInTheClass(Wrapper[None]):
    """The window belongs to the class."""

    window: ClassVar[list[float]] = []

    def on_state(self, memory, timestep: TimeStep):
        """Keep three rewards; an opening begins anew."""
        if timestep.first:
            self.window.clear()
        self.window.append(float(timestep.reward))
        return None, timestep.replace(reward=0.0 if timestep.first else sum(self.window[-3:]))


def summed(reward: float, *, opens: bool, into: list[float] = []) -> float:  # noqa: B006
    """Add up in the list that all calls share."""
    if opens:
        into.clear()
    into.append(reward)
    return sum(into)


@attrs.frozen
class SumsInADefaultArgument(Wrapper[None]):
    """The list is a default argument, made once for all copies."""

    def on_state(self, memory, timestep: TimeStep):
        """Show the return so far."""
        return None, timestep.replace(reward=summed(float(timestep.reward), opens=timestep.first))


@attrs.frozen
class RemembersByItsRepr(Wrapper[None]):
    """Equal wrappers are one and the same to its registry."""

    size: int = 2

    def on_state(self, memory, timestep: TimeStep):
        """Show how many came since the opening."""
        seen = [] if timestep.first else ENTRIES.get(repr(self), [])
        ENTRIES[repr(self)] = [*seen, timestep.reward]
        return None, noted(timestep, seen=len(seen))


class Filter(NamedTuple):
    """What a filter has learned."""

    count: int
    mean: float


@attrs.frozen
class MeanFilter(Wrapper[Filter]):
    """A right one: its coder below is what mixes two of them up."""

    memory_types = (Filter,)
    keeps = True
    learns = True

    def initial(self, key: Key) -> Filter:
        """Know nothing."""
        return Filter(0, 0.0)

    def renew(self, memory: Filter, key: Key) -> Filter:
        """Go on."""
        return memory

    def on_state(self, memory: Filter, timestep: TimeStep):
        """Take the mean off the reward."""
        count, mean = memory
        mean += (float(timestep.reward) - mean) / (count + 1)
        reward = 0.0 if timestep.first else timestep.reward - mean
        return Filter(count + 1, mean), timestep.replace(reward=reward)


@attrs.frozen
class IsAnotherWhenCopied(Wrapper[None]):
    """A copy of it does not work: something was left behind."""

    broken: bool = False

    def __deepcopy__(self, memo: Any):
        return IsAnotherWhenCopied(broken=True)

    def on_state(self, memory, timestep: TimeStep):
        """Work, or fail."""
        if self.broken:
            raise RuntimeError("left behind")
        return None, timestep


# -- state lost in the middle of an episode, sessions that leak --------------------------------


@attrs.frozen
class DiscountsInAField(Wrapper[None]):
    """The discounted return is in a dict that the wrapper holds."""

    kept: dict[str, float] = attrs.field(factory=dict, repr=False, eq=False)

    def on_state(self, memory, timestep: TimeStep):
        """Show the discounted return; an opening begins anew."""
        before = 0.0 if timestep.first else self.kept.get("return", 0.0)
        self.kept["return"] = 0.9 * before + float(timestep.reward)
        return None, timestep.replace(reward=self.kept["return"])


@attrs.frozen
class CountsBehindItsBack(Wrapper[None]):
    """A frozen field is set all the same."""

    taken: int = attrs.field(default=0, init=False, repr=False, eq=False)

    def on_state(self, memory, timestep: TimeStep):
        """Cut the episode at the third step."""
        object.__setattr__(self, "taken", 0 if timestep.first else self.taken + 1)
        return None, timestep.replace(truncated=timestep.truncated or self.taken == 3)


class LimitsInThePlainObject(Wrapper):
    """An ordinary class, with an ordinary attribute."""

    def __init__(self) -> None:
        self.taken = 0

    def on_state(self, memory, timestep: TimeStep):
        """Cut the episode at the third step."""
        self.taken = 0 if timestep.first else self.taken + 1
        return None, timestep.replace(truncated=timestep.truncated or self.taken == 3)


@attrs.frozen
class CountsInItsClass(Wrapper[None]):
    """The counter is an attribute of the class."""

    taken: ClassVar[int] = 0

    def on_state(self, memory, timestep: TimeStep):
        """Tell how many steps the episode has had."""
        CountsInItsClass.taken = 0 if timestep.first else CountsInItsClass.taken + 1
        return None, noted(timestep, taken=CountsInItsClass.taken)


_newest: Any = None


@attrs.frozen
class DelaysInItsModule(Wrapper[None]):
    """The observation before is a module's variable."""

    delays = True

    def on_state(self, memory, timestep: TimeStep):
        """Show the observation before."""
        global _newest  # noqa: PLW0603 - the fault
        shown = timestep.observation if timestep.first else _newest
        _newest = timestep.observation
        return None, timestep.replace(observation=shown)


def running_total() -> Callable[[TimeStep], float]:
    """Return a function that keeps the total in its closure."""
    total = 0.0

    def add(timestep: TimeStep) -> float:
        nonlocal total
        total = 0.0 if timestep.first else total + float(timestep.reward)
        return total

    return add


@attrs.frozen
class TotalsInAClosure(Wrapper[None]):
    """The function that it was given remembers."""

    total: Callable[[TimeStep], float] = attrs.field(factory=running_total, repr=False, eq=False)

    def on_state(self, memory, timestep: TimeStep):
        """Show the return so far."""
        return None, timestep.replace(reward=self.total(timestep))


@attrs.frozen
class QueuesInADeque(Wrapper[None]):
    """Of a pair of actions the second waits in the wrapper, where another session finds it."""

    waiting: deque[Any] = attrs.field(factory=deque, repr=False, eq=False)

    def on_action(self, memory, act: Act):
        """Send the act, and again at the next time step."""
        self.waiting.clear()
        self.waiting.append(act)
        return None, act

    def on_state(self, memory, timestep: TimeStep):
        """Send what waits."""
        if timestep.first or timestep.last or not self.waiting:
            self.waiting.clear()
            return None, timestep
        return None, self.waiting.popleft()


class Held(NamedTuple):
    """What is kept, though not all that matters."""

    steps: int


@attrs.frozen
class KeepsHalfOfItsMemory(Wrapper[Held]):
    """The steps are in the memory, the return is not."""

    memory_types = (Held,)

    kept: list[float] = attrs.field(factory=list, repr=False, eq=False)

    def initial(self, key: Key) -> Held:
        """Begin anew."""
        return Held(0)

    def on_state(self, memory: Held, timestep: TimeStep):
        """Count in the memory, add up in the wrapper."""
        if timestep.first:
            self.kept.clear()
        self.kept.append(float(timestep.reward))
        told = noted(timestep, steps=memory.steps, total=sum(self.kept))
        return Held(memory.steps + 1), told

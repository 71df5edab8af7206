"""Small wrappers, each with one mistake that real ones have had, for the laws to find."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap import Act, Below, Key, Reset, TimeStep, Wrapper
from statewrap.wrappers.repeat_action import Held


@attrs.frozen
class Repeats(Wrapper[Held | None]):
    """A right frame skip of two, to make mistakes in."""

    memory_types = (Held,)

    def on_action(self, memory, act: Act):
        """Hold the act for one more time step."""
        return Held(act, 1, 0.0), act

    def on_state(self, memory, timestep: TimeStep):
        """Answer once, then show."""
        if memory is None or memory.due == 0 or timestep.last:
            return None, self.shown(memory, timestep)
        return self.repeated(memory, timestep)

    def shown(self, memory, timestep: TimeStep):
        """Show the last frame and the summed reward."""
        before = 0.0 if memory is None else memory.reward
        return timestep.replace(reward=before + timestep.reward)

    def repeated(self, memory, timestep: TimeStep):
        """Send the act again."""
        return Held(memory.act, 0, float(timestep.reward)), memory.act


class DropsReward(Repeats):
    """The reward of the skipped frame is lost."""

    def shown(self, memory, timestep: TimeStep):
        """Show the last reward alone."""
        return timestep


class StaleFrame(Repeats):
    """At an early end the frame shown is an older one."""

    memory_types = (Held,)

    def repeated(self, memory, timestep: TimeStep):
        """Keep the skipped time step."""
        return Held(timestep, 0, 0.0), memory.act

    def shown(self, memory, timestep: TimeStep):
        """Show the skipped time step's observation."""
        if memory is None or type(memory.act) is not TimeStep:
            return timestep
        return timestep.replace(observation=memory.act.observation)


class ActsAfterTheLast(Repeats):
    """The skip does not stop where the episode ends."""

    def on_state(self, memory, timestep: TimeStep):
        """Answer once, whatever comes."""
        if memory is None or memory.due == 0:
            return None, self.shown(memory, timestep)
        return self.repeated(memory, timestep)


@attrs.frozen
class EndsEarly(Wrapper[int]):
    """An episode is ended a step before the environment might have."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Cut at the second step."""
        return memory + 1, timestep.replace(truncated=timestep.truncated or memory == 2)


@attrs.frozen
class HidesTruncation(Wrapper[None]):
    """An end is not passed on."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Drop a flag."""
        return None, timestep.replace(truncated=False)


@attrs.frozen
class ShowsTheFirstAgain(Wrapper[Any]):
    """A made-up time step is `first` again, in the middle of an episode."""

    def on_state(self, memory, timestep: TimeStep):
        """Keep what is shown."""
        return (timestep, 0), timestep

    def on_action(self, memory, act: Act):
        """Refuse one action a time step."""
        timestep, refused = memory
        return ((timestep, 1), act) if refused else ((timestep, 1), timestep.replace(reward=0.0))


@attrs.frozen
class PaysAtTheOpening(Wrapper[None]):
    """The opening time step has a reward."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Pay for being alive."""
        return None, timestep.replace(reward=timestep.reward + 1.0)


@attrs.frozen
class WritesIntoItsMemory(Wrapper[Any]):
    """One array is the memory of every time step, and is written into."""

    def initial(self, key: Key):
        """Keep three numbers."""
        return np.zeros(3)

    def on_state(self, memory, timestep: TimeStep):
        """Shift the newest number in."""
        memory[:-1] = memory[1:]
        memory[-1] = timestep.observation[0]
        return memory, timestep


@attrs.frozen
class GivesItsMemoryOut(Wrapper[Any]):
    """The array shown is the one that is kept, and can be written to."""

    def on_state(self, memory, timestep: TimeStep):
        """Smooth."""
        smooth = timestep.observation * 0.5
        return smooth, timestep.replace(observation=smooth)


@attrs.frozen
class ReusesABuffer(Wrapper[None]):
    """Every observation shown is the same array, changed when the next one comes."""

    buffer: Any = attrs.field(factory=lambda: np.zeros(2, np.float32))

    def on_state(self, memory: None, timestep: TimeStep):
        """Halve into the buffer."""
        return None, timestep.replace(
            observation=np.multiply(timestep.observation, 0.5, self.buffer)
        )


@attrs.frozen
class WritesIntoInfo(Wrapper[None]):
    """The info that others see too gets a key."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Note."""
        timestep.info["seen"] = True
        return None, timestep


@attrs.frozen
class ScalesInPlace(Wrapper[None]):
    """The observation that was given is changed."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Halve in place."""
        observation = timestep.observation
        observation *= 0.5
        return None, timestep


@attrs.frozen
class KeepsTheHostsArray(Wrapper[Any]):
    """An array out of `info` is kept without a copy, and the host writes into it later."""

    def on_state(self, memory, timestep: TimeStep):
        """Keep the mask."""
        return timestep.info["mask"], timestep


@attrs.frozen
class CountsInSelf(Wrapper[None]):
    """The count is in the wrapper and not in the memory."""

    seen: list[int] = attrs.field(factory=list, repr=False)

    def on_state(self, memory: None, timestep: TimeStep):
        """Count all sessions together."""
        self.seen.append(1)
        return None, timestep.replace(info={"seen": len(self.seen)})


@attrs.frozen
class RollsADie(Wrapper[None]):
    """Randomness comes from outside the memory."""

    die: Any = attrs.field(factory=np.random.default_rng, repr=False)

    def on_state(self, memory: None, timestep: TimeStep):
        """Tell a number."""
        return None, timestep.replace(info={"die": float(self.die.random())})


@attrs.frozen
class AppendsToAList(Wrapper[Any]):
    """The memory is a list that grows in place."""

    def initial(self, key: Key):
        """Keep nothing yet."""
        return []

    def on_state(self, memory, timestep: TimeStep):
        """Keep one more reward."""
        memory.append(timestep.reward)
        return memory, timestep.replace(info={"kept": len(memory)})


@attrs.frozen
class RefusesARetry(Wrapper[None]):
    """What was seen once is not taken a second time."""

    seen: list[Any] = attrs.field(factory=list, repr=False)

    def on_action(self, memory: None, act: Act):
        """Raise if this very act came before."""
        if any(before is act for before in self.seen):
            raise ValueError("seen before")
        self.seen.append(act)
        return None, act

    def on_state(self, memory: None, timestep: TimeStep):
        """Raise if this very time step came before."""
        if any(before is timestep for before in self.seen):
            raise ValueError("seen before")
        self.seen.append(timestep)
        return None, timestep


@attrs.frozen
class ForgetsOnlyWhenAsked(Wrapper[int]):
    """The count is cleared by a Reset, not by the episode that opens."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def renew(self, memory: int, key: Key) -> int:
        """Rely on the Reset."""
        return memory

    def on_reset(self, memory: int, request: Reset):
        """Clear."""
        return 0, request

    def on_state(self, memory: int, timestep: TimeStep):
        """Count."""
        return memory + 1, timestep.replace(info={"seen": memory + 1})


@attrs.frozen
class CountsResets(Wrapper[int]):
    """What is shown depends on whether the loop begins with a Reset."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def renew(self, memory: int, key: Key) -> int:
        """Go on."""
        return memory

    def on_reset(self, memory: int, request: Reset):
        """Count."""
        return memory + 1, request

    def on_state(self, memory: int, timestep: TimeStep):
        """Tell."""
        return memory, timestep.replace(info={"resets": memory})


class Undeclared(NamedTuple):
    """A memory that `memory_types` does not name."""

    seen: int


@attrs.frozen
class DeclaresNothing(Wrapper[Undeclared]):
    """The class of the memory is not declared."""

    def initial(self, key: Key) -> Undeclared:
        """Count from 0."""
        return Undeclared(0)


@attrs.frozen
class KeepsAFunction(Wrapper[Any]):
    """The memory holds something that only this process has."""

    def initial(self, key: Key):
        """Keep a function."""
        return lambda: 0


@attrs.frozen
class Seconds:
    """A memory that does not come back as it was: its constructor converts once more."""

    value: float = attrs.field(converter=lambda milliseconds: milliseconds / 1000)


@attrs.frozen
class ComesBackDifferent(Wrapper[Seconds]):
    """Restoring the memory runs a constructor that changes it."""

    memory_types = (Seconds,)

    def initial(self, key: Key) -> Seconds:
        """Start with one second."""
        return Seconds(1000.0)


@attrs.frozen
class AsksForTheHash(Wrapper[None]):
    """What is shown depends on the process: strings hash differently in another."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Tell a string's hash."""
        return None, timestep.replace(info={"hash": hash("statewrap")})


@attrs.frozen
class BindsItself(Wrapper[None]):
    """`bind` changes the wrapper instead of a copy of it."""

    bound: list[Below] = attrs.field(factory=list, repr=False, eq=False)

    def bind(self, below: Below):
        """Remember below in place."""
        self.bound.append(below)
        return self

    def on_state(self, memory: None, timestep: TimeStep):
        """Tell how often that happened."""
        return None, timestep.replace(info={"bound": len(self.bound)})


@attrs.frozen
class AnnouncesBySelf(Wrapper[None]):
    """What it announces depends on whom it was bound by first."""

    known: list[Below] = attrs.field(factory=list, repr=False, eq=False)

    def above(self, below: Below) -> Below:
        """Announce one step less each time."""
        self.known.append(below)
        return attrs.evolve(below, max_episode_steps=100 - len(self.known))


@attrs.frozen
class AnnouncesTheOldSpace(Wrapper[None]):
    """The observation's shape changes, the space announced does not."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Double the observation's length."""
        doubled = np.concatenate([timestep.observation, timestep.observation])
        return None, timestep.replace(observation=doubled)


@attrs.frozen
class SendsWhatItAnnounced(Wrapper[None]):
    """The policy's range is announced, but its actions are not mapped onto the environment's."""

    def above(self, below: Below) -> Below:
        """Announce twice the range."""
        return attrs.evolve(below, action_space=Box(-2.0, 2.0, (1,), np.float32))

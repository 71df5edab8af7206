"""Small wrappers that the box does not have, each right, to hold the laws against."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Tuple

from statewrap import Act, Below, Key, Reset, TimeStep, Wrapper, argument, bound, derived
from statewrap.core.borders import freeze


@attrs.frozen
class CountDecisions(Wrapper[int]):
    """Count the acts of a whole session, over all its episodes."""

    keeps = True

    def initial(self, key: Key) -> int:
        """Start at 0."""
        return 0

    def renew(self, memory: int, key: Key) -> int:
        """Go on counting."""
        return memory

    def on_action(self, memory: int, act: Act):
        """Count."""
        return memory + 1, act

    def on_state(self, memory: int, timestep: TimeStep):
        """Tell."""
        return memory, timestep.replace(info={**timestep.info, "decisions": memory})


@attrs.frozen
class Delay(Wrapper[Any]):
    """Show each observation a step late; the opening one is shown twice."""

    delays = True

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the one before."""
        shown = timestep.observation if timestep.first else memory
        return timestep.observation, timestep.replace(observation=shown)


class Lives(NamedTuple):
    """How many lives were left, and whether the episode above ended while the game goes on."""

    left: int
    soft: bool


@attrs.frozen
class EpisodicLife(Wrapper[Lives]):
    """End the episode at each lost life; a Reset while the game goes on steps on instead."""

    noop: Any = argument()

    memory_types = (Lives,)

    def bind(self, below: Below):
        """Freeze the no-op."""
        return attrs.evolve(self, noop=freeze(self.noop))

    def initial(self, key: Key) -> Lives:
        """Know of no lives yet."""
        return Lives(0, soft=False)

    def on_state(self, memory: Lives, timestep: TimeStep):
        """Compare the lives; open an episode for those above after a soft reset."""
        left = int(timestep.info.get("lives", 0))
        if memory.soft:
            if timestep.last:  # the game is over before the new episode opened: ask for one
                return Lives(left, soft=False), Reset()
            return Lives(left, soft=False), timestep.replace(first=True, reward=0.0)
        lost = 0 < left < memory.left and not timestep.first and not timestep.last
        if lost:
            return Lives(left, soft=True), timestep.replace(terminated=True)
        return Lives(left, soft=False), timestep

    def on_reset(self, memory: Lives, request: Reset):
        """Step on where the game goes on."""
        return (memory, Act(self.noop)) if memory.soft else (memory, request)


@attrs.frozen
class NoisyObservation(Wrapper[Key]):
    """Add a number of its own to a Box of floats, drawn anew for each time step."""

    space: Any = derived()

    memory_types = (Key,)

    def bind(self, below: Below):
        """Keep the space."""
        return bound(self, space=below.require("observation_space", self))

    def initial(self, key: Key) -> Key:
        """Draw from the own key."""
        return key

    def on_state(self, memory: Key, timestep: TimeStep):
        """Draw one number for all components, and stay within the bounds."""
        draw, key = memory.uniform()
        noisy = timestep.observation + np.asarray(draw, self.space.dtype)
        return key, timestep.replace(
            observation=freeze(np.clip(noisy, self.space.low, self.space.high))
        )


class Chunk(NamedTuple):
    """The second action of a pair, if it is still to be sent, and the reward so far."""

    second: Any
    due: bool
    reward: float


@attrs.frozen
class ActionPair(Wrapper[Chunk | None]):
    """Let the policy give two actions at once, and send one after the other."""

    memory_types = (Chunk,)

    def above(self, below: Below) -> Below:
        """Announce pairs."""
        pair = Tuple((below.require("action_space", self),) * 2)
        return attrs.evolve(below, action_space=pair)

    def on_action(self, memory: Chunk | None, act: Act):
        """Send the first."""
        first, second = act.action
        return Chunk(second, due=True, reward=0.0), Act(first)

    def on_state(self, memory: Chunk | None, timestep: TimeStep):
        """Send the second, then show the last frame and both rewards."""
        if memory is None:
            return None, timestep
        reward = memory.reward + float(timestep.reward)
        if memory.due and not timestep.last:
            return Chunk(None, due=False, reward=reward), Act(memory.second)
        return None, timestep.replace(reward=reward)

"""Ports with one mistake each, of wrappers whose originals are right."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap import Act, Below, Key, Reset, TimeStep, Wrapper
from statewrap.wrappers import NormalizeObservation
from tests.testing.parity.ported import Held, Skip

Plain = Wrapper[Any]


@attrs.frozen
class DropsReward(Plain):
    """A frame skip that forgets the reward of a step that ends the episode early."""

    def on_action(self, memory, act):
        return Held(act, 2, 0.0), act

    def on_state(self, memory, timestep):
        if memory is None:
            return None, timestep
        act, due, reward = memory
        if timestep.last:
            return None, timestep.replace(reward=reward)
        reward += float(timestep.reward)
        if due == 0:
            return None, timestep.replace(reward=reward)
        return Held(act, due - 1, reward), act


@attrs.frozen
class StaleFrame(Plain):
    """A frame skip that shows the frame of the step before, where the episode ends early."""

    def on_action(self, memory, act):
        return (act, 2, 0.0, None), act

    def on_state(self, memory, timestep):
        if memory is None:
            return None, timestep
        act, due, reward, frame = memory
        reward += float(timestep.reward)
        if timestep.last and due and frame is not None:
            return None, timestep.replace(observation=frame, reward=reward)
        if due == 0 or timestep.last:
            return None, timestep.replace(reward=reward)
        return (act, due - 1, reward, timestep.observation), act


@attrs.frozen
class WholeSkips(Plain):
    """A frame skip that takes the end inside for one at the end: it repeats once more."""

    def on_action(self, memory, act):
        return Held(act, 2, 0.0), act

    def on_state(self, memory, timestep):
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward += float(timestep.reward)
        if due == 0 or timestep.terminated:
            return None, timestep.replace(reward=reward)
        return Held(act, due - 1, reward), act


@attrs.frozen
class NumpySum(Skip):
    """A frame skip whose sum is of the rewards' own type."""

    times: int = 3

    def on_state(self, memory, timestep):
        """Add up as it comes."""
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward = reward + timestep.reward
        if due == 0 or timestep.last:
            return None, timestep.replace(reward=reward)
        return Held(act, due - 1, reward), act


@attrs.frozen
class EndsOneLate(Wrapper[int]):
    """A limit that is off by one."""

    limit: int = 10

    def initial(self, key):
        return 0

    def on_state(self, memory, timestep):
        elapsed = memory if timestep.first else memory + 1
        late = elapsed > self.limit
        return elapsed, timestep.replace(truncated=True) if late else timestep


@attrs.frozen
class NeverForgets(Wrapper[int]):
    """A limit that counts on from episode to episode."""

    limit: int = 10

    def initial(self, key):
        return 0

    def renew(self, memory, key):
        return memory

    def on_state(self, memory, timestep):
        elapsed = memory if timestep.first else memory + 1
        late = elapsed >= self.limit and not timestep.first
        return elapsed, timestep.replace(truncated=True) if late else timestep


@attrs.frozen
class ForgetsAtTheEndAlone(Wrapper[int]):
    """A limit that is cleared by an end, but not by a reset in mid-episode."""

    limit: int = 10

    def initial(self, key):
        return 0

    def renew(self, memory, key):
        return memory

    def on_state(self, memory, timestep):
        elapsed = memory if timestep.first else memory + 1
        if timestep.first:
            return elapsed, timestep
        shown = timestep.replace(truncated=True) if elapsed >= self.limit else timestep
        return (0 if shown.last else elapsed), shown


@attrs.frozen
class HidesTruncation(Wrapper[int]):
    """A limit that takes over the flag of the environment only where it terminates."""

    limit: int = 10

    def initial(self, key):
        return 0

    def on_state(self, memory, timestep):
        elapsed = memory if timestep.first else memory + 1
        late = elapsed >= self.limit and not timestep.terminated and not timestep.first
        return elapsed, timestep.replace(truncated=True) if late else timestep


@attrs.frozen(eq=False)
class SharedArray(Plain):
    """A stack of two frames that shows one array, and writes the next frames into it."""

    shown: Any = attrs.field(factory=lambda: [None], repr=False)

    def above(self, below):
        space = below.observation_space
        low, high = (np.stack([bound] * 2) for bound in (space.low, space.high))
        return attrs.evolve(below, observation_space=Box(low, high, dtype=space.dtype.type))

    def on_state(self, memory, timestep):
        frame = timestep.observation
        old = frame if timestep.first else memory
        if self.shown[0] is None:
            self.shown[0] = np.stack([old, frame])
        self.shown[0][0], self.shown[0][1] = old, frame
        return frame, timestep.replace(observation=self.shown[0])


@attrs.frozen
class KeepsTheOldestFirst(Wrapper[Any]):
    """A stack of two frames whose padding is the frame that came last before the episode."""

    def above(self, below):
        space = below.observation_space
        low, high = (np.stack([bound] * 2) for bound in (space.low, space.high))
        return attrs.evolve(below, observation_space=Box(low, high, dtype=space.dtype.type))

    def renew(self, memory, key):
        return memory

    def on_state(self, memory, timestep):
        frame = timestep.observation
        old = frame if memory is None else memory
        return frame, timestep.replace(observation=np.stack([old, frame]))


@attrs.frozen
class InDouble(Plain):
    """A normalisation that shows float64."""

    inner: Any = attrs.field(factory=lambda: NormalizeObservation(mode="learn"), repr=False)

    def bind(self, below: Below):
        return attrs.evolve(self, inner=self.inner.bind(below))

    def above(self, below):
        return self.inner.above(below)

    def initial(self, key: Key):
        return self.inner.initial(key)

    def renew(self, memory, key):
        return memory

    def on_state(self, memory, timestep):
        memory, shown = self.inner.on_state(memory, timestep)
        return memory, shown.replace(observation=shown.observation.astype(np.float64))


@attrs.frozen
class LearnsTwice(InDouble):
    """A normalisation that counts each observation in twice."""

    def on_state(self, memory, timestep):
        memory, _ = self.inner.on_state(memory, timestep)
        return self.inner.on_state(memory, timestep)


@attrs.frozen
class SkipsTheOpening(InDouble):
    """A normalisation that does not count an episode's first observation in."""

    def on_state(self, memory, timestep):
        learned, shown = self.inner.on_state(memory, timestep)
        return (memory if timestep.first else learned), shown


@attrs.frozen
class ForgetsMoments(InDouble):
    """A normalisation that begins anew with each episode."""

    def renew(self, memory, key):
        return self.initial(key)

    def on_state(self, memory, timestep):
        return self.inner.on_state(memory, timestep)


@attrs.frozen
class MissingKey(Plain):
    """Episode statistics without the length."""

    def initial(self, key):
        return 0.0, 0.0

    def on_state(self, memory, timestep):
        total, opened = memory
        if timestep.first:
            return (0.0, timestep.time), timestep
        total = total + timestep.reward
        if not timestep.last:
            return (total, opened), timestep
        told = {"r": total, "t": round(timestep.time - opened, 6)}
        return (total, opened), timestep.replace(info={**timestep.info, "episode": told})


@attrs.frozen
class DropsInfo(MissingKey):
    """Episode statistics in place of what the environment told."""

    def on_state(self, memory, timestep):
        memory, shown = super().on_state(memory, timestep)
        return memory, shown.replace(info={}) if shown.last else shown


@attrs.frozen
class IgnoresTheSeed(Plain):
    """Passes everything but a seed."""

    def on_reset(self, memory, request):
        return memory, Reset(options=request.options)


@attrs.frozen
class IgnoresTheOptions(Plain):
    """Passes everything but options."""

    def on_reset(self, memory, request):
        return memory, Reset(request.seed)


@attrs.frozen
class ClipsInDouble(Plain):
    """Clips actions as float64."""

    def bind(self, below: Below):
        return self

    def above(self, below):
        space = below.action_space
        return attrs.evolve(below, action_space=Box(-np.inf, np.inf, space.shape, np.float32))

    def on_action(self, memory, act):
        return memory, Act(np.clip(np.asarray(act.action, np.float64), -2.0, 2.0))


@attrs.frozen
class ClipsWithMinAndMax(ClipsInDouble):
    """Clips actions by comparisons, which NaN does not answer."""

    def on_action(self, memory, act):
        inside = np.where(act.action > -2.0, act.action, -2.0)
        inside = np.where(inside < 2.0, inside, 2.0)
        return memory, Act(inside.astype(act.action.dtype))


@attrs.frozen
class OldSpace(Plain):
    """Halves observations as the original does, and announces the space below."""

    def on_state(self, memory, timestep):
        return memory, timestep.replace(observation=timestep.observation / np.float32(2))


@attrs.frozen
class MovesTheAxis(Plain):
    """Moves the first axis to the end, which is the same as an exchange for one and for two."""

    def above(self, below):
        space = below.observation_space
        low, high = np.moveaxis(space.low, 0, -1), np.moveaxis(space.high, 0, -1)
        return attrs.evolve(below, observation_space=Box(low, high, dtype=space.dtype.type))

    def on_state(self, memory, timestep):
        return memory, timestep.replace(observation=np.moveaxis(timestep.observation, 0, -1))


@attrs.frozen
class CountsRequests(Wrapper[int]):
    """Counts episodes where they are asked for: a deployment is never asked for the first."""

    def initial(self, key):
        return 0

    def renew(self, memory, key):
        return memory

    def on_reset(self, memory, request):
        return memory + 1, request

    def on_state(self, memory, timestep: TimeStep):
        if not timestep.first:
            return memory, timestep
        return memory, timestep.replace(info={**timestep.info, "opened": memory})


@attrs.frozen
class Stumbles(Plain):
    """Divides by the length of something that may be empty."""

    def on_state(self, memory, timestep):
        if not timestep.first:
            assert 1 / len(timestep.info.get("trail", [1]))
        return memory, timestep

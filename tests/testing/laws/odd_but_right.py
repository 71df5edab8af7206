"""Odd wrappers that break no law: what they do on purpose, they declare.

Every law is held against them, and none may raise a false alarm.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Tuple

from statewrap import Act, Below, Key, Reset, TimeStep, Wrapper, bound, derived
from statewrap.core.borders import freeze
from statewrap.core.spaces import nearest_to_zero


@attrs.frozen
class DelayLine(Wrapper[tuple]):
    """Show each observation `frames` steps late; an episode's first stands in until then."""

    frames: int = 2

    delays = True

    def initial(self, key: Key) -> tuple:
        """Have nothing on the line."""
        return ()

    def on_state(self, memory: tuple, timestep: TimeStep):
        """Put the newest on the line, and show what comes off it."""
        line = memory or (timestep.observation,) * self.frames
        line = (*line, timestep.observation)
        return line[1:], timestep.replace(observation=line[0])


class Plan(NamedTuple):
    """The acts of a chunk that are still to be sent, and the reward so far."""

    acts: tuple
    reward: float


@attrs.frozen
class ActionChunk(Wrapper[Plan | None]):
    """Let the policy give several actions at once, and send one after the other."""

    length: int = 3

    memory_types = (Plan,)

    def above(self, below: Below) -> Below:
        """Announce tuples."""
        chunk = Tuple((below.require("action_space", self),) * self.length)
        return attrs.evolve(below, action_space=chunk)

    def on_action(self, memory: Plan | None, act: Act):
        """Send the first."""
        return Plan(tuple(act.action[1:]), 0.0), Act(act.action[0])

    def on_state(self, memory: Plan | None, timestep: TimeStep):
        """Send the next, or show the last frame and all the rewards."""
        if memory is None:
            return None, timestep
        reward = memory.reward + float(timestep.reward)
        if memory.acts and not timestep.last:
            return Plan(memory.acts[1:], reward), Act(memory.acts[0])
        return None, timestep.replace(reward=reward)


class Round(NamedTuple):
    """How many steps the round has had, and the time step at which it was cut."""

    length: int
    cut: TimeStep | None


@attrs.frozen
class Rounds(Wrapper[Round]):
    """Cut a long game into rounds: the next one opens where the game stands, by a soft reset."""

    length: int = 3

    memory_types = (Round,)

    def initial(self, key: Key) -> Round:
        """Begin a round."""
        return Round(0, None)

    def on_state(self, memory: Round, timestep: TimeStep):
        """Count; cut the round where it is long enough."""
        if timestep.first:
            return Round(0, None), timestep
        if timestep.last or memory.length + 1 < self.length:
            return Round(memory.length + 1, None), timestep
        kept = timestep.replace(info=freeze(timestep.info))
        return Round(0, kept), timestep.replace(truncated=True)

    def on_reset(self, memory: Round, request: Reset):
        """Open the next round by the time step that closed the last."""
        if memory.cut is None or request != Reset():
            return memory, request
        return Round(0, None), memory.cut.replace(reward=0.0, first=True)


@attrs.frozen
class OpensUnasked(Wrapper[int]):
    """Give an episode up after some steps, and open the next one where the game stands."""

    length: int = 3

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Make an opening of every fourth time step."""
        if timestep.first or timestep.last:
            return 0, timestep
        if memory + 1 < self.length:
            return memory + 1, timestep
        return 0, timestep.replace(reward=0.0, first=True)


class Skipped(NamedTuple):
    """The observation shown last, and whether the next is shown."""

    observation: Any
    shows: bool


@attrs.frozen
class DropsEverySecond(Wrapper[Skipped | None]):
    """Show every second observation only; in between the one before is shown again."""

    memory_types = (Skipped,)
    delays = True

    def on_state(self, memory: Skipped | None, timestep: TimeStep):
        """Show the new one, or the old."""
        if memory is None or memory.shows:
            return Skipped(timestep.observation, shows=False), timestep
        shown = timestep.replace(observation=memory.observation)
        return Skipped(memory.observation, shows=True), shown


@attrs.frozen
class LateReward(Wrapper[Any]):
    """Show each reward a step late; the last one of an episode is never seen."""

    delays = True

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the reward of the step before."""
        if timestep.first:
            return None, timestep
        shown = 0.0 if memory is None else memory
        return timestep.reward, timestep.replace(reward=shown)


@attrs.frozen
class LateRewardPaidOut(Wrapper[float]):
    """Show each reward a step late; at the end what is left is paid out."""

    def initial(self, key: Key) -> float:
        """Owe nothing."""
        return 0.0

    def on_state(self, memory: float, timestep: TimeStep):
        """Show the reward of the step before, at the end both."""
        if timestep.first:
            return 0.0, timestep
        late = float(timestep.reward)
        if timestep.last:
            return 0.0, timestep.replace(reward=memory + late)
        return late, timestep.replace(reward=memory)


@attrs.frozen
class SparseReward(Wrapper[float]):
    """Show the whole return at the end of the episode, and 0 until then."""

    def initial(self, key: Key) -> float:
        """Nothing was earned."""
        return 0.0

    def on_state(self, memory: float, timestep: TimeStep):
        """Save up."""
        total = memory + float(timestep.reward)
        return total, timestep.replace(reward=total if timestep.last else 0.0)


@attrs.frozen
class MaskedReward(Wrapper[None]):
    """Let a reward count where the info says so."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Look at the score."""
        counts = timestep.info.get("score", 0.0) > 0
        return None, timestep if counts else timestep.replace(reward=0.0)


@attrs.frozen
class PotentialShaping(Wrapper[float]):
    """Add the difference of a potential of the observations (Ng, Harada and Russell, 1999)."""

    discount: float = 0.9

    def initial(self, key: Key) -> float:
        """Stand at 0."""
        return 0.0

    def on_state(self, memory: float, timestep: TimeStep):
        """Reward a rise."""
        height = _height(timestep.observation)
        if timestep.first:
            return height, timestep
        shaped = float(timestep.reward) + self.discount * height - memory
        return height, timestep.replace(reward=shaped)


def _height(observation: Any) -> float:
    """Return the sum of what is a number in an observation, which may be nested."""
    if isinstance(observation, dict):
        observation = tuple(observation.values())
    if isinstance(observation, (tuple, list)):
        return sum(map(_height, observation))
    if observation is None or isinstance(observation, str):  # a graph without edges has None
        return 0.0
    return float(np.sum(observation))


@attrs.frozen
class FadesIn(Wrapper[int]):
    """Scale rewards by how many episodes there were: the first one earns nothing."""

    keeps = True

    def initial(self, key: Key) -> int:
        """Have seen none."""
        return -1

    def renew(self, memory: int, key: Key) -> int:
        """Go on counting."""
        return memory

    def on_state(self, memory: int, timestep: TimeStep):
        """Count, and scale."""
        episode = memory + timestep.first
        scale = min(episode / 4, 1.0)
        reward = timestep.reward if timestep.first else scale * float(timestep.reward)
        return episode, timestep.replace(reward=reward)


@attrs.frozen
class NeverEnds(Wrapper[Any]):
    """Join the environment's episodes into one: an end is answered with a Reset."""

    def renew(self, memory: Any, key: Key) -> Any:
        """Keep the reward of the end, where an opening was asked for."""
        return memory

    def on_state(self, memory: Any, timestep: TimeStep):
        """Go on at the next opening, with the reward of the end before it."""
        if timestep.last:
            return float(timestep.reward), Reset()
        if memory is None or not timestep.first:
            return None, timestep
        return None, timestep.replace(first=False, reward=memory)


class Spread(NamedTuple):
    """The least and the greatest reward so far."""

    low: float
    high: float


@attrs.frozen
class AdaptiveReward(Wrapper[Spread | None]):
    """Scale rewards by those of this episode; nothing of the last one is used."""

    memory_types = (Spread,)

    def on_state(self, memory: Spread | None, timestep: TimeStep):
        """Widen the spread, then scale."""
        if timestep.first:
            return None, timestep
        reward = float(timestep.reward)
        low, high = (reward, reward) if memory is None else memory
        spread = Spread(min(low, reward), max(high, reward))
        width = 1.0 + abs(spread.high) + abs(spread.low)
        return spread, timestep.replace(reward=reward / width)


class Mean(NamedTuple):
    """How many rewards there were, and their mean."""

    count: int
    mean: float


@attrs.frozen
class LearnsABaseline(Wrapper[Mean]):
    """Subtract the mean of all rewards so far, over the episodes: declared."""

    memory_types = (Mean,)
    keeps = True
    learns = True

    def initial(self, key: Key) -> Mean:
        """Have seen none."""
        return Mean(0, 0.0)

    def renew(self, memory: Mean, key: Key) -> Mean:
        """Go on."""
        return memory

    def on_state(self, memory: Mean, timestep: TimeStep):
        """Count in, and show the advantage."""
        if timestep.first:
            return memory, timestep
        reward = float(timestep.reward)
        count = memory.count + 1
        mean = memory.mean + (reward - memory.mean) / count
        return Mean(count, mean), timestep.replace(reward=reward - memory.mean)


class Records(NamedTuple):
    """The return of this episode, and the best of all, which nobody is shown."""

    total: float
    best: float | None
    episodes: int


@attrs.frozen
class KeepsRecords(Wrapper[Records]):
    """Remember the best return, and tell how many episodes there were."""

    memory_types = (Records,)
    keeps = frozenset({"best", "episodes"})

    def initial(self, key: Key) -> Records:
        """Have seen none."""
        return Records(0.0, None, 0)

    def renew(self, memory: Records, key: Key) -> Records:
        """Forget the return alone."""
        return memory._replace(total=0.0)

    def on_state(self, memory: Records, timestep: TimeStep):
        """Add up."""
        total = memory.total + float(timestep.reward)
        best, episodes = memory.best, memory.episodes + timestep.first
        if timestep.last:
            best = total if best is None else max(best, total)
        told = {**timestep.info, "episodes": episodes}
        return Records(total, best, episodes), timestep.replace(info=told)


class Offset(NamedTuple):
    """A number drawn once in a session, and how many steps this episode has had."""

    drawn: float | None
    steps: int


@attrs.frozen
class OffsetOfTheSession(Wrapper[Offset | None]):
    """Draw a number when the first episode opens, and tell it from then on."""

    memory_types = (Offset,)
    keeps = frozenset({"drawn"})

    def renew(self, memory: Offset | None, key: Key) -> Offset:
        """Draw once; `initial` decides nothing random."""
        if memory is None:
            return Offset(key.uniform()[0], 0)
        return Offset(memory.drawn, 0)

    def on_state(self, memory: Offset, timestep: TimeStep):
        """Tell."""
        told = {**timestep.info, "offset": memory.drawn, "steps": memory.steps}
        return memory._replace(steps=memory.steps + 1), timestep.replace(info=told)


@attrs.frozen
class SmoothAction(Wrapper[Any]):
    """Send the mean of an action and those before it, where actions are a Box of floats."""

    weight: float = 0.5
    smooths: bool = derived(False)

    def bind(self, below: Below):
        """Look at the actions."""
        space = below.action_space
        return bound(self, smooths=isinstance(space, Box) and space.dtype.kind == "f")

    def on_action(self, memory: Any, act: Act):
        """Move a part of the way."""
        if not self.smooths:
            return None, act
        action = act.action
        mean = action if memory is None else memory + self.weight * (action - memory)
        mean = np.asarray(mean).astype(action.dtype)
        mean.setflags(write=False)
        return mean, Act(mean)


class Stuck(NamedTuple):
    """The act sent last, and where to draw from."""

    act: Act | None
    key: Key


@attrs.frozen
class StickyAction(Wrapper[Stuck]):
    """Send the last action again, with some probability."""

    probability: float = 0.5

    memory_types = (Stuck, Key)

    def initial(self, key: Key) -> Stuck:
        """Have sent nothing."""
        return Stuck(None, key)

    def on_action(self, memory: Stuck, act: Act):
        """Draw."""
        draw, key = memory.key.uniform()
        sent = memory.act if memory.act is not None and draw < self.probability else act
        return Stuck(sent, key), sent


@attrs.frozen
class StopsByTime(Wrapper[Any]):
    """Truncate an episode when a second has gone by."""

    seconds: float = 0.3

    needs = frozenset({"time"})

    def on_state(self, memory: Any, timestep: TimeStep):
        """Look at the time."""
        if timestep.first:
            return timestep.time, timestep
        late = timestep.time - memory >= self.seconds
        return memory, timestep.replace(truncated=timestep.truncated or late)


@attrs.frozen
class AddsTheLastAction(Wrapper[Any]):
    """Show the last action beside the observation, in a Dict."""

    nothing: Any = derived()

    def bind(self, below: Below):
        """Choose what is shown before the first action."""
        return bound(self, nothing=freeze(nearest_to_zero(below.require("action_space", self))))

    def above(self, below: Below) -> Below:
        """Announce the Dict."""
        both = Dict({"observation": below.observation_space, "action": below.action_space})
        return attrs.evolve(below, observation_space=both)

    def initial(self, key: Key) -> Any:
        """Begin with the action nearest to zero."""
        return self.nothing

    def on_action(self, memory: Any, act: Act):
        """Remember."""
        return act.action, act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show both."""
        shown = {"observation": timestep.observation, "action": memory}
        return memory, timestep.replace(observation=shown)


class Run(NamedTuple):
    """The act being repeated, how often, the reward so far, and where to draw from."""

    act: Act | None
    due: int
    reward: float
    key: Key


@attrs.frozen
class RandomRepeat(Wrapper[Run]):
    """Send each action once to four times, as a draw says."""

    most: int = 4

    memory_types = (Run, Key)

    def initial(self, key: Key) -> Run:
        """Hold nothing."""
        return Run(None, 0, 0.0, key)

    def on_action(self, memory: Run, act: Act):
        """Draw how often."""
        times, key = memory.key.integers(1, self.most + 1)
        return Run(act, times - 1, 0.0, key), act

    def on_state(self, memory: Run, timestep: TimeStep):
        """Answer while it is due."""
        if memory.act is None:
            return memory, timestep
        reward = memory.reward + float(timestep.reward)
        if memory.due > 0 and not timestep.last:
            return memory._replace(due=memory.due - 1, reward=reward), memory.act
        return Run(None, 0, 0.0, memory.key), timestep.replace(reward=reward)


@attrs.frozen
class History(Wrapper[tuple]):
    """Tell the last observations in the info, the newest left out."""

    length: int = 3

    def initial(self, key: Key) -> tuple:
        """Begin with none."""
        return ()

    def on_state(self, memory: tuple, timestep: TimeStep):
        """Tell what was, remember what is."""
        told = timestep.replace(info={**timestep.info, "history": memory})
        return (*memory, timestep.observation)[-self.length :], told


@attrs.frozen
class AnyOf(Wrapper[Any]):
    """Send each action twice, and tell of a flag in the info if either step had it."""

    def on_action(self, memory: Any, act: Act):
        """Hold it."""
        return (act, 0.0, None), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Join the flags."""
        if memory is None:
            return None, timestep
        act, reward, lives = memory
        reward += float(timestep.reward)
        if lives is None and not timestep.last:
            return (act, reward, timestep.info.get("lives", 0) > 1), act
        flag = timestep.info.get("lives", 0) > 1
        told = {**timestep.info, "lives": int(bool(lives) or flag)}
        return None, timestep.replace(reward=reward, info=told)


@attrs.frozen
class MaxOfTwo(Wrapper[Any]):
    """Show the elementwise maximum of this observation and the last, where they are arrays."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Join two frames."""
        now = timestep.observation
        if not isinstance(now, np.ndarray):
            return None, timestep
        joined = now if timestep.first else np.maximum(memory, now)
        return now, timestep.replace(observation=freeze(joined))


@attrs.frozen
class PeakHold(Wrapper[Any]):
    """Show the greatest values of the episode, where observations are arrays."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Hold the peak."""
        now = timestep.observation
        if not isinstance(now, np.ndarray):
            return None, timestep
        peak = freeze(now if timestep.first else np.maximum(memory, now))
        return peak, timestep.replace(observation=peak)


@attrs.frozen
class ShowsWhatCameTwice(Wrapper[Any]):
    """Debounce: a new observation is shown when it came twice in a row, so it comes late."""

    delays = True

    def on_state(self, memory: Any, timestep: TimeStep):
        """Compare with the one before."""
        now = TimeStep(timestep.observation)
        if timestep.first:
            return (now, now), timestep
        before, shown = memory
        shown = now if now == before else shown
        return (now, shown), timestep.replace(observation=shown.observation)


@attrs.frozen
class HoldsWhatIsHidden(Wrapper[Any]):
    """While the info says that nothing is to be seen, the last observation stays: declared."""

    delays = True

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the newest, or the one before."""
        if timestep.first or timestep.info.get("lives", 1):
            return timestep.observation, timestep
        return memory, timestep.replace(observation=memory)


@attrs.frozen
class Blindfold(Wrapper[None]):
    """Show an observation of zeros, whatever comes."""

    zero: Any = derived()

    def bind(self, below: Below):
        """Make it once."""
        return bound(self, zero=freeze(nearest_to_zero(below.require("observation_space", self))))

    def on_state(self, memory: None, timestep: TimeStep):
        """Hide."""
        return None, timestep.replace(observation=self.zero)


@attrs.frozen
class RejectsBadStarts(Wrapper[int]):
    """Ask for another opening while the info is not to its liking, up to three times."""

    def initial(self, key: Key) -> int:
        """Have asked for none."""
        return 0

    def renew(self, memory: int, key: Key) -> int:
        """Go on counting where it asked itself."""
        return -memory if memory < 0 else 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Ask again; the count is negative while an answer is awaited."""
        if timestep.first and timestep.info.get("lives", 1) == 0 and memory < 3:
            return -(memory + 1), Reset()
        return 0, timestep


@attrs.frozen
class LongSkip(Wrapper[Any]):
    """Send each action a thousand times."""

    def on_action(self, memory: Any, act: Act):
        """Hold it."""
        return (act, 999, 0.0), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Answer while it is due."""
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward += float(timestep.reward)
        if due <= 0 or timestep.last:
            return None, timestep.replace(reward=reward)
        return (act, due - 1, reward), act


@attrs.frozen
class WaitsForTime(Wrapper[Any]):
    """Let the policy decide once in five seconds; in between its last act is sent again."""

    seconds: float = 5.0

    needs = frozenset({"time"})

    def on_action(self, memory: Any, act: Act):
        """Hold it, from now on."""
        return (act, memory, 0.0), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show what comes after five seconds."""
        if timestep.first or memory is None or not isinstance(memory, tuple):
            return timestep.time, timestep
        act, since, reward = memory
        reward += float(timestep.reward)
        if timestep.last or timestep.time - since >= self.seconds:
            return timestep.time, timestep.replace(reward=reward)
        return (act, since, reward), act


@attrs.frozen
class WaitsForSomethingNew(Wrapper[Any]):
    """Send the act again until the score in the info is another."""

    def on_action(self, memory: Any, act: Act):
        """Hold it; what was shown last is known."""
        shown = memory if memory is None or len(memory) == 1 else memory[:1]
        return (*(shown or (None,)), act, 0.0), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show what is new."""
        score = float(timestep.info.get("score", timestep.time))
        if memory is None or len(memory) == 1:
            return (score,), timestep
        before, act, reward = memory
        reward += float(timestep.reward)
        if score == before and not timestep.last:
            return (before, act, reward), act
        return (score,), timestep.replace(reward=reward)


@attrs.frozen
class NoisyStart(Wrapper[Any]):
    """Walk three steps at random before the policy is shown an episode's opening."""

    space: Any = derived()

    memory_types = (Key,)

    def bind(self, below: Below):
        """Keep the space of actions."""
        return bound(self, space=below.require("action_space", self))

    def initial(self, key: Key) -> Any:
        """Walk nowhere yet."""
        return None

    def renew(self, memory: Any, key: Key) -> Any:
        """Walk three steps, or what is left of them if the walk itself led to an end."""
        if memory is not None and memory[1]:
            return memory[0], False
        return 3, False

    def on_state(self, memory: Any, timestep: TimeStep):
        """Walk on, and open the episode at the end."""
        if memory is None:
            return None, timestep
        left, _ = memory
        if timestep.last:
            return (max(left - 1, 0), True), Reset()
        if left == 0:
            return None, timestep.replace(first=True, reward=0.0)
        return (left - 1, False), Act(freeze(nearest_to_zero(self.space)))


@attrs.frozen
class Absorbing(Wrapper[None]):
    """Show zeros at an end, as a state from which nothing leads away."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Blank the last frame, if it is one of numbers in a space with a zero."""
        if not timestep.last or self.zero is None:
            return None, timestep
        return None, timestep.replace(observation=self.zero)

    zero: Any = derived()

    def bind(self, below: Below):
        """Keep the zero."""
        space = below.observation_space
        return self if space is None else bound(self, zero=freeze(nearest_to_zero(space)))


ODD = (
    Absorbing(),
    DelayLine(),
    DelayLine(1),
    ActionChunk(),
    Rounds(),
    OpensUnasked(),
    DropsEverySecond(),
    LateReward(),
    LateRewardPaidOut(),
    SparseReward(),
    MaskedReward(),
    FadesIn(),
    NeverEnds(),
    PotentialShaping(),
    AdaptiveReward(),
    LearnsABaseline(),
    KeepsRecords(),
    OffsetOfTheSession(),
    SmoothAction(),
    StickyAction(),
    StopsByTime(),
    AddsTheLastAction(),
    RandomRepeat(),
    History(),
    AnyOf(),
    MaxOfTwo(),
    PeakHold(),
    ShowsWhatCameTwice(),
    HoldsWhatIsHidden(),
    Blindfold(),
    RejectsBadStarts(),
    LongSkip(),
    WaitsForTime(),
    WaitsForSomethingNew(),
    NoisyStart(),
)
"""One of each."""

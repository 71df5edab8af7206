"""Small wrappers with one mistake each: in what is kept, learned, late, lost, or never ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap import Act, Key, Reset, TimeStep, Wrapper

# -- what is kept ------------------------------------------------------------------------------


class Earned(NamedTuple):
    """The return of this episode, and of those before."""

    total: float
    past: tuple


@attrs.frozen
class KeepsTheReturn(Wrapper[Earned]):
    """The return of an episode goes on in the next one."""

    memory_types = (Earned,)

    def initial(self, key: Key) -> Earned:
        """Begin at 0."""
        return Earned(0.0, ())

    def renew(self, memory: Earned, key: Key) -> Earned:
        """Forget nothing."""
        return memory

    def on_state(self, memory: Earned, timestep: TimeStep):
        """Add up, and note the return at the end."""
        total = memory.total + float(timestep.reward)
        past = (*memory.past, total) if timestep.last else memory.past
        return Earned(total, past), timestep.replace(info={"return": total})


class KeepsMoreThanItDeclares(KeepsTheReturn):
    """What is declared is kept, and the return too."""

    keeps = frozenset({"past"})


class NamesNoField(KeepsTheReturn):
    """A slip in the declaration."""

    keeps = frozenset({"totl", "past"})


class DeclaresAString(KeepsTheReturn):
    """A string is no set of names."""

    keeps = "past"


class ForgetsWhatItDeclares(KeepsTheReturn):
    """All is declared as kept, and nothing is."""

    keeps = True

    def renew(self, memory: Earned, key: Key) -> Earned:
        """Forget."""
        return self.initial(key)


class CutsWhatItDeclares(KeepsTheReturn):
    """Of what is declared a part is lost when an episode opens."""

    keeps = frozenset({"past"})

    def renew(self, memory: Earned, key: Key) -> Earned:
        """Keep the newest but one."""
        return Earned(0.0, memory.past[:-1])


class ForgetsAfterAnEndOnly(KeepsTheReturn):
    """An episode that is given up leaks into the next one."""

    keeps = frozenset({"past"})

    def on_state(self, memory: Earned, timestep: TimeStep):
        """Clear the return where an episode ends."""
        total = memory.total + float(timestep.reward)
        shown = timestep.replace(info={"return": total})
        if timestep.last:
            return Earned(0.0, (*memory.past, total)), shown
        return Earned(total, memory.past), shown


@attrs.frozen
class KeepsItsFrames(Wrapper[tuple]):
    """The window of the last observations is not emptied."""

    def initial(self, key: Key) -> tuple:
        """Begin with none."""
        return ()

    def renew(self, memory: tuple, key: Key) -> tuple:
        """Forget nothing."""
        return memory

    def on_state(self, memory: tuple, timestep: TimeStep):
        """Tell the last two."""
        window = (*memory, timestep.observation)[-2:]
        return window, timestep.replace(info={"window": window})


@attrs.frozen
class Inner:
    """A count inside another memory."""

    count: int = 0


@attrs.frozen
class Outer:
    """A memory in which another one lies."""

    inner: Inner = Inner()
    steps: int = 0


@attrs.frozen
class KeepsWhatLiesInside(Wrapper[Outer]):
    """Of a nested memory the inner part survives."""

    memory_types = (Outer, Inner)

    def initial(self, key: Key) -> Outer:
        """Begin at 0."""
        return Outer()

    def renew(self, memory: Outer, key: Key) -> Outer:
        """Clear the outer part alone."""
        return Outer(memory.inner)

    def on_state(self, memory: Outer, timestep: TimeStep):
        """Count in both."""
        return Outer(Inner(memory.inner.count + 1), memory.steps + 1), timestep


@attrs.frozen
class GoesOnDrawing(Wrapper[Key]):
    """The key of the last episode is drawn from in the next one."""

    memory_types = (Key,)

    def initial(self, key: Key) -> Key:
        """Take the key."""
        return key

    def renew(self, memory: Key, key: Key) -> Key:
        """Leave the new key unused."""
        return memory

    def on_state(self, memory: Key, timestep: TimeStep):
        """Tell a draw."""
        draw, key = memory.uniform()
        return key, timestep.replace(info={"draw": draw})


# -- what is learned ---------------------------------------------------------------------------


class Mean(NamedTuple):
    """How much was seen, and its mean."""

    count: int
    mean: Any


@attrs.frozen
class LearnsObservations(Wrapper[Mean]):
    """A running mean is kept, and that it learns is not declared."""

    memory_types = (Mean,)
    keeps = True

    def initial(self, key: Key) -> Mean:
        """Have seen nothing."""
        return Mean(0, 0.0)

    def renew(self, memory: Mean, key: Key) -> Mean:
        """Go on."""
        return memory

    def on_state(self, memory: Mean, timestep: TimeStep):
        """Count in, and tell the mean."""
        mean = self.counted(memory, timestep)
        return mean, timestep.replace(info={**timestep.info, "mean": mean.mean})

    def counted(self, memory: Mean, timestep: TimeStep) -> Mean:
        """Count an observation in."""
        return self.next(memory, float(np.sum(timestep.observation)))

    def next(self, memory: Mean, value: float) -> Mean:
        """Move the mean."""
        count = memory.count + 1
        return Mean(count, memory.mean + (value - memory.mean) / count)


class LearnsRewards(LearnsObservations):
    """The same of rewards."""

    def counted(self, memory: Mean, timestep: TimeStep) -> Mean:
        """Count a reward in."""
        return self.next(memory, float(timestep.reward))


class LearnsFromEnds(LearnsObservations):
    """The same of the infos of last time steps, told in the next episode only."""

    def on_state(self, memory: Mean, timestep: TimeStep):
        """Count in at the end, and tell the mean at the opening."""
        if timestep.last:
            return self.next(memory, float(timestep.info["score"])), timestep
        if timestep.first:
            return memory, timestep.replace(info={**timestep.info, "mean": memory.mean})
        return memory, timestep


@attrs.frozen
class LearnsActions(Wrapper[tuple]):
    """Sends again what was sent first in the episode before."""

    keeps = True

    def initial(self, key: Key) -> tuple:
        """Remember an action of the last episode, and one of this."""
        return None, None

    def renew(self, memory: tuple, key: Key) -> tuple:
        """Go on."""
        return memory

    def on_state(self, memory: tuple, timestep: TimeStep):
        """Turn the page."""
        return (memory[1], None) if timestep.first else memory, timestep

    def on_action(self, memory: tuple, act: Act):
        """Prefer the old one."""
        before, now = memory
        if now is not None:
            return memory, act
        return (before, act), act if before is None else before


class LearnsNowAndThen(LearnsRewards):
    """What was learned is told in every third episode only."""

    def initial(self, key: Key) -> Mean:
        """Count the episodes too."""
        return Mean(0, (0, 0.0))

    def on_state(self, memory: Mean, timestep: TimeStep):
        """Add up."""
        episodes, total = memory.mean
        episodes, total = episodes + timestep.first, total + float(timestep.reward)
        told = total if episodes % 3 == 0 and timestep.first else 0.0
        return Mean(0, (episodes, total)), timestep.replace(info={"total": told})


# -- what comes late ---------------------------------------------------------------------------


class Pooled(NamedTuple):
    """The act being repeated, how often it is due, the reward so far, and the last two frames."""

    act: Act | None
    due: int
    reward: float
    frames: tuple
    episodes: int = 0


@attrs.frozen
class StaleAtAnEarlyEnd(Wrapper[Pooled]):
    """A skip that keeps only the frames at its full length; an early end shows older ones.

    So does Gymnasium 1.4's `MaxAndSkipObservation`.
    """

    skip: int = 3

    memory_types = (Pooled,)
    keeps = frozenset({"frames", "episodes"})

    def initial(self, key: Key) -> Pooled:
        """Hold nothing."""
        return Pooled(None, 0, 0.0, ())

    def renew(self, memory: Pooled, key: Key) -> Pooled:
        """Keep the frames, as Gymnasium does."""
        return Pooled(None, 0, 0.0, memory.frames, memory.episodes)

    def on_action(self, memory: Pooled, act: Act):
        """Send it, and hold it."""
        return memory._replace(act=act, due=self.skip - 1, reward=0.0), act

    def on_state(self, memory: Pooled, timestep: TimeStep):
        """Repeat; show the last frame kept."""
        if memory.act is None:
            return memory._replace(episodes=memory.episodes + timestep.first), timestep
        memory = memory._replace(reward=memory.reward + float(timestep.reward))
        if memory.due > 0 and not timestep.last:
            return memory._replace(due=memory.due - 1), memory.act
        if self.keeps_frame(memory, timestep):
            memory = memory._replace(frames=(timestep.observation,))
        shown = memory.frames[-1] if memory.frames else timestep.observation
        return memory._replace(act=None), timestep.replace(observation=shown, reward=memory.reward)

    def keeps_frame(self, memory: Pooled, timestep: TimeStep) -> bool:
        """Keep what comes at the full length."""
        return memory.due == 0


class StaleBuffer(StaleAtAnEarlyEnd):
    """That the frames survive is not declared either."""

    keeps = frozenset({"episodes"})


class StaleAtTruncation(StaleAtAnEarlyEnd):
    """Only a truncation shows an older frame."""

    def keeps_frame(self, memory: Pooled, timestep: TimeStep) -> bool:
        """Keep every frame shown, but that one."""
        return not timestep.truncated


class StaleEveryThirdEpisode(StaleAtAnEarlyEnd):
    """Only the ends of every third episode."""

    def keeps_frame(self, memory: Pooled, timestep: TimeStep) -> bool:
        """Keep every frame shown, but that one."""
        return not (timestep.last and memory.episodes % 3 == 0)


@attrs.frozen
class StaleInfo(Wrapper[Any]):
    """The observation is new, the info beside it that of the time step before."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older info."""
        told = timestep.info if timestep.first else memory
        return dict(timestep.info), timestep.replace(info=told)


@attrs.frozen
class StaleMask(Wrapper[Any]):
    """One key of the info is old."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older mask."""
        mask = timestep.info["mask"].copy()
        told = mask if timestep.first else memory
        return mask, timestep.replace(info={**timestep.info, "mask": told})


@attrs.frozen
class StaleTerminal(Wrapper[Any]):
    """The last time step of an episode shows the observation before it."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older one at the end."""
        if timestep.last:
            return None, timestep.replace(observation=memory)
        return timestep.observation, timestep


@attrs.frozen
class ShowsTheFirstOfTwo(Wrapper[Any]):
    """Two steps are made, and the first is shown."""

    def on_action(self, memory: Any, act: Act):
        """Hold the act."""
        return (act, None), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Go on once, then show what came first."""
        if memory is None:
            return None, timestep
        act, kept = memory
        if kept is None and not timestep.last:
            return (act, timestep), act
        shown = timestep if kept is None else kept
        return None, timestep.replace(observation=shown.observation)


@attrs.frozen
class StaleInPart(Wrapper[Any]):
    """Of a Dict one entry is that of the time step before."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older position."""
        seen = timestep.observation
        position = seen["position"] if timestep.first else memory
        return seen["position"], timestep.replace(observation={**seen, "position": position})


@attrs.frozen
class StalePicture(Wrapper[Any]):
    """The rendered frame is that of the time step before."""

    needs = frozenset({"frame"})

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older picture."""
        picture = timestep.frame if timestep.first else memory
        return timestep.frame, timestep.replace(frame=picture)


@attrs.frozen
class StaleTime(Wrapper[Any]):
    """The time shown is that at which the action was chosen."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Show the older time."""
        shown = timestep.time if timestep.first else memory
        return timestep.time, timestep.replace(time=shown)


@attrs.frozen
class RefusesWithAnOldFrame(Wrapper[Any]):
    """A refusal shows the observation before the newest."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Keep two."""
        older = timestep if memory is None else memory[1]
        return (older, timestep.replace(info={}), False), timestep

    def on_action(self, memory: Any, act: Act):
        """Refuse each first action."""
        older, newest, refused = memory
        if refused or newest.last:
            return memory, act
        shown = newest.replace(observation=older.observation, reward=0.0, first=False)
        return (older, newest, True), shown


# -- what is lost ------------------------------------------------------------------------------


class Held(NamedTuple):
    """The act being repeated, how often it is due, and the reward so far."""

    act: Act
    due: int
    reward: float


@attrs.frozen
class LosesWhatIsSkipped(Wrapper[Held | None]):
    """Three steps for a decision, and the last reward alone."""

    skip: int = 3

    memory_types = (Held,)

    def on_action(self, memory: Held | None, act: Act):
        """Hold the act."""
        return Held(act, self.skip - 1, 0.0), act

    def on_state(self, memory: Held | None, timestep: TimeStep):
        """Repeat, then show."""
        if memory is None:
            return None, timestep
        held = memory._replace(reward=memory.reward + float(timestep.reward))
        if memory.due > 0 and not timestep.last:
            return held._replace(due=memory.due - 1), memory.act
        return None, timestep.replace(reward=self.shown(memory, timestep))

    def shown(self, memory: Held, timestep: TimeStep) -> Any:
        """Show the last one."""
        return timestep.reward


class BlankAtAnEarlyEnd(LosesWhatIsSkipped):
    """Where an episode ends within a skip, zeros are shown: what was to be filled, was not."""

    def on_state(self, memory: Held | None, timestep: TimeStep):
        """Repeat, then show the last frame, if it came to that."""
        if memory is None:
            return None, timestep
        held = memory._replace(reward=memory.reward + float(timestep.reward))
        if memory.due > 0 and not timestep.last:
            return held._replace(due=memory.due - 1), memory.act
        shown = timestep.observation if memory.due == 0 else np.zeros_like(timestep.observation)
        return None, timestep.replace(reward=held.reward, observation=shown)


class LosesTheLastOne(LosesWhatIsSkipped):
    """At an early end the reward of the last time step is missing in the sum."""

    def shown(self, memory: Held, timestep: TimeStep) -> Any:
        """Add it at the full length only."""
        return memory.reward + float(timestep.reward) * (memory.due == 0)


class LosesAtTruncation(LosesWhatIsSkipped):
    """A truncation brings the last reward alone."""

    def shown(self, memory: Held, timestep: TimeStep) -> Any:
        """Add up but there."""
        return float(timestep.reward) + memory.reward * (not timestep.truncated)


@attrs.frozen
class LosesWhatALifeCost(Wrapper[None]):
    """The reward at an end is taken for 0."""

    def on_state(self, memory: None, timestep: TimeStep):
        """Show 0 where the episode ends."""
        return None, timestep.replace(reward=0.0) if timestep.terminated else timestep


@attrs.frozen
class LosesEverySecond(Wrapper[int]):
    """Every second reward of an episode is shown as 0."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Show every second."""
        return memory + 1, timestep if memory % 2 else timestep.replace(reward=0.0)


# -- what does not settle ----------------------------------------------------------------------


@attrs.frozen
class AsksBack(Wrapper[Any]):
    """Every action is refused."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Keep what is shown."""
        return timestep.replace(info={}), timestep

    def on_action(self, memory: Any, act: Act):
        """Refuse, but after an end."""
        return (memory, act) if memory.last else (memory, memory.replace(first=False, reward=0.0))


@attrs.frozen
class Insists(Wrapper[Any]):
    """Every time step but an end is answered with the same act."""

    def on_action(self, memory: Any, act: Act):
        """Hold it."""
        return act, act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Insist."""
        return (memory, timestep) if memory is None or timestep.last else (memory, memory)


@attrs.frozen
class CountsPastZero(Wrapper[Any]):
    """How often an act is sent is told by the info; 0 is never hit."""

    def on_action(self, memory: Any, act: Act):
        """Hold it, as often as was told."""
        return (act, memory), act

    def on_state(self, memory: Any, timestep: TimeStep):
        """Count down."""
        told = int(timestep.info["score"]) % 3
        if not isinstance(memory, tuple) or timestep.last:
            return told, timestep
        act, due = memory
        return (told, timestep) if due - 1 == 0 else ((act, due - 1), act)


@attrs.frozen
class ResetsForEver(Wrapper[Any]):
    """No opening is good enough."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Ask for another."""
        return memory, Reset() if timestep.first else timestep


@attrs.frozen
class StepsForEver(Wrapper[Any]):
    """A reset is answered with an act, and what comes then with another."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """End the episode at its first step, and step on from there."""
        if timestep.first:
            return None, timestep
        if memory is None:
            return None, timestep.replace(truncated=True)
        return memory, Reset() if timestep.last else memory

    def on_action(self, memory: Any, act: Act):
        """Remember nothing."""
        return None, act

    def on_reset(self, memory: Any, request: Reset):
        """Step on in place of a reset."""
        return Act(np.zeros(1, np.float32)), Act(np.zeros(1, np.float32))


@attrs.frozen
class EndsAtOnce(Wrapper[Any]):
    """Each episode ends at its first action, and the next one opens by itself: none leaves."""

    def on_state(self, memory: Any, timestep: TimeStep):
        """Keep what is shown."""
        return timestep.replace(info={}, reward=0.0, terminated=False, truncated=False), timestep

    def on_action(self, memory: Any, act: Act):
        """End."""
        return memory, memory.replace(truncated=True, first=False)

    def on_reset(self, memory: Any, request: Reset):
        """Open."""
        return memory, request if memory is None else memory.replace(first=True)

"""Wrappers that nobody should write, and that somebody has written."""

from __future__ import annotations

import collections
import contextlib
import copy
import dataclasses
import enum
import functools
import itertools
import random
import signal
import tempfile
import threading
from typing import Any, ClassVar, NamedTuple

import gymnasium
import numpy as np
import pytest


class SkipsAtRandom(gymnasium.Wrapper):
    """Steps one to four times, as its environment's generator says."""

    def step(self, action: Any) -> Any:
        total = 0.0
        for _ in range(int(self.np_random.integers(1, 5))):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


class ResetsInside(gymnasium.Wrapper):
    """Opens the next episode in the step in which one ends."""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            last = observation
            observation, info = self.env.reset()
            info["last"] = last
        return observation, reward, False, False, info


class LosesLives(gymnasium.Wrapper):
    """Ends an episode for those above with each third step, and goes on below."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.really_over, self.steps = True, 0

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.really_over = terminated or truncated
        self.steps += 1
        return observation, reward, terminated or self.steps % 3 == 0, truncated, info

    def reset(self, **kwargs: Any) -> Any:
        if self.really_over:
            return self.env.reset(**kwargs)
        observation, _, terminated, truncated, info = self.env.step(0)
        if terminated or truncated:
            return self.env.reset(**kwargs)
        return observation, info


class HoldsAGenerator(gymnasium.Wrapper):
    """Holds a running generator."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.numbers = (n for n in range(10**9))

    def step(self, action: Any) -> Any:
        next(self.numbers)
        return self.env.step(action)


class CatchesAll(gymnasium.Wrapper):
    """Catches every exception of its environment."""

    def step(self, action: Any) -> Any:
        try:
            return self.env.step(action + 0)
        except:  # noqa: E722 - that is the fault
            return np.zeros(2, np.float32), 0.0, True, False, {}


class TriesAgain(gymnasium.Wrapper):
    """Steps again where the first try raised."""

    def step(self, action: Any) -> Any:
        try:
            return self.env.step(action + 0)
        except BaseException:
            return self.env.step(action)


class StepsFinally(gymnasium.Wrapper):
    """Steps once more, whatever happens."""

    def step(self, action: Any) -> Any:
        try:
            result = self.env.step(action + 0)
        finally:
            self.env.step(0)
        return result


class ClosesFinally(gymnasium.Wrapper):
    """Counts in a `finally`, which is harmless."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.count = 0

    def step(self, action: Any) -> Any:
        try:
            observation, reward, *rest = self.env.step(action + 0)
        finally:
            self.count += 1
        return observation, reward + self.count, *rest


class KeepsTheInfo(gymnasium.Wrapper):
    """Changes the info that it was given, and keeps it."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.infos: list[dict[str, Any]] = []

    def reset(self, **kwargs: Any) -> Any:
        self.infos.clear()
        observation, info = self.env.reset(**kwargs)
        self.infos.append(info)
        return observation, info

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        for old in self.infos:
            old["age"] = old.get("age", 0) + 1
        self.infos.append(info)
        info["ages"] = [old.get("age", 0) for old in self.infos]
        return observation, reward, terminated, truncated, info


class WritesIntoObservations(gymnasium.Wrapper):
    """Changes observations in place, and keeps views of them."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.whole: Any = None
        self.part: Any = None

    def reset(self, **kwargs: Any) -> Any:
        observation, info = self.env.reset(**kwargs)
        self.whole, self.part = observation, observation[:1]
        return observation.copy(), info

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.part += 1  # a view: the whole changes too
        observation *= 0.5
        result = observation + self.whole
        self.whole, self.part = observation, observation[1:]
        return result, reward, terminated, truncated, info


class WritesIntoActions(gymnasium.ActionWrapper):
    """Changes the action in place."""

    def action(self, action: Any) -> Any:
        action *= 0.5
        return action


class PrintsBefore(gymnasium.Wrapper):
    """Says something before each step."""

    def step(self, action: Any) -> Any:
        print("step")  # noqa: T201 - that is what it does
        return self.env.step(action)


class PrintsAfter(gymnasium.Wrapper):
    """Says something after each step."""

    def step(self, action: Any) -> Any:
        result = self.env.step(action)
        print("step")  # noqa: T201 - that is what it does
        return result


class DrawsGlobally(gymnasium.Wrapper):
    """Draws from numpy's hidden generator."""

    def step(self, action: Any) -> Any:
        observation, reward, *rest = self.env.step(action)
        return observation, reward + np.random.random(), *rest  # noqa: NPY002 - the same


class DrawsByRandom(gymnasium.Wrapper):
    """Draws from the hidden generator of `random`."""

    def step(self, action: Any) -> Any:
        if random.random() < 0.5:  # noqa: S311 - the same
            return self.env.step(action)
        return self.env.step(0)


class DrawsByItself(gymnasium.Wrapper):
    """Has generators of its own, seeded."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.mine = np.random.default_rng(7)
        self.old = np.random.RandomState(7)
        self.pythons = random.Random(7)  # noqa: S311 - no secret

    def step(self, action: Any) -> Any:
        noise = self.mine.random() + self.old.rand() + self.pythons.random()
        observation, reward, *rest = self.env.step(action)
        return observation, reward + noise, *rest


class WritesFiles(gymnasium.Wrapper):
    """Writes a file in each step."""

    def step(self, action: Any) -> Any:
        with tempfile.TemporaryFile() as file:
            file.write(b"step")
        return self.env.step(action)


class HoldsAFile(gymnasium.Wrapper):
    """Holds an open file."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.log = {"file": tempfile.TemporaryFile()}  # noqa: SIM115 - the same


class HoldsALock(gymnasium.Wrapper):
    """Holds a lock, in an object of its own."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.ready = threading.Event()


class StartsAThread(gymnasium.Wrapper):
    """Starts a thread in each step."""

    def step(self, action: Any) -> Any:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        return self.env.step(action)


class CountsInAClosure(gymnasium.Wrapper):
    """Counts in a variable that only two functions know, and in a default argument."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        count = 0

        def counted(seen: Any, most: list[float] = [0.0]) -> Any:  # noqa: B006 - the same
            nonlocal count
            count += 1
            most[0] = max(most[0], float(seen[0]))
            return seen * count + most[0]

        self.counted = counted

    def step(self, action: Any) -> Any:
        observation, *rest = self.env.step(action + 0)
        return self.counted(observation), *rest


class CountsInItsClass(gymnasium.Wrapper):
    """Counts in an attribute of its class."""

    count = 0

    def step(self, action: Any) -> Any:
        type(self).count += 1
        observation, reward, *rest = self.env.step(action)
        return observation, reward, *rest


COUNTED: list[int] = []


class CountsInItsModule(gymnasium.Wrapper):
    """Counts in a list of its module."""

    def step(self, action: Any) -> Any:
        COUNTED.append(1)
        return self.env.step(action)


class Phase(enum.Enum):
    """A phase."""

    EVEN = 0
    ODD = 1


class Point(NamedTuple):
    """A pair."""

    seen: Any
    number: int


@dataclasses.dataclass
class Step:
    """What happened in a step."""

    reward: float
    before: Step | None = None


class Tally:
    """Counts, in slots."""

    __slots__ = ("count", "unset")

    def __init__(self) -> None:
        self.count = 0


class HoldsEverything(gymnasium.Wrapper):
    """Holds objects of many kinds, made at first and while it runs."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.tally = Tally()
        self.phase = Phase.EVEN
        self.seen: collections.deque[Any] = collections.deque(maxlen=3)
        self.kinds: Any = collections.defaultdict(int)
        self.counter: Any = collections.Counter()
        self.order: Any = collections.OrderedDict(a=1, b=2)
        self.numbers: set[int] = set()
        self.last: Step | None = None
        self.objects = np.array([None, {"x": 1}], object)
        self.raw = bytearray(b"\0\0")
        self.describe = lambda: self.tally.count

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action + 0)
        self.tally.count += 1
        self.phase = Phase(self.tally.count % 2)
        point = Point(observation, self.tally.count)
        self.seen.append(point)
        self.kinds[self.tally.count % 3] += 1
        self.counter[self.phase.name] += 1
        self.order.move_to_end("a" if self.phase is Phase.ODD else "b")
        self.numbers = self.numbers | {self.tally.count % 5}
        self.last = Step(float(reward), self.last if self.tally.count % 4 else None)
        self.objects[1]["x"] += 1
        self.raw[0] = self.tally.count % 256
        observation += 1  # the point has it too
        told = (len(self.seen), dict(self.kinds), list(self.order), sorted(self.numbers))
        oldest = self.seen[0].seen.sum() + self.objects[1]["x"] + self.raw[0]
        chain = 0.0
        step: Step | None = self.last
        while step is not None:
            chain, step = chain + step.reward, step.before
        info = {**info, "told": told, "described": self.describe(), "counter": dict(self.counter)}
        return observation + oldest, chain, terminated, truncated, info


class CountsByIterator(gymnasium.Wrapper):
    """Counts by an iterator, which hides how far it is."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.ids = itertools.count()

    def step(self, action: Any) -> Any:
        next(self.ids)
        return self.env.step(action)


class ReadsTheState(gymnasium.Wrapper):
    """Reads the state of a simulator."""

    def step(self, action: Any) -> Any:
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.env.unwrapped.state[0], *rest


class LooksForState(gymnasium.Wrapper):
    """Looks for what some environments have, and does without."""

    def step(self, action: Any) -> Any:
        observation, reward, *rest = self.env.step(action)
        return observation, reward + getattr(self.env.unwrapped, "bonus", 0.0), *rest


class ActsAtRandom(gymnasium.ActionWrapper):
    """Puts a sample in place of some actions."""

    def action(self, action: Any) -> Any:
        return self.action_space.sample() if self.np_random.random() < 0.5 else action


class NeedsLives(gymnasium.Wrapper):
    """Reads a key of the info that only some environments have."""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward + info["lives"], terminated, truncated, info


class StepsTwice(gymnasium.Wrapper):
    """Steps twice, whether the episode is over or not."""

    def step(self, action: Any) -> Any:
        self.env.step(action)
        return self.env.step(action)


class GoesOnAtEight(gymnasium.Wrapper):
    """Steps on as long as it is shown an 8, which it is not while it is tried out."""

    def step(self, action: Any) -> Any:
        answer = self.env.step(action)
        while answer[0][0] == 8:
            answer = self.env.step(action)
        return answer


class PlansInACopy(gymnasium.Wrapper):
    """Looks what an action leads to in a copy of its environment."""

    def step(self, action):
        """Step the copy, and then the environment."""
        ahead = copy.deepcopy(self.env).step(action)[0]
        return self.env.step(action if ahead[0] > 0 else 0 * action)


class SavesItsEnvironment(gymnasium.Wrapper):
    """Keeps a copy of its environment, to go back to it later, and goes on where that fails."""

    def reset(self, **kwargs):
        """Save."""
        opened = self.env.reset(**kwargs)
        with contextlib.suppress(Exception):
            self.saved = copy.copy(self.env)
        return opened


class NumbersByACache(gymnasium.Wrapper):
    """Gives a number to each action that it sees for the first time."""

    def __init__(self, env):
        super().__init__(env)
        self.known = 0

    @functools.cache  # noqa: B019 - this is what is tried
    def number(self, word):
        """Count, once for each word."""
        self.known += 1
        return self.known

    def step(self, action):
        """Show the number."""
        number = self.number(str(action))
        observation, reward, *rest = self.env.step(action)
        return observation, reward + number, *rest


class ArmsATimer(gymnasium.Wrapper):
    """Gives its environment a second to answer."""

    def step(self, action):
        """Disarm it afterwards."""
        signal.setitimer(signal.ITIMER_REAL, 1.0)
        answer = self.env.step(action)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        return answer


class DrawsByTorch(gymnasium.Wrapper):
    """Draws from torch's own generator."""

    def step(self, action):
        """Draw."""
        torch = pytest.importorskip("torch")
        observation, reward, *rest = self.env.step(action)
        return observation, reward + float(torch.rand(1)), *rest


class NeedsAnInfo(gymnasium.Wrapper):
    """Reads what only some environments tell."""

    def step(self, action):
        """Step twice."""
        for _ in range(2):
            observation, _, *ends, info = self.env.step(action)
            reward = info["x_pos"]
            if any(ends):
                break
        return observation, reward, *ends, info


class ReturnsFour(gymnasium.Wrapper):
    """Was written for an older Gym."""

    def step(self, action):
        """Return one flag."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated or truncated, info


class AlwaysFails(gymnasium.Wrapper):
    """Is never content with what it is shown."""

    def step(self, action):
        """Look at it."""
        self.env.step(action)
        raise ValueError("no picture")


class TellsItsClass(NeedsAnInfo):
    """Keeps what it reads where all of its class find it."""

    told: ClassVar[list[Any]] = []

    def step(self, action):
        """Tell."""
        *answer, info = self.env.step(action)
        self.told.append(info["x_pos"])
        return *answer, info


class LooksUp(gymnasium.ObservationWrapper):
    """Shows what each of a few classes weighs."""

    def observation(self, observation):
        """Look it up."""
        return np.array([0.5, 0.25, 0.125])[observation]

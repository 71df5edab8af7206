"""Wrappers whose state, or effects, lie outside of them: what no memory holds."""

from __future__ import annotations

import contextvars
import logging
import os
import queue
import random
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from tests.parity.bridge.hostile_state import Counts

LOG = logging.getLogger("tests.parity.bridge")
LOG.propagate = False
LOG.setLevel(logging.INFO)
SEEN: dict[str, int] = {}
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("VARIABLE", default=0)
OUTSIDE: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def a_file() -> Path:
    """Return the file that they write into, in a folder of the test's."""
    return Path(os.environ["STATEWRAP_HOSTILE"])


def written(text: str) -> None:
    """Open the file, append a line, and close it."""
    with a_file().open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


class GlobalRandom(Counts):
    """Draws from Python's own generator, before the inner step."""

    def seen(self, action):
        self.drawn = random.random()  # noqa: S311 - no secrets

    def shown(self, observation):
        return self.drawn


class GlobalNumpyRandom(Counts):
    """Draws from numpy's own generator, after the inner step."""

    def shown(self, observation):
        return float(np.random.normal())  # noqa: NPY002 - that is what it is about


class SeedsGlobalRandom(Counts):
    """Seeds Python's own generator, which others draw from, and draws itself."""

    def seen(self, action):
        random.seed(int(action))

    def shown(self, observation):
        return random.random()  # noqa: S311 - no secrets


class UnseededGenerator(Counts):
    """Makes a new generator without a seed in every step: nobody can repeat that."""

    def shown(self, observation):
        return float(np.random.default_rng().random())


class FileInFinally(gym.Wrapper):
    """Writes a line in `finally`."""

    def step(self, action):
        try:
            return self.env.step(action)
        finally:
            written("done")


class FileBeforeStep(Counts):
    """Writes a line before the inner step."""

    def seen(self, action):
        written(f"action {action}")


class FileAfterStep(Counts):
    """Writes a line after the inner step, and one at an episode's end."""

    def step(self, action):
        answer = self.env.step(action)
        written("end" if answer[2] or answer[3] else "step")
        return answer


class FileAtEnd(Counts):
    """Writes a line at an episode's end, before the next one's reset."""

    def reset(self, **options):
        written("reset")
        return self.env.reset(**options)


class HoldsFile(Counts):
    """Has a file open as long as it lives."""

    def __init__(self, env):
        super().__init__(env)
        self.file = a_file().open("a", encoding="utf-8")
        weakref.finalize(self, self.file.close)

    def seen(self, action):
        self.file.write(f"action {action}\n")
        self.file.flush()


class HoldsDatabase(Counts):
    """Has a database open, and shows how many rows are in it."""

    def __init__(self, env):
        super().__init__(env)
        self.base = sqlite3.connect(":memory:")
        self.base.execute("CREATE TABLE steps (action INTEGER)")
        weakref.finalize(self, self.base.close)

    def seen(self, action):
        self.base.execute("INSERT INTO steps VALUES (?)", (int(action),))

    def shown(self, observation):
        return float(self.base.execute("SELECT COUNT(*) FROM steps").fetchone()[0])


class HoldsLock(Counts):
    """Counts under a lock."""

    def __init__(self, env):
        super().__init__(env)
        self.lock, self.count = threading.Lock(), 0

    def step(self, action):
        with self.lock:
            self.count += 1
            observation, reward, *rest = self.env.step(action)
        return observation, reward + self.count, *rest


class HoldsThread(Counts):
    """Lets a thread of its own count, over two queues."""

    def __init__(self, env):
        super().__init__(env)
        self.asked, self.answered = queue.SimpleQueue(), queue.SimpleQueue()
        self.thread = threading.Thread(
            target=counting, args=(self.asked, self.answered), daemon=True
        )
        self.thread.start()
        weakref.finalize(self, self.asked.put, None)

    def seen(self, action):
        self.asked.put(1)

    def shown(self, observation):
        return float(self.answered.get())


def counting(asked: Any, answered: Any) -> None:
    """Count what is asked, until it is nothing."""
    count = 0
    while asked.get() is not None:
        count += 1
        answered.put(count)


class ClassCounter(Counts):
    """Counts in its class, for all instances together."""

    count = 0

    def seen(self, action):
        type(self).count += 1

    def shown(self, observation):
        return self.count


class ClassList(Counts):
    """Appends to a list of its class."""

    history = []

    def seen(self, action):
        self.history.append(1)

    def shown(self, observation):
        return len(self.history)


class ClosureCounter(Counts):
    """Counts in a variable of the function that made its function."""

    def __init__(self, env):
        super().__init__(env)
        count = 0

        def counted():
            nonlocal count
            count += 1
            return count

        self.counted = counted

    def seen(self, action):
        self.counted()

    def shown(self, observation):
        return self.counted()


def closure_class() -> type[Counts]:
    """Make a class whose methods count in a variable of this function."""
    count = 0

    class ClosureClass(Counts):
        """Counts in a variable of the function that made its class."""

        def seen(self, action):
            nonlocal count
            count += 1

        def shown(self, observation):
            return count

    return ClosureClass


class ModuleGlobal(Counts):
    """Counts in a dictionary of its module."""

    def seen(self, action):
        SEEN["count"] = SEEN.get("count", 0) + 1

    def shown(self, observation):
        return SEEN["count"]


class FunctionAttribute(Counts):
    """Counts in an attribute of a function."""

    def seen(self, action):
        written.count = getattr(written, "count", 0) + 1

    def shown(self, observation):
        return written.count


class DefaultArgument(Counts):
    """Counts in a default argument."""

    def seen(self, action, history=[]):  # noqa: B006 - that is what it is about
        history.append(1)
        self.count = len(history)

    def shown(self, observation):
        return self.count


class ContextVariable(Counts):
    """Counts in a context variable."""

    def seen(self, action):
        VARIABLE.set(VARIABLE.get() + 1)

    def shown(self, observation):
        return VARIABLE.get()


class WeakDictionary(Counts):
    """Keeps its count in a dictionary of its module, under itself."""

    def seen(self, action):
        OUTSIDE[self] = OUTSIDE.get(self, 0) + 1

    def shown(self, observation):
        return OUTSIDE[self]


class EnvironmentVariable(Counts):
    """Counts in a variable of the process."""

    def seen(self, action):
        os.environ["STATEWRAP_COUNT"] = str(int(os.environ.get("STATEWRAP_COUNT", "0")) + 1)

    def shown(self, observation):
        return float(os.environ["STATEWRAP_COUNT"])


class Prints(Counts):
    """Prints before the inner step."""

    def seen(self, action):
        print("stepping")  # noqa: T201 - that is what it is about


class Logs(Counts):
    """Logs before the inner step."""

    def seen(self, action):
        LOG.info("stepping")


class LogsAfter(Counts):
    """Logs after the inner step, once."""

    def shown(self, observation):
        LOG.info("stepped")
        return 0.0


# -- what happens too rarely to be seen --------------------------------------------------------


class RareFile(Counts):
    """Writes a line before the inner step, in the 60th step of its life."""

    count = 0

    def seen(self, action):
        self.count += 1
        if self.count == 60:
            written("rare")


class RareRandom(Counts):
    """Draws from Python's own generator before the inner step, in the 60th step of its life."""

    count = drawn = 0

    def seen(self, action):
        self.count += 1
        self.drawn = random.random() if self.count == 60 else 0.0  # noqa: S311 - no secrets

    def shown(self, observation):
        return self.drawn


class RareReader(Counts):
    """Reads the environment's state in the 30th step of its life."""

    count = 0

    def shown(self, observation):
        self.count += 1
        return float(self.unwrapped.state[0]) if self.count == 30 else 0.0


# -- what asks the environment that is not there ---------------------------------------------------


class ReadsInConstructor(gym.RewardWrapper):
    """Reads a constant of the environment when it is made."""

    def __init__(self, env):
        super().__init__(env)
        self.gravity = env.unwrapped.gravity

    def reward(self, reward):
        return reward * self.gravity


class ReadsInStep(Counts):
    """Reads the environment's state in each step."""

    def shown(self, observation):
        return float(self.unwrapped.state[0])


class ReadsWithDefault(Counts):
    """Reads a constant of the environment, and takes another where there is none."""

    def shown(self, observation):
        return getattr(self.env.unwrapped, "gravity", 1.0)


class AsksWhetherItHas(Counts):
    """Asks whether the environment has something."""

    def shown(self, observation):
        return 5.0 if hasattr(self.unwrapped, "gravity") else 0.0


class WritesIntoEnvironment(Counts):
    """Changes the environment's gravity."""

    def seen(self, action):
        self.unwrapped.gravity = 20.0


class SetsWrapperAttribute(Counts):
    """Changes the environment's gravity, as Gymnasium has it."""

    def seen(self, action):
        self.env.set_wrapper_attr("gravity", 20.0)


class ReadsByName(Counts):
    """Asks for a constant of the environment as Gymnasium has it."""

    def shown(self, observation):
        return float(self.get_wrapper_attr("gravity"))


class CallsEnvironment(Counts):
    """Calls a method of the environment's own."""

    def shown(self, observation):
        return self.unwrapped.energy()


class ReadsItsDictionary(Counts):
    """Copies all that the environment has."""

    def shown(self, observation):
        return float(len(vars(self.unwrapped)))


class AsksItsType(Counts):
    """Asks which environment it is."""

    def shown(self, observation):
        return 9.0 if type(self.unwrapped).__name__ == "Plant" else 0.0

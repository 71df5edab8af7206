"""Small wrappers that look or reach outside, each in another way."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import gc
import io
import json
import logging
import os
import pathlib
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import uuid
import warnings
import weakref
from collections.abc import Callable
from random import choice
from time import monotonic as now
from typing import Any, ClassVar

import attrs
import gymnasium
import numpy as np
import structlog
from gymnasium.spaces import Box, Discrete
from numpy.random import rand

from statewrap import Act, TimeStep, Wrapper, argument

LOG = logging.getLogger("outside")
GENERATOR = np.random.default_rng(0)
DICE = random.Random(0)  # noqa: S311 - no secret
CHOICES = Discrete(3, seed=0)
HERE = pathlib.Path(__file__)


@attrs.frozen
class Tells(Wrapper[None]):
    """What a function gives is put into the info."""

    func: Callable[[TimeStep], Any] = argument()

    def on_state(self, memory, timestep: TimeStep):
        """Ask the function."""
        return None, timestep.replace(info={**timestep.info, "told": str(self.func(timestep))})


def reads_a_number_of_the_file(timestep: TimeStep) -> int:
    """Read a file."""
    with HERE.open() as lines:
        return len(lines.readline())


def starts_a_thread(timestep: TimeStep) -> None:
    """Start one, and wait for it."""
    thread = threading.Thread(target=len, args=("x",))
    thread.start()
    thread.join()


def connects(timestep: TimeStep) -> None:
    """Make a socket, and do not use it."""
    socket.socket().close()


def warns(timestep: TimeStep) -> None:
    """Warn where nobody hears it."""
    with warnings.catch_warnings(record=True):
        warnings.warn("seen", stacklevel=1)


def collects(timestep: TimeStep) -> None:
    """Ask for a collection of the youngest."""
    gc.collect(0)


def writes_beside(timestep: TimeStep) -> None:
    """Write into a file of its own."""
    with tempfile.TemporaryFile() as file:
        file.write(b"x")


def saves(timestep: TimeStep) -> None:
    """Have numpy write a file."""
    np.zeros(1).tofile(os.devnull)


def samples_unseeded(timestep: TimeStep) -> Any:
    """Sample a space that seeds itself."""
    return Box(0.0, 1.0, (2,)).sample()


def seeds_numpy(timestep: TimeStep) -> None:
    """Seed the hidden generator."""
    np.random.seed(0)  # noqa: NPY002 - the fault


def handles_signals(timestep: TimeStep) -> None:
    """Ask for a handler."""
    signal.getsignal(signal.SIGTERM)


def logs_with_structlog(timestep: TimeStep) -> None:
    """Log where nobody reads it."""
    logger: Any = structlog.wrap_logger(structlog.ReturnLogger())
    logger.info("seen")


def loads(timestep: TimeStep) -> Any:
    """Have a library read a file."""
    return len(HERE.read_bytes())


def reads_unbuffered(timestep: TimeStep) -> None:
    """Read a file by its class."""
    with io.FileIO(os.devnull) as file:
        file.read()


def dumps_into_a_file(timestep: TimeStep) -> None:
    """Have a library write a file."""
    with open(os.devnull, "w") as file:  # noqa: PTH123 - the fault
        json.dump({}, file)


TOUCHES: dict[str, tuple[Callable[[TimeStep], Any], str, str]] = {
    "perf_counter": (lambda t: time.perf_counter(), "clock", "time.perf_counter"),
    "time": (lambda t: time.time(), "clock", "time.time"),
    "monotonic": (lambda t: now(), "clock", "time.monotonic"),
    "sleep": (lambda t: time.sleep(0), "clock", "time.sleep"),
    "now": (lambda t: dt.datetime.now(dt.UTC), "clock", "datetime.now"),
    "today": (lambda t: dt.date.today(), "clock", "date.today"),  # noqa: DTZ011 - the fault
    "random": (lambda t: random.random(), "global randomness", "random.random"),  # noqa: S311
    "choice": (lambda t: choice("ab"), "global randomness", "random.Random.choice"),  # noqa: S311
    "Random": (lambda t: random.Random().random(), "global randomness", "random.Random() without"),  # noqa: S311
    "rand": (lambda t: rand(), "global randomness", "rand"),  # noqa: NPY002
    "np-random": (lambda t: np.random.normal(), "global randomness", "np.random.normal"),  # noqa: NPY002
    "np-seed": (seeds_numpy, "global randomness", "np.random.seed"),
    "getattr": (
        lambda t: getattr(np.random, "ra" + "nd")(),
        "global randomness",
        "the hidden generator of numpy.random",
    ),
    "default_rng": (
        lambda t: np.random.default_rng().random(),
        "global randomness",
        "a generator without a seed",
    ),
    "shared-generator": (lambda t: GENERATOR.random(), "global randomness", "GENERATOR"),
    "shared-dice": (lambda t: DICE.random(), "global randomness", "DICE"),
    "shared-space": (lambda t: CHOICES.sample(), "global randomness", "CHOICES"),
    "sample": (samples_unseeded, "global randomness", "Box.sample"),
    "urandom": (lambda t: os.urandom(2), "global randomness", "os.urandom"),
    "secrets": (lambda t: secrets.token_hex(), "global randomness", "secrets.token_hex"),
    "uuid4": (lambda t: uuid.uuid4(), "global randomness", "uuid.uuid4"),
    "uuid1": (lambda t: uuid.uuid1(), "global randomness", "uuid.uuid1"),
    "open": (reads_a_number_of_the_file, "files", "pathlib.Path.open"),
    "read_bytes": (loads, "files", "pathlib.Path.read_bytes"),
    "exists": (lambda t: os.path.exists("x"), "files", "os.path.exists"),  # noqa: PTH110
    "stat": (lambda t: os.stat("/"), "files", "os.stat"),  # noqa: PTH116
    "listdir": (lambda t: os.listdir("/"), "files", "os.listdir"),  # noqa: PTH208
    "temporary": (writes_beside, "files", "tempfile"),
    "fromfile": (lambda t: np.fromfile(os.devnull), "files", "numpy.fromfile"),
    "tofile": (saves, "files", "ndarray.tofile"),
    "FileIO": (reads_unbuffered, "files", "FileIO."),
    "json": (dumps_into_a_file, "files", "open"),
    "environ": (lambda t: os.environ.get("HOME"), "environment variables", "os.environ"),
    "getenv": (lambda t: os.getenv("HOME"), "environment variables", "os.getenv"),
    "socket": (connects, "network", "socket.socket"),
    "subprocess": (
        lambda t: subprocess.run(["true"], check=False),  # noqa: S607 - the fault
        "processes",
        "subprocess.run",
    ),
    "getpid": (lambda t: os.getpid(), "processes", "os.getpid"),
    "thread": (starts_a_thread, "threads", "threading.Thread.start"),
    "logging": (lambda t: LOG.debug("seen"), "logs", "logging.Logger.debug"),
    "structlog": (logs_with_structlog, "logs", "structlog"),
    "print": (lambda t: print(end=""), "logs", "print"),  # noqa: T201 - the fault
    "stderr": (lambda t: sys.stderr.write(""), "logs", "write"),
    "warn": (warns, "logs", "warnings.warn"),
    "gc": (collects, "interpreter", "gc.collect"),
    "signal": (handles_signals, "interpreter", "signal.getsignal"),
    "atexit": (lambda t: atexit.unregister(len), "interpreter", "atexit.unregister"),
}
"""How it touches, what sees it, and what is named."""

_steps = 1


@attrs.frozen
class AssignsAGlobal(Wrapper[None]):
    """A module's variable counts."""

    def on_state(self, memory, timestep: TimeStep):
        """Count."""
        global _steps  # noqa: PLW0603 - the fault
        _steps += 1
        return None, timestep


@attrs.frozen
class AsksAtBind(Wrapper[None]):
    """The clock is read while it is bound."""

    def bind(self, below):
        """Ask."""
        time.time()
        return self


@attrs.frozen
class AsksAtTheStart(Wrapper[float]):
    """The clock is read for a memory."""

    def initial(self, key):
        """Ask."""
        return time.time()


@attrs.frozen
class AsksAtARenewal(Wrapper[float]):
    """The clock is read for a memory."""

    def renew(self, memory, key):
        """Ask."""
        return time.time()


@attrs.frozen
class AsksAtAnAct(Wrapper[None]):
    """The clock is read, and then something fails."""

    def on_action(self, memory, act: Act):
        """Ask."""
        raise TimeoutError(time.time())


# -- hidden environments -----------------------------------------------------------------------


class Simulator:
    """No gymnasium.Env, but it can be stepped and reset."""

    lives = 3

    def step(self, action: Any) -> Any:
        """Do nothing."""
        return None

    def reset(self) -> Any:
        """Do nothing."""
        return None


ENVIRONMENT = gymnasium.make("CartPole-v1")
SIMULATOR = Simulator()


@attrs.frozen
class HoldsOne(Wrapper[None]):
    """It is an argument, or within one."""

    source: Any = argument()


@attrs.frozen
class HoldsOneInItsClass(Wrapper[None]):
    """It is an attribute of the class."""

    source: ClassVar[Any] = SIMULATOR


@attrs.frozen
class AsksAGlobal(Wrapper[None]):
    """It is a variable of the module."""

    def on_state(self, memory, timestep: TimeStep):
        """Ask for the lives."""
        return None, timestep.replace(info={"lives": SIMULATOR.lives})


def lives() -> int:
    """Ask a variable of the module."""
    return SIMULATOR.lives


@attrs.frozen
class AsksThroughAFunction(Wrapper[None]):
    """A function of the module asks."""

    def on_state(self, memory, timestep: TimeStep):
        """Ask for the lives."""
        return None, timestep.replace(info={"lives": next(lives() for _ in range(1))})


@attrs.frozen
class HasADefault(Wrapper[None]):
    """It is a default argument."""

    def on_state(self, memory, timestep: TimeStep, source: Any = SIMULATOR):
        """Ask for the lives."""
        return None, timestep.replace(info={"lives": source.lives})


@attrs.frozen
class HasAFunctionThatHasADefault(Wrapper[None]):
    """It is a default argument of a function that belongs to nobody."""

    @staticmethod
    def lives(source: Any = SIMULATOR) -> int:
        """Ask for the lives."""
        return int(source.lives)


class _Lazy(types.ModuleType):
    """A module that refuses a name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(name)


lazy = _Lazy("lazy")


@attrs.frozen
class NamesWhatIsRefused(Wrapper[None]):
    """A right one: the module is never asked."""

    def on_reset(self, memory, request):
        """Ask the module, if there is anything to ask for."""
        return memory, lazy.request if request.options else request


@attrs.frozen
class RemembersOne(Wrapper[Any]):
    """It is in the memory."""

    def initial(self, key):
        """Make one."""
        return {"world": (Simulator(),)}

    def renew(self, memory, key):
        """Keep it."""
        return memory


@attrs.frozen
class MakesOne(Wrapper[None]):
    """It is made where it is needed, and thrown away."""

    def bind(self, below):
        """Read its spaces."""
        gymnasium.make("CartPole-v1").close()
        return self


@attrs.frozen
class StepsOne(Wrapper[None]):
    """It is found when it is wanted."""

    def on_action(self, memory, act: Act):
        """Look one action ahead."""
        sys.modules[__name__].__dict__["SIMULATOR"].step(act.action)
        return None, act


class Around:
    """An object around one."""

    __slots__ = ("empty", "inner")

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    @property
    def lives(self) -> int:
        """Ask."""
        return int(self.inner.lives)


def asking(environment: Any) -> Callable[[], int]:
    """Return a function that asks."""
    return lambda: environment.lives


HOLDERS = {
    "field": SIMULATOR,
    "gymnasium": ENVIRONMENT,
    "unwrapped": ENVIRONMENT.unwrapped,
    "vector": gymnasium.make_vec("CartPole-v1", num_envs=1, vectorization_mode="sync"),
    "closure": asking(SIMULATOR),
    "bound-method": SIMULATOR.step,
    "partial": functools.partial(getattr, SIMULATOR, "lives"),
    "object": Around(Around(SIMULATOR)),
    "container": {"a": [(SIMULATOR,)]},
    "weak": weakref.ref(SIMULATOR),
    "property": property(asking(SIMULATOR)).fget,
}

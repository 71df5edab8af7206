"""Probes: what a wrapper calls of the outside world, seen by Python's profiling hook.

The hook is told of every call of a Python function and of a function written in C, while it is
on, in its own thread. It is not told what C code calls on its own, which includes the methods of
numpy's generators: of those, the states before and after are compared.
"""

from __future__ import annotations

import datetime as dt
import gc
import io
import os
import random
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FrameType
from typing import Any, Final, NamedTuple

import numpy as np

from statewrap.testing.laws.reach import is_environment, is_of_a_library


class Probe(NamedTuple):
    """Looks for one kind of thing outside."""

    name: str
    sees: str
    """What, so that nobody takes it for more."""
    cure: str


_INTO_ARGUMENTS: Final = (
    "Read it before the wrapper is made, and give what was read as an argument; what changes "
    "while a session runs comes in `info`."
)
PROBES: Final = (
    Probe(
        "clock",
        "the functions of time, now, utcnow and today of datetime",
        'Take the time from `timestep.time`, and declare `needs = frozenset({"time"})`.',
    ),
    Probe(
        "global randomness",
        "the hidden generators of random and numpy.random, generators and spaces that a wrapper "
        "shares, generators without a seed, os.urandom, secrets, uuid",
        "Draw by the key that `initial` and `renew` are given, and keep it in the memory: "
        "`draw, key = memory.uniform()`; for what only numpy draws, `key.generator()`.",
    ),
    Probe("files", "open, io, os, pathlib, numpy's fromfile and tofile", _INTO_ARGUMENTS),
    Probe("environment variables", "os.environ, os.getenv, os.putenv", _INTO_ARGUMENTS),
    Probe("network", "socket, ssl and select", _INTO_ARGUMENTS),
    Probe(
        "processes",
        "subprocess, multiprocessing, os.system, os.fork, os.kill, os.getpid and the like",
        "Leave it to the program that owns the loop, and give what it finds out in `info`.",
    ),
    Probe(
        "threads",
        "the start of one",
        "Answer at once: nobody waits in a wrapper. What takes long belongs into the host.",
    ),
    Probe(
        "logs",
        "logging, structlog, warnings, print and input",
        "Put what is to be told into `info`, or let a sink count it: logs are written at the edge.",
    ),
    Probe(
        "interpreter",
        "gc, signal, atexit, and assignments to module globals",
        "Keep what changes in the memory, and leave the interpreter to the host.",
    ),
    Probe(
        "environments",
        "gymnasium.make, and step, reset and render of anything that has step and reset",
        "Ask the message: what the environment knows comes in `info`, a picture by "
        '`needs = frozenset({"frame"})`, spaces by `below` at `bind`.',
    ),
)
"""What is looked for. What is not seen may still be there."""
CURES: Final = {probe.name: probe.cure for probe in PROBES}

_CONVERTERS: Final = frozenset({"asctime", "gmtime", "mktime", "strftime", "strptime"})
_NOW: Final = frozenset({"now", "utcnow", "today"})
_PROCESSES: Final = (
    *("abort", "cpu_count", "exec", "fork", "get", "kill", "nice", "popen", "posix_spawn", "sched"),
    *("set", "spawn", "system", "times", "uname", "wait", "_exit"),
)
"""How functions of os begin that are about processes and the machine."""
_NO_FILES: Final = frozenset({"fspath", "strerror", "_path_normpath"})


def _of_posix(name: str) -> str | None:
    """Tell what a function of os is for, most of which are for files."""
    if name in {"urandom", "getrandom"}:
        return "global randomness"
    if name in {"putenv", "unsetenv"}:
        return "environment variables"
    if name in _NO_FILES:
        return None
    return "processes" if name.startswith(_PROCESSES) else "files"


def _always(probe: str) -> Callable[[str], str | None]:
    return lambda name: probe  # noqa: ARG005 - the table asks with a name


def _if(names: frozenset[str], probe: str) -> Callable[[str], str | None]:
    return lambda name: probe if name in names else None


_WRITTEN_IN_C: Final[dict[str, Callable[[str], str | None]]] = {
    "time": lambda name: None if name in _CONVERTERS else "clock",
    "posix": _of_posix,
    "nt": _of_posix,
    "io": _if(frozenset({"open", "open_code"}), "files"),
    "_io": _if(frozenset({"open", "open_code"}), "files"),
    "numpy": _if(frozenset({"fromfile"}), "files"),
    "_sqlite3": _always("files"),
    "fcntl": _always("files"),
    "_socket": _always("network"),
    "_ssl": _always("network"),
    "select": _always("network"),
    "_posixsubprocess": _always("processes"),
    "_winapi": _always("processes"),
    "_thread": lambda name: "threads" if name.startswith("start") else None,
    "_warnings": lambda name: "logs" if name.startswith("warn") else None,
    "builtins": _if(frozenset({"print", "input"}), "logs"),
    "_uuid": _always("global randomness"),
    "gc": _always("interpreter"),
    "signal": _always("interpreter"),
    "_signal": _always("interpreter"),
    "atexit": _always("interpreter"),
}
"""Module, to what the function of a name in it is seen by."""
_WRITTEN_IN_PYTHON: Final = {
    "logging": "logs",
    "structlog": "logs",
    "socket": "network",
    "subprocess": "processes",
    "multiprocessing": "processes",
}
"""Package, to what every function in it is seen by."""
_ENVIRON: Final = frozenset(
    part.__code__
    for part in vars(os._Environ).values()  # noqa: SLF001 - there is no other way to its functions
    if hasattr(part, "__code__")
)
PYTHONS_HIDDEN: Final[Any] = random._inst  # noqa: SLF001 - the same
_BETTER_NAMES: Final = {
    "random.SystemRandom.getrandbits": "a generator without a seed",
    "random.Random": "random.Random() without a seed",
    "collections.abc.Mapping.get": "os.environ",
    "os._Environ.__getitem__": "os.environ",
    "genericpath.exists": "os.path.exists",
}
_SEED: Final = random.Random.seed.__code__
_IN_MEMORY: Final = (io.StringIO, io.BytesIO)


def probe_of_builtin(function: BuiltinFunctionType) -> str | None:
    """Say which probe sees a function written in C; None if none does."""
    seen = _WRITTEN_IN_C.get(function.__module__ or "")
    if seen is not None:
        return seen(function.__name__)
    owner = function.__self__
    if owner is PYTHONS_HIDDEN and function.__name__ != "getstate":
        return "global randomness"
    if isinstance(owner, type):
        is_now = function.__name__ in _NOW and issubclass(owner, dt.date)
        return "clock" if is_now else None
    if isinstance(owner, io.IOBase) and not isinstance(owner, _IN_MEMORY):
        console = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
        return "logs" if any(owner is stream for stream in console) else "files"
    writes = isinstance(owner, np.ndarray) and function.__name__ in {"tofile", "dump"}
    return "files" if writes else None


def probe_of_frame(frame: FrameType) -> str | None:
    """Say which probe sees the Python function that a frame begins; None if none does."""
    code = frame.f_code
    if code in _ENVIRON:
        return "environment variables"
    if code is _SEED and frame.f_locals.get("a") is None:
        return "global randomness"
    if code.co_name in {"step", "reset", "render", "make", "make_vec"}:
        return "environments" if _is_of_an_environment(frame) else None
    module = frame.f_globals.get("__name__") or ""
    return _WRITTEN_IN_PYTHON.get(str(module).partition(".")[0])


def _is_of_an_environment(frame: FrameType) -> bool:
    if frame.f_code.co_name.startswith("make"):
        return frame.f_globals.get("__name__") == "gymnasium.envs.registration"
    names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    return bool(names) and is_environment(frame.f_locals.get(names[0]))


class Sight(NamedTuple):
    """A call that a probe saw."""

    probe: str
    called: str
    """What the wrapper's code called: "time.perf_counter"."""
    file: str | None
    line: int | None


class Lookout:
    """Listens to what is called while it is entered, and then gives way to who listened before.

    Garbage is not collected meanwhile: what other people's objects do when they go is not the
    wrapper's doing.
    """

    def __init__(self) -> None:
        self.sights: list[Sight] = []
        self._until: FrameType | None = None
        self._before: Any = None
        self._collects = False

    def __enter__(self) -> None:
        self._until, self._before = sys._getframe(1), sys.getprofile()  # noqa: SLF001
        self._collects = gc.isenabled()
        gc.disable()
        sys.setprofile(self._note)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)
        self._until = None
        if self._collects:
            gc.enable()

    def _note(self, frame: FrameType, event: str, function: Any) -> None:  # pragma: no cover
        """Note what a probe sees. Tools that measure coverage do not see into this hook."""
        if event == "c_call":
            probe = probe_of_builtin(function)
            if probe:
                self._sight(probe, frame, name_of(function))
        elif event == "call":
            probe = probe_of_frame(frame)
            if probe and frame.f_back is not None:
                self._sight(probe, frame.f_back, _name_of_frame(frame))

    def _sight(self, probe: str, frame: FrameType, called: str) -> None:  # pragma: no cover
        sight = sight_of(probe, called, frames_up_to(frame, self._until))
        if sight is not None and sight not in self.sights:
            self.sights.append(sight)


def frames_up_to(frame: FrameType | None, until: FrameType | None) -> list[FrameType]:
    """Return a frame and those that called it, innermost first, below a given one."""
    frames = []
    while frame is not None and frame is not until:
        frames.append(frame)
        frame = frame.f_back
    return frames


def sight_of(probe: str, called: str, frames: list[FrameType]) -> Sight | None:
    """Say what the wrapper's own code called, and where; None if it is not to blame.

    Imports read files, and numpy and gymnasium may warn: neither is the wrapper's doing.
    """
    modules = [str(frame.f_globals.get("__name__")) for frame in frames]
    if any(module.startswith("importlib._bootstrap") for module in modules):
        return None
    roots = [module.partition(".")[0] for module in modules]
    if probe == "logs" or not {"logging", "structlog", "warnings"}.isdisjoint(roots):
        probe = "logs"
        teller = next((m for m in modules if m not in {"warnings", "gymnasium.logger"}), "")
        if teller.partition(".")[0] in {"numpy", "gymnasium", "attr"}:
            return None
    if probe == "global randomness" and (_is_gymnasiums(frames, roots) or _has_a_key(frames)):
        return None
    own = next((i for i, module in enumerate(modules) if not is_of_a_library(module)), None)
    if own is None:
        return Sight(probe, called, None, None)
    called = called if own == 0 else _name_of_frame(frames[own - 1])
    called = _BETTER_NAMES.get(called, called)
    return Sight(probe, called, frames[own].f_code.co_filename, frames[own].f_lineno)


def _is_gymnasiums(frames: list[FrameType], roots: list[str]) -> bool:
    """Tell whether gymnasium seeds a space that nobody asked a sample of, as batch_space does."""
    asked = [f.f_code.co_name for f, root in zip(frames, roots, strict=True) if root == "gymnasium"]
    return bool(asked) and asked[-1] not in {"sample", "seed", "np_random"}


def _has_a_key(frames: list[FrameType]) -> bool:
    """Tell whether numpy's Philox is made with a key: it draws entropy, and makes no use of it."""
    for code in (frame.f_code for frame in frames):
        words = [word for part in code.co_consts if isinstance(part, tuple) for word in part]
        if "Philox" in code.co_names and "key" in words:
            return True
    return False


def name_of(function: BuiltinFunctionType) -> str:
    """Return the name by which people call a function written in C."""
    owner, name = function.__self__, function.__name__
    module = {"posix": "os", "nt": "os", "_thread": "threading"}.get(function.__module__, "")
    module = module or (function.__module__ or "").lstrip("_")
    if module:
        return name if module in {"io", "builtins"} else f"{module}.{name}"
    if owner is PYTHONS_HIDDEN:
        return f"random.{name}"
    return f"{owner.__name__ if isinstance(owner, type) else type(owner).__name__}.{name}"


def _name_of_frame(frame: FrameType) -> str:
    code, module = frame.f_code, frame.f_globals.get("__name__")
    return f"{module}.{code.co_qualname}".removesuffix(".__init__")

"""What a wrapper does outside of itself while it is tried out, seen by Python's profiling hook.

The hook hears of every call of a function written in C, in its own thread. It does not hear what
C code calls on its own.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import random
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Self

import numpy as np

_CONVERTERS: Final = frozenset({"asctime", "gmtime", "mktime", "strftime", "strptime"})
_OF_OS_AND_HARMLESS: Final = frozenset({"fspath", "strerror", "_path_normpath", "getpid", "getcwd"})
CLOCK: Final = "reads the clock"
TELLS: Final = ("prints", "warns", "logs")
REFUSED: Final = (
    "opens or changes files",
    "uses the network",
    "starts a process",
    "starts a thread",
    "draws from the global generators of random or numpy.random",
    "changes the environment variables (os.environ)",
    "sleeps",
    "sets timers or the handlers of signals",
    "draws from the global generator of torch",
)
FILES, NETWORK, PROCESS, THREAD, GLOBAL, VARIABLES, SLEEPS, SIGNALS, TORCHS = REFUSED
HELD_OFF: Final = frozenset(REFUSED) - {GLOBAL, TORCHS, THREAD}
"""What a wrapper is kept from doing, since it could not be put back.

A thread whose start fails in the middle would be listed for good.
"""
LOOKS: Final = 8
"""How many functions are looked at for draws: to read a global generator takes microseconds."""
_OF_SIGNALS: Final = frozenset({"signal", "alarm", "setitimer", "set_wakeup_fd", "pthread_sigmask"})


def _of_time(name: str) -> str | None:
    if name == "sleep":
        return SLEEPS
    return None if name in _CONVERTERS else CLOCK


def _of_os(name: str) -> str | None:
    if name in _OF_OS_AND_HARMLESS or name in {"urandom", "getrandom"}:
        return None
    if name in {"putenv", "unsetenv"}:
        return VARIABLES
    begins = ("fork", "exec", "spawn", "posix_spawn", "system", "popen", "kill", "_exit", "wait")
    return PROCESS if name.startswith(begins) else FILES


_IN_C: Final[dict[str, Callable[[str], str | None]]] = {
    "time": _of_time,
    "posix": _of_os,
    "nt": _of_os,
    "io": lambda name: FILES if name in {"open", "open_code"} else None,
    "_io": lambda name: FILES if name in {"open", "open_code"} else None,
    "_sqlite3": lambda _: FILES,
    "_socket": lambda _: NETWORK,
    "_ssl": lambda _: NETWORK,
    "_posixsubprocess": lambda _: PROCESS,
    "_winapi": lambda _: PROCESS,
    "_signal": lambda name: SIGNALS if name in _OF_SIGNALS else None,
    "_thread": lambda name: THREAD if name.startswith("start") else None,
    "_warnings": lambda name: "warns" if name.startswith("warn") else None,
    "builtins": {"print": "prints", "input": "prints", "open": FILES}.get,
}


class EffectError(BaseException):
    """A wrapper was about to do something outside that cannot be put back."""


class Watch:
    """Counts what is done outside while it is entered, and holds off what cannot be put back.

    Global generators and the environment's variables are put back.

    Args:
        own: the files in which it is looked for where something was done.

    >>> with Watch() as watch:
    ...     print("hello")
    hello
    >>> watch.effects["prints"]
    1
    """

    def __init__(self, own: Collection[str] = ()) -> None:
        self._own, self._looks = own, LOOKS
        self.effects: Counter[str] = Counter()
        self.places: dict[str, str] = {}
        """Where it was first done, by what: "step in ours.py:12". Of draws it is the function."""

    def __enter__(self) -> Self:
        self._before, self._collects = sys.getprofile(), gc.isenabled()
        gc.disable()  # what is freed meanwhile, and who watches that, is not the wrapper's doing
        self._random, self._numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
        self._torchs = _torchs_state()
        self._variables = dict(os.environ)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)
        if self._collects:
            gc.enable()
        if self.effects[VARIABLES]:
            os.environ.clear()
            os.environ.update(self._variables)
        if _moved(self._random, self._numpys):
            self.effects[GLOBAL] += 1
            random.setstate(self._random)
            np.random.set_state(self._numpys)  # noqa: NPY002
        if self._torchs is not None and not self._torchs.equal(_torchs_state()):
            self.effects[TORCHS] += 1
            sys.modules["torch"].set_rng_state(self._torchs)

    def _note(self, frame: types.FrameType, event: str, function: Any) -> None:  # pragma: no cover
        """Note a call. Tools that measure coverage do not see into this hook."""
        seen = noticed(frame, event, function)
        if seen is not None:
            self.effects[seen] += 1
            self.places.setdefault(seen, self._place(frame))
            if seen in HELD_OFF:
                raise EffectError(seen)
        elif event == "return" and self._looks and frame.f_code.co_filename in self._own:
            self._looks -= 1
            self._note_draws(frame.f_code)

    def _place(self, frame: types.FrameType | None) -> str:  # pragma: no cover
        """Name the line of the files that are its own; empty if it is in none."""
        while frame is not None:
            if frame.f_code.co_filename in self._own:
                return placed(frame.f_code, frame.f_lineno)
            frame = frame.f_back
        return ""

    def _note_draws(self, code: types.CodeType) -> None:  # pragma: no cover
        """Note the function in which was drawn: numpy and torch draw where no hook hears it."""
        if GLOBAL not in self.places and _moved(self._random, self._numpys):
            self.places[GLOBAL] = placed(code, code.co_firstlineno)
        torchs = None if TORCHS in self.places else self._torchs
        if torchs is not None and not torchs.equal(_torchs_state()):
            self.places[TORCHS] = placed(code, code.co_firstlineno)


def placed(code: types.CodeType, line: int) -> str:
    """Name a line of a function."""
    return f"{code.co_name} in {code.co_filename}:{line}"


def noticed(frame: types.FrameType, event: str, function: Any) -> str | None:
    """Say what a call does outside, if it does anything, and is no part of an import."""
    if event == "c_call":
        seen = _seen(function)
    elif event == "call":
        seen = _logs(frame)
    else:
        return None
    return None if seen is None or _is_import(frame) else seen


_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
    "log": None,
}


def _logs(frame: types.FrameType) -> str | None:
    """Tell whether the function that a frame begins tells somebody something, as logging is set."""
    module, name = frame.f_globals.get("__name__"), frame.f_code.co_name
    if module == "structlog._native":
        return "logs"
    if module != "logging" or name not in _LEVELS:
        return None
    logger, level = frame.f_locals.get("self"), _LEVELS[name] or frame.f_locals.get("level")
    if not isinstance(logger, logging.Logger) or not isinstance(level, int):
        return None
    heard = logger.hasHandlers() or level >= logging.WARNING  # which the last resort prints
    return "logs" if heard and level >= logger.getEffectiveLevel() else None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Say nothing that is printed, logged or warned of.

    `logging.warning` sets up the root logger where nobody has; that is taken back, or all that is
    logged later would go where this goes.
    """
    disabled, handlers = logging.root.manager.disable, [*logging.root.handlers]
    logging.disable(logging.CRITICAL)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        for handler in [*logging.root.handlers]:
            if handler not in handlers:
                logging.root.removeHandler(handler)


def _seen(function: Any) -> str | None:
    of_module = _IN_C.get(getattr(function, "__module__", None) or "")
    if of_module is not None:
        return of_module(function.__name__)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, io.IOBase):
        if any(owner is s for s in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)):
            return "prints" if function.__name__ == "write" else None
        return None if isinstance(owner, (io.StringIO, io.BytesIO)) else FILES
    is_now = function.__name__ in {"now", "utcnow", "today"} and isinstance(owner, type)
    return CLOCK if is_now and owner.__module__ == "datetime" else None


def _is_import(frame: types.FrameType | None) -> bool:
    """Tell whether a call is part of an import, or of what tells a warning's line."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name.startswith("importlib._bootstrap") or name in {"linecache", "warnings"}:
            return True
        frame = frame.f_back
    return False


def _torchs_state() -> Any:
    """Return where torch's own generator stands; None where nobody has imported torch."""
    torch: Any = sys.modules.get("torch")
    return torch.get_rng_state() if hasattr(torch, "get_rng_state") else None


def _moved(before: Any, numpys: Any) -> bool:
    if random.getstate() != before:
        return True
    now: Any = np.random.get_state()  # noqa: NPY002
    return not np.array_equal(now[1], numpys[1]) or now[2:] != numpys[2:]

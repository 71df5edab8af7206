"""A wrapper in Gymnasium's own loop and through the bridge; and what came of it."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import os
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from statewrap import Stack
from statewrap.core.errors import StatewrapError
from statewrap.core.words import sentence
from statewrap.gym.bridge import Bridge
from statewrap.testing.parity import loops
from statewrap.testing.parity.cases import Case
from statewrap.testing.parity.gaps import one_to_one
from statewrap.testing.parity.hops import Hop
from statewrap.testing.parity.originals import Original
from statewrap.testing.parity.players import chooses
from statewrap.testing.parity.shims import End
from statewrap.testing.parity.worlds import World
from tests.parity.bridge import hostile_outside

ENDS: Final[tuple[End, ...]] = (
    (9, True, False),
    (1, False, True),
    (7, True, False),
    (2, True, True),
    (14, False, True),
    (3, True, False),
    (40, True, False),
    (5, True, False),
)
"""How episodes end: within calls, at once, late."""


Outside = tuple[list[str], str, list[str]]
"""The lines in files, what was printed, what was logged."""


class Verdict(NamedTuple):
    """What the bridge did with a wrapper."""

    outcome: Literal["equal", "refused", "differs"]
    when: str = ""
    """When it was refused: "made" or "run"."""
    words: str = ""
    """The reason, or the difference."""


@functools.cache
def judged(factory: Callable[[Any], Any], make_env: Callable[[], Any], mode: str) -> Verdict:
    """Hold a wrapper under the bridge against itself in Gymnasium's own loop, effects included."""
    with outside() as seen:
        original = Original((factory,), ("it",), one_to_one(1))
        reference = loops.reference(case(Stack(), make_env, original))
        expected = seen()
    for loop in (loops.pulled, loops.pushed):
        with outside() as seen:
            verdict = _judged(factory, make_env, mode, loop, reference.hops)
            found = seen()
        if verdict.outcome != "equal":
            return verdict
        if not _alike(expected, found, last_reset=loop is loops.pushed, tried=mode == "auto"):
            return Verdict("differs", "run", f"outside: {expected} != {found}"[:500])
    return Verdict("equal")


def _alike(expected: Outside, found: Outside, *, last_reset: bool, tried: bool) -> bool:
    """Tell whether the same was done outside.

    A loop that owns its environment may ask for one more episode than is played; and a wrapper
    that is tried out by itself may leave lines in files.
    """
    files = found[0]
    if last_reset and files[-1:] == ["reset"]:
        files = files[:-1] if len(files) > len(expected[0]) else files
    if tried and expected[0]:
        files = files[-len(expected[0]) :]
    return (files, *found[1:]) == expected


def _judged(
    factory: Callable[[Any], Any],
    make_env: Callable[[], Any],
    mode: str,
    loop: Callable[..., loops.Outcome],
    hops: list[Hop],
) -> Verdict:
    try:
        bridge = Bridge(factory, mode=mode)
        odd = loop(case(Stack(bridge), make_env, None), hops).odd
    except StatewrapError as error:
        return Verdict("refused", "made", sentence(error))
    if odd is None:
        return Verdict("equal")
    if isinstance(odd.error, StatewrapError):
        return Verdict("refused", "run", sentence(odd.error))
    return Verdict("differs", "run", odd.detail)


def case(stack: Stack, make_env: Callable[[], Any], original: Original | None) -> Case:
    """Return the case of a stack: several short episodes."""
    return Case(
        make_env,
        World("hostile", ENDS, overrules=True, tells=False, tamed=False),
        stack,
        original,
        one_to_one(1),
        chooses(0, World("hostile").style),
        episodes=len(ENDS) - 1,
    )


@contextlib.contextmanager
def outside() -> Iterator[Callable[[], Any]]:
    """Begin with a clean outside; gives a function that tells what was done to it since."""
    records = Records()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()) as printed,
        warnings.catch_warnings(action="ignore"),
    ):
        os.environ["STATEWRAP_HOSTILE"] = str(Path(folder) / "file")
        os.environ.pop("STATEWRAP_COUNT", None)
        hostile_outside.LOG.handlers = [records]
        hostile_outside.VARIABLE.set(0)
        hostile_outside.SEEN.clear()
        vars(hostile_outside.written).clear()
        hostile_outside.ClassCounter.count = 0
        hostile_outside.ClassList.history.clear()
        hostile_outside.DefaultArgument.seen.__defaults__[0].clear()
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - that is what it is about
        yield lambda: (_lines(), printed.getvalue(), list(records.said))
        os.environ.pop("STATEWRAP_HOSTILE")


def _lines() -> list[str]:
    file = hostile_outside.a_file()
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage())

"""A session goes on in a fresh interpreter, whose strings hash differently, and comes back."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import subprocess
import sys
from typing import Any, Final, NamedTuple

from statewrap.core.errors import StatewrapError
from statewrap.core.fold import Report
from statewrap.testing.machine.rig import Call, rigged

AFTER_A_FAILURE: Final = 10
"""How many more interpreters may be started once one of them disagreed, to make it small."""


class Luggage(NamedTuple):
    """What goes there."""

    maker: tuple[str, str]
    """The module and qualified name of what makes the deployment."""
    options: dict[str, Any]
    asks: bool
    now: float
    snapshot: bytes
    calls: list[Call]


class Souvenirs(NamedTuple):
    """What comes back: what each call gave, the session as it was left, and the reports."""

    answers: list[Any]
    snapshot: bytes
    reports: list[tuple[str, dict[str, Any]]]


class Travel:
    """Starts interpreters, not more than it may; the same luggage comes back with the same."""

    def __init__(self, most: int) -> None:
        """Take how many may be started."""
        self._left = most
        self._known: dict[bytes, Souvenirs | str] = {}

    def go(self, luggage: Luggage) -> Souvenirs | str | None:
        """Return what came back, what went wrong, or None if no more may be started."""
        packed = pickle.dumps(luggage)
        if packed not in self._known:
            if self._left <= 0:
                return None
            self._left -= 1
            self._known[packed] = _gone(packed)
        return self._known[packed]

    def disagreed(self) -> None:
        """Allow some more, the first time, so that hypothesis can look for a smaller case."""
        self._left, self.disagreed = AFTER_A_FAILURE, lambda: None  # type: ignore[method-assign]


def name_of(maker: Any) -> tuple[str, str] | str:
    """Return module and qualified name of a class or function, or why it has none elsewhere."""
    module, name = getattr(maker, "__module__", None), getattr(maker, "__qualname__", None)
    if not module or not name:
        return f"{maker!r} has no name"
    if module == "__main__":
        return f"{name} is defined in a script, where a fresh interpreter does not find it"
    try:
        found = _looked_up(module, name)
    except (ImportError, AttributeError) as error:
        return f"{module}.{name} cannot be imported: {error}"
    return (module, name) if found is maker else f"{module}.{name} is something else by now"


def _looked_up(module: str, name: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _gone(packed: bytes) -> Souvenirs | str:
    hashes_here = os.environ.get("PYTHONHASHSEED", "")
    elsewhere = {
        **os.environ,
        "PYTHONHASHSEED": "2" if hashes_here == "1" else "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(  # noqa: S603 - this interpreter, and our own lines
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        input=packed,
        env=elsewhere,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return f"A fresh interpreter could not go on:\n{done.stderr.decode(errors='replace')}"
    back: Souvenirs = pickle.loads(done.stdout)  # noqa: S301 - what our own process wrote
    return back


def main() -> None:
    """Take a luggage from standard input, go through it, and write to standard output."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr):  # a test module may print
        pickle.dump(gone_through(pickle.load(source)), target)  # noqa: S301 - the machine's own


def gone_through(luggage: Luggage) -> Souvenirs:
    """Make the deployment, restore the session, and make the calls."""
    maker, reports = _looked_up(*luggage.maker), list[tuple[str, dict[str, Any]]]()

    def note(report: Report) -> None:
        reports.append((report.name, dict(report.values)))

    make = maker().make if isinstance(maker, type) else maker
    fresh = make(**luggage.options, clock=lambda: luggage.now, sinks=(note,))
    deployment, answers = rigged(fresh, asks=luggage.asks).deployment, []
    deployment.restore(luggage.snapshot)
    for call in luggage.calls:
        try:
            answers.append(getattr(deployment, call.name)(*call.arguments, **call.options))
        except StatewrapError as error:
            answers.append(type(error).__name__)
    return Souvenirs(answers, deployment.snapshot(), reports)

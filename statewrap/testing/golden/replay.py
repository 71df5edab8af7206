"""Golden dialogues played again, or driven again by their host."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from statewrap.core.words import sentence
from statewrap.deployment import Deployment
from statewrap.testing.golden.dialogue import Call, Dialogue
from statewrap.testing.golden.errors import CURE, GoldenBroken, GoldenError, hidden
from statewrap.testing.golden.files import file_of, load
from statewrap.testing.golden.recording import Recording
from statewrap.testing.golden.values import value_of
from statewrap.testing.golden.watch import wall_clock

__tracebackhide__ = hidden

Path = str | os.PathLike[str]


def record(deployment: Deployment) -> Recording:
    """Note every call of a fresh deployment: call what is returned in its place.

    Times are noted as the deployment's clock gives them.

    Raises:
        TypeError: if it is no deployment.
        ProtocolError: if it was called before.

    >>> with record(Deployment(len, sinks=(), seed=0, clock=lambda: 0.0)) as session:
    ...     session.reset("f0")
    2
    >>> print(session.dialogue.body(), end="")
    {"step": 0, "call": "reset", "given": {"observation": "f0"}, "time": 0.0}
    {"step": 0, "gap": 0, "who": "environment", "passes": {"first": true}}
    {"step": 0, "gap": 0, "event": {"Opened": {}}}
    {"step": 0, "gap": 0, "who": "policy", "says": {"Act": {"action": 2}}}
    {"step": 0, "answer": 2}
    {"step": 1, "call": "close", "given": {}}
    {"step": 1, "gap": 0, "event": {"Abandoned": {}}}
    {"step": 1, "gap": 0, "event": {"Closed": {}}}
    {"step": 1, "answer": null}
    {"end": "10 lines before this one"}
    """
    return Recording(deployment)


def replay(path: Path, deployment: Deployment, *, update: bool = False) -> None:
    """Make the calls of a golden dialogue again, at the times recorded, and compare hop by hop.

    Args:
        path: the file.
        deployment: a fresh one, of the same stack and policy.
        update: write what is said now into the file, in place of comparing.

    Raises:
        GoldenBroken: at the first difference.
        GoldenError: if the file is missing, damaged or of another format.
        TypeError, ProtocolError: as `record`.
    """
    path = file_of(path)
    recorded = load(path)
    name, calls = str(path), recorded.calls
    given = [_given(recorded, call, name) for call in calls]
    times, compared = _times(recorded, name), None if update else recorded
    session = Recording(deployment, times=times, recorded=compared, name=name)
    for call, arguments in zip(calls, given, strict=True):
        _again(session, call, arguments, name)
    if update:
        session.save(path)


def golden_dialogue(path: Path, deployment: Deployment, *, update: bool = False) -> Recording:
    """Let a host talk with a deployment as it was recorded, within a `with`.

    Calls are compared as they are made. A deployment on the wall clock, which is the default, is
    given one that goes a second a call, so that the same run has the same times. The end of the
    block closes the deployment.

    Args:
        path: the file.
        deployment: a fresh one; the host calls what `with` gives in its place.
        update: write the file at the end of the block, in place of comparing.

    Raises:
        GoldenBroken, GoldenError, TypeError, ProtocolError: as `replay`.
    """
    path = file_of(path)
    return Recording(
        deployment,
        times=float if wall_clock(deployment) else None,
        recorded=None if update else load(path),
        name=str(path),
        ending=functools.partial(Recording.save, path=path) if update else None,
    )


def _again(session: Recording, call: Call, given: dict[str, Any], path: str) -> None:
    """Make a call again; what it raises is part of the dialogue.

    Raises:
        GoldenError: if there is no such call.
    """
    before = len(session.dialogue.calls)
    try:
        session.call(call.name, **given)
    except GoldenBroken:
        raise
    except Exception as error:
        if len(session.dialogue.calls) == before:
            raise _unusable(path, call, error) from error


def _given(recorded: Dialogue, call: Call, path: str) -> dict[str, Any]:
    """Read what was given to a call."""
    try:
        texts = call.lines[0]["given"].items()
        return {name: value_of(text, recorded.arrays) for name, text in texts}
    except Exception as error:
        raise _unusable(path, call, error) from error


def _times(recorded: Dialogue, path: str) -> Callable[[int], float]:
    """Return the time of each call; one that had none has that of the call before."""
    times, last = [], 0.0
    for call in recorded.calls:
        last = call.lines[0].get("time", last)
        if type(last) is not float:
            raise GoldenError(
                f"{path}, line {call.number}: the time is {last!r}, expected 0.5, say."
            )
        times.append(last)
    return times.__getitem__


def _unusable(path: str, call: Call, error: Exception) -> GoldenError:
    return GoldenError(
        f"{path}, line {call.number}: the call cannot be made again, "
        f"{type(error).__name__}: {sentence(error)} {CURE}"
    )

"""A session under trial beside its shadow, which is told only what was committed."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.borders import thaw
from statewrap.core.fold import Report
from statewrap.core.same import difference
from statewrap.deployment import Deployment
from statewrap.testing.machine.rig import Call, Outcome, Rig, apart, wrong


@attrs.define
class Line:
    """A session under trial, and its shadow, which is told nothing but what was committed."""

    number: int
    rig: Rig
    shadow: Rig
    reports: list[Report]
    expected_reports: list[Report]
    last: Call | None = None
    """The last call that was committed."""
    answer: Any = None
    """What it gave, as it was then."""
    kept: tuple[bytes, Rig, float] | None = None
    """A snapshot of some time ago, the shadow as it was then, and when that was."""

    @property
    def real(self) -> Deployment:
        """The deployment under trial."""
        return self.rig.deployment


def agree(expected: Outcome, found: Outcome, what: str, line: Line) -> None:
    """Hold that a session gave what its shadow gave."""
    raised = [_kind(one) for one in (expected, found)]
    where = difference(expected.answer, found.answer, "answer")
    if raised[0] != raised[1]:
        where = "only one of them raises" if None in raised else "they raise different errors"
    if where:
        wrong(
            f"{what} is answered differently by session {line.number} and its shadow, which was "
            f"only told what was committed (shadow != session): {where}\n"
            f"  the shadow  {expected!r}\n  session {line.number}   {found!r}"
        )


def _kind(outcome: Outcome) -> tuple[type, type] | None:
    """Return the types of an error and of its cause; they are to be the same."""
    if outcome.error is None:
        return None
    return type(outcome.error), type(outcome.error.__cause__)


def hold_alike(real: Deployment, shadow: Deployment, what: str) -> None:
    """Hold that a session is as its shadow."""
    where = apart(shadow, real)
    if where:
        wrong(f"{what} is not as if nothing else had happened: {where}.")


def forked(rig: Rig, reports: list[Report], seed: int | None = None) -> Rig:
    """Return an independent session of the same stack and policy, that reports to a list."""

    def note(report: Report) -> None:
        reports.append(Report(report.name, dict(report.values)))

    return rig._replace(deployment=rig.deployment.fork(seed=seed, sinks=(note,)))


def wait(deployment: Deployment, seconds: float) -> None:
    """Let no time pass for a session, while so much does: a snapshot's time stands still."""
    vars(deployment)["_started"] += seconds


def writable(call: Call) -> Call:
    """Copy what is passed, as a host would that has arrays of its own."""
    options = {name: thaw(value) for name, value in call.options.items()}
    return call._replace(arguments=tuple(map(thaw, call.arguments)), options=options)

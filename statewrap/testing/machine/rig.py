"""A deployment in which wrapper and policy can be made to raise, and calls that are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, NoReturn

import attrs
import numpy as np

from statewrap.core.errors import SnapshotError, StatewrapError
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.deployment import Deployment
from statewrap.package.snapshot import SnapshotFormat
from statewrap.testing.laws.failure import Fuse, Tripped, TrippingPolicy, tripping


class Lit(Fuse):
    """A fuse that remembers whether it blew."""

    def __init__(self) -> None:
        super().__init__()
        self.blown = False

    def mend(self, blows_at: int) -> None:
        """Count anew."""
        super().mend(blows_at)
        self.blown = False

    def blow(self) -> None:
        """Count one call."""
        try:
            super().blow()
        except Tripped:
            self.blown = True
            raise


class Rig(NamedTuple):
    """A deployment and its fuses; its forks have the same ones."""

    deployment: Deployment
    wrappers: Lit
    policy: Lit


def rigged(deployment: Deployment, *, asks: bool) -> Rig:
    """Plant fuses in a fresh deployment; what it saves and prints stays as it was.

    Args:
        deployment: one that has seen nothing.
        asks: whether to take its policy away, so that decisions come from outside.
    """
    self: Any = deployment
    rules, on_wrappers, on_policy = self._rules, Lit(), Lit()
    if asks and rules.policy is not None:
        rules = attrs.evolve(rules, policy=None)
        self._format = SnapshotFormat(rules)
        agent = attrs.evolve(self._session.agent, policy=None)
        self._session = attrs.evolve(self._session, agent=agent)
    stack = tripping(rules.stack, on_wrappers)
    stack.gaps = rules.stack.gaps
    policy = rules.policy and TrippingPolicy(rules.policy, on_policy)
    checks = attrs.evolve(rules.checks, stack=stack)
    self._rules = attrs.evolve(rules, policy=policy, checks=checks)
    return Rig(deployment, on_wrappers, on_policy)


class Call(NamedTuple):
    """A call of a deployment."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in self.options.items())
        return brief(_Plain(f"{self.name}({', '.join([*map(repr, self.arguments), *given])})"), 300)


class _Plain(str):
    """Text that prints without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Outcome(NamedTuple):
    """What a call gave: an answer, or an error."""

    answer: Any
    error: StatewrapError | None = None

    def __repr__(self) -> str:
        if self.error is None:
            return brief(self.answer, 300)
        return f"{type(self.error).__name__}: {sentence(self.error)}"


class Wrong(AssertionError):  # noqa: N818 - a test fails
    """The machine found something."""


def wrong(words: str, cause: BaseException | None = None) -> NoReturn:
    """Say what the machine found.

    All is raised here, so that hypothesis takes it for one finding, and makes that one small.

    Raises:
        Wrong: always.
    """
    raise Wrong(words) from cause


def made(deployment: Deployment, call: Call) -> Outcome:
    """Make a call, and hold that one which raises is definite and leaves everything as it was.

    One that does not raise leaves the session from before as it was, too: a value that a fork, a
    retry or a kept snapshot may still hold.

    Raises:
        Wrong: if it raises something else than a `StatewrapError`, or changes something in place,
            or changes something and raises.
    """
    before, session = _picture(deployment), vars(deployment)["_session"]
    outcome = told(deployment, call)
    _hold_value(deployment, session, before[0], call)
    if outcome.error is not None:
        raised = type(outcome.error).__name__
        _hold_unchanged(deployment, before, f"{call!r} raised {raised}, and")
    return outcome


def told(deployment: Deployment, call: Call) -> Outcome:
    """Make a call, and hold that one which raises is definite.

    Raises:
        Wrong: if it raises something else than a `StatewrapError`.
    """
    try:
        return Outcome(getattr(deployment, call.name)(*call.arguments, **call.options))
    except StatewrapError as error:
        return Outcome(None, error)
    except Exception as error:  # noqa: BLE001 - told
        wrong(
            f"{call!r} raised {type(error).__name__}: {sentence(error)} That is no StatewrapError, "
            "which is all that a host has to reckon with.",
            error,
        )


def changing_nothing(deployment: Deployment, call: Call) -> Outcome:
    """Make a call that is to change nothing, whatever it gives.

    Raises:
        Wrong: if it changes something.
    """
    before = _picture(deployment)
    outcome = made(deployment, call)
    _hold_unchanged(deployment, before, f"{call!r} gave {outcome!r}, and")
    return outcome


def refused(deployment: Deployment, calls: Iterable[Call]) -> None:
    """Make calls one after the other, each of which is to be refused and to change nothing.

    Raises:
        Wrong: if one is answered, or something was changed.
    """
    before, session = _picture(deployment), vars(deployment)["_session"]
    state = deployment.state.value
    for call in calls:
        outcome = told(deployment, call)
        if outcome.error is None:
            wrong(f"{call!r} was to be refused in the state {state!r}, but gave {outcome!r}.")
        if vars(deployment)["_session"] is not session:
            _hold_unchanged(deployment, before, f"{call!r} gave {outcome!r}, and")
    _hold_unchanged(deployment, before, "Calls that were refused, as they should be, but")


def saved(deployment: Deployment) -> bytes:
    """Take a snapshot.

    Raises:
        Wrong: if that is not possible.
    """
    try:
        return deployment.snapshot()
    except SnapshotError as error:
        wrong(f"The session cannot be saved: {sentence(error)}", error)


def restore(deployment: Deployment, snapshot: bytes) -> None:
    """Go on from a snapshot of the same stack.

    Raises:
        Wrong: if that is not possible.
    """
    try:
        deployment.restore(snapshot)
    except SnapshotError as error:
        wrong(f"The session cannot be restored: {sentence(error)}", error)


def _picture(deployment: Deployment) -> tuple[bytes, tuple[Any, ...]]:
    """Return all there is to see of a deployment: bytes, which nobody changes in place."""
    return saved(deployment), deployment.last_trace.facts


def _hold_unchanged(deployment: Deployment, before: tuple[bytes, Any], what: str) -> None:
    snapshot, facts = _picture(deployment)
    if snapshot != before[0]:
        load = deployment._format.load  # noqa: SLF001 - to say what differs
        where = difference(load(before[0]), load(snapshot))
        if where:
            where = where.removeprefix(".")
            wrong(f"{what} the session was changed (before != after): {where}.")
    if [id(fact) for fact in facts] != [id(fact) for fact in before[1]]:
        wrong(f"{what} last_trace was changed.")


def _hold_value(deployment: Deployment, session: Any, before: bytes, call: Call) -> None:
    """Hold that a session from before a call was not changed by it."""
    form = deployment._format  # noqa: SLF001 - to write an older session than the deployment's
    now = form.save(form.load(before)._replace(session=session))
    if now == before:
        return
    where = difference(form.load(before).session, form.load(now).session)
    if where:
        where = where.removeprefix(".")
        wrong(f"{call!r} changed in place what was remembered before (before != after): {where}.")


def apart(real: Deployment, shadow: Deployment) -> str | None:
    """Say where two sessions differ, or return None."""
    here, there = (vars(one)["_session"] for one in (real, shadow))
    return difference(here, there, "session") or difference(real.seed, shadow.seed, "seed")


def arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Find the arrays in what a host passes or gets; a picture is given out as it is kept."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        yield from arrays(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from arrays(item)
    elif attrs.has(type(value)):
        names = (field.name for field in attrs.fields(type(value)) if field.name != "frame")
        yield from arrays(tuple(getattr(value, name) for name in names))


def write_over(value: Any) -> None:
    """Change every array, as a host does that keeps its buffers; empty every dict and list."""
    for array in arrays(value):
        if array.flags.writeable and array.dtype.kind in "biufc":
            array[...] = np.logical_not(array)
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, (dict, list)):
            item.clear()

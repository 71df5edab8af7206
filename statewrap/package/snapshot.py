"""A session as bytes: every memory, what was counted, the last answer and the number due."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.drivers import Agent
from statewrap.core.errors import SnapshotError
from statewrap.core.fold import Report
from statewrap.core.opaque import KNOWN_TO_ONE
from statewrap.core.protocol import State
from statewrap.core.rules import SessionRules
from statewrap.core.session import Command, Over, Session, Wanted
from statewrap.core.wrapper import StackMemory
from statewrap.package.fingerprint import Fingerprint, fingerprint
from statewrap.package.plain import by_name, fields, seal, unseal

KIND: Final = "snapshot"
VERSION: Final = 2

_OWN: Final = (Session, State, Agent, StackMemory, Command, Wanted, Over, Report)


class Saved(NamedTuple):
    """What a snapshot holds."""

    session: Session
    seed: int
    time: float
    """Seconds since the session opened."""


@attrs.frozen
class SnapshotFormat:
    """How the sessions of some rules are written, in the format of `statewrap.package.plain`."""

    rules: SessionRules

    def save(self, saved: Saved) -> bytes:
        """Write a session.

        Raises:
            SnapshotError: if a memory holds something that is neither plain data nor an instance
                of a class declared in `memory_types`; it names the place.
        """
        header = {
            "fingerprint": self.fingerprint.to_json(),
            "policy": self.policy,
            "statistics": self.rules.statistics.form,
        }
        return seal(KIND, VERSION, header, tuple(saved), self.types)

    def load(self, data: bytes) -> Saved:
        """Read what `save` wrote for the same stack over the same spaces.

        Raises:
            SnapshotError: if the data is foreign, damaged, of another version, of another stack,
                of a policy that remembers something else, or of other statistics.
        """
        sealed = unseal(data, KIND, VERSION)
        refusal = self.fingerprint.refusal(Fingerprint.from_json(sealed.header.get("fingerprint")))
        if refusal:
            raise SnapshotError(refusal)
        policy = sealed.header.get("policy")
        if policy != self.policy:
            raise SnapshotError(
                f"The snapshot is of a policy that remembers {policy}, but this deployment's "
                f"remembers {self.policy}. Restore it with the policy it was made with."
            )
        counted, known = sealed.header.get("statistics"), self.rules.statistics.form
        if counted != known:
            raise SnapshotError(
                f"The snapshot counts {_said(counted)}, but this deployment counts {_said(known)} "
                f"beside the usual. {_cure(counted)}"
            )
        body = sealed.body(self.types)
        kinds = tuple(map(type, body)) if isinstance(body, tuple) else ()
        if kinds != (Session, int, float):
            raise SnapshotError("The snapshot holds something other than a session.")
        return Saved(*body)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The identity of the stack over the environment's spaces."""
        return fingerprint(self.rules.stack, self.rules.checks.bottom)

    @cached_property
    def policy(self) -> dict[str, list[str]] | None:
        """The classes that the policy's memory is made of, and their fields; None without one."""
        if self.rules.policy is None:
            return None
        named = by_name(self.rules.policy.memory_types)
        return {name: list(fields(kind) or ()) for name, kind in named.items()}

    @cached_property
    def types(self) -> tuple[type, ...]:
        """Every class that a session of these rules may hold, each once."""
        policy = () if self.rules.policy is None else self.rules.policy.memory_types
        wrappers = (kind for wrapper in self.rules.stack for kind in wrapper.memory_types)
        return tuple(
            dict.fromkeys((*_OWN, *self.rules.statistics.memory_types, *policy, *wrappers))
        )


def _said(statistics: Any) -> str:
    """Name the statistics of a header, each with its reducers."""
    return "; ".join(" ".join(map(str, parts)) for parts in statistics or ()) or "nothing"


def _cure(statistics: Any) -> str:
    """Say what to do about statistics that differ."""
    cure = "Restore it with the statistics it was made with."
    if KNOWN_TO_ONE not in _said(statistics):
        return cure
    return (
        f"{cure} One of them has a function that only the process that made it knows: put it into "
        "a module, or register it with @statewrap.register(name)."
    )

"""A session as bytes: every memory, what was counted, the last answer and the number due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from statewrap.core.drivers import Agent
from statewrap.core.errors import SnapshotError
from statewrap.core.fold import Report
from statewrap.core.protocol import State
from statewrap.core.rules import SessionRules
from statewrap.core.session import Command, Over, Session, Wanted
from statewrap.core.wrapper import StackMemory
from statewrap.package.fingerprint import Fingerprint, fingerprint
from statewrap.package.plain import by_name, fields, seal, unseal

KIND: Final = "snapshot"
VERSION: Final = 1

_OWN: Final = (Session, State, Agent, StackMemory, Command, Wanted, Over, Report)


class Saved(NamedTuple):
    """What a snapshot holds beside the identity of its stack."""

    session: Session
    seed: int
    time: float
    """Seconds since the session opened."""


def save_session(rules: SessionRules, saved: Saved) -> bytes:
    """Write a session, in the format of `statewrap.package.plain`.

    Raises:
        SnapshotError: if a memory holds something that is neither plain data nor an instance of
            a class declared in `memory_types`; it names the place.
    """
    header = {
        "fingerprint": fingerprint(rules.stack, rules.bottom).to_json(),
        "policy": _policy_format(rules),
    }
    return seal(KIND, VERSION, header, tuple(saved), _types(rules))


def load_session(rules: SessionRules, data: bytes) -> Saved:
    """Read what `save_session` wrote for the same stack over the same spaces.

    Raises:
        SnapshotError: if the data is foreign, damaged, of another version, of another stack, or
            of a policy that remembers something else.
    """
    sealed = unseal(data, KIND, VERSION)
    _check_stack(rules, sealed.header)
    wanted, found = _policy_format(rules), sealed.header.get("policy")
    if wanted != found:
        raise SnapshotError(
            f"The snapshot is of a policy that remembers {found}, but this deployment's policy "
            f"remembers {wanted}. Restore it into a deployment with the policy it was made with."
        )
    body = sealed.body(_types(rules))
    if not (isinstance(body, tuple) and len(body) == 3 and isinstance(body[0], Session)):
        raise SnapshotError("The snapshot holds something other than a session.")
    return Saved(*body)


def _check_stack(rules: SessionRules, header: Mapping[str, Any]) -> None:
    here = fingerprint(rules.stack, rules.bottom)
    there = Fingerprint.from_json(header.get("fingerprint"))
    if here.digest != there.digest:
        raise SnapshotError(here.refusal(there))


def _types(rules: SessionRules) -> tuple[type, ...]:
    """Return every class that a session of these rules may hold, each once."""
    policy = () if rules.policy is None else rules.policy.memory_types
    wrappers = (kind for wrapper in rules.stack for kind in wrapper.memory_types)
    return tuple(dict.fromkeys((*_OWN, *rules.statistics.memory_types, *policy, *wrappers)))


def _policy_format(rules: SessionRules) -> dict[str, list[str]] | None:
    """Name the classes that the policy's memory is made of, and their fields."""
    if rules.policy is None:
        return None
    named = by_name(rules.policy.memory_types)
    return {name: list(fields(kind) or ()) for name, kind in named.items()}

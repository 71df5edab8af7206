"""Go on from snapshots in an interpreter that has seen nothing.

    python -m tests.parity.bridge.fresh FILE

The file is a pickled dict: the id of a stack, to its snapshots, what is shown after each, the
actions that followed and the snapshot at the end. Prints what differs, as JSON.
"""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from statewrap import Stack
from statewrap.core.same import difference
from tests.parity.bridge.clocks import standing_still
from tests.parity.bridge.everything import ENTRIES, stack_of
from tests.parity.bridge.hostile_cases import HOSTILE, Plant
from tests.parity.bridge.proofs import bridged, deployed
from tests.parity.bridge.stacks import STACKS


class Saved(NamedTuple):
    """A session that was saved in the middle of a call, and how it went on."""

    snapshot: bytes
    rest: list[dict[str, Any]]
    actions: list[Any]
    last: bytes


def made(name: str) -> tuple[Any, Stack]:
    """Return the place and the stack of an id."""
    kind, _, called = name.partition(":")
    if kind == "entry":
        entry = ENTRIES[called]
        return entry.places[0], stack_of(entry)
    if kind == "stack":
        tall = next(tall for tall in STACKS if tall.id == called)
        return tall.place, Stack(bridged(tall.whole, tall.place))
    hostile = next(one for one in HOSTILE if one.name == called)
    return Plant, Stack(bridged(hostile.factory, Plant))


def odd(name: str, sessions: list[Saved]) -> str | None:
    """Go on from each snapshot; return how that differs from what followed."""
    deployment = deployed(*made(name))
    for saved in sessions:
        deployment.restore(saved.snapshot)
        found = [deployment.act(**given) for given in saved.rest]
        differs = difference(saved.actions, found)
        if differs is not None:
            return differs
        if deployment.snapshot() != saved.last:
            return "the snapshots at the end"
    return None


def main() -> None:
    """Read the file, and print what differs."""
    sessions = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - the test's own
    found = {}
    for name, some in sessions.items():
        try:
            with standing_still(), warnings.catch_warnings(action="ignore"):
                found[name] = odd(name, some)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    print(json.dumps({name: what for name, what in found.items() if what}))  # noqa: T201


if __name__ == "__main__":
    main()

"""Sessions that were saved in the middle of a call go on in an interpreter that saw nothing."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from statewrap.core.errors import StatewrapError
from statewrap.gym.bridge import Bridge
from tests.parity.bridge.everything import ENTRIES
from tests.parity.bridge.fresh import Saved, made
from tests.parity.bridge.hostile_cases import CONTROL, STATE
from tests.parity.bridge.proofs import deployed, played
from tests.parity.bridge.stacks import STACKS

ROOT = Path(__file__).parents[3]
CUTS, MANY = (8, 16, 17, 18), 20
NAMES = (
    *(f"entry:{name}" for name, entry in ENTRIES.items() if not entry.missing),
    *(f"stack:{tall.id}" for tall in STACKS),
    *(f"hostile:{case.name}" for case in (*CONTROL, *STATE)),
)


def safe(name):
    """Return the place and stack of an id if it says that it can be saved, else None."""
    place, stack = made(name)
    try:
        deployment = deployed(place, stack)
    except StatewrapError:
        return None
    bridges = [one for one in deployment.stack if isinstance(one, Bridge)]
    return (place, stack) if all(one.seen.snapshot_safe for one in bridges) else None


def saved(place, stack):
    """Save a session at each cut, with what followed."""
    calls, snapshots = played(place, deployed(place, stack), MANY, (*CUTS, MANY))
    for cut in CUTS:
        rest = calls[cut:]
        given, actions = [call.given for call in rest], [call.action for call in rest]
        yield Saved(snapshots[cut], given, actions, snapshots[MANY])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_one_that_claims_it_goes_on_elsewhere(tmp_path):
    """After five different calls each, four of them in a row, so that skips are cut inside."""
    sessions = {}
    with warnings.catch_warnings(action="ignore"):
        for name in NAMES:
            found = safe(name)
            if found is not None:
                sessions[name] = list(saved(*found))
    file = tmp_path / "sessions"
    file.write_bytes(pickle.dumps(sessions))

    told_there = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.parity.bridge.fresh", str(file)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert {} == json.loads(told_there.stdout.splitlines()[-1])
    assert len(sessions) > 120

"""All wrappers that are tried under the bridge, by the names of their functions."""

from __future__ import annotations

import functools
from typing import Any, Final

from statewrap import Stack
from tests.parity.bridge.entries import DRAWN, Bridged
from tests.parity.bridge.originals import ORIGINALS
from tests.parity.bridge.others import OTHERS
from tests.parity.bridge.proofs import bridged

ENTRIES: Final[dict[str, Bridged]] = {one.id: one for one in (*ORIGINALS, *OTHERS)}


@functools.cache
def _bridge(name: str, mode: str) -> Any:
    entry = ENTRIES[name]
    draws = DRAWN if entry.draws else None
    return bridged(entry.make, entry.places[0], mode, entry.describes, draws)


def stack_of(entry: Bridged, mode: str = "auto") -> Stack:
    """Put a wrapper on the bridge, on top of what it needs."""
    return Stack(entry.below, _bridge(entry.id, mode))

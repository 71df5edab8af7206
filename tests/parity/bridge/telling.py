"""What was found out about a wrapper under the bridge: compared, saved, refused."""

from __future__ import annotations

import functools
import tempfile
import warnings
from contextlib import chdir
from typing import Any, Literal, NamedTuple

from statewrap import Stack
from statewrap.core.errors import StatewrapError
from statewrap.core.words import sentence
from statewrap.testing.parity.twins import twin
from tests.parity.bridge.entries import Bridged
from tests.parity.bridge.everything import ENTRIES, stack_of
from tests.parity.bridge.proofs import WORLDS, Held, cuts, held, known


class Told(NamedTuple):
    """What came of a wrapper."""

    outcome: Literal["equal", "refused"]
    mode: str = ""
    """The mode that was chosen, or had to be given."""
    why: str = ""
    """Why this mode, or why it is refused."""
    compared: tuple[Held, ...] = ()
    cuts: int = 0
    """After how many calls it was saved and went on elsewhere; 0 where it says it cannot be."""
    replay: str = ""
    """Why it is refused where it would be run again; empty where it is not."""


@functools.cache
def told(name: str) -> Told:
    """Find out about a wrapper.

    Raises:
        AssertionError: if it is not equal, nor refused.
    """
    entry = ENTRIES[name]
    with tempfile.TemporaryDirectory() as folder, chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _warm(entry)
        why = refusal(entry, "auto")
        if why is not None:
            return Told("refused", why=why, replay=why)
        return _compared(entry)


def _warm(entry: Bridged) -> None:
    """Let a wrapper run once by itself, so that what it imports when it is used is there."""
    env = entry.places[0]()
    for one in Stack(entry.below):
        env = twin(one)(env)
    env = entry.make(env)
    env.reset(seed=0)
    env.step(env.action_space.sample())


def refusal(entry: Bridged, mode: str) -> str | None:
    """Return why a wrapper is refused as its bridge is made; None if it is not."""
    try:
        bound(entry, mode)
    except StatewrapError as error:
        return sentence(error)
    return None


def bound(entry: Bridged, mode: str = "auto") -> Any:
    """Return the bridge of a wrapper as it is when it knows what is below it."""
    stack = stack_of(entry, mode)
    return stack.bind(known(entry.places[0], "frame" in stack.needs)).wrappers[-1]


def _compared(entry: Bridged) -> Told:
    bridge = bound(entry)
    compared = tuple(
        held(
            place,
            stack_of(entry),
            [*(None for _ in Stack(entry.below)), entry.original],
            worlds=WORLDS if entry.generate and not number else (),
            longest=entry.longest,
            seeds=entry.seeds,
        )
        for number, place in enumerate(entry.places)
    )
    saved = cuts(entry.places[0], stack_of(entry)) if bridge.seen.snapshot_safe else 0
    seen = bridge.seen
    mode = f"{seen.mode}, {seen.path.name}"
    why = f"{seen.why_mode}; {seen.path.why}" if seen.why_mode else seen.path.why
    return Told("equal", mode, why, compared, saved, refusal(entry, "replay") or "")

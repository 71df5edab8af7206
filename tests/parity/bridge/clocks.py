"""Clocks that stand still, so that wall-clock times are alike wherever they are read."""

from __future__ import annotations

import importlib
import importlib.util
import types
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from statewrap.testing.parity import loops
from statewrap.testing.parity.shims import Clock

MODULES = ("gymnasium.wrappers.common", "stable_baselines3.common.monitor")
"""Modules whose wrappers read the wall clock."""


class Still(Clock):
    """A clock that stands still, whoever moves it."""

    now = property(lambda _: 0.0, lambda *_: None)  # type: ignore[assignment]


@contextmanager
def standing_still() -> Iterator[None]:
    """Let all clocks stand still."""
    still = types.SimpleNamespace(perf_counter=lambda: 0.0, time=lambda: 0.0)
    found = [name for name in MODULES if importlib.util.find_spec(name.partition(".")[0])]
    patches = [patch.object(importlib.import_module(name), "time", still) for name in found]
    patches += [
        patch.object(loops, "Clock", Still),
        patch.object(loops, "their_clock", lambda _: nullcontext()),
    ]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()

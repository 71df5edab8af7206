"""What the tests of the bridge share."""

from __future__ import annotations

import pytest

from tests.parity.bridge.clocks import standing_still


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    """Open no window."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")


@pytest.fixture(autouse=True)
def clocks_stand_still():
    """Compare times with nothing else."""
    with standing_still():
        yield

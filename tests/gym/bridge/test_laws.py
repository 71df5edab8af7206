"""The laws that hold for every inverted wrapper, held against bridged ones."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as gw
from gymnasium.spaces import Box

from statewrap import Below
from statewrap.gym.bridge import Bridge
from statewrap.testing import examine
from statewrap.testing.laws.reach import is_environment
from tests.gym.bridge import factories, hostile
from tests.gym.bridge.factories import BELOW

WIDE = Below(Box(-np.inf, np.inf, (2,), np.float32), BELOW.action_space)
FACTORIES = (
    factories.limit,
    factories.repeat,
    factories.stacked,
    factories.sticky,
    factories.resets_itself,
    factories.clipped,
    hostile.SkipsAtRandom,
    hostile.HoldsEverything,
)


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_every_law_holds(factory):
    """Pure, one for one, saved and restored at any message, also in a fresh interpreter."""
    below = WIDE if factory is hostile.HoldsEverything else BELOW

    found = examine(Bridge(factory, mode="replay"), below=below, examples=4)

    assert [] == [str(broken) for broken in found.findings]


def test_who_reads_the_clock_breaks_those_that_it_must():
    """It is no function of what it is told, and `seen` says so."""
    found = examine(Bridge(gw.RecordEpisodeStatistics, mode="replay"), below=BELOW, examples=2)

    assert "touches_nothing_outside" in {broken.law.__name__ for broken in found.findings}


def test_a_wrapper_over_a_stub_is_no_environment():
    """And one over an environment is, for the law that a wrapper lives without one."""
    live = Bridge(factories.limit, BELOW, mode="replay")._engine.workshop.take()

    assert not is_environment(live.outer)
    assert not is_environment(live.stub)
    assert is_environment(gymnasium.make("CartPole-v1"))

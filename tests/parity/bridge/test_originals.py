"""Gymnasium's own wrappers through the bridge, against its loop and against their twins."""

from __future__ import annotations

import re

import pytest

from statewrap import Stack
from statewrap.gym import GymWrapper
from statewrap.testing.parity.unseen import Unseen
from tests.parity.bridge.everything import stack_of
from tests.parity.bridge.originals import ORIGINALS
from tests.parity.bridge.proofs import EVERY_OFFSET, bridged, held
from tests.parity.bridge.stacks import STACKS
from tests.parity.bridge.telling import told

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning"),
]
TWINNED = [entry for entry in ORIGINALS if entry.twin is not None]


def skip_without(entry):
    """Skip what needs something that is not installed."""
    if entry.missing:
        pytest.skip(f"not installed: {', '.join(entry.missing)}")


@pytest.mark.parametrize("entry", ORIGINALS, ids=lambda entry: entry.name)
def test_the_original_under_the_bridge_is_the_original(entry):
    """In the loop that is owned, and in the one that is not; or it is refused with the reason."""
    skip_without(entry)

    found = told(entry.id)

    assert found.outcome in {"equal": ("equal",), "refused": ("refused",)}.get(
        entry.right, ("equal", "refused")
    ), found
    if found.replay:
        assert "equal" != entry.right, found
        assert re.search(entry.words, found.replay), found


@pytest.mark.parametrize("entry", TWINNED, ids=lambda entry: entry.name)
def test_the_original_under_the_bridge_is_its_twin(entry):
    """What Gymnasium's does under the bridge, statewrap's does by itself."""
    skip_without(entry)
    twin = Stack(entry.below, entry.twin)

    def around(env):
        wrapper = GymWrapper(Unseen(env), twin, clock=lambda: 0.0)
        wrapper.env = env  # it was reset to see what pictures are like, of which nobody hears
        return wrapper

    assert held(entry.places[0], stack_of(entry), around, longest=entry.longest).episodes == 3


@pytest.mark.parametrize("tall", STACKS, ids=lambda tall: tall.id)
def test_a_stack_under_one_bridge_is_the_stack(tall):
    """Whole, with ends at every offset of every call."""
    stack = Stack(bridged(tall.whole, tall.place))

    compared = held(tall.place, stack, tall.whole, worlds=EVERY_OFFSET, longest=tall.longest)

    assert compared.episodes >= 3


@pytest.mark.parametrize("tall", STACKS, ids=lambda tall: tall.id)
def test_a_stack_under_a_bridge_each_is_the_stack(tall):
    """Each wrapper on a bridge of its own; all gaps are compared."""
    stack = Stack(*(bridged(make, tall.place) for make in tall.each))

    assert held(tall.place, stack, list(tall.each), longest=tall.longest).episodes == 3


@pytest.mark.parametrize("tall", STACKS, ids=lambda tall: tall.id)
def test_bridges_and_twins_take_turns(tall):
    """Every other wrapper is a twin; so each of both stands on the other."""
    twins = tuple(tall.twins)
    stack = Stack(
        *(
            bridged(make, tall.place) if number % 2 else twin
            for number, (make, twin) in enumerate(zip(tall.each, twins, strict=True))
        )
    )

    assert held(tall.place, stack, list(tall.each), longest=tall.longest).episodes == 3


def test_there_are_39_and_25():
    """None is missing."""
    assert (39, 25) == (len(ORIGINALS), len(STACKS))
    assert len(ORIGINALS) == len({entry.name for entry in ORIGINALS})
    assert len(STACKS) == len({tall.id for tall in STACKS})
    assert all(len(tall.layers) > 1 for tall in STACKS)

"""Wrappers of other libraries, unmodified: equal, or refused as they are made, with the reason."""

from __future__ import annotations

import re

import pytest

from tests.parity.bridge.others import OTHERS
from tests.parity.bridge.telling import told

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def skip_without(entry):
    """Skip what needs something that is not installed."""
    if entry.missing:
        pytest.skip(f"not installed: {', '.join(entry.missing)}")


@pytest.mark.parametrize(
    "entry", [one for one in OTHERS if one.right != "refused"], ids=lambda entry: entry.id
)
def test_it_runs_unmodified(entry):
    """On a real environment, bit-equal to Gymnasium's own loop, pulled and pushed."""
    skip_without(entry)

    found = told(entry.id)

    assert entry.right == "once" or found.outcome == "equal", found
    assert entry.right != "equal" or not found.replay, found
    if found.replay:
        assert re.search(entry.words, found.replay), found


@pytest.mark.parametrize(
    "entry", [one for one in OTHERS if one.right == "refused"], ids=lambda entry: entry.id
)
def test_what_reads_its_environment_is_refused_as_it_is_made(entry):
    """The reason names the wrapper and what it asks for."""
    skip_without(entry)

    found = told(entry.id)

    assert "refused" == found.outcome
    assert entry.name in found.why
    assert re.search(entry.words, found.why), found


def test_there_are_five_packages():
    """None is Gymnasium's own."""
    assert {"minigrid", "rl_zoo3", "sb3-contrib", "seals", "stable-baselines3", "supersuit"} == {
        entry.package for entry in OTHERS
    }

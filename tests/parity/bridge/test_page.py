"""`docs/reference/bridge.md` says what is found; `--statewrap-update` writes it as it is now."""

from __future__ import annotations

import pytest

from tests.parity.bridge.everything import ENTRIES
from tests.parity.bridge.hostile_cases import HOSTILE, LISTED, Plant
from tests.parity.bridge.judging import judged
from tests.parity.bridge.page import (
    PAGE,
    line,
    line_of_a_hostile,
    on_the_page,
    put,
    put_totals,
    totals,
    totals_on_the_page,
)
from tests.parity.bridge.telling import told

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.id)
def test_the_line_of_a_wrapper_is_right(entry, request):
    """It says what `test_originals` and `test_others` find."""
    if entry.missing:
        pytest.skip(f"not installed: {', '.join(entry.missing)}")

    now = line(entry, told(entry.id))

    if request.config.getoption("--statewrap-update"):
        put(now, entry.id)
    assert now == on_the_page()[entry.id]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_the_line_of_a_hostile_wrapper_is_right(case, request):
    """It says what `test_hostile` finds."""
    for needed in ("greenlet", *case.needs):
        pytest.importorskip(needed)

    replay, auto = (judged(case.factory, Plant, mode) for mode in ("replay", "auto"))
    now = line_of_a_hostile(case, replay, auto)

    if request.config.getoption("--statewrap-update"):
        put(now, case.name)
    assert now == on_the_page()[case.name]


def test_the_sums_are_right(request):
    """They are the sums of the lines, and of what was measured."""
    if request.config.getoption("--statewrap-update"):
        put_totals()

    assert totals() == totals_on_the_page()


def test_none_is_missing():
    """Every wrapper has its line, every one that cannot be seen through its word."""
    assert {*ENTRIES, *(case.name for case in HOSTILE)} == set(on_the_page())
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"* `{case.name}`: " in text for case in LISTED)


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case.name)
def test_what_no_trial_can_see_is_not_refused(case):
    """As the page says: when this fails, the page is to be told."""
    assert "refused" != judged(case.factory, Plant, "replay").outcome

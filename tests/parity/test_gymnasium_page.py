"""Every wrapper of Gymnasium's has an equal twin, and `docs/reference/gymnasium.md` says so.

`--statewrap-update` writes the lines as they are now.
"""

from __future__ import annotations

import importlib.util

import pytest

from statewrap.testing.parity.twins import has_a_twin
from tests.parity.page import NAMES, line, line_on_pictures, measured, on_the_page, put
from tests.parity.rows import CONVERSIONS, NOISES, ROWS
from tests.parity.side_by_side import PAIRS, compared
from tests.parity.told import Told, cuts, told

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:gymnasium.*")

BY_NAME = {row.name: row for row in (*ROWS, *CONVERSIONS)}
PAIRED = {pair.name: pair for pair in PAIRS}
NOISY = {type(row.below).__name__: row for row in NOISES}
NEEDED = {row.name: ("jax", "torch", "array_api_compat") for row in CONVERSIONS} | {
    "RecordVideo": ("moviepy",),
    "HumanRendering": ("pygame",),
}


@pytest.fixture(autouse=True)
def _no_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def everything_about(name):
    """Compare the twin of a wrapper wherever it is compared."""
    if name in BY_NAME:
        yield told(BY_NAME[name])
    if name in PAIRED:
        yield compared(PAIRED[name])
    if name in NOISY:
        row = NOISY[name]
        yield Told((), 0, 0, 0, cuts(row.places[0], row.stack))


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_is_equal_and_its_line_is_right(name, request):
    """Compared where the line says, saved in the middle of episodes, and all of it counted."""
    missing = [m for m in NEEDED.get(name, ()) if importlib.util.find_spec(m) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")

    now = line(name, *everything_about(name))

    if request.config.getoption("--statewrap-update"):
        put(now, name)
    assert now == on_the_page()[name]


@pytest.mark.parametrize("name", measured("pictures"))
def test_the_line_about_pictures_is_right(name, request):
    """It holds what was measured last."""
    now = line_on_pictures(name)

    if request.config.getoption("--statewrap-update"):
        put(now, name, "pictures")
    assert now == on_the_page("pictures")[name]


def test_none_is_missing():
    """39 lines; each wrapper is compared in a stack or side by side, and was measured."""
    assert 39 == len(NAMES)
    assert set(NAMES) == set(on_the_page()) == set(measured())
    assert set(NAMES) == set(BY_NAME) | set(PAIRED)
    assert set(measured("pictures")) == set(on_the_page("pictures"))
    assert all(has_a_twin(row.wrapper) for row in BY_NAME.values())

"""The emulator's grey, and OpenCV."""

import sys
from itertools import pairwise
from pathlib import Path

import ale_py
import cv2
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import MissingExtraError
from statewrap.wrappers.pictures import ale_grey, channels_first, is_picture, opencv

ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
PURPLE = np.full((250, 4, 3), (168, 72, 158), np.uint8)
"""The colour of PAL for which OpenCV's grey is another."""


def screens(name):
    """Play a game at random and give its screen now and then, in colour and in grey."""
    emulator = ale_py.ALEInterface()
    emulator.setInt("random_seed", 1)
    emulator.loadROM(Path(ale_py.__file__).parent / "roms" / f"{name}.bin")
    random, actions = np.random.default_rng(0), emulator.getMinimalActionSet()
    for number in range(150):
        emulator.act(actions[random.integers(len(actions))])
        if number % 10 == 0:
            yield emulator.getScreenRGB(), emulator.getScreenGrayscale()


@pytest.mark.parametrize(
    "name", ["breakout", "pong", "seaquest", "ms_pacman", "laser_gates", "carnival", "tetris"]
)
def test_grey_is_the_emulators_own(name) -> None:
    """For NTSC and, with LaserGates, for PAL; of one screen and of the greater of two."""
    known = list(screens(name))

    assert all((grey == ale_grey(cv2, colours)).all() for colours, grey in known)
    for (one, first), (other, second) in pairwise(known):
        assert (np.maximum(first, second) == ale_grey(cv2, one, other)).all()


def test_one_game_has_a_grey_that_its_colours_do_not_tell() -> None:
    """AirRaid, which asks for colours of the palette that show the same and are grey otherwise."""
    known = list(screens("air_raid"))

    assert any((grey != ale_grey(cv2, colours)).any() for colours, grey in known)


def test_grey_of_one_colour_is_not_opencvs() -> None:
    """It is put right wherever it shows: in one screen, in either of two, but not in its shadow."""
    black, white = np.zeros_like(PURPLE), np.full_like(PURPLE, 255)

    assert (cv2.cvtColor(PURPLE, cv2.COLOR_RGB2GRAY) == 111).all()
    assert (ale_grey(cv2, PURPLE) == 110).all()
    assert (ale_grey(cv2, PURPLE, black) == 110).all()
    assert (ale_grey(cv2, black, PURPLE) == 110).all()
    assert (ale_grey(cv2, white, PURPLE) == 255).all()


def test_the_same_grey_of_another_colour_is_left_alone() -> None:
    """NTSC has it for itself, and no purple."""
    assert (ale_grey(cv2, np.full((250, 4, 3), 111, np.uint8)) == 111).all()
    assert (ale_grey(cv2, np.full((210, 4, 3), 111, np.uint8)) == 111).all()


def test_grey_is_the_formula_give_or_take_one() -> None:
    """For colours that no Atari has, at least."""
    colours = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    formula = np.rint(colours @ np.array([0.2989, 0.5870, 0.1140])).astype(int)

    assert 1 >= np.abs(ale_grey(cv2, colours).astype(int) - formula).max()


@pytest.mark.parametrize(
    "order", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1, ::-1]]
)
def test_no_order_of_memory_matters(order) -> None:
    """Screens are as they come, and nobody can write to them."""
    colours, grey = next(screens("breakout"))
    view = order(colours)
    view.flags.writeable = False

    assert (order(grey) == ale_grey(cv2, view)).all()


def test_says_what_to_install(monkeypatch) -> None:
    """It names the package and the extra."""
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"Zoom needs .*headless.*statewrap\[image\]"):
        opencv("Zoom")


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        (Box(0, 255, (4, 5, 3), np.uint8), True),
        (Box(0, 255, (4, 5), np.uint8), False),
        (Box(0, 254, (4, 5, 3), np.uint8), False),
        (Box(1, 255, (4, 5, 3), np.uint8), False),
        (Box(0, 255, (4, 5, 3), np.float32), False),
        (Discrete(3), False),
    ],
    ids=str,
)
def test_a_picture_is_what_stable_baselines3_takes_for_one(space, expected) -> None:
    """Its own function is asked as well."""
    from stable_baselines3.common.preprocessing import is_image_space  # noqa: PLC0415 - slow

    assert expected == is_picture(space) == is_image_space(space)


@pytest.mark.parametrize("shape", [(3, 4, 5), (4, 5, 3), (3, 3, 3), (4, 4, 3)])
def test_channels_come_first_where_that_axis_is_shortest(shape) -> None:
    """As Stable-Baselines3 guesses."""
    from stable_baselines3.common import preprocessing  # noqa: PLC0415 - slow

    space = Box(0, 255, shape, np.uint8)

    assert preprocessing.is_image_space_channels_first(space) == channels_first(space)

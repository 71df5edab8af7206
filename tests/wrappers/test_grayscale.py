"""GrayscaleObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import BindError
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.grayscale import GrayscaleObservation
from tests.wrappers.maps import PRESENTED, environment, found, is_new, outcome, same_space, shown
from tests.wrappers.twins import both, make

Twin = gym.wrappers.GrayscaleObservation
PICTURE = Box(0, 255, (5, 9, 3), np.uint8)
ALL = Box(0, 255, (256, 256, 3), np.uint8)


@pytest.mark.parametrize("red", range(0, 256, 8))
def test_every_colour_has_gymnasiums_shade(red) -> None:
    """All 16,777,216 of them, over the parameters: rounding decides where a shade is whole."""
    twin = Twin(environment(ALL))
    picture = np.empty((256, 256, 3), np.uint8)
    picture[..., 1], picture[..., 2] = np.indices((256, 256))

    for shade in range(red, red + 8):
        picture[..., 0] = shade
        ours = shown(GrayscaleObservation(), ALL, picture)
        assert np.array_equal(twin.observation(picture), ours)


def test_a_grey_colour_may_be_a_shade_darker() -> None:
    """The weights add up to 1 on paper; in floats 43 becomes 42.99, and is cut off."""
    picture = np.full((1, 1, 3), 43, np.uint8)

    assert 42 == shown(GrayscaleObservation(), Box(0, 255, (1, 1, 3), np.uint8), picture)[0, 0]


@pytest.mark.parametrize("keep_dim", [False, True])
@pytest.mark.parametrize("present", [None, *PRESENTED])
def test_shows_what_gymnasium_shows(keep_dim, present) -> None:
    """Over whole episodes, in any memory order, in the space that it announces."""
    wrapper = GrayscaleObservation(keep_dim)

    assert same_space(lambda env: Twin(env, keep_dim), wrapper, PICTURE)
    assert found(lambda env: Twin(env, keep_dim), wrapper, PICTURE, present) is None


@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_pictures_of_another_dtype_are_weighed_in_float64_too(dtype) -> None:
    """An environment need not keep to its dtype."""
    picture = PICTURE.sample().astype(dtype)

    theirs = Twin(environment(PICTURE)).observation(picture)

    assert difference(theirs, shown(GrayscaleObservation(), PICTURE, picture)) is None


@pytest.mark.parametrize("keep_dim", [False, True])
def test_what_is_shown_is_new_and_read_only(keep_dim) -> None:
    """The view with a last axis as well."""
    picture = PICTURE.sample()

    grey = shown(GrayscaleObservation(keep_dim), PICTURE, picture)

    assert is_new(grey, picture)
    assert grey.base is None or not grey.base.flags.writeable


def test_agrees_over_an_atari_game() -> None:
    """Several episodes of its pictures, of 210 by 160 pixels."""
    gym.register_envs(pytest.importorskip("ale_py"))
    theirs, ours = both(
        GrayscaleObservation(keep_dim=True),
        lambda env: Twin(env, keep_dim=True),
        lambda: make("ALE/Breakout-v5", max_episode_steps=12),
        lambda generator: int(generator.integers(4)),
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    "space",
    [
        Discrete(3),
        Box(0, 255, (5, 9), np.uint8),
        Box(0, 255, (5, 9, 1), np.uint8),
        Box(0, 255, (5, 9, 4), np.uint8),
        Box(0, 255, (2, 5, 9, 3), np.uint8),
        Box(0, 254, (5, 9, 3), np.uint8),
        Box(1, 255, (5, 9, 3), np.uint8),
        Box(0, 255, (5, 9, 3), np.int16),
        Box(0, 255, (5, 9, 3), np.float32),
    ],
)
def test_refuses_what_gymnasium_refuses(space) -> None:
    """With the same kind of error, at bind."""
    theirs = outcome(Twin, environment(space))

    assert theirs is outcome(lambda: GrayscaleObservation().bind(Below(space)))
    assert issubclass(theirs, Exception)


def test_says_what_is_no_colour_picture() -> None:
    """In Gymnasium's words, with what there is."""
    with pytest.raises(BindError, match=r"3 channels, .* shape \(5, 9\), expected \(height"):
        GrayscaleObservation().bind(Below(Box(0, 255, (5, 9), np.uint8)))
    with pytest.raises(BindError, match=r"bounds 0 to 255 and dtype uint8, but .* Box\(0\.0, 1\.0"):
        GrayscaleObservation().bind(Below(Box(0.0, 1.0, (5, 9, 3))))
    with pytest.raises(BindError, match="requires a Box observation space below it, got Discrete"):
        GrayscaleObservation().bind(Below(Discrete(3)))


def test_whether_the_axis_is_kept_is_a_flag() -> None:
    """Which another value does not stand for."""
    assert GrayscaleObservation(keep_dim=True) == GrayscaleObservation(True)
    assert "GrayscaleObservation(keep_dim=False)" == repr(GrayscaleObservation())
    with pytest.raises(TypeError, match="keep_dim is 'no', expected True or False"):
        GrayscaleObservation("no")

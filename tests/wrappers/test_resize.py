"""ResizeObservation."""

import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.resize import ResizeObservation
from tests.wrappers.maps import PRESENTED, environment, found, is_new, outcome, same_space, shown
from tests.wrappers.twins import both, make

pytest.importorskip("cv2")

Twin = gym.wrappers.ResizeObservation
WIDE, GREY = Box(0, 255, (21, 36, 3), np.uint8), Box(0, 255, (30, 17), np.uint8)
ONE, FOUR = Box(0, 255, (8, 5, 1), np.uint8), Box(0, 255, (8, 5, 4), np.uint8)


@pytest.mark.parametrize("shape", [(7, 12), (12, 7), (1, 1), (21, 36), (50, 41), (np.int64(9), 4)])
@pytest.mark.parametrize("space", [WIDE, GREY, ONE, FOUR], ids=lambda space: str(space.shape))
def test_shows_what_gymnasium_shows(space, shape) -> None:
    """Smaller, larger and as large; height first; a single channel keeps its axis."""
    assert same_space(lambda env: Twin(env, shape), ResizeObservation(shape), space)
    assert found(lambda env: Twin(env, shape), ResizeObservation(shape), space) is None


@pytest.mark.parametrize("present", PRESENTED)
@pytest.mark.parametrize("space", [WIDE, GREY, ONE], ids=lambda space: str(space.shape))
def test_takes_pictures_in_any_memory_order(space, present) -> None:
    """And shows arrays of its own, though the environment reuses one."""
    assert found(lambda env: Twin(env, (9, 8)), ResizeObservation((9, 8)), space, present) is None


def test_agrees_over_an_atari_game() -> None:
    """Several episodes of its pictures, of 210 by 160 pixels."""
    gym.register_envs(pytest.importorskip("ale_py"))
    theirs, ours = both(
        ResizeObservation((84, 63)),
        lambda env: Twin(env, (84, 63)),
        lambda: make("ALE/Breakout-v5", max_episode_steps=12),
        lambda generator: int(generator.integers(4)),
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("shape", [(9, 8), (21, 36)])
def test_what_is_shown_is_new_and_read_only(shape) -> None:
    """Also where the size stays."""
    picture = WIDE.sample()

    assert is_new(shown(ResizeObservation(shape), WIDE, picture), picture)


@pytest.mark.parametrize(
    ("space", "shape"),
    [
        (WIDE, 9),
        (WIDE, ()),
        (WIDE, (1,)),
        (WIDE, (1, 1, 1)),
        (WIDE, (-1, 1)),
        (WIDE, (1, 0)),
        (WIDE, (9.0, 8.0)),
        (WIDE, "98"),
        (Discrete(3), (9, 8)),
        (Box(0, 255, (9,), np.uint8), (9, 8)),
        (Box(0, 255, (9, 8, 3, 1), np.uint8), (9, 8)),
        (Box(0, 1, (9, 8), np.uint8), (9, 8)),
        (Box(1, 255, (9, 8), np.uint8), (9, 8)),
        (Box(0, 255, (9, 8), np.float32), (9, 8)),
        (Box(0, 255, (9, 8), np.int16), (9, 8)),
    ],
)
def test_refuses_what_gymnasium_refuses(space, shape) -> None:
    """With the same kind of error."""
    theirs = outcome(Twin, environment(space), shape)

    assert theirs is outcome(lambda: ResizeObservation(shape).bind(Below(space)))
    assert issubclass(theirs, Exception)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (
            Box(0, 255, (9,), np.uint8),
            r"requires a 2D or 3D image, got shape \(9,\) below it\. Put",
        ),
        (Box(0, 1, (9, 8), np.uint8), "requires observation bounds 0 to 255, got Box"),
        (Box(0, 255, (9, 8)), "requires observation dtype uint8, got float32"),
        (Discrete(3), "requires a Box observation space below it, got Discrete"),
    ],
)
def test_says_what_is_no_picture(space, words) -> None:
    """In Gymnasium's words, with the cure."""
    with pytest.raises(BindError, match=words):
        ResizeObservation((9, 8)).bind(Below(space))


def test_says_what_is_no_size() -> None:
    """At once."""
    for wrong, kind in (
        (9, TypeError),
        ((1,), ValueError),
        ((9.0, 8), TypeError),
        ((0, 1), ValueError),
    ):
        with pytest.raises(kind, match="ResizeObservation requires shape"):
            ResizeObservation(wrong)


def test_names_the_extra_that_is_missing(monkeypatch) -> None:
    """At bind, and not in the middle of an episode."""
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"opencv-python-headless.*statewrap\[image\]"):
        ResizeObservation((9, 8)).bind(Below(WIDE))


def test_a_list_is_a_size_as_well() -> None:
    """Documents have no tuples; it is kept as one."""
    wrapper = ResizeObservation([9, np.int64(8)])

    assert ResizeObservation((9, 8)) == wrapper == eval(repr(wrapper))  # noqa: S307
    assert "ResizeObservation(shape=(9, 8))" == repr(wrapper)

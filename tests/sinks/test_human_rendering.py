"""HumanRendering: a window with the environment's picture."""

from __future__ import annotations

import sys

import gymnasium as gym
import numpy as np
import pytest
import structlog

from statewrap import Below, Deployment, MissingExtraError, Stack
from statewrap.gym import GymWrapper
from statewrap.sinks import HumanRendering
from tests.wrappers.pictures import make

FAST = Below(render_mode="rgb_array", metadata={"render_fps": 1000})
PICTURE = np.zeros((4, 6, 3), np.uint8)
PICTURE[1, 2] = 7, 8, 9


@pytest.fixture
def pygame(monkeypatch):
    """Draw into nothing."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    return pytest.importorskip("pygame")


def test_shows_each_picture(pygame) -> None:
    """Row 1 of column 2 is where a person looks for it, and the window is as large as it."""
    sink = HumanRendering()
    agent = Deployment(len, below=FAST, sinks=[sink])
    agent.act("f0", frame=np.zeros((4, 6, 3), np.uint8))
    agent.act("f1", 0.0, frame=PICTURE)

    assert ((6, 4), (6, 4)) == (sink.screen_size, sink.window.get_size())
    assert (7, 8, 9) == sink.window.get_at((2, 1))[:3]
    agent.act("f2", 0.0, frame=[PICTURE, 0 * PICTURE])  # of a collection, the newest
    assert (0, 0, 0) == sink.window.get_at((2, 1))[:3]
    agent.close()
    assert (None, None) == (sink.window, sink.screen_size)
    sink.close()  # a second time closes nothing


def test_shows_an_environment_that_draws_itself(pygame) -> None:
    """At its frames per second."""
    sink = HumanRendering()
    env = GymWrapper(make(), Stack(), sinks=[sink])
    env.reset()
    env.step(0)

    assert ((600, 400), 50) == (sink.screen_size, sink.frames_per_sec)
    shown = np.transpose(pygame.surfarray.array3d(sink.window), (1, 0, 2))
    assert np.array_equal(env.render(), shown)
    env.close()


def test_another_shape_or_no_picture_fails_the_sink_alone(pygame) -> None:
    """The act goes on, and the log says what was wrong."""
    agent = Deployment(lambda _: 7, below=FAST, sinks=[HumanRendering()])
    with structlog.testing.capture_logs() as logs:
        acted = [
            agent.act("f0", frame=PICTURE),
            agent.act("f1", 0.0, frame=PICTURE[:2]),
            agent.act("f2", 0.0),
            agent.act("f3", 0.0, frame=PICTURE),
        ]
    agent.close()

    assert ([7] * 4, 2) == (acted, agent.sink_failures)
    assert ["sink_failed"] * 2 == [log["event"] for log in logs if "episode" not in log["event"]]


@pytest.mark.parametrize("mode", [None, "human", "ansi"])
def test_a_render_mode_without_pictures_is_refused(mode) -> None:
    """With Gymnasium's words; where it is not known, nothing is said."""
    words = rf"Expected env.render_mode to be one of \['rgb_array', .* but got '{mode}'"

    with pytest.raises(ValueError, match=words):
        HumanRendering().accept(mode)
    if mode is not None:
        with pytest.raises(ValueError, match=words):
            Deployment(len, below=Below(render_mode=mode), sinks=[HumanRendering()])


@pytest.mark.parametrize("mode", gym.wrappers.HumanRendering.ACCEPTED_RENDER_MODES)
def test_the_modes_are_gymnasiums(mode) -> None:
    """All of them give arrays."""
    HumanRendering().accept(mode)

    assert gym.wrappers.HumanRendering.ACCEPTED_RENDER_MODES == HumanRendering.ACCEPTED_RENDER_MODES


@pytest.mark.parametrize("metadata", [None, {}, {"render_modes": []}])
def test_frames_per_second_have_to_be_known(metadata) -> None:
    """The cure is in the message."""
    with pytest.raises(ValueError, match=r"must specify 'render_fps'.*Below\(metadata="):
        Deployment(len, below=Below(metadata=metadata), sinks=[HumanRendering()])


def test_pygame_is_an_extra(monkeypatch) -> None:
    """It is named when a picture is to be shown."""
    sink = HumanRendering()
    monkeypatch.setitem(sys.modules, "pygame", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'statewrap\[human\]'"):
        sink._show(PICTURE)

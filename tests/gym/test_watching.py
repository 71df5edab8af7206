"""Twins that keep pictures in lists, files and windows, beside Gymnasium's own."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import statewrap.gym.wrappers as ours
from statewrap.core.same import same
from tests.gym.environments import episode_of
from tests.gym.twins import cartpole, pictures


@pytest.mark.parametrize("pop", [True, False])
@pytest.mark.parametrize("clean", [True, False])
def test_pictures_are_collected_as_gymnasiums_collects_them(pop, clean):
    """Those of all steps; forgotten when they are given, or when an episode opens."""

    def shown(module):
        env = module.RenderCollection(pictures(), pop, clean)
        told = [env.render_mode, env.metadata["render_modes"]]
        for seed in (1, 2):
            episode_of(env, seed, 4)
            told += [env.render(), len(env.frame_list)]
        return told

    assert same(shown(gym.wrappers), shown(ours))


def test_collected_pictures_may_be_drawn_upon():
    """They are copies, of an environment that uses its buffers again too."""
    env = ours.RenderCollection(pictures())
    env.reset(seed=0)

    (picture,) = env.render()
    picture[:] = 0

    assert env.unwrapped.render().any()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"episode_trigger": lambda n: n % 2 == 1},
        {"step_trigger": lambda n: n in (3, 20), "video_length": 5},
        {"episode_trigger": lambda n: n == 0, "video_length": 12, "name_prefix": "mine", "fps": 7},
    ],
)
def test_videos_are_recorded_as_gymnasiums_records_them(tmp_path, monkeypatch, arguments):
    """The same files, of the same frames at the same rate."""
    video = pytest.importorskip("moviepy.video.io.ImageSequenceClip")
    written: list[Any] = []

    class Clip:
        def __init__(self, frames, fps):
            self.frames, self.fps = [np.array(frame) for frame in frames], fps

        def write_videofile(self, path, logger):
            written.append((path.rpartition("/")[2], self.frames, self.fps, logger))

    monkeypatch.setattr(video, "ImageSequenceClip", Clip)

    def recorded(module, folder):
        written.clear()
        env = module.RecordVideo(pictures(), str(folder), **arguments)
        env.action_space.seed(0)
        told = []
        for seed in range(4):
            env.reset(seed=seed)
            over = False
            while not over:
                _, _, terminated, truncated, _ = env.step(env.action_space.sample())
                over = terminated or truncated
                told.append((env.recording, len(env.recorded_frames), env.step_id, env.episode_id))
        env.close()
        return list(written), told

    expected = recorded(gym.wrappers, tmp_path / "theirs")

    assert same(expected, recorded(ours, tmp_path / "mine"))
    assert expected[0]


def test_a_recording_may_be_begun_and_ended_by_hand(tmp_path):
    """As Gymnasium's; what is read of it is the sink's."""
    pytest.importorskip("moviepy")
    env = ours.RecordVideo(pictures(), str(tmp_path / "new"), episode_trigger=lambda n: False)
    env.reset(seed=0)

    env.start_recording("mine")
    env.step(0)

    assert env.recording
    assert 1 == len(env.recorded_frames)
    env.recorded_frames = []
    with pytest.warns(UserWarning, match="zero frames"):
        env.stop_recording()
    assert (6, 8, 3) == env.render().shape


def test_a_missing_package_is_named_with_gymnasiums_type_of_error(tmp_path, monkeypatch):
    """And with the extra that brings it."""
    monkeypatch.setitem(sys.modules, "moviepy.video.io.ImageSequenceClip", None)

    with pytest.raises(gym.error.DependencyNotInstalled, match=r"statewrap\[video\]"):
        ours.RecordVideo(pictures(), str(tmp_path))


def test_a_window_is_what_renders(monkeypatch):
    """Each step is shown in it; `render` does nothing."""
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with warnings.catch_warnings(action="ignore"):
        env = ours.HumanRendering(pictures())
        env.reset(seed=0)
        env.step(1)

        assert ("human", None, (8, 6)) == (env.render_mode, env.render(), env.screen_size)
        assert "human" in env.metadata["render_modes"]
        assert env.window is not None
        env.close()


@pytest.mark.parametrize("name", ["RenderCollection", "HumanRendering"])
def test_an_environment_without_pictures_is_refused(name):
    """With what is expected."""
    with pytest.raises(ValueError, match="render_mode"):
        getattr(ours, name)(cartpole())


def test_pictures_above_the_noise_are_noisy():
    """A wrapper that renders sees what those below it draw."""
    arguments = {"probability_of_noise_per_pixel": 0.5}

    def shown(module):
        return episode_of(
            module.AddRenderObservation(module.AddWhiteNoise(pictures(), **arguments)), 1, 5
        )

    assert same(shown(gym.wrappers), shown(ours))


class Still(gym.Env):
    """Gives out the same array each time."""

    observation_space = action_space = gym.spaces.Discrete(2)
    render_mode = "rgb_array"

    def __init__(self):
        self.picture = np.zeros((6, 8, 3), np.uint8)

    def render(self):
        return self.picture


@pytest.mark.parametrize(
    "wrap", [lambda env: ours.AddWhiteNoise(env, 0.5), lambda env: ours.ObstructView(env, 0.5, 3)]
)
def test_noisy_pictures_may_be_drawn_upon(wrap):
    """They are new, whether the environment uses its array again or not."""
    env = wrap(Still())

    noisy = env.render()
    before = noisy.copy()
    env.render()[...] = 1

    assert same(before, noisy)
    assert noisy.any()
    assert not env.unwrapped.picture.any()
    assert env.unwrapped.picture.flags.writeable


def test_a_picture_is_shown_by_the_method_too():
    """`observation` renders, as Gymnasium's does."""
    env = ours.AddRenderObservation(pictures())
    env.reset(seed=0)

    assert same(env.unwrapped.render(), env.observation(None))


# -- the checker -----------------------------------------------------------------------------------


class Odd(gym.Env):
    """An environment whose answers are to be warned about."""

    observation_space = gym.spaces.Box(0, 1, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)
    metadata = {"render_modes": []}

    def __init__(self, closes_twice=True):
        self.closed, self.closes_twice = False, closes_twice
        self.info = {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.array([5, 5], np.float32), self.info

    def step(self, action):
        return np.array([5, 5], np.float32), "much", False, False, self.info

    def render(self):
        return None

    def close(self):
        if self.closed and not self.closes_twice:
            raise OSError("closed already")
        self.closed = True


def test_the_checker_warns_as_gymnasiums():
    """The same words in the same order: once of each call, and of objects used again."""

    def told(module):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            env = module.PassiveEnvChecker(Odd())
            env.reset(seed=0)
            for _ in range(3):
                env.step(0)
            env.reset()
            env.render()
            env.render()
            env.close()
        return [str(one.message) for one in caught]

    assert told(gym.wrappers) == told(ours)
    assert told(ours)


def test_the_checker_warns_of_what_cannot_be_closed_twice():
    """And lets the error rise."""
    env = ours.PassiveEnvChecker(Odd(closes_twice=False))
    env.close()

    with (
        pytest.warns(UserWarning, match="closed environment"),
        pytest.raises(OSError, match="closed already"),
    ):
        env.close()


def test_an_error_of_the_first_close_is_not_warned_of():
    """It is the environment's own."""
    odd = Odd(closes_twice=False)
    odd.closed = True

    with pytest.raises(OSError, match="closed already"):
        ours.PassiveEnvChecker(odd).close()


def test_the_checker_refuses_an_environment_without_spaces():
    """With Gymnasium's type of error."""

    class Bare(gym.Env):
        action_space = gym.spaces.Discrete(2)

    with pytest.raises(AttributeError, match="observation space"):
        ours.PassiveEnvChecker(Bare())

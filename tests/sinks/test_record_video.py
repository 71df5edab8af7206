"""RecordVideo: the same files with the same frames as Gymnasium's."""

from __future__ import annotations

import gc
import pickle
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.save_video import capped_cubic_video_schedule as theirs

from statewrap import Below, Deployment, MissingExtraError, Stack
from statewrap.gym import GymWrapper
from statewrap.sinks import RecordVideo, capped_cubic_video_schedule
from statewrap.sinks.record_video import always
from statewrap.wrappers import RepeatAction
from tests.wrappers.pictures import make

clips = pytest.importorskip("moviepy.video.io.ImageSequenceClip")

PICTURE = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture
def written(monkeypatch):
    """Collect what would be written: name, frames, frames per second, moviepy's logger."""
    files = []

    class Clip:
        def __init__(self, frames, fps) -> None:
            self.frames, self.fps = list(frames), fps

        def write_videofile(self, path, logger):
            files.append(SimpleNamespace(name=Path(path).name, logger=logger, **vars(self)))

    monkeypatch.setattr(clips, "ImageSequenceClip", Clip)
    return files


def lived(env, steps=70) -> None:
    """Live through several episodes."""
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    env.close()


CASES = {
    "as it comes": {},
    "both triggers": {
        "episode_trigger": lambda n: n in (1, 3),
        "step_trigger": lambda n: n in (0, 25),
    },
    "snippets by step": {"step_trigger": lambda n: n % 30 == 0, "video_length": 17},
    "snippets by episode": {"episode_trigger": lambda n: n % 2 == 0, "video_length": 30},
    "steps within videos": {"step_trigger": lambda n: n % 25 == 5},
    "one frame": {"episode_trigger": lambda n: n == 0, "video_length": 1, "fps": 7},
    "chunks": {"video_length": 40, "name_prefix": "chunk", "disable_logger": False},
}


@pytest.mark.parametrize("name", ["CartPole-v1", "MountainCarContinuous-v0"])
@pytest.mark.parametrize("case", CASES)
def test_records_what_gymnasiums_records(name, case, written, tmp_path) -> None:
    """Names, numbers of frames, and every frame bit for bit."""
    lived(gym.wrappers.RecordVideo(make(name), str(tmp_path / "theirs"), **CASES[case]))
    expected = written[:]
    written.clear()

    video = RecordVideo(str(tmp_path / "ours"), **CASES[case])
    lived(GymWrapper(make(name), Stack(), sinks=[video]))

    alike(expected, written)


@pytest.mark.parametrize("case", ["both triggers", "snippets by step", "steps within videos"])
def test_a_recording_may_begin_and_end_within_a_skip(case, written, tmp_path) -> None:
    """In training too each step of a skip is known to the sink before the next one."""
    theirs = gym.wrappers.RecordVideo(make(), str(tmp_path / "theirs"), **CASES[case])
    lived(gym.wrappers.RepeatAction(theirs, 3), 30)
    expected = written[:]
    written.clear()
    video = RecordVideo(str(tmp_path / "ours"), **CASES[case])

    env = make()
    render, rendered = env.render, []
    env.render = lambda: rendered.append(render()) or rendered[-1]
    lived(GymWrapper(env, RepeatAction(3), sinks=[video]), 30)

    alike(expected, written)
    assert len(rendered) == sum(len(file.frames) for file in written)


def alike(expected, written) -> None:
    """Hold that the same was written, if anything was."""
    assert expected
    names = [(file.name, file.fps, file.logger, len(file.frames)) for file in expected]
    assert names == [(file.name, file.fps, file.logger, len(file.frames)) for file in written]
    for one, other in zip(expected, written, strict=True):
        assert all(map(np.array_equal, one.frames, other.frames))


def test_writes_mp4_files(tmp_path) -> None:
    """By moviepy, as many frames as the episodes had time steps; two of three are recorded."""
    video = RecordVideo(str(tmp_path / "videos"), lambda n: n != 1, fps=10)
    with Deployment(len, sinks=[video]) as agent:
        for episode in range(3):
            agent.act("f0", frame=PICTURE)
            for step in range(episode + 2):
                agent.act("f", 0.0, step == episode + 1, frame=PICTURE)

    files = sorted(file.name for file in (tmp_path / "videos").iterdir())
    assert ["rl-video-episode-0.mp4", "rl-video-episode-2.mp4"] == files
    read = pytest.importorskip("moviepy.video.io.ffmpeg_reader").ffmpeg_parse_infos
    frames = [read(str(tmp_path / "videos" / name))["video_n_frames"] for name in files]
    assert [3, 5] == frames


def test_a_skip_is_recorded_whole_at_the_bottom_and_thinned_at_the_top(written, tmp_path) -> None:
    """Gymnasium's order of wrappers, as a gap."""
    bottom, top = (
        RecordVideo(str(tmp_path / str(gap)), always, name_prefix=str(gap), gap=gap)
        for gap in (0, -1)
    )
    with Deployment(len, RepeatAction(3), sinks=[bottom, top]) as agent:
        agent.act("f0", frame=PICTURE)
        for n in range(6):
            agent.act("f", 0.0, n == 5, frame=PICTURE)

    sizes = {file.name: len(file.frames) for file in written}
    assert {"0-episode-0.mp4": 7, "-1-episode-0.mp4": 3} == sizes


def test_nothing_is_rendered_while_nothing_is_recorded(written, tmp_path) -> None:
    """Rendering is what a step costs most of."""
    env = make()
    render, rendered = env.render, []
    env.render = lambda: rendered.append(render()) or rendered[-1]

    video = RecordVideo(str(tmp_path / "new"), lambda n: n == 1)
    lived(GymWrapper(env, Stack(), sinks=[video]), 60)

    assert len(rendered) == len(written[0].frames) < 40


def test_each_trigger_is_asked_once_for_each_number(written, tmp_path) -> None:
    """In order, as by Gymnasium."""

    def asked_of(kind, made):
        asked = [], []
        triggers = [asked[0].append, lambda n: asked[1].append(n) or n == 5]
        lived(
            made(kind(str(tmp_path), *triggers))
            if made
            else kind(make(), str(tmp_path), *triggers),
            40,
        )
        return asked

    with warnings.catch_warnings(action="ignore"):  # the folder is there
        ours = asked_of(RecordVideo, lambda sink: GymWrapper(make(), Stack(), sinks=[sink]))
        expected = asked_of(gym.wrappers.RecordVideo, None)

    assert expected == ours


def test_frames_per_second_are_the_arguments_or_the_environments(written, tmp_path) -> None:
    """30 where nothing is known."""
    with warnings.catch_warnings(action="ignore"):
        for given, below, expected in (
            (None, Below(), 30),
            (None, Below(metadata={"render_fps": 12}), 12),
            (5, Below(metadata={"render_fps": 12}), 5),
        ):
            video = RecordVideo(str(tmp_path), fps=given)
            with Deployment(len, below=below, sinks=[video]) as agent:
                agent.act("f0", frame=PICTURE)
            assert (expected, expected) == (video.frames_per_sec, written.pop().fps)


def test_garbage_is_collected_when_it_is_told(written, tmp_path, monkeypatch) -> None:
    """After a video, if the trigger says so of its episode."""
    collected, asked = [], []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    with warnings.catch_warnings(action="ignore"):
        for trigger in (None, always, asked.append):
            video = RecordVideo(str(tmp_path), always, gc_trigger=trigger)
            with Deployment(len, sinks=[video]) as agent:
                agent.act("f0", frame=PICTURE)
                agent.act("f1", 0.0, True, frame=PICTURE)
                agent.act("g0", frame=PICTURE)

    assert ([1, 1], [1, 1]) == (collected, asked)


def test_videos_are_begun_and_finished_by_hand(written, tmp_path) -> None:
    """One that is under way is finished first; one that is not cannot be."""
    video = RecordVideo(str(tmp_path / "new"), lambda n: False)
    agent = Deployment(len, sinks=[video])
    agent.act("f0", frame=PICTURE)
    video.start_recording("mine")
    agent.act("f1", 0.0, frame=PICTURE)
    video.start_recording("other")
    agent.act("f2", 0.0, frame=PICTURE)
    video.stop_recording()

    assert ["mine.mp4", "other.mp4"] == [file.name for file in written]
    with pytest.raises(AssertionError, match="no recording was started"):
        video.stop_recording()
    video.start_recording("empty")
    with pytest.warns(UserWarning, match="Ignored saving a video as there were zero frames"):
        video.close()
    assert not video.recording


@pytest.mark.filterwarnings("default")
def test_what_is_no_picture_ends_the_video(written, tmp_path) -> None:
    """A warning says what was given, and in a deployment how to give a picture."""
    video = RecordVideo(str(tmp_path / "new"))
    agent = Deployment(len, sinks=[video])

    agent.act("f0", frame=PICTURE)
    with pytest.warns(UserWarning, match=r"got instead <class 'NoneType'>.*frame=picture"):
        agent.act("f1", 0.0)

    assert (1, 0) == (len(written[0].frames), agent.sink_failures)
    assert not video.recording


@pytest.mark.filterwarnings("default")
def test_an_environment_that_collects_its_pictures_is_recorded_by_its_newest(
    written, tmp_path
) -> None:
    """And what was taken from it is given back by `rendered`, as Gymnasium's `render` does."""
    video = RecordVideo(str(tmp_path / "new"), always)
    agent = Deployment(len, sinks=[video])
    first, second, third = (PICTURE + np.uint8(n) for n in range(3))

    agent.act("f0", frame=[first, second])
    with pytest.warns(UserWarning, match="has just been called"):
        agent.act("f1", 0.0, frame=[])
    given = video.rendered([third])
    agent.close()

    assert all(map(np.array_equal, [first, second, third], given))
    assert all(map(np.array_equal, [second, third], written[0].frames))
    assert [third] == video.rendered([third])
    assert "text" == video.rendered("text")


@pytest.mark.parametrize("mode", [None, "human", "ansi"])
def test_a_render_mode_without_pictures_is_refused(mode, tmp_path) -> None:
    """Where it is known; a deployment's is not, for the host draws."""
    words = f"Render mode is {mode}, which is incompatible with RecordVideo"
    video = RecordVideo(str(tmp_path / "new"))

    with pytest.raises(ValueError, match=words):
        video.accept(mode)
    if mode is None:
        Deployment(len, sinks=[video])
    else:
        with pytest.raises(ValueError, match=words):
            Deployment(len, below=Below(render_mode=mode), sinks=[video])


def test_a_folder_that_is_there_is_told_of(tmp_path) -> None:
    """Its videos may be overwritten; a new one is made, with those above it."""
    with pytest.warns(UserWarning, match="Overwriting existing videos at .* folder"):
        RecordVideo(str(tmp_path))
    video = RecordVideo(str(tmp_path / "100%" / "new"))

    assert str(tmp_path / "100%" / "new") == video.video_folder
    assert (tmp_path / "100%" / "new").is_dir()
    with pytest.warns(UserWarning, match="100%"):
        RecordVideo(str(tmp_path / "100%"))


def test_a_video_that_is_lost_is_told_of(written, tmp_path) -> None:
    """A session has to be closed."""
    video = RecordVideo(str(tmp_path / "new"))
    Deployment(len, sinks=[video]).act("f0", frame=PICTURE)

    with pytest.warns(UserWarning, match="Did you call close"):
        video.__del__()
    video.close()
    with warnings.catch_warnings(action="error"):
        video.__del__()


def test_moviepy_is_an_extra(monkeypatch, tmp_path) -> None:
    """It is named when a sink is made."""
    monkeypatch.setitem(sys.modules, "moviepy.video.io.ImageSequenceClip", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'statewrap\[video\]'"):
        RecordVideo(str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_the_schedule_is_gymnasiums() -> None:
    """Every cube below 1000, then every thousandth."""
    numbers = range(5001)

    ours = [capped_cubic_video_schedule(n) for n in numbers]

    assert [theirs(n) for n in numbers] == ours
    assert pickle.loads(pickle.dumps(always)) is always  # noqa: S301 - our own


@pytest.mark.filterwarnings("ignore:.*Overwriting existing videos")
@pytest.mark.parametrize("said", [{}, {"video_length": 7}, {"name_prefix": "pump", "fps": 9}])
def test_a_document_says_a_recorder_and_makes_it_again(tmp_path, said) -> None:
    """With whole episodes too, and its folder relative to the document."""
    sink = RecordVideo(tmp_path / "videos", **said)
    agent = Deployment(None, sinks=[sink])

    document = agent.config(base=tmp_path)

    assert [{"type": "RecordVideo", "video_folder": "videos", **said}] == document["sinks"]
    again = Deployment.from_config(document, base=tmp_path)
    assert document == again.config(base=tmp_path)

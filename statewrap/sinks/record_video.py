"""Videos of episodes, written as mp4 files."""

from __future__ import annotations

import gc
import importlib
import math
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, final

import numpy as np

from statewrap.core.errors import MissingExtraError
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks.warning import warn
from statewrap.sinks.watcher import Watcher

Trigger = Callable[[int], bool]


def capped_cubic_video_schedule(episode_id: int) -> bool:
    """Tell whether an episode is the 0th, 1st, 8th, 27th, ..., and from 1000 on every 1000th.

    >>> [n for n in range(3000) if capped_cubic_video_schedule(n)][-4:]
    [512, 729, 1000, 2000]
    """
    if episode_id < 1000:
        return bool(round(episode_id ** (1 / 3)) ** 3 == episode_id)
    return episode_id % 1000 == 0


def always(episode_id: int) -> bool:  # noqa: ARG001 - a trigger is told it
    """Tell that it is time, whatever the episode."""
    return True


@final
class RecordVideo(Watcher):
    """Write videos of the pictures on the time steps, as `<name_prefix>-episode-<n>.mp4`.

    A sink: `Deployment(..., sinks=[RecordVideo("videos")])` with `act(..., frame=picture)`, or
    `GymWrapper(env, stack, sinks=[...])`, which renders only what is recorded. Close the session
    to finish the last video. Episodes and steps are counted from 0, at the gap that is watched;
    a video that a step begins is named `<name_prefix>-step-<n>.mp4`. Mirrors
    `gymnasium.wrappers.RecordVideo`: the same files with the same frames.

    Args:
        video_folder: where the files go; it is made if it is missing.
        episode_trigger: whether to record the episode of this number; if neither trigger is
            given, `capped_cubic_video_schedule`.
        step_trigger: whether to begin a video at the step of this number.
        video_length: how many frames a video has (it may go on over episodes); 0 records whole
            episodes.
        name_prefix: how the names of the files begin.
        fps: frames per second; None asks the environment's metadata, and is 30 otherwise.
        disable_logger: whether moviepy keeps quiet.
        gc_trigger: after which episode's video to collect garbage; None never.
        gap: where it watches, see `Watcher`.

    Raises:
        MissingExtraError: if moviepy is not installed.
    """

    needs = frozenset({"frame"})

    def __init__(
        self,
        video_folder: str | PathLike[str],
        episode_trigger: Trigger | None = None,
        step_trigger: Trigger | None = None,
        video_length: int = 0,
        name_prefix: str = "rl-video",
        fps: int | None = None,
        disable_logger: bool = True,  # noqa: FBT001, FBT002 - Gymnasium's order
        gc_trigger: Trigger | None = always,
        *,
        gap: int = 0,
    ) -> None:
        super().__init__(gap=gap)
        self._clip = _moviepy()
        neither = episode_trigger is None and step_trigger is None
        self.schedule = capped_cubic_video_schedule if neither else episode_trigger
        """Whether to record the episode of this number."""
        self.episode_trigger, self.step_trigger = episode_trigger, step_trigger
        self.video_length = video_length
        self.most_frames = video_length or math.inf
        """How many frames a video has at most; infinity where it is as long as its episode."""
        self.name_prefix, self.disable_logger = name_prefix, disable_logger
        self.gc_trigger = gc_trigger
        self.fps = fps
        self.frames_per_sec = 30 if fps is None else fps
        self.recording = False
        self.recorded_frames: list[Any] = []
        self.render_history: list[Any] = []
        """The pictures of an environment that collects them, until `rendered` gives them back."""
        self.episode_id = self.step_id = -1
        self._name = ""
        self._asked: tuple[Trigger, int, bool] | None = None
        self.video_folder = str(Path(video_folder).absolute())
        _prepare(Path(video_folder))

    def bind(self, stack: Stack) -> None:
        """Take note of what is known.

        Raises:
            ValueError: if the environment's render mode gives no pictures.
        """
        super().bind(stack)
        if self.below.render_mode is not None:
            self.accept(self.below.render_mode)
        if self.fps is None:
            self.frames_per_sec = (self.below.metadata or {}).get("render_fps", 30)

    def accept(self, render_mode: str | None) -> None:
        """Refuse a render mode that gives no pictures.

        Raises:
            ValueError: if it is None, "human" or "ansi".
        """
        if render_mode in (None, "human", "ansi"):
            raise ValueError(
                f"Render mode is {render_mode}, which is incompatible with RecordVideo. "
                "Initialize your environment with a render_mode that returns an image, such as "
                "rgb_array."
            )

    def wants_frame(self, *, first: bool) -> bool:
        """Tell whether the next time step will be recorded."""
        if first:
            due = self._due(self.schedule, self.episode_id + 1)
            return due or (self.recording and self.most_frames < math.inf)
        return self.recording or self._due(self.step_trigger, self.step_id + 1)

    def opened(self, timestep: TimeStep) -> None:
        """Finish an episode's video, and begin the next if it is due."""
        self.episode_id += 1
        if self.recording and self.most_frames == math.inf:
            self.stop_recording()
        if self._due(self.schedule, self.episode_id):
            self.start_recording(f"{self.name_prefix}-episode-{self.episode_id}")
        if self.recording:
            self._record(timestep.frame)

    def stepped(self, timestep: TimeStep) -> None:
        """Record a step, and begin a video if it is due."""
        self.step_id += 1
        if self._due(self.step_trigger, self.step_id):
            self.start_recording(f"{self.name_prefix}-step-{self.step_id}")
        if self.recording:
            self._record(timestep.frame)

    def start_recording(self, video_name: str) -> None:
        """Begin a video; one that is being recorded is finished."""
        if self.recording:
            self.stop_recording()
        self.recording, self._name = True, video_name

    def stop_recording(self) -> None:
        """Finish the video, and write it.

        Raises:
            AssertionError: if none is being recorded.
        """
        assert self.recording, "stop_recording was called, but no recording was started"  # noqa: S101 - Gymnasium's
        frames, self.recorded_frames, self.recording = self.recorded_frames, [], False
        if frames:
            path = Path(self.video_folder, f"{self._name}.mp4")
            bar = None if self.disable_logger else "bar"
            self._clip(frames, fps=self.frames_per_sec).write_videofile(str(path), logger=bar)
        else:
            warn("Ignored saving a video as there were zero frames to save.")
        if self.gc_trigger and self.gc_trigger(self.episode_id):
            gc.collect()

    def rendered(self, frames: Any) -> Any:
        """Return what the environment's `render` is to give, where it collects its pictures.

        Such an environment has given this sink some of them already; these come first.
        """
        if self.recording and isinstance(frames, list):
            self.recorded_frames += frames
        taken, self.render_history = self.render_history, []
        return taken + frames if taken else frames

    def close(self) -> None:
        """Finish the video that is being recorded."""
        if self.recording:
            self.stop_recording()

    def _due(self, trigger: Trigger | None, number: int) -> bool:
        """Ask a trigger, once for each number."""
        if trigger is None:
            return False
        asked = self._asked
        if asked is None or asked[0] is not trigger or asked[1] != number:
            self._asked = asked = trigger, number, bool(trigger(number))
        return asked[2]

    def _record(self, frame: Any) -> None:
        if isinstance(frame, list):
            if not frame:
                warn(
                    "Trying to capture render frame but 'env.render()' has just been called. "
                    "The frame cannot be captured."
                )
                return
            self.render_history += frame
            frame = frame[-1]
        if isinstance(frame, np.ndarray):
            self.recorded_frames.append(frame)
            if len(self.recorded_frames) > self.most_frames:
                self.stop_recording()
            return
        self.stop_recording()
        warn(
            "Recording stopped: expected type of frame returned by render to be a numpy array, "
            f"got instead {type(frame)}. In a deployment it is act(..., frame=picture)."
        )

    def __del__(self) -> None:
        if getattr(self, "recorded_frames", None):
            warn("Unable to save last video! Did you call close()?")


def _moviepy() -> Any:
    try:
        return importlib.import_module("moviepy.video.io.ImageSequenceClip").ImageSequenceClip
    except ImportError as error:
        raise MissingExtraError("RecordVideo", "moviepy", "video") from error


def _prepare(folder: Path) -> None:
    if folder.is_dir():
        warn(
            f"Overwriting existing videos at {folder.absolute()} folder (try specifying a "
            "different `video_folder` for the `RecordVideo` wrapper if this is not desired)"
        )
    folder.mkdir(parents=True, exist_ok=True)

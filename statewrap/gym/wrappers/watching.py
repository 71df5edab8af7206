"""Twins that watch: they keep pictures in lists, files and windows."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, Final

import gymnasium
from gymnasium.error import DependencyNotInstalled
from gymnasium.utils import RecordConstructorArgs

from statewrap import sinks
from statewrap.core.borders import sealed, thaw
from statewrap.core.errors import MissingExtraError
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.gym.below import below_env
from statewrap.gym.plain import read
from statewrap.gym.pulled import Stepped
from statewrap.gym.twin import Env, recorded
from statewrap.sinks.record_video import always

Trigger = Callable[[int], bool]

_NOTHING: Final[dict[str, Any]] = {}
_OPENING: Final = TimeStep(None, first=True)
_STEP: Final = TimeStep(None)
"""What a sink is told that wants no picture."""


def _of_sink(name: str) -> property:
    def get(self: _Watching) -> Any:
        return getattr(self.sink, name)

    def put(self: _Watching, value: Any) -> None:
        setattr(self.sink, name, value)

    return property(get, put, doc=f"The sink's `{name}`.")


class _Watching(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """A wrapper that shows each picture to a sink, if the sink wants it."""

    _shown: ClassVar[tuple[str, ...]] = ()
    """Attributes of the sink that are this wrapper's as well."""
    _keeps: ClassVar[bool] = True
    """Whether the sink keeps pictures; one that only looks at them is given a read-only view."""

    def __init__(self, env: Env, make: Callable[..., Any], **arguments: Any) -> None:
        super().__init__(env)
        try:
            self.sink = make(**arguments)
        except MissingExtraError as error:
            raise _missing(error) from error.__cause__
        self.sink.accept(env.render_mode)
        self.sink.bind(Stack().bind(below_env(env)))

    def __init_subclass__(cls) -> None:
        """Make attributes of the sink's."""
        for name in cls._shown:
            setattr(cls, name, _of_sink(name))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment, and show the picture."""
        opened = self.env.reset(seed=seed, options=options)
        wanted = self.sink.wants_frame(first=True)
        self.sink.opened(self._pictured(first=True) if wanted else _OPENING)
        return opened

    def step(self, action: Any) -> Stepped:
        """Step the environment, and show the picture."""
        stepped: Any = self.env.step(action)
        wanted = self.sink.wants_frame(first=False)
        self.sink.stepped(self._pictured(first=False) if wanted else _STEP)
        return stepped  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the environment, then the sink."""
        super().close()
        self.sink.close()

    def _pictured(self, *, first: bool) -> TimeStep:
        """Return a time step with the picture: a copy, unless the sink lets go of it at once."""
        picture = self.env.render()
        frame = thaw(picture) if self._keeps else sealed(picture)
        return TimeStep(None, 0.0, False, False, _NOTHING, first, 0.0, frame)


class RenderCollection(_Watching):
    """Statewrap's `RenderCollection` as a Gymnasium wrapper."""

    _shown = ("frame_list", "pop_frames", "reset_clean")

    def __init__(self, env: Env, pop_frames: bool = True, reset_clean: bool = True) -> None:
        RecordConstructorArgs.__init__(self, pop_frames=pop_frames, reset_clean=reset_clean)
        super().__init__(
            env, sinks.RenderCollection, pop_frames=pop_frames, reset_clean=reset_clean
        )
        _add_mode(self, f"{env.render_mode}_list")

    @property
    def render_mode(self) -> str:  # type: ignore[override]  # read-only there as well
        """The environment's, in lists."""
        return f"{self.env.render_mode}_list"

    def render(self) -> Any:
        """Return the pictures that were collected."""
        return self.sink.render()


class RecordVideo(_Watching):
    """Statewrap's `RecordVideo` as a Gymnasium wrapper."""

    _shown = (
        *("step_trigger", "gc_trigger", "disable_logger"),
        *("video_folder", "name_prefix", "frames_per_sec"),
        *("recording", "recorded_frames", "render_history", "step_id", "episode_id"),
    )
    episode_trigger = _of_sink("schedule")
    video_length = _of_sink("most_frames")

    def __init__(
        self,
        env: Env,
        video_folder: str,
        episode_trigger: Trigger | None = None,
        step_trigger: Trigger | None = None,
        video_length: int = 0,
        name_prefix: str = "rl-video",
        fps: int | None = None,
        disable_logger: bool = True,
        gc_trigger: Trigger | None = always,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            video_folder=video_folder,
            episode_trigger=episode_trigger,
            step_trigger=step_trigger,
            video_length=video_length,
            name_prefix=name_prefix,
            fps=fps,
            disable_logger=disable_logger,
            gc_trigger=gc_trigger,
        )
        self._saved_kwargs = {name: recorded(value) for name, value in self._saved_kwargs.items()}
        super().__init__(
            env,
            sinks.RecordVideo,
            video_folder=video_folder,
            episode_trigger=read(episode_trigger),
            step_trigger=read(step_trigger),
            video_length=video_length,
            name_prefix=name_prefix,
            fps=fps,
            disable_logger=disable_logger,
            gc_trigger=read(gc_trigger),
        )

    def start_recording(self, video_name: str) -> None:
        """Begin a video; one that is being recorded is finished."""
        self.sink.start_recording(video_name)

    def stop_recording(self) -> None:
        """Finish the video, and write it."""
        self.sink.stop_recording()

    def render(self) -> Any:
        """Render the environment; where it collects its pictures, with those that were recorded."""
        return self.sink.rendered(self.env.render())


class HumanRendering(_Watching):
    """Statewrap's `HumanRendering` as a Gymnasium wrapper."""

    ACCEPTED_RENDER_MODES = sinks.HumanRendering.ACCEPTED_RENDER_MODES
    _keeps = False
    _shown = ("screen_size", "window", "clock")

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env, sinks.HumanRendering)
        _add_mode(self, "human")

    @property
    def render_mode(self) -> str:  # type: ignore[override]  # read-only there as well
        """Always "human"."""
        return "human"

    def render(self) -> None:
        """Do nothing: the window shows each step as it is made."""


def _add_mode(wrapper: Any, mode: str) -> None:
    """Add a render mode to a copy of the environment's metadata, unless it is there."""
    if mode not in wrapper.env.metadata["render_modes"]:
        wrapper.metadata = copy.deepcopy(wrapper.env.metadata)
        wrapper.metadata["render_modes"].append(mode)


class _MissingExtraError(MissingExtraError, DependencyNotInstalled):
    """What both libraries raise where a package is missing."""


def _missing(error: MissingExtraError) -> MissingExtraError:
    both = _MissingExtraError.__new__(_MissingExtraError, *error.args)
    both.args = error.args
    return both

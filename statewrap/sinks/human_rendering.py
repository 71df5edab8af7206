"""A window that shows what the environment looks like."""

from __future__ import annotations

import importlib
from typing import Any, Final, final

import numpy as np

from statewrap.core.errors import MissingExtraError
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks.watcher import Watcher

_PICTURES: Final = ["rgb_array", "rgb_array_list", "depth_array", "depth_array_list"]


@final
class HumanRendering(Watcher):
    """Show the picture of each time step in a window, at the environment's frames per second.

    A sink: `Deployment(..., sinks=[HumanRendering()])` with `act(..., frame=picture)`, or
    `GymWrapper(env, stack, sinks=[...])`. It waits for the clock, so that `act` returns no more
    often than `render_fps` times a second. Mirrors `gymnasium.wrappers.HumanRendering`.

    Args:
        gap: where it watches, see `Watcher`.
    """

    needs = frozenset({"frame"})
    ACCEPTED_RENDER_MODES = _PICTURES

    def __init__(self, *, gap: int = 0) -> None:
        super().__init__(gap=gap)
        self.screen_size: tuple[int, int] | None = None
        self.window: Any = None
        self.clock: Any = None
        self._pygame: Any = None
        """The library, while there is a window: faster than an import."""
        self.frames_per_sec: Any = None

    def bind(self, stack: Stack) -> None:
        """Take note of the frames per second.

        Raises:
            ValueError: if they are unknown, or the render mode gives no pictures.
        """
        super().bind(stack)
        if self.below.render_mode is not None:
            self.accept(self.below.render_mode)
        metadata = self.below.metadata or {}
        if "render_fps" not in metadata:
            raise ValueError(
                "The base environment must specify 'render_fps' to be used with the "
                "HumanRendering wrapper. Say it to whoever drives the stack, as in "
                'Deployment(..., below=Below(metadata={"render_fps": 30})).'
            )
        self.frames_per_sec = metadata["render_fps"]

    def accept(self, render_mode: str | None) -> None:
        """Refuse a render mode that gives no pictures.

        Raises:
            ValueError: if it is none of `ACCEPTED_RENDER_MODES`.
        """
        if render_mode not in _PICTURES:
            raise ValueError(
                f"Expected env.render_mode to be one of {_PICTURES} but got '{render_mode}'"
            )

    def opened(self, timestep: TimeStep) -> None:
        """Show the opening's picture."""
        self._show(timestep.frame)

    def stepped(self, timestep: TimeStep) -> None:
        """Show the picture."""
        self._show(timestep.frame)

    def _show(self, frame: Any) -> None:
        pygame = self._pygame or _pygame()
        picture = frame[-1] if isinstance(frame, list) else frame
        assert isinstance(picture, np.ndarray), (  # noqa: S101 - Gymnasium's kind of error
            f"Expected `env.render()` to return a numpy array, actually returned {type(picture)}. "
            "In a deployment it is act(..., frame=picture)."
        )
        columns = picture.transpose(1, 0, 2)
        size = columns.shape[:2]
        self.screen_size = self.screen_size or size
        assert self.screen_size == size, (  # noqa: S101 - Gymnasium's kind of error
            f"The shape of the rgb array has changed from {self.screen_size} to {size}"
        )
        if self.window is None:
            pygame.display.init()
            self._pygame = pygame
            self.window, self.clock = pygame.display.set_mode(size), pygame.time.Clock()
        self.window.blit(pygame.surfarray.make_surface(columns), (0, 0))
        pygame.event.pump()
        self.clock.tick(self.frames_per_sec)
        pygame.display.flip()

    def close(self) -> None:
        """Close the window; a later picture opens another."""
        if self.window is not None:
            pygame = _pygame()
            pygame.display.quit()
            pygame.quit()
            self.window = self.clock = self.screen_size = self._pygame = None


def _pygame() -> Any:
    try:
        return importlib.import_module("pygame")
    except ImportError as error:
        raise MissingExtraError("HumanRendering", "pygame", "human") from error

"""The pictures of an episode, kept until somebody asks for them."""

from __future__ import annotations

from typing import Any, final

from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Stack
from statewrap.sinks.watcher import Watcher


@final
class RenderCollection(Watcher):
    """Collect the picture of every time step; `render()` gives them.

    A sink: `Deployment(..., sinks=[RenderCollection()])` with `act(..., frame=picture)`, or
    `GymWrapper(env, stack, sinks=[...])`. Mirrors `gymnasium.wrappers.RenderCollection`.

    Args:
        pop_frames: whether `render` forgets what it gives.
        reset_clean: whether an opening forgets what was collected before it.
        gap: where it watches, see `Watcher`.

    >>> from statewrap import Deployment
    >>> pictures = RenderCollection()
    >>> agent = Deployment(abs, sinks=[pictures])
    >>> agent.act(1, frame="p0"), agent.act(2, 0.0, frame="p1")
    (1, 2)
    >>> pictures.render(), pictures.render()
    (['p0', 'p1'], [])
    """

    needs = frozenset({"frame"})

    def __init__(self, pop_frames: bool = True, reset_clean: bool = True, *, gap: int = 0) -> None:  # noqa: FBT001, FBT002 - Gymnasium's order
        super().__init__(gap=gap)
        self.pop_frames, self.reset_clean = pop_frames, reset_clean
        self.frame_list: list[Any] = []

    def bind(self, stack: Stack) -> None:
        """Take note of what is known.

        Raises:
            ValueError: if the environment collects its pictures itself.
        """
        super().bind(stack)
        if self.below.render_mode is not None:
            self.accept(self.below.render_mode)

    def accept(self, render_mode: str | None) -> None:
        """Refuse a render mode that gives no pictures one by one.

        Raises:
            ValueError: if it is None or ends with "_list".
        """
        if render_mode is None:
            raise ValueError(
                "Expected env.render_mode to be not None: make the environment with "
                'render_mode="rgb_array".'
            )
        if render_mode.endswith("_list"):
            raise ValueError(
                f"Expected env.render_mode to not end with '_list', got '{render_mode}'. Such an "
                "environment collects by itself."
            )

    def opened(self, timestep: TimeStep) -> None:
        """Begin anew, if that is wanted, with the opening's picture."""
        if self.reset_clean:
            self.frame_list = []
        self.frame_list.append(timestep.frame)

    def stepped(self, timestep: TimeStep) -> None:
        """Add a picture."""
        self.frame_list.append(timestep.frame)

    def render(self) -> list[Any]:
        """Return the pictures that were collected; arrays are read-only."""
        frames = self.frame_list
        if self.pop_frames:
            self.frame_list = []
        return frames

"""Pictures of the environment as observations."""

from __future__ import annotations

from typing import Any

import attrs
from gymnasium.spaces import Box, Dict

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import refusal


@attrs.frozen
class AddRenderObservation(Wrapper[None]):
    """Show the picture on each time step in place of the observation, or beside it.

    The picture is `TimeStep.frame`: what the host passes as `act(..., frame=picture)`, or what a
    Gymnasium environment renders. Beside it, a Dict observation gets one key more, any other
    becomes a dict of two. Mirrors `gymnasium.wrappers.AddRenderObservation`.

    Args:
        render_only: show the picture alone.
        render_key: the picture's key.
        obs_key: the key of an observation that is no Dict.

    Raises:
        BindError: at `bind`, if `frame_space` is unknown or no Box, if the render mode is
            "human", if the observation has `render_key` already, or if both keys are one.
        ValueError: at a time step without a picture.

    >>> below = Below(frame_space=Box(0, 255, (2, 2, 3), "uint8"))
    >>> wrapper = AddRenderObservation().bind(below)
    >>> wrapper.on_state(None, TimeStep("f1", frame="a picture"))
    (None, TimeStep('a picture', frame='a picture'))
    """

    needs = frozenset({"frame"})

    render_only: bool = True
    render_key: str = "pixels"
    obs_key: str = "state"
    space: Any = derived()
    into_dict: bool | None = derived()
    """Whether the observation is a Dict that gets one key more."""

    def bind(self, below: Below) -> AddRenderObservation:
        """Learn what pictures and observations are like.

        Raises:
            BindError: if pictures or observations are unknown, or do not fit.
        """
        pictures = self._pictures(below)
        if self.render_only:
            return bound(self, space=pictures)  # type: ignore[no-any-return]
        seen = below.require("observation_space", self)
        if not isinstance(seen, Dict):
            if self.obs_key == self.render_key:
                raise refusal(
                    ValueError,
                    f"{self!r} has one key for picture and observation. Choose two.",
                )
            space = Dict({self.obs_key: seen, self.render_key: pictures})
            return bound(self, space=space, into_dict=False)  # type: ignore[no-any-return]
        if self.render_key in seen.spaces:
            raise refusal(
                ValueError,
                f"AddRenderObservation render_key '{self.render_key}' already exists in the "
                f"observation space {seen}. Choose another.",
            )
        parts = {self.render_key: pictures, **seen.spaces}
        space = Dict(parts, sort_keys=seen.sort_keys)
        return bound(self, space=space, into_dict=True)  # type: ignore[no-any-return]

    def _pictures(self, below: Below) -> Box:
        mode, pictures = below.render_mode, below.frame_space
        if mode == "human" or (mode is None and pictures is None):
            raise refusal(
                ValueError,
                "AddRenderObservation requires render_mode to be not None and not 'human', got "
                f"{mode}, and the frame_space of what lies below it. Make the environment with "
                'render_mode="rgb_array", or say what pictures are like: '
                "Deployment(..., below=Below(frame_space=Box(0, 255, (400, 600, 3), np.uint8))).",
            )
        if not isinstance(pictures, Box):
            raise refusal(
                TypeError,
                "AddRenderObservation expects env.render() to return a numpy array, but with "
                f"render_mode={mode!r} the frame_space is {pictures}. Give the Box of the "
                "pictures, as in Deployment(..., below=Below(frame_space=...)).",
            )
        return pictures

    def above(self, below: Below) -> Below:
        """Announce the pictures, alone or in a Dict."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Put the picture in.

        Raises:
            ValueError: if there is none.
        """
        frame = timestep.frame
        if frame is None:
            raise ValueError(
                f"{self!r} was shown a time step without a frame. Pass the picture with each "
                "observation: act(..., frame=picture)."
            )
        shown = frame if self.render_only else self._beside(timestep.observation, frame)
        return None, timestep.with_observation(shown)

    def _beside(self, seen: Any, frame: Any) -> dict[str, Any]:
        if self.into_dict:
            return {self.render_key: frame, **seen}
        return {self.obs_key: seen, self.render_key: frame}

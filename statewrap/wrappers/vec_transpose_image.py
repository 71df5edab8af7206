"""Pictures with their channels first."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import refusal
from statewrap.wrappers.pictures import channels_first, is_picture


@attrs.frozen
class VecTransposeImage(Wrapper[None]):
    """Show pictures (h, w, c) as (c, h, w), which is the order of torch.

    Of a Dict the pictures are transposed, and the other parts left alone. What is shown is a view
    of what came. Mirrors `stable_baselines3.common.vec_env.VecTransposeImage` over one
    environment, bit for bit.

        env                 f0* (84, 84, 4)    f1 (84, 84, 4)
        VecTransposeImage   f0* (4, 84, 84)    f1 (4, 84, 84)      (* first)

    Args:
        skip: whether to leave everything as it is.

    Raises:
        BindError: at `bind`, if the observation space below is unknown, or is neither a Dict nor
            one of pictures (a uint8 Box with three axes and the bounds 0 and 255), or a picture's
            first axis is its shortest, so that its channels come first already.

    >>> turned = VecTransposeImage().bind(Below(Box(0, 255, (4, 5, 3), np.uint8)))
    >>> turned.on_state(None, TimeStep(np.zeros((4, 5, 3), np.uint8)))[1].observation.shape
    (3, 4, 5)
    """

    skip: bool = False
    keys: tuple[str, ...] | None = derived()
    space: Space[Any] | None = derived()

    def bind(self, below: Below) -> VecTransposeImage:
        """Find the pictures.

        Raises:
            BindError: if the observation space is unknown or none of pictures.
        """
        space = below.require("observation_space", self)
        if not isinstance(space, Dict):
            return bound(self, space=space if self.skip else self._turned(space, ""))  # type: ignore[no-any-return]
        pictures = {key: part for key, part in space.spaces.items() if is_picture(part)}
        if self.skip:
            return bound(self, space=space)  # type: ignore[no-any-return]
        turned = {key: self._turned(part, f"{key} ") for key, part in pictures.items()}
        return bound(self, keys=tuple(turned), space=Dict({**space.spaces, **turned}))  # type: ignore[no-any-return]

    def _turned(self, space: Any, name: str) -> Box:
        if not is_picture(space):
            raise refusal(
                AssertionError,
                "The observation space must be an image or dictionary observation space, but "
                f"below {self!r} is {space}. Put it where the observation is a picture.",
            )
        if channels_first(space):
            raise refusal(
                AssertionError,
                f"The observation space {name}must follow the channel last convention, but below "
                f"{self!r} is {space}. Leave the wrapper out: its channels come first.",
            )
        height, width, channels = space.shape
        return Box(0, 255, (channels, height, width), np.uint8)

    def above(self, below: Below) -> Below:
        """Announce the transposed pictures."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Transpose the pictures."""
        if self.skip:
            return None, timestep
        shown = timestep.observation
        if self.keys is None:
            shown = shown.transpose(2, 0, 1)
        else:
            turned = {key: shown[key].transpose(2, 0, 1) for key in self.keys}
            shown = {**shown, **turned}
        return None, timestep.with_observation(shown)

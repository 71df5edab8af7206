"""Rewards times a number."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np

from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Wrapper


def _number(_: Any, field: attrs.Attribute[Any], given: Any) -> None:
    """Ask for a finite real number other than 0."""
    real = isinstance(given, (int, float, np.integer, np.floating))
    if not real or isinstance(given, bool):
        raise TypeError(f"{field.name} is {given!r}, expected a number: ScaleReward(0.1).")
    if not math.isfinite(given):
        raise ValueError(f"{field.name} is {given!r}, expected a finite number.")
    if given == 0:
        raise ValueError(
            f"{field.name} is {given!r}, which would lose each reward. Give another number; for an "
            "agent that is to see no rewards: TransformReward(lambda reward: 0.0)."
        )


@attrs.frozen
class ScaleReward(Wrapper[None]):
    """Show each reward times `scale`.

    The product is Python's or numpy's, of the reward as it came. An opening, which brings no
    reward, is left alone.

    Args:
        scale: a finite number, not 0, which would lose each reward.

    Raises:
        TypeError: if `scale` is no number.
        ValueError: if it is 0, NaN or infinite.

    >>> ScaleReward(0.5).on_state(None, TimeStep("f1", reward=3.0))
    (None, TimeStep('f1', reward=1.5))
    """

    scale: float = attrs.field(validator=_number)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Multiply the reward, except on an opening time step."""
        if timestep.first:
            return None, timestep
        return None, timestep.with_reward(timestep.reward * self.scale)

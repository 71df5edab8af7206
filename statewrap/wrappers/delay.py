"""Observations that come late."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.fields import derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.wrapper import Below, Wrapper, bound

Queue = tuple[Any, ...]
"""The observations that are still to be shown, oldest first."""


def _delay(value: Any) -> int:
    """Return a delay as an int."""
    if not np.issubdtype(type(value), np.integer):
        raise TypeError(
            f"The delay is expected to be an integer, actual type: {type(value)}, of {value!r}. "
            "Write DelayObservation(2)."
        )
    if value < 0:
        raise ValueError(
            f"The delay needs to be greater than zero, actual value: {value}. "
            "Write DelayObservation(0) for none at all."
        )
    return int(value)


@attrs.frozen
class DelayObservation(Wrapper[Queue]):
    """Show each observation `delay` time steps late; rewards, flags and info come in time.

    The first `delay` time steps of an episode show the element of the space that is nearest to
    zero, and its last `delay` observations are never shown. Mirrors
    `gymnasium.wrappers.DelayObservation`.

        env                  f0*    f1     f2     f3 end   g0*
        DelayObservation(2)  0      0      f0     f1       0       (* first)

    Gymnasium keeps references: over an environment that writes each observation into one buffer
    nothing is late. Here what is shown is what came.

    Args:
        delay: by how many time steps, at least 0.

    Raises:
        TypeError: if `delay` is no integer (numpy's are).
        ValueError: if it is negative.
        BindError: at `bind`, if the observation space below is unknown, or of a kind whose zero
            is not known; not where `delay` is 0.

    >>> from gymnasium.spaces import Box
    >>> late = DelayObservation(1).bind(Below(Box(5.0, 9.0, (1,))))
    >>> memory, shown = late.on_state((), TimeStep(np.array([7.0]), first=True))
    >>> shown.observation, late.on_state(memory, TimeStep(np.array([8.0])))[1].observation
    (array([5.], dtype=float32), array([7.]))
    """

    delay: int = attrs.field(converter=_delay)
    zero: Any = derived()

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether anything comes late."""
        return self.delay > 0

    def bind(self, below: Below) -> DelayObservation:
        """Take the zero of the observation space.

        Raises:
            BindError: if the space is unknown or of an unknown kind, and a zero is needed.
        """
        if self.delay == 0:
            return self
        zero = nearest_to_zero(below.require("observation_space", self))
        return bound(self, zero=freeze(zero))  # type: ignore[no-any-return]

    def initial(self, key: Key) -> Queue:
        """Return an empty queue."""
        return ()

    def on_state(self, memory: Queue, timestep: TimeStep) -> tuple[Queue, TimeStep]:
        """Queue the observation up, and show the one whose turn it is."""
        if len(memory) < self.delay:
            return (*memory, timestep.observation), timestep.with_observation(self.zero)
        if not memory:
            return memory, timestep
        return (*memory[1:], timestep.observation), timestep.with_observation(memory[0])

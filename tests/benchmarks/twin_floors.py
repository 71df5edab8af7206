"""What a twin cannot cost less than: its operation in a straight line, and what is promised of it.

Nothing is checked here, and nothing chosen. What is left is what every stack owes: the call, a new
message in place of one that is changed, arrays that nobody writes into, a copy of what others made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import numpy as np
from gymnasium import wrappers as theirs

from statewrap import Act, TimeStep, Wrapper


@attrs.frozen
class Converted(Wrapper[None]):
    """Observations in another dtype."""

    dtype: Any

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Convert."""
        shown: Any = timestep.observation.astype(self.dtype)
        shown.setflags(False)
        return None, timestep.with_observation(shown)


@attrs.frozen(eq=False)
class Mapped(Wrapper[None]):
    """Observations times a number, plus another unless that is None."""

    gradient: Any
    intercept: Any

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Multiply and add."""
        shown = self.gradient * timestep.observation
        if self.intercept is not None:
            shown += self.intercept
        shown.setflags(False)
        return None, timestep.with_observation(shown)


@attrs.frozen
class Resized(Wrapper[None]):
    """Pictures in another size, by OpenCV."""

    size: tuple[int, int]

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Resize."""
        import cv2  # noqa: PLC0415 - an extra

        shown = cv2.resize(timestep.observation, self.size, interpolation=cv2.INTER_AREA)
        shown.setflags(False)
        return None, timestep.with_observation(shown)


@attrs.frozen
class Computed(Wrapper[None]):
    """Observations that a function of somebody else's gives: a copy of each."""

    func: Callable[[Any], Any]

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Compute and copy."""
        shown = self.func(timestep.observation).__copy__()
        shown.setflags(False)
        return None, timestep.with_observation(shown)


@attrs.frozen(eq=False)
class Divided(Wrapper[None]):
    """Actions divided by a number."""

    gradient: Any

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Divide."""
        sent = act.action / self.gradient
        sent.setflags(False)
        return None, Act(sent)


class Collected(theirs.RenderCollection[Any, Any]):
    """Gymnasium's own, with a copy of each picture, since the next may come in the same array."""

    def step(self, action: Any) -> Any:
        """Step, and keep a copy of the picture."""
        output = self.env.step(action)
        self.frame_list.append(self.env.render().copy())  # type: ignore[union-attr]  # an array
        return output


def halved(value: Any) -> Any:
    """Return half of it."""
    return value / 2


FLOORS: Final[Mapping[str, Wrapper[Any]]] = {
    "DtypeObservation": Converted(np.dtype(np.float64)),
    "TransformObservation": Computed(halved),
    "RescaleObservation": Mapped(np.full(4, 0.1, np.float32), np.zeros(4, np.float32)),
    "ResizeObservation": Resized((84, 84)),
    "RescaleAction": Divided(np.full(2, 2.0, np.float32)),
}
FLOORS_ON_PICTURES: Final[Mapping[str, Wrapper[Any]]] = {
    "DtypeObservation": Converted(np.dtype(np.float32)),
    "RescaleObservation": Mapped(np.array(0, np.uint8), None),
}

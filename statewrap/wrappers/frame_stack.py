"""The last few observations, stacked."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from gymnasium import spaces
from gymnasium.spaces import GraphInstance, Space
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import cast

Window = tuple[Any, ...]
"""The last `stack_size` frames, oldest first; empty if the next one is to fill it."""

_ARRAYS: Final[tuple[type[Any], ...]] = (
    spaces.Box,
    spaces.Discrete,
    spaces.MultiDiscrete,
    spaces.MultiBinary,
)


def _size(value: Any) -> int:
    """Return a stack size as an int."""
    if not np.issubdtype(type(value), np.integer):
        raise TypeError(
            f"The stack_size is expected to be an integer, actual type: {type(value)}. "
            "Write FrameStackObservation(4)."
        )
    if value < 1:
        raise ValueError(f"The stack_size needs to be greater than zero, actual value: {value}.")
    return int(value)


@attrs.frozen
class FrameStackObservation(Wrapper[Window]):
    """Show the last `stack_size` observations as one, oldest first.

    A Box of shape (...) becomes one of shape (stack_size, ...) and the same dtype, a Discrete
    a MultiDiscrete, a Dict or Tuple one of stacks; of observations that no array can hold
    (Graph, Text, Sequence, OneOf) a tuple is shown. Each array shown is new and read-only.
    Mirrors `gymnasium.wrappers.FrameStackObservation`, bit for bit.

        env                       f0*          f1           f2
        FrameStackObservation(3)  f0 f0 f0     f0 f0 f1     f0 f1 f2     (padding_type="reset")
                                  0  0  f0     0  f0 f1     f0 f1 f2     (padding_type="zero")

    Gymnasium keeps references: over an environment that writes each observation into one
    buffer it shows the newest in every place. Here each place holds what was shown.

    Args:
        stack_size: how many observations are shown, at least 1.
        padding_type: what stands before an episode's first observation: "reset" (that
            observation), "zero" (the element of the space that is nearest to zero) or an
            observation.

    Raises:
        TypeError: if `stack_size` is no integer (numpy's are).
        ValueError: if it is below 1.
        BindError: at `bind`, if the observation space below is unknown, or `padding_type` is
            none of these.

    >>> last_two = FrameStackObservation(2).bind(Below(spaces.Box(0.0, 9.0, (1,))))
    >>> frame = np.array([3.0], np.float32)
    >>> memory, shown = last_two.on_state((), TimeStep(frame, first=True))
    >>> shown.observation.tolist()
    [[3.0], [3.0]]
    """

    memory_types = (GraphInstance,)

    stack_size: int = attrs.field(converter=_size)
    padding_type: Any = argument("reset", kw_only=True, converter=freeze)
    layout: Any = derived()
    padding: Window = derived(())

    def bind(self, below: Below) -> FrameStackObservation:
        """Read the observation space.

        Raises:
            BindError: if it is unknown, or holds no such padding.
        """
        space = below.require("observation_space", self)
        layout = _layout(space, self.stack_size)
        padding = self._padding(space, layout)
        return bound(self, layout=layout, padding=padding)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the space of the stacks."""
        if below.observation_space is None:
            return below
        stacks = batch_space(below.observation_space, self.stack_size)
        return attrs.evolve(below, observation_space=stacks)

    def initial(self, key: Key) -> Window:
        """Return the padding."""
        return self.padding

    def on_state(self, memory: Window, timestep: TimeStep) -> tuple[Window, TimeStep]:
        """Let the oldest frame go and show the others with the new one."""
        frame = _frame(self.layout, timestep.observation)
        window = (*memory[1:], frame) if memory else (frame,) * self.stack_size
        return window, timestep.with_observation(_stack(self.layout, window))

    def _padding(self, space: Space[Any], layout: Any) -> Window:
        kind = self.padding_type
        if isinstance(kind, str) and kind == "reset":
            return ()
        if isinstance(kind, str) and kind == "zero":
            return (_frame(layout, nearest_to_zero(space)),) * self.stack_size
        if _holds(space, kind):
            return (_frame(layout, kind),) * self.stack_size
        raise BindError(
            "Unexpected `padding_type`, expected 'reset', 'zero' or a custom observation space, "
            f"actual value: {kind!r}, which {self!r} does not find in the space below, {space}."
        )


def _holds(space: Space[Any], value: Any) -> bool:
    """Tell whether a value is in a space; a list is an array, as configurations write it."""
    if isinstance(space, spaces.Box) and not isinstance(value, np.ndarray):
        try:
            value = np.asarray(value, space.dtype)
        except (TypeError, ValueError):
            return False
    return value in space


@attrs.frozen
class _Array:
    """What an observation (or a part of one) that is an array has to be."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stacked: tuple[int, ...]
    """The shape of a stack of them."""


def _layout(space: Any, stack_size: int) -> Any:
    """Return what frames and stacks are made of: `_Array`, a dict, a tuple, or another space."""
    if isinstance(space, _ARRAYS):
        return _Array(space.shape, space.dtype, (stack_size, *space.shape))
    if isinstance(space, spaces.Dict):
        return {key: _layout(part, stack_size) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_layout(part, stack_size) for part in space.spaces)
    return space


def _frame(layout: Any, observation: Any) -> Any:
    """Return an observation as it rests in a window: its arrays C-ordered, of the space's dtype.

    An array that is so and that nobody can write to is not copied.

    Raises:
        ValueError: if an array's shape is not the space's.
        TypeError: if its dtype cannot become the space's (as floats cannot become integers).
        OverflowError: if the space's dtype has no place for one of its numbers.
    """
    kind = type(layout)
    if kind is _Array:
        if type(observation) is np.ndarray and observation.dtype == layout.dtype:
            flags = observation.flags
            if flags.c_contiguous and not flags.writeable and observation.shape == layout.shape:
                return observation
        return _converted(layout, np.asarray(observation))
    if kind is dict:
        return {key: _frame(part, observation[key]) for key, part in layout.items()}
    if kind is tuple:
        return tuple(_frame(part, observation[i]) for i, part in enumerate(layout))
    return observation


def _converted(layout: _Array, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.shape != layout.shape:
        raise ValueError(
            f"An observation has the shape {array.shape}, but its space announced "
            f"{layout.shape}. Announce the space that the observations come from."
        )
    frame = np.array(cast(array, layout.dtype), order="C")
    frame.setflags(write=False)
    return frame


def _stack(layout: Any, window: Window) -> Any:
    """Return the frames of a window as one element of the batched space, nothing shared.

    Joining bytes is four to six times as fast as `np.stack`, and what it makes is read-only.
    """
    kind = type(layout)
    if kind is _Array:
        return np.ndarray(layout.stacked, layout.dtype, b"".join(window))
    if kind is dict:
        named = layout.items()
        return {key: _stack(part, tuple(frame[key] for frame in window)) for key, part in named}
    if kind is tuple:
        numbered = enumerate(layout)
        return tuple(_stack(part, tuple(frame[i] for frame in window)) for i, part in numbered)
    out: Any = create_empty_array(layout, len(window))
    return freeze(concatenate(layout, window, out))

"""Observations as one row of numbers."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from gymnasium import spaces
from gymnasium.spaces import Space, flatten, flatten_space

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, owned, real, unfit, whole

Array = np.ndarray[Any, Any]


@attrs.frozen
class FlattenObservation(Wrapper[None]):
    """Show each observation as one row of numbers.

    An array is laid out in C order, a Discrete is one-hot, a MultiDiscrete one-hot for each of
    its numbers, a Text a row of character indices; a Dict or Tuple is the rows of its parts, one
    after the other, in the dtype that holds them all. Where a part has no fixed size (Graph,
    Sequence) its own parts are flattened. Mirrors `gymnasium.wrappers.FlattenObservation`, bit
    for bit.

    Raises:
        BindError: at `bind`, if the observation space below is unknown, or cannot be flattened.

    >>> from gymnasium.spaces import Box, Dict, Discrete
    >>> space = Dict(hand=Discrete(3), arm=Box(-1.0, 1.0, (2,)))
    >>> wrapper = FlattenObservation().bind(Below(space))
    >>> observation = {"hand": 2, "arm": np.array([0.5, -0.5], np.float32)}
    >>> wrapper.on_state(None, TimeStep(observation))[1].observation
    array([ 0. ,  0. ,  1. ,  0.5, -0.5])
    """

    layout: Any = derived()
    below: Space[Any] | None = derived()
    space: Space[Any] | None = derived()

    def bind(self, below: Below) -> FlattenObservation:
        """Find out what the observation is made of.

        Raises:
            BindError: if the observation space is unknown, or cannot be flattened.
        """
        space = below.require("observation_space", self)
        flat = flat_space(self, space)
        return bound(self, layout=flat_layout(space), below=space, space=flat)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the flat space, mostly a Box."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Flatten the observation."""
        observation = timestep.observation
        try:
            row = self.layout.row(observation)
        except Exception as error:
            raise unfit(self, self.below, observation, error) from error
        return None, timestep if row is observation else timestep.with_observation(row)


def flat_space(wrapper: Any, space: Space[Any]) -> Space[Any]:
    """Return the space of flattened observations.

    Raises:
        BindError: if there is none, or memory does not hold its bounds; it names the wrapper.
    """
    try:
        return flatten_space(space)
    except Exception as error:
        raise BindError(
            f"{wrapper!r} cannot flatten {space}, the observation space below it "
            f"({type(error).__name__}: {error}). Filter that part out first.",
        ) from error


@attrs.frozen
class _Numbers:
    """An array of a Box or MultiBinary."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def row(self, value: Any) -> Array:
        if type(value) is not np.ndarray or value.shape != self.shape or value.dtype != self.dtype:
            real(value, self.shape)
            value = np.asarray(value, self.dtype)
        return owned(value if len(self.shape) == 1 else value.reshape(-1))


@attrs.frozen
class _OneHot:
    """A number of a Discrete."""

    size: int
    start: int
    dtype: np.dtype[Any]

    def row(self, value: Any) -> Array:
        place = whole(value) - self.start
        if place < 0:  # numpy would count from the end
            raise IndexError(f"{value} is below the first number, {self.start}.")
        row = np.zeros(self.size, self.dtype)
        row[place] = 1
        return locked(row)  # type: ignore[no-any-return]


@attrs.frozen
class _OneHots:
    """The numbers of a MultiDiscrete."""

    size: int
    first: Array
    last: Array
    """The least and the greatest that each number can be, in its shape."""
    places: Array
    """Where the row of each number begins, less the number's start."""
    dtype: np.dtype[Any]

    def row(self, value: Any) -> Array:
        numbers = np.asarray(value)
        if numbers.shape != self.first.shape:
            raise ValueError(f"The shape is {numbers.shape}, expected {self.first.shape}.")
        if ((numbers < self.first) | (numbers > self.last)).any():  # it would be its neighbour's
            raise IndexError(f"{value} is not between {self.first} and {self.last}.")
        row = np.zeros(self.size, self.dtype)
        row[numbers.ravel() + self.places] = 1
        return locked(row)  # type: ignore[no-any-return]


@attrs.frozen
class _Joined:
    """A Dict or Tuple, whose rows are joined."""

    parts: tuple[tuple[Any, Any], ...]
    """Key or index, and layout."""

    def row(self, value: Any) -> Array:
        return locked(np.concatenate([part.row(value[key]) for key, part in self.parts]))  # type: ignore[no-any-return]


@attrs.frozen
class _Other:
    """Anything else, as Gymnasium flattens it."""

    space: Any

    def row(self, value: Any) -> Any:
        return freeze(flatten(self.space, value))


_CONTAINERS: Final = (spaces.Dict, spaces.Tuple)


def flat_layout(space: Any) -> Any:
    """Return how the observations of a space are flattened: its method `row` does so."""
    if isinstance(space, (spaces.Box, spaces.MultiBinary)):
        return _Numbers(space.dtype, space.shape)
    if isinstance(space, spaces.Discrete):
        return _OneHot(int(space.n), int(space.start), space.dtype)
    if isinstance(space, spaces.MultiDiscrete):
        ends = np.cumsum(space.nvec.ravel())
        places = ends - space.nvec.ravel() - space.start.ravel()
        size, last = int(ends[-1]) if ends.size else 0, space.start + space.nvec - 1
        return _OneHots(size, space.start, last, places, space.dtype)
    if isinstance(space, _CONTAINERS) and space.is_np_flattenable:
        parts: Any = enumerate(space.spaces)
        if isinstance(space, spaces.Dict):
            parts = space.spaces.items()
        return _Joined(tuple((key, flat_layout(part)) for key, part in parts))
    return _Other(space)

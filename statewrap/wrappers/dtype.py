"""Observations in another dtype."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, real, refusal, unfit

DType = np.dtype[Any]

_Array: Final = np.ndarray  # one look-up less than np.ndarray
_SCALARS: Final = frozenset({int, float, np.int64, np.float32, np.float64})
"""The usual kinds of numbers."""


def _dtype(value: Any) -> DType:
    """Return a dtype of numbers, from whatever numpy understands.

    Raises:
        TypeError: if numpy does not.
        ValueError: if it is None (which numpy takes for float64), or none of real numbers.
    """
    if value is None:
        raise ValueError(
            "DtypeObservation: dtype must be explicitly provided, cannot be None. "
            "Write DtypeObservation(np.float32)."
        )
    dtype: DType = np.dtype(value)
    if dtype.kind not in "iufb":
        raise ValueError(f"Invalid dtype ({dtype}), must be an integer, floating, or bool dtype.")
    return dtype


def _quoted(dtype: DType) -> str:
    return repr(str(dtype))


@attrs.frozen
class DtypeObservation(Wrapper[None]):
    """Show each observation in another dtype, converted as numpy does.

    A Box keeps its shape and bounds, a Discrete becomes a Box of shape (), a MultiBinary a Box, a
    MultiDiscrete one of the new integer dtype. Fractions are cut off on the way to integers, and
    what does not fit wraps around; a space whose bounds do not fit is refused. Mirrors
    `gymnasium.wrappers.DtypeObservation`, bit for bit.

    Args:
        dtype: the new dtype, as a numpy type, dtype or name: "float32".

    Raises:
        TypeError: if `dtype` is no dtype.
        ValueError: if it is None, or none of real numbers.
        BindError: at `bind`, if the observation space below is unknown, none of these, or does
            not fit the dtype.

    >>> wrapper = DtypeObservation(np.float32).bind(Below(Discrete(3, start=-1)))
    >>> wrapper.on_state(None, TimeStep(np.int64(-1)))
    (None, TimeStep(np.float32(-1.0)))
    """

    dtype: DType = attrs.field(converter=_dtype, repr=_quoted)
    number: type[np.generic] | None = derived()
    """The dtype's kind of number, and the dtype in the machine's own byte order."""
    native: DType | None = derived()
    below: Box | Discrete | MultiDiscrete | MultiBinary | None = derived()
    shape: tuple[int, ...] | None = derived()
    other: DType | None = derived()
    """The dtype of the arrays below, if it is another; None for single numbers."""
    space: Box | MultiDiscrete | None = derived()

    def bind(self, below: Below) -> DtypeObservation:
        """Find the space in the new dtype.

        Raises:
            BindError: if the observation space is unknown or cannot have this dtype.
        """
        space = below.require("observation_space", self)
        if not isinstance(space, (Box, Discrete, MultiDiscrete, MultiBinary)):
            raise refusal(
                TypeError,
                f"{self!r} requires a Box, Discrete, MultiDiscrete, or MultiBinary space below it, "
                f"got {space}. Flatten or filter the observation first.",
            )
        number = self.dtype.type
        native: DType = np.dtype(number)
        return bound(  # type: ignore[no-any-return]
            self,
            number=number,
            native=native,
            below=space,
            shape=space.shape,
            other=space.dtype if space.shape and space.dtype is not native else None,
            space=self._converted(space),
        )

    def above(self, below: Below) -> Below:
        """Announce the space in the new dtype."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Convert the observation; one that has the dtype passes."""
        observation = timestep.observation
        if (
            type(observation) is _Array
            and observation.dtype is self.other
            and observation.shape == self.shape
        ):
            converted: Any = observation.astype(self.native)
            converted.setflags(False)
            return None, timestep.with_observation(converted)
        if not self.shape:
            if type(observation) not in _SCALARS:
                self._check(observation)
            return None, timestep.with_observation(self.number(observation))  # type: ignore[misc]
        if self.other is None and self._fits(observation):
            return None, timestep
        self._check(observation)
        return None, timestep.with_observation(locked(np.asarray(observation).astype(self.native)))

    def _fits(self, observation: Any) -> bool:
        """Tell whether an observation is an array of the dtype and shape to show."""
        return (
            type(observation) is _Array
            and observation.dtype is self.native
            and observation.shape == self.shape
        )

    def _check(self, observation: Any) -> None:
        """Hold that an observation is made of numbers, since numpy makes NaN of None."""
        try:
            real(observation, self.shape)  # type: ignore[arg-type]  # `bind` found it
        except Exception as error:
            raise unfit(self, self.below, observation, error) from error

    def _converted(self, space: Box | Discrete | MultiDiscrete | MultiBinary) -> Space[Any]:
        if isinstance(space, MultiDiscrete):
            return self._multi_discrete(space)
        if isinstance(space, MultiBinary):
            return Box(0, 1, space.shape, self.dtype)
        if isinstance(space, Box):
            return self._box(space.low, space.high, space)
        low = np.array(space.start)
        return self._box(low, low + space.n - 1, space)

    def _box(self, low: Any, high: Any, space: Space[Any]) -> Box:
        return Box(self._held(low, space), self._held(high, space), low.shape, self.dtype)

    def _multi_discrete(self, space: MultiDiscrete) -> MultiDiscrete:
        if self.dtype.kind not in "iu":
            raise refusal(
                ValueError,
                f"{self!r} cannot convert {space}: Invalid MultiDiscrete dtype ({self.dtype}), "
                "must be an integer dtype.",
            )
        for numbers in (space.nvec, space.start, space.start + space.nvec - 1):
            self._held(numbers, space)
        return MultiDiscrete(space.nvec, self.dtype, start=space.start)

    def _held(self, bounds: Any, space: Space[Any]) -> Any:
        """Return bounds in the new dtype; infinity among signed integers is the last of them."""
        lowest, highest = _limits(self.dtype)
        endless = np.isinf(bounds) if self.dtype.kind in "if" else np.zeros(bounds.shape, bool)
        ended = np.where(endless, 0, bounds)
        exact = ended.astype(np.longdouble) if ended.dtype.kind == "f" else ended
        if np.any((exact < lowest) | (exact > highest)):
            raise refusal(
                ValueError,
                f"{self!r} cannot convert {space}: it is out of bounds of the dtype range, from "
                f"{lowest} to {highest}. Choose a wider dtype, or rescale the observation first.",
            )
        ends = (-np.inf, np.inf) if self.dtype.kind == "f" else (lowest, highest)
        held = ended.astype(self.dtype)
        held[endless] = np.where(bounds < 0, *ends)[endless]
        return held


def _limits(dtype: DType) -> tuple[Any, Any]:
    """Return the least and the greatest number of a dtype."""
    if dtype.kind == "b":
        return 0, 1
    info: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return info.min, info.max

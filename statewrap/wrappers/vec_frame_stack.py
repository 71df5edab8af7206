"""The last few observations side by side, as Stable-Baselines3 stacks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict

from statewrap.core.fields import argument, derived, whole
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, refusal
from statewrap.wrappers.pictures import channels_first, is_picture

Stacked = Any
"""What was shown last, an array or a dict of arrays; None before an episode's first."""

_ORDERS = ("first", "last", None)


class _Place(NamedTuple):
    """How observations of a Box are put side by side."""

    axis: int
    """Along which: 0 or -1."""
    later: tuple[Any, ...]
    """An index that takes all of a stack but its oldest observation."""
    dtype: np.dtype[Any]
    blank: np.ndarray[Any, Any]
    """A stack of zeros."""


def _order(given: Any) -> Any:
    """Check an order of channels; a mapping is copied."""
    orders = given.values() if isinstance(given, Mapping) else [given]
    if not all(isinstance(order, (str, type(None))) and order in _ORDERS for order in orders):
        raise ValueError(
            "`channels_order` must be one of following: 'last', 'first', or None, or a mapping "
            f"from keys to these, got {given!r}."
        )
    return dict(given) if isinstance(given, Mapping) else given


@attrs.frozen
class VecFrameStack(Wrapper[Stacked]):
    """Show the last `n_stack` observations side by side, oldest first, along an axis they have.

    Pictures (h, w, c) become (h, w, n_stack * c), vectors (n,) become (n_stack * n,). Before an
    episode's first observation stand zeros. Of a Dict each part is stacked. Mirrors
    `stable_baselines3.common.vec_env.VecFrameStack` over one environment, bit for bit.

        env               f0*        f1         f2
        VecFrameStack(3)  0 0 f0     0 f0 f1    f0 f1 f2       (* first)

    Args:
        n_stack: how many, at least 1.
        channels_order: "first" to stack along the first axis, "last" for the last; None for the
            last, or that of a picture's channels, which is the shortest. For a Dict also a
            mapping from each key to one of these.

    Raises:
        TypeError: if `n_stack` is no int.
        ValueError: if it is below 1, or `channels_order` is something else.
        BindError: at `bind`, if the observation space below is unknown, or is no Box with an axis
            or Dict of them, or `channels_order` does not fit it.

    >>> last_two = VecFrameStack(2).bind(Below(Box(0.0, 9.0, (1,))))
    >>> frame = np.array([3.0], np.float32)
    >>> last_two.on_state(None, TimeStep(frame, first=True))[1].observation
    array([0., 3.], dtype=float32)
    """

    n_stack: int = attrs.field(validator=whole(1))
    channels_order: Any = argument(None, converter=_order)
    place: Any = derived()
    space: Box | Dict | None = derived()

    def bind(self, below: Below) -> VecFrameStack:
        """Read the observation space.

        Raises:
            BindError: if it is unknown or cannot be stacked.
        """
        space, order = below.require("observation_space", self), self.channels_order
        if isinstance(space, Dict):
            orders = order if isinstance(order, dict) else dict.fromkeys(space.spaces, order)
            if missing := [key for key in space.spaces if key not in orders]:
                raise refusal(KeyError, f"{self!r} does not say where {missing[0]!r} is stacked.")
            place = {key: self._place(part, orders[key]) for key, part in space.spaces.items()}
            boxes: Any = {key: self._box(part, place[key]) for key, part in space.spaces.items()}
            return bound(self, place=place, space=Dict(boxes))  # type: ignore[no-any-return]
        if isinstance(order, dict):
            raise refusal(
                TypeError,
                "When the observation space is Box, channels_order can't be a dict, but below "
                f"{self!r} is {space}.",
            )
        whole = self._place(space, order)
        return bound(self, place=whole, space=self._box(space, whole))  # type: ignore[no-any-return]

    def _place(self, space: Any, order: str | None) -> _Place:
        if not isinstance(space, Box) or not space.shape:
            raise refusal(
                AssertionError,
                "VecFrameStack only works with gym.spaces.Box and gym.spaces.Dict observation "
                f"spaces, whose parts have an axis. Below {self!r} is {space}.",
            )
        if order is None:
            order = "first" if is_picture(space) and channels_first(space) else "last"
        axis = 0 if order == "first" else -1
        size, shape = space.shape[axis], list(space.shape)
        shape[axis] *= self.n_stack
        later = (slice(size, None),) if axis == 0 else (..., slice(size, None))
        return _Place(axis, later, space.dtype, locked(np.zeros(shape, space.dtype)))

    def _box(self, space: Any, place: _Place) -> Box:
        """Return the space of stacks, in which the zeros lie that stand before the first."""
        zero = np.zeros((), space.dtype)
        low, high = np.minimum(space.low, zero), np.maximum(space.high, zero)
        low, high = (np.concatenate([one] * self.n_stack, place.axis) for one in (low, high))
        return Box(low, high, dtype=space.dtype.type)

    def above(self, below: Below) -> Below:
        """Announce the space of the stacks."""
        return attrs.evolve(below, observation_space=self.space)

    def initial(self, key: Key) -> Stacked:
        """Return None: nothing was shown."""
        return None

    def on_state(self, memory: Stacked, timestep: TimeStep) -> tuple[Stacked, TimeStep]:
        """Let the oldest observation go and show the others with the new one."""
        place, observation = self.place, timestep.observation
        if type(place) is _Place:
            stacked: Any = _stacked(place, memory, observation)
        else:
            before = memory or {}
            stacked = {
                key: _stacked(one, before.get(key), observation[key]) for key, one in place.items()
            }
        return stacked, timestep.with_observation(stacked)


def _stacked(place: _Place, before: Any, observation: Any) -> np.ndarray[Any, Any]:
    """Put an observation behind the later ones of a stack."""
    stack = place.blank if before is None else before
    newest = np.asarray(observation, place.dtype)
    return locked(np.concatenate((stack[place.later], newest), place.axis))  # type: ignore[no-any-return]

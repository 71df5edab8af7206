"""Rewards and actions held between two bounds."""

from __future__ import annotations

from math import copysign, inf, isnan
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.error import InvalidBound
from gymnasium.spaces import Box

from statewrap.core.borders import freeze
from statewrap.core.fields import argument, derived
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import refusal

_PLAIN: Final = (int, float, np.float64)
_NUMBERS: Final = (int, float, np.number, np.bool_)


def _as_numpy_does(value: Any, low: Any, high: Any) -> Any:
    """Return `np.clip(value, low, high)`, the shorter way where that ends in the array's method."""
    if type(value) is np.ndarray:
        return value.clip(low, high)
    if isinstance(value, _NUMBERS):
        return np.asarray(value).clip(low, high)
    return np.clip(value, low, high)


def _read_only(value: Any) -> Any:
    """Lock a new array; scalars, which a 0-d array gives, are locked by nature."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    return value


def _limit(bound: Any, otherwise: float) -> np.float64 | None:
    """Return a bound as float64; None if it is NaN, or of a type that might win over float."""
    if bound is None:
        return np.float64(otherwise)
    return np.float64(bound) if type(bound) in _PLAIN and not isnan(bound) else None


def _zeros(wrapper: ClipReward) -> tuple[Any, Any]:
    """Return what becomes of 0.0 and of -0.0: numpy alone knows which zero a bound of 0 gives."""
    low, high = wrapper.min_reward, wrapper.max_reward
    return np.clip(0.0, low, high), np.clip(-0.0, low, high)


@attrs.frozen
class ClipReward(Wrapper[None]):
    """Hold each reward between two bounds, of which one may be left out.

    The reward becomes a numpy scalar: `np.float64` for a float, int64 for an int between int
    bounds. NaN stays NaN. An opening time step brings no reward and is left as it is. Mirrors
    `gymnasium.wrappers.ClipReward`, bit for bit.

    Args:
        min_reward: the least reward, a number or an array.
        max_reward: the greatest reward, a number or an array.

    Raises:
        InvalidBound: if both bounds are None, or the lower exceeds the upper
            (`gymnasium.error`).

    >>> ClipReward(-1.0, 1.0).on_state(None, TimeStep("f1", reward=7.0))
    (None, TimeStep('f1', reward=np.float64(1.0)))
    """

    min_reward: Any = argument(None, converter=freeze)
    max_reward: Any = argument(None, converter=freeze)
    low: np.float64 | None = derived(
        attrs.Factory(lambda self: _limit(self.min_reward, -inf), takes_self=True)
    )
    high: np.float64 | None = derived(
        attrs.Factory(lambda self: _limit(self.max_reward, inf), takes_self=True)
    )
    zeros: tuple[Any, Any] = derived(attrs.Factory(_zeros, takes_self=True))

    def __attrs_pre_init__(self, min_reward: Any = None, max_reward: Any = None) -> None:
        """Refuse bounds between which nothing lies."""
        if min_reward is None and max_reward is None:
            raise InvalidBound(
                "ClipReward needs a bound: both min_reward and max_reward are None. "
                "Write ClipReward(-1.0, 1.0), or ClipReward(max_reward=1.0) for one side."
            )
        if min_reward is None or max_reward is None:
            return
        if np.any(np.asarray(max_reward) < np.asarray(min_reward)):
            raise InvalidBound(
                f"ClipReward needs min_reward <= max_reward, got min_reward={min_reward!r} "
                f"and max_reward={max_reward!r}. Exchange them."
            )

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Clip the reward, except on an opening time step."""
        if timestep.first:
            return None, timestep
        return None, timestep.with_reward(self._clipped(timestep.reward))

    def _clipped(self, reward: Any) -> Any:
        """Return what `np.clip` does, for a float at a tenth of its price."""
        low, high = self.low, self.high
        kind = type(reward)
        if (kind is float or kind is np.float64) and low is not None and high is not None:
            if low <= reward <= high:
                return np.float64(reward) if reward else self.zeros[copysign(1.0, reward) < 0]
            if reward < low:
                return low
            if reward > high:
                return high
        return _read_only(_as_numpy_does(reward, self.min_reward, self.max_reward))


@attrs.frozen
class ClipAction(Wrapper[None]):
    """Hold each action within the bounds of the Box below; the policy may send any number.

    Numpy's promotion decides on the dtype, as in Gymnasium: float64 stays float64, and int64
    becomes float64 in a float32 Box. Mirrors `gymnasium.wrappers.ClipAction`, bit for bit.

    Raises:
        BindError: at `bind`, if the action space below is unknown or no Box.

    >>> clip = ClipAction().bind(Below(action_space=Box(-1.0, 1.0, (2,))))
    >>> clip.on_action(None, Act(np.array([0.5, 3.0])))
    (None, Act(array([0.5, 1. ])))
    """

    low: Any = derived()
    high: Any = derived()
    unbounded: Box | None = derived()

    def bind(self, below: Below) -> ClipAction:
        """Read the bounds.

        Raises:
            BindError: if the action space is unknown or no Box.
        """
        space = below.require("action_space", self)
        if not isinstance(space, Box) or space.dtype.kind not in "fi":
            raise refusal(
                ValueError if isinstance(space, Box) else TypeError,
                f"{self!r} needs a Box of floats or signed integers as the action space below "
                f"it, got {space}. Leave the wrapper out, or put it where the actions are a Box.",
            )
        unbounded = Box(-np.inf, np.inf, space.shape, space.dtype.type)
        return bound(self, low=space.low, high=space.high, unbounded=unbounded)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce a Box without bounds."""
        return attrs.evolve(below, action_space=self.unbounded)

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Clip the action."""
        return None, Act(_read_only(_as_numpy_does(act.action, self.low, self.high)))

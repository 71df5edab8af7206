"""Observations that tell the time within an episode."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space, Tuple
from gymnasium.spaces.utils import flatten, flatten_space
from numpy.typing import NDArray

from statewrap.core.borders import freeze
from statewrap.core.fields import derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, refusal


@attrs.frozen
class TimeAwareObservation(Wrapper[int]):
    """Add to each observation the number of steps that the episode has had.

    A Dict gets the time under `dict_time_key`, before its other keys, and a Tuple as its last
    part; any other observation becomes `{"obs": observation, "time": time}`. The time is an int32
    array (1,), from 0 at the opening to the limit, or with `normalize_time` a float32 array
    (1,), steps / limit, from 0 to 1. Then all is flattened to one array, unless `flatten` is
    False; a Dict is flattened in the order of its keys. Mirrors
    `gymnasium.wrappers.TimeAwareObservation`, bit for bit.

        env                    f0*       f1        f2        g0*
        TimeAwareObservation   f0, 0     f1, 1     f2, 2     g0, 0     (* first)

    The limit is the one announced below: a `TimeLimit` in the stack, or `max_episode_steps` of
    whoever drives it. Past the limit, which nothing enforces here, the time goes on counting.
    The memory is the time.

    Args:
        flatten: whether to show one array of one axis. Its dtype is the one that holds all parts:
            float32 and the int32 of the time make float64.
        normalize_time: whether the time is a fraction of the limit.
        dict_time_key: the key of the time in a Dict.

    Raises:
        BindError: at `bind`, if the observation space or the limit is unknown, or a Dict has
            `dict_time_key` already.

    >>> clock = TimeAwareObservation().bind(Below(Box(0.0, 9.0, (2,)), max_episode_steps=5))
    >>> frame = np.array([3.0, 4.0], np.float32)
    >>> memory, shown = clock.on_state(0, TimeStep(frame))
    >>> memory, shown.observation
    (1, array([3., 4., 1.]))
    """

    flatten: bool = True
    normalize_time: bool = False
    dict_time_key: str = attrs.field(default="time", kw_only=True)
    limit: int | None = derived()
    kind: type | None = derived()
    """Dict or Tuple, where the observation is one; other observations become part of a dict."""
    whole: Space[Any] | None = derived()
    """The space of observations with their time, before they are flattened."""
    dtypes: tuple[Any, Any] | None = derived()
    """Of a Box below and of the array shown: such an observation is flattened in one go."""

    def bind(self, below: Below) -> TimeAwareObservation:
        """Read the observation space and the limit.

        Raises:
            BindError: if one of them is unknown, or a Dict has a part called like the time.
        """
        known = below.require("observation_space", self)
        limit = self._limit(below)
        time = Box(0.0, 1.0) if self.normalize_time else Box(0, limit, dtype=np.int32)
        whole = self._whole(known, time)
        kind = next((kind for kind in (Dict, Tuple) if isinstance(known, kind)), None)
        dtypes = None
        if self.flatten and isinstance(known, Box):
            dtypes = known.dtype, np.result_type(known.dtype, time.dtype)
        return bound(self, limit=limit, kind=kind, whole=whole, dtypes=dtypes)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the space with the time in it."""
        whole: Any = self.whole
        space = flatten_space(whole) if self.flatten else whole
        return attrs.evolve(below, observation_space=space)

    def initial(self, key: Key) -> int:
        """Return 0: no step was counted."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep) -> tuple[int, TimeStep]:
        """Count a step, and add the count to the observation."""
        elapsed = memory if timestep.first else memory + 1
        shown = self._shown(timestep.observation, elapsed)
        return elapsed, timestep.replace(observation=shown)

    def _limit(self, below: Below) -> int:
        if below.max_episode_steps is None:
            raise refusal(
                ValueError,
                f"{self!r} needs to know how long an episode may be: The environment must be "
                "wrapped by a TimeLimit wrapper or the spec specify a `max_episode_steps`. Put a "
                "TimeLimit below it, or give the limit to whoever drives the stack, as in "
                "Deployment(..., below=Below(max_episode_steps=500)).",
            )
        return below.max_episode_steps

    def _whole(self, known: Space[Any], time: Box) -> Space[Any]:
        if isinstance(known, Tuple):
            return Tuple((*known.spaces, time))
        if not isinstance(known, Dict):
            return Dict(obs=known, time=time)
        if self.dict_time_key in known.spaces:
            raise refusal(
                ValueError,
                f"The `dict_time_key` ({self.dict_time_key!r}) already exists in the observation "
                f"space below {self!r}, {known}. Choose another: "
                'TimeAwareObservation(dict_time_key="steps").',
            )
        return Dict({self.dict_time_key: time, **known.spaces}, sort_keys=known.sort_keys)

    def _shown(self, observation: Any, elapsed: int) -> Any:
        if self.dtypes is not None:
            return self._joined(observation, elapsed)
        timed = self._timed(observation, elapsed)
        if not self.flatten:
            return timed
        shown = flatten(self.whole, timed)  # type: ignore[arg-type]
        return locked(shown) if isinstance(shown, np.ndarray) else freeze(shown)

    def _joined(self, observation: Any, elapsed: int) -> Any:
        """Return an array and its time as one array, as `flatten` does at three times the price."""
        before, after = self.dtypes  # type: ignore[misc]
        flat = np.asarray(observation, before).ravel()
        shown = np.empty(flat.size + 1, after)
        shown[:-1] = flat
        shown[-1:] = self._time(elapsed)
        return locked(shown)

    def _timed(self, observation: Any, elapsed: int) -> Any:
        time = locked(self._time(elapsed))
        if self.kind is None:
            return {"obs": observation, "time": time}
        if self.kind is Dict:
            return {self.dict_time_key: time, **observation}
        return (*observation, time)

    def _time(self, elapsed: int) -> NDArray[Any]:
        if self.normalize_time:
            return np.array([elapsed / self.limit], np.float32)  # type: ignore[operator]
        return np.array([elapsed], np.int32)

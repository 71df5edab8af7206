"""Observations that tell the time within an episode."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space, Tuple
from numpy.typing import NDArray

from statewrap.core.fields import a_flag, a_word, derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, real, refusal, unfit
from statewrap.wrappers.flatten import flat_layout, flat_space

_TIMES: Final = 10_000
"""Of so many times, an array each is kept ready."""
_LAST: Final = 2**31 - 1


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
        TypeError: if `flatten` or `normalize_time` is no bool, or `dict_time_key` no string.
        BindError: at `bind`, if the observation space is unknown or cannot be flattened, the
            limit is unknown, below 1 or more than an int32, or a Dict has `dict_time_key` already.

    >>> clock = TimeAwareObservation().bind(Below(Box(0.0, 9.0, (2,)), max_episode_steps=5))
    >>> frame = np.array([3.0, 4.0], np.float32)
    >>> memory, shown = clock.on_state(0, TimeStep(frame))
    >>> memory, shown.observation
    (1, array([3., 4., 1.]))
    """

    flatten: bool = attrs.field(default=True, validator=a_flag)
    normalize_time: bool = attrs.field(default=False, validator=a_flag)
    dict_time_key: str = attrs.field(default="time", kw_only=True, validator=a_word)
    below: Space[Any] | None = derived()
    shape: tuple[int, ...] | None = derived()
    limit: int | None = derived()
    kind: type | None = derived()
    """Dict or Tuple, where the observation is one; other observations become part of a dict."""
    layout: Any = derived()
    """How an observation and its time are flattened."""
    times: NDArray[Any] | None = derived()
    """The first times, one after the other; read-only."""
    space: Space[Any] | None = derived()
    dtypes: tuple[Any, Any] | None = derived()
    """Of a Box below and of the array shown: such an observation is flattened in one go."""

    def bind(self, below: Below) -> TimeAwareObservation:
        """Read the observation space and the limit.

        Raises:
            BindError: if one of them is unknown or cannot be used, or a Dict has a part called
                like the time.
        """
        known = below.require("observation_space", self)
        limit = self._limit(below)
        time = Box(0.0, 1.0) if self.normalize_time else Box(0, limit, dtype=np.int32)
        whole = self._whole(known, time)
        kind = next((kind for kind in (Dict, Tuple) if isinstance(known, kind)), None)
        dtypes, layout, space = None, None, whole
        if self.flatten:
            space, layout = flat_space(self, whole), flat_layout(whole)
        if self.flatten and isinstance(known, Box):
            dtypes = known.dtype, np.result_type(known.dtype, time.dtype)
        count = np.arange(min(limit + 1, _TIMES))
        times = locked((count / limit if self.normalize_time else count).astype(time.dtype))
        return bound(  # type: ignore[no-any-return]
            self,
            below=known,
            shape=known.shape,
            limit=limit,
            kind=kind,
            layout=layout,
            times=times,
            space=space,
            dtypes=dtypes,
        )

    def above(self, below: Below) -> Below:
        """Announce the space with the time in it."""
        return attrs.evolve(below, observation_space=self.space)

    def initial(self, key: Key) -> int:
        """Return 0: no step was counted."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep) -> tuple[int, TimeStep]:
        """Count a step, and add the count to the observation."""
        elapsed = memory if timestep.first else memory + 1
        try:
            shown = self._shown(timestep.observation, elapsed)
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error
        return elapsed, timestep.with_observation(shown)

    def _limit(self, below: Below) -> int:
        if below.max_episode_steps is None:
            raise refusal(
                ValueError,
                f"{self!r} needs to know how long an episode may be: The environment must be "
                "wrapped by a TimeLimit wrapper or the spec specify a `max_episode_steps`. Put a "
                "TimeLimit below it, or give the limit to whoever drives the stack, as in "
                "Deployment(..., below=Below(max_episode_steps=500)).",
            )
        limit = below.max_episode_steps
        if not isinstance(limit, (int, np.integer)) or limit < 1:
            raise refusal(
                ValueError,
                f"{self!r}: max_episode_steps is {limit!r}, expected an int of at least 1.",
            )
        if limit > _LAST and not self.normalize_time:
            raise refusal(
                ValueError,
                f"{self!r}: max_episode_steps is {limit}, but the time is an int32, at most "
                f"{_LAST}. Give a lower limit, or take normalize_time=True.",
            )
        return limit

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
        return self.layout.row(timed) if self.flatten else timed

    def _joined(self, observation: Any, elapsed: int) -> Any:
        """Return an array and its time as one array, faster than by a layout."""
        before, after = self.dtypes  # type: ignore[misc]
        shape: Any = self.shape
        if type(observation) is not np.ndarray or observation.shape != shape:
            real(observation, shape)
        flat = np.asarray(observation, before).ravel()
        shown = np.empty(flat.size + 1, after)
        shown[:-1] = flat
        shown[-1:] = self._time(elapsed)
        return locked(shown)

    def _timed(self, observation: Any, elapsed: int) -> Any:
        time = self._time(elapsed)
        if self.kind is None:
            return {"obs": observation, "time": time}
        if self.kind is Dict:
            return {self.dict_time_key: time, **observation}
        return (*observation, time)

    def _time(self, elapsed: int) -> NDArray[Any]:
        """Return the time as an array of one, read-only."""
        if elapsed < len(self.times):  # type: ignore[arg-type]  # `bind` made them
            return self.times[elapsed : elapsed + 1]  # type: ignore[index]
        if self.normalize_time:
            return locked(np.array([elapsed / self.limit], np.float32))  # type: ignore[operator,no-any-return]
        return locked(np.array([elapsed], np.int32))  # type: ignore[no-any-return]

"""Episodes cut off after a number of steps."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper


def _steps(value: Any) -> int:
    """Return a limit as it is, if it is one."""
    if not isinstance(value, int):
        raise TypeError(
            f"Expect the `max_episode_steps` to be an integer, actually: {type(value)}, {value!r}. "
            "Write TimeLimit(500)."
        )
    if value <= 0:
        raise ValueError(
            f"Expect the `max_episode_steps` to be positive, actually: {value}. "
            "The shortest limit is TimeLimit(1)."
        )
    return value


@attrs.frozen
class TimeLimit(Wrapper[int]):
    """Truncate each episode at its `max_episode_steps`-th step.

    A flag that the environment sets stays: an episode may terminate at the limit, and is
    truncated as well then. The memory is the number of steps that the episode has had.
    Mirrors `gymnasium.wrappers.TimeLimit`.

        env            f0*      f1       f2       g0*
        TimeLimit(2)   ↑  a↓    ↑  a↓    ↑ end    ↑
        memory         0        1        2        0       (* first; end: truncated)

    Of nested limits the smallest cuts; the outermost is the one announced above, as it is in
    Gymnasium's `spec`.

    Args:
        max_episode_steps: the limit in steps, at least 1.

    Raises:
        TypeError: if `max_episode_steps` is no int.
        ValueError: if it is below 1.

    >>> limit = TimeLimit(2)
    >>> limit.on_state(0, TimeStep("f1", reward=1.0))
    (1, TimeStep('f1', reward=1.0))
    >>> limit.on_state(1, TimeStep("f2", reward=1.0))
    (2, TimeStep('f2', reward=1.0, truncated=True))
    """

    max_episode_steps: int = attrs.field(converter=_steps)

    def above(self, below: Below) -> Below:
        """Announce the limit."""
        return attrs.evolve(below, max_episode_steps=self.max_episode_steps)

    def initial(self, key: Key) -> int:
        """Return 0: no step was counted."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep) -> tuple[int, TimeStep]:
        """Count a step, and end the episode if it was the last one allowed."""
        if timestep.first:
            return memory, timestep
        elapsed = memory + 1
        if elapsed < self.max_episode_steps:
            return elapsed, timestep
        return elapsed, timestep.replace(truncated=True)

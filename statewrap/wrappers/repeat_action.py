"""One decision for several steps."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.wrapper import Wrapper


class Held(NamedTuple):
    """The act being repeated, how often it is still due, the reward so far."""

    act: Act
    due: int
    reward: float


def _repeats(value: Any) -> int:
    """Return a number of repeats as an int."""
    if not np.issubdtype(type(value), np.integer):
        raise TypeError(
            f"num_repeats is {value!r}, expected to be an integer of at least 1: RepeatAction(4)."
        )
    if value < 1:
        raise ValueError(
            f"num_repeats is {value}, expected to be equal or greater than one: RepeatAction(4)."
        )
    return int(value)


@attrs.frozen
class RepeatAction(Wrapper[Held | None]):
    """Send each action `num_repeats` times; show the last frame and the summed reward.

    The repetition stops where the episode ends. Observation, flags and info are the last
    step's; the reward is the Python float that the sum of `float(reward)` gives, from 0.0 on
    in the order of the steps. Mirrors `gymnasium.wrappers.RepeatAction`.

        env              f0*        f1        f2        f3
        RepeatAction(3)  ↑  a↓      ↺ a       ↺ a       ↑ r1+r2+r3
        policy           f0*  a                         f3         (* first; ↺ answered here)

    Args:
        num_repeats: how often each action is sent, at least 1.

    Raises:
        TypeError: if `num_repeats` is no integer (numpy's are).
        ValueError: if it is below 1.

    >>> twice = RepeatAction(2)
    >>> memory, down = twice.on_action(None, Act("jump"))
    >>> memory, again = twice.on_state(memory, TimeStep("f1", reward=1.0))
    >>> again
    Act('jump')
    >>> twice.on_state(memory, TimeStep("f2", reward=2.0))
    (None, TimeStep('f2', reward=3.0))
    """

    memory_types = (Held,)

    num_repeats: int = attrs.field(converter=_repeats)

    def initial(self, key: Key) -> None:
        """Return None: no act is being repeated."""

    def on_action(self, memory: Held | None, act: Act) -> tuple[Held, Act]:
        """Send an act for the first time, and hold it."""
        return Held(act, self.num_repeats - 1, 0.0), act

    def on_state(self, memory: Held | None, timestep: TimeStep) -> tuple[Held | None, Message]:
        """Answer with the held act while it is due, then let the time step rise."""
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward += float(timestep.reward)
        if due == 0 or timestep.terminated or timestep.truncated:
            return None, timestep.with_reward(reward)
        return Held(act, due - 1, reward), act

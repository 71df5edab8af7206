"""Return, length and time of each episode, as Stable-Baselines3 puts them into the info."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import fabs, isfinite
from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import Reset, TimeStep
from statewrap.core.wrapper import Wrapper


class Sums(NamedTuple):
    """The rewards and steps of the episode so far."""

    total: float
    """The rewards, added one after the other."""
    lost: float
    """What those additions rounded away, where Python's own `sum` puts that back."""
    length: int
    open: bool
    """Whether an episode is open."""


_COMPENSATES: Final = sys.version_info >= (3, 12)
"""Whether Python's own `sum` of floats puts back what was rounded away."""


def _words(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise TypeError(f"info_keywords is {given!r}, expected a tuple: ({given!r},).")
    return tuple(given)


@attrs.frozen
class Monitor(Wrapper[Sums]):
    """Put each episode's return, length and time into the info of its last time step.

    `info["episode"]` is `{"r": return, "l": steps, "t": seconds}`, return and time rounded to
    six digits, in a new info dict; what was there under this key is replaced. The return is
    the sum of `float(reward)`; the time is that since the session opened. Mirrors
    `stable_baselines3.common.monitor.Monitor`, but for the clock: the time is that on the time
    steps, stamped by whoever drives the stack. That also writes a file and keeps lists of all
    episodes, which here is for sinks and statistics.

        env       f0*     f1 r=1   f2 r=2 end               g0*
        Monitor   ↑       ↑        ↑ {r: 3.0, l: 2, t: …}   ↑     (* first)

    Args:
        allow_early_resets: whether a `Reset` may come before the end of an episode.
        info_keywords: what else of the last info is put there, by key.

    Raises:
        TypeError: if `info_keywords` is a string.
        ValueError: at a last time step whose info lacks one of `info_keywords`.
        RuntimeError: at an early `Reset` that is not allowed.

    >>> monitor = Monitor()
    >>> memory, _ = monitor.on_state(monitor.initial(Key(0, 0)), TimeStep("f0", first=True))
    >>> end = TimeStep("f1", reward=1.0, terminated=True, time=2.5)
    >>> monitor.on_state(memory, end)[1].info
    {'episode': {'r': 1.0, 'l': 1, 't': 2.5}}
    """

    needs = frozenset({"time"})
    memory_types = (Sums,)

    allow_early_resets: bool = True
    info_keywords: tuple[str, ...] = attrs.field(default=(), converter=_words)

    def initial(self, key: Key) -> Sums:
        """Return sums of nothing."""
        return Sums(0.0, 0.0, 0, open=False)

    def on_reset(self, memory: Sums, request: Reset) -> tuple[Sums, Reset]:
        """Refuse an early reset, if it is not allowed."""
        if memory.open and not self.allow_early_resets:
            raise RuntimeError(
                "Tried to reset an environment before done. If you want to allow early resets, "
                f"write Monitor(allow_early_resets=True) in place of {self!r}."
            )
        return memory, request

    def on_state(self, memory: Sums, timestep: TimeStep) -> tuple[Sums, TimeStep]:
        """Add the reward; at the end, tell what the episode was like."""
        if timestep.first:
            return Sums(0.0, 0.0, 0, open=True), timestep
        total, lost, length, _ = memory
        reward = float(timestep.reward)
        if _COMPENSATES:
            lost += _rounded_away(total, reward)
        over = timestep.terminated or timestep.truncated
        sums = Sums(total + reward, lost, length + 1, not over)
        if not over:
            return sums, timestep
        return sums, timestep.replace(info={**timestep.info, "episode": self._told(sums, timestep)})

    def _told(self, sums: Sums, timestep: TimeStep) -> dict[str, Any]:
        missing = [word for word in self.info_keywords if word not in timestep.info]
        if missing:
            raise ValueError(
                f"{self!r} is to tell the info's {missing[0]!r}, but the info of a last time step "
                f"has the keys {sorted(map(str, timestep.info))}. Take it out of info_keywords."
            )
        total = sums.total + sums.lost if isfinite(sums.lost) else sums.total
        told = {"r": round(total, 6), "l": sums.length, "t": round(timestep.time, 6)}
        return {**told, **{word: timestep.info[word] for word in self.info_keywords}}


def _rounded_away(total: float, reward: float) -> float:
    """Return what an addition rounds away.

    Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen"
    (1974), which is how Python adds up floats since 3.12.
    """
    after = total + reward
    if fabs(total) >= fabs(reward):
        return (total - after) + reward
    return (reward - after) + total

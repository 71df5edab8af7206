"""Return, length and duration of each episode."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Wrapper

T = TypeVar("T")


class Episodes(NamedTuple):
    """How many episodes ended, and what the last of them were like, oldest first."""

    count: int = 0  # type: ignore[assignment]  # hides a tuple's method, which nobody misses
    returns: tuple[Any, ...] = ()
    lengths: tuple[int, ...] = ()
    times: tuple[float, ...] = ()
    """Seconds, rounded to six digits."""


class Tally(NamedTuple):
    """The return and length of the episode so far, when it opened, and those before it."""

    total: Any
    length: int
    opened: float
    past: Episodes


def _length(value: Any) -> int | None:
    """Return a buffer length as it is, if a deque would take it."""
    if value is not None and not isinstance(value, int):
        raise TypeError(
            f"buffer_length is {value!r}, expected an int of at least 0, or None to keep all."
        )
    if value is not None and value < 0:
        raise ValueError(f"buffer_length is {value}, expected at least 0, which keeps nothing.")
    return value


@attrs.frozen
class RecordEpisodeStatistics(Wrapper[Tally]):
    """Put each episode's return, length and duration into the info of its last time step.

    `info[stats_key]` is `{"r": return, "l": steps, "t": seconds}`, in a new info dict. The
    return is 0.0 plus the rewards as they were given, so float32 rewards make a float32 return.
    Mirrors `gymnasium.wrappers.RecordEpisodeStatistics`, with one difference: the time is that
    on the time steps, stamped by whoever drives the stack, from the episode's `first` to its
    last; Gymnasium reads its own clock.

        env                       f0*     f1 r=1   f2 r=2 end               g0*
        RecordEpisodeStatistics   ↑       ↑        ↑ {r: 3.0, l: 2, t: …}   ↑     (* first)

    The memory's `past` holds the last `buffer_length` episodes' values and the number of all;
    it outlives the episodes.

    Args:
        buffer_length: how many episodes are kept; None keeps all.
        stats_key: the key in `info`.

    Raises:
        TypeError: if `buffer_length` is no int.
        ValueError: if it is negative; at a last time step, if `info` has `stats_key` already.

    >>> from statewrap import Key
    >>> record = RecordEpisodeStatistics()
    >>> memory, _ = record.on_state(record.initial(Key(0, 0)), TimeStep("f0", first=True, time=2.0))
    >>> end = TimeStep("f1", reward=1.0, terminated=True, time=2.5)
    >>> record.on_state(memory, end)[1].info
    {'episode': {'r': 1.0, 'l': 1, 't': 0.5}}
    """

    needs = frozenset({"time"})
    memory_types = (Tally, Episodes)
    keeps = frozenset({"past"})

    buffer_length: int | None = attrs.field(default=100, converter=_length)
    stats_key: str = "episode"

    def initial(self, key: Key) -> Tally:
        """Return a tally of nothing."""
        return Tally(0.0, 0, 0.0, Episodes())

    def renew(self, memory: Tally, key: Key) -> Tally:
        """Return a new tally after the same past."""
        return Tally(0.0, 0, 0.0, memory.past)

    def on_state(self, memory: Tally, timestep: TimeStep) -> tuple[Tally, TimeStep]:
        """Add the reward; at the end, tell and keep what the episode was like."""
        total, length, opened, past = memory
        if timestep.first:
            return Tally(total, length, timestep.time, past), timestep
        total, length = total + timestep.reward, length + 1
        if not timestep.last:
            return Tally(total, length, opened, past), timestep
        seconds = round(timestep.time - opened, 6)
        info = self._told(timestep, {"r": total, "l": length, "t": seconds})
        past = self._kept(past, total, length, seconds)
        return Tally(total, length, timestep.time, past), timestep.replace(info=info)

    def _told(self, timestep: TimeStep, statistics: dict[str, Any]) -> dict[str, Any]:
        if self.stats_key in timestep.info:
            raise ValueError(
                f"The info of a last time step already has the key {self.stats_key!r}, so "
                f"{self!r} cannot put its statistics there. Choose another stats_key."
            )
        return {**timestep.info, self.stats_key: statistics}

    def _kept(self, past: Episodes, total: Any, length: int, seconds: float) -> Episodes:
        return Episodes(
            past.count + 1,
            self._last((*past.returns, total)),
            self._last((*past.lengths, length)),
            self._last((*past.times, seconds)),
        )

    def _last(self, values: tuple[T, ...]) -> tuple[T, ...]:
        if self.buffer_length is None:
            return values
        return values[max(len(values) - self.buffer_length, 0) :]

"""What a session has counted so far, as a value that is replaced each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from statewrap.stats.counts import Counts, Epoch
from statewrap.stats.followed import Followed


class Past(NamedTuple):
    """What does not change within an episode."""

    episode: int = 0
    """How many episodes have ended."""
    done: Counts = Counts()
    """All of them."""
    actions: Any = None
    """What was counted of their actions."""
    reported: Counts = Counts()
    """The whole at the end of the last window."""
    window: float | None = None
    """When this window began, in seconds since the session opened."""
    epoch: Epoch = Epoch()


class Tally(NamedTuple):
    """Where the counting stands: the episode that is open, and the past."""

    steps: int
    returned: float
    length: int
    processed: float
    calls: int
    fallbacks: int
    skipped: int
    agent_seconds: float
    wait_seconds: float
    wrapper_seconds: tuple[float, ...]
    hidden: bool
    """Whether the policy has yet to be shown what the last step of the environment led to."""
    left: float | None
    """When the last call was over, by the stopwatch; None if there is none, or it was restarted."""
    time: float | None
    """That of the environment's last time step."""
    actions: Any
    window_actions: Any
    """Those since the last window; None where no windows are reported."""
    followed: Followed | None
    past: Past


new: Final[Callable[..., Tally]] = tuple.__new__
"""Makes one of a tuple: a third of the price of `Tally(...)`."""


def counts_of(state: Tally) -> Counts:
    """Return what was counted since the last episode ended."""
    steps, returned, length, processed, calls, fallbacks, skipped, agent, wait, wrappers, *_ = state
    return Counts(
        steps, returned, length, processed, calls, fallbacks, skipped, agent, wait, wrappers
    )

"""Who said something else first: the lowest wrapper whose inputs agreed and whose output differs.

All messages before the first that differs agree, in order, on both sides. So whoever was given
the last of them, and answered it, is the one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from statewrap.core.errors import InputError, PolicyError, WrapperError
from statewrap.core.messages import Message, Reset, TimeStep
from statewrap.testing.parity.gaps import Gaps
from statewrap.testing.parity.hops import Hop, Odd

ENVIRONMENT, POLICY = -1, -2


def blamed(odd: Odd, before: Sequence[Hop], gaps: Gaps) -> tuple[int, ...]:
    """Return the numbers of the wrappers that are to blame; or ENVIRONMENT or POLICY.

    Several are named where the original has no gap between them.
    """
    if isinstance(odd.error, WrapperError):
        return (odd.error.index,)
    if isinstance(odd.error, PolicyError):
        return (POLICY,)
    if isinstance(odd.error, InputError):  # what a deployment refuses to take in
        return (ENVIRONMENT,)
    top = len(gaps.pairs) - 1
    answered = _answers(before[-1], top) if before else POLICY
    if odd.found is None:
        k = max(answered, 0)
    elif odd.expected is None or _same_way(odd.expected, odd.found) or answered < 0:
        k = _says(odd.found, top)
    else:
        k = answered
    return (k,) if k < 0 else tuple(gaps.between(k))


def _same_way(a: Hop, b: Hop) -> bool:
    return a[0] == b[0] and type(a[1]) is type(b[1])


def _answers(hop: Hop, top: int) -> int:
    """Return what is next in a message's way: the wrappers above gap k, as k, or the ends."""
    gap, message = hop
    if type(message) is TimeStep:
        return POLICY if gap == top else gap
    return ENVIRONMENT if gap == 0 else gap - 1


def _says(hop: Hop, top: int) -> int:
    """Return who sent a message."""
    gap, message = hop
    if type(message) is TimeStep:
        return ENVIRONMENT if gap == 0 else gap - 1
    return POLICY if gap == top else gap


class Place(NamedTuple):
    """When something was said, counted from 0."""

    episode: int
    """The policy's episode; -1 before the first."""
    step: int
    """How many actions the policy had given in it."""
    raw: int
    """How many steps the environment had taken in its own."""

    def __str__(self) -> str:
        if self.step == 0:
            return f"at the opening of episode {max(self.episode, 0)}"
        return f"episode {self.episode}, step {self.step} (the environment's step {self.raw})"


def place_of(hops: Sequence[Hop], top: int) -> Place:
    """Return when the last of some messages was said."""
    episode, step, raw, asked = -1, 0, 0, False
    for gap, message in hops:
        if gap == top and _opens_an_episode(message, asked=asked):
            episode, step = episode + 1, 0
            asked = type(message) is Reset
        elif gap == top and type(message) is TimeStep and message.first:
            asked = False
        elif gap == top and type(message) is not TimeStep:
            step += 1
        if gap == 0 and type(message) is TimeStep:
            raw = 0 if message.first else raw + 1
    return Place(episode, step, raw)


def _opens_an_episode(message: Message, *, asked: bool) -> bool:
    if type(message) is Reset:
        return True
    return type(message) is TimeStep and message.first and not asked

"""Actions that stick: now and then the last one is sent again."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
from gymnasium.error import InvalidBound, InvalidProbability

from statewrap.core.draws import KeyDraws, NumpyDraws, given_draws
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act
from statewrap.core.wrapper import Wrapper

_made = tuple.__new__  # a NamedTuple's own constructor takes twice the time


class Stuck(NamedTuple):
    """The act sent last, the series of repeats that is under way, and what is drawn from."""

    last: Act | None
    """None before an episode's first act."""
    num_repeats: int
    """How long the series is; 0 if none is under way."""
    repeats_taken: int
    """How much of it is done."""
    draws: KeyDraws | NumpyDraws


def _probability(value: Any) -> Any:
    """Return a probability as it is, if it is one."""
    if not 0 <= value < 1:
        raise InvalidProbability(
            f"`repeat_action_probability` should be in the interval [0,1). Received {value!r}, "
            "and with 1 no action but the first would ever be sent: StickyAction(0.25)."
        )
    return value


def _duration(value: Any) -> Any:
    """Return a duration as it is, if it is one."""
    pair = (value, value) if isinstance(value, int) else value
    cure = "Write StickyAction(0.25, 2), or StickyAction(0.25, (1, 3)) for a random one."
    if not isinstance(pair, tuple):
        raise ValueError(  # noqa: TRY004 - Gymnasium's type of error
            "`repeat_action_duration` should be either an integer or a tuple. "
            f"Received {value!r}. {cure}"
        )
    if len(pair) != 2:
        raise ValueError(
            "`repeat_action_duration` should be a tuple or a list of two integers. "
            f"Received {value!r}. {cure}"
        )
    if not all(hasattr(number, "__index__") for number in pair):
        raise TypeError(
            f"`repeat_action_duration` should be made of integers. Received {value!r}. {cure}"
        )
    if pair[0] > pair[1]:
        raise InvalidBound(
            f"`repeat_action_duration` is not a valid bound. Received {value!r}, whose first is "
            f"above its second. {cure}"
        )
    if pair[0] < 1:
        raise ValueError(
            f"`repeat_action_duration` should be larger or equal than 1. Received {value!r}. {cure}"
        )
    return value if isinstance(value, int) else (int(pair[0]), int(pair[1]))


def _span(wrapper: StickyAction) -> tuple[int, int]:
    duration = wrapper.repeat_action_duration
    low, high = (duration, duration) if isinstance(duration, int) else duration
    return low, high + 1


@attrs.frozen
class StickyAction(Wrapper[Stuck]):
    """With a given probability, send the last action again in place of the policy's.

    An episode's first action is always the policy's. When an action sticks, it is sent
    `repeat_action_duration` times in all instead of what the policy decides, and then what the
    policy decides is drawn about again. Mirrors `gymnasium.wrappers.StickyAction`.

        policy                      a     b     c     d     e
        StickyAction(p, 2)          a     a     a     d     e
        drawn (< p: it sticks)            0.1         0.8   0.6

    Gymnasium's draws from its environment's generator, so that it changes what the environment
    does next; this draws from the wrapper's own key. Given `draws` it draws from that state on,
    over all episodes, as Gymnasium's does with a generator of its own, bit for bit; so the two
    can be compared. Then every session begins with the same draws, whatever its seed.

    Source: Machado et al., "Revisiting the Arcade Learning Environment" (2018), section 5.2.

    Args:
        repeat_action_probability: the probability of sticking, in [0, 1).
        repeat_action_duration: how often the action is sent again, at least 1; or the least and
            the greatest number, of which each is equally likely.
        draws: None, or an `np.random.Generator`, or its `bit_generator.state`, or a `NumpyDraws`;
            a copy of the state is kept, and the generator is not touched.

    Raises:
        InvalidProbability: if the probability is outside [0, 1) (`gymnasium.error`).
        InvalidBound: if the least duration is above the greatest (`gymnasium.error`).
        ValueError: if the duration is below 1, or neither an int nor a pair (a tuple); if `draws`
            is not the whole state of a generator.
        TypeError: if an argument is of another type.

    >>> import numpy as np
    >>> sticky = StickyAction(0.5, draws=np.random.default_rng(3))
    >>> memory, first = sticky.on_action(sticky.initial(Key(0, 0)), Act("left"))
    >>> memory, second = sticky.on_action(memory, Act("right"))  # 0.09 is drawn
    >>> first, second
    (Act('left'), Act('left'))
    """

    memory_types = (Stuck, Key, KeyDraws, NumpyDraws)

    repeat_action_probability: float = attrs.field(converter=_probability)
    repeat_action_duration: int | tuple[int, int] = attrs.field(default=1, converter=_duration)
    draws: Any = argument(None, kw_only=True, converter=given_draws)
    span: tuple[int, int] = derived(attrs.Factory(_span, takes_self=True))

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return False if self.draws is None else frozenset({"draws"})

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how long the earlier ones were: where draws go on."""
        return self.draws is not None

    def initial(self, key: Key) -> Stuck:
        """Return a memory in which nothing was sent."""
        return Stuck(None, 0, 0, KeyDraws(key) if self.draws is None else self.draws)

    def renew(self, memory: Stuck, key: Key) -> Stuck:
        """Forget the last action; draw from the new key, or go on with the draws given."""
        return self.initial(key) if self.draws is None else Stuck(None, 0, 0, memory.draws)

    def on_action(self, memory: Stuck, act: Act) -> tuple[Stuck, Act]:
        """Send the last act again while it sticks."""
        last, due, taken, draws = memory
        if due == 0 and last is not None:
            draw, draws = draws.uniform()
            if draw < self.repeat_action_probability:
                due, draws = self._series(draws)
        if due == 0:
            return _made(Stuck, (act, 0, 0, draws)), act
        taken += 1
        if taken == due:
            due = taken = 0
        return _made(Stuck, (last, due, taken, draws)), last  # type: ignore[return-value]  # a series has one

    def _series(self, draws: KeyDraws | NumpyDraws) -> tuple[int, KeyDraws | NumpyDraws]:
        """Return the length of a series, for which a fixed duration draws nothing."""
        low, high = self.span
        return (low, draws) if low + 1 == high else draws.integers(low, high)

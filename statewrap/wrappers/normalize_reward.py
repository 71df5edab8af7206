"""Rewards scaled so that the returns have variance 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
from gymnasium.error import InvalidBound

from statewrap.core.borders import freeze
from statewrap.core.fields import a_flag, argument, derived, one_of
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Wrapper
from statewrap.wrappers.normalize_observation import Moments


class Discounted(NamedTuple):
    """The discounted return so far, and the moments of all returns that were seen."""

    total: float
    moments: Moments
    """Of Python floats."""


_FRESH = Moments(0.0, 1.0, 1e-4)


def _moments(statistics: Any) -> Moments | None:
    """Copy `mean`, `var` and `count`, three numbers, out of a mapping or an object."""
    if statistics is None:
        return None
    named = isinstance(statistics, Mapping)
    try:
        mean, var, count = (
            _number(statistics[name] if named else getattr(statistics, name))
            for name in Moments._fields
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TypeError(
            f"statistics is {statistics!r} ({type(error).__name__}: {error}). Expected "
            "Moments(mean, var, count) of numbers, an object with these attributes such as "
            "Gymnasium's return_rms, or a mapping with these keys."
        ) from error
    if not (math.isfinite(mean) and 0 <= var < math.inf and 0 <= count < math.inf):
        raise ValueError(
            f"statistics cannot be used: mean is {mean}, var is {var}, count is {count}, expected "
            "finite numbers, of which var and count are 0 or more. Save and give them whole."
        )
    return Moments(mean, var, count)


def _number(value: Any) -> float:
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "fiu":
        raise TypeError(f"{value!r} is no real number")
    return float(value)


def _gamma(value: Any) -> float:
    if not 0 <= value <= 1:
        raise InvalidBound(
            f"`gamma` should be in the interval [0, 1]. Received {value!r}. "
            "Write NormalizeReward(0.99, ...)."
        )
    return float(value)


def _epsilon(value: Any) -> float:
    if not value > 0:
        raise InvalidBound(
            f"`epsilon` should be strictly positive. Received {value!r}. Write 1e-8."
        )
    return float(value)


@attrs.frozen
class NormalizeReward(Wrapper[Discounted | None]):
    """Show `reward / sqrt(var + epsilon)`, where `var` is the variance of discounted returns.

    In mode "frozen" the variance is that of `statistics`, and nothing is kept. In mode "learn"
    each reward that arrives is first added to the discounted return, `total * gamma + reward`,
    which is counted into the moments; then the reward is divided. The moments outlive the
    episodes. What was learned is put to use by giving them as `statistics`. The mean is
    not taken off, and the reward becomes an `np.float64`.

        env       f0*    f1 r1          f2 r2 end            g0*    g1 r3
        total     0      r1             gamma r1 + r2        0      r3        (* first)
        shown     0      r1 / sd(1)     r2 / sd(2)           0      r3 / sd(3)

    Mirrors `gymnasium.wrappers.NormalizeReward`, where "learn" is its `update_running_mean = True`
    and "frozen" its False, with two differences. Without arguments Gymnasium learns, whereas this
    refuses, since rewards that are scaled by accident mean nothing. And Gymnasium's return goes
    on over the ends of episodes: it is not cleared by a truncation or a reset, and at a
    termination it is set to the last reward, with which the next episode begins. With
    `carry_return=True` so does this, bit for bit; without, an episode's return is its own, as in
    Gymnasium's vector wrapper.

    Args:
        gamma: the discount factor, from 0 to 1.
        epsilon: added to the variance, above 0.
        statistics: `Moments` of numbers, or an object with the attributes (a mapping with the
            keys) mean, var and count, such as Gymnasium's `return_rms`. "learn" starts from it.
        mode: "frozen" or "learn".
        carry_return: whether the discounted return goes on from episode to episode.

    Raises:
        InvalidBound: if `gamma` is outside [0, 1] or `epsilon` is not above 0
            (`gymnasium.error`).
        TypeError: if `statistics` lacks a part, or one is no number; if `carry_return` is no bool.
        ValueError: if `statistics` is missing in mode "frozen" or is no mean and variance, or
            `mode` is another word.

    >>> quarter = NormalizeReward(statistics=Moments(mean=0.0, var=16.0, count=100.0))
    >>> quarter.on_state(None, TimeStep("f1", reward=2.0))
    (None, TimeStep('f1', reward=np.float64(0.49999999984375)))
    """

    memory_types = (Discounted, Moments)

    gamma: float = attrs.field(default=0.99, converter=_gamma)
    epsilon: float = attrs.field(default=1e-8, converter=_epsilon)
    statistics: Any = argument(None, kw_only=True, converter=_moments)
    mode: Literal["frozen", "learn"] = attrs.field(
        default="frozen", kw_only=True, validator=one_of("frozen", "learn")
    )
    carry_return: bool = attrs.field(default=False, kw_only=True, validator=a_flag)
    scale: np.float64 | None = derived(
        attrs.Factory(lambda self: self._scale(self.statistics or _FRESH), takes_self=True)
    )

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What outlives an episode: the moments where they are learned, and a carried return."""
        if self.mode == "frozen":
            return False
        return self.carry_return or frozenset({"moments"})

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is shown depends on earlier episodes: in mode "learn"."""
        return self.mode == "learn"

    @mode.validator
    def _sufficient(self, _: Any, mode: str) -> None:
        if mode == "frozen" and self.statistics is None:
            raise ValueError(
                "NormalizeReward has no statistics to normalise with. Give what training learned, "
                "as in NormalizeReward(statistics=Moments(mean, var, count)), or learn here: "
                'NormalizeReward(mode="learn").'
            )

    def initial(self, key: Key) -> Discounted | None:
        """Return what learning starts from; None where nothing is learned."""
        return None if self.mode == "frozen" else Discounted(0.0, self.statistics or _FRESH)

    def renew(self, memory: Discounted | None, key: Key) -> Discounted | None:
        """Keep the moments, and begin a new return unless it is carried."""
        if memory is None or self.carry_return:
            return memory
        return Discounted(0.0, memory.moments)

    def on_state(
        self, memory: Discounted | None, timestep: TimeStep
    ) -> tuple[Discounted | None, TimeStep]:
        """Count the return in, if learning, and divide the reward; an opening has none."""
        if timestep.first:
            return memory, timestep
        scale = self.scale
        if memory is not None:
            memory = self._learned(memory, timestep)
            scale = self._scale(memory.moments)
        shown = timestep.reward / scale
        if type(shown) is not np.float64:
            shown = freeze(shown)
        return memory, timestep.with_reward(shown)

    def _learned(self, memory: Discounted, timestep: TimeStep) -> Discounted:
        total = memory.total * self.gamma
        if self.carry_return:
            total *= 1 - timestep.terminated
        total += float(timestep.reward)
        return Discounted(total, _counted(memory.moments, total))

    def _scale(self, moments: Moments) -> np.float64:
        return np.float64(math.sqrt(moments.var + self.epsilon))


def _counted(moments: Moments, total: float) -> Moments:
    """Count one return in.

    This is Gymnasium's update with a batch of one, in Python floats, which give the same bits.
    The batch's variance is 0, or NaN where the return is not finite.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances" (1979).
    """
    mean, var, count = moments
    delta, after = total - mean, count + 1
    spread = var * count + (total - total) + delta * delta * count / after
    return Moments(mean + delta / after, spread / after, after)

"""Observations shifted and scaled to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import attrs
import numpy as np
from gymnasium.error import InvalidBound
from gymnasium.spaces import Box

from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound

_FLOAT32: Final = np.dtype(np.float32)


class Moments(NamedTuple):
    """Mean and variance of a stream of observations; its arrays are read-only."""

    mean: Any
    """Array of the observation's shape; a numpy scalar where that is ()."""
    var: Any
    """Like `mean`, and nowhere negative."""
    count: float  # type: ignore[assignment]  # Gymnasium's name, which hides a tuple's method
    """How many observations were seen, plus 1e-4, from where Gymnasium counts."""


def _moments(statistics: Any) -> Moments | None:
    """Copy `mean`, `var` and `count` out of a mapping or an object."""
    if statistics is None:
        return None
    named = isinstance(statistics, Mapping)
    try:
        mean, var, count = (
            statistics[name] if named else getattr(statistics, name) for name in Moments._fields
        )
        moments = Moments(_floats(mean), _floats(var), float(count))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TypeError(
            f"statistics is {statistics!r} ({type(error).__name__}: {error}). Expected "
            "Moments(mean, var, count), an object with these attributes such as Gymnasium's "
            "obs_rms, or a mapping with these keys."
        ) from error
    wrong = _wrong(moments)
    if wrong:
        raise ValueError(f"statistics cannot be used: {wrong}. Save and give them whole.")
    return moments


def _floats(value: Any) -> Any:
    """Copy an array; its float type is kept, as the arithmetic depends on it."""
    array = np.array(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{value!r} is no array of real numbers")
    return _read_only(array if array.dtype.kind == "f" else array.astype(np.float64))


def _wrong(moments: Moments) -> str | None:
    mean, var, count = moments
    if mean.shape != var.shape:
        return f"mean has shape {mean.shape}, but var has {var.shape}"
    if not (np.isfinite(mean).all() and np.isfinite(var).all()):
        return "mean or var holds NaN or infinity"
    if (var < 0).any():
        return "var holds a negative number"
    return None if 0 <= count < np.inf else f"count is {count}, expected 0 or more"


def _positive(epsilon: Any) -> Any:
    if not epsilon > 0:
        raise InvalidBound(f"epsilon is {epsilon!r}, expected a number above 0, such as 1e-8.")
    return epsilon


@attrs.frozen
class NormalizeObservation(Wrapper[Moments | None]):
    """Show `(observation - mean) / sqrt(var + epsilon)`, as float32.

    In mode "frozen" mean and variance are `statistics`, and nothing is kept. In mode "learn"
    each observation that arrives, the opening one too, is first counted in and then normalised
    with what is known; the memory is the `Moments`, which outlive the episodes. What was
    learned is put to use by giving that memory as `statistics`.

        env              f0*               f1                   g0*
        learn            moments of f0     of f0, f1            of f0, f1, g0
        frozen           statistics        statistics           statistics      (* first)

    Mirrors `gymnasium.wrappers.NormalizeObservation`, bit for bit, where "learn" is its
    `update_running_mean = True` and "frozen" its False. A difference: without arguments
    Gymnasium learns, whereas this refuses, since a deployment that learns by accident changes
    what its policy sees. Moments start as float32 and become float64 with the first
    observation that is float64 or an integer. An infinite observation ruins the moments of its
    component in both; the ruined `var` is inf for a while where Gymnasium's is NaN.

    Args:
        epsilon: added to the variance, above 0.
        statistics: `Moments`, or an object with the attributes (a mapping with the keys) mean,
            var and count, such as Gymnasium's `obs_rms`; it is copied. "learn" starts from it.
        mode: "frozen" or "learn".

    Raises:
        InvalidBound: if `epsilon` is not above 0 (`gymnasium.error`).
        TypeError: if `statistics` lacks a part.
        ValueError: if `statistics` is missing in mode "frozen" or is no mean and variance, or
            `mode` is another word.
        BindError: at `bind`, if the observation space below has no shape or not that of
            `statistics`, or is unknown where there are none.

    >>> moments = Moments(mean=np.array([1.0, 1.0]), var=np.array([4.0, 0.25]), count=100.0)
    >>> memory, shown = NormalizeObservation(statistics=moments).bind(Below()).on_state(
    ...     None, TimeStep(np.array([3.0, 3.0])))
    >>> shown.observation
    array([1., 4.], dtype=float32)
    """

    memory_types = (Moments,)

    epsilon: float = attrs.field(default=1e-8, converter=_positive)
    statistics: Any = argument(None, kw_only=True, converter=_moments)
    mode: Literal["frozen", "learn"] = attrs.field(default="frozen", kw_only=True)
    start: Moments | None = derived()
    scale: Any = derived()

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether moments outlive an episode: where they are learned."""
        return self.mode == "learn"

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is shown depends on earlier episodes: in mode "learn"."""
        return self.mode == "learn"

    @mode.validator
    def _known(self, _: Any, mode: str) -> None:
        if mode not in ("frozen", "learn"):
            raise ValueError(f'mode is {mode!r}, expected "frozen" or "learn".')
        if mode == "frozen" and self.statistics is None:
            raise ValueError(
                "NormalizeObservation has no statistics to normalise with. Give what training "
                "learned, as in NormalizeObservation(statistics=Moments(mean, var, count)), or "
                'learn here: NormalizeObservation(mode="learn").'
            )

    def bind(self, below: Below) -> NormalizeObservation:
        """Make the constants of the mode.

        Raises:
            BindError: if the observation space does not fit, or is unknown but needed.
        """
        if self.statistics is None:
            below.require("observation_space", self)
        self._check(below)
        if self.mode == "learn":
            return bound(self, start=self.statistics or _fresh(below))  # type: ignore[no-any-return]
        return bound(self, scale=np.sqrt(self.statistics.var + self.epsilon))  # type: ignore[no-any-return]

    def _check(self, below: Below) -> None:
        space = below.observation_space
        if space is None:
            return
        if space.shape is None:
            raise BindError(
                f"{brief(self)} needs observations with a shape, but the observation space below "
                f"it is {space}. Flatten it first, or put the wrapper elsewhere."
            )
        if self.statistics is not None and self.statistics.mean.shape != space.shape:
            raise BindError(
                f"{brief(self)} has statistics of shape {self.statistics.mean.shape}, but the "
                f"observation space below it is {space}. Give the statistics that were learned "
                "at this place in the stack."
            )

    def above(self, below: Below) -> Below:
        """Announce a float32 Box without bounds."""
        if below.observation_space is None:
            return below
        shape = below.observation_space.shape
        return attrs.evolve(below, observation_space=Box(-np.inf, np.inf, shape, np.float32))

    def initial(self, key: Key) -> Moments | None:
        """Return what learning starts from; None where nothing is learned."""
        return self.start

    def renew(self, memory: Moments | None, key: Key) -> Moments | None:
        """Return the memory: what was learned outlives the episode."""
        return memory

    def on_state(
        self, memory: Moments | None, timestep: TimeStep
    ) -> tuple[Moments | None, TimeStep]:
        """Count the observation in, if learning, and normalise it."""
        observation = timestep.observation
        if memory is None:
            shown = (observation - self.statistics.mean) / self.scale
        else:
            memory = _learn(memory, np.asarray(observation))
            shown = (observation - memory.mean) / np.sqrt(memory.var + self.epsilon)
        if shown.dtype is not _FLOAT32:
            shown = np.float32(shown)
        return memory, timestep.with_observation(_read_only(shown))


def _fresh(below: Below) -> Moments:
    shape = below.observation_space.shape  # type: ignore[union-attr]  # `bind` asked for it
    ones = np.ones(shape, np.float32)  # type: ignore[arg-type]  # `_check` did for its shape
    return Moments(_read_only(np.zeros_like(ones)), _read_only(ones), 1e-4)


def _learn(moments: Moments, observation: np.ndarray[Any, Any]) -> Moments:
    """Count one observation in.

    This is Gymnasium's update with a batch of one, whose mean is the observation and whose
    variance is 0; the terms that are 0 or 1 then are left out, which changes no bit.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances" (1979).
    """
    mean, var, count = moments
    if observation.dtype.kind in "biu":
        observation = observation.astype(np.float64)  # as np.mean does
    delta = observation - mean
    before: Any = count
    after: Any = count + 1
    if delta.dtype == var.dtype:  # numpy would make the same array of each float, five times
        before, after = np.array(before, var.dtype), np.array(after, var.dtype)
    spread = delta * delta
    spread *= before  # in place, since these arrays are new
    spread /= after
    spread = var * before + spread
    spread /= after
    delta /= after
    return Moments(_read_only(mean + delta), _read_only(spread), count + 1)


def _read_only(array: Any) -> Any:
    array.setflags(False)  # does nothing to a numpy scalar
    return array

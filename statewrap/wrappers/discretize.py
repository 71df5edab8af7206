"""Boxes cut into bins of equal width, so that an observation or an action is a whole number."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete

from statewrap.core.errors import BindError
from statewrap.core.fields import a_flag, derived
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, locked, real, refusal, unfit, whole

Array = np.ndarray[Any, Any]

_MOST: Final = 2**63 - 1
"""As many elements as a Discrete can count."""
_LONGEST: Final = 2**22
"""As many bins all components may have, one after the other: their edges are kept."""
_FEW: Final = 1024
"""Of as many bins the actions are kept ready."""


def _bins(value: int | Iterable[int]) -> int | tuple[int, ...]:
    """Return a number of bins, or one for each dimension, as ints."""
    if isinstance(value, int):
        counts = (value,)
    elif isinstance(value, (tuple, list, np.ndarray)):
        counts = tuple(value)
    else:
        kind = ValueError if isinstance(value, str) else TypeError  # as in Gymnasium
        raise kind(f"bins is {value!r}, expected an int, or a tuple of one a dimension.")
    if not all(isinstance(count, (int, np.integer)) for count in counts):
        raise TypeError(f"bins is {value!r}, expected whole numbers: 10 or (10, 20).")
    if not all(count > 0 for count in counts):
        raise ValueError(f"bins is {value!r}: the numbers of bins have to be positive.")
    return int(value) if isinstance(value, int) else tuple(map(int, counts))


class _Axis(NamedTuple):
    """How one component is cut."""

    low: float
    high: float
    """Where values above are taken to lie: Gymnasium's `high - 1e-8`, in its dtype."""
    inner: tuple[float, ...]
    """The edges between bins, in order."""


@attrs.frozen
class DiscretizeObservation(Wrapper[None]):
    """Show in which bin of the Box below each observation lies, as a whole number.

    Each component is cut into bins of equal width. What lies outside the bounds is in the
    outermost bin, NaN in the last one. Mirrors `gymnasium.wrappers.DiscretizeObservation`.

    Args:
        bins: how many bins a component has; an int for all, or a tuple of one for each.
        multidiscrete: whether to show the bin of each component, int64 (n,), in place of one
            int for all of them (the last component counts on fastest).

    Raises:
        TypeError: if `bins` is no int and no tuple of ints, or `multidiscrete` no bool.
        ValueError: if one of them is below 1, or `bins` is text.
        BindError: at `bind`, if the observation space below is unknown, no Box, or unbounded,
            or its bounds too far apart for its dtype, has another number of components, or
            would have more than 2**63 - 1 bins, or 4194304 along all components.

    >>> wrapper = DiscretizeObservation(4).bind(Below(Box(0.0, 1.0, (2,))))
    >>> wrapper.on_state(None, TimeStep(np.array([0.3, 0.99], np.float32)))
    (None, TimeStep(7))
    >>> [edge.tolist() for edge in wrapper.revert_observation(7)]
    [[0.25, 0.75], [0.5, 1.0]]
    """

    bins: int | tuple[int, ...] = attrs.field(converter=_bins)
    multidiscrete: bool = attrs.field(default=False, validator=a_flag)
    below: Box | None = derived()
    counts: tuple[int, ...] | None = derived()
    edges: tuple[Array, ...] | None = derived()
    axes: tuple[_Axis, ...] | None = derived()
    dtype: Any = derived()
    space: Discrete | MultiDiscrete | None = derived()

    def bind(self, below: Below) -> DiscretizeObservation:
        """Cut the Box below.

        Raises:
            BindError: if it is unknown, no Box, or cannot be cut.
        """
        box = box_below(self, below)
        low, high = _finite(self, box)
        counts = _counts(self, low.size)
        space = _whole_numbers(self, counts)
        edges = _edges(self, box, counts)
        axes = _axes(low, high, edges)
        return bound(  # type: ignore[no-any-return]
            self, below=box, counts=counts, edges=edges, axes=axes, dtype=box.dtype, space=space
        )

    def above(self, below: Below) -> Below:
        """Announce a Discrete of all bins, or a MultiDiscrete."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Count the edges that lie below each component."""
        axes: Any = self.axes
        try:
            indices = [  # NaN is neither below nor above, and so in the last bin
                bisect_right(inner, low if x < low else high if x > high else x)  # noqa: FURB136
                for x, (low, high, inner) in zip(_floats(timestep.observation), axes, strict=True)
            ]
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error
        return None, timestep.with_observation(self._shown(indices))

    def _shown(self, indices: list[int]) -> Any:
        if self.multidiscrete:
            return locked(np.array(indices, np.int64))
        return _joined(indices, self.counts)  # type: ignore[arg-type]  # `bind` counted them

    def revert_observation(self, obs: Any) -> tuple[Array, Array]:
        """Return the edges of the bin that an observation stands for.

        Args:
            obs: what this (bound) wrapper shows: an int, or the bin of each component.

        Returns:
            The lower and the upper edge, each of shape (n,) and the dtype of the Box below.

        Raises:
            BindError: if the wrapper is not bound.
            InputError: if there is no such bin.
        """
        counts, edges = _bound(self, self.counts), _bound(self, self.edges)
        try:
            indices = _existing(obs, counts, one=not self.multidiscrete)
        except Exception as error:
            raise unfit(self, self.space, obs, error) from error
        pairs = [(cut[i], cut[i + 1]) for i, cut in zip(indices, edges, strict=True)]
        lows, highs = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(lows, self.dtype), np.array(highs, self.dtype)


@attrs.frozen
class DiscretizeAction(Wrapper[None]):
    """Let the policy choose a bin of the Box below, and send the bin's centre.

    Each component is cut into bins of equal width. With `multidiscrete`, a bin that does not
    exist is taken to be the nearest one of its component; the one number for all components is
    taken modulo the number of all bins: of 4, 99 is bin 3, and -1 too. Mirrors
    `gymnasium.wrappers.DiscretizeAction`, bit for bit.

    Args:
        bins: how many bins a component has; an int for all, or a tuple of one for each.
        multidiscrete: whether the policy chooses a bin for each component, int64 (n,), in place
            of one int for all of them (the last component counts on fastest).

    Raises:
        TypeError: if `bins` is no int and no tuple of ints, or `multidiscrete` no bool.
        ValueError: if one of them is below 1, or `bins` is text.
        BindError: at `bind`, if the action space below is unknown, no Box, or unbounded, or its
            bounds too far apart for its dtype, has another number of components, or would have
            more than 2**63 - 1 bins, or 4194304 along all components.

    >>> wrapper = DiscretizeAction(4).bind(Below(action_space=Box(-2.0, 2.0, (1,))))
    >>> wrapper.on_action(None, Act(3))
    (None, Act(array([1.5], dtype=float32)))
    >>> wrapper.revert_action(np.array([1.2], np.float32))
    np.int64(3)
    """

    bins: int | tuple[int, ...] = attrs.field(converter=_bins)
    multidiscrete: bool = attrs.field(default=False, validator=a_flag)
    counts: tuple[int, ...] | None = derived()
    centers: tuple[Array, ...] | None = derived()
    choices: tuple[tuple[Any, ...], ...] | None = derived()
    """The centres as the Box's dtype holds them."""
    table: Array | None = derived()
    """The action for each number, if numbers are chosen and there are few."""
    below: Box | None = derived()
    shape: tuple[int, ...] | None = derived()
    dtype: Any = derived()
    space: Discrete | MultiDiscrete | None = derived()

    def bind(self, below: Below) -> DiscretizeAction:
        """Cut the Box below.

        Raises:
            BindError: if it is unknown, no Box, or cannot be cut.
        """
        box = box_below(self, below, "action_space")
        counts = _counts(self, _finite(self, box)[0].size)
        space = _whole_numbers(self, counts)
        centers = tuple(0.5 * (cut[:-1] + cut[1:]) for cut in _edges(self, box, counts))
        choices = tuple(tuple(center.astype(box.dtype).tolist()) for center in centers)
        wrapper: DiscretizeAction = bound(
            self,
            counts=counts,
            centers=centers,
            choices=choices,
            below=box,
            shape=box.shape,
            dtype=box.dtype,
            space=space,
        )
        many = math.prod(counts)
        if self.multidiscrete or many > _FEW:
            return wrapper
        rows = [wrapper._sent(_split(number, counts)) for number in range(many)]
        return bound(wrapper, table=locked(np.stack(rows)))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce a Discrete of all bins, or a MultiDiscrete."""
        return attrs.evolve(below, action_space=self.space)

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Send the centre of the bin."""
        try:
            if self.table is not None:
                return None, Act(self.table[whole(act.action) % len(self.table), ...])
            return None, Act(self._sent(self._chosen(act.action)))
        except Exception as error:
            raise unfit(self, self.space, act.action, error, "action") from error

    def _chosen(self, action: Any) -> list[int]:
        """Return the index of the bin of each component."""
        counts: Any = self.counts
        if not self.multidiscrete:
            return _split(whole(action), counts)
        chosen = zip(_indices(action, counts), counts, strict=True)
        return [i if 0 <= i < count else 0 if i < 0 else count - 1 for i, count in chosen]

    def _sent(self, indices: list[int]) -> Array:
        """Return the centre of the bin with these indices, new and read-only."""
        choices: Any = self.choices
        centre = [choice[i] for i, choice in zip(indices, choices, strict=True)]
        sent = np.array(centre, self.dtype)
        return locked(sent if len(self.shape) == 1 else sent.reshape(self.shape))  # type: ignore[no-any-return,arg-type]

    def revert_action(self, action: Any) -> Any:
        """Return the bin whose centre is nearest to an action of the Box below.

        Args:
            action: of the Box's shape.

        Returns:
            What the policy would send to this (bound) wrapper: `np.int64`, or int64 (n,).

        Raises:
            BindError: if the wrapper is not bound.
            InputError: if that is no action of the Box's shape, or not finite.
        """
        centers, box = _bound(self, self.centers), _bound(self, self.below)
        try:
            numbers = _all_finite(action, box.shape)
        except Exception as error:
            raise unfit(self, box, action, error, "action") from error
        pairs = zip(centers, numbers, strict=True)
        indices = [np.abs(center - number).argmin() for center, number in pairs]
        if self.multidiscrete:
            return np.array(indices, int)
        return np.ravel_multi_index(indices, self.counts)  # type: ignore[arg-type]


def _finite(wrapper: Any, box: Box) -> tuple[Array, Array]:
    """Return the bounds of a Box, in one row each, if they can be cut into bins."""
    low, high = box.low.ravel(), box.high.ravel()
    if np.isinf(low).any() or np.isinf(high).any():
        raise refusal(
            ValueError,
            f"{wrapper!r}: Discretization requires the space below to be finite, got {box}. Clip "
            "or rescale it first.",
        )
    return low, high


def _counts(wrapper: Any, size: int) -> tuple[int, ...]:
    """Return how many bins each component has."""
    bins: int | tuple[int, ...] = wrapper.bins
    if isinstance(bins, int):
        return (bins,) * size
    if len(bins) != size:
        raise refusal(
            ValueError,
            f"{wrapper!r}: bins must match the dimensions of the space below: expected {size}, got "
            f"{len(bins)}.",
        )
    return bins


def _whole_numbers(wrapper: Any, counts: tuple[int, ...]) -> Discrete | MultiDiscrete:
    """Return the space of bins."""
    if wrapper.multidiscrete:
        return MultiDiscrete(np.array(counts, np.int64))
    if not counts:
        raise refusal(TypeError, f"{wrapper!r} needs a component at least, but the Box is empty.")
    many = math.prod(counts)
    if many > _MOST:
        raise refusal(
            ValueError,
            f"{wrapper!r} would have {many} bins, more than an int64 counts (2**63 - 1). Take "
            "fewer, or multidiscrete=True, which counts them for each component.",
        )
    return Discrete(many)


def _edges(wrapper: Any, box: Box, counts: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the edges of all bins of each component, the outermost included."""
    if sum(counts) > _LONGEST:
        raise refusal(
            ValueError,
            f"{wrapper!r} would have {sum(counts)} bins along all components, at most {_LONGEST} "
            "are kept. Take fewer.",
        )
    ends = zip(box.low.ravel(), box.high.ravel(), counts, strict=True)
    with np.errstate(over="ignore", invalid="ignore"):  # refused in the next line
        edges = tuple(np.linspace(first, last, count + 1) for first, last, count in ends)
    if not all(np.isfinite(cut).all() for cut in edges):
        raise refusal(
            ValueError,
            f"{wrapper!r} cannot cut {box}: its bounds are too far apart for {box.dtype}, in which "
            "their distance is infinite. Clip or rescale it first.",
        )
    return edges


def _axes(low: Array, high: Array, edges: tuple[Array, ...]) -> tuple[_Axis, ...]:
    """Return what an observation is compared with.

    Where a component is narrower than 1e-8, `high - 1e-8` is below `low`, and wins.
    """
    top = high - 1e-8
    least = np.minimum(low, top)
    cuts = [tuple(cut[1:-1].tolist()) for cut in edges]
    return tuple(map(_Axis, _floats(least), _floats(top), cuts))


def _floats(value: Any) -> list[float]:
    """Return numbers in one row, as floats of their own precision; integers as float64."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        real(array, array.shape)  # None would become NaN
        array = array.astype(np.float64)
    return array.ravel().tolist()


def _indices(value: Any, counts: tuple[int, ...]) -> list[int]:
    """Return the bins of all components, one for each, as ints."""
    array = np.asarray(value)
    if array.dtype.kind not in "iub" and counts:
        raise TypeError("Bins are whole numbers.")
    if array.shape != (len(counts),):
        raise ValueError(f"The shape is {array.shape}, expected {(len(counts),)}.")
    indices: list[int] = array.tolist()
    return indices


def _existing(value: Any, counts: tuple[int, ...], *, one: bool) -> list[int]:
    """Return the bins of all components, given as one number or one by one, if there are such."""
    number = whole(value) if one else 0
    indices = _split(number, counts) if one else _indices(value, counts)
    inside = all(0 <= i < count for i, count in zip(indices, counts, strict=True))
    if not inside or not 0 <= number < math.prod(counts):
        raise IndexError("There is no such bin.")
    return indices


def _all_finite(value: Any, shape: tuple[int, ...]) -> Array:
    """Return numbers in one row, if they have this shape and all are near to something."""
    real(value, shape)
    numbers = np.ravel(value)
    if not np.isfinite(numbers).all():
        raise ValueError("What is not finite is near to no bin.")
    return numbers


def _joined(indices: Sequence[int], counts: tuple[int, ...]) -> int:
    """Return one number for the bins of all components."""
    flat = 0
    for i, count in zip(indices, counts, strict=True):
        flat = flat * count + i
    return flat


def _split(number: int, counts: tuple[int, ...]) -> list[int]:
    """Return the bin of each component."""
    indices = []
    for count in reversed(counts):
        number, i = divmod(number, count)
        indices.append(i)
    return indices[::-1]


def _bound(wrapper: Any, part: Any) -> Any:
    """Return what `bind` derived."""
    if part is None:
        raise BindError(
            f"{wrapper!r} is not bound, so its bins are unknown. Bind it first: "
            "wrapper.bind(Below(observation_space, action_space))."
        )
    return part

"""How many values become one: pure folds, each with a state that is plain data.

A reducer's state stays small however many values come. Numbers are taken as they are, arrays
component by component; what is neither is refused, and costs nothing but that value.
"""

from __future__ import annotations

import abc
import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, ClassVar, Final

import attrs
import numpy as np

from statewrap.core.borders import freeze, sealed, thaw
from statewrap.core.fields import argument, whole
from statewrap.core.registry import register
from statewrap.core.words import brief
from statewrap.stats.lasting import lasting
from statewrap.stats.values import label, measured, plain, single


def several(given: Any, name: str, example: str) -> tuple[Any, ...]:
    """Take a list of numbers as a tuple.

    Raises:
        TypeError: if it is one number, or none.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is {brief(given)}, expected several numbers: {example}.")
    return tuple(given)


def _edges(given: Any) -> tuple[float, ...]:
    return several(given, "edges", "(0, 1)")


class Reducer(abc.ABC):
    """A pure fold over values: subclass it once, as a frozen attrs class.

    >>> import attrs
    >>> @attrs.frozen
    ... class Longest(Reducer):
    ...     names = ("longest",)
    ...     def initial(self): return 0
    ...     def add(self, state, value): return max(state, len(value))
    ...     def results(self, state): return (state,)
    >>> longest = Longest()
    >>> longest.results(longest.add(longest.initial(), "abc"))
    (3,)
    """

    __slots__ = ()

    memory_types: ClassVar[tuple[type, ...]] = ()
    """The classes of its own that a state is made of, for snapshots."""

    @property
    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """What its results are called, such as `("mean",)`."""

    @abc.abstractmethod
    def initial(self) -> Any:
        """Return the state of nothing."""

    @abc.abstractmethod
    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value; the old one is not changed.

        Raises:
            TypeError: if the value is of no use here.
        """

    @abc.abstractmethod
    def results(self, state: Any) -> tuple[Any, ...]:
        """Return plain data, one for each name; None where nothing came."""


@attrs.frozen
class Sum(Reducer):
    """Add values one by one in their order; 0 for none."""

    names = ("sum",)

    def initial(self) -> Any:
        """Return the state of nothing."""
        return None

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value."""
        number = measured(value)
        if state is None:
            return number
        _of_one_shape(state, number)
        return state + number

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        return (0 if state is None else plain(state),)


@attrs.frozen
class Count(Reducer):
    """Count values, whatever they are."""

    names = ("count",)

    def initial(self) -> int:
        """Return the state of nothing."""
        return 0

    def add(self, state: int, value: Any) -> int:
        """Return the state with one more value."""
        return state + 1

    def results(self, state: int) -> tuple[Any, ...]:
        """Return the result."""
        return (state,)


Moments = tuple[int, Any, Any]
"""Count, mean, and the sum of squared distances from it."""


@attrs.frozen
class Mean(Reducer):
    """The mean, by Welford's method (Technometrics 4, 1962), which loses few digits."""

    names = ("mean",)

    def initial(self) -> Moments:
        """Return the state of nothing."""
        return 0, 0.0, 0.0

    def add(self, state: Moments, value: Any) -> Moments:
        """Return the state with one more value."""
        count, mean, squares = state
        number = measured(value)
        if count:
            _of_one_shape(mean, number)
        away = number - mean
        mean = mean + away / (count + 1)
        return count + 1, mean, squares + away * (number - mean)

    def results(self, state: Moments) -> tuple[Any, ...]:
        """Return the result."""
        return (plain(state[1]) if state[0] else None,)


@attrs.frozen
class Std(Mean):
    """The standard deviation of the values themselves: divided by their count, not by one less."""

    names = ("std",)

    def results(self, state: Moments) -> tuple[Any, ...]:
        """Return the result."""
        count, _, squares = state
        return (plain(np.sqrt(squares / count)) if count else None,)


@attrs.frozen
class Min(Reducer):
    """The least value; NaN if one was."""

    names = ("min",)
    beats: ClassVar[Any] = staticmethod(operator.lt)
    of_arrays: ClassVar[Any] = np.minimum

    def initial(self) -> Any:
        """Return the state of nothing."""
        return None

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value."""
        number = measured(value)
        if state is None:
            return number
        _of_one_shape(state, number)
        if type(number) is np.ndarray:
            return self.of_arrays(state, number)
        beats = self.beats(number, state) or number != number  # noqa: PLR0124 - NaN
        return number if beats else state

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        return (plain(state),)


@attrs.frozen
class Max(Min):
    """The greatest value; NaN if one was."""

    names = ("max",)
    beats = staticmethod(operator.gt)
    of_arrays = np.maximum


@attrs.frozen
class Last(Reducer):
    """The value that came last, whatever it is."""

    names = ("last",)

    def initial(self) -> Any:
        """Return the state of nothing."""
        return None

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value."""
        return lasting(freeze(value))

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        return (plain(state),)


@attrs.frozen
class Histogram(Reducer):
    """How often each value came, or how many lay between edges.

    Args:
        edges: rising numbers. Bin `"[a, b)"` counts a <= value < b; below the first edge is
            `"< a"`, from the last on `">= b"`, and what is no number `"nan"`, if there was any.
            Without edges each value has a bin of its own.
        max_bins: how many bins of their own there may be; the rest is counted as "outside".

    >>> histogram = Histogram((0, 1))
    >>> state = histogram.initial()
    >>> for number in 0.5, 0.7, 1.0:
    ...     state = histogram.add(state, number)
    >>> histogram.results(state)
    ({'< 0': 0, '[0, 1)': 2, '>= 1': 1},)
    """

    edges: tuple[float, ...] = attrs.field(default=(), converter=_edges)
    max_bins: int = attrs.field(default=100, validator=whole(1))

    names = ("histogram",)

    @edges.validator
    def _rising(self, _: Any, edges: tuple[float, ...]) -> None:
        if any(not a < b for a, b in pairwise(edges)):
            raise ValueError(f"edges is {edges}, expected numbers that rise: (0, 1, 10).")

    def initial(self) -> Any:
        """Return the state of nothing."""
        return (0,) * (len(self.edges) + 2) if self.edges else {}  # the last is of NaN

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value."""
        if not self.edges:
            bin_ = label(value)
            return self._counted(state, repr(bin_) if bin_ == OUTSIDE else bin_)
        number = single(value)
        at = bisect_right(self.edges, number) if number == number else -1  # noqa: PLR0124 - NaN
        at %= len(state)
        return (*state[:at], state[at] + 1, *state[at + 1 :])

    def _counted(self, state: dict[str, int], bin_: str, count: int = 1) -> dict[str, int]:
        if bin_ not in state and len(state) >= self.max_bins:
            bin_ = OUTSIDE
        return {**state, bin_: state.get(bin_, 0) + count}

    def plus(self, state: Any, bins: dict[str, int]) -> Any:
        """Return the state with what another one counted, as its results have it."""
        if self.edges:
            counts = (*bins.values(), 0)[: len(state)]  # "nan" may be left out
            return tuple(a + b for a, b in zip(state, counts, strict=True))
        for bin_, count in bins.items():
            state = self._counted(state, bin_, count)
        return state

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        if not self.edges:
            return (dict(state),)
        between = pairwise(self.edges)
        bins = (f"< {self.edges[0]}", *(f"[{a}, {b})" for a, b in between), f">= {self.edges[-1]}")
        return (dict(zip((*bins, *(["nan"] if state[-1] else [])), state, strict=False)),)


@attrs.frozen
class Bins(Reducer):
    """The sum of histograms, bin by bin: what an epoch makes of those of its episodes."""

    histogram: Histogram

    names = ("histogram",)

    def initial(self) -> Any:
        """Return the state of nothing."""
        return self.histogram.initial()

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more histogram."""
        return self.histogram.plus(state, value)

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        return self.histogram.results(state)


@attrs.frozen
class Reduce(Reducer):
    """Any pure function of what was gathered and the next value, as `functools.reduce` takes it.

    Args:
        name: what the result is called.
        function: `(gathered, value) -> gathered`.
        start: what is gathered of nothing: plain data, as whatever the function returns.

    >>> import operator
    >>> product = Reduce("product", operator.mul, 1.0)
    >>> product.results(product.add(product.add(product.initial(), 3.0), 4.0))
    (12.0,)
    """

    name: str
    function: Callable[[Any, Any], Any] = argument(validator=attrs.validators.is_callable())
    start: Any = argument(default=0.0)

    @property
    def names(self) -> tuple[str, ...]:
        """What the result is called."""
        return (self.name,)

    def initial(self) -> Any:
        """Return the state of nothing."""
        return freeze(self.start)

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value; the function may work on copies of both."""
        return lasting(freeze(self.function(thaw(state), sealed(value))))

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return the result."""
        return (plain(state),)


def _of_one_shape(state: Any, number: Any) -> None:
    """Refuse what numpy would stretch, or could not add.

    Raises:
        TypeError: if it has another shape than what was gathered.
    """
    if type(state) is not np.ndarray and type(number) is not np.ndarray:
        return
    before, now = np.shape(state), np.shape(number)
    if before != now:
        raise TypeError(f"a value has the shape {now} where {before} came before")


OUTSIDE: Final = "outside"
"""The bin of what has none of its own."""


BY_NAME: Final[dict[str, Reducer]] = {}
"""Reducers that need no arguments, by name."""

for _kind in (Sum, Count, Mean, Std, Min, Max, Last, Histogram):
    register("Histogram" if _kind is Histogram else f"statistics.{_kind.__name__}")(_kind)
    BY_NAME[_kind.names[0]] = _kind()
register("Reduce")(Reduce)

"""What was gathered of one statistic over some stretch, in one group or in several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from statewrap.core.borders import freeze, sealed, thaw
from statewrap.core.words import brief
from statewrap.stats.lasting import lasting
from statewrap.stats.reducers import BY_NAME, Bins, Reduce, Reducer
from statewrap.stats.values import plain

Refused = dict[int, Exception]
"""Place of a reducer to what it raised: it gathered nothing of a value, the others did."""


class Guarded(Reducer):
    """A reducer of the user's: it works on copies, and what it gives is looked at."""

    __slots__ = ("_names", "of")

    def __init__(self, of: Reducer) -> None:
        self.of, self._names = of, tuple(of.names)

    @property
    def names(self) -> tuple[str, ...]:
        """What its results were called when the statistic was bound."""
        return self._names

    def initial(self) -> Any:
        """Return the state of nothing."""
        return self._kept(self.of.initial())

    def add(self, state: Any, value: Any) -> Any:
        """Return the state with one more value."""
        return self._kept(self.of.add(thaw(state), sealed(value)))

    def results(self, state: Any) -> tuple[Any, ...]:
        """Return what it gives, made plain.

        Raises:
            TypeError: if that is not one result for each name, or no plain data.
        """
        found = self.of.results(thaw(state))
        if not isinstance(found, (tuple, list)) or len(found) != len(self.names):
            raise TypeError(
                f"{brief(self.of)} gave the results {brief(found)}, expected a tuple of "
                f"{len(self.names)}: one for each of its names"
            )
        return tuple(lasting(plain(freeze(result))) for result in found)

    def _kept(self, state: Any) -> Any:
        return lasting(freeze(state), self.of.memory_types)


def _guarded(reducer: Reducer) -> Reducer:
    known = {Bins, Guarded, Reduce, *map(type, BY_NAME.values())}
    return reducer if type(reducer) in known else Guarded(reducer)


def _all_guarded(given: Iterable[Reducer]) -> tuple[Reducer, ...]:
    return tuple(map(_guarded, given))


@attrs.frozen
class Bag:
    """Reducers side by side, for each group if there are groups; its states are plain data.

    >>> from statewrap.stats.reducers import BY_NAME
    >>> bag = Bag((BY_NAME["sum"], BY_NAME["count"]), max_groups=1)
    >>> state = bag.add(bag.add(bag.initial(), "apple", 2), "pear", 3)
    >>> bag.shown(state, "sold")
    {'sold_sum': {'apple': 2}, 'sold_count': {'apple': 1}, 'sold_outside': 1}
    """

    reducers: tuple[Reducer, ...] = attrs.field(converter=_all_guarded)
    max_groups: int | None = None
    """How many groups there may be; None where nothing is grouped."""
    start: tuple[Any, ...] = attrs.field(init=False)
    """The state of nothing of each reducer."""

    @start.default
    def _started(self) -> tuple[Any, ...]:
        return tuple(reducer.initial() for reducer in self.reducers)

    def initial(self) -> Any:
        """Return the state of nothing: each reducer's, or the groups' and how many had none."""
        return self.start if self.max_groups is None else ({}, 0)

    def add(self, state: Any, group: Any, value: Any, refused: Refused | None = None) -> Any:
        """Return the state with one more value.

        Args:
            state: what was gathered; it is not changed.
            group: whose it is; None where nothing is grouped.
            value: what is to be gathered.
            refused: the reducers that are left out, and where those that raise are noted.

        Raises:
            TypeError: if a reducer has no use for it, and `refused` is None.
        """
        if self.max_groups is None:
            return self._added(state, value, refused)
        groups, outside = state
        if group not in groups and len(groups) >= self.max_groups:
            return groups, outside + 1
        held = self._added(groups.get(group) or self.start, value, refused)
        return {**groups, group: held}, outside

    def _added(self, states: Any, value: Any, refused: Refused | None) -> tuple[Any, ...]:
        if refused is None:
            pairs = zip(self.reducers, states, strict=True)
            return tuple([reducer.add(held, value) for reducer, held in pairs])
        added = list(states)
        for place, reducer in enumerate(self.reducers):
            if place not in refused:
                try:
                    added[place] = reducer.add(states[place], value)
                except Exception as error:  # noqa: BLE001 - it may be the user's own
                    refused[place] = error
        return tuple(added)

    def shown(self, state: Any, name: str, refused: Refused | None = None) -> dict[str, Any]:
        """Return what was gathered, under the names by which it is reported.

        A reducer whose results cannot be had gives None for each; `refused` is told why.
        """
        if self.max_groups is None:
            found = self._results(state, refused)
            return {f"{name}_{part}": value for part, value in found.items()}
        groups, outside = state
        by_group = {group: self._results(held, refused) for group, held in groups.items()}
        parts = [part for reducer in self.reducers for part in reducer.names]
        shown = {
            f"{name}_{part}": {g: held[part] for g, held in by_group.items()} for part in parts
        }
        return {**shown, f"{name}_outside": outside} if outside else shown

    def values(self, state: Any, refused: Refused | None = None) -> list[tuple[str, Any, Any]]:
        """Return each result as (its name, its group or None, its value), as `shown` does."""
        groups = {None: state} if self.max_groups is None else state[0]
        return [
            (part, group, value)
            for group, held in groups.items()
            for part, value in self._results(held, refused).items()
        ]

    def _results(self, states: Any, refused: Refused | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, (reducer, held) in enumerate(zip(self.reducers, states, strict=True)):
            names = reducer.names
            try:
                results = reducer.results(held)
            except Exception as error:  # noqa: BLE001 - it may be the user's own
                results = (None,) * len(names)
                if refused is not None:
                    refused.setdefault(place, error)
            found.update(zip(names, results, strict=True))
        return found

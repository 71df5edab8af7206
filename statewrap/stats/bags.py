"""What was gathered of one statistic over some stretch, in one group or in several."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.words import sentence
from statewrap.stats.reducers import Reducer


@attrs.frozen
class Bag:
    """Reducers side by side, for each group if there are groups; its states are plain data.

    >>> from statewrap.stats.reducers import BY_NAME
    >>> bag = Bag((BY_NAME["sum"], BY_NAME["count"]), max_groups=1)
    >>> state = bag.add(bag.add(bag.initial(), "apple", 2), "pear", 3)
    >>> bag.shown(state, "sold")
    {'sold_sum': {'apple': 2}, 'sold_count': {'apple': 1}, 'sold_outside': 1}
    """

    reducers: tuple[Reducer, ...]
    max_groups: int | None = None
    """How many groups there may be; None where nothing is grouped."""

    def initial(self) -> Any:
        """Return the state of nothing: each reducer's, or the groups' and how many had none."""
        if self.max_groups is None:
            return tuple(reducer.initial() for reducer in self.reducers)
        return {}, 0

    def add(self, state: Any, group: Any, value: Any) -> Any:
        """Return the state with one more value.

        Raises:
            TypeError: if a reducer has no use for it.
        """
        if self.max_groups is None:
            return self._added(state, value)
        groups, outside = state
        if group not in groups and len(groups) >= self.max_groups:
            return groups, outside + 1
        held = groups.get(group) or tuple(reducer.initial() for reducer in self.reducers)
        return {**groups, group: self._added(held, value)}, outside

    def _added(self, states: Any, value: Any) -> tuple[Any, ...]:
        if len(states) == 1:  # the usual case
            return (self.reducers[0].add(states[0], value),)
        pairs = zip(self.reducers, states, strict=True)
        return tuple([reducer.add(held, value) for reducer, held in pairs])

    def shown(self, state: Any, name: str) -> dict[str, Any]:
        """Return what was gathered, under the names by which it is reported."""
        if self.max_groups is None:
            return {f"{name}_{part}": value for part, value in self._results(state).items()}
        groups, outside = state
        found = {group: self._results(held) for group, held in groups.items()}
        parts = [part for reducer in self.reducers for part in reducer.names]
        shown = {f"{name}_{part}": {g: held[part] for g, held in found.items()} for part in parts}
        return {**shown, f"{name}_outside": outside} if outside else shown

    def values(self, state: Any) -> list[tuple[str, Any, Any]]:
        """Return each result as (its name, its group or None, its value)."""
        groups = {None: state} if self.max_groups is None else state[0]
        return [
            (part, group, value)
            for group, held in groups.items()
            for part, value in self._results(held).items()
        ]

    def _results(self, states: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for reducer, held in zip(self.reducers, states, strict=True):
            found.update(zip(reducer.names, _results_of(reducer, held), strict=True))
        return found


def _results_of(reducer: Reducer, held: Any) -> tuple[Any, ...]:
    """Return what a reducer gives; what one of the user's own raises stands in its place."""
    try:
        return reducer.results(held)
    except Exception as error:  # noqa: BLE001 - it may be the user's own
        return (f"{type(error).__name__}: {sentence(error)}",) * len(reducer.names)

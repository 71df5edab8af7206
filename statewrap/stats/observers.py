"""Which facts a statistic looks at, worked out once for a bound stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from statewrap.core.borders import sealed
from statewrap.core.events import Event
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Stack
from statewrap.stats.places import check_part, gap_of, part_of
from statewrap.stats.statistic import TIMES, Statistic
from statewrap.stats.values import label

MISSING: Final = object()
"""Where nothing is to be observed."""

Site = tuple[int, Any]
"""A gap and a class of facts; the times of a call are at gap 0, under their names."""


class Observer(NamedTuple):
    """How one statistic reads the facts of one site."""

    place: int
    """Which of the statistics it is."""
    value: Callable[[Any], Any]
    """What a fact shows; `MISSING` or None for nothing."""
    group: Callable[[Any, Mapping[int, Any]], Any] | None
    """The group, of the fact and of the action that came last at each gap."""


def observers(statistics: tuple[Statistic, ...], stack: Stack) -> dict[Site, tuple[Observer, ...]]:
    """Return who is to look at which facts.

    Raises:
        BindError: if a statistic names a wrapper that the stack does not have once, or a part
            that the observations there do not have.
    """
    sites: dict[Site, list[Observer]] = {}
    for index, statistic in enumerate(statistics):
        gap = gap_of(stack, statistic.at, statistic.name)
        space = stack.gaps[gap].observation_space if stack.gaps else None
        if statistic.of == "observation":
            check_part(space, statistic.key, statistic.name)
        site = (gap, _KINDS.get(statistic.of, statistic.of))
        value = _mapped(_value(statistic), statistic.function)
        sites.setdefault(site, []).append(Observer(index, value, _group(statistic, gap)))
    return {site: tuple(found) for site, found in sites.items()}


_KINDS: Final = {
    "reward": TimeStep,
    "observation": TimeStep,
    "info": TimeStep,
    "action": Act,
    "event": Event,
}


def _mapped(
    value: Callable[[Any], Any], function: Callable[[Any], Any] | None
) -> Callable[[Any], Any]:
    if function is None:
        return value

    def mapped(what: Any) -> Any:
        found = value(what)
        return found if found is MISSING else function(sealed(found))

    return mapped


def _value(  # noqa: C901 - one reader a kind
    statistic: Statistic,
) -> Callable[[Any], Any]:
    """Return what reads the value that a fact shows."""
    key, field, name = statistic.key, statistic.field, statistic.name

    def reward(timestep: TimeStep) -> Any:
        return MISSING if timestep.first else timestep.reward

    def observation(timestep: TimeStep) -> Any:
        return part_of(timestep.observation, key)

    def action(act: Act) -> Any:
        return part_of(act.action, key)

    def info(timestep: TimeStep) -> Any:
        if key[0] not in timestep.info:
            return MISSING
        return part_of(timestep.info, key)

    def event(what: Event) -> Any:
        if what.name != key[0]:
            return MISSING
        if field is None:
            return 1
        if field not in what.fields:
            raise LookupError(f"{what!r} has no field {field!r}, which {name!r} takes")
        return what.fields[field]

    readers: dict[str, Callable[[Any], Any]]
    readers = {"reward": reward, "observation": observation, "action": action, "info": info}
    if statistic.of in TIMES:
        return float
    return event if statistic.of == "event" else readers[statistic.of]


def _group(statistic: Statistic, gap: int) -> Callable[[Any, Mapping[int, Any]], Any] | None:
    """Return what reads the group of a fact."""
    by = statistic.by
    if by is None:
        return None
    if statistic.of == "event":
        return lambda what, _: label(what.fields.get(by))
    if statistic.of == "action":
        return lambda what, _: label(what.action)
    if by == "action":
        return lambda _, acted: label(acted.get(gap))
    if by == "actor":
        return lambda what, _: label(what.actor)
    key = by.removeprefix("info ")
    return lambda what, _: label(what.info.get(key))

"""What happened to a session that no message shows by itself.

Drivers put events between the hops, each at the gap where it was seen, so that one list in
one order holds all the facts of a call. Statistics are a pure fold over such lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.errors import InputError
from statewrap.core.messages import Message, TimeStep
from statewrap.core.value import value
from statewrap.core.words import brief

_PLAIN: Final = (bool, int, float, str, bytes, type(None), np.bool_, np.number)
_KINDS: Final = "biufcmMSU"
"""Of arrays: numbers, dates and texts."""
_MAX_DEPTH: Final = 50
"""How deep the containers of a field may nest."""


@value(init=False)
class Event:
    """Something that happened outside, told by the host with the time step that it came with.

    >>> Event("goods_sold", amount=3)
    Event('goods_sold', amount=3)

    Raises:
        InputError: if the name is no word, or a field is not plain data: None, numbers, strings,
            arrays of them, and lists, tuples and dicts of such.
    """

    name: str
    fields: dict[str, Any]
    """Copies of what was given; arrays are read-only."""

    def __init__(self, name: str, /, **fields: Any) -> None:
        if not isinstance(name, str) or not name:
            raise InputError(
                f"An event was given the name {brief(name)}, expected a word, as in "
                'Event("goods_sold", amount=3).'
            )
        for field, given in fields.items():
            wrong = _not_plain(given, name, field)
            if wrong is not None:
                raise InputError(
                    f"The event {name!r} has a field {field}={brief(given)}, in which "
                    f"{brief(wrong)} is no plain data. Give numbers, strings, arrays, or lists, "
                    "tuples and dicts of them."
                )
        self.name = name  # type: ignore[misc]  # frozen for the type checker only
        self.fields = {field: freeze(given) for field, given in fields.items()}  # type: ignore[misc]

    def __repr__(self) -> str:
        parts = [repr(self.name), *(f"{field}={held!r}" for field, held in self.fields.items())]
        return f"Event({', '.join(parts)})"


def happened(events: Iterable[Event]) -> list[tuple[int, Event]]:
    """Return outside events as facts; they stand before the time step that they came with.

    Raises:
        InputError: if something else is given.
    """
    if isinstance(events, (Event, str, bytes)) or not isinstance(events, Iterable):
        raise InputError(
            f"events={brief(events)} was given, expected a list of events: "
            'events=[Event("goods_sold", amount=3)].'
        )
    facts: list[tuple[int, Event]] = []
    for event in events:
        if type(event) is not Event:
            raise InputError(
                f"events holds {brief(event)}, which is no statewrap.Event, such as "
                'Event("goods_sold", amount=3).'
            )
        facts.append((0, event))
    return facts


def _not_plain(given: Any, event: str, field: str, depth: int = 0) -> Any:
    """Return a part that is no plain data, or None."""
    if isinstance(given, dict):
        given = [*given, *given.values()]
    if isinstance(given, (list, tuple)):
        if depth == _MAX_DEPTH:
            raise InputError(
                f"The event {event!r} has a field {field!r} that nests more than {_MAX_DEPTH} "
                "containers, or holds itself. Give flatter data."
            )
        found = (_not_plain(part, event, field, depth + 1) for part in given)
        return next((wrong for wrong in found if wrong is not None), None)
    if isinstance(given, np.ndarray):  # what a mask hides, and structures, are no plain data
        plain = given.dtype.kind in _KINDS and not isinstance(given, np.ma.MaskedArray)
    else:
        plain = isinstance(given, _PLAIN)
    return None if plain else given


@value
class Opened:
    """An episode opened at the top: the policy is shown a `first` time step."""


@value
class Ended:
    """An episode ended at the top: the policy was shown its last time step."""

    terminated: bool
    truncated: bool


@value
class Abandoned:
    """The open episode was given up without a last time step."""


@value
class Continued:
    """The stack ended an episode that the environment goes on with.

    What the environment last showed is shown to the stack again, as a first time step. That is
    no environment step.
    """


@value
class Unshown:
    """The environment showed a time step that the stack did not take in, for it failed."""

    timestep: TimeStep


@value
class FellBack:
    """A wrapper or the policy raised, and the deployment's fallback answered instead."""

    error: str
    action: Any


@value
class EpochEnded:
    """Whoever drives the session ended an epoch by hand; see `statewrap.stats`."""


@value
class Closed:
    """The deployment was closed."""


Happening = (
    Opened | Ended | Abandoned | Continued | Unshown | FellBack | EpochEnded | Closed | Event
)
Fact = tuple[int, Message | Happening]
"""A hop, or what happened at a gap."""

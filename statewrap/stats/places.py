"""Where a statistic is observed: words such as "above RepeatAction" as gaps of a stack."""

from __future__ import annotations

from typing import Any, Final, cast

from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

from statewrap.core.errors import BindError
from statewrap.core.registry import nearest
from statewrap.core.wrapper import Stack

Path = tuple[str | int, ...]
"""Where in an observation, an action or the info something lies."""


_ARRAYS: Final = (Box, MultiBinary, MultiDiscrete)


def gap_of(stack: Stack, at: str, whose: str) -> int:
    """Return the gap that is meant: 0 is the bottom, `len(stack)` the top.

    Raises:
        BindError: if the stack has no such wrapper, or several of that name.

    >>> from statewrap.wrappers import RepeatAction, TimeLimit
    >>> stack = TimeLimit(9) | RepeatAction(2)
    >>> gap_of(stack, "above RepeatAction", "speed"), gap_of(stack, "below 1", "speed")
    (2, 1)
    """
    if at in ("bottom", "top"):
        return 0 if at == "bottom" else len(stack)
    side, _, name = at.partition(" ")
    names = [type(wrapper).__name__ for wrapper in stack]
    places = [place for place, known in enumerate(names) if name in (known, str(place))]
    if len(places) == 1:
        return places[0] + (side == "above")
    if places:
        raise BindError(
            f"The statistic {whose!r} is to be observed {at!r}, but the stack has several "
            f"{name}: at the places {places}. Say which, as in 'at=\"{side} {places[0]}\"'."
        )
    listed = ", ".join(f"{place} {known}" for place, known in enumerate(names)) or "none"
    raise BindError(
        f"The statistic {whose!r} is to be observed {at!r}, but the stack has no such wrapper"
        f"{nearest(name, names)} Its wrappers are: {listed}."
    )


def check_part(space: Space[Any] | None, path: Path, whose: str) -> None:
    """Refuse a part that the observations of a space do not have, as far as the space tells.

    Raises:
        BindError: if there is no such part.
    """
    for step in path:
        parts = _parts(space)
        if parts is None:
            return
        if step not in parts:
            raise BindError(
                f"The statistic {whose!r} observes {_written(path)}, but an observation there has "
                f"no {step!r}{_near(step, parts)} It has {_listed(parts)}."
            )
        space = None if isinstance(space, _ARRAYS) else cast("Any", space)[step]


def _parts(space: Space[Any] | None) -> range | list[str] | None:
    """Return what the next step of a path may be; None where that is not known."""
    if isinstance(space, Dict):
        return [*map(str, space)]
    if isinstance(space, Tuple):
        return range(-len(space), len(space))
    if isinstance(space, _ARRAYS):
        size = space.shape[0] if space.shape else 0
        return range(-size, size)
    return range(0) if isinstance(space, Discrete) else None


def _near(step: str | int, parts: range | list[str]) -> str:
    return "." if isinstance(parts, range) else nearest(str(step), parts)


def _listed(parts: range | list[str]) -> str:
    if isinstance(parts, range):
        return f"the places {parts[0]} to {parts[-1]}" if parts else "no parts"
    return ", ".join(parts) or "none"


def _written(path: Path) -> str:
    return "key=" + repr(path[0] if len(path) == 1 else path)


def part_of(value: Any, path: Path) -> Any:
    """Return a part of an observation or an action.

    Raises:
        LookupError, TypeError: if there is none.
    """
    for step in path:
        value = value[step]
    return value

"""What may be said of an environment: the arguments of a `Description`, looked at one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from statewrap.core.words import brief
from statewrap.gym.bridge import specid


def names(_: Any, field: Any, given: Any) -> None:
    """Ask for a dict whose keys are strings."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{field.alias} is {brief(given)}, expected a dict.")
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"{field.alias} has the key {brief(name)}, expected names: strings.")


def free(_: Any, field: Any, given: Any) -> None:
    """Ask for names of which a bridge knows nothing by itself."""
    for name in given:
        if name in _KNOWN:
            raise ValueError(f"{field.alias} names {name!r}, {_KNOWN[name]}.")


def not_there(_: Any, field: Any, given: Any) -> None:
    """Ask for names that not every environment has."""
    free(_, field, given - {"ale"})


def spec(given: Any) -> EnvSpec | str | None:
    """Return a spec as JSON, if that says all of it.

    Raises:
        TypeError: if it is no spec.
        ValueError: if it is other words than the JSON of one.
    """
    if given is None:
        return None
    if isinstance(given, str) and given.lstrip().startswith("{"):
        return _parsed(given)
    if isinstance(given, str) or _is_of_parts(given):
        given = specid.registered(given)
    if not isinstance(given, EnvSpec):
        raise TypeError(f"spec is {brief(given)}, expected an EnvSpec: env.spec, or None.")
    try:
        text: str = given.to_json()
        return text if EnvSpec.from_json(text) == given else given
    except (TypeError, ValueError, AttributeError):
        return given


def _is_of_parts(given: Any) -> bool:
    """Tell whether it is a dict of parts of a spec, of which its id may be one."""
    return isinstance(given, Mapping) and isinstance(given.get("id", ""), str) and _are_names(given)


def _are_names(given: Iterable[Any]) -> bool:
    return all(isinstance(name, str) for name in given)


def _parsed(text: str) -> str:
    try:
        EnvSpec.from_json(text)
    except Exception as error:
        raise ValueError(
            f"spec is {brief(text)}, expected an EnvSpec, or what its to_json() returns. By the id "
            "of an environment: gymnasium.spec(id)."
        ) from error
    return text


def action_meanings(given: Any) -> tuple[str, ...] | None:
    """Return what actions mean, in their order.

    Raises:
        TypeError: if it is something else than strings in an order.
    """
    if isinstance(given, AbstractSet):
        raise TypeError(f"action_meanings is {brief(given)}, which has no order; {_STRINGS}")
    return None if given is None else _words("action_meanings", given)


def absent(given: Any) -> frozenset[str]:
    """Return names; one string alone is none of several.

    Raises:
        TypeError: if it is something else than strings.
    """
    return frozenset(_words("absent", given))


def _words(name: str, given: Any) -> tuple[str, ...]:
    odd = isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable)
    found = () if odd else tuple(given)
    if odd or not _are_names(found):
        raise TypeError(f"{name} is {brief(given)}, {_STRINGS}")
    return tuple(map(str, found))


def frameskip(given: Any) -> int | tuple[int, int] | None:
    """Return how many frames an act takes: a number, or the bounds between which one is drawn.

    Raises:
        TypeError: if it is something else.
        ValueError: if it is no number of frames.
    """
    if given is None:
        return None
    pair = isinstance(given, (tuple, list))
    numbers = [*given] if pair else [given]
    if len(numbers) != 1 + pair or not all(map(is_whole, numbers)):
        raise TypeError(f"frameskip is {brief(given)}, {_SKIPS}")
    low, high = int(numbers[0]), int(numbers[-1])
    if low < 1 or (pair and high <= low):
        raise ValueError(f"frameskip is {brief(given)}, {_SKIPS}")
    return (low, high) if pair else low


def is_whole(given: Any) -> bool:
    """Tell whether it is a whole number, of Python's or of numpy's."""
    return isinstance(given, (int, np.integer)) and not isinstance(given, bool)


_STRINGS: Final = "expected a list of strings."
_SKIPS: Final = "expected an int of at least 1, or a pair of them, the first below the second."
_BELOW: Final = "which is told by what lies below: Below({name}=...)"
_OWN: Final = "which a bridge has for itself, whatever the environment is"
_STUBS: Final = ("_asked", "_description", "_known_spec", "_sets")
_KNOWN: Final[dict[str, str]] = {
    **{name: _OWN for name in dir(gymnasium.Env) if not name.startswith("_")},
    **dict.fromkeys(_STUBS, _OWN),
    **{
        name: _BELOW.format(name=name)
        for name in ("observation_space", "action_space", "metadata", "render_mode")
    },
    "spec": "which is an argument of its own: Description(spec=...)",
    "ale": "which is an argument of its own: Description(ale=True) where there is an emulator",
    "np_random": "which is the generator of the bridge: Bridge(..., draws=...)",
}
"""What a stub answers by itself, and who tells it."""

"""The law that missing statistics are noticed, and do not mean that raw values pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs
import numpy as np

from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.laws.arguments import is_record, made_with, parts
from statewrap.testing.laws.heard import Heard, answers, overhear
from statewrap.testing.laws.law import Broken, Setting, law

_STATISTICS: Final = (
    r"stat(istic)?s?|moments?|rms|means?|mu|std(s|ev)?|sigma|var(iances?)?|quantiles?|"
    r"percentiles?|normali[sz](ers?|ations?)|scalers?|calibrations?"
)
"""Words that say what an argument or its type is."""
_PARTS: Final = _STATISTICS + "|min|max|count|q"
"""What parts of statistics are called."""
_NORMALIZES: Final = re.compile(
    r"normali[sz]|standardi[sz]|whiten(?!oise)|calibrat|z_?score", re.IGNORECASE
)
"""What the class of a wrapper is called that cannot do without."""
_VALUES: Final = ("observation", "reward", "action")
_PARTS_OF_MESSAGES: Final = (*_VALUES, "info")


@law(
    cure="Refuse what is missing when the wrapper is made, or at `bind`: "
    "`if self.statistics is None: raise ValueError(...)`."
)
def missing_statistics_are_noticed(setting: Setting) -> None:
    """Without its statistics a wrapper refuses to work, and does not let raw values pass.

    Statistics are arguments that hold arrays, or mappings and records of arrays or numbers, and
    that a wrapper needs: they have no default, or are called so (statistics, mean, std, ...). All
    of them are taken away at once. One that was not given any is held to the same.
    """
    for index, wrapper in enumerate(setting.unbound):
        if not attrs.has(type(wrapper)):
            continue
        given = [field for field in made_with(wrapper) if _is_needed(wrapper, field)]
        absent = [f.name for f in made_with(wrapper) if _is_absent(wrapper, f)]
        if given:
            _is_noticed(setting, index, given)
        elif absent:
            _does_something(setting, index, absent)


def _is_noticed(setting: Setting, index: int, given: list[attrs.Attribute[Any]]) -> None:
    """Take the statistics away: all None, then the mappings empty."""
    before = _played(setting, setting.unbound, index)
    changed = [
        part for part in _PARTS_OF_MESSAGES if any(_changes(call, part) for call in before or ())
    ]
    if not changed:
        return
    wrapper, names = setting.unbound[index], [field.name for field in given]
    for emptied in (False, True):
        without = [(field, _without(wrapper, field, emptied=emptied)) for field in given]
        if emptied and all(value is None for _, value in without):
            return
        after = _played(setting, _replaced(setting.unbound, index, without), index)
        raw = [part for part in changed if after and _passes_raw(after, part)]
        if raw:
            words = " and ".join(f"{f.name}={value!r}" for f, value in without)
            raise Broken(
                f"{brief(wrapper)} with {words} works without a word, and lets each {raw[0]} pass "
                f"raw, which with {' and '.join(names)} it changes."
            )


def _does_something(setting: Setting, index: int, absent: list[str]) -> None:
    calls = _played(setting, setting.unbound, index)
    if calls and all(call.passes for call in calls) and all(_tells(calls, p) for p in _VALUES):
        raise Broken(
            f"{brief(setting.unbound[index])} was made without {' and '.join(absent)}, and lets "
            "everything pass raw without a word."
        )


def _played(setting: Setting, unbound: Stack | None, index: int) -> list[Heard] | None:
    """Bind a stack and return what one of its wrappers answers; None if anything raises."""
    try:
        stack = None if unbound is None else unbound.bind(setting.below)
        return None if stack is None else answers(overhear(setting, stack)[1][index])
    except Exception:  # noqa: BLE001 - whatever it raises, something was noticed
        return None


def _replaced(
    unbound: Stack, index: int, changes: list[tuple[attrs.Attribute[Any], Any]]
) -> Stack | None:
    """Return a stack in which one wrapper has other arguments; None if it refuses them."""
    wrappers = list(unbound)
    named: dict[str, Any] = {f.alias or f.name: value for f, value in changes}
    try:
        wrappers[index] = attrs.evolve(cast("Any", wrappers[index]), **named)
    except Exception:  # noqa: BLE001 - whatever it raises, it noticed
        return None
    return Stack(*wrappers)


def _without(wrapper: Wrapper[Any], field: attrs.Attribute[Any], *, emptied: bool) -> Any:
    value = getattr(wrapper, field.name)
    return {} if emptied and isinstance(value, Mapping) else None


def _passes_raw(calls: list[Heard], part: str) -> bool:
    """Tell whether none was changed of those that could have been: 0 is 0 by any scale."""
    return not any(_changes(call, part) for call in calls) and _tells(calls, part)


def _tells(calls: list[Heard], part: str) -> bool:
    """Tell whether one of the values given is not 0."""
    return any(_is_something(getattr(call.given, part, None)) for call in calls)


def _is_something(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.any(value))
    if isinstance(value, (Mapping, tuple, list)):
        items = value.values() if isinstance(value, Mapping) else value
        return any(map(_is_something, items))
    return bool(value)


def _changes(call: Heard, part: str) -> bool:
    """Tell whether a wrapper changed the observation, reward, info or action that it was given."""
    given, reply = call.given, call.reply
    if type(given) is not type(reply) or not hasattr(given, part):
        return False
    return not same(getattr(given, part), getattr(reply, part))


# -- which arguments are statistics ------------------------------------------------------------


def _is_needed(wrapper: Wrapper[Any], field: attrs.Attribute[Any]) -> bool:
    """Tell whether an argument holds statistics that the wrapper cannot do without."""
    value = getattr(wrapper, field.name)
    named = _is_called_so(wrapper, field) or _has_parts_called_so(value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return _says(_STATISTICS, field.name)
    if not _holds_numbers(value):
        return False
    optional = field.default is not attrs.NOTHING or "None" in str(field.type)
    return named or not optional


def _is_absent(wrapper: Wrapper[Any], field: attrs.Attribute[Any]) -> bool:
    """Tell whether an argument is there for statistics, and holds none."""
    value = getattr(wrapper, field.name)
    empty = value is None or (isinstance(value, Mapping) and not value)
    return empty and _is_called_so(wrapper, field)


def _is_called_so(wrapper: Wrapper[Any], field: attrs.Attribute[Any]) -> bool:
    told = _says(_STATISTICS, field.name) or _says(_STATISTICS, str(field.type))
    return told or bool(_NORMALIZES.search(type(wrapper).__name__))


def _has_parts_called_so(value: Any) -> bool:
    """Tell whether a record or a mapping, or one in it, has two parts such as mean and std."""
    if isinstance(value, Mapping):
        names, inner = [str(key) for key in value], list(value.values())
    elif is_record(value):
        names, inner = list(parts(value)), list(parts(value).values())
    else:
        return False
    called = [name for name in names if _says(_PARTS, name)]
    return len(called) > 1 or any(map(_has_parts_called_so, inner))


def _holds_numbers(value: Any) -> bool:
    """Tell whether a value is an array, or a mapping or record of arrays or numbers."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufc"
    if isinstance(value, Mapping):
        return bool(value) and all(map(_is_number_or_holds_some, value.values()))
    if is_record(value) and not isinstance(value, (TimeStep, Act)):
        return any(map(_holds_numbers, parts(value).values()))
    return False


def _is_number_or_holds_some(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) or _holds_numbers(value)


def _says(pattern: str, name: str) -> bool:
    """Tell whether one of the words of a name, such as `obs_rms` or `RunningMeanStd`, is it."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return any(re.fullmatch(pattern, word.lower()) for word in words)

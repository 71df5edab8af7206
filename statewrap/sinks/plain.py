"""Values as strict JSON, and as numbers by name.

What a log or a table is given must never stop it: what JSON has no form for is printed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.fold import Report
from statewrap.core.words import brief

CONTEXT: Final = ("session", "episode", "outcome")
"""What a report's values say of where it belongs; they are no statistics."""

PLACES: Final = frozenset({"episode", "epoch", "step"})
"""Numbers in a report that say where it belongs: no curve and no gauge is drawn of them."""

TOTALS: Final = ("environment_steps", "skipped_steps", "policy_calls", "length", "fallbacks")
"""The counts that are added up over a session."""

_PLAIN: Final = frozenset({bool, int, str, type(None)})
_ENCODER: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """Turn a value into what JSON has a form for; what has none is printed, cut short.

    Arrays become nested lists, numpy's numbers Python's; NaN and the infinities, which are no
    JSON, the strings "NaN", "Infinity" and "-Infinity".

    >>> plain({"r": np.float32("nan"), "a": np.array([1, 2]), 3: {1, 2}})
    {'r': 'NaN', 'a': [1, 2], '3': '{1, 2}'}
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return number if math.isfinite(number) else _named(number)
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return brief(value)


def line(values: Mapping[str, Any]) -> bytes:
    r"""Write values as one line of strict JSON, ASCII, newline included.

    >>> line({"event": "step", "reward": 1.0})
    b'{"event":"step","reward":1.0}\n'
    """
    return _ENCODER.encode(plain(values)).encode("ascii") + b"\n"


def fields(report: Report) -> dict[str, Any]:
    """Return a report's values as fields beside an `event`: plain, and none of that name.

    >>> fields(Report("kpi", {"event": 1, "mean": np.float64(0.5)}))
    {'mean': 0.5, 'event_': 1}
    """
    values = {str(name): plain(value) for name, value in report.values.items()}
    if "event" in values:
        values["event_"] = values.pop("event")
    return values


def numbers(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Give each number among some values with its name; those of a mapping as `name/key`.

    Context (`session`, `episode`, `outcome`) and what is no number, or too large a one, are passed
    over.

    >>> list(numbers({"episode": 3, "return": 9, "actions": {0: 2, 1: 7}, "outcome": "truncated"}))
    [('return', 9.0), ('actions/0', 2.0), ('actions/1', 7.0)]
    """
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{path}{name}/")
        elif isinstance(value, (bool, int, float, np.integer, np.floating, np.bool_)) and not (
            name in CONTEXT and not path
        ):
            number = _float(value)
            if number is not None:
                yield sayable(f"{path}{name}"), number


def _float(value: Any) -> float | None:
    """Return a number as a float; None of an int beyond 1e308."""
    try:
        return float(value)
    except OverflowError:
        return None


def sayable(text: str) -> str:
    r"""Return text that can be written as UTF-8: half of a surrogate pair as an escape.

    >>> sayable("pump \ud800")
    'pump \\ud800'
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _named(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"

"""Plain values that neither TOML nor JSON has, as tables: `{type = "tuple", items = [1, 2]}`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from statewrap.core.draws import NumpyDraws
from statewrap.package.arrays import DTYPES


def nothing() -> None:
    """Make None."""


def a_string(text: str) -> str:
    """Make a string, also where it would be the name of a function."""
    return text


def a_float(text: str) -> float:
    """Make a float, also one for which JSON has no number."""
    return float(text)


def a_tuple(items: list[Any]) -> tuple[Any, ...]:
    """Make a tuple."""
    return tuple(items)


def a_list(items: list[Any]) -> list[Any]:
    """Make a list, also of numbers, which would be an array."""
    return items


def a_set(items: list[Any]) -> set[Any]:
    """Make a set."""
    return set(items)


def a_frozenset(items: list[Any]) -> frozenset[Any]:
    """Make a frozenset."""
    return frozenset(items)


def a_dict(keys: list[Any], values: list[Any]) -> dict[Any, Any]:
    """Make a dict, whose keys may be no strings, or words that mean something here."""
    return dict(zip(keys, values, strict=True))


def a_path(path: Path) -> Path:
    """Make a path, relative to the document."""
    return path


def a_dtype(name: np.dtype[Any]) -> np.dtype[Any]:
    """Make a dtype."""
    return name


def _number(dtype: str) -> Callable[[Any], Any]:
    def make(value: Any) -> Any:
        return np.dtype(dtype).type(value)

    return make


VALUES: Final[dict[str, Any]] = {
    "None": nothing,
    "str": a_string,
    "float": a_float,
    "tuple": a_tuple,
    "list": a_list,
    "dict": a_dict,
    "set": a_set,
    "frozenset": a_frozenset,
    "Path": a_path,
    "dtype": a_dtype,
    "NumpyDraws": NumpyDraws,
    **{name: _number(name) for name in DTYPES},
}
"""Name, to what makes the value."""

RESERVED: Final = frozenset({"type", "_target_", "npz", "base64", "array", "named"})
"""Keys by which a table is more than a dict."""

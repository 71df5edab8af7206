"""A wrapper's arguments: what they hold, and in which words they can be said again."""

from __future__ import annotations

import dataclasses
import enum
import math
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.wrapper import Wrapper

_BUILTINS: Final = (bool, bytearray, bytes, complex, dict, float, frozenset, int, list, range, set)
_ATOMS: Final = (bool, int, str, bytes, bytearray, type(None))
_WORDS: Final[dict[str, Any]] = {
    "__builtins__": {kind.__name__: kind for kind in (*_BUILTINS, slice, str, tuple)},
    "np": np,
    "numpy": np,
    "array": np.array,
    "dtype": np.dtype,
    "inf": math.inf,
    "nan": math.nan,
    **{np.dtype(code).name: np.dtype(code).type for code in "?bhilqBHILQefd"},
    **{name: getattr(spaces, name) for name in spaces.__all__},
}
"""What a `repr` may say, besides the names of the wrapper's own module."""


def arguments(wrapper: Wrapper[Any]) -> dict[str, Any]:
    """Return what a wrapper was made with, by name; of a class without attrs, what it holds."""
    kind = type(wrapper)
    if attrs.has(kind):
        return {field.name: getattr(wrapper, field.name) for field in made_with(wrapper)}
    return {**getattr(wrapper, "__dict__", {}), **dict(_slots(wrapper))}


def made_with(wrapper: Wrapper[Any]) -> list[attrs.Attribute[Any]]:
    """Return the fields of an attrs class that are arguments."""
    return [field for field in attrs.fields(type(wrapper)) if field.init]  # type: ignore[arg-type]


def _slots(wrapper: Wrapper[Any]) -> Iterator[tuple[str, Any]]:
    for kind in type(wrapper).__mro__:
        names = vars(kind).get("__slots__", ())
        for name in [names] if isinstance(names, str) else names:
            if hasattr(wrapper, name):
                yield name, getattr(wrapper, name)


def is_plain(value: Any) -> bool:
    """Tell whether a value is made of numbers, strings, arrays, containers and records alone.

    NaN is not plain: it is not equal to itself. In an array it is.
    """
    if isinstance(value, (enum.Enum, np.ma.MaskedArray)):
        return False
    if isinstance(value, np.ndarray):
        said = value.size > 0 or value.ndim == 1  # a list does not say more of an empty one
        return said and value.dtype.kind in "biufc"
    if isinstance(value, (float, complex, np.inexact)):
        return bool(value == value)  # noqa: PLR0124 - NaN is not
    if isinstance(value, (*_ATOMS, np.generic, np.dtype)):
        return True
    if type(value) is dict:
        return all(map(is_plain, (*value, *value.values())))
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(map(is_plain, value))
    return is_record(value) and all(map(is_plain, parts(value).values()))


def is_record(value: Any) -> bool:
    """Tell whether a value has fields by name: an instance of attrs, a dataclass, a NamedTuple."""
    kind = type(value)
    return attrs.has(kind) or dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")


def parts(value: Any) -> dict[str, Any]:
    """Return the fields of a record by name."""
    kind: Any = type(value)
    if attrs.has(kind):
        return {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    return {name: getattr(value, name) for name in kind._fields}


def scope(wrapper: Wrapper[Any]) -> dict[str, Any]:
    """Return the names that a wrapper's `repr` may use: those of its module, and of its parts."""
    module = sys.modules.get(type(wrapper).__module__)
    names = {**vars(module), **_WORDS} if module else dict(_WORDS)
    for kind in {type(wrapper), *_kinds([*arguments(wrapper).values()])}:
        _enter(names, kind)
    return names


def _kinds(values: list[Any]) -> Iterator[type]:
    """Find the classes of the records in values, however deep."""
    for value in values:
        if isinstance(value, dict):
            yield from _kinds([*value, *value.values()])
        elif is_record(value):
            yield type(value)
            yield from _kinds([*parts(value).values()])
        elif isinstance(value, (tuple, list, set, frozenset)):
            yield from _kinds([*value])


def _enter(names: dict[str, Any], kind: type) -> None:
    """Give a class the name that attrs and dataclasses print: `Inner`, or `Outer.Inner`."""
    first, *inner = kind.__qualname__.rpartition(">.")[2].split(".")
    held: Any = kind
    for name in reversed(inner):
        held = SimpleNamespace(**{name: held})
    names.setdefault(first, held)
    names[kind.__name__] = kind

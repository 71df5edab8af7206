"""Fields of wrappers that attrs alone would print or compare wrongly, and fields of `bind`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.registry import name_of
from statewrap.core.same import same
from statewrap.core.words import brief


def argument(default: Any = attrs.NOTHING, **options: Any) -> Any:
    """Declare an argument that may be an array, a function or a space.

    It is compared by content and printed so that `eval(repr(wrapper)) == wrapper` holds for
    arrays and plain values; functions and classes print by name. Options are `attrs.field`'s.
    """
    compared = attrs.cmp_using(eq=same)  # such values have no hash: the others make the wrapper's
    return attrs.field(default=default, repr=shown, eq=compared, hash=False, **options)


def derived(default: Any = None) -> Any:
    """Declare a field that `bind` fills in: no argument, not compared, not printed."""
    return attrs.field(default=default, init=False, repr=False, eq=False)


# -- validators: attrs' own words show its `Attribute(...)`, not what to write instead -------------

Validator = Callable[[Any, Any, Any], None]


def whole(least: int) -> Validator:
    """Ask for an int of at least so much."""

    def check(_: Any, field: Any, given: Any) -> None:
        if not isinstance(given, int):
            raise TypeError(f"{field.name} is {brief(given)}, expected an int of at least {least}.")
        if given < least:
            raise ValueError(f"{field.name} is {given}, expected at least {least}.")

    return check


def one_of(*words: str) -> Validator:
    """Ask for one of some words."""

    def check(_: Any, field: Any, given: Any) -> None:
        if not isinstance(given, str) or given not in words:
            known = ", ".join(map(repr, words))
            raise ValueError(f"{field.name} is {brief(given)}, expected one of {known}.")

    return check


def a_flag(_: Any, field: Any, given: Any) -> None:
    """Ask for True or False: the word "no" is true."""
    if not isinstance(given, bool):
        raise TypeError(f"{field.name} is {brief(given)}, expected True or False.")


def a_word(_: Any, field: Any, given: Any) -> None:
    """Ask for a string."""
    if not isinstance(given, str):
        raise TypeError(f"{field.name} is {brief(given)}, expected a string.")


def a_function(_: Any, field: Any, given: Any) -> None:
    """Ask for something that can be called."""
    if not callable(given):
        raise TypeError(f"{field.name} is {brief(given)}, expected a function.")


def a_space(_: Any, field: Any, given: Any) -> None:
    """Ask for a space, or None for the one below."""
    if given is not None and not isinstance(given, Space):
        raise TypeError(
            f"{field.name} is {brief(given)}, expected a Gymnasium space, or None for the one "
            "below."
        )


def shown(value: Any) -> str:
    """Print a value exactly: arrays to the last bit, functions by registered or qualified name.

    >>> shown(np.array([0.1, 1.0], np.float32))
    "array([0.10000000149011612, 1.0], dtype='float32')"
    """
    if isinstance(value, np.ndarray):
        return f"array({shown(value.tolist())}, dtype={value.dtype.name!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, np.floating):
        return repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{float(value)}')"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return f"({', '.join(map(shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, tuple):
        pairs = zip(type(value)._fields, value, strict=True)  # type: ignore[attr-defined]
        return f"{type(value).__name__}({', '.join(f'{n}={shown(v)}' for n, v in pairs)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{k!r}: {shown(v)}' for k, v in value.items())}}}"
    if callable(value):
        return name_of(value) or repr(value)
    return repr(value)

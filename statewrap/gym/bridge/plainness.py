"""What of a memory depends on the clock, and what of it cannot be saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from statewrap.core.messages import TimeStep


def timeless(value: Any) -> Any:
    """Return a value with every float in it zero, but for observations and rewards.

    >>> timeless({"t": 0.25, "l": 3})
    {'t': 0.0, 'l': 3}
    """
    if isinstance(value, float):
        return type(value)(0.0)
    if type(value) is dict:
        return {key: timeless(part) for key, part in value.items()}
    if type(value) is TimeStep:
        return value.replace(info=timeless(dict(value.info)))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(timeless, value))
    if isinstance(value, (tuple, list)):
        return type(value)(map(timeless, value))
    return value


def unsafe(form: Any, path: str) -> Iterator[str]:
    """Say what in the form of a content cannot be saved, and where it lies."""
    if isinstance(form, np.ndarray) and (
        form.dtype.kind not in "biufcmMSU" or form.dtype.char in "gG"
    ):
        yield f"{path} holds an array of {form.dtype}"
    elif type(form) is tuple and form[:1] == ("opaque",) and len(form) == 2:
        yield f"{path} holds {form[1]!r:.80}, of {type(form[1]).__name__}"
    elif type(form) is dict:
        for part in form.values():
            yield from unsafe(part, path)
    elif isinstance(form, (tuple, list, frozenset)):
        for part in form:
            yield from unsafe(part, path)

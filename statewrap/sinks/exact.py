"""Values as JSON that reads back exactly: types, dtypes and bits."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import Any, Final

import numpy as np

_PLAIN: Final = frozenset({bool, int, str, type(None)})
_KINDS: Final = "biufcU"
"""The kinds of dtypes whose bytes are all there is to them."""


def encoded(value: Any) -> Any:
    """Turn a value into JSON that `decoded` reads back: the same type, dtype, shape and bits.

    Raises:
        TypeError: if it holds something other than numbers, strings, None and arrays of them, in
            dicts, lists and tuples.

    >>> encoded((1, np.float32(0.5)))
    {'tuple': [1, {'scalar': '<f4', 'base64': 'AAAAPw=='}]}
    """
    kind = type(value)
    if kind in _PLAIN or (kind is float and math.isfinite(value)):
        return value
    if kind is float:
        return {"float": str(value)}
    if kind is np.ndarray and value.dtype.kind in _KINDS:
        return {"array": value.dtype.str, "shape": list(value.shape), "base64": _text(value)}
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        return {"scalar": value.dtype.str, "base64": _text(value)}
    if kind is list:
        return [encoded(item) for item in value]
    if kind is tuple:
        return {"tuple": [encoded(item) for item in value]}
    if kind is dict:
        return {"dict": [[encoded(key), encoded(item)] for key, item in value.items()]}
    raise TypeError(
        f"A {kind.__name__} cannot be recorded. Numbers, strings, None and arrays of them can, in "
        "dicts, lists and tuples."
    )


def decoded(value: Any) -> Any:
    """Read what `encoded` gave; arrays are read-only.

    Raises:
        ValueError: if it is something else.

    >>> decoded(encoded({"a": np.arange(2), "b": (float("inf"),)}))
    {'a': array([0, 1]), 'b': (inf,)}
    """
    if type(value) is list:
        return [decoded(item) for item in value]
    if type(value) is not dict:
        return value
    match value:
        case {"float": str(text)}:
            return float(text)
        case {"array": str(dtype), "shape": list(shape), "base64": str(text)}:
            return np.frombuffer(b64decode(text), dtype).reshape(shape)
        case {"scalar": str(dtype), "base64": str(text)}:
            return np.frombuffer(b64decode(text), dtype)[0]
        case {"tuple": list(items)}:
            return tuple(decoded(item) for item in items)
        case {"dict": list(pairs)}:
            return {decoded(key): decoded(item) for key, item in pairs}
    raise ValueError(f"{value!r} is no recorded value.")


def digest(value: Any) -> str | None:
    """Return 16 letters that are the same for equal values only; None for what has no bytes.

    >>> digest(np.zeros(2)) == digest(np.zeros(2)), digest(1) == digest(1.0)
    (True, False)
    """
    mixer = blake2b(digest_size=8)
    try:
        _mix(mixer, value)
    except TypeError:
        return None
    return mixer.hexdigest()


def _mix(mixer: Any, value: Any) -> None:
    """Feed type, size and bytes, so that no two values give the same bytes."""
    kind = type(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in _KINDS:
        mixer.update(f"{kind.__name__}{value.dtype.str}{value.shape}:".encode())
        mixer.update(value.tobytes())
    elif kind in _PLAIN or kind is float:
        text = repr(value).encode()
        mixer.update(f"{kind.__name__}{len(text)}:".encode() + text)
    elif kind in (list, tuple, dict):
        mixer.update(f"{kind.__name__}{len(value)}:".encode())
        for item in value.items() if kind is dict else value:
            _mix(mixer, item)
    else:
        raise TypeError(kind.__name__)


def _text(value: Any) -> str:
    return b64encode(value.tobytes()).decode("ascii")

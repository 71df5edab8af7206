"""One comparer for everything that crosses a gap or rests in a memory.

`same` looks at types first and at contents second, bit for bit: `1` is not `1.0`, `0.0` is
not `-0.0`, NaN is NaN, and arrays agree in dtype, shape and every element; so do tensors.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from statewrap.core.tensors import as_numpy, library_of


def same(a: Any, b: Any) -> bool:
    """Tell whether two values have the same types and, bit for bit, the same contents.

    >>> same({"x": np.zeros(2)}, {"x": np.zeros(2)}), same(1, 1.0), same(0.0, -0.0)
    (True, False, False)
    >>> same(float("nan"), float("nan"))
    True
    """
    return difference(a, b) is None


def difference(a: Any, b: Any, path: str = "") -> str | None:  # noqa: C901 - one line a kind
    """Describe the first place where two values differ, or return None if they are the same.

    >>> difference({"x": np.array([1, 2])}, {"x": np.array([1, 3])})
    "['x'][1]: 2 != 3"
    """
    if a is b:
        return None
    if type(a) is not type(b):
        return f"{path or 'value'}: {_typed(a)} != {_typed(b)}"
    if isinstance(a, np.ndarray):
        return _arrays(a, b, path)
    if isinstance(a, np.generic):
        alike = a.dtype == b.dtype and _bits(a) == _bits(b)
        return None if alike else f"{path or 'value'}: {a!r} != {b!r}"
    if isinstance(a, float):
        return None if a.hex() == b.hex() else f"{path or 'value'}: {a!r} != {b!r}"
    if isinstance(a, complex):
        place = path or "value"
        parts = (a.real, b.real, f"{place}.real"), (a.imag, b.imag, f"{place}.imag")
        return next((found for part in parts if (found := difference(*part))), None)
    if isinstance(a, Mapping):
        return _mappings(a, b, path)
    if isinstance(a, (tuple, list, deque)):
        return _sequences(a, b, path)
    if attrs.has(type(a)):
        return _records(a, b, path)
    library = library_of(a)
    if library is not None:
        return _tensors(a, b, library, path)
    return None if _equal(a, b) else f"{path or 'value'}: {a!r} != {b!r}"


def _arrays(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], path: str) -> str | None:
    path = path or "array"
    if a.dtype != b.dtype:
        return f"{path}: dtype {a.dtype} != {b.dtype}"
    if a.shape != b.shape:
        return f"{path}: shape {a.shape} != {b.shape}"
    if a.dtype.hasobject:
        return _sequences(a.ravel().tolist(), b.ravel().tolist(), path)
    if _bits(a) == _bits(b):
        return None
    for index in np.ndindex(a.shape):
        if _bits(a[index]) != _bits(b[index]):
            where = ", ".join(str(i) for i in index)
            return f"{path if path != 'array' else ''}[{where}]: {a[index]} != {b[index]}"
    return None


def _tensors(a: Any, b: Any, library: str, path: str) -> str | None:
    if a.dtype != b.dtype:
        return f"{path or 'tensor'}: dtype {a.dtype} != {b.dtype}"
    if library == "torch" and a.device != b.device:
        return f"{path or 'tensor'}: device {a.device} != {b.device}"
    return _arrays(as_numpy(a, library), as_numpy(b, library), path)


def _bits(array: Any) -> bytes:
    """Return the bytes of an array or scalar; a long double has some that mean nothing."""
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        mantissa, exponent = np.frexp(array)
        high = mantissa.astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinity has no low part
            low = (mantissa - high).astype(np.float64)
        return bytes(high.tobytes() + low.tobytes() + exponent.tobytes())
    return bytes(array.tobytes())


def _mappings(a: Mapping[Any, Any], b: Mapping[Any, Any], path: str) -> str | None:
    if {(type(key), key) for key in a} != {(type(key), key) for key in b}:
        return f"{path or 'value'}: keys {list(a)} != {list(b)}"
    return next((d for key in a if (d := difference(a[key], b[key], f"{path}[{key!r}]"))), None)


def _sequences(a: Any, b: Any, path: str) -> str | None:
    if len(a) != len(b):
        return f"{path or 'value'}: length {len(a)} != {len(b)}"
    names = getattr(a, "_fields", None)
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        found = difference(x, y, f"{path}.{names[i]}" if names else f"{path}[{i}]")
        if found:
            return found
    return None


def _records(a: Any, b: Any, path: str) -> str | None:
    names = [field.name for field in attrs.fields(type(a)) if field.init]
    return next(
        (d for n in names if (d := difference(getattr(a, n), getattr(b, n), f"{path}.{n}"))), None
    )


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except Exception:  # noqa: BLE001 - an object that cannot be compared is not the same
        return False


def _typed(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"

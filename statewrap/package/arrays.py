"""Arrays in documents that hold text alone: nested lists, base64 tables and npz files."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from statewrap.core.registry import nearest

ARRAY_KEYS: Final = frozenset({"dtype", "shape", "base64"})

DTYPES: Final = (
    *("float32", "float64", "float16", "bool"),
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
)
"""The dtypes that have a name in a document; their bytes are little-endian."""


MOST_SAID: Final = 64
"""How many numbers are written out; more of them are bytes."""


def dtype_named(name: Any) -> np.dtype[Any]:
    """Return the dtype of a name.

    Raises:
        ValueError: if it is none of `DTYPES`.

    >>> dtype_named("flaot32")
    Traceback (most recent call last):
    ValueError: 'flaot32' is no dtype; did you mean 'float32'?
    """
    if name not in DTYPES:
        close = (
            nearest(name, DTYPES) if isinstance(name, str) else f". They are {', '.join(DTYPES)}"
        )
        raise ValueError(f"{name!r} is no dtype{close}")
    return np.dtype(str(name))


def array_of(table: Mapping[str, Any]) -> NDArray[Any]:
    """Read an array of the form `{"dtype", "shape", "base64"}`.

    `base64` holds the elements in C order, little-endian, as standard base64 with padding.

    Raises:
        ValueError: if a key is missing or unknown, or the three do not fit each other.

    >>> array_of({"dtype": "uint8", "shape": [2], "base64": "AQI="})
    array([1, 2], dtype=uint8)
    """
    if table.keys() != ARRAY_KEYS:
        raise ValueError(f"an array is {{dtype, shape, base64}}, got the keys {list(table)}.")
    dtype, shape, text = dtype_named(table["dtype"]), table["shape"], table["base64"]
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"shape is {shape!r}, expected a list of whole numbers, 0 or above.")
    if not isinstance(text, str):
        raise ValueError(f"base64 is a {type(text).__name__}, expected a string.")  # noqa: TRY004
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"base64 cannot be read: {error}.") from error
    size = math.prod(shape) * dtype.itemsize
    if len(data) != size:
        raise ValueError(f"base64 holds {len(data)} bytes, {dtype} of shape {shape} has {size}.")
    return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def table_of(array: NDArray[Any]) -> dict[str, Any]:
    """Write an array in the form that `array_of` reads.

    >>> table_of(np.array([1, 2], np.uint8))
    {'dtype': 'uint8', 'shape': [2], 'base64': 'AQI='}
    """
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    text = b64encode(little.tobytes(order="C")).decode("ascii")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "base64": text}


def array_said(table: Mapping[str, Any]) -> NDArray[Any]:
    """Read an array of the form `{array, dtype}`: nested lists of numbers or truth values.

    Raises:
        ValueError: if the table has other keys, or the numbers do not fit the dtype.

    >>> array_said({"array": [0.5, 1.0], "dtype": "float32"})
    array([0.5, 1. ], dtype=float32)
    """
    if table.keys() != {"array", "dtype"}:
        raise ValueError(f"an array is {{array, dtype}}, got the keys {list(table)}.")
    dtype = dtype_named(table["dtype"])
    if dtype.kind in "iub" and np.array(table["array"]).dtype.kind == "f":
        raise ValueError(f"array holds numbers with a fraction, which {dtype} has not.")
    return np.array(table["array"], dtype)


def forms(array: NDArray[Any]) -> Iterator[Any]:
    """Give what may stand for an array in a document, the most readable first.

    >>> list(forms(np.uint8([7])))
    [[7], {'array': [7], 'dtype': 'uint8'}, {'dtype': 'uint8', 'shape': [1], 'base64': 'Bw=='}]
    """
    if array.dtype.name not in DTYPES:
        return
    if array.size <= MOST_SAID:
        yield said(array)
        yield {"array": said(array), "dtype": array.dtype.name}
    yield table_of(array)


def said(array: Any) -> Any:
    """Return nested lists of numbers, each with no more digits than its dtype needs.

    >>> said(np.array([0.1], np.float32)), np.array([0.1], np.float32).tolist()
    ([0.1], [0.10000000149011612])
    """
    short = array.dtype.kind == "f" and array.dtype.itemsize < 8
    return (array.astype(str).astype(np.float64) if short else array).tolist()


def from_npz(table: Mapping[str, Any], base: Path) -> Any:
    """Read `{npz, key}` as an array, and `{npz, keys}` as a mapping from each key to its array.

    Args:
        table: `npz` is a file name, relative to `base`.
        base: the folder of the document.

    Raises:
        ValueError: if the table has other keys, or the file lacks an array or holds a pickle.
        TypeError: if a value is of a wrong type.
        OSError: if the file cannot be read.
    """
    if table.keys() not in ({"npz", "key"}, {"npz", "keys"}):
        raise ValueError(
            f'arrays of a file are {{npz = "file.npz", key = "mean"}} or {{npz = "file.npz", '
            f'keys = ["mean", "var"]}}, got the keys {list(table)}.'
        )
    names = [table["key"]] if "key" in table else table["keys"]
    if not isinstance(table["npz"], str) or not isinstance(names, list):
        raise TypeError("npz is the name of a file, and keys is a list of names.")
    arrays = {name: _stored(base / table["npz"], name) for name in names}
    return arrays[names[0]] if "key" in table else arrays


def _stored(file: Path, name: Any) -> NDArray[Any]:
    with np.load(file, allow_pickle=False) as archive:
        if name not in archive.files:
            close = nearest(str(name), archive.files)
            raise ValueError(f"{file.name} holds no array {name!r}{close}")
        return np.asarray(archive[name])

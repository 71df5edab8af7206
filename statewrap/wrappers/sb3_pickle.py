"""What `VecNormalize.save` of Stable-Baselines3 wrote, read without running any of it.

Such a file is a pickle, and a pickle may name any function of any package to be called. Here
nothing is looked up but numpy's arrays: whatever else a pickle names becomes a dead object
with the attributes that it was saved with. So Stable-Baselines3 need not be installed, and a
stranger's file can do no harm but be refused.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any, Final

import numpy as np


class Dead:
    """Stands for an object of any class: it has the attributes that were saved, and does nothing.

    >>> Dead("arguments", "are", "dropped").__dict__
    {}
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what the class would have been made from."""

    def __setstate__(self, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.__dict__.update({str(name): value for name, value in part.items()})

    def __setitem__(self, *_: Any) -> None:
        """Take an item, as an object that is a dict would."""

    def append(self, _: Any) -> None:
        """Take an item, as an object that is a list would."""


_ARRAY: Final = np.zeros(1)
_NUMPY: Final = {
    "ndarray": np.ndarray,
    "dtype": np.dtype,
    "_reconstruct": _ARRAY.__reduce__()[0],
    "_frombuffer": _ARRAY.__reduce_ex__(5)[0],
    "scalar": np.float64(0).__reduce__()[0],
}
"""What numpy names in the pickle of an array, a scalar or a dtype."""


def _bytes(text: str, *_: Any) -> bytes:
    """Return bytes that an old pickle wrote as text."""
    return text.encode("latin1")


_OTHERS: Final = {("collections", "OrderedDict"): OrderedDict, ("_codecs", "encode"): _bytes}


class _File:
    """Bytes, read as from a file."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next so many bytes."""
        return self._until(len(self._data) if size < 0 else self._place + size)

    def readline(self) -> bytes:
        """Return the next bytes up to a line's end."""
        return self._until(self._data.find(b"\n", self._place) + 1 or len(self._data))

    def _until(self, end: int) -> bytes:
        start, self._place = self._place, end
        return self._data[start:end]


class _Reader(pickle.Unpickler):
    """Looks up no name but those of arrays and plain data."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".", maxsplit=1)[0] == "numpy" and name in _NUMPY:
            return _NUMPY[name]
        return _OTHERS.get((module, name), Dead)


def read_pickle(data: bytes) -> Dead:
    """Return the object that was saved, dead.

    Args:
        data: the content of the file.

    Raises:
        ValueError: if it is no pickle of an object.
    """
    try:
        found = _Reader(_File(data)).load()
    except Exception as error:
        raise ValueError(
            f"The data, {len(data)} bytes, is no pickle that can be read "
            f"({type(error).__name__}: {error}). Give what VecNormalize.save wrote: "
            "Path('vec_normalize.pkl').read_bytes()."
        ) from error
    if not isinstance(found, Dead):
        raise ValueError(  # noqa: TRY004 - of a type of data, it is the wrong value
            f"The pickle holds a {type(found).__name__}, expected what VecNormalize.save wrote."
        )
    return found

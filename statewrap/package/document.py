"""A value as a document made of what JSON holds, and back; `plain` tells the format."""

from __future__ import annotations

import enum
import json
import math
import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import GraphInstance

from statewrap.core.errors import SnapshotError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.registry import name_of, nearest
from statewrap.core.tensors import as_numpy, device_of, from_numpy, library_of

MAX_DEPTH: Final = 100
"""How deep containers may nest."""

_ALWAYS: Final = (TimeStep, Act, Reset, Key, GraphInstance)
_SEQUENCES: Final[dict[str, type]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UTF8: Final[Any] = {"encoding": "utf-8", "errors": "surrogatepass"}
_ATOMS: Final[dict[type, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]] = {
    int: (
        lambda x: x.to_bytes(x.bit_length() // 8 + 1, signed=True),
        partial(int.from_bytes, signed=True),
    ),
    float: (partial(struct.pack, ">d"), lambda data: struct.unpack(">d", data)[0]),
    complex: (
        lambda x: struct.pack(">2d", x.real, x.imag),
        lambda data: complex(*struct.unpack(">2d", data)),
    ),
    str: (partial(str.encode, **_UTF8), partial(str, **_UTF8)),
    bytes: (bytes, bytes),
    # as arrays of no dimension, these two would lose the NULs at their end
    np.str_: (partial(str.encode, **_UTF8), partial(np.str_, **_UTF8)),
    np.bytes_: (bytes, np.bytes_),
}
"""What is written as bytes, in hexadecimal, where JSON does not hold it exactly."""
_FROM_BYTES: Final = {kind.__name__: from_bytes for kind, (_, from_bytes) in _ATOMS.items()}


def written(value: Any, types: Iterable[type]) -> dict[str, Any]:
    """Return the document of a value, made of what JSON holds."""
    writer = _Writer(types)
    return {"value": writer.write(value), "arrays": list(writer.arrays)}


def read(document: Any, types: Iterable[type]) -> Any:
    """Return the value of a document."""
    return _Reader(types, document["arrays"]).read(document["value"])


def by_name(types: Iterable[type]) -> dict[str, type]:
    """Return classes under the names by which they are written: registered or qualified.

    Raises:
        SnapshotError: if one is no NamedTuple, attrs class or enum, or two have one name.
    """
    named: dict[str, type] = {}
    for kind in types:
        if not isinstance(kind, type) or fields(kind) is None:
            raise SnapshotError(
                f"memory_types holds {kind!r}, expected NamedTuples, attrs classes and enums. "
                "Plain data needs no declaration."
            )
        name = name_of(kind) or f"{kind.__module__}:{kind.__qualname__}"
        if named.setdefault(name, kind) is not kind:
            raise SnapshotError(
                f"Two memory types have the name {name!r}. Give one of them another: "
                "@statewrap.register(name)."
            )
    return named


def fields(kind: type) -> dict[str, str] | None:
    """Return a class's fields, each with the argument that fills it, or an enum's members.

    Returns None for a class that is no NamedTuple, attrs class or enum.
    """
    if attrs.has(kind):
        return {field.name: field.alias for field in attrs.fields(kind) if field.init}
    if issubclass(kind, enum.Enum):
        return {name: name for name in kind.__members__}
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return {name: name for name in kind._fields}
    return None


class _Writer:
    """Turns a value into what JSON holds, and collects its arrays."""

    def __init__(self, types: Iterable[type]) -> None:
        self.names: dict[type, str] = {k: n for n, k in by_name((*_ALWAYS, *types)).items()}
        self.arrays: dict[tuple[Any, ...], int] = {}
        self.around: list[int] = []  # the ids of the containers in which the value lies

    def write(self, value: Any, path: str = "") -> Any:
        kind = type(value)
        if _in_json(value):
            return value
        if kind in _ATOMS:
            return {kind.__name__: _ATOMS[kind][0](value).hex()}
        if kind is np.ndarray:
            return {"array": self.array(value, path)}
        if isinstance(value, np.generic):
            return {"scalar": self.array(np.asarray(value), path)}
        library = library_of(value)
        if library is not None:
            place = self.array(as_numpy(value, library), path)
            return {"tensor": [library, place, str(value.dtype), device_of(value, library)]}
        if id(value) in self.around:
            raise _cannot(path, "contains itself. Break the cycle")
        if len(self.around) == MAX_DEPTH:
            raise _cannot(path, f"lies {MAX_DEPTH} levels deep. Keep flatter data")
        self.around.append(id(value))
        container = self.container(value, kind, path)
        self.around.pop()
        return container

    def container(self, value: Any, kind: type, path: str) -> Any:
        if kind is list or kind in _SEQUENCES.values():
            items = [self.write(item, f"{path}[{i}]") for i, item in enumerate(value)]
            if kind is list:
                return items
            return {kind.__name__: items if kind is tuple else sorted(items, key=json.dumps)}
        if kind is dict:
            return {"dict": [self.pair(key, item, path) for key, item in value.items()]}
        if kind not in self.names:
            raise _cannot(
                path,
                f"is a {kind.__module__}.{kind.__qualname__}, which is not written. Declare it in "
                "memory_types (a NamedTuple, attrs class or enum), or keep plain data",
            )
        if isinstance(value, enum.Enum):
            if value.name not in type(value).__members__:
                raise _cannot(path, f"is {value!r}, no single member. Keep its number")
            return {"enum": [self.names[kind], value.name]}
        names = fields(kind) or ()
        parts = {name: self.write(getattr(value, name), f"{path}.{name}") for name in names}
        return {"record": [self.names[kind], parts]}

    def pair(self, key: Any, item: Any, path: str) -> list[Any]:
        plain = self.write(key, f"{path}, a key,")  # first, for only a plain key can be printed
        return [plain, self.write(item, f"{path}[{key!r}]")]

    def array(self, array: np.ndarray[Any, Any], path: str) -> int:
        name = _dtype_name(array.dtype)
        if name is None:
            raise _cannot(
                path,
                f"has the dtype {array.dtype}, which means nothing elsewhere: objects, structures, "
                "long doubles and other libraries' dtypes are not written. Keep plain numbers",
            )
        sizes, strides = array.shape, array.strides
        widths = [abs(t) if n > 1 else math.inf for n, t in zip(sizes, strides, strict=True)]
        axes = sorted(range(array.ndim), key=widths.__getitem__, reverse=True)
        data = b64encode(array.transpose(axes).tobytes()).decode()
        return self.arrays.setdefault((name, sizes, tuple(axes), data), len(self.arrays))


class _Reader:
    """Turns what JSON holds back into the value."""

    def __init__(self, types: Iterable[type], arrays: Any) -> None:
        self.types = by_name((*_ALWAYS, *types))
        self.arrays = [_array(*entry) for entry in arrays]

    def read(self, part: Any) -> Any:
        if type(part) is list:
            return [self.read(item) for item in part]
        if type(part) is not dict:
            return part
        ((tag, content),) = part.items()
        match tag:
            case "array":
                return self.arrays[content]
            case "scalar":
                return self.arrays[content][()]
            case "tensor":
                library, place, dtype, device = content
                return from_numpy(self.arrays[place], library, dtype, device)
            case "tuple" | "set" | "frozenset":
                return _SEQUENCES[tag](self.read(item) for item in content)
            case "dict":
                return {self.read(key): self.read(item) for key, item in content}
            case "enum":
                name, member = content
                return self.named(name).__members__[member]
            case "record":
                return self.record(*content)
        return _FROM_BYTES[tag](bytes.fromhex(content))

    def named(self, name: str) -> Any:
        if name not in self.types:
            raise SnapshotError(
                f"The data holds a {name!r}, which is not declared here"
                f"{nearest(name, self.types)} Add it to the memory_types of who keeps it."
            )
        return self.types[name]

    def record(self, name: str, parts: dict[str, Any]) -> Any:
        kind = self.named(name)
        arguments = fields(kind) or {}
        if parts.keys() != arguments.keys():
            raise SnapshotError(
                f"The data holds a {name} with the fields {[*parts]}, here it has {[*arguments]}."
            )
        return kind(**{arguments[part]: self.read(value) for part, value in parts.items()})


def _in_json(value: object) -> bool:
    """Tell whether JSON holds the value exactly."""
    if type(value) is int:
        return abs(value) < 2**63
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is str:
        return not _SURROGATE.search(value)
    return type(value) is bool or value is None


def _array(name: str, shape: list[int], axes: list[int], data: str) -> np.ndarray[Any, Any]:
    dtype, buffer = np.dtype(name), b64decode(data, validate=True)
    if _dtype_name(dtype) != name or sorted(axes) != [*range(len(shape))]:
        raise ValueError(f"no array has the dtype {name!r} and the axes {axes}")
    array = np.ndarray([shape[axis] for axis in axes], dtype, buffer).transpose(np.argsort(axes))
    if [*array.shape] != shape or array.nbytes != len(buffer):
        raise ValueError(f"{len(buffer)} bytes are no array of the shape {shape}")
    return array


def _dtype_name(dtype: np.dtype[Any]) -> str | None:
    """Return a name that means the same dtype everywhere, or None if there is none."""
    if dtype.kind not in "biufcmMSU" or dtype.char in "gG" or dtype.isbuiltin == 2:
        return None
    name = dtype.str
    # a C type beside another of its size, such as longlong, is told by its letter
    return name if np.dtype(name).char == dtype.char else name[0] + dtype.char


def _cannot(path: str, what: str) -> SnapshotError:
    return SnapshotError(f"{path.lstrip('.') or 'The value'} {what}.")

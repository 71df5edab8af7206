"""Values of a live wrapper as plain data, and back.

What is known by identity (see `graph`) is a reference to its place there. What a wrapper made
since is written whole; an object that is met twice is written once, so that what was one object
before is one object after. Atoms are themselves, everything else is a tuple that begins with a
word:

    ("is", 3)              the object known at place 3
    ("again", 0)           the object made first in this writing
    ("tuple", (...)), ("list", (...)), ("dict", (...), (...)), ("array", array, True), ...
"""

from __future__ import annotations

import enum
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from statewrap.core.draws import state_of
from statewrap.core.registry import qualified_name
from statewrap.core.tensors import copied, library_of
from statewrap.gym.bridge import kinds
from statewrap.gym.bridge.kinds import ATOMS, Names


class UnreadableError(Exception):
    """Something that a wrapper holds cannot be written; where it lies is added on the way up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = ""

    def within(self, step: str) -> UnreadableError:
        """Add a step of the way to it."""
        self.path = step + self.path
        return self


class Writer:
    """Writes values; `made` holds the mutable objects that it met and that are not known."""

    __slots__ = ("index", "made", "names", "numbers", "opaque")

    def __init__(self, index: dict[int, int], names: Names) -> None:
        self.index = index
        self.names = names
        self.numbers: dict[int, int] = {}
        self.made: list[Any] = []
        self.opaque: list[Any] = []
        """What was kept as it is, and cannot be saved."""

    def write(self, value: Any) -> Any:
        """Return a value as plain data."""
        kind = type(value)
        if kind in ATOMS:
            return value
        place = self.index.get(id(value))
        if place is not None:
            return ("is", place)
        number = self.numbers.get(id(value))
        if number is not None:
            return ("again", number)
        return (_WRITERS.get(kind) or _writer_of(value))(self, value)

    def enter(self, value: Any) -> None:
        """Give an object its number, before what is in it."""
        self.numbers[id(value)] = len(self.made)
        self.made.append(value)

    def all(self, values: Any) -> tuple[Any, ...]:
        """Write several values."""
        return tuple([v if type(v) in ATOMS else self.write(v) for v in values])


class Reader:
    """Reads what a `Writer` wrote; each reading makes new objects."""

    __slots__ = ("made", "names", "things")

    def __init__(self, things: list[Any], names: Names) -> None:
        self.things = things
        self.names = names
        self.made: list[Any] = []

    def read(self, form: Any) -> Any:
        """Return the value of a form."""
        return form if type(form) is not tuple else _READERS[form[0]](self, form)

    def all(self, forms: Any) -> list[Any]:
        """Read several forms."""
        return [f if type(f) is not tuple else _READERS[f[0]](self, f) for f in forms]

    def enter(self, value: Any) -> Any:
        """Give an object its number."""
        self.made.append(value)
        return value


# -- writing -----------------------------------------------------------------------------------


def _tuple(writer: Writer, value: Any) -> Any:
    return ("tuple", writer.all(value))


def _record(writer: Writer, value: Any) -> Any:
    return ("record", _class(writer, type(value)), writer.all(value))


def _list(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("list", writer.all(value))


def _deque(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("deque", value.maxlen, writer.all(value))


def _dict(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("dict", type(value).__name__, writer.all(value), writer.all(value.values()))


def _defaultdict(writer: Writer, value: Any) -> Any:
    factory = writer.write(value.default_factory)
    writer.enter(value)
    return ("defaultdict", factory, writer.all(value), writer.all(value.values()))


def _set(writer: Writer, value: Any) -> Any:
    if type(value) is set:
        writer.enter(value)
    items = [writer.write(item) for item in value]
    return (type(value).__name__, frozenset(items))


def _bytearray(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("bytearray", bytes(value))


def frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Copy an array; the copy is read-only."""
    twin = array.copy("K")
    twin.setflags(write=False)
    return twin


def _array(writer: Writer, value: Any) -> Any:
    if value.dtype.hasobject:
        writer.enter(value)
        return ("objects", value.shape, writer.all(value.ravel().tolist()))
    root = value.base
    while type(root) is np.ndarray and root.base is not None:
        root = root.base
    if type(root) is not np.ndarray:
        writer.enter(value)
        return ("array", frozen(value), value.flags.writeable)
    whole = writer.write(root)
    writer.enter(value)
    place = value.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    form = (place, value.shape, value.strides, value.dtype.str, value.flags.writeable)
    return ("view", whole, form)


def _generator(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("generator", state_of(value))


def _tensor(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    library = library_of(value)
    return ("tensor", value if library == "jax" else copied(value, str(library)))


def _object(writer: Writer, value: Any) -> Any:
    kind = type(value)
    name = _class(writer, kind)
    writer.enter(value)
    held = getattr(value, "__dict__", {})
    there = [(n, getattr(value, n)) for n in kinds.slots_of(kind) if hasattr(value, n)]
    names = (*held, *(n for n, _ in there))
    try:
        parts = writer.all([*held.values(), *(part for _, part in there)])
    except UnreadableError:
        raise _placed(writer, [*held.items(), *there]) from None
    return ("object", name, names, parts, len(held))


def _placed(writer: Writer, parts: Any) -> UnreadableError:
    """Find which part of an object could not be written."""
    for name, part in parts:
        try:
            Writer(writer.index, writer.names).write(part)
        except UnreadableError as error:
            return error.within(f".{name}")
    return UnreadableError("what cannot be read")


def _class(writer: Writer, kind: type) -> str:
    try:
        return writer.names.enter(kind)
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _opaque(writer: Writer, value: Any) -> Any:
    writer.opaque.append(value)
    return ("opaque", value)


def _named(_: Writer, value: Any) -> Any:
    name = qualified_name(value)
    if name is None:
        raise UnreadableError(
            f"a function made while it runs ({getattr(value, '__qualname__', value)})"
        )
    return ("name", name)


_WRITERS: Final[dict[type, Callable[[Writer, Any], Any]]] = {
    tuple: _tuple,
    list: _list,
    deque: _deque,
    dict: _dict,
    OrderedDict: _dict,
    Counter: _dict,
    defaultdict: _defaultdict,
    set: _set,
    frozenset: _set,
    bytearray: _bytearray,
    np.ndarray: _array,
    np.random.Generator: _generator,
}


def _writer_of(value: Any) -> Callable[[Writer, Any], Any]:
    """Return what writes an object of a kind that is not in the table.

    Raises:
        UnreadableError: if it cannot be written.
    """
    if isinstance(value, enum.Enum):
        return _enum
    if isinstance(value, types.MethodType):
        return _method
    if isinstance(value, tuple):
        return _record
    if isinstance(value, (type, *kinds.FUNCTIONS)) or (callable(value) and qualified_name(value)):
        return _named
    if isinstance(value, kinds.CONSTANTS):
        return _opaque
    if kinds.is_tensor(value):
        return _tensor
    reason = kinds.why_not(value)
    if reason is None and isinstance(value, (*kinds.CONTAINERS, np.ndarray, BaseException)):
        reason = f"an object of the class {type(value).__qualname__}, made while it runs"
    if reason is not None:
        raise UnreadableError(reason)
    return _object


def _method(writer: Writer, value: Any) -> Any:
    """Write a bound method, as the object and the name by which that has it."""
    owner, name = value.__self__, value.__func__.__name__
    if getattr(type(owner), name, None) is not value.__func__:
        return _named(writer, value)
    return ("method", writer.write(owner), name)


def _enum(writer: Writer, value: Any) -> Any:
    return ("enum", _class(writer, type(value)), value.name)


# -- reading -----------------------------------------------------------------------------------


def _read_list(reader: Reader, form: Any) -> Any:
    made = reader.enter([])
    made.extend(reader.all(form[1]))
    return made


def _read_deque(reader: Reader, form: Any) -> Any:
    made: deque[Any] = reader.enter(deque(maxlen=form[1]))
    made.extend(reader.all(form[2]))
    return made


_DICTS: Final[dict[str, Any]] = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}


def _read_dict(reader: Reader, form: Any) -> Any:
    made = reader.enter(_DICTS[form[1]]())
    return _filled(reader, made, form)


def _read_defaultdict(reader: Reader, form: Any) -> Any:
    made: Any = defaultdict(reader.read(form[1]))
    return _filled(reader, reader.enter(made), form)


def _filled(reader: Reader, made: Any, form: Any) -> Any:
    keys = reader.all(form[2])
    for key, value in zip(keys, reader.all(form[3]), strict=True):
        made[key] = value
    return made


def _read_set(reader: Reader, form: Any) -> Any:
    made = reader.enter(set())
    made.update(reader.all(form[1]))
    return made


def _read_array(reader: Reader, form: Any) -> Any:
    array = form[1].copy("K")
    array.setflags(write=form[2])
    return reader.enter(array)


def _read_view(reader: Reader, form: Any) -> Any:
    place, shape, strides, dtype, writeable = form[2]
    root = reader.read(form[1])
    view: Any = np.ndarray(shape, dtype, root, 0, strides) if place == 0 else _at(root, form[2])
    view.setflags(write=writeable)
    return reader.enter(view)


def _at(root: np.ndarray[Any, Any], form: Any) -> Any:
    place, shape, strides, dtype, _ = form
    flat = np.ndarray(root.nbytes, np.uint8, root, 0, (1,))
    return np.ndarray(shape, dtype, flat, place, strides)


def _read_objects(reader: Reader, form: Any) -> Any:
    array = reader.enter(np.empty(form[1], object))
    array.ravel()[:] = reader.all(form[2])
    return array


def _read_object(reader: Reader, form: Any) -> Any:
    _, name, names, parts, held = form
    kind = reader.names.find(name)
    made = reader.enter(object.__new__(kind))
    for number, (part, value) in enumerate(zip(names, reader.all(parts), strict=True)):
        if number < held:
            made.__dict__[part] = value
        else:
            object.__setattr__(made, part, value)
    return made


def _read_record(reader: Reader, form: Any) -> Any:
    kind = reader.names.find(form[1])
    return tuple.__new__(kind, reader.all(form[2]))


def _read_tensor(reader: Reader, form: Any) -> Any:
    library = str(library_of(form[1]))
    return reader.enter(form[1] if library == "jax" else copied(form[1], library))


_READERS: Final[dict[str, Callable[[Reader, Any], Any]]] = {
    "is": lambda reader, form: reader.things[form[1]],
    "again": lambda reader, form: reader.made[form[1]],
    "tuple": lambda reader, form: tuple(reader.all(form[1])),
    "record": _read_record,
    "list": _read_list,
    "deque": _read_deque,
    "dict": _read_dict,
    "defaultdict": _read_defaultdict,
    "set": _read_set,
    "frozenset": lambda reader, form: frozenset(reader.all(form[1])),
    "bytearray": lambda reader, form: reader.enter(bytearray(form[1])),
    "array": _read_array,
    "view": _read_view,
    "objects": _read_objects,
    "generator": lambda reader, form: reader.enter(form[1].generator()),
    "tensor": _read_tensor,
    "object": _read_object,
    "enum": lambda reader, form: reader.names.find(form[1])[form[2]],
    "method": lambda reader, form: getattr(reader.read(form[1]), form[2]),
    "name": lambda reader, form: reader.names.find(form[1]),
    "opaque": lambda _, form: form[1],
}

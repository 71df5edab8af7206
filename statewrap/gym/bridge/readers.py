"""How each kind of object that a wrapper may make is made again; see `codec`."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statewrap.gym.bridge import kinds, tensors
from statewrap.gym.bridge.views import view

if TYPE_CHECKING:
    from statewrap.gym.bridge.codec import Reader


def _list(reader: Reader, form: Any) -> Any:
    made = reader.enter([])
    made.extend(reader.all(form[1]))
    return made


def _deque(reader: Reader, form: Any) -> Any:
    made: deque[Any] = reader.enter(deque(maxlen=form[1]))
    made.extend(reader.all(form[2]))
    return made


_DICTS: Final[dict[str, Any]] = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}


def _dict(reader: Reader, form: Any) -> Any:
    made = reader.enter(_DICTS[form[1]]())
    return _filled(reader, made, form)


def _defaultdict(reader: Reader, form: Any) -> Any:
    made: Any = defaultdict(reader.read(form[1]))
    return _filled(reader, reader.enter(made), form)


def _filled(reader: Reader, made: Any, form: Any) -> Any:
    keys = reader.all(form[2])
    for key, value in zip(keys, reader.all(form[3]), strict=True):
        made[key] = value
    return made


def _set(reader: Reader, form: Any) -> Any:
    made = reader.enter(set())
    made.update(reader.all(form[1]))
    return made


def _array(reader: Reader, form: Any) -> Any:
    array = form[1].__copy__()  # which is copy("K"), and writable
    if not form[2]:
        array.setflags(False)
    reader.kept[id(array)] = (array, form)
    return reader.enter(array)


def _view(reader: Reader, form: Any) -> Any:
    *where, writeable = form[2]
    return reader.enter(view(reader.read(form[1]), *where, writeable=writeable))


def _objects(reader: Reader, form: Any) -> Any:
    array = reader.enter(np.empty(form[1], object))
    array.ravel()[:] = reader.all(form[2])
    return array


def _object(reader: Reader, form: Any) -> Any:
    _, name, names, parts, held = form
    kind = reader.names.find(name)
    made = reader.enter(kinds.blank(kind))
    for number, (part, value) in enumerate(zip(names, reader.all(parts), strict=True)):
        if number < held:
            made.__dict__[part] = value
        else:
            object.__setattr__(made, part, value)
    return made


def _record(reader: Reader, form: Any) -> Any:
    kind = reader.names.find(form[1])
    return tuple.__new__(kind, reader.all(form[2]))


def _torch(reader: Reader, form: Any) -> Any:
    return reader.enter(tensors.made(form[2], reader.names.find(form[1])))


READERS: Final[dict[str, Callable[[Reader, Any], Any]]] = {
    "is": lambda reader, form: reader.things[form[1]],
    "again": lambda reader, form: reader.again(form[1]),
    "vars": lambda reader, form: vars(reader.again(form[1])),
    "tuple": lambda reader, form: tuple(reader.all(form[1])),
    "record": _record,
    "list": _list,
    "deque": _deque,
    "dict": _dict,
    "defaultdict": _defaultdict,
    "set": _set,
    "frozenset": lambda reader, form: frozenset(reader.all(form[1])),
    "bytearray": lambda reader, form: reader.enter(bytearray(form[1])),
    "array": _array,
    "view": _view,
    "objects": _objects,
    "generator": lambda reader, form: reader.enter(form[1].generator()),
    "tensor": lambda reader, form: reader.enter(form[1]),
    "torch": _torch,
    "object": _object,
    "enum": lambda reader, form: reader.names.find(form[1])[form[2]],
    "method": lambda reader, form: getattr(reader.read(form[1]), form[2]),
    "name": lambda reader, form: reader.names.find(form[1]),
    "opaque": lambda _, form: form[1],
}

"""Objects as tables: the way back from a deployment to the document that makes it.

What is written is read again before it is given out, so that a document that says something else
than the object never leaves. What cannot be said (a lambda, a logger) is an error with its path.
"""

from __future__ import annotations

import enum
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.errors import ConfigurationError
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.package import names
from statewrap.package.arrays import forms, said
from statewrap.package.grammar import PATHS, Maker
from statewrap.package.parts import given_to, may_be_left_out
from statewrap.package.places import inside, wrong
from statewrap.package.recipe import Origin
from statewrap.package.signatures import hints_of, members, within
from statewrap.package.spaces import alike, space_forms
from statewrap.package.values import RESERVED
from statewrap.stats.reducers import BY_NAME, Reducer

_ATOMS: Final = (bool, int, float, str)
_SEQUENCES: Final[Mapping[type, str]] = {
    tuple: "tuple",
    list: "list",
    set: "set",
    frozenset: "frozenset",
}


_NAMED: Final = (
    "Register a function or a class with @statewrap.register(name), or put it into a module, by "
    "whose name it is known; a class keeps its arguments under their names, as attrs does."
)
_OBJECT: Final = " Or leave it as an object: config(plain=False)."


def _reader(writer: Any) -> Maker:
    return Maker(writer.base, True, importing=names.present)


@attrs.frozen
class Writer:
    """Turns objects into parts of a document.

    Args:
        base: the folder to which file names are written relative, where they lie in it.
        plain: whether what cannot be said is an error; otherwise the object itself is written.
        origins: finds how an object was made, if a document did.
    """

    base: Path
    plain: bool
    origin: Callable[[Any], Origin | None]
    reader: Maker = attrs.field(init=False, default=attrs.Factory(_reader, takes_self=True))
    """Reads again what is written; it imports nothing, for all that is named is there."""

    def value(self, value: Any, hint: Any, path: str) -> Any:
        """Write an argument.

        Args:
            value: the argument.
            hint: its annotation.
            path: where it will stand.

        Raises:
            ConfigurationError: if it cannot be said.
        """
        is_name = type(value) is str and not PATHS.isdisjoint(members(hint))
        if isinstance(value, Path) or is_name:
            return self._file(Path(value), hint, path)
        if type(value) in names.sinks().values():
            return self.sink(value, path)
        origin = self.origin(value)
        try:
            for form in self._forms(value, hint, path):
                if self._reads(form, hint, value):
                    return form
        except ConfigurationError:
            if origin is None:
                raise
        return self.unsayable(value, path) if origin is None else self.made(origin, path)

    def _reads(self, form: Any, hint: Any, value: Any) -> bool:
        """Tell whether a form is read as the value."""
        try:
            back = self.reader.value(form, hint, "")
        except ConfigurationError:
            return False
        if isinstance(value, Space):
            return isinstance(back, Space) and alike(back, value)
        return same(back, value)

    def _forms(self, value: Any, hint: Any, path: str) -> Iterator[Any]:
        """Give what may stand for a value, the most readable first."""
        kind = type(value)
        if value is None:
            yield {"type": "None"}
        elif kind in _ATOMS:
            yield from (value, {"type": "str", "text": value})
        elif kind in _SEQUENCES:
            yield from self._sequence(value, hint, path)
        elif kind is dict:
            yield from self._dict(value, hint, path)
        elif kind is np.ndarray or isinstance(value, (np.generic, np.dtype)):
            yield from _numeric(value)
        elif isinstance(value, Space):
            yield from space_forms(value, self.space, path)
        else:
            yield from self._object(value, path)

    def _object(self, value: Any, path: str) -> Iterator[Any]:
        """Give the name of what has one, or the table of what can be made again."""
        kind = type(value)
        if isinstance(value, enum.Enum):
            yield {"named": f"{names.name_for(kind)}.{value.name}"}
        if isinstance(value, Reducer):
            yield from (word for word, reducer in BY_NAME.items() if same(reducer, value))
        yield from self.named(value)
        if not (isinstance(value, type) or inspect.isroutine(value)):
            yield self.fields(value, path)

    def named(self, value: Any) -> Iterator[Any]:
        """Give the name of a function or a class."""
        name = names.name_for(value) if callable(value) else None
        if name is not None:
            yield from (name, {"named": name})

    def _sequence(self, value: Any, hint: Any, path: str) -> Iterator[Any]:
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else list(value)
        held = within(hint)
        if isinstance(value, (list, tuple)):
            yield [self.value(item, held, f"{path}[{i}]") for i, item in enumerate(items)]
        said = [self.value(item, Any, f"{path}[{i}]") for i, item in enumerate(items)]
        yield {"type": _SEQUENCES[type(value)], "items": said}

    def _dict(self, value: dict[Any, Any], hint: Any, path: str) -> Iterator[Any]:
        held = within(hint)
        if all(type(key) is str for key in value) and RESERVED.isdisjoint(value):
            yield {key: self.value(part, held, inside(path, key)) for key, part in value.items()}
        keys = [self.value(key, Any, f"{path}.keys[{i}]") for i, key in enumerate(value)]
        said = [self.value(part, Any, f"{path}[{key!r}]") for key, part in value.items()]
        yield {"type": "dict", "keys": keys, "values": said}

    def space(self, space: Space[Any], path: str) -> Any:
        """Write a space."""
        return self.value(space, Any, path)

    def _file(self, file: Path, hint: Any, path: str) -> Any:
        """Write a file's name, relative to the document where it lies beside it."""
        there, here = (os.path.normpath(part.absolute()) for part in (file, self.base))
        beside = Path(there).is_relative_to(here)
        name = Path(os.path.relpath(there, here) if beside else there).as_posix()
        for form in (name, {"type": "Path", "path": name}):
            if isinstance(self.reader.value(form, hint, path), Path):
                return form
        return self.unsayable(file, path)

    def fields(self, value: Any, path: str) -> Any:
        """Write an object as a table of its class and what that is given."""
        name = names.name_for(type(value))
        given = None if name is None else given_to(value)
        if given is None:
            return self.unsayable(value, path)
        hints = hints_of(type(value))
        written = {
            key: self.value(part, hints.get(key, Any), inside(path, key))
            for key, part in given.items()
            if part is not None or not may_be_left_out(type(value), key)
        }
        return {"type": name, **written}

    def made(self, origin: Origin, path: str) -> dict[str, Any]:
        """Write how a document made an object."""
        hints, first = hints_of(origin.maker), origin.positional
        place = inside(path, "_args_")
        args = [self.value(part, Any, f"{place}[{i}]") for i, part in enumerate(first)]
        arguments = {
            key: self.value(part, hints.get(key, Any), inside(path, key))
            for key, part in origin.arguments.items()
            if part is not None or not may_be_left_out(origin.maker, key)
        }
        how: dict[str, Any] = {"_args_": args} if args else {}
        how |= {"_partial_": True} if origin.partial else {}
        return {"type": names.name_for(origin.maker) or origin.name, **how, **arguments}

    def sink(self, sink: Any, path: str) -> Any:
        """Write a sink; it is not made to see whether that is right, for it might open a file."""
        origin = self.origin(sink)
        if origin is not None:
            return self.made(origin, path)
        if inspect.isroutine(sink):
            return next(self.named(sink), None) or self.unsayable(sink, path)
        return self.fields(sink, path)

    def unsayable(self, value: Any, path: str, cure: str = _NAMED) -> Any:
        """Refuse what no document can say, or leave it as an object.

        Raises:
            ConfigurationError: if the document is to be plain.
        """
        if not self.plain:
            return value
        kind = "" if inspect.isroutine(value) else f", a {type(value).__qualname__},"
        raise wrong(path, f"{brief(value)}{kind} cannot be said in a document. {cure}{_OBJECT}")


def _numeric(value: Any) -> Iterator[Any]:
    """Give what may stand for an array, for one of numpy's numbers, and for a dtype."""
    if isinstance(value, np.ndarray):
        yield from forms(value)
    elif isinstance(value, np.dtype):
        name = value.name if np.dtype(value.name) == value else value.str
        yield from (name, {"type": "dtype", "name": name})
    else:
        yield {"type": value.dtype.name, "value": said(value)}

"""Values as JSON that a person can read and compare; `values` reads it back.

The values are those of `statewrap.package.document`, written more readably:

    {"float32": [[0.1, 0.2], [1.0, "NaN"]]}      an array; {"int64": 3} is a numpy number
    {"dict": {"lives": 3}}                       a dict whose keys are strings
    {"float": "NaN"}                             a float for which JSON has no number
    {"TimeStep": {"observation": "f1"}}          a message, its defaults left out
    {"array": {"dtype": "|u1", "shape": [84, 84], "blake2": "9f3c..."}}

The last is an array of more than `MOST_INLINE` elements. What was given to a deployment is kept
beside the file, to be given again; of what came out the digest is all that is known.
"""

from __future__ import annotations

import hashlib
import math
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from statewrap.core.errors import SnapshotError
from statewrap.core.events import Abandoned, Closed, Continued, Ended, FellBack, Opened, Unshown
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.session import Command, Over, Wanted
from statewrap.core.words import brief
from statewrap.package.arrays import DTYPES
from statewrap.package.document import by_name, read, written

MOST_INLINE: Final = 64
"""How many elements an array may have to be written in full."""

NAMED: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
DEEPEST: Final = 20
_NAMES_OF_FLOATS: Final = {written(NAMED[name], ())["value"]["float"]: name for name in NAMED}


class Digest(NamedTuple):
    """Stands for an array of which no more is known."""

    dtype: str
    shape: tuple[int, ...]
    blake2: str


class Opaque(NamedTuple):
    """Stands for an object that cannot be written: its class, and what it says of itself."""

    described: str


_MESSAGES: Final = (TimeStep, Act, Reset)
_SPOKEN: Final = (
    *_MESSAGES,
    *(Command, Wanted, Over),
    *(Opened, Ended, Abandoned, Continued, Unshown, FellBack, Closed),
)
TYPES: Final = (*_SPOKEN[len(_MESSAGES) :], Digest, Opaque)  # messages are always known
NAMES: Final = {name: kind.__name__ for name, kind in by_name(_SPOKEN).items()}
LONG_NAMES: Final = {short: name for name, short in NAMES.items()}
STANDING: Final = {kind: name for name, kind in by_name((Digest, Opaque)).items()}


def text_of_given(value: Any, kept: dict[str, NDArray[Any]]) -> Any:
    """Write what a host gave, so that it can be given again.

    Args:
        value: a frozen value.
        kept: takes the large arrays, under their digests.

    Raises:
        SnapshotError: if something in it cannot be written; it names the place.
    """
    return _Readable(written(value, TYPES), kept).text()


def text_of(value: Any) -> Any:
    """Write what came out of a deployment; of what cannot be written, what it says of itself."""
    try:
        document = written(value, TYPES)
    except SnapshotError:
        document = written(_softened(value), TYPES)
    return _Readable(document, None).text()


def digest_of(array: NDArray[Any]) -> str:
    """Hash an array's dtype, shape and elements: 32 hexadecimal digits."""
    form = f"{array.dtype.str} {array.shape}".encode()
    return hashlib.blake2b(form + array.tobytes(), digest_size=16).hexdigest()


def without_addresses(words: str) -> str:
    """Leave out of a `repr` where in memory something was.

    >>> without_addresses("<function <lambda> at 0x7f0c>")
    '<function <lambda>>'
    """
    return re.sub(r" at 0x[0-9a-fA-F]+", "", words)


class _Readable:
    """Writes a document readably."""

    def __init__(self, document: dict[str, Any], kept: dict[str, NDArray[Any]] | None) -> None:
        self.document, self.kept = document, kept

    def text(self) -> Any:
        """Return all of it."""
        return self.part(self.document["value"])

    def part(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.part(item) for item in part]
        if not isinstance(part, dict):
            return part
        ((tag, content),) = part.items()
        match tag:
            case "array" | "scalar":
                return self.array(tag, self.document["arrays"][content])
            case "dict" if all(type(key) is str for key, _ in content):
                return {"dict": {key: self.part(item) for key, item in content}}
            case "float":
                return {"float": _NAMES_OF_FLOATS.get(content, content)}
            case "record":
                return self.record(*content)
        return {tag: self.part(content)}

    def record(self, name: str, parts: dict[str, Any]) -> Any:
        texts = {field: self.part(part) for field, part in parts.items()}
        if name not in NAMES:
            return {"record": [name, texts]}
        defaults = DEFAULTS[name]
        return {
            NAMES[name]: {
                field: text
                for field, text in texts.items()
                if field not in defaults or difference(defaults[field], parts[field]) is not None
            }
        }

    def array(self, tag: str, entry: tuple[str, tuple[int, ...], tuple[int, ...], str]) -> Any:
        name, shape, axes, _ = entry
        array = np.asarray(read({"value": {"array": 0}, "arrays": [entry_of(entry)]}, ()))
        plain = list(axes) == sorted(axes) or self.kept is None  # else its order is told
        if plain and array.size <= MOST_INLINE and array.size > 0:
            text = _shortest(array, name)
            if text is not None and (tag == "scalar") is (array.ndim == 0):
                return {array.dtype.name: text}
        form: dict[str, Any] = {"dtype": name, "shape": list(shape)}
        if not plain:
            form["axes"] = list(axes)
        if array.size <= MOST_INLINE:
            return {tag: {**form, "base64": b64encode(array.tobytes()).decode()}}
        form["blake2"] = digest_of(array)
        if self.kept is not None:
            self.kept[form["blake2"]] = array
        return {tag: form}


def entry_of(entry: tuple[Any, ...]) -> list[Any]:
    """Return an array's entry in a document as JSON has it."""
    name, shape, axes, data = entry
    return [name, list(shape), list(axes), data]


def _shortest(array: NDArray[Any], name: str) -> Any:
    """Write numbers, as short as they can be read back; None if that would lose a bit."""
    if array.dtype.name not in DTYPES or np.dtype(array.dtype.name).str != name:
        return None
    text = array.tolist() if array.dtype.kind != "f" else _each(array, _number)
    return text if numbers(array.dtype.name, text).tobytes() == array.tobytes() else None


def _each(array: NDArray[Any], change: Any) -> Any:
    return change(array[()]) if array.ndim == 0 else [_each(item, change) for item in array]


def _number(number: Any) -> float | str:
    """Write a float by the shortest digits that give it back."""
    if math.isfinite(number):
        return float(str(number))
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def numbers(name: str, text: Any) -> NDArray[Any]:
    """Read the numbers of an array, or one."""
    return np.array(_floats(text), np.dtype(name))


def _floats(text: Any) -> Any:
    """Read the names of NaN and the infinities."""
    if isinstance(text, list):
        return [_floats(item) for item in text]
    return NAMED[text] if isinstance(text, str) else text


def _softened(value: Any, depth: int = 0) -> Any:
    """Put something in the place of every part that cannot be written."""
    try:
        written(value, TYPES)
    except SnapshotError:
        pass
    else:
        return value
    if depth < DEEPEST and isinstance(value, _SPOKEN):
        fields = [field.name for field in attrs.fields(type(value))]
        return type(value)(*(_softened(getattr(value, name), depth + 1) for name in fields))
    if depth < DEEPEST and isinstance(value, Mapping):
        return {_softened(k, depth + 1): _softened(v, depth + 1) for k, v in value.items()}
    if depth < DEEPEST and isinstance(value, (list, tuple)):
        items = [_softened(item, depth + 1) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return Opaque(f"{type(value).__qualname__}: {without_addresses(brief(value, 1000))}")


def _defaults(kind: type) -> dict[str, Any]:
    """Return the defaults of a message's fields, as a document has them."""
    values = {field.name: field.default for field in attrs.fields(kind)}
    return {
        name: {"dict": []} if isinstance(default, attrs.Factory) else written(default, ())["value"]  # type: ignore[arg-type]
        for name, default in values.items()
        if default is not attrs.NOTHING
    }


DEFAULTS: Final = {name: _defaults(kind) for name, kind in by_name(_SPOKEN).items()}

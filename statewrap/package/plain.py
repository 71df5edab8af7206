"""Memories as bytes, without pickle: one JSON document that a person can read.

    {"statewrap": "snapshot",
     "version": 1,
     "header": {"fingerprint": "5e0c..."},
     "value": {"record": ["robot:Held", {"due": 2, "reward": 0.5, "action": {"array": 0}}]},
     "arrays": [["<f4", [2, 3], [0, 1], "zczMPQAAAAAAAIA/..."]],
     "sha256": "..."}

What JSON holds exactly is written as it is: null, true, a number (a float has a point or an
exponent), a string, a list. Anything else is an object with one key, which says what it is:
`{"tuple": [1, 2]}`. An array is written once, however often it occurs, and referred to by its
place in `arrays`: dtype, shape, axes from the widest stride to the narrowest, base64. A tensor
is `{"tensor": [library, place, dtype, device]}`; to read one imports torch or jax.

A class is written by name and looked up among the types that the reader declares. A name in
the data never imports anything, so a stranger's data is plain data or is refused.

The checksum covers every byte before its line; it finds damage, not forgery. Later versions
keep the first two lines and the last.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import attrs

from statewrap.core.errors import SnapshotError
from statewrap.package.document import MAX_DEPTH, by_name, fields, read, written

__all__ = ["MAX_DEPTH", "Sealed", "by_name", "decode", "encode", "fields", "seal", "unseal"]

_BEGINNING: Final = b'{"statewrap": '
_ENDING: Final = re.compile(rb',\n "sha256": "[0-9a-f]{64}"\}\n\Z')


def encode(value: Any, types: Iterable[type] = ()) -> bytes:
    """Write a value as bytes. The same value gives the same bytes in every process.

    Args:
        value: None, numbers, strings, bytes; tuples, lists, dicts and sets; arrays, numpy
            scalars and tensors of torch or jax; messages and keys; instances of `types`; nested
            at most `MAX_DEPTH` deep.
        types: the NamedTuples, attrs classes and enums that may occur.

    Raises:
        SnapshotError: if something else occurs; it names the place.

    >>> decode(encode((1, 2.5, {"x": None})))
    (1, 2.5, {'x': None})
    """
    return _to_json(written(value, types))


def decode(data: bytes, types: Iterable[type] = ()) -> Any:
    """Read what `encode` wrote. Arrays are read-only.

    Raises:
        SnapshotError: if the data is anything else, or names a class that is not in `types`.
    """
    with _one_error():
        return read(json.loads(data.decode()), types)


def seal(
    kind: str, version: int, header: Mapping[str, Any], body: Any, types: Iterable[type] = ()
) -> bytes:
    """Write a file: what it is, a header, a body, and a checksum over all of it.

    Args:
        kind: what it is, such as "snapshot".
        version: of the format of header and body, 1 or more.
        header: plain JSON.
        body: what `encode` takes.
        types: the NamedTuples, attrs classes and enums that may occur in the body.

    Raises:
        SnapshotError: if the body holds something that cannot be written.

    >>> unseal(seal("note", 1, {"by": "me"}, (1, 2)), "note", 1).body()
    (1, 2)
    """
    document = {"statewrap": kind, "version": version, "header": header, **written(body, types)}
    lines = (_to_json(name) + b": " + _to_json(part) for name, part in document.items())
    data = b"{" + b",\n ".join(lines)
    return data + _ending(data)


def unseal(data: bytes, kind: str, version: int) -> Sealed:
    """Check the frame of a file.

    Raises:
        SnapshotError: if the file is foreign, cut short, damaged, of another kind or version.
    """
    if not _BEGINNING.startswith(data[: len(_BEGINNING)]):
        raise SnapshotError(f"This is no {kind} of statewrap's: it begins with {data[:20]!r}.")
    ending = _ENDING.search(data)
    if ending is None:
        raise SnapshotError(f"The {kind} is cut short: no checksum ends its {len(data)} bytes.")
    if _ending(data[: ending.start()]) != ending.group():
        raise SnapshotError(f"The {kind} is damaged: its bytes do not have the checksum it names.")
    with _one_error():
        document = json.loads(data.decode())
        if document["statewrap"] != kind:
            raise SnapshotError(f"This is a {document['statewrap']}, expected a {kind}.")
        if document["version"] != version:
            age = "newer" if document["version"] > version else "older"
            raise SnapshotError(
                f"The {kind} has format version {document['version']}, {age} than the version "
                f"{version} that this statewrap reads. Read it with the one that wrote it."
            )
        return Sealed(dict(document["header"]), document)


@attrs.frozen
class Sealed:
    """A file whose frame is sound: its header can be looked at before its body is read."""

    header: dict[str, Any]
    _document: dict[str, Any] = attrs.field(repr=False)

    def body(self, types: Iterable[type] = ()) -> Any:
        """Read the body, as `decode` does."""
        with _one_error():
            return read(self._document, types)


@contextmanager
def _one_error() -> Iterator[None]:
    """Turn whatever reading strange data raises into a SnapshotError."""
    try:
        yield
    except SnapshotError:
        raise
    except Exception as error:
        raise SnapshotError(
            f"The data cannot be read ({type(error).__name__}: {error}): it is damaged, or it "
            "was not written by statewrap."
        ) from error


def _to_json(part: Any) -> bytes:
    # the handler writes a lone surrogate as JSON spells it
    return json.dumps(part, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _ending(data: bytes) -> bytes:
    return b',\n "sha256": "%s"}\n' % hashlib.sha256(data).hexdigest().encode()

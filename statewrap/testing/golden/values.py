"""Values, read back from the JSON of `text`."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statewrap.package.arrays import DTYPES
from statewrap.package.document import read, written
from statewrap.testing.golden.text import (
    DEFAULTS,
    LONG_NAMES,
    NAMED,
    STANDING,
    TYPES,
    Digest,
    numbers,
)

Arrays = Mapping[str, NDArray[Any]]
"""Arrays under their digests."""


def value_of(text: Any, arrays: Arrays) -> Any:
    """Read a value back; a large array that is not among `arrays` is given as a `Digest`.

    Raises:
        SnapshotError, ValueError, TypeError, LookupError: if the text was not written by this
            module.

    >>> from statewrap.testing.golden.text import text_of
    >>> value_of(text_of({"x": np.float32([0.1, np.inf])}), {})
    {'x': array([0.1, inf], dtype=float32)}
    """
    entries: list[Any] = []
    document = {"value": _document(text, arrays, entries), "arrays": entries}
    return read(document, TYPES)


def _document(text: Any, arrays: Arrays, entries: list[Any]) -> Any:
    """Turn readable text back into a document; its arrays are added to `entries`."""
    if isinstance(text, list):
        return [_document(item, arrays, entries) for item in text]
    if not isinstance(text, dict):
        return text
    ((tag, content),) = text.items()
    if tag in DTYPES:
        kind = "array" if isinstance(content, list) else "scalar"
        return _entered(kind, numbers(tag, content), entries)
    if tag in ("array", "scalar"):
        return _stored(tag, content, arrays, entries)
    if tag == "dict":
        pairs = content.items() if isinstance(content, dict) else content
        return {"dict": [[_document(part, arrays, entries) for part in pair] for pair in pairs]}
    if tag == "float" and content in NAMED:
        return written(NAMED[content], ())["value"]
    if tag in LONG_NAMES:
        name = LONG_NAMES[tag]
        parts = {field: _document(part, arrays, entries) for field, part in content.items()}
        return {"record": [name, {**DEFAULTS[name], **parts}]}
    if tag == "record":
        name, texts = content
        parts = {field: _document(part, arrays, entries) for field, part in texts.items()}
        return {"record": [name, parts]}
    return {tag: _document(content, arrays, entries)}


def _stored(tag: str, form: dict[str, Any], arrays: Arrays, entries: list[Any]) -> Any:
    dtype, shape = form["dtype"], form["shape"]
    if "base64" in form:
        array = np.frombuffer(b64decode(form["base64"], validate=True), np.dtype(dtype))
        return _entered(tag, array.reshape(shape), entries, form)
    if form["blake2"] in arrays:
        return _entered(tag, arrays[form["blake2"]], entries, form)
    parts = {"dtype": dtype, "shape": {"tuple": shape}, "blake2": form["blake2"]}
    return {"record": [STANDING[Digest], parts]}


def _entered(
    tag: str, array: NDArray[Any], entries: list[Any], form: Mapping[str, Any] = {}
) -> dict[str, int]:
    """Add an array to a document's, its elements in the order in memory that it had."""
    axes = form.get("axes", list(range(array.ndim)))
    name = form.get("dtype", array.dtype.str)
    data = b64encode(array.transpose(axes).tobytes()).decode()
    entries.append([name, list(array.shape), axes, data])
    return {tag: len(entries) - 1}

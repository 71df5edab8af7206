"""One JSON object a line, read strictly and written strictly.

NaN and the infinities are no JSON. They are written as the strings "NaN", "Infinity" and
"-Infinity", and read as such wherever a number is expected; Python's bare tokens of the same
names are read too, since `json.dumps` writes them. A number too large for a float64 is an error
and not infinity.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from statewrap.core.errors import InputError

NAMED: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The strings that stand for what JSON has no number for."""

_ALIKE: Final = bytes.maketrans(b"123456789E", b"000000000e")
_MAY_BE_LONE: Final = re.compile(rb"\\u[dD][89abcdefABCDEF]")
_BOM: Final = "\ufeff"


def read(line: bytes) -> dict[str, Any]:
    """Read one line as a JSON object.

    Raises:
        InputError: if it is not UTF-8, no JSON, no object, or has a key twice, a lone surrogate, a
            number too large, or too many levels.

    >>> read(b'{"reward": 1.5, "terminated": false}')
    {'reward': 1.5, 'terminated': False}
    """
    decoder = _CAREFUL if _may_overflow(line) else _QUICK
    try:
        value = decoder.decode(line.decode("utf-8"))
        if _MAY_BE_LONE.search(line):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"The line is not UTF-8: {error.reason} at byte {error.start}.") from error
    except UnicodeEncodeError as error:
        raise InputError("The line has half of a surrogate pair, which is no text.") from error
    except json.JSONDecodeError as error:
        raise InputError(_no_json(error)) from error
    except RecursionError as error:
        raise InputError("The line nests too deeply.") from error
    except ValueError as error:
        raise InputError(f"The line cannot be read: {error}.") from error
    if type(value) is not dict:
        raise InputError(f"The line is {shown(value)}, expected a JSON object.")
    return value


def write(value: Any) -> bytes:
    """Write plain values, none of them NaN or infinite, as one line; ASCII, newline included."""
    return _WRITER.encode(value).encode("ascii") + b"\n"


def shown(value: Any) -> str:
    """Print a value of a document, cut short.

    >>> shown({"a": [1, 2]})
    '{"a": [1, 2]}'
    """
    if isinstance(value, (dict, list)) and len(value) > 20:
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)} items"
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or many levels
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _no_json(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "The line is empty, expected a JSON object."
    if error.doc.startswith(_BOM):
        return "The line begins with a byte order mark, expected UTF-8 without one."
    return f"The line is no JSON: {error.msg} at character {error.pos}."


def _may_overflow(line: bytes) -> bool:
    """Look for an exponent of 100 or more, or for a hundred digits in a row."""
    alike = line.translate(_ALIKE, b"+")
    return b"e000" in alike or b"0" * 100 in alike


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shown(twice)} occurs twice")
    return table


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _too_large(text)
    return number


def _bounded(text: str) -> int:
    number = int(text)
    if len(text) > 308:
        try:
            float(number)
        except OverflowError:
            _too_large(text)
    return number


def _too_large(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]}{'...' * (len(text) > 20)} is too large for a float64")


_QUICK: Final = json.JSONDecoder(object_pairs_hook=_unique)
_CAREFUL: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_bounded
)
_WRITER: Final = json.JSONEncoder(allow_nan=False)

"""Plain documents as TOML, which the standard library reads and does not write."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH: Final = 96


def to_toml(document: Mapping[str, Any]) -> str:
    """Write a document of bools, numbers, strings, lists and dicts.

    A list of tables at the top becomes `[[...]]` and a table `[...]`; what is within them stands
    in braces.

    >>> print(to_toml({"seed": 7, "wrappers": [{"type": "TimeLimit", "max_episode_steps": 9}]}))
    seed = 7
    <BLANKLINE>
    [[wrappers]]
    type = "TimeLimit"
    max_episode_steps = 9
    """
    simple = {key: value for key, value in document.items() if not _has_head(value)}
    blocks = [_lines(simple)] if simple else []
    for key, value in document.items():
        if isinstance(value, list) and _has_head(value):
            blocks += [f"[[{_key(key)}]]\n{_lines(table)}" for table in value]
        elif _has_head(value):
            blocks.append(f"[{_key(key)}]\n{_lines(value)}")
    return "\n".join(blocks).removesuffix("\n")


def _has_head(value: Any) -> bool:
    """Tell whether a value gets lines of its own: tables in a list, or one that is no object."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(part, dict) for part in value)
    return isinstance(value, dict) and "type" not in value


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_line(key, value)}\n" for key, value in table.items())


def _line(key: str, value: Any) -> str:
    line = f"{_key(key)} = {_value(value)}"
    if len(line) <= _WIDTH or not isinstance(value, list):
        return line
    parts = "".join(f"  {_value(part)},\n" for part in value)
    return f"{_key(key)} = [\n{parts}]"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _string(text: str) -> str:
    """Quote a string; TOML's escapes are JSON's, and it wants DEL escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

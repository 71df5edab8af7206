"""Documents as plain dicts and lists, from TOML, YAML or JSON text, from OmegaConf, from Python.

Nothing in a document runs: YAML is read as plain data (version 1.2, core schema), its tags are
refused, a key that occurs twice is refused, and what stands for too much, as nested aliases do, is
refused before it is unfolded.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from gymnasium.spaces import Space

from statewrap.package.places import inside, said, wrong
from statewrap.package.toml_text import to_toml

MAX_PARTS: Final = 1_000_000
"""How many values a document may have, each as often as an alias repeats it."""
MAX_DEPTH: Final = 64
"""How deep its tables and lists may nest."""


def read(file: Path) -> dict[str, Any]:
    """Read a file by its suffix: `.yaml` or `.yml`, `.json`, and TOML for any other.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no such document; the message says the line.
    """
    text = file.read_text(encoding="utf-8-sig")
    return parsed(text, FORMATS.get(file.suffix.lower(), "toml"))


def parsed(text: str, form: str) -> dict[str, Any]:
    """Read text as "toml", "yaml" or "json".

    >>> parsed("seed: 7", "yaml") == parsed("seed = 7", "toml") == parsed('{"seed": 7}', "json")
    True
    """
    try:
        document = _READERS[form](text)
    except RecursionError as error:
        raise ValueError("it is nested too deep.") from error
    if not isinstance(document, dict):
        raise ValueError(  # noqa: TRY004 - of a file's content, not of an argument
            f"it holds {said_kind(document)}, expected keys and values, such as `seed: 7`."
        )
    copied: dict[str, Any] = plain(document)
    return copied


def plain(document: Any) -> Any:
    """Copy mappings and lists, OmegaConf's included, into dicts and lists; the rest is kept.

    Raises:
        ConfigurationError: if there is too much of it, or a key is no string.
    """
    return _Copy().of(document, "", 0)


class _Copy:
    """Copies containers, and counts what it copies: a list that holds itself has no end."""

    def __init__(self) -> None:
        self.parts = 0

    def of(self, value: Any, path: str, depth: int) -> Any:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise wrong("", f"the document has more than {MAX_PARTS} values.")
        if depth > MAX_DEPTH:
            raise wrong(path[:60] + "...", f"tables are nested more than {MAX_DEPTH} deep.")
        value = _without_omegaconf(value, path)
        if is_table(value):
            return {
                self.key(key, path): self.of(part, inside(path, str(key)), depth + 1)
                for key, part in value.items()
            }
        if type(value) is list:
            return [self.of(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        return value

    def key(self, key: Any, path: str) -> Any:
        if isinstance(key, str):
            return key
        raise wrong(
            path,
            f"the key {key!r} is no string. Write it in quotes, or the mapping as "
            '{type = "dict", items = [[key, value], ...]}.',
        )


def is_table(value: Any) -> bool:
    """Tell whether a value is a table; a `gymnasium.spaces.Dict` is a mapping, but an object."""
    return isinstance(value, Mapping) and not isinstance(value, Space)


def said_kind(value: Any) -> str:
    """Say what stands where a table was expected."""
    return "nothing" if value is None else f"a {type(value).__name__}"


def _without_omegaconf(value: Any, path: str) -> Any:
    """Resolve a config of OmegaConf; who has one has imported it."""
    if not type(value).__module__.startswith("omegaconf."):
        return value
    from omegaconf import OmegaConf  # noqa: PLC0415 - an optional package, here by now
    from omegaconf.errors import OmegaConfBaseException  # noqa: PLC0415

    try:
        return OmegaConf.to_container(value, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        place = inside(path, error.full_key) if error.full_key else path
        raise wrong(place, said(error).splitlines()[0]) from error


# -- text ------------------------------------------------------------------------------------------


_NO_NUMBERS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""Floats for which JSON has no number: there they are `{"type": "float", "text": "NaN"}`."""


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_table, parse_constant=_no_number)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f'{word} is no JSON. Write {{"type": "float", "text": "{word}"}}.')


def _table(pairs: list[tuple[str, Any]]) -> Any:
    """Return the table of some pairs, or the float that it stands for."""
    table = _once(pairs)
    word = table.get("text")
    is_float = table == {"type": "float", "text": word} and isinstance(word, str)
    return _NO_NUMBERS.get(word, table) if is_float else table  # type: ignore[arg-type]


def _in_json(value: Any) -> Any:
    """Write as a table each float for which JSON has no number."""
    if isinstance(value, dict):
        return {key: _in_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_in_json(part) for part in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return {"type": "float", "text": word}


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key!r} occurs twice in one table.")
        table[key] = value
    return table


def _yaml(text: str) -> Any:
    from statewrap.package.yaml_text import from_yaml  # noqa: PLC0415 - needs an extra

    return from_yaml(text, MAX_PARTS)


def written(document: Mapping[str, Any], form: str) -> str:
    """Write a plain document as "toml", "yaml" or "json"; `parsed` reads it back.

    Raises:
        MissingExtraError: if it is to be YAML, and PyYAML is not installed.

    >>> print(written({"seed": 7, "wrappers": []}, "json"))
    {
      "seed": 7,
      "wrappers": []
    }
    """
    if form == "yaml":
        from statewrap.package.yaml_text import to_yaml  # noqa: PLC0415 - needs an extra

        return to_yaml(document)
    if form == "toml":
        return to_toml(document)
    return json.dumps(_in_json(document), indent=2, allow_nan=False)


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "toml": tomllib.loads,
    "yaml": _yaml,
    "json": _json,
}
FORMATS: Final = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
"""Suffix of a file, to how it is read and written."""

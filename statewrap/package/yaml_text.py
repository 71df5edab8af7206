"""YAML as plain data: version 1.2, core schema, over PyYAML's parser.

Version 1.1, which PyYAML reads by itself, takes `no` for false, `1:30` for 90, `010` for 8 and
`1e-3` for a string. Version 1.2, whose numbers are JSON's, does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from statewrap.core.errors import MissingExtraError

try:
    import yaml
except ImportError as error:  # pragma: no cover - every test environment has it
    raise MissingExtraError("A YAML document", "PyYAML", "yaml") from error

_TAG: Final = "tag:yaml.org,2002:"
_DIGITS: Final = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_WORDS: Final = r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_MERGE: Final = f"{_TAG}merge"


def _whole(text: str) -> int:
    return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))


def _number(text: str) -> float:
    return float(re.sub(r"\.(inf|nan)", r"\1", text.lower()))


_SCALARS: Final[dict[str, tuple[Callable[[str], Any], str, str]]] = {
    f"{_TAG}null": (lambda _: None, r"~|null|Null|NULL|", "~nN"),
    f"{_TAG}bool": (
        lambda text: text.lower() == "true",
        r"true|True|TRUE|false|False|FALSE",
        "tTfF",
    ),
    f"{_TAG}int": (_whole, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    f"{_TAG}float": (
        _number,
        f"{_DIGITS}|{_WORDS}",
        "-+.0123456789",
    ),
    _MERGE: (str, r"<<", "<"),
    f"{_TAG}str": (str, "", ""),
}
"""Tag, to how it is read, and what has it when it stands without quotes: pattern, first letters."""


class _Loader(yaml.SafeLoader):
    """Resolves what stands without quotes."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - PyYAML's own way


class _Dumper(yaml.SafeDumper):
    """Quotes what the loader would not take for a string."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - as above

    def represent(self, data: Any) -> None:
        """Write a document, its keys a line each."""
        node: Any = self.represent_data(data)
        node.flow_style = False
        self.serialize(node)

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value as often as it occurs."""
        return True


for _tag, (_, _pattern, _first) in _SCALARS.items():
    if _first:
        for _kind in (_Loader, _Dumper):
            _first_letters = [*_first, ""] if _tag.endswith("null") else list(_first)
            _kind.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first_letters)


def _quoted(dumper: Any, text: str) -> Any:
    """Quote what holds line breaks and the like: plain, some of them would come back as spaces."""
    return dumper.represent_scalar(f"{_TAG}str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _quoted)


def from_yaml(text: str, most: int) -> Any:
    """Read one document.

    Args:
        text: the document.
        most: how many values it may have, each as often as an alias repeats it.

    Raises:
        ValueError: if it is no YAML, has a tag, a key twice, or too much in it.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    return None if root is None else _Reader(most).value(root)


def to_yaml(document: Any) -> str:
    """Write a document that `from_yaml` reads back.

    >>> print(to_yaml({"seed": 7, "name": "1e3"}), end="")
    seed: 7
    name: '1e3'
    """
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 96}
    return str(yaml.dump(document, Dumper=_Dumper, default_flow_style=None, **options))


class _Reader:
    """Turns nodes into None, bools, numbers, strings, lists and dicts, and nothing else."""

    def __init__(self, left: int) -> None:
        self.most = self.left = left

    def value(self, node: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"it stands for more than {self.most} values.")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self.table(node)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.value(part) for part in node.value]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            read, pattern, _ = _SCALARS[node.tag]
            if re.fullmatch(pattern, node.value) or read is str:
                return read(node.value)
        raise ValueError(f"the tag {node.tag!r} is not read: it holds plain data.{_at(node)}")

    def table(self, node: Any) -> dict[Any, Any]:
        """Return a table; what is merged into it (`<<: *alias`) gives way to what it says."""
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            value = self.value(value_node)
            if key_node.tag == _MERGE:
                for part in reversed(value if isinstance(value, list) else [value]):
                    merged |= self.merged(part, key_node)
                continue
            key = self.value(key_node)
            if isinstance(key, (list, dict)) or key in own:
                why = "is no string" if isinstance(key, (list, dict)) else "occurs twice"
                raise ValueError(f"the key {key!r} {why}.{_at(key_node)}")
            own[key] = value
        return own | {key: value for key, value in merged.items() if key not in own}

    def merged(self, part: Any, node: Any) -> dict[Any, Any]:
        if isinstance(part, dict):
            return part
        raise ValueError(f"what is merged by << is no mapping.{_at(node)}")


def _at(node: Any) -> str:
    mark = node.start_mark
    return f" (line {mark.line + 1}, column {mark.column + 1})"

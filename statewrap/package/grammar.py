"""Tables that make objects: `{type = "TimeLimit", max_episode_steps = 500}`.

Every error names the path in the document (`wrappers[1].num_repeats`) and, where a name is
wrong, the nearest one that exists.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs
import gymnasium.spaces
import numpy as np
from gymnasium.spaces import Box, Space

import statewrap.policies.mlp  # for the name that it registers
import statewrap.wrappers
from statewrap.core.errors import ConfigurationError
from statewrap.core.registry import nearest, registered
from statewrap.core.wrapper import Wrapper
from statewrap.package.arrays import array_of, dtype_named, from_npz

SPACES: Final[Mapping[str, Any]] = {
    name: getattr(gymnasium.spaces, name)
    for name in (
        *("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text"),
        *("Dict", "Tuple", "Sequence", "Graph", "OneOf"),
    )
}

_PLAIN: Final = (int, float, bool, str, type(None))
_UNIONS: Final = (typing.Union, types.UnionType)


def box() -> dict[str, Any]:
    """Return the names that may be used without trust, spaces apart: the box's and registered."""
    names = getattr(statewrap.wrappers, "__all__", ())
    return registered() | {name: getattr(statewrap.wrappers, name) for name in names}


def _making(kind: type) -> dict[str, Any]:
    """Return the names of what makes objects of a kind, as far as that can be told."""
    return {name: thing for name, thing in box().items() if issubclass(_makes(thing, kind), kind)}


def _makes(thing: Any, unknown: type) -> type:
    made = thing if isinstance(thing, type) else _hints(thing).get("return")
    return made if isinstance(made, type) else unknown


def policies() -> dict[str, Any]:
    """Return the names of what may make a policy."""
    return {name: thing for name, thing in registered().items() if not _is_wrapper(thing)}


def _is_wrapper(thing: Any) -> bool:
    return issubclass(_makes(thing, object), Wrapper)


def _functions() -> dict[str, Any]:
    return {name: thing for name, thing in box().items() if not isinstance(thing, type)}


def wrong(path: str, message: str) -> ConfigurationError:
    """Make the error for a place in the document."""
    return ConfigurationError(f"{path}: {message}" if path else message)


def check_keys(table: Mapping[str, Any], known: Iterable[str], path: str, owner: str) -> None:
    """Raise a `ConfigurationError` for a key that is not known."""
    known = list(known)
    for key in table:
        if key not in known:
            place = f"{path}.{key}" if path else str(key)
            raise wrong(place, f"{owner} has no {key!r}{nearest(str(key), known)}{_listed(known)}")


@attrs.frozen
class Maker:
    """Turns parts of a document into objects.

    Args:
        base: the folder to which file names are relative.
        trust: whether names of the form `package.module:object` are imported.
    """

    base: Path
    trust: bool

    def made(self, table: Any, kind: type, what: str, path: str) -> Any:
        """Make an object of a kind from a table; one that is of that kind already is kept.

        Raises:
            ConfigurationError: if the table does not make one.
        """
        if isinstance(table, kind):
            return table
        thing = self.built(table, SPACES if kind is Space else _making(kind), what, path)
        if not isinstance(thing, kind):
            raise wrong(f"{path}.type", f"{table['type']!r} makes {_told(thing)}, expected {what}.")
        return thing

    def built(self, table: Any, known: Mapping[str, Any], what: str, path: str) -> Any:
        """Make whatever a table makes."""
        if not isinstance(table, Mapping):
            raise wrong(path, f'expected {what}, as in {{type = "Name", ...}}, got {_told(table)}.')
        if "type" not in table:
            raise wrong(path, f'{what} needs a type, as in {{type = "Name", ...}}.')
        maker = self.named(table["type"], known, f"{path}.type")
        if not callable(maker):
            raise wrong(
                f"{path}.type", f"{table['type']!r} is {_told(maker)}, which makes nothing."
            )
        given = {key: value for key, value in table.items() if key != "type"}
        if maker in SPACES.values():
            arguments = self._of_space(maker, given, path)
        else:
            hints = _hints(maker)
            arguments = {
                key: self.value(raw, hints.get(key, Any), f"{path}.{key}")
                for key, raw in given.items()
            }
        arguments = _complete(maker, arguments, str(table["type"]), path)
        return _tried(lambda: maker(**arguments), path)

    def named(self, name: Any, known: Mapping[str, Any], path: str) -> Any:
        """Return what a name stands for: one of the known, or a trusted `module:object`."""
        if not isinstance(name, str):
            raise wrong(path, f"expected a name, got {_told(name)}.")
        if name in known:
            return known[name]
        if ":" not in name:
            raise wrong(path, f"nothing is named {name!r}{nearest(name, known)}{_listed(known)}")
        if not self.trust:
            raise wrong(
                path,
                f"{name!r} would be imported, which runs code of that module. If you trust the "
                "document, say so: load(..., trust=True), or `statewrap act --trust`.",
            )
        return _imported(name, path)

    def value(self, raw: Any, hint: Any, path: str) -> Any:
        """Return the argument that a part of the document stands for.

        Args:
            raw: the part.
            hint: the annotation of the argument.
            path: where it stands.
        """
        wanted = _members(hint)
        if isinstance(raw, Mapping):
            return self._table(raw, path)
        if isinstance(raw, list):
            items = [self.value(item, Any, f"{path}[{i}]") for i, item in enumerate(raw)]
            return _numbers(items) if Any in wanted or np.ndarray in wanted else items
        if isinstance(raw, str) and Callable in wanted:
            return self.named(raw, _functions(), path)
        if isinstance(raw, str) and Path in wanted:
            return self.base / raw
        _check_plain(raw, wanted, path)
        return raw

    def _table(self, raw: Mapping[str, Any], path: str) -> Any:
        if "type" in raw:
            return self.built(raw, {**box(), **SPACES}, "an object", path)
        if "npz" in raw:
            return _tried(lambda: from_npz(raw, self.base), path)
        if "base64" in raw:
            return _tried(lambda: array_of(raw), path)
        return {key: self.value(item, Any, f"{path}.{key}") for key, item in raw.items()}

    def _of_space(self, maker: Any, given: Mapping[str, Any], path: str) -> dict[str, Any]:
        arguments = {key: self._for_space(key, raw, f"{path}.{key}") for key, raw in given.items()}
        if maker is Box:
            dtype = arguments.setdefault("dtype", np.float32)
            for key in ("low", "high"):
                if isinstance(arguments.get(key), list):
                    make = functools.partial(np.array, arguments[key], dtype)
                    arguments[key] = _tried(make, f"{path}.{key}")
        return arguments

    def _for_space(self, key: str, raw: Any, path: str) -> Any:
        if key == "dtype":
            return _tried(lambda: dtype_named(raw).type, path)
        if key in ("space", "node_space", "edge_space"):
            return self.made(raw, Space, "a space", path)
        return self._spaces(raw, path) if key == "spaces" else self.value(raw, list, path)

    def _spaces(self, raw: Any, path: str) -> Any:
        if isinstance(raw, Mapping):
            return {k: self.made(v, Space, "a space", f"{path}.{k}") for k, v in raw.items()}
        if isinstance(raw, list):
            return [self.made(v, Space, "a space", f"{path}[{i}]") for i, v in enumerate(raw)]
        raise wrong(path, f"expected spaces, got {_told(raw)}.")


def _imported(name: str, path: str) -> Any:
    module, _, qualified = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise wrong(path, f"{name!r} cannot be imported: {_said(error)}") from error
    return found


def _complete(maker: Any, arguments: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    """Check argument names, and fill in None for what may be None, since TOML cannot say it."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except ValueError:  # a builtin that tells nothing
        return arguments
    takes = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        check_keys(arguments, [p.name for p in takes], path, name)
    hints = _hints(maker)
    for parameter in takes:
        if parameter.name in arguments or parameter.default is not parameter.empty:
            continue
        if type(None) not in _members(hints.get(parameter.name, int)):
            raise wrong(path, f"{name} needs {parameter.name!r}, which is missing.")
        arguments[parameter.name] = None
    return arguments


def _hints(maker: Any) -> dict[str, Any]:
    """Return the annotations of what a class or a function takes; none if they do not resolve."""
    source = maker
    if isinstance(maker, type) and not attrs.has(maker):
        source = maker.__init__  # type: ignore[misc]  # asked for its annotations alone
    try:
        return typing.get_type_hints(source)
    except Exception:  # noqa: BLE001 - names that only a type checker sees
        return {}


def _members(hint: Any) -> list[Any]:
    """Return the members of a union, each without its parameters; choices stay `Literal`s."""
    if typing.get_origin(hint) in _UNIONS:
        return [member for part in typing.get_args(hint) for member in _members(part)]
    origin = typing.get_origin(hint)
    if origin is Literal:
        return [hint]
    return [hint if origin is None else Callable if origin is _CALLABLE else origin]


_CALLABLE: Final = typing.get_origin(Callable[[], None])


def _check_plain(raw: Any, wanted: list[Any], path: str) -> None:
    """Compare a number, a truth value or a string with the annotation, where that is plain."""
    choices = [value for hint in wanted for value in typing.get_args(hint)]
    kinds = [hint for hint in wanted if hint in _PLAIN]
    if len(kinds) + sum(typing.get_origin(hint) is Literal for hint in wanted) < len(wanted):
        return
    if raw in choices or type(raw) in kinds or (type(raw) is int and float in kinds):
        return
    if choices:
        close = nearest(raw, map(str, choices)) if isinstance(raw, str) else "."
        raise wrong(path, f"expected one of {', '.join(map(repr, choices))}, got {raw!r}{close}")
    names = " or ".join(_WORDS[kind] for kind in kinds if kind is not type(None))
    raise wrong(path, f"expected {names}, got {_told(raw)}.")


_WORDS: Final = {int: "a whole number", float: "a number", bool: "true or false", str: "a string"}


def _numbers(items: list[Any]) -> Any:
    """Return nested lists of numbers as an array, int64 or float64; other lists as they are."""
    try:
        array = np.array(items)
    except ValueError:
        return items
    return array if array.dtype.kind in "if" and array.size else items


def _tried(make: Callable[[], Any], path: str) -> Any:
    try:
        return make()
    except Exception as error:
        raise wrong(path, _said(error)) from error


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _told(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def _listed(names: Iterable[str]) -> str:
    names = sorted(names)
    return f" There are: {', '.join(names)}." if names else ""

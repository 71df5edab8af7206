"""Tables that make objects: `{type = "TimeLimit", max_episode_steps = 500}`.

Every error names the path in the document (`wrappers[1].num_repeats`) and, where a name is
wrong, the nearest one that exists.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final

import attrs
import gymnasium.spaces
import numpy as np
from gymnasium.spaces import Box, Space

import statewrap.policies.mlp  # for the name that it registers
import statewrap.wrappers
from statewrap.core.policy import Policy
from statewrap.core.registry import nearest, registered
from statewrap.package.arrays import array_of, dtype_named, from_npz
from statewrap.package.places import listed, said, told, wrong
from statewrap.package.signatures import check_plain, complete, hints_of, members

SPACES: Final[Mapping[str, Any]] = {
    name: getattr(gymnasium.spaces, name)
    for name in (
        *("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text"),
        *("Dict", "Tuple", "Sequence", "Graph", "OneOf"),
    )
}

_ARRAYS: Final = {Any, object, np.ndarray}
"""Annotations of arguments in which a list of numbers means an array."""
_PATHS: Final = {Path, PathLike}
"""Annotations of arguments in which a string is relative to the document."""


def box() -> dict[str, Any]:
    """Return the names that may be used without trust, spaces apart: the box's and registered."""
    names = statewrap.wrappers.__all__
    return registered() | {name: getattr(statewrap.wrappers, name) for name in names}


def _making(kind: type) -> dict[str, Any]:
    """Return the names of what makes objects of a kind, as far as that can be told."""
    return {name: thing for name, thing in box().items() if issubclass(_makes(thing, kind), kind)}


def _makes(thing: Any, unknown: type) -> type:
    made = thing if isinstance(thing, type) else hints_of(thing).get("return")
    return made if isinstance(made, type) and made is not object else unknown


def policies() -> dict[str, Any]:
    """Return the names of what may make a policy: the classes of policies, and any function."""
    return {name: thing for name, thing in registered().items() if _may_make_policy(thing)}


def _may_make_policy(thing: Any) -> bool:
    return issubclass(thing, Policy) if isinstance(thing, type) else callable(thing)


def _functions() -> dict[str, Any]:
    return {name: thing for name, thing in box().items() if not isinstance(thing, type)}


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
            raise wrong(f"{path}.type", f"{table['type']!r} makes {told(thing)}, expected {what}.")
        return thing

    def built(self, table: Any, known: Mapping[str, Any], what: str, path: str) -> Any:
        """Make whatever a table makes."""
        if not isinstance(table, Mapping):
            raise wrong(path, f'expected {what}, as in {{type = "Name", ...}}, got {told(table)}.')
        if "type" not in table:
            raise wrong(path, f'{what} needs a type, as in {{type = "Name", ...}}.')
        maker = self.named(table["type"], known, f"{path}.type")
        if not callable(maker):
            raise wrong(f"{path}.type", f"{table['type']!r} is {told(maker)}, which makes nothing.")
        given = {key: value for key, value in table.items() if key != "type"}
        if maker in SPACES.values():
            arguments = self._of_space(maker, given, path)
        else:
            hints = hints_of(maker)
            arguments = {
                key: self.value(raw, hints.get(key, Any), f"{path}.{key}")
                for key, raw in given.items()
            }
        arguments = complete(maker, arguments, str(table["type"]), path)
        return _tried(lambda: maker(**arguments), path)

    def named(self, name: Any, known: Mapping[str, Any], path: str) -> Any:
        """Return what a name stands for: one of the known, or a trusted `module:object`."""
        if not isinstance(name, str):
            raise wrong(path, f"expected a name, got {told(name)}.")
        if name in known:
            return known[name]
        if ":" not in name:
            raise wrong(path, f"nothing is named {name!r}{nearest(name, known)}{listed(known)}")
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
        wanted = members(hint)
        if isinstance(raw, Mapping):
            return self._table(raw, path)
        if isinstance(raw, list):
            items = [self.value(item, Any, f"{path}[{i}]") for i, item in enumerate(raw)]
            if tuple in wanted and list not in wanted:
                return tuple(items)
            return items if _ARRAYS.isdisjoint(wanted) else _numbers(items)
        if isinstance(raw, str) and Callable in wanted:
            return self.named(raw, _functions(), path)
        if isinstance(raw, str) and not _PATHS.isdisjoint(wanted):
            return self.base / raw
        check_plain(raw, wanted, path)
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
        raise wrong(path, f"expected spaces, got {told(raw)}.")


def _imported(name: str, path: str) -> Any:
    module, _, qualified = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise wrong(path, f"{name!r} cannot be imported: {said(error)}") from error
    return found


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
        raise wrong(path, said(error)) from error

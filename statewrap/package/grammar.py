"""Tables that make objects: `{type = "TimeLimit", max_episode_steps = 500}`.

Every error names the path in the document (`wrappers[1].num_repeats`) and, where a name is
wrong, the nearest one that exists.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.registry import nearest
from statewrap.package import guard, names
from statewrap.package.arrays import array_of, array_said, from_npz
from statewrap.package.guard import Allowance
from statewrap.package.places import TRUST, inside, listed, told, tried, wrong
from statewrap.package.recipe import Origin
from statewrap.package.signatures import (
    check_plain,
    choices,
    complete,
    hints_of,
    members,
    named_arguments,
    within,
)
from statewrap.package.spaces import of_space
from statewrap.package.texts import is_table
from statewrap.stats.reducers import BY_NAME, Reducer

_ARRAYS: Final = {Any, object, np.ndarray}
"""Annotations of arguments in which a list of numbers means an array."""
_TUPLES: Final = {tuple, Sequence, Iterable}
"""Annotations of arguments in which a list means a tuple, unless lists are named as well."""
PATHS: Final = {Path, PathLike}
"""Annotations of arguments in which a string is relative to the document."""
_ANONYMOUS: Final = frozenset({type(None), bool, int, float, str, bytes, tuple, np.ndarray})
"""What says itself, and may be one object in many places."""
_HOW: Final = ("_args_", "_partial_", "_convert_", "_recursive_")
"""What Hydra says of a call, beside its `_target_`."""


@attrs.frozen
class Call:
    """A table with a `type` or a `_target_`, taken apart."""

    name: Any
    at: str
    """Where the name stands."""
    given: dict[str, Any]
    positional: list[Any]
    partial: bool
    recursive: bool

    @property
    def said(self) -> tuple[Any, str]:
        """The name, and where it stands."""
        return self.name, self.at


@attrs.frozen
class Maker:
    """Turns parts of a document into objects.

    Args:
        base: the folder to which file names are relative.
        trust: whether names are imported that are neither the box's nor registered.
        confined: whether files must lie in `base`, as those that are written.
        importing: gives what a trusted name stands for; it takes the name and its path.
        allowance: how much memory its spaces may still ask for.
        origins: where to note how each object was made.
    """

    base: Path
    trust: bool
    confined: bool = False
    importing: Callable[[str, str], Any] = names.imported
    allowance: Allowance = attrs.field(factory=Allowance)
    origins: list[Origin] = attrs.field(factory=list)

    def made(self, table: Any, kind: type, what: str, path: str) -> Any:
        """Make an object of a kind from a table; one that is of that kind already is kept.

        Raises:
            ConfigurationError: if the table does not make one.
        """
        if isinstance(table, kind):
            return table
        known = names.SPACES if kind is Space else names.making(kind)
        thing = self.built(table, known, what, path)
        if not isinstance(thing, kind):
            name, at = pointed(table, path) or called(table, what, path).said
            raise wrong(at, f"{name!r} makes {told(thing)}, expected {what}.")
        return thing

    def built(self, table: Any, known: Mapping[str, Any], what: str, path: str) -> Any:
        """Make whatever a table makes, or return what it only names.

        Raises:
            ConfigurationError: if it makes nothing.
        """
        only = pointed(table, path)
        if only is not None:
            return self.named(only[0], {**names.anything(), **known}, only[1])
        call = called(table, what, path)
        if not (call.recursive or self.trust):
            raise wrong(
                inside(path, "_recursive_"),
                "what is within would reach the object as it stands, which needs trust=True.",
            )
        maker = self.named(call.name, known, call.at)
        if not callable(maker):
            raise wrong(call.at, f"{call.name!r} is {told(maker)}, which makes nothing.")
        if maker in names.SPACES.values():
            return self._space(maker, call, path)
        return self._called(maker, call, path)

    def _called(self, maker: Any, call: Call, path: str) -> Any:
        """Call what a table names."""
        rest, by_place = named_arguments(maker, call.positional, inside(path, "_args_"))
        for name in by_place.keys() & call.given.keys():
            raise wrong(inside(path, name), f"it is given here and among _args_ of {call.name}.")
        hints = hints_of(maker)
        first = [self.value(raw, Any, f"{path}._args_[{i}]") for i, raw in enumerate(rest)]
        arguments = {
            key: self.value(raw, hints.get(key, Any), inside(path, key)) if call.recursive else raw
            for key, raw in (by_place | call.given).items()
        }
        if not self.trust:
            guard.no_imports(maker, arguments, path)
            guard.no_home(maker, arguments, path)
        if not call.partial and not rest:
            arguments = complete(maker, arguments, str(call.name), path)
        make = functools.partial(maker, *first, **arguments)
        thing = make if call.partial else tried(make, path)
        if type(thing) not in _ANONYMOUS:
            origin = Origin(thing, str(call.name), maker, tuple(first), arguments, call.partial)
            self.origins.append(origin)
        return thing

    def _space(self, maker: Any, call: Call, path: str) -> Space[Any]:
        rest, by_place = named_arguments(maker, call.positional, inside(path, "_args_"))
        if rest or call.partial or not call.recursive:
            raise wrong(path, "a space is made of named arguments.")
        arguments = of_space(self, maker, by_place | call.given, path)
        arguments = complete(maker, arguments, str(call.name), path)
        self.allowance.take(maker, arguments, path)
        space: Space[Any] = tried(lambda: maker(**arguments), path)
        return space

    def named(self, name: Any, known: Mapping[str, Any], path: str) -> Any:
        """Return what a name stands for: one of the known, or what is imported, if trusted."""
        if not isinstance(name, str):
            raise wrong(path, f"expected a name, got {told(name)}.")
        thing = names.found(name, known)
        if thing is not None:
            return thing
        if ":" in name and not self.trust:
            raise wrong(
                path,
                f"{name!r} would be imported, which runs code of that module. If you trust the "
                f"document, say so: {TRUST}.",
            )
        if self.trust and ("." in name or ":" in name):
            return self.importing(name, path)
        hint = f" To import it needs trust: {TRUST}." if "." in name and not self.trust else ""
        near = max(nearest(name, known), nearest(name.split(".")[-1], known), key=len)
        raise wrong(path, f"nothing is named {name!r}{near}{hint}{listed(known)}")

    def value(self, raw: Any, hint: Any, path: str) -> Any:
        """Return the argument that a part of the document stands for.

        Args:
            raw: the part.
            hint: the annotation of the argument.
            path: where it stands.
        """
        wanted = members(hint)
        if is_table(raw):
            return self._table(raw, hint, path)
        if isinstance(raw, list):
            return self._list(raw, hint, path)
        if isinstance(raw, str):
            return self._word(raw, wanted, path)
        check_plain(raw, wanted, path)
        return raw

    def _list(self, raw: list[Any], hint: Any, path: str) -> Any:
        held, wanted = within(hint), members(hint)
        items = [self.value(item, held, f"{path}[{i}]") for i, item in enumerate(raw)]
        if not _TUPLES.isdisjoint(wanted) and list not in wanted:
            return tuple(items)
        return items if _ARRAYS.isdisjoint(wanted) else _numbers(items)

    def _word(self, raw: str, wanted: list[Any], path: str) -> Any:
        if Callable in wanted and raw not in choices(wanted):
            known = names.functions()
            if str not in wanted or names.found(raw, known) is not None or ":" in raw:
                return self.named(raw, known, path)
        if not PATHS.isdisjoint(wanted):
            return self.file(raw, path)
        if Reducer in wanted:
            return self.named(raw, BY_NAME, path)
        if np.dtype in wanted:
            return tried(lambda: np.dtype(raw), path)
        if self.confined and not self.trust:
            guard.no_way_out(raw, path)
        check_plain(raw, wanted, path)
        return raw

    def file(self, raw: str, path: str) -> Path:
        """Return the place of a file."""
        if self.confined and not self.trust:
            guard.no_way_out(raw, path)
        return self.base / raw if self.trust else guard.no_device(self.base / raw, path)

    def _table(self, raw: Mapping[str, Any], hint: Any, path: str) -> Any:
        if "type" in raw or "_target_" in raw or pointed(raw, path):
            return self._object(raw, path)
        if "npz" in raw:
            name = raw["npz"] if isinstance(raw["npz"], str) else ""
            self.file(name, inside(path, "npz"))
            return tried(lambda: from_npz(raw, self.base), path)
        if "base64" in raw:
            return tried(lambda: array_of(raw), path)
        if "array" in raw:
            return tried(lambda: array_said(raw), path)
        held = within(hint)
        return {key: self.value(item, held, inside(path, key)) for key, item in raw.items()}

    def _object(self, raw: Mapping[str, Any], path: str) -> Any:
        known = {**names.anything(), **(names.sinks() if self.confined else {})}
        return self.built(raw, known, "an object", path)


_GETTERS: Final = tuple(
    f"hydra.utils.get_{what}" for what in ("class", "method", "object", "static_method")
)
"""Hydra's words for what is named, and not called."""


def pointed(table: Any, path: str) -> tuple[Any, str] | None:
    """Return the name that a table only names, and where that stands; None if it makes an object.

    >>> pointed({"named": "plant.celsius"}, "policy")
    ('plant.celsius', 'policy.named')
    """
    if not is_table(table):
        return None
    if table.keys() == {"named"}:
        return table["named"], inside(path, "named")
    target = table.get("_target_", table.get("type"))
    if isinstance(target, str) and target.replace(":", ".") in _GETTERS:
        return table.get("path"), inside(path, "path")
    return None


def called(table: Any, what: str, path: str) -> Call:
    """Take apart a table that makes an object.

    Raises:
        ConfigurationError: if it is none, or says of the call what cannot be done.
    """
    if not is_table(table):
        raise wrong(path, f'expected {what}, as in {{type = "Name", ...}}, got {told(table)}.')
    keys = [key for key in ("type", "_target_") if key in table]
    if not keys:
        raise wrong(path, f'{what} needs a type, as in {{type = "Name", ...}}.')
    if len(keys) == 2:
        raise wrong(path, "it has both a type and a _target_, which mean the same. Keep one.")
    convert = table.get("_convert_", "all")
    if convert not in ("all", "partial"):
        raise wrong(
            inside(path, "_convert_"),
            f'{convert!r} would pass OmegaConf\'s own containers. Write "all" or leave it out: '
            "objects are given plain dicts and lists.",
        )
    positional = table.get("_args_", [])
    if not isinstance(positional, (list, tuple)):
        raise wrong(inside(path, "_args_"), f"expected a list, got {told(positional)}.")
    given = {key: value for key, value in table.items() if key not in (*keys, *_HOW)}
    partial, recursive = (_flag(table, key, path) for key in ("_partial_", "_recursive_"))
    return Call(table[keys[0]], inside(path, keys[0]), given, list(positional), partial, recursive)


def _flag(table: Mapping[str, Any], key: str, path: str) -> bool:
    value = table.get(key, key == "_recursive_")
    if not isinstance(value, bool):
        raise wrong(inside(path, key), f"expected true or false, got {told(value)}.")
    return value


def _numbers(items: list[Any]) -> Any:
    """Return nested lists of numbers as an array, int64 or float64; other lists as they are."""
    try:
        array = np.array(items)
    except (ValueError, OverflowError):
        return items
    return array if array.dtype.kind in "if" and array.size else items

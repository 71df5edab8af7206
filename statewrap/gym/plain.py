"""Stacks and memories as plain data, which JSON holds, so that an `EnvSpec` can say them.

    {"type": "TimeLimit", "max_episode_steps": 500}           an attrs object or a NamedTuple
    {"stack": [{"type": "TimeLimit", ...}, ...]}              a stack
    {"type": "Box", "low": 0.0, "high": 1.0, ...}             a space
    {"dtype": "float32", "shape": [2], "base64": "..."}       an array; a numpy scalar has shape []
    {"name": "halve"}                                         a function or a class
    {"tuple": [...]}, {"items": [[key, value], ...]}          a tuple; a dict with other keys

Names are registered ones, or `module:qualname`, which is imported when it is read, if that is
trusted. A `type` makes plain data only, whoever is trusted.
"""

from __future__ import annotations

import importlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.errors import ConfigurationError
from statewrap.core.registry import lookup, name_of, script_of
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack

_SPACES: Final[dict[str, tuple[str, ...]]] = {
    "Box": ("low", "high", "shape", "dtype"),
    "Discrete": ("n", "start", "dtype"),
    "MultiDiscrete": ("nvec", "dtype", "start"),
    "MultiBinary": ("n",),
    "Text": ("max_length", "min_length", "charset"),
    "Tuple": ("spaces",),
    "Dict": ("spaces",),
    "Sequence": ("space", "stack"),
    "Graph": ("node_space", "edge_space"),
    "OneOf": ("spaces",),
}
"""Name of a space, to the arguments that make it."""
_ATTRIBUTES: Final = {("Text", "charset"): "characters", ("Sequence", "space"): "feature_space"}
"""Where an argument is kept under another name."""
_MARKS: Final = {
    "type": str,
    "stack": list,
    "dtype": str,
    "name": str,
    "tuple": list,
    "items": list,
}
"""By what a form is told from a dict of the user's, and what stands there."""

_NUMBERS: Final = frozenset(
    {"builtins:bool", "builtins:int", "builtins:float"}
    | {f"numpy:{kind.__name__}" for kind in set(np.sctypeDict.values())}
)
"""The types of numbers, which may always be named."""


class NotPlainError(ValueError):
    """A value has no plain form."""


def plain(value: Any) -> Any:
    """Return the plain form of a value.

    Raises:
        NotPlainError: if it has none, as a lambda or an object of a class that is not known has.

    >>> from statewrap.wrappers import TimeLimit
    >>> plain(Stack(TimeLimit(9)))
    {'stack': [{'type': 'TimeLimit', 'max_episode_steps': 9}]}
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value))
    if isinstance(value, np.dtype):
        return {"dtype": value.name}
    if kind is list:
        return [plain(item) for item in value]
    if kind is tuple:
        return {"tuple": [plain(item) for item in value]}
    if kind is dict:
        return _dict(value)
    if isinstance(value, spaces.Space):
        return _space(value)
    if kind is Stack:
        return {"stack": [plain(wrapper) for wrapper in value]}
    if isinstance(value, type) or not (attrs.has(kind) or hasattr(kind, "_fields")):
        return _named(value)
    return _object(value)


def said(value: Any) -> Any:
    """Return the plain form if reading it gives the value again, else the value itself.

    >>> said(len), said(lambda: 0)
    ({'name': 'builtins:len'}, <function <lambda> at ...>)
    """
    try:
        form = plain(value)
        again = read(json.loads(json.dumps(form)))
    except (TypeError, ValueError, AttributeError, ImportError, RecursionError):
        return value
    return form if same(again, value) else value


def read(form: Any, *, trust: bool = True) -> Any:
    """Return the value of a plain form; what is none is returned as it is.

    Args:
        form: the form.
        trust: whether names of the form `module:qualname` are imported.

    Raises:
        ConfigurationError: if a name stands for nothing, or for something that may not be made.
    """
    if isinstance(form, list):
        return [read(item, trust=trust) for item in form]
    if type(form) is not dict:
        return form
    held = {mark: form[mark] for mark, kind in _MARKS.items() if type(form.get(mark)) is kind}
    if "type" in held:
        return _made(form, trust=trust)
    if "stack" in held:
        return Stack(*(read(wrapper, trust=trust) for wrapper in held["stack"]))
    if "base64" in form and "dtype" in held:
        array = np.frombuffer(b64decode(form["base64"]), np.dtype(form["dtype"]).newbyteorder("<"))
        return array.astype(form["dtype"]).reshape(form["shape"])[()]
    if "dtype" in held:
        return np.dtype(held["dtype"])
    if "name" in held:
        return _found(held["name"], trust=trust)
    if "tuple" in held:
        return tuple(read(item, trust=trust) for item in held["tuple"])
    pairs = held.get("items", form.items())
    return {read(key, trust=trust): read(item, trust=trust) for key, item in pairs}


def _array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    if array.dtype.kind not in "biuf" or np.dtype(array.dtype.name) != array.dtype:
        raise NotPlainError(f"arrays of {array.dtype} have no plain form")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    text = b64encode(little.tobytes()).decode("ascii")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "base64": text}


def _dict(value: Mapping[Any, Any]) -> dict[str, Any]:
    if all(type(key) is str for key in value) and _MARKS.keys().isdisjoint(value):
        return {key: plain(item) for key, item in value.items()}
    return {"items": [[plain(key), plain(item)] for key, item in value.items()]}


def _named(thing: Any) -> dict[str, str]:
    name = name_of(thing)
    if name is None:
        raise NotPlainError(f"{thing!r} has no name by which it could be found again")
    return {"name": name}


def _object(value: Any) -> dict[str, Any]:
    """Say an object by its class and what makes it, defaults left out."""
    kind = type(value)
    if attrs.has(kind):
        made_of = {
            f.alias: (getattr(value, f.name), f.default) for f in attrs.fields(kind) if f.init
        }
    else:
        defaults = kind._field_defaults
        made_of = {n: (getattr(value, n), defaults.get(n, attrs.NOTHING)) for n in kind._fields}
    if "type" in made_of:
        raise NotPlainError(f"{kind.__name__} has an argument named type")
    told = {name: plain(part) for name, (part, usual) in made_of.items() if not same(part, usual)}
    return {"type": _named(kind)["name"], **told}


def _space(space: Any) -> dict[str, Any]:
    kind = type(space).__name__
    if getattr(spaces, kind, None) is not type(space):
        raise NotPlainError(f"{space} is of a class of its own")
    parts = {name: getattr(space, _ATTRIBUTES.get((kind, name), name)) for name in _SPACES[kind]}
    if kind == "MultiBinary":
        parts["n"] = list(space.shape) if len(space.shape) > 1 else int(space.n)
    if kind == "Dict":  # an order of their own is kept: a list of pairs is not sorted
        return {
            "type": kind,
            "spaces": [[key, plain(part)] for key, part in parts["spaces"].items()],
        }
    if kind in ("Tuple", "OneOf"):
        return {"type": kind, "spaces": [plain(part) for part in parts["spaces"]]}
    return {"type": kind} | {name: plain(_shortest(part)) for name, part in parts.items()}


def _shortest(part: Any) -> Any:
    """Say the bounds of a Box by one number where they are all the same."""
    if isinstance(part, np.ndarray) and part.dtype.kind == "f" and part.size > 1:
        first = part.flat[0]
        return float(first) if np.all(part == first) else part
    return part


def _made(form: Mapping[str, Any], *, trust: bool) -> Any:
    name = form["type"]
    given = {key: read(item, trust=trust) for key, item in form.items() if key != "type"}
    if name not in _SPACES:
        return _class(name, trust=trust)(**given)
    if name == "Dict":
        pairs = [(key, part) for key, part in given["spaces"]]
        return spaces.Dict(pairs, sort_keys=False)
    if "shape" in given:
        given["shape"] = tuple(given["shape"])
    if "dtype" in given:
        given["dtype"] = given["dtype"].type
    return getattr(spaces, name)(**given)


def _class(name: str, *, trust: bool) -> Any:
    """Return the class of plain data that a name stands for."""
    ours = name.startswith("statewrap.")
    kind = _found(name, trust=trust or ours)
    data = isinstance(kind, type) and (attrs.has(kind) or hasattr(kind, "_fields"))
    if not data or (ours and not trust and not kind.__module__.startswith("statewrap.")):
        raise ConfigurationError(
            f"{brief(name)} makes no plain data: a type is an attrs class, a NamedTuple or a space."
        )
    return kind


def _found(name: str, *, trust: bool) -> Any:
    """Return what a name stands for."""
    if ":" not in name:
        return lookup(name)
    if not trust and name not in _NUMBERS:
        raise ConfigurationError(
            f"{name!r} would be imported, which runs code of that module. If you trust who wrote "
            "this, say so: from_spec(..., trust=True). A name that was given by "
            "@statewrap.register needs no trust."
        )
    return imported(name)


def imported(name: str) -> Any:
    """Import what a name `module:object` stands for.

    Raises:
        ConfigurationError: if there is none of the name.
    """
    module, _, path = name.partition(":")
    try:
        found: Any = script_of(module, path) or importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{name!r} cannot be imported: {error}.") from error
    return found

"""The document of a deployment: its configuration in the form that `load` reads."""

from __future__ import annotations

import inspect
from os import PathLike
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from statewrap.core.errors import ConfigurationError
from statewrap.core.policy import FunctionPolicy
from statewrap.core.same import same
from statewrap.core.wrapper import Wrapper
from statewrap.package.arrays import forms
from statewrap.package.places import inside
from statewrap.package.recipe import Configuration
from statewrap.package.texts import plain as copied
from statewrap.package.writing import Writer
from statewrap.stats.statistics import taken

_OPTIONS: Final = ("seed", "session", "on_reset", "check")
_LEARNED: Final = "What was learned is kept in a snapshot: deployment.snapshot(), and restore."
_OWN: Final = frozenset({"type", "statistics", "report_every"})
"""Keys of statistics that a document says without a table of theirs."""
_SEVERAL: Final = frozenset({"key", "step", "episode", "epoch"})
"""Keys of a statistic under which one thing stands for a list of it."""


def document_of(
    configuration: Configuration, *, base: str | PathLike[str] = ".", plain: bool = True
) -> dict[str, Any]:
    """Return the document that `load` reads as this configuration.

    What is as if not said is left out, so that it is the shortest such document.

    Args:
        configuration: what to write.
        base: the folder to which file names are written relative, where they lie in it.
        plain: whether it holds only what TOML, YAML and JSON do; otherwise what cannot be said
            stands in it as the object itself.

    Raises:
        ConfigurationError: if it is to be plain, and something cannot be said; it names the path.

    >>> from statewrap.core.wrapper import Stack
    >>> from statewrap.wrappers import TimeLimit
    >>> document_of(Configuration(stack=Stack(TimeLimit(9)), seed=7))
    {'seed': 7, 'wrappers': [{'type': 'TimeLimit', 'max_episode_steps': 9}]}
    """
    writer = Writer(Path(base), plain, configuration.origin)
    said = configuration.arguments()
    document = {"policy": _policy(said["policy"], writer)} if "policy" in said else {}
    document |= _world(configuration, writer)
    document |= {key: said[key] for key in _OPTIONS if key in said}
    for key in ("fallback", "clock", "memory"):
        if key in said:
            document[key] = _alone(key, said[key], writer)
    document |= _statistics(configuration, writer)
    stack = enumerate(configuration.stack)
    wrappers = [_wrapper(wrapper, writer, f"wrappers[{i}]") for i, wrapper in stack]
    document |= {"wrappers": wrappers} if wrappers else {}
    if configuration.sinks is not None:
        sinks = enumerate(configuration.sinks)
        document["sinks"] = [writer.sink(sink, f"sinks[{i}]") for i, sink in sinks]
    return document


def _policy(policy: Any, writer: Writer) -> Any:
    """Write a policy as it was made, by the name of its function, or with all that it holds."""
    if isinstance(policy, FunctionPolicy):
        return _function(policy.function, writer, "policy")
    origin = writer.origin(policy)
    return writer.fields(policy, "policy") if origin is None else writer.made(origin, "policy")


def _function(function: Any, writer: Writer, path: str) -> Any:
    origin = writer.origin(function)
    if origin is not None:
        return writer.made(origin, path)
    return next(writer.named(function), None) or writer.unsayable(function, path)


def _world(configuration: Configuration, writer: Writer) -> dict[str, Any]:
    if configuration.environment is not None:
        return {"environment": configuration.environment}
    fields = attrs.asdict(configuration.below, recurse=False)
    known = {key: part for key, part in fields.items() if part is not None}
    short = known.keys() <= {"observation_space", "action_space"}
    name = "spaces" if short else "environment"
    table = {key.removesuffix("_space") if short else key: part for key, part in known.items()}
    said = {key: writer.value(part, Any, inside(name, key)) for key, part in table.items()}
    return {name: said} if said else {}


def _alone(key: str, value: Any, writer: Writer) -> Any:
    if key == "memory":
        return writer.unsayable(value, key, _LEARNED)
    if inspect.isroutine(value) or key == "clock":
        return _function(value, writer, key)
    if isinstance(value, np.ndarray):  # a list alone is an array only where the space says so
        table = next((form for form in forms(value) if isinstance(form, dict)), None)
        return writer.unsayable(value, key) if table is None else table
    is_action = isinstance(value, str)  # which alone would be the name of a function
    return {"type": "str", "text": value} if is_action else writer.value(value, Any, key)


def _statistics(configuration: Configuration, writer: Writer) -> dict[str, Any]:
    """Write a list and a number, where there is no more to say than these."""
    statistics = taken(configuration.statistics, configuration.report_every)
    every = enumerate(statistics.statistics)
    listed = [_short(_untyped(writer.fields(one, f"statistics[{i}]"))) for i, one in every]
    own: dict[str, Any] = {"statistics": listed, "report_every": statistics.report_every}
    others = writer.fields(attrs.evolve(statistics, statistics=()), "statistics")
    if not others.keys() <= _OWN:
        own = {"statistics": ({"statistics": listed} if listed else {}) | _untyped(others)}
    return {key: part for key, part in own.items() if part}


def _short(table: Any) -> Any:
    """Write one of something as itself, where several would be a list."""
    if not isinstance(table, dict):
        return table
    ones = {k: v[0] for k, v in table.items() if k in _SEVERAL and _is_one(v)}
    return table | ones


def _is_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def _untyped(table: Any) -> Any:
    """Leave out a type that goes without saying."""
    return {k: v for k, v in table.items() if k != "type"} if isinstance(table, dict) else table


def _wrapper(wrapper: Wrapper[Any], writer: Writer, path: str) -> Any:
    """Write a wrapper, and read it back: what is not equal then is not said."""
    origin = writer.origin(wrapper)
    try:
        table = writer.fields(wrapper, path)
        if table is wrapper or _is_read(table, wrapper, writer):
            return table
    except ConfigurationError:
        if origin is None:
            raise
    return writer.unsayable(wrapper, path) if origin is None else writer.made(origin, path)


def _is_read(table: Any, wrapper: Wrapper[Any], writer: Writer) -> bool:
    back = writer.reader.made(copied(table), Wrapper, "a wrapper", "")
    return same(back, wrapper)

"""What an object was given: the arguments that make it again."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import attrs

from statewrap.core.same import same

_MISSING = inspect.Parameter.empty


def given_to(value: Any) -> dict[str, Any] | None:
    """Return the arguments that make an object again, without those that are as if not given.

    Those of an attrs class and a NamedTuple are their fields. Any other class has to keep each
    argument under its name, or with an underscore before it.

    Returns:
        None if an argument is not kept.

    >>> from statewrap.wrappers import FrameStackObservation
    >>> given_to(FrameStackObservation(4))
    {'stack_size': 4}
    """
    given = {}
    for name, kept, defaults in _parts(value):
        if kept is _MISSING:
            return None
        if not any(same(kept, default) for default in defaults):
            given[name] = kept
    return given


def may_be_left_out(maker: Any, name: str) -> bool:
    """Tell whether an argument that is left out of a document is None."""
    try:
        parameter = inspect.signature(maker).parameters.get(name)
    except ValueError:
        return False
    return parameter is not None and (
        parameter.default is None or parameter.default is parameter.empty
    )


def _parts(value: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    """Give the name of each argument, what was given, and what stands for the default."""
    kind = type(value)
    if attrs.has(kind):
        for field in attrs.fields(kind):
            if field.init:
                yield field.alias or field.name, getattr(value, field.name), _defaults(field, value)
    elif isinstance(value, tuple):
        for name in getattr(kind, "_fields", ()):
            yield name, getattr(value, name), []
    else:
        yield from _by_signature(value)


def _defaults(field: attrs.Attribute[Any], value: Any) -> list[Any]:
    """Return the default of a field, as it is and converted; an empty list if there is none."""
    default: Any = field.default
    if default is attrs.NOTHING:
        return []
    try:
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class at run time
            default = default.factory(value) if default.takes_self else default.factory()
        return [default, field.converter(default)] if callable(field.converter) else [default]
    except Exception:  # noqa: BLE001 - a default need not pass its converter
        return [default]


def _by_signature(value: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    kind = type(value)
    if kind.__init__ is object.__init__:
        return
    for parameter in list(inspect.signature(kind).parameters.values()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield parameter.name, _MISSING, []
            continue
        default = parameter.default
        defaults = [] if default is _MISSING else [default]
        yield parameter.name, _kept(value, parameter.name), defaults


def _kept(value: Any, name: str) -> Any:
    """Return what an object keeps under the name of an argument."""
    return getattr(value, name, getattr(value, f"_{name}", _MISSING))

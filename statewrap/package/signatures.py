"""What a class or a function takes, told by its signature and its annotations."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import attrs

from statewrap.core.registry import nearest
from statewrap.package.places import check_keys, told, wrong

_PLAIN: Final = (int, float, bool, str, type(None))
_UNIONS: Final = (typing.Union, types.UnionType)
_CALLABLE: Final = typing.get_origin(Callable[[], None])
_CONTAINERS: Final = (tuple, list, Sequence, Iterable, set, frozenset)
_MAPPINGS: Final = (dict, Mapping)
_WORDS: Final = {int: "a whole number", float: "a number", bool: "true or false", str: "a string"}


def named_arguments(maker: Any, given: list[Any], path: str) -> tuple[list[Any], dict[str, Any]]:
    """Give positional arguments the names that a signature has for them; return the others first.

    Raises:
        ConfigurationError: if it takes fewer.
    """
    try:
        parameters = list(inspect.signature(maker).parameters.values())
    except ValueError:  # a builtin that tells nothing
        return given, {}
    if any(p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL) for p in parameters):
        return given, {}
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(given) > len(names):
        raise wrong(path, f"{len(given)} arguments are given, it takes {len(names)} by position.")
    return [], dict(zip(names, given, strict=False))


def complete(maker: Any, arguments: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    """Check argument names, and fill in None for what may be None, since TOML cannot say it."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except ValueError:  # a builtin that tells nothing
        return arguments
    takes = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        check_keys(arguments, [p.name for p in takes], path, name)
    hints = hints_of(maker)
    for parameter in takes:
        if parameter.name in arguments or parameter.default is not parameter.empty:
            continue
        if type(None) not in members(hints.get(parameter.name, int)):
            raise wrong(path, f"{name} needs {parameter.name!r}, which is missing.")
        arguments[parameter.name] = None
    return arguments


def hints_of(maker: Any) -> dict[str, Any]:
    """Return the annotations of what a class or a function takes; none if they do not resolve."""
    source = maker
    if isinstance(maker, type) and not (attrs.has(maker) or hasattr(maker, "_fields")):
        source = maker.__init__  # type: ignore[misc]  # asked for its annotations alone
    try:
        return typing.get_type_hints(source)
    except Exception:  # noqa: BLE001 - names that only a type checker sees
        return {}


def members(hint: Any) -> list[Any]:
    """Return the members of a union, each without its parameters; choices stay `Literal`s."""
    if typing.get_origin(hint) in _UNIONS:
        return [member for part in typing.get_args(hint) for member in members(part)]
    origin = typing.get_origin(hint)
    if origin is Literal:
        return [hint]
    return [hint if origin is None else Callable if origin is _CALLABLE else origin]


def within(hint: Any) -> Any:
    """Return the annotation of what a container holds, by the container's own; Any if unknown.

    >>> within(tuple[int, ...] | None), within(Mapping[str, float]), within(tuple)
    (<class 'int'>, <class 'float'>, typing.Any)
    """
    held = list(_held(hint))
    return typing.Union[tuple(held)] if held else Any  # noqa: UP007 - of a list


def _held(hint: Any) -> Iterator[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        for part in arguments:
            yield from _held(part)
    elif origin in _CONTAINERS:
        yield from (part for part in arguments if part is not Ellipsis)
    elif origin in _MAPPINGS:
        yield arguments[-1]


def choices(wanted: list[Any]) -> list[Any]:
    """Return the values that a union of annotations lists as `Literal`s."""
    return [value for hint in wanted for value in typing.get_args(hint)]


def check_plain(raw: Any, wanted: list[Any], path: str) -> None:
    """Compare a number, a truth value or a string with the annotation, where that is plain."""
    words = choices(wanted)
    kinds = [hint for hint in wanted if hint in _PLAIN]
    if len(kinds) + sum(typing.get_origin(hint) is Literal for hint in wanted) < len(wanted):
        return
    if raw in words or type(raw) in kinds or (type(raw) is int and float in kinds):
        return
    if words:
        close = nearest(raw, map(str, words)) if isinstance(raw, str) else "."
        raise wrong(path, f"expected one of {', '.join(map(repr, words))}, got {raw!r}{close}")
    names = " or ".join(_WORDS[kind] for kind in kinds if kind is not type(None))
    raise wrong(path, f"expected {names}, got {told(raw)}.")

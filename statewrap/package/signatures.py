"""What a class or a function takes, told by its signature and its annotations."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, Final, Literal

import attrs

from statewrap.core.registry import nearest
from statewrap.package.places import check_keys, told, wrong

_PLAIN: Final = (int, float, bool, str, type(None))
_UNIONS: Final = (typing.Union, types.UnionType)
_CALLABLE: Final = typing.get_origin(Callable[[], None])
_WORDS: Final = {int: "a whole number", float: "a number", bool: "true or false", str: "a string"}


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
    if isinstance(maker, type) and not attrs.has(maker):
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


def check_plain(raw: Any, wanted: list[Any], path: str) -> None:
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
    raise wrong(path, f"expected {names}, got {told(raw)}.")

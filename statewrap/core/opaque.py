"""What has no name: it is known in this process alone, by a token that no other process gives."""

from __future__ import annotations

import uuid
import weakref
from types import CodeType
from typing import Any, Final

_tokens: Final[dict[int, str]] = {}
_immortal: Final[list[Any]] = []

KNOWN_TO_ONE: Final = "known to one process as"
"""The words by which a text says that it is of this process alone."""


def opaque(thing: Any) -> str:
    """Return a text that stands for this object, and for no other, in this process alone.

    >>> double = lambda x: 2 * x
    >>> opaque(double) == opaque(double) != opaque(lambda x: 2 * x)
    True
    """
    return f"{described(thing)}, {KNOWN_TO_ONE} {token(thing)}"


def described(thing: Any) -> str:
    """Say for a person what has no name."""
    name = getattr(thing, "__qualname__", None)
    code = getattr(thing, "__code__", None)
    if type(name) is not str:
        return f"a {type(thing).__module__}.{type(thing).__qualname__}"
    module = getattr(thing, "__module__", None) or "builtins"  # a method of a builtin has none
    if not isinstance(code, CodeType):
        return f"{module}.{name}"
    return f"{module}.{name} at {code.co_filename}:{code.co_firstlineno}"


def token(thing: Any) -> str:
    """Return what stands for this object, and for no other, in this process alone."""
    if id(thing) not in _tokens:
        try:
            weakref.finalize(thing, _tokens.pop, id(thing), None)
        except TypeError:
            _immortal.append(thing)  # lest another object is given its id
    return _tokens.setdefault(id(thing), uuid.uuid4().hex)

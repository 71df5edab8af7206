"""Errors that name the place in a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from statewrap.core.errors import ConfigurationError
from statewrap.core.registry import nearest

TRUST: Final = (
    "`Deployment.from_config(..., trust=True)`, or `statewrap config --trust`, "
    "`statewrap act --trust`"
)
"""How to say that a document is trusted."""


def wrong(path: str, message: str) -> ConfigurationError:
    """Make the error for a place in the document."""
    return ConfigurationError(f"{path}: {message}" if path else message)


def inside(path: str, key: str) -> str:
    """Return the path of a key of the table at a path.

    >>> inside("wrappers[0]", "func"), inside("", "policy")
    ('wrappers[0].func', 'policy')
    """
    return f"{path}.{key}" if path else key


def check_keys(table: Mapping[str, Any], known: Iterable[str], path: str, owner: str) -> None:
    """Raise a `ConfigurationError` for a key that is not known."""
    known = list(known)
    for key in table:
        if key not in known:
            raise wrong(
                inside(path, str(key)),
                f"{owner} has no {key!r}{nearest(str(key), known)}{listed(known)}",
            )


def told(value: Any) -> str:
    """Print a value with its type, cut short."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def listed(names: Iterable[str]) -> str:
    """List the names there are, as a sentence of its own."""
    names = sorted(names)
    return f" There are: {', '.join(names)}." if names else ""


def said(error: Exception) -> str:
    """Return what an error says, or at least its kind."""
    return str(error) or type(error).__name__


def tried(make: Callable[[], Any], path: str) -> Any:
    """Return what a call makes; what it raises is said with its path."""
    try:
        return make()
    except Exception as error:
        raise wrong(path, said(error)) from error

"""Functions that put a wrapper of a library around an environment; they import back by name."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any

from gymnasium.wrappers import TimeLimit

Factory = Callable[[Any], Any]


def factory(name: str, kind: str, *, limit: int | None = None, **arguments: Any) -> Factory:
    """Make the function for a wrapper, and a name of this module for it.

    Args:
        name: the name, which imports back.
        kind: where the wrapper is, "module:class"; it is imported when it is used.
        limit: after how many steps a TimeLimit above it ends its episodes, if it never does.
        **arguments: what it takes besides the environment; a function is made when it is used.
    """

    def make(env: Any) -> Any:
        made = {key: value() if callable(value) else value for key, value in arguments.items()}
        above = found(kind)(env, **made)
        return above if limit is None else TimeLimit(above, limit)

    make.__name__ = make.__qualname__ = name
    make.__module__ = __name__
    assert not hasattr(sys.modules[__name__], name), name
    setattr(sys.modules[__name__], name, make)
    return make


def found(kind: str) -> Any:
    """Import a class by "module:class"."""
    module, _, name = kind.partition(":")
    if module == "rl_zoo3.wrappers":
        without_its_package("rl_zoo3")
    return getattr(importlib.import_module(module), name)


def without_its_package(name: str) -> None:
    """Let modules of a package be imported without what its `__init__` imports and changes.

    That of rl_zoo3 wants an account's client, and puts its own TimeLimit into Gymnasium.
    """
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is not None:
        package = types.ModuleType(name)
        package.__spec__ = spec
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[name] = package

"""One registry of names, for functions, wrappers and policies.

A name makes a function sayable: in a `repr`, in a fingerprint, in a configuration file, in a
snapshot that another process reads.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from statewrap.core.errors import ConfigurationError

T = TypeVar("T")

_by_name: Final[dict[str, Any]] = {}


def register(name: str) -> Callable[[T], T]:
    """Give a function or a class a name that configurations and snapshots may use.

    >>> @register("halve")
    ... def halve(reward: float) -> float:
    ...     return reward / 2
    >>> lookup("halve") is halve
    True

    Raises:
        ConfigurationError: if the name is taken by another object.
    """

    def enter(thing: T) -> T:
        taken = _by_name.setdefault(name, thing)
        if taken is not thing and not _reloaded(taken, thing):
            raise ConfigurationError(
                f"The name {name!r} is already registered for {taken!r}. Choose another name."
            )
        _by_name[name] = thing
        return thing

    return enter


def _reloaded(old: Any, new: Any) -> bool:
    """Tell whether one definition was run twice, as when a module is reloaded."""
    where = getattr(new, "__module__", None), getattr(new, "__qualname__", "<")
    before = getattr(old, "__module__", None), getattr(old, "__qualname__", "<")
    return where == before and "<" not in where[1]  # as in <lambda> and <locals>


def lookup(name: str) -> Any:
    """Return what was registered under a name.

    Raises:
        ConfigurationError: if nothing was; it names the nearest registered name.
    """
    if name not in _by_name:
        raise ConfigurationError(
            f"Nothing is registered under {name!r}{nearest(name, _by_name)} "
            f"Register it with @statewrap.register({name!r})."
        )
    return _by_name[name]


def registered() -> dict[str, Any]:
    """Return a copy of the registry: name to object."""
    return dict(_by_name)


def nearest(name: str, names: Iterable[str]) -> str:
    """Say which known name was probably meant, as the end of a sentence."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "."


def name_of(thing: Any) -> str | None:
    """Return the registered name of a function or class, else one that imports back, else None.

    Lambdas, closures, partials and bound methods have no such name: they are opaque.
    """
    if not callable(thing):
        return None
    for name, held in _by_name.items():
        if held is thing:
            return name
    return qualified_name(thing)


def qualified_name(thing: Any) -> str | None:
    """Return `module:qualname` if importing that gives `thing` back, else None.

    What a script defines is named as if the script were imported: `plant:Held` of `plant.py`, so
    that it has the same name when the script is started again.
    """
    module, path = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if type(module) is not str or type(path) is not str:
        return None
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    lasting = _lasting(module) if found is thing else None
    return None if lasting is None else f"{lasting}:{path}"


def script_of(module: str, path: str) -> Any:
    """Return the running script where `module:path` is what it defines, else None.

    To import the script under its lasting name would run it a second time.
    """
    main = sys.modules.get("__main__")
    mine = module == _lasting("__main__") and path and hasattr(main, path.partition(".")[0])
    return main if mine else None


def _lasting(module: str) -> str | None:
    """Return the name by which a module can be imported; None for what a person typed in."""
    if module not in ("__main__", "__mp_main__"):
        return module
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None:
        return str(spec.name)
    return file and str(file).replace("\\", "/").rpartition("/")[2].removesuffix(".py")

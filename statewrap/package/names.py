"""What a document may name without trust, and what each name stands for.

Names are the box's, Gymnasium's spaces, and what was registered with `statewrap.register`. Each of
them is known under its dotted path too, as Hydra writes it: `TimeLimit` is also
`statewrap.wrappers.TimeLimit` and `statewrap.wrappers.time_limit:TimeLimit`.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import gymnasium.spaces

import statewrap.policies.mlp  # for the names that they register
import statewrap.policies.replay
import statewrap.sinks
import statewrap.stats
import statewrap.wrappers
from statewrap.core.policy import Policy
from statewrap.core.registry import nearest, qualified_name, registered, script_of
from statewrap.package.bridging import GymnasiumWrapper, bridge
from statewrap.package.places import said, wrong
from statewrap.package.signatures import hints_of
from statewrap.package.values import VALUES

SPACES: Final[Mapping[str, Any]] = {
    name: getattr(gymnasium.spaces, name)
    for name in (
        *("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text"),
        *("Dict", "Tuple", "Sequence", "Graph", "OneOf"),
    )
}

_PUBLIC: Final = ("statewrap", "statewrap.wrappers", "statewrap.sinks", "statewrap.stats")
"""Packages that offer what is at home in modules of theirs."""

_ELSEWHERE: Final = {
    "statewrap.policies.mlp.MLP": "MLP",
    "statewrap.policies.mlp.MLP.load": "MLP",
    "statewrap.policies.replay.ReplayPolicy": "ReplayPolicy",
    "statewrap.policies.replay.ReplayPolicy.load": "ReplayPolicy",
    "statewrap.gym.Bridge": "Bridge",
    "statewrap.gym.bridge.Bridge": "Bridge",
    "statewrap.gym.bridge.bridge.Bridge": "Bridge",
}
"""Dotted paths of what has a name of its own here."""


def box() -> dict[str, Any]:
    """Return the box's names and the registered ones, without spaces, sinks and plain values."""
    names = statewrap.wrappers.__all__
    wrappers = {name: getattr(statewrap.wrappers, name) for name in names}
    return registered() | wrappers | {"Bridge": bridge, "GymnasiumWrapper": GymnasiumWrapper}


def anything() -> dict[str, Any]:
    """Return every name that an argument may use."""
    return {**VALUES, **box(), **SPACES}


def making(kind: type) -> dict[str, Any]:
    """Return the names of what makes objects of a kind, as far as that can be told."""
    return {name: thing for name, thing in box().items() if issubclass(_makes(thing, kind), kind)}


def _makes(thing: Any, unknown: type) -> type:
    made = thing if isinstance(thing, type) else hints_of(thing).get("return")
    return made if isinstance(made, type) and made not in (object, Any) else unknown


def policies() -> dict[str, Any]:
    """Return the names of what may make a policy: the classes of policies, and any function."""
    return {name: thing for name, thing in registered().items() if _may_make(thing, Policy)}


def sinks() -> dict[str, Any]:
    """Return the names of what may make a sink: those of the box, and any registered function."""
    offered = {
        name: getattr(package, name)
        for package in (statewrap.stats, statewrap.sinks)
        for name in package.__all__
    }
    mine = {name: thing for name, thing in offered.items() if _is_sink(thing)}
    others = registered().items()
    return {n: t for n, t in others if _is_sink(t) or not isinstance(t, type)} | mine


def _is_sink(thing: Any) -> bool:
    """Tell whether a class is one of sinks; the base of watchers makes none."""
    if not isinstance(thing, type) or inspect.isabstract(thing):
        return False
    return hasattr(thing, "observe") or "__call__" in vars(thing)


def _may_make(thing: Any, kind: type) -> bool:
    return issubclass(thing, kind) if isinstance(thing, type) else callable(thing)


def functions() -> dict[str, Any]:
    """Return the names of functions."""
    return {name: thing for name, thing in registered().items() if not isinstance(thing, type)}


# -- dotted paths ----------------------------------------------------------------------------------


def found(name: str, known: Mapping[str, Any]) -> Any:
    """Return what a name or a dotted path stands for among the known, or None."""
    if name in known:
        return known[name]
    path = name.replace(":", ".")
    if _ELSEWHERE.get(path) in known:
        return known[_ELSEWHERE[path]]
    if "." not in path:
        return None
    return next((thing for key, thing in known.items() if path in _paths(key, thing)), None)


def _paths(name: str, thing: Any) -> Iterator[str]:
    """Give the dotted paths of a thing: where it is defined, and where it is offered."""
    module, qualified = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if module and qualified:
        yield f"{module}.{qualified}"
    if SPACES.get(name) is thing:
        yield f"gymnasium.spaces.{name}"
        yield f"gym.spaces.{name}"
    for package in _PUBLIC:
        if vars(sys.modules.get(package, object)).get(name) is thing:
            yield f"{package}.{name}"


Importing = Callable[[str], Any]
"""Gives the module of a name.

Raises:
    ModuleNotFoundError: if there is none.
"""


def imported(name: str, path: str) -> Any:
    """Import `package.module:object` or `package.module.object`.

    What the running script defines is taken from there: its name is that of the script's file,
    and to import that would run the script again.

    Raises:
        ConfigurationError: if it cannot be imported; it names the nearest object of the module.
    """
    return _got(name, path, importlib.import_module)


def present(name: str, path: str) -> Any:
    """Return what `imported` would, if its module is imported already; nothing is run.

    Raises:
        ConfigurationError: if it is not.
    """
    return _got(name, path, _imported_before)


def _imported_before(module: str) -> Any:
    if module not in sys.modules:
        raise ModuleNotFoundError(f"{module!r} is not imported", name=module)
    return sys.modules[module]


def _got(name: str, path: str, importing: Importing) -> Any:
    try:
        module, rest = _module_of(name, importing)
        thing = script_of(module, ".".join(rest)) or importing(module)
    except Exception as error:
        raise wrong(path, f"{name!r} cannot be imported: {said(error)}") from error
    for part in rest:
        try:
            thing = getattr(thing, part)
        except Exception as error:
            near = nearest(part, [one for one in dir(thing) if not one.startswith("_")])
            raise wrong(path, f"{name!r} cannot be imported: there is no {part!r}{near}") from error
    return thing


def _module_of(name: str, importing: Importing) -> tuple[str, list[str]]:
    """Split a name into its module and the attributes within; of dots, the longest module."""
    if ":" in name:
        module, _, rest = name.partition(":")
        return module, rest.split(".")
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        if script_of(module, parts[count]) or _is_module(module, importing):
            return module, parts[count:]
    return name, []


def _is_module(name: str, importing: Importing) -> bool:
    """Tell whether a module can be imported, by importing it: asking for it would as well."""
    try:
        importing(name)
    except ModuleNotFoundError as error:
        if error.name is not None and not (name == error.name or name.startswith(f"{error.name}.")):
            raise  # it is there, and lacks another
        return False
    return True


def name_for(thing: Any) -> str | None:
    """Return the name by which a document says a class or a function; None if it has none."""
    for known in (anything(), sinks(), policies()):
        for name, named in known.items():
            if named is thing:
                return name
    qualified = qualified_name(thing) if callable(thing) else None
    return qualified and _ELSEWHERE.get(qualified.replace(":", "."), qualified)

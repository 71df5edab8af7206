"""What was learned, saved beside a spec, put into the stack that the spec says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from statewrap.core.errors import ConfigurationError
from statewrap.core.registry import nearest
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, Wrapper

_TAKES = {"mode", "statistics"}


def with_statistics(stack: Stack, statistics: Mapping[str, Any]) -> Stack:
    """Return a stack whose learning layers put statistics to use, and learn no more.

    Args:
        stack: unbound.
        statistics: as for `from_spec`.

    Raises:
        TypeError: if it is no mapping.
        ConfigurationError: if it names others than there are, or not all that learn, or one
            cannot be used.

    >>> from statewrap.wrappers import NormalizeObservation, TimeLimit
    >>> stack = TimeLimit(9) | NormalizeObservation(mode="learn")
    >>> learned = {"mean": [0.5, 1.0], "var": [1.0, 4.0], "count": 10}
    >>> with_statistics(stack, {"NormalizeObservation": learned})[1].mode
    'frozen'
    """
    if not isinstance(statistics, Mapping):
        raise TypeError(
            f"statistics is {brief(statistics)}, expected a mapping from class names of layers, as "
            'in statistics={"NormalizeObservation": {"mean": ..., "var": ..., "count": ...}}.'
        )
    layers = [wrapper for wrapper in stack if _takes(wrapper)]
    _check_names(layers, statistics)
    given = {name: iter(_each(layers, name, statistics[name])) for name in statistics}
    names = (type(wrapper).__name__ if _takes(wrapper) else "" for wrapper in stack)
    pairs = zip(stack, names, strict=True)
    return Stack(*(_frozen(w, next(given[name])) if name in given else w for w, name in pairs))


def _takes(wrapper: Any) -> bool:
    """Tell whether a wrapper learns, or puts to use what was learned."""
    kind = type(wrapper)
    return attrs.has(kind) and {field.alias for field in attrs.fields(kind)} >= _TAKES


def _check_names(layers: list[Wrapper[Any]], statistics: Mapping[str, Any]) -> None:
    known = list(dict.fromkeys(type(layer).__name__ for layer in layers))
    strange = [name for name in statistics if name not in known]
    if strange and not known:
        raise ConfigurationError(
            f"statistics names {_listed(strange)}, but the stack has no layer that takes any: {{}}."
        )
    if strange:
        raise ConfigurationError(
            f"statistics names {_listed(strange)}, but no layer that takes statistics is called so"
            f"{nearest(str(strange[0]), known)} There are: {', '.join(known)}. A key is the class "
            "name of a layer, as the stack prints it."
        )
    learning: Any = [layer for layer in layers if getattr(layer, "mode", None) == "learn"]
    missing = dict.fromkeys(type(layer).__name__ for layer in learning)
    absent = [name for name in missing if name not in statistics]
    if absent:
        raise ConfigurationError(
            f"statistics says nothing of {', '.join(absent)}, which would go on learning. Give "
            f"what was learned, or say that it is meant: statistics={{..., {absent[0]!r}: None}}."
        )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _each(layers: list[Wrapper[Any]], name: str, given: Any) -> list[Any]:
    """Return the statistics of each layer of a name."""
    count = sum(type(layer).__name__ == name for layer in layers)
    listed = type(given) in (list, tuple)
    if count == 1 and not listed:
        return [given]
    if not listed or len(given) != count:
        raise ConfigurationError(
            f"The stack has {count} layer{'s' * (count > 1)} {name}, for which statistics gives "
            f"{brief(given)}. Expected a list of {count}, nearest to the environment first."
        )
    return list(given)


def _frozen(wrapper: Any, statistics: Any) -> Any:
    if statistics is None:
        return wrapper
    try:
        return attrs.evolve(wrapper, mode="frozen", statistics=statistics)
    except (TypeError, ValueError) as error:
        name = type(wrapper).__name__
        raise ConfigurationError(
            f"The statistics of {name} cannot be used: {sentence(error)}"
        ) from error

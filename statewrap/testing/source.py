"""Values as Python source, so that what a search found can be pasted into a test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.fields import shown
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below, Wrapper

LEADING: Final[dict[type, int]] = {TimeStep: 1, Act: 1, Below: 2}
"""How many arguments are written by place; the others by name."""


def source(value: Any) -> str:  # noqa: C901 - one line a kind of value
    """Write a value as Python source, for a file that imports `numpy as np` and Gymnasium's spaces.

    Messages, `Below`, arrays, numbers, containers and spaces come back equal; a wrapper as its
    `repr` has it, and so does what else there is.

    >>> from statewrap import Act
    >>> source([Act(np.array([0.5], np.float32)), float("inf")])
    '[Act(np.array([0.5], np.float32)), np.inf]'
    """
    match value:
        case np.ndarray():
            return _array(value)
        case np.generic():
            return f"np.{value.dtype.name}({source(value.item())})"
        case bool() | int() | str() | bytes() | None:
            return repr(value)
        case float():
            return _number(value)
        case spaces.Space():
            return _space(value)
        case Wrapper():
            return repr(value)
        case list():
            return f"[{_joined(value)}]"
        case tuple() if hasattr(value, "_fields"):
            pairs = zip(value._fields, value, strict=True)
            return f"{type(value).__name__}({', '.join(f'{n}={source(v)}' for n, v in pairs)})"
        case tuple():
            return f"({_joined(value)}{',' * (len(value) == 1)})"
        case Mapping():
            return f"{{{', '.join(f'{source(k)}: {source(v)}' for k, v in value.items())}}}"
    if attrs.has(type(value)):
        return _record(value)
    return shown(value)


def _joined(values: Any) -> str:
    return ", ".join(source(value) for value in values)


def _number(value: float) -> str:
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return repr(value)


def _array(value: np.ndarray[Any, Any]) -> str:
    dtype = "bool" if value.dtype.kind == "b" else f"np.{value.dtype.name}"
    if value.dtype.kind in "OUSVMm":
        return f"np.array({value.tolist()!r}, {value.dtype.str!r})"
    if value.size == 0:
        return f"np.zeros({value.shape}, {dtype})"
    uniform = value.ravel()[0]
    if value.size > 4 and same(value, np.full(value.shape, uniform, value.dtype)):
        return f"np.full({value.shape}, {source(uniform.item())}, {dtype})"
    return f"np.array({source(value.tolist())}, {dtype})"


def _record(value: Any) -> str:
    """Write an attrs object; a field that holds its default is left out."""
    parts = list[str]()
    leading = LEADING.get(type(value), 0)
    for index, field in enumerate(attrs.fields(type(value))):
        held = getattr(value, field.name)
        if not field.init or same(held, _default(field)):
            continue
        by_place = index < leading and len(parts) == index
        parts.append(source(held) if by_place else f"{field.name}={source(held)}")
    return f"{type(value).__name__}({', '.join(parts)})"


def _default(field: Any) -> Any:
    made = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]
    return field.default.factory() if made else field.default


def _space(space: Any) -> str:
    match space:
        case spaces.Box():
            low, high = _bound(space.low), _bound(space.high)
            return f"Box({low}, {high}, {space.shape}, np.{space.dtype.name})"
        case spaces.Discrete():
            start = f", start={int(space.start)}" if space.start else ""
            return f"Discrete({int(space.n)}{start})"
        case spaces.MultiDiscrete():
            return f"MultiDiscrete({space.nvec.tolist()})"
        case spaces.MultiBinary():
            return f"MultiBinary({space.n})"
        case spaces.Dict():
            parts = ", ".join(f"{name!r}: {_space(part)}" for name, part in space.spaces.items())
            return f"Dict({{{parts}}})"
        case spaces.Tuple() | spaces.OneOf():
            return f"{type(space).__name__}([{', '.join(map(_space, space.spaces))}])"
        case spaces.Sequence():
            stack = ", stack=True" if space.stack else ""
            return f"Sequence({_space(space.feature_space)}{stack})"
        case spaces.Text():
            return f"Text({space.max_length}, min_length={space.min_length})"
        case spaces.Graph():
            edges = None if space.edge_space is None else _space(space.edge_space)
            return f"Graph({_space(space.node_space)}, {edges})"
    return repr(space)


def _bound(bound: np.ndarray[Any, Any]) -> str:
    first = bound.ravel()[0] if bound.size else bound.dtype.type(0)
    return source(first.item()) if (bound == first).all() else _array(bound)

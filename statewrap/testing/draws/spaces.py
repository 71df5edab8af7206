"""Spaces of every kind, and what lies in them, bounds and edges more often than chance would."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.testing.draws.choices import Choices

Space = spaces.Space[Any]

FAR: Final = 1000.0
"""How far an unbounded Box is gone into."""
SHAPES: Final = ((), (1,), (3,), (2, 2), (0,))
DTYPES: Final = (np.float32, np.float64, np.int64, np.int8, np.uint8)
EDGES: Final = (-FAR, -1.0, -0.1, 0.0, 0.1, 1.0, FAR)
LETTERS: Final = "abc"
MANY: Final = 32
"""A Box of more components is filled by a generator of numpy's, with one choice for all."""


# -- spaces ------------------------------------------------------------------------------------


def draw_box(
    choices: Choices,
    dtypes: Sequence[Any] = DTYPES,
    shapes: Sequence[tuple[int, ...]] = SHAPES,
) -> spaces.Box:
    """Draw a Box; one of floats may be unbounded, its bounds may differ by component."""
    dtype, shape = np.dtype(choices.pick(dtypes)), choices.pick(shapes)
    if dtype.kind != "f":
        info = np.iinfo(dtype)
        ends = max(int(info.min), -1000), min(int(info.max), 1000)
        low, high = sorted((choices.integer(*ends), choices.integer(*ends)))
        return spaces.Box(low, high, shape, dtype.type)
    lows, highs = zip(*(_edges(choices) for _ in range(choices.pick((1, 1, 2)))), strict=True)
    many = int(np.prod(shape))
    low_bounds = np.resize(np.array(lows, dtype), many).reshape(shape)
    high_bounds = np.resize(np.array(highs, dtype), many).reshape(shape)
    return spaces.Box(low_bounds, high_bounds, shape, dtype.type)


def _edges(choices: Choices) -> tuple[float, float]:
    low, high = sorted((choices.pick(EDGES), choices.pick(EDGES)))
    return choices.pick((low, -math.inf)), choices.pick((high, math.inf))


def draw_discrete(choices: Choices) -> spaces.Discrete:
    """Draw a Discrete of up to five, some of which do not start at 0."""
    return spaces.Discrete(choices.integer(1, 5), start=choices.pick((0, 0, -2, 3)))


def draw_leaf(choices: Choices) -> Space:
    """Draw a Box, Discrete, MultiDiscrete or MultiBinary."""
    match choices.pick(("box", "box", "discrete", "multi-discrete", "multi-binary")):
        case "discrete":
            return draw_discrete(choices)
        case "multi-discrete":
            sizes = [choices.integer(1, 4) for _ in range(choices.integer(1, 3))]
            return spaces.MultiDiscrete(sizes)
        case "multi-binary":
            return spaces.MultiBinary(choices.integer(1, 4))
    return draw_box(choices)


def draw_odd_leaf(choices: Choices) -> Space:
    """Draw a Text, Sequence, Graph or OneOf."""
    match choices.pick(("text", "sequence", "stack", "graph", "one of")):
        case "text":
            return spaces.Text(choices.integer(1, 4), min_length=choices.pick((1, 0)))
        case "graph":
            edges = spaces.Discrete(3) if choices.pick((False, True)) else None
            return spaces.Graph(draw_box(choices, shapes=((), (2,))), edges)
        case "one of":
            return spaces.OneOf([draw_leaf(choices) for _ in range(choices.integer(1, 2))])
        case kind:
            return spaces.Sequence(draw_leaf(choices), stack=kind == "stack")


def draw_space(
    choices: Choices, *, odd: bool = False, names: Sequence[str] = LETTERS, depth: int = 2
) -> Space:
    """Draw a leaf, or a Dict or Tuple of up to three spaces, sometimes nested.

    Args:
        choices: who chooses.
        odd: whether it may be, or hold, a Text, Sequence, Graph or OneOf.
        names: the keys of a Dict.
        depth: how deep containers may be nested.
    """
    kinds = (
        "leaf",
        "leaf",
        "leaf",
        *(("odd",) if odd else ()),
        *(("dict", "tuple") if depth else ()),
    )
    match choices.pick(kinds):
        case "leaf":
            return draw_leaf(choices)
        case "odd":
            return draw_odd_leaf(choices)
        case "dict":
            kept = [name for name in names if choices.pick((True, False))] or [names[0]]
            return spaces.Dict(
                {name: draw_space(choices, odd=odd, names=names, depth=depth - 1) for name in kept}
            )
    many = choices.integer(1, 3)
    parts = [draw_space(choices, odd=odd, names=names, depth=depth - 1) for _ in range(many)]
    return spaces.Tuple(parts)


# -- what lies in them -------------------------------------------------------------------------


def draw_value(  # noqa: C901 - a case for each kind of space
    choices: Choices, space: Space, *, infinite: bool = False
) -> Any:
    """Draw an element of a space, its bounds more often than chance would; arrays are read-only.

    Args:
        choices: who chooses.
        space: of any kind; one of a kind that is not known here is sampled.
        infinite: whether an unbounded component may be infinite.
    """
    match space:
        case spaces.Box():
            return _draw_array(choices, space, infinite=infinite)
        case spaces.Discrete():
            return space.dtype.type(space.start + choices.integer(0, int(space.n) - 1))
        case spaces.MultiDiscrete():
            drawn = [choices.integer(0, int(n) - 1) for n in space.nvec.ravel()]
            return freeze((space.start + np.reshape(drawn, space.shape)).astype(space.dtype))
        case spaces.MultiBinary():
            drawn = [choices.integer(0, 1) for _ in range(int(np.prod(space.shape)))]
            return freeze(np.array(drawn, space.dtype).reshape(space.shape))
        case spaces.Dict():
            parts = space.spaces.items()
            return {name: draw_value(choices, part, infinite=infinite) for name, part in parts}
        case spaces.Tuple():
            return tuple(draw_value(choices, part, infinite=infinite) for part in space.spaces)
        case spaces.Text():
            length = choices.integer(space.min_length, min(space.max_length, space.min_length + 4))
            return "".join(choices.pick(space.character_list) for _ in range(length))
        case spaces.Sequence() if not space.stack:
            many = choices.integer(0, 3)
            part = space.feature_space
            return tuple(draw_value(choices, part, infinite=infinite) for _ in range(many))
        case spaces.Graph():
            return _draw_graph(choices, space)
        case spaces.OneOf():
            index = choices.integer(0, len(space.spaces) - 1)
            part = space.spaces[index]
            return np.int64(index), draw_value(choices, part, infinite=infinite)
    return _sampled(space, choices.integer(0, 2**31 - 1))


def _draw_array(choices: Choices, space: spaces.Box, *, infinite: bool) -> Any:
    if space.low.size > MANY:
        return _draw_picture(choices, space)
    ends = zip(space.low.ravel().tolist(), space.high.ravel().tolist(), strict=True)
    numbers = [_draw_number(choices, space, *pair, infinite=infinite) for pair in ends]
    order: Any = choices.pick(("C", "F")) if len(space.shape) > 1 else "C"
    return freeze(np.array(np.array(numbers, space.dtype).reshape(space.shape), order=order))


def _draw_picture(choices: Choices, space: spaces.Box) -> Any:
    rng = np.random.default_rng(choices.integer(0, 2**31 - 1))
    low = np.maximum(space.low.astype(np.float64), -FAR)
    high = np.minimum(space.high.astype(np.float64), FAR)
    drawn = np.clip(low + (high - low) * rng.uniform(-0.1, 1.1, space.shape), low, high)
    return freeze(drawn.astype(space.dtype))


def _draw_number(
    choices: Choices, space: spaces.Box, low: Any, high: Any, *, infinite: bool
) -> Any:
    if space.dtype.kind != "f":
        return (
            choices.pick((low, high)) if choices.pick((False, True)) else choices.integer(low, high)
        )
    if infinite and math.isinf(max(high, -low)) and choices.pick((False, True)):
        return choices.pick([end for end in (low, high) if math.isinf(end)])
    low, high = max(low, min(-FAR, high)), min(high, max(FAR, low))
    if choices.pick((False, True)):
        return choices.pick((low, high))
    return choices.real(low, high, space.dtype.itemsize * 8)


def _draw_graph(choices: Choices, space: spaces.Graph) -> Any:
    nodes, edges = choices.integer(1, 3), choices.integer(0, 2)
    space = copy.deepcopy(space)
    space.seed(choices.integer(0, 2**31 - 1))
    return freeze(space.sample(num_nodes=nodes, num_edges=edges if space.edge_space else None))


def _sampled(space: Space, seed: int) -> Any:
    space = copy.deepcopy(space)  # the caller's keeps its own generator
    space.seed(seed)
    return freeze(space.sample())


Infos = Mapping[str, Any]
"""What an info holds: for each name a space, or a sequence of values to pick from."""


def draw_info(choices: Choices, infos: Infos) -> dict[str, Any]:
    """Draw an info."""
    return {
        name: freeze(
            draw_value(choices, what) if isinstance(what, spaces.Space) else choices.pick(what)
        )
        for name, what in infos.items()
    }

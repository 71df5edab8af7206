"""A space of every kind, and of every kind of zero."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from tests.wrappers.scripted import IMAGE, VECTOR

_PAIR = spaces.Box(1.0, 2.0, (2,))
_GRAPH = spaces.Graph(_PAIR, spaces.Discrete(3, start=5))

SPACES = {
    "float32": VECTOR,
    "float64": spaces.Box(-1.0, 1.0, (2, 3), np.float64),
    "image": IMAGE,
    "bool": spaces.Box(0, 1, (3,), np.bool_),
    "scalar": spaces.Box(-1.0, 1.0, (), np.float32),
    "single": spaces.Box(-1.0, 1.0, (1,), np.float64),
    "empty": spaces.Box(-1.0, 1.0, (0,), np.float32),
    "above zero": spaces.Box(np.array([5, -9]), np.array([9, -7]), dtype=np.int64),
    "discrete": spaces.Discrete(5, start=3),
    "small discrete": spaces.Discrete(5, dtype=np.int32),
    "multidiscrete": spaces.MultiDiscrete([3, 4], start=[1, 2]),
    "multibinary": spaces.MultiBinary((2, 2)),
    "dict": spaces.Dict(z=VECTOR, a=spaces.Dict(image=IMAGE, choice=spaces.Discrete(3))),
    "unsorted dict": spaces.Dict([("z", VECTOR), ("a", _PAIR)], sort_keys=False),
    "odd dict": spaces.Dict(z=VECTOR, t=spaces.Text(4), g=_GRAPH),
    "tuple": spaces.Tuple([VECTOR, spaces.Tuple([spaces.MultiBinary(3)])]),
    "odd tuple": spaces.Tuple([VECTOR, _GRAPH]),
    "graph": _GRAPH,
    "graph without edges": spaces.Graph(spaces.Discrete(4), None),
    "text": spaces.Text(min_length=2, max_length=6, charset="xyz"),
    "sequence": spaces.Sequence(_PAIR),
    "stacked sequence": spaces.Sequence(_PAIR, stack=True),
    "one of": spaces.OneOf([_PAIR, spaces.Discrete(3)]),
}
"""Name, to a space."""

WITH_A_SHAPE = [name for name, space in SPACES.items() if space.shape is not None]
"""The names of those whose observations are arrays or numbers."""

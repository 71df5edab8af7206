"""Gymnasium's spaces in documents: what their arguments are, in both directions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import Box, Space

from statewrap.core.wrapper import Below, Stack
from statewrap.package.arrays import dtype_named, forms, said
from statewrap.package.fingerprint import fingerprint
from statewrap.package.places import inside, told, tried, wrong
from statewrap.package.texts import is_table

if TYPE_CHECKING:
    from statewrap.package.grammar import Maker

Table = dict[str, Any]
Inner = Callable[[Space[Any], str], Table]
"""How to write a space within a space, given its path."""


def of_space(maker: Maker, kind: Any, given: Mapping[str, Any], path: str) -> Table:
    """Return the arguments that a table gives to a space.

    Lists of bounds become arrays of the dtype that the space has.
    """
    arguments = {key: _argument(maker, key, raw, inside(path, key)) for key, raw in given.items()}
    if kind is Box:
        dtype = arguments.setdefault("dtype", np.float32)
        for key in ("low", "high"):
            if isinstance(arguments.get(key), list):
                make = functools.partial(np.array, arguments[key], dtype)
                arguments[key] = tried(make, inside(path, key))
    return arguments


def _argument(maker: Maker, key: str, raw: Any, path: str) -> Any:
    if key == "dtype" and isinstance(raw, str):
        return tried(lambda: dtype_named(raw).type, path)
    if key in ("space", "node_space", "edge_space") and raw is not None:
        return maker.made(raw, Space, "a space", path)
    return _parts(maker, raw, path) if key == "spaces" else maker.value(raw, list, path)


def _parts(maker: Maker, raw: Any, path: str) -> Any:
    if is_table(raw):
        return {k: maker.made(v, Space, "a space", inside(path, k)) for k, v in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [maker.made(v, Space, "a space", f"{path}[{i}]") for i, v in enumerate(raw)]
    raise wrong(path, f"expected spaces, got {told(raw)}.")


def alike(a: Space[Any], b: Space[Any]) -> bool:
    """Tell whether two spaces are the same to the last bit; Gymnasium's `==` rounds bounds."""
    one, other = (fingerprint(Stack(), Below(observation_space=space)) for space in (a, b))
    return one.parts == other.parts


# -- and back --------------------------------------------------------------------------------------


def space_forms(space: Space[Any], inner: Inner, path: str) -> Iterator[Table]:
    """Give tables that may make a space again, the most readable first; none for other classes."""
    write = _WRITERS.get(type(space))
    if write is not None:
        yield from write(space, inner, path)


def _box(space: Any, _: Inner, __: str) -> Iterator[Table]:
    kind = {} if space.dtype == np.float32 else {"dtype": space.dtype.name}
    low, high = space.low, space.high
    if low.size and low.dtype.kind in "iuf":
        ends = {"low": said(low.flat[0]), "high": said(high.flat[0])}
        yield {"type": "Box", **ends, "shape": list(space.shape), **kind}
    for bounds in zip(forms(low), forms(high), strict=True):
        yield {"type": "Box", **dict(zip(("low", "high"), bounds, strict=True)), **kind}


def _discrete(space: Any, _: Inner, __: str) -> Iterator[Table]:
    start = {"start": int(space.start)} if space.start else {}
    yield {"type": "Discrete", "n": int(space.n), **start, **_integers(space)}


def _multi_discrete(space: Any, _: Inner, __: str) -> Iterator[Table]:
    start = {"start": space.start.tolist()} if space.start.any() else {}
    yield {"type": "MultiDiscrete", "nvec": space.nvec.tolist(), **start, **_integers(space)}


def _integers(space: Any) -> Table:
    return {} if space.dtype == np.int64 else {"dtype": space.dtype.name}


def _multi_binary(space: Any, _: Inner, __: str) -> Iterator[Table]:
    yield {"type": "MultiBinary", "n": space.n if isinstance(space.n, int) else list(space.shape)}
    yield {"type": "MultiBinary", "n": list(space.shape)}


def _text(space: Any, _: Inner, __: str) -> Iterator[Table]:
    lengths = {"min_length": space.min_length, "max_length": space.max_length}
    yield {"type": "Text", **lengths}
    yield {"type": "Text", **lengths, "charset": "".join(space.character_list)}


def _sequence(space: Any, inner: Inner, path: str) -> Iterator[Table]:
    stack = {"stack": True} if space.stack else {}
    part = inner(space.feature_space, inside(path, "space"))
    yield {"type": "Sequence", "space": part, **stack}


def _graph(space: Any, inner: Inner, path: str) -> Iterator[Table]:
    parts = {"node_space": space.node_space, "edge_space": space.edge_space}
    given = {key: part for key, part in parts.items() if part is not None}
    yield {"type": "Graph", **{key: inner(part, inside(path, key)) for key, part in given.items()}}


def _tuple(space: Any, inner: Inner, path: str) -> Iterator[Table]:
    parts = enumerate(space.spaces)
    made = [inner(part, inside(path, f"spaces[{index}]")) for index, part in parts]
    yield {"type": type(space).__name__, "spaces": made}


def _dict(space: Any, inner: Inner, path: str) -> Iterator[Table]:
    if all(isinstance(key, str) for key in space.spaces):
        place = inside(path, "spaces")
        parts = {key: inner(part, inside(place, key)) for key, part in space.spaces.items()}
        yield {"type": "Dict", "spaces": parts}
        yield {"type": "Dict", "spaces": parts, "sort_keys": False}


_WRITERS: Final[Mapping[type, Callable[[Any, Inner, str], Iterator[Table]]]] = {
    spaces.Box: _box,
    spaces.Discrete: _discrete,
    spaces.MultiDiscrete: _multi_discrete,
    spaces.MultiBinary: _multi_binary,
    spaces.Text: _text,
    spaces.Sequence: _sequence,
    spaces.Graph: _graph,
    spaces.Tuple: _tuple,
    spaces.OneOf: _tuple,
    spaces.Dict: _dict,
}

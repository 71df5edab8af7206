"""What lies around a wrapper that it could change, put back before each scene.

What a faulty wrapper hides outside itself (a list of its module, an attribute of its class, a
closure, a cache) would otherwise be used up by the first scene: a law that looks later would find
it full, and nothing changed any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, Final, Self

from statewrap.core.wrapper import Wrapper
from statewrap.testing.laws.reach import is_of_a_library, reach, stored_globals

_CONTAINERS: Final = (list, dict, set, deque)
_MISSING: Final[Any] = object()


class Surroundings:
    """How the surroundings of some wrappers were when this was made; so they are after a `with`."""

    def __init__(self, *wrappers: Wrapper[Any]) -> None:
        self._ways_back = [way for one in wrappers for way in _ways_back(one)]

    def put_back(self) -> None:
        """Make them as they were."""
        for way in self._ways_back:
            way()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.put_back()


def _ways_back(wrapper: Wrapper[Any]) -> Iterator[Callable[[], None]]:
    yield from _of_class(type(wrapper))
    for _, thing in reach(wrapper):
        if type(thing) in _CONTAINERS:
            yield _of_container(thing)
        elif isinstance(thing, FunctionType) and not is_of_a_library(thing.__module__):
            yield from _of_function(thing)
        elif callable(getattr(type(thing), "cache_clear", None)):
            yield thing.cache_clear


def _of_container(container: Any) -> Callable[[], None]:
    kept = list(container.items() if isinstance(container, dict) else container)

    def put_back() -> None:
        now = list(container.items() if isinstance(container, dict) else container)
        if len(now) == len(kept) and all(map(_is_same, now, kept)):
            return
        container.clear()
        add = container.extend if isinstance(container, (list, deque)) else container.update
        add(kept)

    return put_back


def _is_same(a: Any, b: Any) -> bool:
    """Tell whether two items of a container, or two pairs, are the very same."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 2:
        return a[0] is b[0] and a[1] is b[1]
    return a is b


def _of_function(function: FunctionType) -> Iterator[Callable[[], None]]:
    for name in stored_globals(function.__code__):
        yield _of_global(function.__globals__, name)
    for cell in function.__closure__ or ():
        yield _of_cell(cell)


def _of_global(names: dict[str, Any], name: str) -> Callable[[], None]:
    value = names.get(name, _MISSING)

    def put_back() -> None:
        if value is _MISSING:
            names.pop(name, None)
        else:
            names[name] = value

    return put_back


def _of_cell(cell: Any) -> Callable[[], None]:
    try:
        value = cell.cell_contents
    except ValueError:  # it is empty
        return lambda: None

    def put_back() -> None:
        cell.cell_contents = value

    return put_back


def _of_class(kind: type) -> Iterator[Callable[[], None]]:
    """Put attributes of a class back that were bound to something else."""
    for some in kind.__mro__:
        if is_of_a_library(some.__module__) or some.__module__ == "builtins":
            continue
        for name, value in vars(some).items():
            if not name.startswith("__") and not callable(value):
                yield _of_attribute(some, name, value)


def _of_attribute(kind: type, name: str, value: Any) -> Callable[[], None]:
    def put_back() -> None:
        if vars(kind).get(name, _MISSING) is not value:
            setattr(kind, name, value)

    return put_back

"""The forms of arrays, which stay: what a wrapper holds is put back in place, number by number."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from statewrap.gym.bridge.errors import UnreadableError
from statewrap.gym.bridge.graph import Graph
from statewrap.gym.bridge.slot import Container
from statewrap.gym.bridge.views import root_of

_PARTS: Final = ("size", "shape", "dtype", "strides", "flag writeable")
_CURES: Final = {
    "size": "exchange the array for one of another size, as by {name} = np.resize({name}, ...)",
    "shape": "exchange the array for one that looks at it, as by {name} = {name}.reshape(...)",
    "dtype": "exchange the array for one that looks at it, as by {name} = {name}.view(...)",
    "strides": "exchange the array for one that looks at it, as by {name} = {name}.transpose()",
    "flag writeable": "hand out a copy, in place of locking the array itself",
}


class Forms:
    """Holds that the arrays of a live wrapper keep the forms in which they were made.

    To ask each array for its form at each call would cost more than to look at what it holds.
    So this is done while a wrapper is tried out.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        arrays = (thing for thing in graph.things if type(thing) is np.ndarray)
        self._known = [(array, _form(array)) for array in arrays]

    def hold(self) -> None:
        """Hold that they do.

        Raises:
            UnreadableError: if one does not; it says where that lies, and what to do.
        """
        for array, form in self._known:
            if _form(array) != form:
                raise self._changed(array, form)

    def _changed(self, array: Any, before: tuple[Any, ...]) -> UnreadableError:
        path = self._path_to(array)
        pairs = zip(_PARTS, before, _form(array), strict=True)
        part, was, now = next((name, was, now) for name, was, now in pairs if was != now)
        plain = "." in path and "," not in path
        name = "self." + path.partition(".")[2] if plain else "it"
        return UnreadableError(
            f"an array whose {part} was changed in place, from {was} to {now}; "
            f"{_CURES[part].format(name=name)}"
        ).within(path)

    def _path_to(self, array: Any) -> str:
        """Return where an array lies; views have no slot of their own."""
        for slot in self._graph.slots.values():
            if slot.thing is array:
                return slot.path
            for step, part in slot.steps() if isinstance(slot, Container) else ():
                if part is array:
                    return f"{slot.path}{step}"
        root = root_of(array)
        return f"{self._path_to(root)}, by a view," if type(root) is np.ndarray else ""


def _form(array: Any) -> tuple[Any, ...]:
    return array.size, array.shape, array.dtype, array.strides, array.flags.writeable

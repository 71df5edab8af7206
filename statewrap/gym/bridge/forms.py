"""The forms of arrays are held also where a run was left before its end."""

from __future__ import annotations

from statewrap.gym.bridge.containers import Objects
from statewrap.gym.bridge.contents import Array, View
from statewrap.gym.bridge.graph import Graph


class Forms:
    """Holds that the arrays of a live wrapper keep the forms in which they were made.

    When a call is over they are held by the slots, as it is read what has changed; while a wrapper
    is tried out, after each run.
    """

    def __init__(self, graph: Graph) -> None:
        slots = graph.slots.values()
        self._forms = [slot.form for slot in slots if isinstance(slot, (Array, View, Objects))]

    def hold(self) -> None:
        """Hold that they do.

        Raises:
            UnreadableError: if one does not; it says where that lies, and what to do.
        """
        for form in self._forms:
            form.hold()

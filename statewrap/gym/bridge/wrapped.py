"""A wrapper over a stub whose calls are suspended, and what it holds between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from statewrap.core.errors import SnapshotError
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.graph import FORM, Graph, State
from statewrap.gym.bridge.live import hold_form
from statewrap.gym.bridge.stub import Stub

if TYPE_CHECKING:
    from statewrap.gym.bridge.waiting import WaitingHost

_UNREADABLE: Final = "{who} runs in greenlet mode, and what it holds cannot be saved: {why}."


@attrs.define(eq=False)
class Wrapped:
    """A wrapper over a stub; what it holds may be such that nobody can read it."""

    outer: Any
    stub: Stub
    run: WaitingHost
    asked: Asked
    """What it asked of its environment."""
    graph: Graph | None = None
    """With which its state is read and put; None where it cannot be."""
    unreadable: str = ""
    """Why not."""

    @property
    def name(self) -> str:
        """The class of the outermost wrapper."""
        return type(self.outer).__name__

    def state(self) -> State:
        """Return what it holds.

        Raises:
            SnapshotError: if that cannot be read.
        """
        if self.graph is None:
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=self.unreadable))
        writer = self.graph.writer()
        try:
            held = {place: slot.read(writer) for place, slot in self.graph.slots.items()}
        except UnreadableError as error:
            why = f"{error.path or 'the wrapper'} is {error.reason}"
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=why)) from error
        except RecursionError as error:
            why = f"it is {UnreadableError.too_deep().reason}"
            raise SnapshotError(_UNREADABLE.format(who=self.name, why=why)) from error
        return {FORM: self.graph.form, **held}

    def restore(self, state: State) -> None:
        """Make it hold what one like it held.

        Raises:
            SnapshotError: if it is the state of a wrapper that is made of other objects.
        """
        if self.graph is not None:
            hold_form(state, self.graph, self.name)
            reader, base = self.graph.reader(), self.graph.base
            for place, slot in self.graph.slots.items():
                slot.put(state.get(place, base[place]), reader)

"""What a bound bridge works with: one way to run wrappers made for an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep


class Engine(Protocol):
    """A machine with the hooks of a `statewrap.Wrapper`; it holds nothing of a session.

    One that cannot keep that promise, as one that suspends its calls, says so in what was seen.
    """

    def initial(self, key: Key) -> Any:
        """Return the memory of a session that has seen nothing."""

    def renew(self, memory: Any, key: Key) -> Any:
        """Return the memory with which an episode opens."""

    def on_state(self, memory: Any, timestep: TimeStep) -> tuple[Any, Message]:
        """Answer a time step from below."""

    def on_action(self, memory: Any, act: Act) -> tuple[Any, Message]:
        """Answer an act from above."""

    def on_reset(self, memory: Any, request: Reset) -> tuple[Any, Message]:
        """Answer a reset from above."""

    def hook(self, name: str) -> Callable[[Any, Any], tuple[Any, Message]] | None:
        """Return one of the three methods; None if every message of its kind passes."""


def ask(engine: Engine, memory: Any, message: Message) -> tuple[Any, Message]:
    """Give an engine a message."""
    if type(message) is TimeStep:
        return engine.on_state(memory, message)
    if type(message) is Act:
        return engine.on_action(memory, message)
    return engine.on_reset(memory, message)

"""A wrapper around which something is done at each call: noted, looked at, or made to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.wrapper import Wrapper


@attrs.frozen(eq=False, repr=False)
class Around(Wrapper[Any]):
    """A bound wrapper, each call of which goes through a function.

    Args:
        wrapper: the bound wrapper.
        ask: is called with the name of the method, the method, and its arguments; what it returns
            is returned.
    """

    wrapper: Wrapper[Any]
    ask: Callable[..., Any]

    def initial(self, key: Key) -> Any:
        """Ask for the first memory."""
        return self.ask("initial", self.wrapper.initial, key)

    def renew(self, memory: Any, key: Key) -> Any:
        """Ask for the memory of an episode."""
        return self.ask("renew", self.wrapper.renew, memory, key)

    def on_state(self, memory: Any, timestep: TimeStep) -> Any:
        """Ask for the answer to a time step."""
        return self.ask("on_state", self.wrapper.on_state, memory, timestep)

    def on_action(self, memory: Any, act: Act) -> Any:
        """Ask for the answer to an act."""
        return self.ask("on_action", self.wrapper.on_action, memory, act)

    def on_reset(self, memory: Any, request: Reset) -> Any:
        """Ask for the answer to a reset."""
        return self.ask("on_reset", self.wrapper.on_reset, memory, request)

    def __repr__(self) -> str:
        return repr(self.wrapper)

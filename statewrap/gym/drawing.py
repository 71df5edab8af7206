"""Drawing from an environment's own generator, as Gymnasium's wrappers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import gymnasium
import numpy as np

from statewrap.core.events import Fact
from statewrap.core.messages import Message, TimeStep
from statewrap.core.wrapper import StackMemory, Wrapper

T = TypeVar("T")
Route = Callable[[StackMemory, Message, list[Fact] | None], tuple[StackMemory, Message]]


class Live:
    """What an environment's generator draws, with the methods of draws that are a value."""

    __slots__ = ("generator",)

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def uniform(self) -> tuple[float, Live]:
        """Draw a float in [0, 1)."""
        return self.generator.uniform(), self

    def integers(self, low: int, high: int) -> tuple[int, Live]:
        """Draw an integer in [low, high)."""
        return int(self.generator.integers(low, high)), self

    def by(self, draw: Callable[[np.random.Generator], T]) -> tuple[T, Live]:
        """Return what a function draws."""
        return draw(self.generator), self


def shared(
    env: gymnasium.Env[Any, Any],
    memory: StackMemory,
    message: Message,
    route: Route,
    facts: list[Fact] | None = None,
) -> tuple[StackMemory, Message]:
    """Route a message through a wrapper that draws from the environment's generator.

    Args:
        env: whose generator it is.
        memory: of a single wrapper, whose memory has the field `draws`.
        message: what is routed.
        route: does it.
        facts: where to note the hops.
    """
    (held,) = memory.wrappers
    lent = StackMemory((held._replace(draws=Live(env.np_random)),), memory.keys)
    memory, message = route(lent, message, facts)
    kept = memory.wrappers[0]._replace(draws=held.draws)  # the generator stays the environment's
    return StackMemory((kept,), memory.keys), message


def drawn(env: gymnasium.Env[Any, Any], wrapper: Wrapper[Any], timestep: TimeStep) -> TimeStep:
    """Show a time step to a wrapper whose memory is what it draws from.

    Args:
        env: whose generator it draws from.
        wrapper: bound.
        timestep: what is shown.
    """
    _, shown = wrapper.on_state(Live(env.np_random), timestep)
    assert type(shown) is TimeStep  # noqa: S101 - such a wrapper lets everything pass
    return shown

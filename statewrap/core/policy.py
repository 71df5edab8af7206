"""The policy: a machine with one port, below it.

What a policy remembers (a recurrent state, a queue of planned actions, an exploration rate) is
a memory that the caller holds, exactly as for wrappers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs

from statewrap.core.fields import argument
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below

M = TypeVar("M")
_new = object.__new__


class Policy(Generic[M]):
    """Decides on an action for each time step; every method is pure.

    A policy that keeps state where `M` does not show it (a simulator, a network with a hidden
    buffer) sets `hidden_state`, and a deployment then says so where it matters.
    """

    __slots__ = ()

    hidden_state: ClassVar[bool] = False
    memory_types: ClassVar[tuple[type, ...]] = ()
    """The classes of its own that a memory is made of, for snapshots."""

    def bind(self, below: Below) -> Self:
        """Return a copy that knows what is below it: the top of the stack.

        Raises:
            BindError: if the policy cannot work there, as a trained one over other spaces.
        """
        return self

    def initial(self, key: Key) -> M:
        """Return the memory of a session that has seen nothing."""
        return None  # type: ignore[return-value]  # the memory of a policy that keeps nothing

    def renew(self, memory: M, key: Key) -> M:
        """Return the memory with which an episode opens; by default nothing survives."""
        return self.initial(key)

    def decide(self, memory: M, timestep: TimeStep) -> tuple[M, Act]:
        """Answer a time step with an act."""
        raise NotImplementedError(f"{type(self).__name__} must define decide(memory, timestep)")

    def finish(self, memory: M, timestep: TimeStep) -> M:
        """Take note of an episode's last time step, on which nothing is decided."""
        return memory


@attrs.frozen
class FunctionPolicy(Policy[None]):
    """A function from observation to action, lifted into a policy without memory.

    >>> FunctionPolicy(abs).decide(None, TimeStep(-2))
    (None, Act(2))
    """

    function: Callable[[Any], Any] = argument()

    def decide(self, memory: None, timestep: TimeStep) -> tuple[None, Act]:
        """Call the function on the observation."""
        act: Any = _new(Act)  # field by field is faster than the constructor
        act.action = self.function(timestep.observation)
        return None, act


def as_policy(policy: Policy[Any] | Callable[[Any], Any]) -> Policy[Any]:
    """Return a policy as it is, and lift a function into one.

    Raises:
        TypeError: if it is neither.
    """
    if isinstance(policy, Policy):
        return policy
    if callable(policy) and not isinstance(policy, type):
        return FunctionPolicy(policy)
    raise TypeError(
        f"A policy is a statewrap.Policy or a function from observation to action, got {policy!r}."
        + (" An instance of it is meant." if isinstance(policy, type) else "")
    )

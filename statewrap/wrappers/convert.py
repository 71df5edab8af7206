"""Conversions between what an environment has and what a policy works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import attrs
from gymnasium.spaces import Space

from statewrap.core.borders import freeze
from statewrap.core.errors import InputError, ProtocolError
from statewrap.core.fields import a_function, a_word, argument
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper


class Seen(NamedTuple):
    """The state of the environment that was shown last."""

    state: Any
    """As it came, arrays read-only."""


def _a_space(_: Any, field: attrs.Attribute[Any], given: Any) -> None:
    if not isinstance(given, Space):
        raise TypeError(f"{field.name} is {given!r}, expected a Gymnasium space.")


@attrs.frozen
class ConvertObservation(Wrapper[None]):
    """Show the policy `func(state)`, an observation, in place of the environment's state.

    The state may be anything: nothing need be announced for it below. With a `state_key` it is
    shown beside the observation, as `info[state_key]`, to wrappers above and to a `Policy`, which
    is given whole time steps.

    Args:
        func: from state to observation, a pure function. It is given the state itself, with
            read-only arrays, and must not change it. What it returns is copied once.
        observation_space: the space of what it returns.
        state_key: the key of the info under which the state rises; None if it does not.

    Raises:
        TypeError: if `func` is not callable, `observation_space` no space or `state_key` no string.
        InputError: if the info has that key already.

    >>> import numpy as np
    >>> from gymnasium.spaces import Box
    >>> def observed(state):
    ...     return np.array([state["goal"] - state["position"]], np.float32)
    >>> converted = ConvertObservation(observed, Box(-9.0, 9.0, (1,)), state_key="state")
    >>> converted.on_state(None, TimeStep({"goal": 3.0, "position": 1.0}))[1]
    TimeStep(array([2.], dtype=float32), info={'state': {'goal': 3.0, 'position': 1.0}})
    """

    func: Callable[[Any], Any] = argument(validator=a_function)
    observation_space: Space[Any] = argument(validator=_a_space)
    state_key: str | None = attrs.field(
        default=None, kw_only=True, validator=attrs.validators.optional(a_word)
    )

    def above(self, below: Below) -> Below:
        """Announce the given space."""
        return attrs.evolve(below, observation_space=self.observation_space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Convert the state."""
        state, info = timestep.observation, timestep.info
        shown = timestep.with_observation(freeze(self.func(state)))
        if self.state_key is None:
            return None, shown
        if self.state_key in info:
            raise InputError(
                f"{self!r} is to show the state as info[{self.state_key!r}], but the info that "
                f"came has that key already: {sorted(map(str, info))}. Choose another state_key."
            )
        return None, shown.replace(info={**info, self.state_key: state})


@attrs.frozen
class ConvertAction(Wrapper[Seen | None]):
    """Send the environment `func(action, state)` in place of the policy's action.

    `state` is the observation that reached this wrapper last, so it belongs below what changes
    observations, a `ConvertObservation` among them. Below a `SkipFrames` it converts a repeated
    action anew against each new state.

        env                         s0*             s1            s2
        ConvertAction(f, space)     ↑   f(a, s0)↓   ↑  f(a, s1)↓  ↑        (* first)
        SkipFrames(2)               ↑         a↓    ↺         a   ↑

    The state is the wrapper's memory. A snapshot holds it where it is plain data: numbers, texts,
    arrays, and dicts, lists and tuples of them.

    Args:
        func: from the policy's action and the state to the environment's action, a pure function.
            It is given both themselves, with read-only arrays, and must not change them. What it
            returns is copied once.
        action_space: the space from which the policy now chooses.

    Raises:
        TypeError: if `func` is not callable or `action_space` no space.

    >>> from gymnasium.spaces import Discrete
    >>> def order(level, stock):
    ...     return max(level - stock, 0)
    >>> wrapper = ConvertAction(order, Discrete(100))
    >>> memory, shown = wrapper.on_state(None, TimeStep(30, first=True))
    >>> wrapper.on_action(memory, Act(50))
    (Seen(state=30), Act(20))
    """

    memory_types = (Seen,)

    func: Callable[[Any, Any], Any] = argument(validator=a_function)
    action_space: Space[Any] = argument(validator=_a_space)

    def above(self, below: Below) -> Below:
        """Announce the given space."""
        return attrs.evolve(below, action_space=self.action_space)

    def initial(self, key: Key) -> None:
        """Return None: nothing was shown."""

    def on_state(self, memory: Seen | None, timestep: TimeStep) -> tuple[Seen, TimeStep]:
        """Remember the state."""
        return Seen(timestep.observation), timestep

    def on_action(self, memory: Seen | None, act: Act) -> tuple[Seen, Act]:
        """Convert the action."""
        if memory is None:
            raise ProtocolError(
                f"{self!r} was given {act!r} before it saw a state. An episode opens with a time "
                "step."
            )
        return memory, Act(freeze(self.func(act.action, memory.state)))

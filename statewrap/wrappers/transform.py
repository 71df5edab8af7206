"""A function of the user's own, applied to every observation, action or reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from gymnasium.spaces import Space

from statewrap.core.borders import freeze
from statewrap.core.fields import a_function, a_space, argument
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper


@attrs.frozen
class TransformObservation(Wrapper[None]):
    """Show `func(observation)` in place of each observation, the opening one included.

    `func` must be a pure function: it is given the observation itself, with read-only arrays,
    and must not change it. What it returns is copied once, so it may reuse a buffer.
    Mirrors `gymnasium.wrappers.TransformObservation`.

    Args:
        func: from observation to observation.
        observation_space: the space of what `func` returns; None if it is the one below.

    Raises:
        TypeError: if `func` is not callable or `observation_space` is no space.

    >>> half = TransformObservation(lambda x: x / 2, None)
    >>> half.on_state(None, TimeStep(3.0, reward=1.0))
    (None, TimeStep(1.5, reward=1.0))
    """

    func: Callable[[Any], Any] = argument(validator=a_function)
    observation_space: Space[Any] | None = argument(validator=a_space)

    def above(self, below: Below) -> Below:
        """Announce the given space, or the one below."""
        if self.observation_space is None:
            return below
        return attrs.evolve(below, observation_space=self.observation_space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Replace the observation."""
        shown = freeze(self.func(timestep.observation))
        return None, timestep.with_observation(shown)


@attrs.frozen
class TransformAction(Wrapper[None]):
    """Send `func(action)` in place of each action.

    `func` must be a pure function: it is given the action itself, with read-only arrays, and
    must not change it. What it returns is copied once, so it may reuse a buffer. Mirrors
    `gymnasium.wrappers.TransformAction`.

    Args:
        func: from the policy's action to the environment's.
        action_space: the space from which the policy now chooses; None if it is the one below.

    Raises:
        TypeError: if `func` is not callable or `action_space` is no space.

    >>> TransformAction(lambda a: 2 * a, None).on_action(None, Act(0.25))
    (None, Act(0.5))
    """

    func: Callable[[Any], Any] = argument(validator=a_function)
    action_space: Space[Any] | None = argument(validator=a_space)

    def above(self, below: Below) -> Below:
        """Announce the given space, or the one below."""
        if self.action_space is None:
            return below
        return attrs.evolve(below, action_space=self.action_space)

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Replace the action."""
        return None, Act(freeze(self.func(act.action)))


@attrs.frozen
class TransformReward(Wrapper[None]):
    """Show `func(reward)` in place of each reward.

    An opening time step brings no reward, so `func` is not asked about it. Mirrors
    `gymnasium.wrappers.TransformReward`.

    Args:
        func: from reward to reward, a pure function.

    Raises:
        TypeError: if `func` is not callable.

    >>> TransformReward(lambda r: 10 * r).on_state(None, TimeStep("f1", reward=2.0))
    (None, TimeStep('f1', reward=20.0))
    """

    func: Callable[[Any], Any] = argument(validator=a_function)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Replace the reward, except on an opening time step."""
        if timestep.first:
            return None, timestep
        return None, timestep.with_reward(freeze(self.func(timestep.reward)))

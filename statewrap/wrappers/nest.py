"""Observations and actions put into a Dict of one key, and taken out of it."""

from __future__ import annotations

from typing import Any

import attrs
from gymnasium.spaces import Dict

from statewrap.core.errors import InputError
from statewrap.core.fields import a_word, derived
from statewrap.core.messages import Act, TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import refusal, unfit


@attrs.frozen
class NestObservation(Wrapper[None]):
    """Show each observation as a dict with one key.

    Args:
        key: the key.

    Raises:
        TypeError: if it is no string.

    >>> NestObservation("speed").on_state(None, TimeStep(0.5, reward=1.0))
    (None, TimeStep({'speed': 0.5}, reward=1.0))
    """

    key: str = attrs.field(default="observation", validator=a_word)

    def above(self, below: Below) -> Below:
        """Announce a Dict of one key."""
        if below.observation_space is None:
            return below
        return attrs.evolve(below, observation_space=Dict({self.key: below.observation_space}))

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Put the observation into a dict."""
        return None, timestep.with_observation({self.key: timestep.observation})


@attrs.frozen
class UnnestObservation(Wrapper[None]):
    """Show what is in a Dict observation of one key.

    Of a Dict with several keys, `FilterObservation` below leaves one.

    Raises:
        BindError: at `bind`, if the observation space below is unknown, or no Dict of one key.

    >>> from gymnasium.spaces import Box
    >>> wrapper = UnnestObservation().bind(Below(Dict(speed=Box(0.0, 9.0, ()))))
    >>> wrapper.on_state(None, TimeStep({"speed": 0.5}))
    (None, TimeStep(0.5))
    """

    key: Any = derived()
    below: Dict | None = derived()

    def bind(self, below: Below) -> UnnestObservation:
        """Look the key up.

        Raises:
            BindError: if the observation space is unknown, or no Dict of one key.
        """
        space = _dict_of_one(self, below, "observation_space")
        return bound(self, key=next(iter(space.spaces)), below=space)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the space under the key."""
        known: Any = self.below
        return attrs.evolve(below, observation_space=known[self.key])

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Take the observation out of its dict."""
        try:
            return None, timestep.with_observation(timestep.observation[self.key])
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error


@attrs.frozen
class NestAction(Wrapper[None]):
    """Let the policy give its action in a dict with one key.

    Args:
        key: the key.

    Raises:
        TypeError: if it is no string.
        InputError: if an action is no dict, or lacks the key.

    >>> NestAction("steer").on_action(None, Act({"steer": 0.5}))
    (None, Act(0.5))
    """

    key: str = attrs.field(default="action", validator=a_word)

    def above(self, below: Below) -> Below:
        """Announce a Dict of one key."""
        if below.action_space is None:
            return below
        return attrs.evolve(below, action_space=Dict({self.key: below.action_space}))

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Take the action out of its dict."""
        try:
            return None, Act(act.action[self.key])
        except Exception as error:
            raise InputError(
                f"{self!r} was given the action {brief(act.action)}, expected a dict with the key "
                f"{self.key!r}. Mend the policy, or leave the wrapper out."
            ) from error


@attrs.frozen
class UnnestAction(Wrapper[None]):
    """Let the policy give a bare action where a Dict of one key is wanted.

    Raises:
        BindError: at `bind`, if the action space below is unknown, or no Dict of one key.

    >>> from gymnasium.spaces import Box
    >>> wrapper = UnnestAction().bind(Below(action_space=Dict(steer=Box(-1.0, 1.0, ()))))
    >>> wrapper.on_action(None, Act(0.5))
    (None, Act({'steer': 0.5}))
    """

    key: Any = derived()
    below: Dict | None = derived()

    def bind(self, below: Below) -> UnnestAction:
        """Look the key up.

        Raises:
            BindError: if the action space is unknown, or no Dict of one key.
        """
        space = _dict_of_one(self, below, "action_space")
        return bound(self, key=next(iter(space.spaces)), below=space)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the space under the key."""
        known: Any = self.below
        return attrs.evolve(below, action_space=known[self.key])

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Put the action into a dict."""
        return None, Act({self.key: act.action})


def _dict_of_one(wrapper: Any, below: Below, name: str) -> Dict:
    space = below.require(name, wrapper)
    if isinstance(space, Dict) and len(space.spaces) == 1:
        return space
    raise refusal(
        TypeError,
        f"{wrapper!r} needs a Dict of one key as the {name.replace('_', ' ')} below it, got "
        f"{space}. Leave the wrapper out, or put it where there is one.",
    )

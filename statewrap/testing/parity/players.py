"""Policies, as an ordinary loop asks them, and what is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import gymnasium

from statewrap.core.borders import thaw
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import FunctionPolicy, Policy, as_policy
from statewrap.core.words import brief
from statewrap.policies.sb3 import SB3Policy
from statewrap.testing.parity.actions import Chooser, Style
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.shims import Clock


class Player:
    """Keeps what a policy remembers, as a deployment does, where the policy owns the loop."""

    def __init__(self, policy: Policy[Any], seed: int, clock: Clock) -> None:
        self.policy, self.clock = policy, clock
        self.key = Key.from_seed(seed).fold("policy")
        self.mind = policy.initial(self.key)

    def opened(self, observation: Any, info: dict[str, Any]) -> Any:
        """Return the first action of an episode."""
        own, self.key = self.key.split()
        self.mind = self.policy.renew(self.mind, own)
        return self._decided(TimeStep(observation, info=info, first=True, time=self.clock.now))

    def shown(self, answer: tuple[Any, ...]) -> Any:
        """Return the next action."""
        return self._decided(self._seen(*answer))

    def finished(self, answer: tuple[Any, ...]) -> None:
        """Show an episode's end."""
        self.mind = self.policy.finish(self.mind, self._seen(*answer))

    def _seen(self, observation: Any, reward: Any, *flags_and_info: Any) -> TimeStep:
        timestep = TimeStep(observation, reward, *flags_and_info)
        return timestep.replace(time=self.clock.now)

    def _decided(self, timestep: TimeStep) -> Any:
        self.mind, act = self.policy.decide(self.mind, timestep)
        return act.action


@attrs.frozen
class Predicts(Policy[Any]):
    """Decides by `model.predict(observation)`, which gives an action and a hidden state."""

    model: Any

    def decide(self, memory: Any, timestep: TimeStep) -> tuple[Any, Act]:
        """Ask the model."""
        answer = self.model.predict(timestep.observation, deterministic=True)
        return memory, Act(answer[0] if isinstance(answer, tuple) else answer)


def a_policy(given: Any) -> Policy[Any] | None:
    """Return what was given as a policy; None stays None.

    Raises:
        ParityError: if it is no policy.
    """
    if given is None:
        return None
    try:
        if not isinstance(given, (Policy, type)) and hasattr(given, "predict"):
            trained = hasattr(given, "observation_space") and hasattr(given, "action_space")
            return SB3Policy(given) if trained else Predicts(given)
        return as_policy(given)
    except TypeError as error:
        raise ParityError(
            f"policy is {brief(given)}, expected None, a function from observation to action, a "
            "statewrap.Policy, or a model with a method predict."
        ) from error


def chooses(seed: int, style: Style) -> Callable[[gymnasium.Space[Any]], Policy[Any]]:
    """Return a function that gives, for an action space, the policy that is used without one."""
    return lambda space: Chooser(space, seed, style)


def check_answers_alike(policy: Policy[Any], observation: Any) -> None:
    """Refuse a function that answers the same observation differently.

    Raises:
        ParityError: if it does.
    """
    if isinstance(policy, (FunctionPolicy, Predicts)):
        shown = [TimeStep(thaw(observation), first=True) for _ in range(3)]
        asked = [policy.decide(None, timestep)[1] for timestep in shown]
        for other in asked[1:]:
            if other != asked[0]:
                raise ParityError(unsteady(observation, asked[0], other))


def unsteady(observation: Any, first: Any, second: Any) -> str:
    """Say that a policy answers the same differently."""
    return (
        f"The policy answered {brief(first)} to the observation {brief(observation)}, and "
        f"{brief(second)} when asked again. It is asked in several loops, which can only be "
        "compared if it decides alike: leave randomness out (deterministic=True), keep what it "
        "remembers in the memory of a statewrap.Policy, or leave policy out."
    )

"""Twins that send another action."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gymnasium.spaces import Space
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import thaw
from statewrap.core.events import Fact
from statewrap.core.messages import Act, Message
from statewrap.core.wrapper import StackMemory
from statewrap.gym.drawing import shared
from statewrap.gym.twin import Acting, Env, Twin


class ClipAction(Acting):
    """Statewrap's `ClipAction` as a Gymnasium wrapper."""

    _refuses = TypeError

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)


class DiscretizeAction(Acting):
    """Statewrap's `DiscretizeAction` as a Gymnasium wrapper."""

    def __init__(self, env: Env, bins: int | tuple[int, ...], multidiscrete: bool = False) -> None:
        RecordConstructorArgs.__init__(self, bins=bins, multidiscrete=multidiscrete)
        super().__init__(env, bins=bins, multidiscrete=multidiscrete)

    def revert_action(self, action: Any) -> Any:
        """Return the number of the bin whose centre is nearest to an action."""
        return thaw(self.stack[0].revert_action(action))  # type: ignore[attr-defined]


class RepeatAction(Twin):
    """Statewrap's `RepeatAction` as a Gymnasium wrapper."""

    def __init__(self, env: Env, num_repeats: int) -> None:
        RecordConstructorArgs.__init__(self, num_repeats=num_repeats)
        super().__init__(env, num_repeats=num_repeats)


class RescaleAction(Acting):
    """Statewrap's `RescaleAction` as a Gymnasium wrapper."""

    _refuses = TypeError

    def __init__(self, env: Env, min_action: Any, max_action: Any) -> None:
        RecordConstructorArgs.__init__(self, min_action=min_action, max_action=max_action)
        super().__init__(env, min_action=min_action, max_action=max_action)


class StickyAction(Acting):
    """Statewrap's `StickyAction` as a Gymnasium wrapper.

    It draws from the environment's generator.
    """

    def __init__(
        self,
        env: Env,
        repeat_action_probability: float,
        repeat_action_duration: int | tuple[int, int] = 1,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            repeat_action_probability=repeat_action_probability,
            repeat_action_duration=repeat_action_duration,
        )
        super().__init__(
            env,
            repeat_action_probability=repeat_action_probability,
            repeat_action_duration=repeat_action_duration,
        )

    def _routed(
        self, memory: StackMemory, message: Message, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, Message]:
        if type(message) is not Act or self.wrapper.draws is not None:
            return super()._routed(memory, message, facts)
        return shared(self, memory, message, super()._routed, facts)

    @property
    def shares_generator(self) -> bool:
        """Whether it draws from the environment's generator: unless its memory has draws given."""
        return self.wrapper.draws is None

    @property
    def last_action(self) -> Any:
        """The action sent last, or None."""
        return None if self.held.last is None else self.held.last.action

    @last_action.setter
    def last_action(self, action: Any) -> None:
        self.held = self.held._replace(last=None if action is None else Act(action))

    @property
    def is_sticky_actions(self) -> bool:
        """Whether a series of repeats is under way."""
        return bool(self.held.num_repeats)

    @property
    def num_repeats(self) -> int:
        """How long the series is; 0 if none is under way."""
        length: int = self.held.num_repeats
        return length

    @property
    def repeats_taken(self) -> int:
        """How much of it is done."""
        taken: int = self.held.repeats_taken
        return taken

    @property
    def repeat_action_duration_range(self) -> tuple[int, int]:
        """The least and the greatest length of a series."""
        duration: Any = self.wrapper.repeat_action_duration
        return (duration, duration) if isinstance(duration, int) else duration


class TransformAction(Acting):
    """Statewrap's `TransformAction` as a Gymnasium wrapper."""

    def __init__(
        self, env: Env, func: Callable[[Any], Any], action_space: Space[Any] | None
    ) -> None:
        RecordConstructorArgs.__init__(self, func=func, action_space=action_space)
        super().__init__(env, func=func, action_space=action_space)

    @property
    def func(self) -> Callable[[Any], Any]:
        """The function that was given."""
        given: Callable[[Any], Any] = self.wrapper.func
        return given

"""Twins that show another reward, each for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gymnasium.utils import RecordConstructorArgs

from statewrap.gym.twin import Env, Rewarding


class ClipReward(Rewarding):
    """Statewrap's `ClipReward` as a Gymnasium wrapper."""

    def __init__(self, env: Env, min_reward: Any = None, max_reward: Any = None) -> None:
        RecordConstructorArgs.__init__(self, min_reward=min_reward, max_reward=max_reward)
        super().__init__(env, min_reward=min_reward, max_reward=max_reward)


class TransformReward(Rewarding):
    """Statewrap's `TransformReward` as a Gymnasium wrapper."""

    def __init__(self, env: Env, func: Callable[[Any], Any]) -> None:
        RecordConstructorArgs.__init__(self, func=func)
        super().__init__(env, func=func)

    @property
    def func(self) -> Callable[[Any], Any]:
        """The function that was given."""
        given: Callable[[Any], Any] = self.wrapper.func
        return given

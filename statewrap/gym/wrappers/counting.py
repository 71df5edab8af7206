"""Twins that count steps, hold an order, and go on after an end."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments
from __future__ import annotations

from typing import Any

import attrs
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.events import Fact
from statewrap.core.messages import Command, TimeStep
from statewrap.core.wrapper import StackMemory
from statewrap.gym.specs import holds, saying, telling
from statewrap.gym.twin import Env, Observing, Twin


class TimeLimit(Twin):
    """Statewrap's `TimeLimit` as a Gymnasium wrapper."""

    def __init__(self, env: Env, max_episode_steps: int) -> None:
        RecordConstructorArgs.__init__(self, max_episode_steps=max_episode_steps)
        super().__init__(env, max_episode_steps=max_episode_steps)

    _begun = False

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec with this limit.

        Above other wrappers, where Gymnasium's would be made again at the bottom, this one is made
        again in its place.
        """
        if self._cached_spec is None and self.env.spec is not None:
            below, limit = self.env.spec, self._max_episode_steps
            if holds(below) < 3:
                self._cached_spec = saying(below, max_episode_steps=limit)
            else:
                above = super().spec
                self._cached_spec = above and telling(above, limit)
        return self._cached_spec

    @property
    def _max_episode_steps(self) -> int:
        limit: int = self.wrapper.max_episode_steps
        return limit

    @_max_episode_steps.setter
    def _max_episode_steps(self, limit: int) -> None:
        self.become(attrs.evolve(self.wrapper, max_episode_steps=limit))

    @property
    def _elapsed_steps(self) -> int | None:
        """The steps of the episode; None before the first reset, as in Gymnasium."""
        return self.held if self._begun else None

    @_elapsed_steps.setter
    def _elapsed_steps(self, elapsed: int) -> None:
        self.held, self._begun = elapsed, True

    def _pull(
        self, memory: StackMemory, command: Command, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, TimeStep]:
        pulled = super()._pull(memory, command, facts)
        self._begun = True
        return pulled


class Autoreset(Twin):
    """Statewrap's `Autoreset` as a Gymnasium wrapper."""

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)

    @property
    def autoreset(self) -> bool:
        """Whether the next step opens an episode."""
        over: bool = self.held
        return over

    @autoreset.setter
    def autoreset(self, over: bool) -> None:
        self.held = over


class OrderEnforcing(Twin):
    """Statewrap's `OrderEnforcing` as a Gymnasium wrapper."""

    def __init__(self, env: Env, disable_render_order_enforcing: bool = False) -> None:
        RecordConstructorArgs.__init__(
            self, disable_render_order_enforcing=disable_render_order_enforcing
        )
        super().__init__(env, disable_render_order_enforcing=disable_render_order_enforcing)

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec, which says that the order is enforced."""
        below = self.env.spec
        if self._cached_spec is None and below is not None and holds(below) < 2:
            self._cached_spec = saying(below, order_enforce=True)
        return super().spec

    @property
    def has_reset(self) -> bool:
        """Whether the environment has been reset."""
        shown: bool = self.held
        return shown

    @property
    def _has_reset(self) -> bool:
        return self.has_reset

    @_has_reset.setter
    def _has_reset(self, shown: bool) -> None:
        self.held = shown

    @property
    def _disable_render_order_enforcing(self) -> bool:
        free: bool = self.wrapper.disable_render_order_enforcing
        return free

    def render(self) -> Any:
        """Render the environment.

        Raises:
            ResetNeeded: before the first reset, unless that is allowed.
        """
        if not self._disable_render_order_enforcing and not self.has_reset:
            raise ResetNeeded(
                "Cannot call `env.render()` before calling `env.reset()`, if this is an intended "
                "action, set `disable_render_order_enforcing=True` on the OrderEnforcer wrapper."
            )
        return super().render()


class TimeAwareObservation(Observing):
    """Statewrap's `TimeAwareObservation` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        flatten: bool = True,
        normalize_time: bool = False,
        *,
        dict_time_key: str = "time",
    ) -> None:
        RecordConstructorArgs.__init__(
            self, flatten=flatten, normalize_time=normalize_time, dict_time_key=dict_time_key
        )
        super().__init__(
            env, flatten=flatten, normalize_time=normalize_time, dict_time_key=dict_time_key
        )

    @property
    def max_timesteps(self) -> int:
        """The limit of an episode."""
        limit: int = self.stack[0].limit  # type: ignore[attr-defined]
        return limit

    @property
    def timesteps(self) -> int:
        """How many steps the episode has had."""
        elapsed: int = self.held
        return elapsed

    @timesteps.setter
    def timesteps(self, elapsed: int) -> None:
        self.held = elapsed

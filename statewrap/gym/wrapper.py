"""A stack as an ordinary Gymnasium wrapper: the pull driver, for training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.fold import FactSink
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.gym.below import below_env
from statewrap.gym.plain import read, said
from statewrap.gym.pulled import Pulled, Stepped
from statewrap.gym.specs import telling

__all__ = ["GymWrapper", "below_env"]


class GymWrapper(Pulled):
    """Wraps an environment in a stack, so that training and production run the same one.

    Args:
        env: a Gymnasium environment, wrapped or not.
        stack: a wrapper or a stack, unbound; or its plain form, as `spec` says it.
        memory: a stack memory to start from; or its plain form.
        sinks: who is shown the facts of each call, such as those of `statewrap.sinks`.
        clock: a function giving seconds, for `TimeStep.time`.

    Raises:
        BindError: if a wrapper of the stack does not fit what is below it.
        ValueError: if `memory` is that of a stack with another number of wrappers.

    `reset(seed=...)` seeds the environment and the stack's keys; without any seed the keys are
    made from entropy. What the stack has learned is in `memory`: hand it to
    `Deployment(..., memory=env.memory)`.

    >>> from statewrap.wrappers import RepeatAction, TimeLimit
    >>> env = GymWrapper(gymnasium.make("CartPole-v1"), TimeLimit(10) | RepeatAction(4))
    >>> _ = env.reset(seed=0)
    >>> _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
    >>> reward, terminated, truncated
    (4.0, False, False)
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        stack: Wrapper[Any] | dict[str, Any],
        *,
        memory: StackMemory | dict[str, Any] | None = None,
        sinks: Iterable[FactSink] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        held, start = Stack(read(stack)), read(memory)
        known = {} if start is None else {"memory": said(start)}
        RecordConstructorArgs.__init__(self, stack=said(held), **known)
        super().__init__(env, held, start, clock, sinks)
        self.opened = False
        """Whether an episode was opened."""

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec with this wrapper added: `gymnasium.make` makes the same of it.

        It passes through JSON if the stack's classes and functions have names. It tells the
        limit that holds above the stack, never more than the environment allows.
        """
        if self._cached_spec is None:
            spec = super().spec
            self._cached_spec = spec and telling(spec, self._limit())
        return self._cached_spec

    def _limit(self) -> int | None:
        """Return the least of all limits that are known, each at its gap."""
        limits = [gap.max_episode_steps for gap in self.stack.gaps or ()]
        return min((limit for limit in limits if limit is not None), default=None)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Open an episode; with a seed, environment and stack draw as if both were new.

        Raises:
            WrapperError: if a wrapper of the stack raises.
            ProtocolError: if the stack breaks the episode rules.
        """
        opened = super().reset(seed=seed, options=options)
        self.opened = True
        return opened

    def step(self, action: Any) -> Stepped:
        """Take an action; the stack may step the environment several times, or not at all.

        Raises:
            ResetNeeded: before the first reset.
            WrapperError: if a wrapper of the stack raises.
        """
        if not self.opened:
            raise ResetNeeded("Cannot call env.step() before calling env.reset()")
        return super().step(action)

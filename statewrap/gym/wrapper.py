"""A stack as an ordinary Gymnasium wrapper: the pull driver, for training."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import freeze, thaw
from statewrap.core.drivers import pull
from statewrap.core.errors import ProtocolError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.protocol import wrong_opening
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper


def below_env(env: gymnasium.Env[Any, Any]) -> Below:
    """Say what is known of an environment."""
    return Below(
        observation_space=env.observation_space,
        action_space=env.action_space,
        max_episode_steps=None if env.spec is None else env.spec.max_episode_steps,
        render_mode=env.render_mode,
        metadata=env.metadata,
    )


class GymWrapper(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Wraps an environment in a stack, so that training and production run the same one.

    Args:
        env: a Gymnasium environment, wrapped or not.
        stack: a wrapper or a stack, unbound.
        memory: a stack memory to start from.
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
        stack: Wrapper[Any],
        *,
        memory: StackMemory | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        RecordConstructorArgs.__init__(self, stack=stack, memory=memory)
        gymnasium.Wrapper.__init__(self, env)
        below = below_env(env)
        self.stack = Stack(stack).bind(below)
        top = self.stack.above(below)
        if top.observation_space is not None:  # an empty Dict or Tuple space is false
            self.observation_space = top.observation_space
        if top.action_space is not None:
            self.action_space = top.action_space
        if top.metadata is not below.metadata:
            self.metadata = dict(top.metadata or {})
        self._clock = clock
        self._started = clock()
        self._opened = False
        root = _root(None)
        self._memory = (
            self.stack.initial(root) if memory is None else self.stack.rekey(memory, root)
        )

    @property
    def memory(self) -> StackMemory:
        """What the stack remembers, learned statistics included."""
        return self._memory

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec with this wrapper added: `gymnasium.make` makes the same of it.

        It tells the limit of a TimeLimit at the bottom of the stack. One higher up is not told:
        `make` would put it below the stack as well, where it cuts after fewer decisions.
        """
        spec = super().spec
        gaps = self.stack.gaps or ()
        limit = gaps[1].max_episode_steps if len(gaps) > 1 else None
        if spec is None or limit is None or (spec.max_episode_steps or limit) < limit:
            return spec
        spec.max_episode_steps = limit  # it is this wrapper's own copy
        return spec

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Open an episode; with a seed, environment and stack draw as if both were new.

        Raises:
            WrapperError: if a wrapper of the stack raises.
            ProtocolError: if the stack breaks the episode rules.
        """
        memory = self._memory
        if seed is not None:
            memory = self.stack.rekey(memory, _root(seed))
        memory, timestep = pull(self.stack, memory, Reset(seed, options), self._answer)
        wrong = None if timestep.first else "a time step that is not `first`"
        wrong = wrong or wrong_opening(timestep)
        if wrong:
            raise ProtocolError(f"{self.stack!r} answered a reset with {wrong}: {timestep!r}.")
        self._memory, self._opened = memory, True
        return thaw(timestep.observation), dict(timestep.info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take an action; the stack may step the environment several times, or not at all.

        Raises:
            ResetNeeded: before the first reset.
            WrapperError: if a wrapper of the stack raises.
        """
        if not self._opened:
            raise ResetNeeded("Cannot call env.step() before calling env.reset()")
        act = Act(freeze(action))
        self._memory, timestep = pull(self.stack, self._memory, act, self._answer)
        return (
            thaw(timestep.observation),
            thaw(timestep.reward),
            timestep.terminated,
            timestep.truncated,
            dict(timestep.info),
        )

    def _answer(self, command: Command) -> TimeStep:
        """Ask the environment: this is the bottom border."""
        if type(command) is Act:
            observation, reward, terminated, truncated, info = self.env.step(thaw(command.action))
        else:
            assert type(command) is Reset  # noqa: S101 - there are two commands
            options = None if command.options is None else dict(command.options)
            observation, info = self.env.reset(seed=command.seed, options=options)
            reward, terminated, truncated = 0.0, False, False
        return TimeStep(
            freeze(observation),
            freeze(reward),
            terminated,
            truncated,
            dict(info),
            type(command) is Reset,
            self._clock() - self._started,
            freeze(self.env.render()) if "frame" in self.stack.needs else None,
        )


def _root(seed: int | None) -> Key:
    """Make the root key of a seed, or of the system's entropy."""
    return Key.from_seed(secrets.randbits(64) if seed is None else seed)

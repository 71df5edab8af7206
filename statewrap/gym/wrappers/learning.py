"""Twins that learn: their statistics are an object, which may be shared, saved and replaced."""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers.utils import RunningMeanStd

from statewrap.core.borders import freeze, thaw
from statewrap.core.events import Fact
from statewrap.core.messages import Command, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.gym.twin import Env, Observing, Twin
from statewrap.wrappers import Moments
from statewrap.wrappers.normalize_reward import Discounted


class Normalizing(Twin):
    """A twin that keeps its moments in a `RunningMeanStd`, as Gymnasium's wrapper does.

    Several may share one (`eval_env.obs_rms = env.obs_rms`); each reads it before a message and
    writes it afterwards.
    """

    _rms: RunningMeanStd
    _keys: tuple[Any, ...]

    def __init__(self, env: Env, **arguments: Any) -> None:
        self._rms = RunningMeanStd()  # type: ignore[no-untyped-call]
        super().__init__(env, **arguments)
        given = self.wrapper.statistics
        if not self.update_running_mean:
            self._write(given)

    @property
    def update_running_mean(self) -> bool:
        """Whether what comes is counted in; it may be set."""
        return bool(self.wrapper.mode == "learn")

    @update_running_mean.setter
    def update_running_mean(self, learning: bool) -> None:
        if learning != self.update_running_mean:
            self.become(self._learning() if learning else self._frozen())

    @property
    def _update_running_mean(self) -> bool:
        return self.update_running_mean

    @_update_running_mean.setter
    def _update_running_mean(self, learning: bool) -> None:
        self.update_running_mean = learning

    @property
    def _memory(self) -> StackMemory:
        """Made of the statistics, for each call anew."""
        return StackMemory((self._remembered() if self.update_running_mean else None,), self._keys)

    @_memory.setter
    def _memory(self, memory: StackMemory) -> None:
        self._keys = memory.keys
        if memory.wrappers[0] is not None:
            self._remember(memory.wrappers[0])

    def taken(self) -> Stack:
        """Return the wrapper; one that learns no more with the statistics that are set now."""
        return self.unbound if self.update_running_mean else Stack(self._frozen())

    def _pull(
        self, memory: StackMemory, command: Command, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, TimeStep]:
        if not self.update_running_mean and not same(self._read(), self.wrapper.statistics):
            self.become(self._frozen())  # somebody has changed them
        return super()._pull(memory, command, facts)

    def _learning(self) -> Any:
        return attrs.evolve(self.wrapper, mode="learn", statistics=None)

    def _frozen(self) -> Any:
        return attrs.evolve(self.wrapper, mode="frozen", statistics=self._read())

    def _remembered(self) -> Any:
        return self._read()

    def _remember(self, memory: Any) -> None:
        self._write(memory)

    def _read(self) -> Moments:
        rms = self._rms
        return Moments(freeze(rms.mean), freeze(rms.var), rms.count)

    def _write(self, moments: Moments) -> None:
        self._rms.mean, self._rms.var = thaw(moments.mean), thaw(moments.var)
        self._rms.count = moments.count


class NormalizeObservation(Normalizing, Observing):
    """Statewrap's `NormalizeObservation` as a Gymnasium wrapper."""

    def __init__(
        self, env: Env, epsilon: float = 1e-8, *, statistics: Any = None, mode: str = "learn"
    ) -> None:
        RecordConstructorArgs.__init__(self, epsilon=epsilon, statistics=statistics, mode=mode)
        super().__init__(env, epsilon=epsilon, statistics=statistics, mode=mode)

    @property
    def obs_rms(self) -> RunningMeanStd:
        """Mean, variance and count of the observations; it may be replaced, and shared."""
        return self._rms

    @obs_rms.setter
    def obs_rms(self, rms: RunningMeanStd) -> None:
        self._rms = rms


class NormalizeReward(Normalizing):
    """Statewrap's `NormalizeReward` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        gamma: float = 0.99,
        epsilon: float = 1e-8,
        *,
        statistics: Any = None,
        mode: str = "learn",
        carry_return: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            gamma=gamma,
            epsilon=epsilon,
            statistics=statistics,
            mode=mode,
            carry_return=carry_return,
        )
        self.discounted_reward = np.array([0.0])
        super().__init__(
            env,
            gamma=gamma,
            epsilon=epsilon,
            statistics=statistics,
            mode=mode,
            carry_return=carry_return,
        )

    discounted_reward: Any
    """The discounted return so far: float64 (1,)."""

    @property
    def return_rms(self) -> RunningMeanStd:
        """Mean, variance and count of the discounted returns; it may be replaced, and shared."""
        return self._rms

    @return_rms.setter
    def return_rms(self, rms: RunningMeanStd) -> None:
        self._rms = rms

    def _answer(self, command: Command) -> TimeStep:
        timestep = super()._answer(command)
        if not self.update_running_mean and not timestep.first:  # goes on while nothing is learned
            gamma: float = self.wrapper.gamma
            kept = self.discounted_reward * gamma * (1 - timestep.terminated)
            self.discounted_reward = kept + float(timestep.reward)
        return timestep

    def _remembered(self) -> Any:
        total = float(np.asarray(self.discounted_reward).item())
        return Discounted(total, self._read())

    def _remember(self, memory: Any) -> None:
        self.discounted_reward = np.array([memory.total])
        self._write(memory.moments)

    def _read(self) -> Moments:
        rms = self._rms
        return Moments(float(rms.mean), float(rms.var), float(rms.count))

    def _write(self, moments: Moments) -> None:
        rms: Any = self._rms
        rms.mean, rms.var = np.float64(moments.mean), np.float64(moments.var)
        rms.count = moments.count


class RecordEpisodeStatistics(Twin):
    """Statewrap's `RecordEpisodeStatistics` as a Gymnasium wrapper."""

    def __init__(
        self, env: Env, buffer_length: int | None = 100, stats_key: str = "episode"
    ) -> None:
        RecordConstructorArgs.__init__(self, buffer_length=buffer_length, stats_key=stats_key)
        super().__init__(env, buffer_length=buffer_length, stats_key=stats_key)

    @property
    def episode_count(self) -> int:
        """How many episodes have ended."""
        count: int = self.held.past.count
        return count

    @property
    def episode_returns(self) -> Any:
        """The return of the episode so far."""
        return self.held.total

    @property
    def episode_lengths(self) -> int:
        """The steps of the episode so far."""
        length: int = self.held.length
        return length

    @property
    def episode_start_time(self) -> float:
        """When the episode opened, by `time.perf_counter`."""
        opened: float = self.held.opened + self._started
        return opened

    @property
    def return_queue(self) -> deque[Any]:
        """The returns of the last episodes."""
        return self._queue(self.held.past.returns)

    @property
    def length_queue(self) -> deque[int]:
        """The lengths of the last episodes."""
        return self._queue(self.held.past.lengths)

    @property
    def time_queue(self) -> deque[float]:
        """The durations of the last episodes, in seconds."""
        return self._queue(self.held.past.times)

    @property
    def _stats_key(self) -> str:
        key: str = self.wrapper.stats_key
        return key

    def _queue(self, values: tuple[Any, ...]) -> deque[Any]:
        return deque(thaw(values), maxlen=self.wrapper.buffer_length)

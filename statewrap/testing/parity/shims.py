"""What is unusual about environments, each as a small Gymnasium wrapper that plays a part of one.

A shim belongs to the environment: it ends episodes where it is told to, shows observations in
another form, or keeps its buffers. What is under test stands above all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from statewrap.core.borders import thaw
from statewrap.core.spaces import nearest_to_zero
from statewrap.testing.parity.forms import FORMS

Env = gymnasium.Env[Any, Any]
Stepped = tuple[Any, Any, bool, bool, dict[str, Any]]

End = tuple[int, bool, bool]
"""After how many steps an episode ends, whether it is terminated, whether truncated."""

REWARDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "as given": lambda reward: reward,
    "float": float,
    "float32": np.float32,
    "float64": np.float64,
    "int": lambda reward: round(3 * float(reward)),
    "0-d array": np.array,
}
"""The types in which an environment may give its rewards."""

SPARSE: Final = {5: 0.0, 11: -0.0, 14: 1e6, 15: -1e6}
"""Rewards that come now and then, in place of a dense one."""

SPOILED: Final = 77
"""What is written into arrays that are handed on, to see who kept them."""


class Shim(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Passes everything; what it is asked for and does not have, the environment below has."""

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's own spec: a shim is no wrapper to anybody."""
        return self.env.spec

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "env":
            raise AttributeError(name)
        return getattr(self.env, name)


class Clock:
    """A clock that environments move, so that it stands still while anybody thinks."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        """Tell the time as the module `time` does."""
        return self.now


class Lives(Shim):
    """Takes its time: each answer moves the clock by 1024ths of a second, which add up exactly."""

    def __init__(self, env: Env, clock: Clock) -> None:
        super().__init__(env)
        self.clock, self.ticks = clock, itertools.cycle((37, 5, 64, 18, 1))

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Take time, and answer."""
        self.clock.now += next(self.ticks) / 1024
        return self.env.reset(**options)

    def step(self, action: Any) -> Stepped:
        """Take time, and answer."""
        self.clock.now += next(self.ticks) / 1024
        return self.env.step(action)


class Tamed(Shim):
    """Takes any action and any options: what the environment would refuse it never sees."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Leave the options out."""
        return self.env.reset(seed=seed)

    def step(self, action: Any) -> Stepped:
        """Step with an action that is in the space."""
        return self.env.step(tamed(self.env.action_space, action))


def tamed(space: gymnasium.Space[Any], action: Any) -> Any:
    """Return an action of a space that depends on the one given, whatever that is.

    >>> int(tamed(Discrete(3), np.int64(7)))
    1
    """
    if isinstance(space, Box):
        numbers = np.nan_to_num(np.asarray(action, np.float64), nan=0.0).reshape(space.shape)
        return np.asarray(np.clip(numbers, space.low, space.high), space.dtype)
    if isinstance(space, Discrete):
        return space.start + (int(action) - space.start) % space.n
    if space.contains(action):
        return action
    return nearest_to_zero(space)


class Ends(Shim):
    """Ends its episodes, in turn, as `ends` says.

    Its environment may end them earlier; unless it is overruled: then its own ends are hidden,
    and it is reset on the quiet.
    """

    def __init__(self, env: Env, ends: Sequence[End], *, overrules: bool = False) -> None:
        super().__init__(env)
        self.ends = itertools.cycle(ends or ((2**31, False, True),))
        self.steps, self.end, self.overrules = 0, next(self.ends), overrules

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Go on to the next end."""
        self.steps, self.end = 0, next(self.ends)
        return self.env.reset(**options)

    def step(self, action: Any) -> Stepped:
        """Set the flags when their time has come."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self.overrules and (terminated or truncated):
            observation, info = self.env.reset()
            terminated = truncated = False
        self.steps += 1
        due, terminates, truncates = self.end
        over = self.steps >= due
        terminated = terminated or (over and terminates)
        return observation, reward, terminated, truncated or (over and truncates), info


class Pays(Shim):
    """Gives a reward that depends on the step, in one type, and flags in another than bool."""

    def __init__(self, env: Env, reward: str, *, numpy_flags: bool) -> None:
        super().__init__(env)
        self.dense, self.type = reward != "as given", REWARDS[reward]
        self.numpy_flags, self.steps = numpy_flags, 0

    def step(self, action: Any) -> Stepped:
        """Convert."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        if self.dense:
            reward = float(reward) + 0.1 * (self.steps % 13) - 0.5
            reward = SPARSE.get(self.steps % 17, reward)
        flag: Any = np.bool_ if self.numpy_flags else bool
        return observation, self.type(reward), flag(terminated), flag(truncated), info


class Shows(Shim):
    """Shows observations in another form."""

    def __init__(self, env: Env, form: str) -> None:
        super().__init__(env)
        self.form = FORMS[form]
        self.observation_space = self.form.space(env.observation_space)

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Convert."""
        observation, info = self.env.reset(**options)
        return self._formed(observation), info

    def step(self, action: Any) -> Stepped:
        """Convert."""
        observation, *rest = self.env.step(action)
        return self._formed(observation), *rest

    def _formed(self, observation: Any) -> Any:
        return self.form.of(self.env.observation_space, observation)


class Tells(Shim):
    """Fills its info, masks of legal actions included where `actions` says how many there are."""

    def __init__(self, env: Env, actions: int = 0) -> None:
        super().__init__(env)
        self.actions, self.count = actions, 0

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Fill the info."""
        observation, info = self.env.reset(**options)
        return observation, self._more() | info

    def step(self, action: Any) -> Stepped:
        """Fill the info."""
        *rest, info = self.env.step(action)
        return *rest, self._more() | info

    def _more(self) -> dict[str, Any]:
        self.count += 1
        told = {
            "count": self.count,
            "trail": np.arange(self.count % 3),
            "is": {"odd": self.count % 2},
        }
        if not self.actions:
            return told
        mask = np.array([(self.count * 5 + k * k) % 3 != 0 for k in range(self.actions)], np.int8)
        mask[self.count % self.actions] = 1
        return told | {"action_mask": mask}


class Reuses(Shim):
    """Writes every observation into one buffer, every info into one dict, and spoils actions."""

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        self.buffer: Any = None
        self.info: dict[str, Any] = {}

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Show the buffers."""
        observation, info = self.env.reset(**options)
        return self._kept(observation), self._told(info)

    def step(self, action: Any) -> Stepped:
        """Show the buffers, and leave the action's array in another state."""
        observation, *rest, info = self.env.step(action)
        spoil(action)
        return self._kept(observation), *rest, self._told(info)

    def _kept(self, observation: Any) -> Any:
        if self.buffer is None:
            self.buffer = thaw(observation)
        else:
            self.buffer = written(self.buffer, observation)
        return self.buffer

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        info = dict(info)
        self.info.clear()
        self.info.update(info)
        return self.info


def spoil(value: Any) -> None:
    """Write over every array in a value that can be written to."""
    if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.kind in "fiub":
        value[...] = SPOILED
    for part in value.values() if isinstance(value, dict) else ():
        spoil(part)
    for part in value if isinstance(value, (tuple, list)) else ():
        spoil(part)


def written(buffer: Any, observation: Any) -> Any:
    """Write an observation into a buffer as far as there are arrays that fit, and return it."""
    if isinstance(buffer, np.ndarray) and buffer.shape == np.shape(observation):
        buffer[...] = observation
        return buffer
    if isinstance(buffer, dict):
        for key, item in observation.items():
            buffer[key] = written(buffer[key], item)
        return buffer
    if type(buffer) is tuple and len(buffer) == len(observation):
        return tuple(written(b, o) for b, o in zip(buffer, observation, strict=True))
    return observation


class GoesOn(Shim):
    """Cannot be reset: asked to, it shows its last observation again, unless it was over itself."""

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        self.last: tuple[Any, dict[str, Any]] | None = None

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Show the last observation again, or open an episode after an end."""
        if self.last is None:
            self.last = thaw(self.env.reset(**options))
        again: tuple[Any, dict[str, Any]] = thaw(self.last)
        return again

    def step(self, action: Any) -> Stepped:
        """Pass the step, and keep what is shown."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        over = terminated or truncated
        self.last = None if over else thaw((observation, info))
        return observation, reward, terminated, truncated, info

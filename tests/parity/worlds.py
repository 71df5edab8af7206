"""Environments as data: a real one, and what is unusual about what it shows.

Each shim is a small Gymnasium wrapper that takes the part of the environment: it ends episodes
where it is told to, shows observations in another form, or keeps its buffers. What is under
test stands above all of them.
"""

from __future__ import annotations

import copy
import itertools
import zlib
from collections.abc import Callable
from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, Tuple

NAMES: Final = ("CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCarContinuous-v0")
NEAR_THE_GOAL: Final = {
    "Acrobot-v1": {"low": 1.2, "high": 2.2},
    "MountainCarContinuous-v0": {"low": 0.43, "high": 0.449},
}
"""Options of reset with which an episode terminates by itself within a few steps."""

LONGEST: Final = 20_000
"""More than is ever said in a run."""

End = tuple[int, bool, bool]
"""After how many steps an episode ends, whether it is terminated, whether truncated."""


class Clock:
    """A clock that environments move, so that it stands still while anybody thinks."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        """Tell the time as the module `time` does."""
        return self.now


class Lives(gym.Wrapper):
    """Takes its time: each answer moves the clock by 1024ths of a second, which add up exactly."""

    def __init__(self, env: gym.Env, clock: Clock) -> None:
        super().__init__(env)
        self.clock, self.ticks = clock, itertools.cycle((37, 5, 64, 18, 1))

    def reset(self, **options):
        """Take time, and answer."""
        self.clock.now += next(self.ticks) / 1024
        return self.env.reset(**options)

    def step(self, action):
        """Take time, and answer."""
        self.clock.now += next(self.ticks) / 1024
        return self.env.step(action)


class Starts(gym.Wrapper):
    """Resets its environment with options of its own."""

    def __init__(self, env: gym.Env, options: dict[str, Any] | None) -> None:
        super().__init__(env)
        self.options = options

    def reset(self, *, seed=None, options=None):
        """Exchange the options."""
        return self.env.reset(seed=seed, options=self.options)


class Ends(gym.Wrapper):
    """Ends its episodes, in turn, as `ends` says; its environment may end them earlier."""

    def __init__(self, env: gym.Env, ends: tuple[End, ...]) -> None:
        super().__init__(env)
        self.ends = itertools.cycle(ends or ((2**31, False, True),))
        self.steps, self.end = 0, next(self.ends)

    def reset(self, **options):
        """Go on to the next end."""
        self.steps, self.end = 0, next(self.ends)
        return self.env.reset(**options)

    def step(self, action):
        """Set the flags when their time has come."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        due, terminates, truncates = self.end
        over = self.steps >= due
        terminated, truncated = (
            terminated or (over and terminates),
            truncated or (over and truncates),
        )
        return observation, reward, terminated, truncated, info


Types = Callable[[Any], Any]

REWARDS: Final[dict[str, Types]] = {
    "as given": lambda reward: reward,
    "float": float,
    "float32": np.float32,
    "float64": np.float64,
    "int": lambda reward: round(3 * float(reward)),
    "0-d array": np.array,
}
"""The types in which an environment may give its rewards."""


class Pays(gym.Wrapper):
    """Gives a reward that depends on the step, in one type, and flags in another than bool."""

    def __init__(self, env: gym.Env, reward: str, *, numpy_flags: bool) -> None:
        super().__init__(env)
        self.dense, self.type = reward != "as given", REWARDS[reward]
        self.flag = np.bool_ if numpy_flags else bool
        self.steps = 0

    def step(self, action):
        """Convert."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        if self.dense:
            reward = float(reward) + 0.1 * (self.steps % 13) - 0.5
        return observation, self.type(reward), self.flag(terminated), self.flag(truncated), info


def _boxed(space: Box, dtype: type, shape: tuple[int, ...] | None = None) -> Box:
    return Box(-np.inf, np.inf, space.shape if shape is None else shape, dtype)


def _every_second(observation):
    wide = np.repeat(observation, 2)
    wide[1::2] = -1.0
    return wide[::2]


def _number(observation) -> int:
    return zlib.crc32(observation.tobytes()) % 7


def _with_nan(observation):
    return np.where(np.arange(len(observation)) == _number(observation), np.nan, observation)


def _as_dict(observation):
    finer = observation.astype(np.float64) / 3
    return {
        "state": observation,
        "more": {"finer": finer, "number": np.int64(_number(observation))},
    }


FORMS: Final[dict[str, tuple[Callable[[Any], Any], Callable[[Box], gym.Space]]]] = {
    "as given": (lambda o: o, lambda space: space),
    "float64": (lambda o: o.astype(np.float64) / 3, lambda space: _boxed(space, np.float64)),
    "every second": (_every_second, lambda space: _boxed(space, np.float32)),
    "backwards": (lambda o: o[::-1], lambda space: _boxed(space, np.float32)),
    "fortran": (
        lambda o: np.stack([o, np.float32(2) * o, -o]).T,
        lambda space: _boxed(space, np.float32, (*space.shape, 3)),
    ),
    "transposed float64": (
        lambda o: np.stack([o / 3.0, o * 7.0]).astype(np.float64).T,
        lambda space: _boxed(space, np.float64, (*space.shape, 2)),
    ),
    "integers": (
        lambda o: (o * 1000).astype(np.int32),
        lambda space: Box(-(2**31), 2**31 - 2, space.shape, np.int32),
    ),
    "bytes": (
        lambda o: o.view(np.uint8).reshape(2, -1),
        lambda space: Box(0, 255, (2, 2 * space.shape[0]), np.uint8),
    ),
    "with NaN": (
        lambda o: _with_nan(o).astype(np.float32),
        lambda space: _boxed(space, np.float32),
    ),
    "number": (lambda o: np.int64(_number(o) - 2), lambda _: Discrete(7, start=-2)),
    "dict": (
        _as_dict,
        lambda space: Dict(
            state=_boxed(space, np.float32),
            more=Dict(finer=_boxed(space, np.float64), number=Discrete(7)),
        ),
    ),
    "tuple": (
        lambda o: (o[::-1], np.int64(_number(o))),
        lambda space: Tuple((_boxed(space, np.float32), Discrete(7))),
    ),
}
"""What may become of a float32 vector, and of the space it is in."""


class Shows(gym.Wrapper):
    """Shows observations in another form."""

    def __init__(self, env: gym.Env, form: str) -> None:
        super().__init__(env)
        self.form, space_of = FORMS[form]
        self.observation_space = space_of(env.observation_space)

    def reset(self, **options):
        """Convert."""
        observation, info = self.env.reset(**options)
        return self.form(observation), info

    def step(self, action):
        """Convert."""
        observation, *rest = self.env.step(action)
        return self.form(observation), *rest


class Tells(gym.Wrapper):
    """Fills its info, masks of legal actions included where `actions` says how many there are."""

    def __init__(self, env: gym.Env, actions: int) -> None:
        super().__init__(env)
        self.actions, self.count = actions, 0

    def reset(self, **options):
        """Fill the info."""
        observation, info = self.env.reset(**options)
        return observation, info | self._more()

    def step(self, action):
        """Fill the info."""
        *rest, info = self.env.step(action)
        return *rest, info | self._more()

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


class Reuses(gym.Wrapper):
    """Writes every observation into one buffer, every info into one dict, and spoils actions."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.buffer: Any = None
        self.info: dict[str, Any] = {}

    def reset(self, **options):
        """Show the buffers."""
        observation, info = self.env.reset(**options)
        return self._kept(observation), self._told(info)

    def step(self, action):
        """Show the buffers, and leave the action's array in another state."""
        observation, *rest, info = self.env.step(action)
        if isinstance(action, np.ndarray):
            action[...] = 77
        return self._kept(observation), *rest, self._told(info)

    def _kept(self, observation: Any) -> Any:
        self.buffer = observation if self.buffer is None else written(self.buffer, observation)
        return self.buffer

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        self.info.clear()
        self.info.update(info)
        return self.info


def written(buffer: Any, observation: Any) -> Any:
    """Write an observation into a buffer as far as there are arrays, and return it."""
    if isinstance(buffer, np.ndarray):
        buffer[...] = observation
        return buffer
    if isinstance(buffer, dict):
        for key, item in observation.items():
            buffer[key] = written(buffer[key], item)
        return buffer
    if isinstance(buffer, tuple):
        return tuple(written(b, o) for b, o in zip(buffer, observation, strict=True))
    return observation


class Tape:
    """What was said at both ends of a stack, in order, until `episodes` episodes are over."""

    def __init__(self, episodes: int) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.missing = episodes

    def note(self, *entry: Any) -> None:
        """Copy an entry onto the tape; one that is shown ends with both flags and the info."""
        if self.missing == 0:
            return
        assert len(self.entries) < LONGEST, "episodes do not come to an end"
        self.entries.append(copy.deepcopy(entry))
        if entry[0] == "shown" and (entry[3] or entry[4]):
            self.missing -= 1


class Taped(gym.Wrapper):
    """The border of the environment: notes every command that reaches it."""

    def __init__(self, env: gym.Env, tape: Tape) -> None:
        super().__init__(env)
        self.tape = tape

    def reset(self, *, seed=None, options=None):
        """Note it, and pass it."""
        self.tape.note("reset", seed, options)
        return self.env.reset(seed=seed, options=options)

    def step(self, action):
        """Note it, and pass it."""
        self.tape.note("act", action)
        return self.env.step(action)


class GoesOn(gym.Wrapper):
    """Cannot be reset: asked to, it shows its last observation again, unless it was over itself."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.last: tuple[Any, dict[str, Any]] | None = None

    def reset(self, **options):
        """Show the last observation again, or open an episode after an end."""
        if self.last is None:
            self.last = copy.deepcopy(self.env.reset(**options))
        return copy.deepcopy(self.last)

    def step(self, action):
        """Pass the step, and keep what is shown."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        over = terminated or truncated
        self.last = None if over else copy.deepcopy((observation, info))
        return observation, reward, terminated, truncated, info


class Copies(gym.Wrapper):
    """Copies whatever crosses it.

    Gymnasium's wrappers keep references, and write into the info they are given: above an
    environment that reuses its buffers they show what nobody means. So they are run above copies.
    """

    def reset(self, **options):
        """Copy the answer."""
        return copy.deepcopy(self.env.reset(**options))

    def step(self, action):
        """Copy the action and the answer."""
        return copy.deepcopy(self.env.step(copy.deepcopy(action)))


@attrs.frozen
class World:
    """An environment as data."""

    name: str
    limit: int = 30
    """Gymnasium's own time limit, by which the environment truncates."""
    ends: tuple[End, ...] = ()
    near_the_goal: bool = False
    form: str = "as given"
    reward: str = "as given"
    numpy_flags: bool = False
    reuses: bool = False
    actions: int = 0
    """How many actions the masks in info are about; 0 for no masks."""

    def make(self, clock: Clock | None = None, tape: Tape | None = None) -> gym.Env:
        """Build it; its own warnings about strange values are left out."""
        env: gym.Env = gym.make(self.name, max_episode_steps=self.limit, disable_env_checker=True)
        env = Lives(env, clock or Clock())
        env = Starts(env, NEAR_THE_GOAL.get(self.name) if self.near_the_goal else None)
        env = Pays(Ends(env, self.ends), self.reward, numpy_flags=self.numpy_flags)
        env = Tells(Shows(env, self.form), self.actions)
        return Taped(Reuses(env) if self.reuses else env, tape or Tape(0))

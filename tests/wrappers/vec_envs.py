"""Run a wrapper and its twin of Stable-Baselines3 on two copies of an environment, and compare."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from statewrap.core.borders import freeze
from statewrap.core.drivers import pull
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from tests.wrappers.twins import Heard, answers, below

SEED = 7
Shown = list[tuple[Any, ...]]
"""What a policy is shown: ("opening", observation), ("step", observation, reward), ("end",
observation, reward, whether it was only truncated)."""


def numbers(draw: Callable[[np.random.Generator], Any], seed: int = 3) -> Iterator[Any]:
    """Draw actions for ever."""
    generator = np.random.default_rng(seed)
    while True:
        yield draw(generator)


def shown_by_sb3(venv: VecEnv, actions: Iterator[Any], episodes: int) -> Shown:
    """Return what a `VecEnv` of one shows, its resets and ends as they are in an ordinary loop."""
    venv.seed(SEED)
    shown: Shown = [("opening", _only(venv.reset()))]
    while episodes:
        observation, rewards, dones, infos = venv.step([next(actions)])
        if not dones[0]:
            shown.append(("step", _only(observation), rewards[0]))
            continue
        end, episodes = infos[0]["terminal_observation"], episodes - 1
        shown.append(
            ("end", _plain(copy.deepcopy(end)), rewards[0], infos[0]["TimeLimit.truncated"])
        )
        shown.append(("opening", _only(observation)))
    return shown


def shown_by_statewrap(
    env: gym.Env, wrapper: Wrapper[Any], actions: Iterator[Any], episodes: int
) -> tuple[Shown, StackMemory]:
    """Return what a training loop is shown, and the memory afterwards."""
    stack, answer = Stack(wrapper).bind(below(env)), answers(env)
    memory, timestep = pull(stack, stack.initial(Key.from_seed(0)), Reset(SEED), answer)
    shown: Shown = [("opening", _plain(timestep.observation))]
    while episodes:
        memory, timestep = pull(stack, memory, Act(freeze(next(actions))), answer)
        reward = np.float32(timestep.reward)
        if not timestep.last:
            shown.append(("step", _plain(timestep.observation), reward))
            continue
        only = timestep.truncated and not timestep.terminated
        shown.append(("end", _plain(timestep.observation), reward, only))
        memory, timestep = pull(stack, memory, Reset(), answer)
        shown.append(("opening", _plain(timestep.observation)))
        episodes -= 1
    return shown, memory


def both(
    wrapper: Wrapper[Any],
    twin: Callable[[VecEnv], VecEnv],
    new: Callable[[], Heard],
    draw: Callable[[np.random.Generator], Any],
    episodes: int = 4,
) -> tuple[Any, Any]:
    """Return what each side showed its policy and sent its environment: theirs, ours."""
    env, other = new(), new()
    theirs = shown_by_sb3(twin(DummyVecEnv([lambda: other])), numbers(draw), episodes)
    ours, _ = shown_by_statewrap(env, wrapper, numbers(draw), episodes)
    return (theirs, other.actions), (ours, env.actions)


def without_ends(shown: Shown) -> Shown:
    """Leave out the observations with which episodes end."""
    return [(what, *rest[1:]) if what == "end" else (what, *rest) for what, *rest in shown]


def _only(observation: Any) -> Any:
    """Take the only environment's part of a batch."""
    if isinstance(observation, dict):
        return {key: _only(part) for key, part in observation.items()}
    return np.array(observation[0])[()]


def _plain(observation: Any) -> Any:
    """Return an array without axes as a scalar, as a batch of them holds it."""
    if isinstance(observation, dict):
        return {key: _plain(part) for key, part in observation.items()}
    return observation[()] if isinstance(observation, np.ndarray) else observation

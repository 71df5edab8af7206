"""Run a wrapper and its Gymnasium twin on two copies of an environment, and compare."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np

from statewrap.core.borders import freeze, thaw
from statewrap.core.drivers import pull
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.wrapper import Below, Stack, Wrapper


class Heard(gym.Wrapper):
    """Notes every action that reaches the environment."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.actions: list[Any] = []

    def step(self, action: Any) -> Any:
        """Note the action, and pass it."""
        self.actions.append(copy.deepcopy(action))
        return super().step(action)


def make(name: str, **options: Any) -> Heard:
    """Make an environment that notes its actions; the checker would warn of wild ones."""
    return Heard(gym.make(name, disable_env_checker=True, **options))


def below(env: gym.Env) -> Below:
    """Say what is known of an environment."""
    return Below(env.observation_space, env.action_space)


def answers(env: gym.Env) -> Callable[[Command], TimeStep]:
    """Let an environment answer commands."""

    def answer(command: Command) -> TimeStep:
        if type(command) is Reset:
            observation, info = env.reset(seed=command.seed, options=command.options)
            return TimeStep(freeze(observation), info=dict(info), first=True)
        observation, reward, terminated, truncated, info = env.step(thaw(command.action))
        return TimeStep(freeze(observation), reward, terminated, truncated, dict(info))

    return answer


def shown_by_statewrap(
    env: gym.Env, wrapper: Wrapper[Any], actions: Iterator[Any], episodes: int
) -> list[Any]:
    """Return what a training loop is shown, episode after episode, the first one seeded."""
    stack, answer, shown = Stack(wrapper).bind(below(env)), answers(env), []
    memory = stack.initial(Key.from_seed(0))
    for episode in range(episodes):
        reset = Reset(seed=None if episode else 7)
        memory, timestep = pull(stack, memory, reset, answer)
        shown.append((timestep.observation, timestep.info))
        while not timestep.last:
            memory, timestep = pull(stack, memory, Act(freeze(next(actions))), answer)
            t = timestep
            shown.append((t.observation, t.reward, t.terminated, t.truncated, t.info))
    return shown


def shown_by_gymnasium(env: gym.Env, actions: Iterator[Any], episodes: int) -> list[Any]:
    """Return what Gymnasium's own loop shows."""
    shown: list[Any] = []
    for episode in range(episodes):
        shown.append(copy.deepcopy(env.reset(seed=None if episode else 7)))
        over = False
        while not over:
            shown.append(copy.deepcopy(env.step(next(actions))))
            over = shown[-1][2] or shown[-1][3]
    return shown


def both(
    wrapper: Wrapper[Any],
    twin: Callable[[gym.Env], gym.Env],
    new: Callable[[], Heard],
    draw: Callable[[np.random.Generator], Any],
    episodes: int = 4,
) -> tuple[Any, Any]:
    """Return what each side showed its policy and sent its environment: theirs, ours."""

    def actions() -> Iterator[Any]:
        generator = np.random.default_rng(3)
        while True:
            yield draw(generator)

    env, other = new(), new()
    theirs = shown_by_gymnasium(twin(other), actions(), episodes)
    ours = shown_by_statewrap(env, wrapper, actions(), episodes)
    return (theirs, other.actions), (ours, env.actions)

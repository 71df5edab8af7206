"""Run a stack and Gymnasium's wrappers on two copies of an environment that draws itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from statewrap.gym import GymWrapper


def lived(env: gym.Env, steps: int, seed: int = 3) -> list[Any]:
    """Return what is shown in so many steps, over as many episodes as there are; then close."""
    shown: list[Any] = [copy.deepcopy(env.reset(seed=seed))]
    env.action_space.seed(seed)
    for _ in range(steps):
        shown.append(copy.deepcopy(env.step(env.action_space.sample())))
        if shown[-1][2] or shown[-1][3]:
            shown.append(copy.deepcopy(env.reset()))
    env.close()
    return shown


def make(name: str = "CartPole-v1", mode: str | None = "rgb_array") -> gym.Env:
    """Make an environment that ends often and draws itself."""
    return gym.make(name, render_mode=mode, disable_env_checker=True)


def drawing(kind: Callable[..., gym.Env], state: int) -> tuple[Callable[..., gym.Env], Any]:
    """Return a Gymnasium wrapper with a generator of its own, and a function that puts it back."""
    generator = np.random.default_rng(state)

    def put_back() -> None:
        generator.bit_generator.state = np.random.default_rng(state).bit_generator.state

    return type("Own", (kind,), {"np_random": generator}), put_back


__all__ = ["GymWrapper", "drawing", "lived", "make"]

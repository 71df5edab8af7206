"""Train the three demo policies in an ordinary Gymnasium loop and ship each as one numpy file.

    pip install "torch==2.13.*" stable-baselines3==2.9.2 "gymnasium[classic-control]==1.4.0"
    python train_policies.py --env cartpole --out policies --seed 0

Nothing here knows statewrap: this is what a training project looks like before production. PPO
learns on an environment wrapped by Gymnasium; what it leaves behind is the weights of a small
network *and* the running mean and variance of `NormalizeObservation`. Both are needed. The script
ends by playing the written file, without Stable-Baselines3, with the statistics and without.

A file holds these arrays, and loads with `allow_pickle=False`:

    weight_0, bias_0, ...   float32 (out, in) and (out,), a layer each, first layer first
    activation              "tanh" or "relu", after every layer but the last
    output                  "argmax": the action is the index of the largest value;
                            "linear", "tanh": the action is the last layer, as it is or squashed
    mean, var, count        what `NormalizeObservation.obs_rms` held when the training ended
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import gymnasium as gym
import numpy as np
import torch
from gymnasium.spaces import Box
from gymnasium.wrappers import (
    ClipAction,
    FrameStackObservation,
    NormalizeObservation,
    RepeatAction,
    RescaleAction,
    TransformAction,
)
from numpy.typing import NDArray
from stable_baselines3 import PPO

Environment = gym.Env[Any, Any]
Normalize = Callable[[Environment], Environment]
Arrays = Mapping[str, NDArray[Any]]

EPISODES = 20
FIRST_SEEDS = (0, 1000)

ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda values: np.maximum(values, 0),
}
OUTPUTS: Mapping[str, Callable[[Any], Any]] = {
    "argmax": np.argmax,
    "linear": lambda values: values,
    "tanh": np.tanh,
}


# The stacks, nearest the environment first. `normalize` puts NormalizeObservation on an
# environment: one that learns, one that is frozen, or none at all.


def cartpole(normalize: Normalize) -> Environment:
    """Show the last two normalized observations: float32 (2, 4), oldest first."""
    return FrameStackObservation(normalize(gym.make("CartPole-v1")), 2)


def acrobot(normalize: Normalize) -> Environment:
    """Hold each torque for two frames: float32 (6,), normalized over the frames shown."""
    return normalize(RepeatAction(gym.make("Acrobot-v1"), 2))


def pendulum(normalize: Normalize) -> Environment:
    """Clip any number to -1..1 and send it as a torque of -2..2: float32 (3,), normalized."""
    env = gym.make("Pendulum-v1")
    rescaled = RescaleAction(env, -1.0, 1.0)  # type: ignore[arg-type]  # floats, as in its docs
    return normalize(ClipAction(rescaled))


def frozen(env: Environment, arrays: Arrays) -> Environment:
    """Normalize by the statistics of a file, and learn no more."""
    normalized = NormalizeObservation(env)
    normalized.obs_rms.mean = arrays["mean"]
    normalized.obs_rms.var = arrays["var"]
    normalized.obs_rms.count = float(arrays["count"])
    normalized.update_running_mean = False
    return normalized


def raw(env: Environment) -> Environment:
    """Leave the statistics out."""
    return env


@dataclass(frozen=True)
class Recipe:
    """How an environment is wrapped, how long PPO learns on it, and what its network answers."""

    build: Callable[[Normalize], Environment]
    output: Literal["argmax", "linear"]
    steps: int
    settings: Mapping[str, Any]


def falling(start: float) -> Callable[[float], float]:
    """Let a PPO setting fall in a line from `start` to 0 over the training."""
    return lambda remaining: start * remaining


RECIPES: Mapping[str, Recipe] = {
    "cartpole": Recipe(
        cartpole,
        output="argmax",
        steps=100_000,
        settings={
            "learning_rate": falling(1e-3),
            "clip_range": falling(0.2),
            "n_steps": 512,
            "batch_size": 128,
            "n_epochs": 10,
            "gamma": 0.99,
            "gae_lambda": 0.9,
        },
    ),
    "acrobot": Recipe(
        acrobot,
        output="argmax",
        steps=150_000,
        settings={
            "learning_rate": falling(1e-3),
            "n_steps": 2048,
            "batch_size": 128,
            "n_epochs": 10,
            "gamma": 0.99,
            "gae_lambda": 0.94,
        },
    ),
    "pendulum": Recipe(
        pendulum,
        output="linear",
        steps=200_000,
        settings={
            "learning_rate": falling(1e-3),
            "n_steps": 2048,
            "batch_size": 128,
            "n_epochs": 10,
            "gamma": 0.95,
            "gae_lambda": 0.95,
            "use_sde": True,
            "sde_sample_freq": 4,
        },
    ),
}


def bounded(env: Environment) -> Environment:
    """Announce finite bounds where ClipAction announces none, since PPO asks for them.

    They are the widest there are: PPO also clips to them, and that is ClipAction's work.
    """
    space = env.action_space
    if not isinstance(space, Box) or space.is_bounded():
        return env
    widest = np.finfo(np.float32).max
    return TransformAction(env, lambda action: action, Box(-widest, widest, space.shape))


def train(recipe: Recipe, seed: int) -> dict[str, NDArray[Any]]:
    """Learn the network and the statistics together, and return them as the arrays of a file."""
    env = recipe.build(NormalizeObservation)
    settings = {"policy_kwargs": {"net_arch": [64, 64]}, **recipe.settings}
    model = PPO("MlpPolicy", bounded(env), seed=seed, device="cpu", **settings)
    model.learn(recipe.steps)

    arrays: dict[str, NDArray[Any]] = {
        "activation": np.array("tanh"),  # PPO's default
        "output": np.array(recipe.output),
    }
    modules = [*model.policy.mlp_extractor.policy_net, model.policy.action_net]
    layers = [module for module in modules if isinstance(module, torch.nn.Linear)]
    for index, layer in enumerate(layers):
        arrays[f"weight_{index}"] = layer.weight.detach().numpy().copy()
        arrays[f"bias_{index}"] = layer.bias.detach().numpy().copy()

    statistics = env.get_wrapper_attr("obs_rms")
    arrays["mean"] = statistics.mean
    arrays["var"] = statistics.var
    arrays["count"] = np.array(statistics.count, np.float64)
    return arrays


def decide(arrays: Arrays, observation: NDArray[Any]) -> Any:
    """Answer an observation of any shape: an int64 action, or float32 (actions,)."""
    values = np.asarray(observation, np.float32).reshape(-1)
    last = sum(name.startswith("weight_") for name in arrays) - 1
    for index in range(last):
        values = arrays[f"weight_{index}"] @ values + arrays[f"bias_{index}"]
        values = ACTIVATIONS[str(arrays["activation"])](values)
    values = arrays[f"weight_{last}"] @ values + arrays[f"bias_{last}"]
    return OUTPUTS[str(arrays["output"])](values)


def play(env: Environment, arrays: Arrays, seed: int) -> float:
    """Play one episode and return the sum of its rewards."""
    observation, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(decide(arrays, observation))
        total += float(reward)
        over = terminated or truncated
    return total


def evaluate(name: str, path: Path) -> None:
    """Print the mean returns of a written file, with its statistics and without."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    stacks: Mapping[str, Normalize] = {"with": partial(frozen, arrays=arrays), "without": raw}
    for first in FIRST_SEEDS:
        seeds = range(first, first + EPISODES)
        for words, normalize in stacks.items():
            env = RECIPES[name].build(normalize)
            returns = [play(env, arrays, seed) for seed in seeds]
            print(
                f"{name}, {words} statistics, seeds {seeds[0]}..{seeds[-1]}: mean "
                f"{np.mean(returns):.1f}, worst {min(returns):.1f}, best {max(returns):.1f}"
            )


def main() -> None:
    """Train one policy, write it and play it."""
    parser = argparse.ArgumentParser(description="Train a demo policy and ship it as a .npz file.")
    parser.add_argument("--env", choices=sorted(RECIPES), required=True)
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()

    torch.set_num_threads(1)
    began = time.perf_counter()
    arrays = train(RECIPES[asked.env], asked.seed)
    minutes = (time.perf_counter() - began) / 60

    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"{asked.env}.npz"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    print(f"{path}: {path.stat().st_size} bytes, trained in {minutes:.1f} minutes")
    evaluate(asked.env, path)


if __name__ == "__main__":
    main()

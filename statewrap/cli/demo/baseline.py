"""Play the same weights in Gymnasium's own loop, under Gymnasium's own wrappers.

This is what the training project would run. It knows Gymnasium and numpy, and nothing of statewrap.

    python baseline.py --env CartPole-v1 --episodes 5 --seed 0 --weights cartpole.npz

One JSON object is printed for each episode: its seed, return and length, and every action that the
environment was given. `--without-statistics` leaves `NormalizeObservation` out.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import (
    ClipAction,
    FrameStackObservation,
    NormalizeObservation,
    RepeatAction,
    RescaleAction,
)

Environment = gym.Env[Any, Any]
Arrays = Mapping[str, Any]
Normalize = Callable[[Environment], Environment]

# The stacks in which the policies were trained; the call on the inside is nearest the environment.
STACKS: Mapping[str, Callable[[Environment, Normalize], Environment]] = {
    "CartPole-v1": lambda env, normalize: FrameStackObservation(normalize(env), 2),
    "Acrobot-v1": lambda env, normalize: normalize(RepeatAction(env, 2)),
    "Pendulum-v1": lambda env, normalize: normalize(ClipAction(RescaleAction(env, -1.0, 1.0))),  # type: ignore[arg-type]  # floats, as in its docs
}


class Record(gym.Wrapper[Any, Any, Any, Any]):
    """Keep every action that the environment is given."""

    actions: list[Any]

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Begin a new list."""
        self.actions = []
        return self.env.reset(**options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Add to the list."""
        self.actions.append(np.asarray(action).tolist())
        return self.env.step(action)


def frozen(env: Environment, arrays: Arrays) -> Environment:
    """Normalize by the statistics of a file, and learn no more."""
    normalized = NormalizeObservation(env)
    normalized.obs_rms.mean = arrays["mean"]
    normalized.obs_rms.var = arrays["var"]
    normalized.obs_rms.count = float(arrays["count"])
    normalized.update_running_mean = False
    return normalized


def decide(arrays: Arrays, observation: Any) -> Any:
    """Run the network on an observation."""
    squash = np.tanh if str(arrays["activation"]) == "tanh" else lambda x: np.maximum(x, 0)
    last = sum(name.startswith("weight_") for name in arrays) - 1
    x = np.asarray(observation, np.float32).reshape(-1)
    for index in range(last):
        x = squash(arrays[f"weight_{index}"] @ x + arrays[f"bias_{index}"])
    x = arrays[f"weight_{last}"] @ x + arrays[f"bias_{last}"]
    output = str(arrays["output"])
    return np.argmax(x) if output == "argmax" else np.tanh(x) if output == "tanh" else x


def play(env: Environment, record: Record, arrays: Arrays, seed: int) -> dict[str, Any]:
    """Play one episode."""
    observation, _ = env.reset(seed=seed)
    calls, over = 0, False
    total = 0.0
    while not over:
        calls += 1
        observation, reward, terminated, truncated, _ = env.step(decide(arrays, observation))
        total += float(reward)
        over = terminated or truncated
    actions = record.actions
    return {
        "seed": seed,
        "return": total,
        "length": len(actions),
        "policy_calls": calls,
        "actions": actions,
    }


def main() -> None:
    """Play the episodes and print a line for each."""
    parser = argparse.ArgumentParser(description="Play trained weights under Gymnasium alone.")
    parser.add_argument("--env", choices=sorted(STACKS), required=True)
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", required=True, metavar="FILE.npz")
    parser.add_argument("--without-statistics", action="store_true")
    asked = parser.parse_args()

    warnings.filterwarnings("ignore", message=".*precision lowered by casting")
    with np.load(asked.weights, allow_pickle=False) as archive:
        arrays = dict(archive)
    record = Record(gym.make(asked.env))
    plain = asked.without_statistics
    env = STACKS[asked.env](record, (lambda e: e) if plain else (lambda e: frozen(e, arrays)))
    for seed in range(asked.seed, asked.seed + asked.episodes):
        print(json.dumps(play(env, record, arrays, seed)), flush=True)  # noqa: T201
    env.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

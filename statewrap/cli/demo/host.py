"""Own a real environment, and ask a `statewrap act` process for every action.

This is a host: it knows Gymnasium, JSON and pipes, and nothing of statewrap.

    python host.py --env CartPole-v1 --episodes 5 --seed 0 -- statewrap act cartpole.toml

One JSON object is printed for each episode: its seed, return and length, how often the policy was
asked, and every action that the environment was given.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np


class Filter:
    """The other process, and the two pipes to it."""

    def __init__(self, command: list[str]) -> None:
        """Start it; its logs go where ours would."""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603

    def ask(self, **line: Any) -> dict[str, Any]:
        """Send one line and read its answer."""
        to, back = self.process.stdin, self.process.stdout
        if to is None or back is None:
            sys.exit("The pipes were not opened.")
        with contextlib.suppress(BrokenPipeError):  # it has ended, and will not answer
            to.write(json.dumps(line).encode() + b"\n")
            to.flush()
        answer: dict[str, Any] = json.loads(back.readline() or b'{"error": "it has ended"}')
        if "error" in answer:
            sys.exit(f"{line} was refused: {answer['error']}")
        return answer

    def close(self) -> None:
        """Finish the session and wait for the process to end."""
        self.ask(close=True)
        if self.process.wait() != 0:
            sys.exit(f"It ended with status {self.process.returncode}.")


def play(env: gym.Env[Any, Any], policy: Filter, seed: int) -> dict[str, Any]:
    """Play one episode."""
    observation, _ = env.reset(seed=seed)
    answer = policy.ask(reset=True, observation=np.asarray(observation).tolist())
    actions, total = [], 0.0
    while answer["action"] is not None:
        actions.append(answer["action"])
        action = np.asarray(answer["action"], env.action_space.dtype)
        observation, reward, terminated, truncated, _ = env.step(action)
        total += float(reward)
        answer = policy.ask(
            observation=np.asarray(observation).tolist(),
            reward=float(reward),
            terminated=bool(terminated),
            truncated=bool(truncated),
        )
    return {
        "seed": seed,
        "return": total,
        "length": len(actions),
        "policy_calls": answer["episode"]["policy_calls"],
        "actions": actions,
    }


def main() -> None:
    """Play the episodes and print a line for each."""
    parser = argparse.ArgumentParser(description="Own an environment and ask a filter to act.")
    parser.add_argument("--env", required=True)
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("command", nargs="+", help="the filter, after --")
    asked = parser.parse_args()

    env = gym.make(asked.env)
    policy = Filter(asked.command)
    for seed in range(asked.seed, asked.seed + asked.episodes):
        print(json.dumps(play(env, policy, seed)), flush=True)  # noqa: T201
    policy.close()
    env.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

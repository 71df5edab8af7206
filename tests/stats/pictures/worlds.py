"""Sessions whose pictures are looked at."""

from __future__ import annotations

import gymnasium
import numpy as np

from statewrap import Below, Deployment, Event
from statewrap.sinks import Record
from statewrap.stats import Statistics
from statewrap.wrappers import (
    FrameStackObservation,
    RandomReset,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)

STACK = (
    RandomReset(noop_max=5, action="random")
    | RepeatAction(3)
    | FrameStackObservation(2)
    | RejectInvalidAction(penalty=-0.5, on_exhausted="first_valid")
    | TimeLimit(9)
)
"""Steps that the policy is not shown, refusals, and episodes that the stack ends."""

COUNTS = (
    *("return", "processed_return", "length", "policy_calls"),
    *("environment_steps", "skipped_steps", "fallbacks"),
)


def lean(seen) -> int:
    """Follow the pole, too late to hold it for long."""
    return int(np.asarray(seen).reshape(-1)[-2] > 0.01)


class Cart:
    """CartPole, whose info says now and then that it cannot go right."""

    def __init__(self) -> None:
        self.env = gymnasium.make("CartPole-v1").unwrapped
        self.steps = 0

    def reset(self, seed):
        observation, _ = self.env.reset(seed=seed)
        return observation, self.info()

    def step(self, action):
        observation, reward, terminated, truncated, _ = self.env.step(action)
        self.steps += 1
        return observation, reward, terminated, truncated, self.info()

    def info(self):
        return {"action_mask": np.array([1, self.steps % 4 > 0], np.int8)}


def deployment(*sinks, stack=STACK, **options) -> Deployment:
    """Return a deployment for carts."""
    env = gymnasium.make("CartPole-v1")
    below = Below(env.observation_space, env.action_space)
    options = {"on_reset": "request", "seed": 3, **options}
    return Deployment(lean, stack, below=below, sinks=sinks, **options)


def drive(agent, episodes=3, cart=None, give_up=None) -> list[dict]:
    """Let it drive some episodes, one of them given up; return the statistics of each."""
    cart, ended = cart or Cart(), []
    for episode in range(episodes):
        action, before = agent.reset(*cart.reset(episode)), cart.steps
        ended += agent.ended
        while action is not None:
            events = [Event("pushed")] if cart.steps % 7 == 0 else []
            action = agent.act(*cart.step(action), events=events)
            ended += agent.ended
            if episode == give_up and cart.steps == before + 15:
                break
    return ended


def recorded(*, stack=STACK, path=None, close=True, **options) -> tuple[Record, Deployment, list]:
    """Record three episodes, the second of them given up."""
    record = Record(path)
    kpis = Statistics(kpis={"pace": lambda episode: episode["return"] / 2})
    agent = deployment(record, stack=stack, statistics=kpis, **options)
    ended = drive(agent, give_up=1)
    if close:
        agent.close()
    return record, agent, ended

"""A world with a seed, and two who run it: a training loop and a production host."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from statewrap import Deployment, Wanted, freeze
from statewrap.gym import GymWrapper
from statewrap.stats import Quantiles, Statistic, Statistics, StatisticsSink
from statewrap.wrappers import ClipReward, RandomReset, RepeatAction, StickyAction, TimeLimit

OBSERVATIONS = Box(-9.0, 9.0, (2,), np.float64)
ACTIONS = Discrete(3)

STACKS: dict[str, Any] = {
    "none": None,
    "skip": RepeatAction(3),
    "limit above a skip": RepeatAction(2) | TimeLimit(4),
    "limit below a skip": TimeLimit(7) | RepeatAction(3),
    "random starts": RandomReset(noop_max=4, action=0),
    "all of it": RandomReset(noop_max=3, action=0)
    | TimeLimit(11)
    | StickyAction(0.3)
    | RepeatAction(2)
    | ClipReward(-0.5, 0.5),
}


class Walk(gymnasium.Env):
    """Draws what it shows and when it ends; it keeps a record of its own of every reward."""

    observation_space = OBSERVATIONS
    action_space = ACTIONS

    def __init__(self) -> None:
        self.rewards: list[float] = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.uniform(-9, 9, 2), self.known()

    def step(self, action):
        reward = float(self.np_random.normal() + int(action))
        self.rewards.append(reward)
        ended, cut = (self.np_random.random(2) < (0.08, 0.04)).tolist()
        return self.np_random.uniform(-9, 9, 2), reward, ended, cut, self.known()

    def known(self):
        """Return an info that says something only now and then."""
        terrain = ["sand", "ice", None][self.np_random.integers(3)]
        return {} if terrain is None else {"terrain": terrain, "grip": self.np_random.random()}


def choose(observation) -> int:
    """Decide by what is seen."""
    return int(abs(observation[0]) * 10) % 3


def counted() -> Statistics:
    """Return statistics of every kind that a training loop can have."""
    reducers = ("sum", "mean", "std", "min", "max", "count", "last", "quantiles")
    return Statistics(
        [
            Statistic("raw", "reward", by="action", episode=reducers),
            Statistic("seen", "observation", at="top", episode=("mean", "std", "last")),
            Statistic("x", "observation", key=0, episode=(Quantiles((0.0, 0.5, 1.0)), "histogram")),
            Statistic("grip", "info", key="grip", by="info terrain", epoch=("mean", "max")),
            Statistic("sent", "action", by="action", step="sum", episode=("sum", "count")),
            Statistic("per_step", "reward", at="top", step="sum", cumulative=True, epoch="std"),
        ],
        kpis={"pace": lambda episode: episode["return"] / max(episode["length"], 1)},
        report_every=7,
        epoch_every=2,
    )


class Told(list):
    """Reports, without the number of the call, which means something else to each driver."""

    def __call__(self, report) -> None:
        timed = ("step", "agent_seconds", "wait_seconds")
        values = {k: v for k, v in report.values.items() if not k.startswith(timed)}
        self.append((report.name, values))

    def ended(self) -> list:
        return [values for name, values in self if name == "episode_end"]


def trained(stack, seed, decisions, *, give_up=0):
    """Run a training loop; reset after every `give_up` decisions of an episode."""
    env, told = Walk(), Told()
    counting = StatisticsSink(counted(), sinks=[told])
    loop = GymWrapper(env, stack or RepeatAction(1), sinks=[counting])
    observation, _ = loop.reset(seed=seed)
    lived = 0
    for _ in range(decisions):
        observation, _, terminated, truncated, _ = loop.step(choose(observation))
        lived += 1
        if terminated or truncated or lived == give_up:
            observation, _ = loop.reset()
            lived = 0
    return env, counting, told, loop


def produced(stack, seed, decisions, *, give_up=0, again=(), saved=()):
    """Run a host of the same; make the calls of `again` twice, and those of `saved` elsewhere."""
    env, told = Walk(), Told()

    def deployment():
        return Deployment(
            None,
            stack or RepeatAction(1),
            observation_space=OBSERVATIONS,
            action_space=ACTIONS,
            on_reset="request",
            statistics=counted(),
            sinks=[told],
            seed=seed,
        )

    agent = deployment()
    shown, known = env.reset(seed=seed)
    answer = agent.observe(shown, info=known)
    lived = decided = 0
    while True:
        if type(answer) is Wanted:
            if lived == give_up and lived:
                lived = 0
                answer = agent.reset(*env.reset())
                continue
            if decided == decisions:
                return env, agent, told
            decided, lived = decided + 1, lived + 1
            answer = agent.decide(choose(answer.timestep.observation))
            continue
        if agent.pending is not None:
            lived = 0
            shown, known = env.reset()
            answer = agent.observe(shown, info=known)
            continue
        arguments, number = env.step(answer.action), agent.step
        if number in saved:
            moved = deployment()
            moved.restore(agent.snapshot())
            agent = moved
        answer = agent.observe(*freeze(arguments), step=number)
        if number in again:
            assert repr(answer) == repr(agent.observe(*freeze(arguments), step=number))

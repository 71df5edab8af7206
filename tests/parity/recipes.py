"""Stacks as data, built twice: of statewrap's wrappers, and of Gymnasium's own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium import wrappers as theirs

from statewrap.core.fields import argument
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.wrappers.clip import ClipAction, ClipReward
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.rescale_action import RescaleAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformAction, TransformObservation, TransformReward

WITH_A_TWIN: Final[dict[str, type[Wrapper[Any]]]] = {
    "ClipAction": ClipAction,
    "ClipReward": ClipReward,
    "FrameStackObservation": FrameStackObservation,
    "NormalizeObservation": NormalizeObservation,
    "RecordEpisodeStatistics": RecordEpisodeStatistics,
    "RepeatAction": RepeatAction,
    "RescaleAction": RescaleAction,
    "TimeLimit": TimeLimit,
    "TransformAction": TransformAction,
    "TransformObservation": TransformObservation,
    "TransformReward": TransformReward,
}
WITHOUT: Final[dict[str, type[Wrapper[Any]]]] = {
    "RandomReset": RandomReset,
    "RejectInvalidAction": RejectInvalidAction,
}


@attrs.frozen
class Layer:
    """A wrapper as data: its name and its arguments, which are the same on both sides."""

    name: str
    arguments: dict[str, Any] = argument(factory=dict)

    def ours(self) -> Wrapper[Any]:
        """Build statewrap's."""
        return (WITH_A_TWIN | WITHOUT)[self.name](**self.arguments)

    def twin(self, env: gym.Env) -> gym.Env:
        """Build Gymnasium's around an environment, without its warnings about casts of bounds."""
        build = _normalize if self.name == "NormalizeObservation" else getattr(theirs, self.name)
        with warnings.catch_warnings(action="ignore"):
            return build(env, **self.arguments)


def layer(name: str, **arguments: Any) -> Layer:
    """Write a layer shortly."""
    return Layer(name, arguments)


def ours(layers: Sequence[Layer]) -> Stack:
    """Build statewrap's stack."""
    return Stack(*(one.ours() for one in layers))


def _normalize(
    env: gym.Env, *, epsilon: float = 1e-8, statistics: Any = None, mode: str = "frozen"
) -> gym.Env:
    """Build Gymnasium's NormalizeObservation; statistics and mode are set from outside there."""
    twin = theirs.NormalizeObservation(env, epsilon)
    twin.update_running_mean = mode == "learn"
    if statistics is not None:
        moments = twin.obs_rms
        moments.mean, moments.var, moments.count = (
            np.array(statistics["mean"]),
            np.array(statistics["var"]),
            statistics["count"],
        )
    return twin


def kept_by_twins(env: gym.Env, layers: Sequence[Layer]) -> list[Any]:
    """Read what outlives an episode out of Gymnasium's wrappers; None where that is nothing."""
    chain: list[Any] = []
    while isinstance(env, gym.Wrapper):
        chain.insert(0, env)
        env = env.env
    kinds = {one.name for one in layers}
    built = [wrapper for wrapper in chain if type(wrapper).__name__ in kinds]
    return [_kept_by(twin) for twin in built[len(built) - len(layers) :]]


def _kept_by(twin: Any) -> Any:
    if isinstance(twin, theirs.NormalizeObservation) and twin.update_running_mean:
        return twin.obs_rms.mean, twin.obs_rms.var, twin.obs_rms.count
    if isinstance(twin, theirs.RecordEpisodeStatistics):
        queues = (twin.return_queue, twin.length_queue, twin.time_queue)
        return (twin.episode_count, *map(tuple, queues))
    return None


def kept_by_ours(stack: Stack, memory: StackMemory) -> list[Any]:
    """Read the same out of a stack's memory."""
    kept: list[Any] = []
    for wrapper, held in zip(stack, memory.wrappers, strict=True):
        if isinstance(wrapper, NormalizeObservation) and wrapper.mode == "learn":
            kept.append(tuple(held))
        elif isinstance(wrapper, RecordEpisodeStatistics):
            kept.append(tuple(held.past))
        else:
            kept.append(None)
    return kept

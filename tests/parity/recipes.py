"""Stacks as data, built twice: of statewrap's wrappers, and of Gymnasium's own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

import attrs
import gymnasium as gym
from gymnasium import wrappers as theirs

import statewrap.wrappers
from statewrap.core.fields import argument
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.testing.parity.twins import named

ON_PICTURES: Final = ("AddWhiteNoise", "ObstructView", "RenderCollection", "RecordVideo")
"""Wrappers of what is rendered, and of nothing else; sinks here."""
WITH_A_TWIN: Final = tuple(
    name for name in theirs.__all__ if name not in {"vector", "HumanRendering", *ON_PICTURES}
)
"""The wrappers that are seen in a stack."""
WITHOUT: Final = ("RandomReset", "RejectInvalidAction")


@attrs.frozen
class Layer:
    """A wrapper as data: its name and its arguments, which are the same on both sides."""

    name: str
    arguments: dict[str, Any] = argument(factory=dict)

    def ours(self) -> Wrapper[Any]:
        """Build statewrap's."""
        return getattr(statewrap.wrappers, self.name)(**self.arguments)

    def twin(self, env: gym.Env) -> gym.Env:
        """Build Gymnasium's around an environment, without its warnings about casts of bounds."""
        arguments = dict(self.arguments)
        for key in {"statistics", "draws"} & set(arguments):  # which Gymnasium's do not take
            arguments[key] = getattr(self.ours(), key)
        with warnings.catch_warnings(action="ignore"):
            return named(self.name, arguments)(env)


def layer(name: str, **arguments: Any) -> Layer:
    """Write a layer shortly."""
    return Layer(name, arguments)


def ours(layers: Sequence[Layer]) -> Stack:
    """Build statewrap's stack."""
    return Stack(*(one.ours() for one in layers))


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
    if isinstance(twin, theirs.NormalizeReward) and twin.update_running_mean:
        moments = float(twin.return_rms.mean), float(twin.return_rms.var), twin.return_rms.count
        return float(twin.discounted_reward[0]), *moments
    if isinstance(twin, theirs.RecordEpisodeStatistics):
        queues = (twin.return_queue, twin.length_queue, twin.time_queue)
        return (twin.episode_count, *map(tuple, queues))
    return None


def kept_by_ours(stack: Stack, memory: StackMemory) -> list[Any]:
    """Read the same out of a stack's memory."""
    return [_kept(w, held) for w, held in zip(stack, memory.wrappers, strict=True)]


def _kept(wrapper: Any, held: Any) -> Any:
    match type(wrapper).__name__:
        case "NormalizeObservation" if wrapper.mode == "learn":
            return tuple(held)
        case "NormalizeReward" if wrapper.mode == "learn":
            return float(held.total), *(float(number) for number in held.moments)
        case "RecordEpisodeStatistics":
            return tuple(held.past)
    return None

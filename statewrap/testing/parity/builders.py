"""How to make Gymnasium's wrapper where statewrap's has arguments that Gymnasium's has not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import wrappers

from statewrap.core.draws import NumpyDraws
from statewrap.testing.parity.shims import Env
from statewrap.testing.parity.unseen import Unseen

GYMNASIUM_DOES: Final[Mapping[str, Mapping[str, Any]]] = {
    "AtariPreprocessing": {"stale_frames": True},
    "MaxAndSkipObservation": {"stale_frames": True},
    "NormalizeReward": {"carry_return": True},
    "RescaleObservation": {"keep_dtype": True},
}
"""The arguments with which a wrapper of statewrap's does what Gymnasium's does."""

MOSTLY_ALIKE: Final = frozenset({"RescaleObservation"})
"""Wrappers that differ from Gymnasium's over some spaces alone, and are compared as they are."""

DRAW: Final = frozenset({"AtariPreprocessing", "StickyAction"})
"""Wrappers that draw, Gymnasium's from the environment's generator."""


def normalizing(
    env: Env, epsilon: float = 1e-8, statistics: Any = None, mode: str = "learn"
) -> Env:
    """Make Gymnasium's NormalizeObservation; statistics and mode are set from outside there."""
    made: Any = wrappers.NormalizeObservation(env, epsilon)
    made.update_running_mean = mode == "learn"
    if statistics is not None:
        mean, var, count = statistics.mean, statistics.var, statistics.count
        made.obs_rms.mean, made.obs_rms.var, made.obs_rms.count = mean.copy(), var.copy(), count
    return made  # type: ignore[no-any-return]


def scaling(
    env: Env,
    gamma: float = 0.99,
    epsilon: float = 1e-8,
    statistics: Any = None,
    mode: str = "learn",
) -> Env:
    """Make Gymnasium's NormalizeReward; statistics and mode are set from outside there."""
    made: Any = wrappers.NormalizeReward(env, gamma, epsilon)
    made.update_running_mean = mode == "learn"
    if statistics is not None:
        moments = made.return_rms
        moments.mean, moments.var = np.float64(statistics.mean), np.float64(statistics.var)
        moments.count = statistics.count
    return made  # type: ignore[no-any-return]


def sticking(
    env: Env,
    repeat_action_probability: float,
    repeat_action_duration: Any,
    draws: NumpyDraws,
) -> Env:
    """Make Gymnasium's StickyAction with a generator of its own in place of the environment's."""
    own: Any = {"np_random": draws.generator(), "__module__": wrappers.StickyAction.__module__}
    kind: Any = type("StickyAction", (wrappers.StickyAction,), own)
    return kind(env, repeat_action_probability, repeat_action_duration)  # type: ignore[no-any-return]


def playing(env: Env, draws: NumpyDraws | None = None, **arguments: Any) -> Env:
    """Make Gymnasium's AtariPreprocessing, which draws no-ops from a generator of ours."""
    if draws is not None:
        generator, reset = draws.generator(), env.reset

        def drawn(**options: Any) -> Any:
            answer = reset(**options)
            env.unwrapped.np_random = generator
            return answer

        env.reset = drawn  # type: ignore[method-assign]
    return wrappers.AtariPreprocessing(env, **arguments)


def picturing(env: Env, **arguments: Any) -> Env:
    """Make Gymnasium's AddRenderObservation, which resets and renders when it is made."""
    made: Any = wrappers.AddRenderObservation(Unseen(env), **arguments)
    made.env = env
    return made  # type: ignore[no-any-return]


def converting(env: Env, env_xp: str, target_xp: str, **devices: Any) -> Env:
    """Make Gymnasium's ArrayConversion, of modules in place of their names."""
    modules = importlib.import_module(env_xp), importlib.import_module(target_xp)
    made: Env = wrappers.ArrayConversion(env, *modules, **devices)
    return made


BUILDERS: Final[Mapping[str, Callable[..., gymnasium.Env[Any, Any]]]] = {
    "AddRenderObservation": picturing,
    "ArrayConversion": converting,
    "AtariPreprocessing": playing,
    "NormalizeObservation": normalizing,
    "NormalizeReward": scaling,
    "StickyAction": sticking,
}
"""What makes Gymnasium's wrapper of a name; of the others it is the class itself."""

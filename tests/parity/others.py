"""Wrappers of actions, of rewards and of episodes, drawn so that they fit what is below them."""

from __future__ import annotations

from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from tests.parity.functions import (
    as_float32,
    as_int,
    doubled,
    halved,
    identity,
    in_all,
    mirrored,
    notched,
    shifted,
    sign,
    widened,
)
from tests.parity.recipes import Layer, layer
from tests.parity.rng import Draw, Rng, one_of


def transform_action(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw functions that change values, dtype and space."""
    space = env.action_space
    if isinstance(space, Discrete):
        if rng.integers(2):
            wide = Box(-1.0, 1.0, (1,), np.float32)
            return layer("TransformAction", func=sign, action_space=wide)
        mirrors = space.n == 2 and space.start == 0
        func = mirrored if mirrors else identity
        return layer("TransformAction", func=func, action_space=None)
    if not isinstance(space, Box):
        return None
    wide = Box(-5.0, 5.0, space.shape, np.float64)
    steps = {(1,): (notched, Discrete(5)), (6,): (in_all, Discrete(3))}
    choices = [(halved, None), (widened, wide), steps.get(space.shape, (halved, None))]
    func, new = one_of(rng, *choices)
    return layer("TransformAction", func=func, action_space=new)


def clip_action(rng: Rng, env: gym.Env) -> Layer | None:
    """Clip to the bounds."""
    return layer("ClipAction") if isinstance(env.action_space, Box) else None


def rescale_action(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw another range for bounded actions."""
    space = env.action_space
    if not isinstance(space, Box):
        return None
    if not np.isfinite(space.high).all():
        return layer("RescaleAction", min_action=-np.inf, max_action=np.inf)
    low, high = one_of(
        rng,
        (-1.0, 1.0),
        (np.float32(-0.3), np.float32(0.7)),
        (np.full(space.shape, 0.1, np.float32), np.full(space.shape, 0.4, np.float32)),
        (-3, 5),
    )
    return layer("RescaleAction", min_action=low, max_action=high)


def discretize_action(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw as many bins for all components, or for each."""
    space = env.action_space
    if not isinstance(space, Box) or not np.isfinite(space.high).all():
        return None
    size = int(np.prod(space.shape))
    many = tuple(map(int, rng.integers(1, 5, size)))
    bins = int(rng.integers(2, 6)) if rng.integers(2) else many
    return layer("DiscretizeAction", bins=bins, multidiscrete=bool(rng.integers(2)))


def sticky(rng: Rng, env: gym.Env) -> Layer:
    """Draw from a generator of which both sides keep a copy."""
    probability = one_of(rng, 0.0, 0.25, 0.6)
    duration = one_of(rng, 1, 2, (1, 3), (2, 2))
    draws = np.random.default_rng(int(rng.integers(2**31)))
    return layer(
        "StickyAction",
        repeat_action_probability=probability,
        repeat_action_duration=duration,
        draws=draws.bit_generator.state,
    )


def repeat(rng: Rng, env: gym.Env) -> Layer:
    """Draw how often an action is sent."""
    return layer("RepeatAction", num_repeats=int(rng.integers(1, 5)))


def clip_reward(rng: Rng, env: gym.Env) -> Layer:
    """Draw one bound or both."""
    low, high = one_of(
        rng, (-1, 1), (-0.5, 0.25), (None, 0.3), (0.0, None), (np.float32(-0.1), 2), (0.0, 0.0)
    )
    return layer("ClipReward", min_reward=low, max_reward=high)


def transform_reward(rng: Rng, env: gym.Env) -> Layer:
    """Draw functions that change value and type."""
    return layer("TransformReward", func=one_of(rng, doubled, shifted, as_float32, as_int))


def normalize_reward(rng: Rng, env: gym.Env) -> Layer:
    """Draw what is learned, what goes on being learned, and what is frozen."""
    statistics = {
        "mean": float(rng.normal()),
        "var": float(rng.uniform(0.1, 3.0)),
        "count": one_of(rng, 1e-4, 7.0, 1000.0),
    }
    mode = one_of(rng, "learn", "learn", "frozen")
    known: dict[str, Any] = {"statistics": statistics}
    if mode == "learn" and rng.integers(2):
        known = {}
    gamma, epsilon = one_of(rng, 0.99, 0.5, 0.0, 1.0), one_of(rng, 1e-8, 0.1)
    return layer(
        "NormalizeReward", gamma=gamma, epsilon=epsilon, mode=mode, carry_return=True, **known
    )


def time_limit(rng: Rng, env: gym.Env) -> Layer:
    """Draw short limits and long ones."""
    return layer("TimeLimit", max_episode_steps=int(rng.integers(1, 20)))


def record(rng: Rng, env: gym.Env) -> Layer:
    """Draw how much is remembered; each has a key of its own."""
    key = f"episode {rng.integers(10**9)}"
    return layer("RecordEpisodeStatistics", buffer_length=one_of(rng, 0, 1, 3, 100), stats_key=key)


def autoreset(rng: Rng, env: gym.Env) -> Layer:
    """Reset by itself, where nobody else does it."""
    return layer("Autoreset")


def order_enforcing(rng: Rng, env: gym.Env) -> Layer:
    """Look at the order; but let pictures be looked at before, as who adds them does."""
    ignores = env.render_mode is not None or bool(rng.integers(2))
    return layer("OrderEnforcing", disable_render_order_enforcing=ignores)


def checker(rng: Rng, env: gym.Env) -> Layer:
    """Look at what passes."""
    return layer("PassiveEnvChecker")


DRAWS: Final[tuple[Draw, ...]] = (
    transform_action,
    clip_action,
    rescale_action,
    discretize_action,
    sticky,
    repeat,
    clip_reward,
    transform_reward,
    normalize_reward,
    time_limit,
    record,
    autoreset,
    order_enforcing,
    checker,
)

"""The floor of W1: the fastest straight-line functions whose outputs equal Gymnasium's bit for bit.

W1 is TimeLimit(500), NormalizeObservation, FrameStackObservation(4), ClipReward(-1, 1) and
RecordEpisodeStatistics over float32 observations of shape (4,). The state is in local
variables, nothing is checked, nothing can be saved: what is left is the arithmetic.
These functions are fixed; `test_floors.py` holds them against Gymnasium.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]
Step = tuple[Array, np.float64, bool, bool, dict[str, Any]]
Floor = tuple[Callable[[Array], Array], Callable[[Array, float, bool, bool, dict[str, Any]], Step]]

LIMIT = 500
EPSILON = 1e-8


def frozen(mean: Array, var: Array) -> Floor:
    """Return `reset` and `step` with frozen statistics."""
    scale = np.sqrt(var + EPSILON)
    window = np.zeros((4, 4), np.float32)
    newest, subtract, divide, now = window[3], np.subtract, np.divide, time.perf_counter
    low, high = np.float64(-1.0), np.float64(1.0)
    elapsed, returned, opened = 0, 0.0, 0.0

    def reset(observation: Array) -> Array:
        nonlocal elapsed, returned, opened
        elapsed, returned, opened = 0, 0.0, now()
        window[:] = (observation - mean) / scale
        return window.copy()

    def step(
        observation: Array, reward: float, terminated: bool, truncated: bool, info: dict[str, Any]
    ) -> Step:
        nonlocal elapsed, returned
        elapsed += 1
        if elapsed >= LIMIT:
            truncated = True
        window[:3] = window[1:]
        subtract(observation, mean, newest)
        divide(newest, scale, newest)
        clipped = low if reward < low else high if reward > high else np.float64(reward)
        returned += clipped
        if terminated or truncated:
            seconds = round(now() - opened, 6)
            info["episode"] = {"r": returned, "l": elapsed, "t": seconds}
        return window.copy(), clipped, terminated, truncated, info

    return reset, step


def learning() -> Floor:
    """Return `reset` and `step` with running statistics."""
    window = np.zeros((4, 4), np.float32)
    mean, var = np.zeros(4, np.float32), np.ones(4, np.float32)
    delta, square = np.empty(4, np.float32), np.empty(4, np.float32)
    newest, now = window[3], time.perf_counter
    add, subtract, multiply, divide, root = np.add, np.subtract, np.multiply, np.divide, np.sqrt
    low, high = np.float64(-1.0), np.float64(1.0)
    count, elapsed, returned, opened = 1e-4, 0, 0.0, 0.0

    def learn(observation: Array) -> None:
        nonlocal count
        after = count + 1
        subtract(observation, mean, delta)
        multiply(delta, delta, square)
        divide(delta, after, delta)
        add(mean, delta, mean)
        multiply(square, count, square)
        divide(square, after, square)
        multiply(var, count, var)
        add(var, square, var)
        divide(var, after, var)
        count = after
        subtract(observation, mean, newest)
        add(var, EPSILON, square)
        root(square, square)
        divide(newest, square, newest)

    def reset(observation: Array) -> Array:
        nonlocal elapsed, returned, opened
        elapsed, returned, opened = 0, 0.0, now()
        learn(observation)
        window[:3] = newest
        return window.copy()

    def step(
        observation: Array, reward: float, terminated: bool, truncated: bool, info: dict[str, Any]
    ) -> Step:
        nonlocal elapsed, returned
        elapsed += 1
        if elapsed >= LIMIT:
            truncated = True
        window[:3] = window[1:]
        learn(observation)
        clipped = low if reward < low else high if reward > high else np.float64(reward)
        returned += clipped
        if terminated or truncated:
            seconds = round(now() - opened, 6)
            info["episode"] = {"r": returned, "l": elapsed, "t": seconds}
        return window.copy(), clipped, terminated, truncated, info

    return reset, step

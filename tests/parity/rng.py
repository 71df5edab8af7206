"""Choices from values of any types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from tests.parity.recipes import Layer

Rng = np.random.Generator
Draw = Callable[[Rng, gym.Env], Layer | None]
"""Draws a wrapper that fits an environment, Gymnasium's wrappers around it included."""


def one_of(rng: Rng, *choices: Any) -> Any:
    """Draw one of some values of any types."""
    return choices[rng.integers(len(choices))]

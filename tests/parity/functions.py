"""Functions of a user's: of observations, rewards and actions."""

from __future__ import annotations

from typing import Any

import numpy as np


def identity(x: Any) -> Any:
    """Return the observation itself."""
    return x


def backwards(x: np.ndarray) -> np.ndarray:
    """Return a view that no memory order is natural to."""
    return x[..., ::-1] if np.ndim(x) else x


def in_double(x: np.ndarray) -> np.ndarray:
    """Return float64 with bits that float32 has no place for."""
    return np.asarray(x, np.float64) / 3 + 1e-9


def squashed(x: Any) -> np.ndarray:
    """Return float32 between -1 and 1."""
    return np.tanh(np.asarray(x, np.float32))


def lifted(x: Any) -> np.ndarray:
    """Return float32 between 0.5 and 2.5, where there is no zero to pad with."""
    return np.tanh(np.asarray(x, np.float32)) + np.float32(1.5)


def state_alone(x: dict[str, Any]) -> np.ndarray:
    """Return one part of a Dict."""
    return x["state"]


def doubled(x: Any) -> Any:
    """Return twice the reward, its type kept."""
    return x + x


def shifted(x: Any) -> Any:
    """Return the reward and a bit more, as numpy would have it."""
    return x - 0.3


def as_float32(x: Any) -> np.float32:
    """Return a reward with fewer bits."""
    return np.float32(x)


def as_int(x: Any) -> int:
    """Return a whole reward."""
    return round(float(x))


def halved(a: np.ndarray) -> np.ndarray:
    """Return half of an action."""
    return a / 2


def widened(a: np.ndarray) -> np.ndarray:
    """Return an action in double precision, from a space of its own."""
    return np.asarray(a, np.float64) / 5


def notched(a: Any) -> np.ndarray:
    """Return one of five forces."""
    return np.array([(int(a) - 2) / 2], np.float32)


def in_all(a: Any) -> np.ndarray:
    """Return one of three actions of several joints."""
    return np.linspace(-0.4, 0.6, 6, dtype=np.float32) * (int(a) - 1)


def sign(a: np.ndarray) -> int:
    """Return 0 or 1."""
    return int(a[0] > 0.25)


def mirrored(a: Any) -> Any:
    """Return 0 for 1 and 1 for 0."""
    return 1 - a

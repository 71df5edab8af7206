"""Wrappers of observations, drawn so that they fit an observation space; None if they do not."""

from __future__ import annotations

import copy
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.spaces import Box

from tests.parity.functions import backwards, identity, in_double, lifted, squashed, state_alone
from tests.parity.recipes import Layer, layer
from tests.parity.rng import Draw, Rng, one_of

LARGE: Final = 4000
"""More numbers than an observation has but for those of Atari games."""


def size_of(space: gym.Space) -> int:
    """Return how many numbers an observation has; 0 where that is not fixed."""
    return spaces.flatdim(space) if space.is_np_flattenable else 0


def is_picture(space: gym.Space) -> bool:
    """Tell whether observations are pictures for OpenCV."""
    if not isinstance(space, Box) or space.dtype != np.uint8 or len(space.shape) not in (2, 3):
        return False
    whole = (space.low == 0).all() and (space.high == 255).all()
    return bool(whole) and (len(space.shape) == 2 or space.shape[2] in (1, 3))


def frame_stack(rng: Rng, env: gym.Env) -> Layer:
    """Draw every padding."""
    space = copy.deepcopy(env.observation_space)
    space.seed(int(rng.integers(2**31)))
    padding = one_of(rng, "reset", "zero", space.sample())
    most = 3 if size_of(space) > LARGE else 5
    size = int(rng.integers(1, most))
    return layer("FrameStackObservation", stack_size=size, padding_type=padding)


def normalize(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw what is learned, what goes on being learned, and what is frozen."""
    shape, dtype = env.observation_space.shape, env.observation_space.dtype
    if shape is None or dtype.kind not in "fiu":
        return None
    epsilon = one_of(rng, 1e-8, 0.1)
    dtype = one_of(rng, np.float32, np.float64)
    statistics = {
        "mean": rng.normal(size=shape).astype(dtype),
        "var": rng.uniform(0.1, 3.0, shape).astype(dtype),
        "count": one_of(rng, 1e-4, 7.0, 1000.0),
    }
    mode = one_of(rng, "learn", "learn", "frozen")
    if mode == "learn" and rng.integers(2):
        return layer("NormalizeObservation", epsilon=epsilon, mode=mode)
    return layer("NormalizeObservation", epsilon=epsilon, statistics=statistics, mode=mode)


def transform(rng: Rng, env: gym.Env) -> Layer:
    """Draw functions that change values, dtype, memory order and space."""
    space = env.observation_space
    if isinstance(space, spaces.Dict) and "state" in space.spaces and rng.integers(2):
        return layer("TransformObservation", func=state_alone, observation_space=space["state"])
    if not isinstance(space, Box):
        return layer("TransformObservation", func=identity, observation_space=None)
    real = space.dtype.kind == "f"
    func, new = one_of(
        rng,
        (backwards, Box(-np.inf, np.inf, space.shape, space.dtype) if real else None),
        (in_double, Box(-np.inf, np.inf, space.shape, np.float64)),
        (squashed, Box(-1.0, 1.0, space.shape, np.float32)),
        (lifted, Box(0.5, 2.5, space.shape, np.float32)),
    )
    return layer("TransformObservation", func=func, observation_space=new)


def filtered(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw some of the parts of a Dict or a Tuple, in any order."""
    space = env.observation_space
    if isinstance(space, spaces.Dict):
        keys: list[Any] = list(space.spaces)
    elif isinstance(space, spaces.Tuple):
        keys = [int(n) for n in range(-len(space.spaces), 0)] if rng.integers(2) else []
        keys = keys or list(range(len(space.spaces)))
    else:
        return None
    rng.shuffle(keys)
    kept = keys[: int(rng.integers(1, len(keys) + 1))]
    return layer("FilterObservation", filter_keys=one_of(rng, kept, tuple(kept)))


def flatten(rng: Rng, env: gym.Env) -> Layer | None:
    """Flatten what becomes a Box."""
    small = 0 < size_of(env.observation_space) <= LARGE
    return layer("FlattenObservation") if small else None


def reshape(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw another shape of as many numbers."""
    space = env.observation_space
    if not isinstance(space, Box) or not space.shape:
        return None
    size = int(np.prod(space.shape))
    factors = [n for n in range(1, min(size, 60) + 1) if size % n == 0]
    first = int(one_of(rng, *factors))
    shape: tuple[int, ...] = one_of(rng, (size,), (first, size // first), (size // first, 1, first))
    return layer("ReshapeObservation", shape=one_of(rng, shape, shape[::-1]))


def resize(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw a height and a width, smaller and larger."""
    if not is_picture(env.observation_space):
        return None
    return layer("ResizeObservation", shape=tuple(map(int, rng.integers(2, 24, 2))))


def grayscale(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw both shapes of grey."""
    space = env.observation_space
    if not is_picture(space) or len(space.shape) != 3 or space.shape[2] != 3:
        return None
    return layer("GrayscaleObservation", keep_dim=bool(rng.integers(2)))


def rescale(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw a range for bounded components; what is unbounded stays so."""
    space = env.observation_space
    if not isinstance(space, Box) or space.dtype.kind != "f" or (space.low == space.high).any():
        return None
    low, high = np.float64(space.low), np.float64(space.high)
    if max(np.abs(low[np.isfinite(low)]), default=0) > 1e3 or (high - low < 1e-3).any():
        return None
    least, most = one_of(rng, (-1.0, 1.0), (0, 1), (-3.5, 0.25))
    if np.isfinite(low).all() and np.isfinite(high).all():
        kind = one_of(rng, float, np.float32)
        return layer("RescaleObservation", min_obs=kind(least), max_obs=kind(most))
    bounds = (
        np.where(np.isfinite(low), least, low).astype(space.dtype),
        np.where(np.isfinite(high), most, high).astype(space.dtype),
    )
    return layer("RescaleObservation", min_obs=bounds[0], max_obs=bounds[1])


def dtype(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw another dtype, of floats, since those hold NaN as well."""
    space = env.observation_space
    if isinstance(space, spaces.MultiDiscrete):
        return layer("DtypeObservation", dtype=one_of(rng, np.int16, "int32"))
    if not isinstance(space, (Box, spaces.Discrete)):
        return None
    kinds: tuple[Any, ...] = (np.float32, np.float64, np.dtype("float64"), "float32")
    whole = (np.int16,) if isinstance(space, spaces.Discrete) else ()
    return layer("DtypeObservation", dtype=one_of(rng, *kinds, *whole))


def discretize(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw as many bins for all components, or for each."""
    space = env.observation_space
    if not isinstance(space, Box) or space.dtype.kind != "f" or not 0 < len(space.shape) < 3:
        return None
    if not (np.isfinite(space.low).all() and np.isfinite(space.high).all()):
        return None
    size = int(np.prod(space.shape))
    if size > 12 or np.abs(space.high).max() > 1e6:
        return None
    many = tuple(map(int, rng.integers(1, 6, size)))
    bins = int(rng.integers(2, 6)) if rng.integers(2) else many
    multi = bool(rng.integers(2))
    return layer("DiscretizeObservation", bins=bins, multidiscrete=multi)


def time_aware(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw all forms of the time."""
    space = env.observation_space
    flattens = bool(rng.integers(2)) and 0 < size_of(space) <= LARGE
    arguments: dict[str, Any] = {"flatten": flattens, "normalize_time": bool(rng.integers(2))}
    if isinstance(space, spaces.Dict):
        arguments["dict_time_key"] = f"time {rng.integers(10**9)}"
    return layer("TimeAwareObservation", **arguments)


def delay(rng: Rng, env: gym.Env) -> Layer:
    """Draw none, short and long delays."""
    return layer("DelayObservation", delay=int(one_of(rng, 0, 1, 2, 3, 7)))


def max_and_skip(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw how many frames are skipped; over what can be compared number by number."""
    if not isinstance(env.observation_space, Box):
        return None
    return layer("MaxAndSkipObservation", skip=int(rng.integers(2, 5)), stale_frames=True)


def add_render(rng: Rng, env: gym.Env) -> Layer | None:
    """Draw the picture alone, and beside the observation."""
    if env.render_mode is None:
        return None
    key = f"picture {rng.integers(10**9)}"
    return layer("AddRenderObservation", render_only=bool(rng.integers(2)), render_key=key)


DRAWS: Final[tuple[Draw, ...]] = (
    frame_stack,
    normalize,
    transform,
    filtered,
    flatten,
    reshape,
    resize,
    grayscale,
    rescale,
    dtype,
    discretize,
    time_aware,
    delay,
    max_and_skip,
    add_render,
)

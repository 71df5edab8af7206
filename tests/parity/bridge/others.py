"""Wrappers of other libraries, unmodified: where they are tried, and what is right for each.

What is right was written from their sources alone, as for the hostile ones.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np

from tests.parity.bridge.entries import Bridged
from tests.parity.bridge.factories import factory
from tests.parity.functions import halved
from tests.parity.rows import BREAKOUT, CART_POLE, PENDULUM, PICTURES


@attrs.frozen
class Grid:
    """An environment of MiniGrid's, bare."""

    name: str

    def __call__(self) -> gym.Env:
        """Make it."""
        import minigrid  # noqa: F401, PLC0415 - registers its environments

        return gym.make(f"MiniGrid-{self.name}-v0").unwrapped

    def __str__(self) -> str:
        return f"MiniGrid-{self.name}"


@attrs.frozen
class Seeded:
    """An environment before which the generators are seeded that all share."""

    place: Callable[[], gym.Env]

    def __call__(self) -> gym.Env:
        """Seed them, and make it."""
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - which some draw from
        return self.place()

    def __str__(self) -> str:
        return str(self.place)


def _of(package: str, module: str, **always: Any) -> Callable[..., Bridged]:
    """Return a function that makes a row of a package; unknown arguments are the wrapper's."""
    fields = {field.name for field in attrs.fields(Bridged)}

    def row(name: str, place: Callable[[], gym.Env], **given: Any) -> Bridged:
        told = {key: given.pop(key) for key in list(given) if key in fields}
        called = f"{module.partition('.')[0]}_{given.pop('called', name)}"
        make = factory(called, f"{module}:{name}", **given)
        return Bridged(package, name, make, (place,), **{**always, **told})

    return row


sb3 = _of(
    "stable-baselines3",
    "stable_baselines3.common.atari_wrappers",
    needs=("stable_baselines3", "ale_py", "cv2"),
    generate=False,
    longest=12,
)
contrib = _of("sb3-contrib", "sb3_contrib.common.wrappers", needs=("sb3_contrib",))
zoo = _of("rl_zoo3", "rl_zoo3.wrappers", needs=("rl_zoo3", "sb3_contrib"))
grids = _of("minigrid", "minigrid.wrappers", needs=("minigrid",), generate=False)
suit = _of("supersuit", "supersuit", needs=("supersuit", "pettingzoo"))
seals = _of("seals", "seals.util", needs=("seals",))

EMPTY, LAVA = Grid("Empty-5x5"), Grid("LavaCrossingS9N1")
HALF: Final = functools.partial(lambda: halved)


def masked(env: Any) -> Any:
    """Return a mask of all actions, which asks nothing of the environment but its space."""
    return np.ones(env.action_space.n, bool)


def score() -> Any:
    """Return where Breakout shows its score."""
    from seals.util import BoxRegion  # noqa: PLC0415 - an extra

    return [BoxRegion(x=(0, 16), y=(35, 80))]


SB3: Final = (
    sb3("StickyActionEnv", BREAKOUT, action_repeat_probability=0.25, draws=True),
    sb3("NoopResetEnv", BREAKOUT, noop_max=30, draws=True, longest=40),
    sb3("FireResetEnv", BREAKOUT),
    sb3("EpisodicLifeEnv", BREAKOUT),
    sb3("MaxAndSkipEnv", BREAKOUT, skip=4),
    sb3("ClipRewardEnv", BREAKOUT),
    sb3("WarpFrame", BREAKOUT),
    sb3("AtariWrapper", BREAKOUT, draws=True, longest=40),
    attrs.evolve(
        _of("stable-baselines3", "stable_baselines3.common.monitor", needs=("stable_baselines3",))(
            "Monitor", CART_POLE
        ),
        note="wall-clock times apart",
    ),
)
CONTRIB: Final = (
    contrib("TimeFeatureWrapper", CART_POLE, max_steps=50, generate=False),
    contrib("ActionMasker", CART_POLE, action_mask_fn=lambda: masked),
)
ZOO: Final = (
    zoo("TruncatedOnSuccessWrapper", CART_POLE, reward_offset=-0.5, generate=False),
    zoo("ActionNoiseWrapper", Seeded(PENDULUM), right="once", words="random", generate=False),
    zoo("ActionSmoothingWrapper", PENDULUM, smoothing_coef=0.3, generate=False),
    zoo("DelayedRewardWrapper", CART_POLE, delay=4, generate=False),
    zoo("HistoryWrapper", PENDULUM, horizon=3, generate=False),
    zoo("FrameSkip", CART_POLE, skip=3),
    zoo("YAMLCompatResizeObservation", PICTURES, shape=[5, 7], generate=False),
    zoo("MaskVelocityWrapper", CART_POLE, generate=False, note="the environment's id is described"),
)
GRIDS: Final = (
    grids("ReseedWrapper", LAVA, seeds=[3, 5, 8]),
    grids("ActionBonus", EMPTY, right="refused", words="agent_pos"),
    grids("PositionBonus", EMPTY, right="refused", words="agent_pos"),
    grids("ImgObsWrapper", LAVA),
    grids("OneHotPartialObsWrapper", LAVA),
    grids("RGBImgObsWrapper", EMPTY, right="refused", words="height|width"),
    grids("RGBImgPartialObsWrapper", EMPTY, right="refused", words="get_frame"),
    grids("FullyObsWrapper", EMPTY, right="refused", words="height|width"),
    grids("DictObservationSpaceWrapper", LAVA),
    grids("FlatObsWrapper", LAVA),
    grids("ViewSizeWrapper", EMPTY, right="refused", words="gen_obs_grid"),
    grids("DirectionObsWrapper", EMPTY, right="refused", words="grid"),
    grids("SymbolicObsWrapper", EMPTY, right="refused", words="height|width"),
    grids("StochasticActionWrapper", LAVA, prob=0.7, draws=True),
    grids("NoDeath", LAVA, right="refused", words="grid|front_pos", no_death_types=("lava",)),
)
SUIT: Final = (
    suit("clip_actions_v0", PENDULUM),
    suit("clip_reward_v0", PENDULUM),
    suit("color_reduction_v0", PICTURES, generate=False),
    suit("delay_observations_v0", CART_POLE, delay=3, generate=False),
    suit("dtype_v0", CART_POLE, dtype=lambda: np.dtype("float64"), generate=False),
    suit("flatten_v0", PICTURES, generate=False),
    suit("frame_skip_v0", CART_POLE, num_frames=(2, 5), draws=True),
    suit("frame_stack_v1", PENDULUM, stack_size=3, generate=False),
    suit("frame_stack_v2", PENDULUM, stack_size=3, generate=False),
    suit("max_observation_v0", CART_POLE, memory=3, generate=False),
    suit("nan_noop_v0", PENDULUM, no_op_action=0.0),
    suit("nan_random_v0", PENDULUM, right="once", words="generator", generate=False),
    suit("nan_zeros_v0", PENDULUM),
    suit("normalize_obs_v0", PENDULUM, generate=False),
    suit("reshape_v0", CART_POLE, shape=(2, 2), generate=False),
    suit("resize_v1", PICTURES, x_size=5, y_size=7, generate=False),
    suit(
        "sticky_actions_v0",
        CART_POLE,
        repeat_action_probability=0.3,
        right="once",
        words="generator",
        generate=False,
        seeds=True,
        note="draws anew from the system where a reset has no seed",
    ),
    suit("reward_lambda_v0", PENDULUM, change_reward_fn=HALF),
)
SEALS: Final = (
    seals("AutoResetWrapper", CART_POLE, generate=False, limit=40),
    seals(
        "AutoResetWrapper",
        CART_POLE,
        called="AutoResetWrapper_padded",
        discard_terminal_observation=False,
        generate=False,
        limit=40,
    ),
    seals("AbsorbAfterDoneWrapper", CART_POLE, generate=False, limit=40),
    seals("MaskScoreWrapper", BREAKOUT, score_regions=score, generate=False, longest=8),
    seals("ObsCastWrapper", CART_POLE, dtype=lambda: np.dtype("float64"), generate=False),
)
OTHERS: Final = (*SB3, *CONTRIB, *ZOO, *GRIDS, *SUIT, *SEALS)
"""All of them, by package."""

"""25 stacks of several of Gymnasium's wrappers, each with a name that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete

from statewrap import Stack
from tests.parity.bridge.factories import Factory
from tests.parity.bridge.originals import StickyActionOfItsOwn, imports_back
from tests.parity.functions import halved, notched, squashed
from tests.parity.recipes import Layer, layer
from tests.parity.rows import (
    ACROBOT,
    BLACKJACK,
    BREAKOUT,
    CAR,
    CART_POLE,
    GENERATOR,
    HILL,
    PARTS,
    PENDULUM,
    PICTURES,
    TAXI,
)

OWN: Final[dict[str, Callable[..., gym.Env]]] = {
    "StickyAction": lambda env, *_, **__: StickyActionOfItsOwn(env),
}
ONLY_OURS: Final = ("stale_frames", "keep_dtype", "carry_return", "mode", "draws")
"""Arguments that make a twin do what Gymnasium's does, which Gymnasium's does not take."""


@attrs.frozen
class Tall:
    """A stack by name, over an environment."""

    id: str
    place: Callable[[], gym.Env]
    layers: tuple[Layer, ...]
    whole: Factory
    """Puts all of Gymnasium's wrappers around an environment."""
    each: tuple[Factory, ...]
    """Puts one of them around, nearest to the environment first."""
    longest: int = 60

    @property
    def twins(self) -> Stack:
        """The twins."""
        return Stack(*(one.ours() for one in self.layers))


def original(one: Layer) -> Callable[[Any], Any]:
    """Return the function that puts Gymnasium's wrapper around an environment."""
    kind = OWN.get(one.name, getattr(theirs, one.name))
    given = {key: value for key, value in one.arguments.items() if key not in ONLY_OURS}
    return lambda env: kind(env, **given)


def tall(name: str, place: Callable[[], gym.Env], *layers: Layer, longest: int = 60) -> Tall:
    """Write a stack shortly."""
    word = name.replace("-", "_")
    each = tuple(
        imports_back(f"{word}_{number}", original(one)) for number, one in enumerate(layers)
    )

    def around(env: Any) -> Any:
        for make in each:
            env = make(env)
        return env

    return Tall(name, place, layers, imports_back(word, around), each, longest)


LIMIT = layer("TimeLimit", max_episode_steps=40)
SHORT = layer("TimeLimit", max_episode_steps=7)
FRAMES = layer("FrameStackObservation", stack_size=4)
ZEROS = layer("FrameStackObservation", stack_size=3, padding_type="zero")
LEARN = layer("NormalizeObservation", mode="learn")
SCALE = layer("NormalizeReward", mode="learn", carry_return=True)
RECORD = layer("RecordEpisodeStatistics")
BELOW = layer("RecordEpisodeStatistics", stats_key="below")
TWICE, THRICE = layer("RepeatAction", num_repeats=2), layer("RepeatAction", num_repeats=3)
SKIP = layer("MaxAndSkipObservation", skip=4, stale_frames=True)
STICK = layer(
    "StickyAction",
    repeat_action_probability=0.25,
    repeat_action_duration=(1, 3),
    draws=GENERATOR,
)
DELAY = layer("DelayObservation", delay=2)
AWARE = layer("TimeAwareObservation")
CLIP = layer("ClipReward", min_reward=-0.5, max_reward=0.5)
CHECK, ORDER = layer("PassiveEnvChecker"), layer("OrderEnforcing")
HALVE = layer("TransformReward", func=halved)
ATARI = layer("AtariPreprocessing", noop_max=0, stale_frames=True)
SQUASH = layer("TransformObservation", func=squashed, observation_space=Box(-1.0, 1.0, (4,)))
NOTCH = layer("TransformAction", func=notched, action_space=Discrete(5))

STACKS: Final = (
    tall("the-usual", CART_POLE, LIMIT, FRAMES, LEARN, RECORD),
    tall("as-made", CART_POLE, CHECK, ORDER, LIMIT, RECORD),
    tall("limit-below-a-skip", CART_POLE, SHORT, THRICE),
    tall("limit-above-a-skip", CART_POLE, THRICE, SHORT),
    tall("skips-in-skips", CART_POLE, TWICE, THRICE, TWICE),
    tall("records-around-a-skip", CART_POLE, BELOW, THRICE, RECORD),
    tall("sticky-below", CART_POLE, STICK, TWICE, DELAY),
    tall("sticky-above", CART_POLE, TWICE, STICK, RECORD),
    tall("stale-frames", ACROBOT, SKIP, FRAMES, LIMIT),
    tall("learns-below-and-above", ACROBOT, LEARN, SKIP, LEARN),
    tall("time-below-a-skip", CART_POLE, LIMIT, AWARE, TWICE),
    tall("time-above-a-skip", CART_POLE, TWICE, LIMIT, AWARE, FRAMES),
    tall("rewards", CART_POLE, HALVE, SCALE, CLIP),
    tall("rewards-around-a-skip", PENDULUM, SCALE, THRICE, SCALE, RECORD),
    tall("frames-of-frames", CART_POLE, FRAMES, ZEROS, DELAY),
    tall("squashed", CART_POLE, SQUASH, TWICE, LEARN, ORDER),
    tall(
        "joints",
        PENDULUM,
        layer("RescaleAction", min_action=-1.0, max_action=1.0),
        layer("ClipAction"),
        TWICE,
    ),
    tall("notches", PENDULUM, NOTCH, STICK, THRICE, LIMIT),
    tall(
        "scaled-observations",
        CAR,
        layer("RescaleObservation", min_obs=0.0, max_obs=1.0, keep_dtype=True),
        layer("DtypeObservation", dtype=np.float64),
        FRAMES,
        layer("FlattenObservation"),
    ),
    tall("a-hill", HILL, layer("DiscretizeAction", bins=5), DELAY, TWICE, SCALE),
    tall("a-taxi", TAXI, layer("DtypeObservation", dtype=np.float64), THRICE, RECORD),
    tall("cards", BLACKJACK, layer("FlattenObservation"), DELAY, RECORD),
    tall(
        "parts",
        PARTS,
        layer("FilterObservation", filter_keys=["more"]),
        layer("FlattenObservation"),
        TWICE,
        FRAMES,
    ),
    tall(
        "pictures",
        PICTURES,
        layer("GrayscaleObservation"),
        layer("ResizeObservation", shape=(5, 7)),
        SKIP,
        ZEROS,
    ),
    tall("atari", BREAKOUT, ATARI, FRAMES, CLIP, RECORD, longest=40),
)
"""The stacks; one wrapper of all steps several times in most of them."""

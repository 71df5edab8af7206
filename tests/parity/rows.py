"""One row for each of Gymnasium's wrappers: where it is compared, and with which arguments."""

from __future__ import annotations

from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from statewrap import Stack, Wrapper
from statewrap.testing.parity.shims import Env, Shows
from statewrap.wrappers import (
    AddRenderObservation,
    AddWhiteNoise,
    ArrayConversion,
    AtariPreprocessing,
    Autoreset,
    ClipAction,
    ClipReward,
    DelayObservation,
    DiscretizeAction,
    DiscretizeObservation,
    DtypeObservation,
    FilterObservation,
    FlattenObservation,
    FrameStackObservation,
    GrayscaleObservation,
    JaxToNumpy,
    JaxToTorch,
    MaxAndSkipObservation,
    NormalizeObservation,
    NormalizeReward,
    NumpyToTorch,
    ObstructView,
    OrderEnforcing,
    PassiveEnvChecker,
    RecordEpisodeStatistics,
    RepeatAction,
    RescaleAction,
    RescaleObservation,
    ReshapeObservation,
    ResizeObservation,
    StickyAction,
    TimeAwareObservation,
    TimeLimit,
    TransformAction,
    TransformObservation,
    TransformReward,
)
from tests.parity.functions import halved, notched, squashed
from tests.parity.worlds import REAL, Pictured

GENERATOR: Final = np.random.default_rng(7).bit_generator.state


@attrs.frozen
class Place:
    """A real environment, and how it is made to fit."""

    name: str
    form: str = "as given"
    """The form of its observations, of those in `statewrap.testing.parity.forms`."""
    pictured: bool = False
    """Whether it draws pictures."""

    def __call__(self) -> Env:
        """Make it, bare."""
        env: Env = gym.make(self.name, **REAL[self.name].arguments).unwrapped
        if self.pictured:
            env = Pictured(env)
        return env if self.form == "as given" else Shows(env, self.form)

    def __str__(self) -> str:
        return self.name if self.form == "as given" else f"{self.name} ({self.form})"


CART_POLE, ACROBOT, PENDULUM = Place("CartPole-v1"), Place("Acrobot-v1"), Place("Pendulum-v1")
CAR, HILL = Place("MountainCar-v0"), Place("MountainCarContinuous-v0")
TAXI, BLACKJACK = Place("Taxi-v4"), Place("Blackjack-v1")
PONG, BREAKOUT = Place("ALE/Pong-v5"), Place("ALE/Breakout-v5")
PICTURES, PARTS = Place("CartPole-v1", "picture"), Place("CartPole-v1", "dict")
RENDERED = Place("CartPole-v1", pictured=True)


@attrs.frozen
class Row:
    """A wrapper of Gymnasium's, and where its twin is held against it."""

    wrapper: Wrapper[Any]
    """The twin, with the arguments with which it does what Gymnasium's does."""
    places: tuple[Place, ...]
    below: Wrapper[Any] = Stack()
    """What the twin needs below it."""
    generate: bool = True
    """Whether worlds are made of the first place."""
    longest: int = 60
    """After how many steps an episode is cut."""

    @property
    def name(self) -> str:
        """The wrapper's name."""
        return type(self.wrapper).__name__

    @property
    def stack(self) -> Stack:
        """The twin, and what it needs."""
        return Stack(self.below, self.wrapper)


ROWS: Final = (
    Row(TransformObservation(squashed, Box(-1.0, 1.0, (4,))), (CART_POLE,)),
    Row(FilterObservation(["more"]), (PARTS,)),
    Row(FlattenObservation(), (PARTS, BLACKJACK)),
    Row(ReshapeObservation((2, 2)), (CART_POLE,)),
    Row(ResizeObservation((5, 7)), (PICTURES, PONG)),
    Row(GrayscaleObservation(), (PICTURES, BREAKOUT)),
    Row(RescaleObservation(0.0, 1.0, keep_dtype=True), (CAR, PENDULUM)),
    Row(DtypeObservation(np.float64), (CART_POLE, TAXI)),
    Row(DiscretizeObservation(5), (CAR, PENDULUM)),
    Row(TimeAwareObservation(), (CART_POLE, BLACKJACK), below=TimeLimit(40)),
    Row(DelayObservation(3), (CART_POLE, BLACKJACK)),
    Row(FrameStackObservation(4), (CART_POLE, BLACKJACK, PONG)),
    Row(MaxAndSkipObservation(4, stale_frames=True), (ACROBOT, PONG)),
    Row(NormalizeObservation(mode="learn"), (ACROBOT, TAXI)),
    Row(AddRenderObservation(render_only=False), (RENDERED,)),
    Row(TransformAction(notched, Discrete(5)), (PENDULUM,)),
    Row(ClipAction(), (PENDULUM, HILL)),
    Row(RescaleAction(-3.0, 5.0), (PENDULUM, HILL)),
    Row(DiscretizeAction(5), (PENDULUM, HILL)),
    Row(StickyAction(0.25, (1, 3), draws=GENERATOR), (CART_POLE, PENDULUM)),
    Row(RepeatAction(4), (CART_POLE, BLACKJACK)),
    Row(TransformReward(halved), (CART_POLE,)),
    Row(ClipReward(-0.5, 0.5), (CART_POLE, TAXI)),
    Row(NormalizeReward(mode="learn", carry_return=True), (CART_POLE, PENDULUM)),
    Row(TimeLimit(7), (CART_POLE, TAXI)),
    Row(Autoreset(), (CART_POLE,)),
    Row(OrderEnforcing(), (CART_POLE,)),
    Row(PassiveEnvChecker(), (CART_POLE, BLACKJACK)),
    Row(RecordEpisodeStatistics(), (CART_POLE, BLACKJACK)),
    Row(
        AtariPreprocessing(draws=GENERATOR, stale_frames=True),
        (BREAKOUT, PONG),
        generate=False,
        longest=150,
    ),
)
"""What is seen in a stack; in the order of Gymnasium's documentation."""

NOISES: Final = (
    Row(AddRenderObservation(), (RENDERED,), below=AddWhiteNoise(0.4)),
    Row(AddRenderObservation(), (RENDERED,), below=ObstructView(0.3, 2)),
)
"""What draws into pictures, seen by what shows them: to be saved, and not to be compared, since
Gymnasium's draws from its environment's generator."""

TO_JAX: Final = ArrayConversion("numpy", "jax.numpy")
CONVERSIONS: Final = (
    Row(ArrayConversion("numpy", "torch"), (CART_POLE, PENDULUM), generate=False),
    Row(JaxToNumpy(), (CART_POLE, PENDULUM), below=TO_JAX, generate=False),
    Row(JaxToTorch(), (CART_POLE, PENDULUM), below=TO_JAX, generate=False),
    Row(NumpyToTorch(), (CART_POLE, PENDULUM)),
)
"""What needs jax, torch and, on Gymnasium's side, array_api_compat."""

"""Cases drawn at random: a world, a stack that fits it in any order, a policy's style."""

from __future__ import annotations

from typing import Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Discrete

from statewrap.core.checks import OnReset
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.forms import FORMS as ALL_FORMS
from statewrap.testing.parity.shims import REWARDS, End
from tests.parity import observations, others
from tests.parity.functions import notched
from tests.parity.loops import Case
from tests.parity.recipes import Layer, layer
from tests.parity.rng import Draw, Rng, one_of
from tests.parity.worlds import NAMES, NEAR_THE_GOAL, REAL, World

FORMS: Final = tuple(form for form in ALL_FORMS if form != "at the edges")
"""Forms of observations; an environment's bounds are no place for most functions."""
DRAWS: Final = (*observations.DRAWS, *others.DRAWS)
NEEDS: Final = {
    observations.filtered: "dict",
    observations.grayscale: "picture",
    observations.resize: "grey picture",
}
"""The forms of observations without which there is nothing for a wrapper to do."""
FEWEST, MOST = 2, 6
"""How many wrappers a stack has."""


def drawn_case(name: str, number: int, on_reset: OnReset = "request") -> Case:
    """Draw the case of a number; the numbers go through all wrappers, and through all forms."""
    rng = np.random.default_rng([number, sum(name.encode()), on_reset == "continue"])
    turn = number * len(NAMES) + NAMES.index(name)
    first = DRAWS[turn % len(DRAWS)]
    form = FORMS[(turn // 2 + 4 * number + 7) % len(FORMS)] if turn % 2 else "as given"
    world = _world(rng, name, NEEDS.get(first, form))
    if first is observations.add_render and REAL[name].starts_anew:
        world = attrs.evolve(world, pictured=True)
    layers = tuple(_layers(rng, world, first))
    kinds = ("numpy", "python", "array") if REAL[name].takes_arrays else ("numpy", "python")
    style = Style(
        one_of(rng, *kinds),
        one_of(rng, "float32", "float64"),
        bool(rng.integers(2)),
        bool(rng.integers(2)),
    )
    world = _opens(world, layers[0])
    return Case(world, layers, style, int(rng.integers(2**16)), on_reset)


def _opens(world: World, lowest: Layer) -> World:
    """Let the first episode last longer than the no-ops that open it.

    Only it is reset with a seed, which Gymnasium's AtariPreprocessing gives again when an episode
    ends within them: a difference that is listed.
    """
    noops = int(lowest.arguments.get("noop_max", 0))
    ends = tuple((steps + noops * (i == 1), *how) for i, (steps, *how) in enumerate(world.ends))
    return attrs.evolve(world, ends=ends, limit=world.limit + noops)


def drawn_case_without_a_twin(name: str, number: int, on_reset: OnReset = "request") -> Case:
    """Draw a case in whose stack there is what Gymnasium has no twin of, at any place."""
    drawn = drawn_case(name, number, on_reset)
    rng = np.random.default_rng([number, 7])
    layers = [one for one in drawn.layers if not one.name.endswith("Action")]
    layers += [layer("RepeatAction", num_repeats=2)] * int(rng.integers(2))
    places = [int(rng.integers(len(layers) + 1)) for _ in range(2)]
    discrete = name in ("CartPole-v1", "Acrobot-v1")
    if on_reset == "continue":  # limits would count refusals, and end a call's second episode
        layers[places[0] :] = [one for one in layers[places[0] :] if one.name != "TimeLimit"]
    layers.insert(places[0], _reject(rng))
    layers.insert(min(places[1], len(layers)), _random_reset(rng))
    if not discrete:
        layers.insert(0, layer("TransformAction", func=notched, action_space=Discrete(5)))
    actions = {"CartPole-v1": 2, "Acrobot-v1": 3}.get(name, 5)
    return attrs.evolve(
        drawn, layers=tuple(layers), world=attrs.evolve(drawn.world, actions=actions)
    )


def _reject(rng: Rng) -> Layer:
    return layer(
        "RejectInvalidAction",
        penalty=one_of(rng, 0.0, -1, np.float32(-0.5)),
        max_rejections=one_of(rng, 0, 1, 3),
        on_exhausted=one_of(rng, "first_valid", 0),
    )


def _random_reset(rng: Rng) -> Layer:
    return layer(
        "RandomReset",
        noop_max=one_of(rng, 0, 1, 3, 8),
        action=one_of(rng, 1, "random"),
        max_restarts=10,
    )


def _world(rng: Rng, name: str, form: str) -> World:
    ends: tuple[End, ...] = ()
    if rng.integers(2):
        kinds = ((True, False), (False, True), (True, True))
        ends = tuple((int(rng.integers(1, 25)), *one_of(rng, *kinds)) for _ in range(7))
    return World(
        name,
        limit=int(rng.integers(5, 60)),
        ends=ends,
        near_the_goal=name in NEAR_THE_GOAL and bool(rng.integers(2)),
        form="as given" if name.startswith("ALE/") else form,
        reward=one_of(rng, *REWARDS),
        numpy_flags=bool(rng.integers(2)),
        reuses=bool(rng.integers(2)),
        pictured=REAL[name].starts_anew and not rng.integers(4),
    )


def _layers(rng: Rng, world: World, first: Draw) -> list[Layer]:
    """Draw layers one on top of the other; each fits the spaces that the twins below announce."""
    layers: list[Layer] = []
    env, many = world.make(), int(rng.integers(FEWEST, MOST + 1))
    draws = [first]
    if world.name.startswith("ALE/") and rng.integers(4):
        draws.insert(0, _atari)
    while len(layers) < many:
        draw = draws.pop(0) if draws else one_of(rng, *DRAWS)
        drawn = draw(rng, env)
        if drawn is not None:
            layers.append(drawn)
            env = drawn.twin(env)
    return layers


def _atari(rng: Rng, env: gym.Env) -> Layer:
    """Draw preprocessing of all kinds, with draws of which both sides keep a copy."""
    return layer(
        "AtariPreprocessing",
        noop_max=one_of(rng, 0, 1, 5, 30),
        frame_skip=one_of(rng, 1, 2, 4, 5),
        screen_size=one_of(rng, 84, 20, (13, 31)),
        terminal_on_life_loss=bool(rng.integers(2)),
        grayscale_obs=bool(rng.integers(2)),
        grayscale_newaxis=bool(rng.integers(2)),
        scale_obs=bool(rng.integers(2)),
        stale_frames=True,
        draws=np.random.default_rng(int(rng.integers(2**31))).bit_generator.state,
    )

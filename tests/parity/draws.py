"""Cases drawn at random: a world, a stack that fits it in any order, a policy's style."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from statewrap.core.checks import OnReset
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.forms import FORMS as ALL_FORMS
from statewrap.testing.parity.shims import REWARDS, End
from tests.parity.loops import Case
from tests.parity.recipes import Layer, layer
from tests.parity.worlds import NEAR_THE_GOAL, World

Rng = np.random.Generator

FORMS: Final = tuple(form for form in ALL_FORMS if form != "at the edges")
"""Forms of observations; an environment's bounds are no place for most functions below."""


def one_of(rng: Rng, *choices: Any) -> Any:
    """Draw one of some values of any types."""
    return choices[rng.integers(len(choices))]


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


def sign(a: np.ndarray) -> int:
    """Return 0 or 1."""
    return int(a[0] > 0.25)


def mirrored(a: Any) -> Any:
    """Return 0 for 1 and 1 for 0."""
    return 1 - a


def drawn_case(name: str, number: int, on_reset: OnReset = "request") -> Case:
    """Draw the case of a number."""
    rng = np.random.default_rng([number, sum(name.encode()), on_reset == "continue"])
    world = _world(rng, name)
    layers = tuple(_layers(rng, world, int(rng.integers(1, 7))))
    style = Style(
        one_of(rng, "numpy", "python", "array"),
        one_of(rng, "float32", "float64"),
        bool(rng.integers(2)),
        bool(rng.integers(2)),
    )
    return Case(world, layers, style, int(rng.integers(2**16)), on_reset)


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


def _world(rng: Rng, name: str) -> World:
    ends: tuple[End, ...] = ()
    if rng.integers(2):
        kinds = ((True, False), (False, True), (True, True))
        ends = tuple((int(rng.integers(1, 25)), *one_of(rng, *kinds)) for _ in range(7))
    return World(
        name,
        limit=int(rng.integers(5, 60)),
        ends=ends,
        near_the_goal=name in NEAR_THE_GOAL and bool(rng.integers(2)),
        form=one_of(rng, *FORMS),
        reward=one_of(rng, *REWARDS),
        numpy_flags=bool(rng.integers(2)),
        reuses=bool(rng.integers(2)),
    )


def _layers(rng: Rng, world: World, many: int) -> list[Layer]:
    """Draw layers one on top of the other; each fits the spaces that the twins below announce."""
    layers: list[Layer] = []
    env = world.make()
    while len(layers) < many:
        draw = one_of(rng, *_DRAWS)
        drawn = draw(rng, env)
        if drawn is not None:
            layers.append(drawn)
            env = drawn.twin(env)
    return layers


def _time_limit(rng: Rng, env: gym.Env) -> Layer:
    return layer("TimeLimit", max_episode_steps=int(rng.integers(1, 20)))


def _repeat(rng: Rng, env: gym.Env) -> Layer:
    return layer("RepeatAction", num_repeats=int(rng.integers(1, 5)))


def _frame_stack(rng: Rng, env: gym.Env) -> Layer:
    space = copy.deepcopy(env.observation_space)
    space.seed(int(rng.integers(2**31)))
    padding = one_of(rng, "reset", "zero", space.sample())
    return layer("FrameStackObservation", stack_size=int(rng.integers(1, 5)), padding_type=padding)


def _normalize(rng: Rng, env: gym.Env) -> Layer | None:
    shape = env.observation_space.shape
    if shape is None or env.observation_space.dtype.kind not in "fiu":
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


def _clip_reward(rng: Rng, env: gym.Env) -> Layer:
    low, high = one_of(
        rng, (-1, 1), (-0.5, 0.25), (None, 0.3), (0.0, None), (np.float32(-0.1), 2), (0.0, 0.0)
    )
    return layer("ClipReward", min_reward=low, max_reward=high)


def _record(rng: Rng, env: gym.Env) -> Layer:
    key = f"episode {rng.integers(10**9)}"
    return layer("RecordEpisodeStatistics", buffer_length=one_of(rng, 0, 1, 3, 100), stats_key=key)


def _transform_reward(rng: Rng, env: gym.Env) -> Layer:
    return layer("TransformReward", func=one_of(rng, doubled, shifted, as_float32, as_int))


def _transform_observation(rng: Rng, env: gym.Env) -> Layer:
    space = env.observation_space
    if isinstance(space, gym.spaces.Dict) and rng.integers(2):
        return layer("TransformObservation", func=state_alone, observation_space=space["state"])
    if not isinstance(space, Box):
        return layer("TransformObservation", func=identity, observation_space=None)
    func, new = one_of(
        rng,
        (backwards, Box(-np.inf, np.inf, space.shape, space.dtype) if _real(space) else None),
        (in_double, Box(-np.inf, np.inf, space.shape, np.float64)),
        (squashed, Box(-1.0, 1.0, space.shape, np.float32)),
        (lifted, Box(0.5, 2.5, space.shape, np.float32)),
    )
    return layer("TransformObservation", func=func, observation_space=new)


def _real(space: Box) -> bool:
    return space.dtype.kind == "f"


def _transform_action(rng: Rng, env: gym.Env) -> Layer | None:
    space = env.action_space
    if isinstance(space, Discrete):
        if rng.integers(2):
            wide = Box(-1.0, 1.0, (1,), np.float32)
            return layer("TransformAction", func=sign, action_space=wide)
        if space.n == 2 and space.start == 0:
            return layer("TransformAction", func=mirrored, action_space=None)
        return None
    func, new = one_of(
        rng, (halved, None), (widened, Box(-5.0, 5.0, (1,), np.float64)), (notched, Discrete(5))
    )
    return layer("TransformAction", func=func, action_space=new)


def _clip_action(rng: Rng, env: gym.Env) -> Layer | None:
    return layer("ClipAction") if isinstance(env.action_space, Box) else None


def _rescale_action(rng: Rng, env: gym.Env) -> Layer | None:
    space = env.action_space
    if not isinstance(space, Box):
        return None
    if not np.isfinite(space.high).all():
        return layer("RescaleAction", min_action=-np.inf, max_action=np.inf)
    low, high = one_of(
        rng,
        (-1.0, 1.0),
        (np.float32(-0.3), np.float32(0.7)),
        (np.array([0.1], np.float32), np.array([0.4], np.float32)),
        (-3, 5),
    )
    return layer("RescaleAction", min_action=low, max_action=high)


_DRAWS: Final[tuple[Callable[[Rng, gym.Env], Layer | None], ...]] = (
    _time_limit,
    _repeat,
    _frame_stack,
    _normalize,
    _clip_reward,
    _record,
    _transform_reward,
    _transform_observation,
    _transform_action,
    _clip_action,
    _rescale_action,
)

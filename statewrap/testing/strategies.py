"""Hypothesis strategies: spaces, what lies in them, episodes, stacks, and whole scenes for laws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium import spaces as gym_spaces

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.messages import TimeStep
from statewrap.core.policy import Policy
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.script import Improvise

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ImportError as error:
    raise MissingExtraError("statewrap.testing.strategies", "hypothesis", "test") from error

Space = gym_spaces.Space[Any]
Maker = (
    SearchStrategy[Wrapper[Any]] | Callable[[Below], SearchStrategy[Wrapper[Any]] | Wrapper[Any]]
)
"""How to make a wrapper: a strategy, or a function that gives one for what is known below."""

_FAR: Final = 1000.0
"""How far an unbounded Box is gone into."""
_SHAPES: Final = ((), (1,), (3,), (2, 2))
_DTYPES: Final = (np.float32, np.float64, np.int64, np.int8, np.uint8)
_EDGES: Final = (-_FAR, -1.0, -0.1, 0.0, 0.1, 1.0, _FAR)


# -- spaces ------------------------------------------------------------------------------------


@st.composite
def boxes(
    draw: DrawFn, dtypes: Sequence[Any] = _DTYPES, shapes: Sequence[tuple[int, ...]] = _SHAPES
) -> gym_spaces.Box:
    """Draw a Box; one of floats may be unbounded on either side."""
    dtype, shape = np.dtype(draw(st.sampled_from(dtypes))), draw(st.sampled_from(shapes))
    if dtype.kind == "f":
        low, high = sorted(draw(st.lists(st.sampled_from(_EDGES), min_size=2, max_size=2)))
        low = draw(st.sampled_from([low, -math.inf]))
        high = draw(st.sampled_from([high, math.inf]))
    else:
        info = np.iinfo(dtype)
        ends = st.integers(max(int(info.min), -1000), min(int(info.max), 1000))
        low, high = sorted((draw(ends), draw(ends)))
    return gym_spaces.Box(low, high, shape, dtype.type)


def discretes() -> SearchStrategy[gym_spaces.Discrete]:
    """Draw a Discrete of up to five, some of which do not start at 0."""
    return st.builds(
        lambda n, start: gym_spaces.Discrete(n, start=start),
        st.integers(1, 5),
        st.sampled_from([0, 0, -2, 3]),
    )


def leaves() -> SearchStrategy[Space]:
    """Draw a Box, Discrete, MultiDiscrete or MultiBinary."""
    sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3)
    return st.one_of(
        boxes(),
        discretes(),
        sizes.map(gym_spaces.MultiDiscrete),
        st.integers(1, 4).map(gym_spaces.MultiBinary),
    )


def spaces() -> SearchStrategy[Space]:
    """Draw a leaf, or a Dict or Tuple of up to three leaves, sometimes nested."""

    def around(inside: SearchStrategy[Space]) -> SearchStrategy[Space]:
        named = st.dictionaries(st.sampled_from("abc"), inside, min_size=1, max_size=3)
        listed = st.lists(inside, min_size=1, max_size=3)
        return named.map(gym_spaces.Dict) | listed.map(gym_spaces.Tuple)

    return st.recursive(leaves(), around, max_leaves=4)


# -- what lies in them -------------------------------------------------------------------------


def values(space: Space) -> SearchStrategy[Any]:
    """Draw an element of a space, its bounds more often than chance would; arrays are read-only.

    Spaces of other kinds than those of `spaces()` are sampled.
    """
    match space:
        case gym_spaces.Box():
            return _box_values(space)
        case gym_spaces.Dict():
            return st.fixed_dictionaries({k: values(part) for k, part in space.spaces.items()})
        case gym_spaces.Tuple():
            return st.tuples(*(values(part) for part in space.spaces))
        case gym_spaces.Discrete():
            return st.integers(0, int(space.n) - 1).map(lambda i: space.dtype.type(space.start + i))
    return st.integers(0, 2**31 - 1).map(lambda seed: _sampled(space, seed))


def _box_values(space: gym_spaces.Box) -> SearchStrategy[Any]:
    ends = zip(space.low.ravel().tolist(), space.high.ravel().tolist(), strict=True)
    each = [_numbers(space, low, high) for low, high in ends]

    orders = st.sampled_from("CF") if len(space.shape) > 1 else st.just("C")

    def filled(numbers: tuple[Any, ...], order: Any) -> Any:
        return freeze(np.array(numbers, space.dtype).reshape(space.shape, order=order))

    return st.builds(filled, st.tuples(*each), orders)


def _numbers(space: gym_spaces.Box, low: Any, high: Any) -> SearchStrategy[Any]:
    if space.dtype.kind != "f":
        return st.sampled_from([low, high]) | st.integers(low, high)
    low, high = max(low, min(-_FAR, high)), min(high, max(_FAR, low))
    width: Any = space.dtype.itemsize * 8
    inside = st.floats(low, high, width=width, allow_subnormal=False)
    return st.sampled_from([low, high]) | inside


def _sampled(space: Space, seed: int) -> Any:
    space.seed(seed)
    return freeze(space.sample())


def rewards() -> SearchStrategy[Any]:
    """Draw a reward: a Python or numpy number, small, and often not 0."""
    floats = st.sampled_from([0.0, 1.0, -1.0]) | st.floats(-10, 10, width=32)
    return st.one_of(floats, floats.map(np.float64), floats.map(np.float32), st.integers(-3, 3))


def time_steps(
    space: Space, infos: SearchStrategy[dict[str, Any]] | None = None
) -> SearchStrategy[TimeStep]:
    """Draw a time step from within an episode, its observation in `space`."""
    return st.builds(
        TimeStep, values(space), rewards(), info=st.builds(dict) if infos is None else infos
    )


@st.composite
def episodes(
    draw: DrawFn,
    space: Space,
    infos: SearchStrategy[dict[str, Any]] | None = None,
    max_episodes: int = 3,
    max_steps: int = 6,
) -> list[list[TimeStep]]:
    """Draw one episode or more of raw time steps, as the laws take them.

    An episode is terminated, truncated, both, or given up without a last time step. Time goes
    on by an eighth of a second a step.
    """
    lengths = draw(st.lists(st.integers(0, max_steps), min_size=1, max_size=max_episodes))
    steps, now, drawn = time_steps(space, infos), 0.0, []
    for length in lengths:
        terminated, truncated = draw(st.booleans()), draw(st.booleans())
        episode = []
        for index in range(length + 1):
            last, now = 0 < index == length, now + 0.125
            timestep = draw(steps).replace(
                time=now, terminated=last and terminated, truncated=last and truncated
            )
            episode.append(timestep if index else timestep.replace(reward=0.0, first=True))
        drawn.append(episode)
    return drawn


# -- stacks and scenes -------------------------------------------------------------------------


@st.composite
def stacks(
    draw: DrawFn, makers: Sequence[Maker], below: Below, min_size: int = 0, max_size: int = 4
) -> Stack:
    """Draw an unbound stack that can be bound to `below`; what cannot at its place is left out.

    Args:
        draw: hypothesis gives it.
        makers: how to make each kind of wrapper.
        below: what is known of the environment.
        min_size: how many wrappers to draw at least.
        max_size: how many at most.
    """
    wrappers, known = [], below
    for maker in draw(st.lists(st.sampled_from(makers), min_size=min_size, max_size=max_size)):
        made = maker if isinstance(maker, SearchStrategy) else maker(known)
        wrapper = draw(made) if isinstance(made, SearchStrategy) else made
        try:
            bound = wrapper.bind(known)
        except BindError:
            continue
        wrappers.append(wrapper)
        known = bound.above(known)
    return Stack(*wrappers)


class Scene(NamedTuple):
    """What a law is held against: `law(*scene)`."""

    wrapper: Wrapper[Any]
    below: Below
    episodes: list[list[TimeStep]]
    policy: Policy[Any]


@st.composite
def scenes(
    draw: DrawFn,
    makers: Sequence[Maker],
    observation_spaces: SearchStrategy[Space] | None = None,
    action_spaces: SearchStrategy[Space] | None = None,
    infos: Callable[[Below], SearchStrategy[dict[str, Any]]] | None = None,
    min_size: int = 0,
    max_size: int = 4,
) -> Scene:
    """Draw an environment, a stack on it, its episodes, and a policy that acts in its spaces.

    Args:
        draw: hypothesis gives it.
        makers: how to make each kind of wrapper, as for `stacks`.
        observation_spaces: the environment's; `spaces()` if not given.
        action_spaces: the environment's; `leaves()` if not given.
        infos: what the environment's time steps carry in `info`, by what is known of it.
        min_size: how many wrappers to draw at least.
        max_size: how many at most.
    """
    observed = draw(spaces() if observation_spaces is None else observation_spaces)
    acted = draw(leaves() if action_spaces is None else action_spaces)
    below = Below(observed, acted)
    stack = draw(stacks(makers, below, min_size, max_size))
    raw = draw(episodes(observed, None if infos is None else infos(below)))
    actions = values(stack.above(below).action_space)  # type: ignore[arg-type]
    return Scene(stack, below, raw, Improvise(draw(st.lists(actions, min_size=1, max_size=3))))

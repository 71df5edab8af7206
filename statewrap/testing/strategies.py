"""Hypothesis strategies: spaces, what lies in them, episodes, stacks, and whole scenes for laws.

What is drawn is defined in `statewrap.testing.draws`; here hypothesis chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from gymnasium import spaces as gym_spaces

from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.draws import scenes as scene_draws
from statewrap.testing.draws import spaces as space_draws
from statewrap.testing.draws.scenes import Scene
from statewrap.testing.draws.spaces import DTYPES, SHAPES, Space
from statewrap.testing.script import Improvise

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ImportError as error:
    raise MissingExtraError("statewrap.testing.strategies", "hypothesis", "test") from error

T = TypeVar("T")
Maker = (
    SearchStrategy[Wrapper[Any]] | Callable[[Below], SearchStrategy[Wrapper[Any]] | Wrapper[Any]]
)
"""How to make a wrapper: a strategy, or a function that gives one for what is known below."""


class ByHypothesis:
    """Choices that hypothesis makes."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """Choose a number between two, both included."""
        return self._draw(st.integers(low, high))

    def real(self, low: float, high: float, width: Any) -> float:
        """Choose a finite number between two, both included."""
        return self._draw(st.floats(low, high, width=width, allow_subnormal=False))

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of some."""
        return self._draw(st.sampled_from(options))


# -- spaces, and what lies in them -------------------------------------------------------------


@st.composite
def boxes(
    draw: DrawFn, dtypes: Sequence[Any] = DTYPES, shapes: Sequence[tuple[int, ...]] = SHAPES
) -> gym_spaces.Box:
    """Draw a Box, some of them empty; one of floats may be unbounded on either side."""
    return space_draws.draw_box(ByHypothesis(draw), dtypes, shapes)


@st.composite
def discretes(draw: DrawFn) -> gym_spaces.Discrete:
    """Draw a Discrete of up to five, some of which do not start at 0."""
    return space_draws.draw_discrete(ByHypothesis(draw))


@st.composite
def leaves(draw: DrawFn) -> Space:
    """Draw a Box, Discrete, MultiDiscrete or MultiBinary."""
    return space_draws.draw_leaf(ByHypothesis(draw))


@st.composite
def spaces(draw: DrawFn, *, odd: bool = False, names: Sequence[str] = space_draws.LETTERS) -> Space:
    """Draw a leaf, or a Dict or Tuple of up to three spaces, sometimes nested.

    Args:
        draw: hypothesis gives it.
        odd: whether it may be, or hold, a Text, Sequence, Graph or OneOf.
        names: the keys of a Dict.
    """
    return space_draws.draw_space(ByHypothesis(draw), odd=odd, names=names)


@st.composite
def values(draw: DrawFn, space: Space, *, infinite: bool = False) -> Any:
    """Draw an element of a space, its bounds more often than chance would; arrays are read-only.

    Args:
        draw: hypothesis gives it.
        space: of any kind; one of a kind of your own is sampled.
        infinite: whether an unbounded component may be infinite.
    """
    return space_draws.draw_value(ByHypothesis(draw), space, infinite=infinite)


# -- messages ----------------------------------------------------------------------------------


@st.composite
def rewards(draw: DrawFn) -> Any:
    """Draw a reward: a Python or numpy number, small, and often not 0."""
    return scene_draws.draw_reward(ByHypothesis(draw))


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
    needs: Collection[str] = (),
) -> list[list[TimeStep]]:
    """Draw one episode or more of raw time steps, as the laws take them.

    An episode is terminated, truncated, both, or given up without a last time step. Time goes
    on by an eighth of a second a step. There is a picture on each where `needs` holds "frame".
    """
    choices = ByHypothesis(draw)
    return scene_draws.draw_episodes(
        choices,
        lambda: space_draws.draw_value(choices, space),
        dict if infos is None else lambda: draw(infos),
        needs,
        max_episodes=max_episodes,
        max_steps=max_steps,
    )


def commands(action_space: Space, max_size: int = 10) -> SearchStrategy[list[Command]]:
    """Draw what a policy may send: acts in `action_space`, and resets with and without a seed."""
    resets = st.builds(Reset, st.none() | st.integers(0, 2**32 - 1))
    acts = values(action_space).map(Act)
    return st.lists(acts | acts | acts | resets, max_size=max_size)


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
    below = Below(observed, acted, frame_space=scene_draws.FRAME)
    stack = draw(stacks(makers, below, min_size, max_size))
    raw = draw(episodes(observed, None if infos is None else infos(below), needs=stack.needs))
    above = stack.above(below).action_space
    actions = scene_draws.draw_actions(ByHypothesis(draw), above)
    return Scene(stack, below, raw, Improvise(actions))


__all__ = [
    "ByHypothesis",
    "Maker",
    "Scene",
    "boxes",
    "commands",
    "discretes",
    "episodes",
    "leaves",
    "rewards",
    "scenes",
    "spaces",
    "stacks",
    "time_steps",
    "values",
]

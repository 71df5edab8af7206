"""FlattenObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.flatten import FlattenObservation
from tests.wrappers.maps import PRESENTED, bound, environment, found, is_new, same_space, shown
from tests.wrappers.scripted import IMAGE, VECTOR, WORLDS
from tests.wrappers.twins import both, make

Twin = gym.wrappers.FlattenObservation
PAIR = spaces.Box(1.0, 2.0, (2,))
GRAPH = spaces.Graph(PAIR, spaces.Discrete(3, start=5))
SPACES = {
    "vector": VECTOR,
    "image": IMAGE,
    "float64": spaces.Box(-1.0, 1.0, (2, 3), np.float64),
    "scalar": spaces.Box(-1.0, 1.0, (), np.float32),
    "empty": spaces.Box(-1.0, 1.0, (0, 2), np.float32),
    "discrete": spaces.Discrete(5, start=-3),
    "small discrete": spaces.Discrete(5, dtype=np.int8),
    "multidiscrete": spaces.MultiDiscrete([[3, 4], [2, 1]], start=[[1, -2], [0, 7]]),
    "small multidiscrete": spaces.MultiDiscrete([3, 4], dtype=np.int16),
    "multibinary": spaces.MultiBinary((2, 3)),
    "text": spaces.Text(6, charset="xyz"),
    "one of": spaces.OneOf([PAIR, spaces.Discrete(3), IMAGE]),
    "dict": spaces.Dict(
        z=VECTOR, a=spaces.Dict(image=IMAGE, choice=spaces.Discrete(3)), t=spaces.Text(4)
    ),
    "unsorted dict": spaces.Dict({"z": VECTOR, "a": PAIR}, sort_keys=False),
    "dict of integers": spaces.Dict(a=spaces.Discrete(3), b=spaces.MultiBinary(2)),
    "dict of two floats": spaces.Dict(a=PAIR, b=spaces.Box(-1.0, 1.0, (2,), np.float64)),
    "tuple": spaces.Tuple([VECTOR, spaces.Tuple([spaces.MultiBinary(3), IMAGE])]),
    "tuple of one": spaces.Tuple([spaces.OneOf([PAIR, spaces.Discrete(2)])]),
    "sequence": spaces.Sequence(PAIR),
    "stacked sequence": spaces.Sequence(spaces.Box(1.0, 2.0, (2, 2)), stack=True),
    "graph": GRAPH,
    "graph without edges": spaces.Graph(spaces.Box(0.0, 1.0, (2, 2)), None),
    "dict with a graph": spaces.Dict(g=GRAPH, x=IMAGE, d=spaces.Discrete(3)),
    "tuple with a sequence": spaces.Tuple([spaces.Sequence(spaces.Discrete(2)), IMAGE]),
}


@pytest.mark.parametrize("name", SPACES)
def test_shows_what_gymnasium_shows(name) -> None:
    """Every kind of space, over whole episodes, in the space that it announces."""
    assert same_space(Twin, FlattenObservation(), SPACES[name])
    assert found(Twin, FlattenObservation(), SPACES[name]) is None


@pytest.mark.parametrize("present", PRESENTED)
@pytest.mark.parametrize("name", ["image", "vector", "float64", "multidiscrete"])
def test_takes_arrays_in_any_memory_order(name, present) -> None:
    """Elements stand in C order, also where the environment reuses one array."""
    assert found(Twin, FlattenObservation(), SPACES[name], present) is None


@pytest.mark.parametrize("name", [*WORLDS, "FrozenLake-v1", "Taxi-v4", "Blackjack-v1"])
def test_agrees_over_real_environments(name) -> None:
    """Boxes, a Discrete of 500, and the Tuple of Blackjack, several episodes of each."""
    draw = WORLDS.get(name, lambda generator: int(generator.integers(2)))
    theirs, ours = both(FlattenObservation(), Twin, lambda: make(name, max_episode_steps=30), draw)

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("name", "observation"),
    [
        ("vector", np.arange(4.0)),
        ("vector", np.arange(4)),
        ("vector", [0.1, 0.2, 0.3, 0.4]),
        ("image", np.full((3, 5), 7.9)),
        ("multibinary", np.ones((2, 3), bool)),
        ("discrete", -1),
        ("discrete", np.int8(1)),
        ("discrete", np.array(0)),
        ("multidiscrete", np.array([[2, -1], [1, 7]], np.int8)),
        ("dict of two floats", {"a": np.array([0.1, 0.2]), "b": np.array([0.1, 0.2], np.float32)}),
    ],
)
def test_converts_what_comes_in_another_dtype(name, observation) -> None:
    """A part takes its own space's dtype before the whole takes the widest."""
    theirs = Twin(environment(SPACES[name])).observation(observation)

    assert difference(theirs, shown(FlattenObservation(), SPACES[name], observation)) is None


def test_shares_only_what_nobody_can_write_to() -> None:
    """A read-only array is shown as it lies; one that its owner may change is copied."""
    wrapper, mine = bound(FlattenObservation(), IMAGE), IMAGE.sample()
    frozen = freeze(mine)

    view = wrapper.on_state(None, TimeStep(frozen))[1].observation

    assert np.shares_memory(frozen, view)
    assert not view.flags.writeable
    assert is_new(wrapper.on_state(None, TimeStep(mine))[1].observation, mine)


@pytest.mark.parametrize("name", ["discrete", "multidiscrete", "dict", "tuple of one", "text"])
def test_what_is_shown_is_read_only(name) -> None:
    """A row that was made here as well."""
    space = SPACES[name]

    assert not shown(FlattenObservation(), space, space.sample()).flags.writeable


class Odd(spaces.Space):
    """A space of a kind that Gymnasium does not know."""

    def __repr__(self) -> str:
        return "Odd()"


@pytest.mark.parametrize(
    "space", [Odd((2,), np.float32), spaces.Dict(), spaces.Dict(x=Odd((2,), np.float32))]
)
def test_refuses_what_cannot_be_flattened(space) -> None:
    """With the error that Gymnasium raises as its cause."""
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - of that kind
        Twin(environment(space))
    with pytest.raises(BindError, match=r"FlattenObservation\(\) cannot flatten") as ours:
        FlattenObservation().bind(Below(space))

    assert theirs.type is type(ours.value.__cause__)


def test_needs_to_know_the_space() -> None:
    """Without it nobody knows how many numbers there are."""
    with pytest.raises(BindError, match="needs the observation_space"):
        FlattenObservation().bind(Below())


def test_has_no_arguments() -> None:
    """What bind derives is no part of it."""
    assert (FlattenObservation(), "FlattenObservation()") == (
        bound(FlattenObservation(), IMAGE),
        repr(bound(FlattenObservation(), IMAGE)),
    )


def test_a_row_that_nobody_can_write_to_passes() -> None:
    """There is nothing to do to it."""
    row = np.arange(3, dtype=np.float32)
    row.setflags(write=False)
    step = TimeStep(row)

    assert (
        step is FlattenObservation().bind(Below(spaces.Box(0.0, 9.0, (3,)))).on_state(None, step)[1]
    )

"""VecFrameStack, against Stable-Baselines3's over a DummyVecEnv of one."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from stable_baselines3.common import vec_env as theirs

from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import play
from statewrap.wrappers.vec_frame_stack import VecFrameStack
from statewrap.wrappers.vec_transpose_image import VecTransposeImage
from tests.wrappers.atari import game
from tests.wrappers.scripted import Reused, in_columns, pick, push, scripted, strided
from tests.wrappers.twins import make
from tests.wrappers.vec_envs import both

PICTURE, TURNED = Box(0, 255, (6, 7, 3), np.uint8), Box(0, 255, (3, 6, 7), np.uint8)
MATRIX = Box(-9, 9, (3, 2), np.float64)
PARTS = Dict(a=Box(-3, 3, (2,), np.float32), b=PICTURE, c=TURNED)
PAIR = Below(Box(-9.0, 9.0, (2,)))
LENGTHS = (5, 1, 7)

ENVS = {
    "CartPole": (lambda: make("CartPole-v1"), pick),
    "Pendulum": (lambda: make("Pendulum-v1", max_episode_steps=20), push),
    "Pong": (lambda: game("Pong", 20), pick),
    **{
        name: (lambda space=space: scripted(space, LENGTHS), pick)
        for name, space in [("picture", PICTURE), ("turned", TURNED), ("matrix", MATRIX)]
    },
    "a dict": (lambda: scripted(PARTS, LENGTHS), pick),
    "one buffer": (lambda: scripted(PICTURE, LENGTHS, present=Reused()), pick),
    "strided": (lambda: scripted(MATRIX, LENGTHS, present=strided), pick),
    "in columns": (lambda: scripted(PICTURE, LENGTHS, present=in_columns), pick),
    "another dtype": (
        lambda: scripted(PAIR.observation_space, LENGTHS, present=lambda o: o.astype(float)),
        pick,
    ),
}


@pytest.mark.parametrize("arguments", [(2,), (1,), (3, "first"), (4, "last")], ids=str)
@pytest.mark.parametrize("name", ENVS)
def test_stacks_as_stable_baselines3_stacks(name, arguments) -> None:
    """Openings, steps and ends, over several episodes."""
    new, draw = ENVS[name]

    told, found = both(
        VecFrameStack(*arguments), lambda venv: theirs.VecFrameStack(venv, *arguments), new, draw
    )
    if name in ("another dtype", "one buffer"):  # theirs keeps an end's observation as it came
        told = [one for one in told[0] if one[0] != "end"], told[1]
        found = [one for one in found[0] if one[0] != "end"], found[1]

    assert difference(told, found) is None


@pytest.mark.parametrize("orders", [{"a": "last", "b": "first", "c": None}, "first", None], ids=str)
def test_each_part_of_a_dict_is_stacked_in_its_own_order(orders) -> None:
    """Or all in the same."""
    new, draw = ENVS["a dict"]

    told, found = both(
        VecFrameStack(3, orders), lambda venv: theirs.VecFrameStack(venv, 3, orders), new, draw
    )

    assert difference(told, found) is None


def test_stacks_before_channels_are_put_first() -> None:
    """As a training script of Stable-Baselines3 does it with pictures."""

    def new():
        return scripted(Box(0, 255, (20, 24, 3), np.uint8), LENGTHS)

    told, found = both(
        VecFrameStack(4) | VecTransposeImage(),
        lambda venv: theirs.VecTransposeImage(theirs.VecFrameStack(venv, 4)),
        new,
        pick,
    )

    assert difference(told, found) is None


def pair(value, **fields):
    """Return a time step that shows a number and its negative."""
    return TimeStep(np.float32([value, -value]), **fields)


def test_zeros_stand_before_an_episodes_first() -> None:
    """Of each episode, an unasked one too."""
    messages = [pair(1, first=True), Act(0), pair(2), Act(0), pair(3), Act(0), pair(4, first=True)]

    shown = [
        reply.observation.tolist()
        for reply in play(VecFrameStack(3), *messages, below=PAIR)
        if type(reply) is TimeStep
    ]

    assert [
        [0, 0, 0, 0, 1, -1],
        [0, 0, 1, -1, 2, -2],
        [1, -1, 2, -2, 3, -3],
        [0, 0, 0, 0, 4, -4],
    ] == shown


def test_what_was_shown_stays_as_it_was() -> None:
    """Nobody can write to it, and the next stack is another array."""
    stack = Stack(VecFrameStack(2)).bind(PAIR)
    memory, first = stack.route(stack.initial(Key(0, 0)), pair(1, first=True))
    before = first.observation.copy()

    _, second = stack.route(memory, pair(2))

    assert np.array_equal(before, first.observation)
    assert not first.observation.flags.writeable
    assert not np.shares_memory(first.observation, second.observation)


@pytest.mark.parametrize("space", [PICTURE, TURNED, PAIR.observation_space, PARTS], ids=str)
def test_announces_the_space_that_stable_baselines3_announces(space) -> None:
    """Where all components have the same bounds, and zero lies between them."""
    expected = theirs.stacked_observations.StackedObservations(1, 3, space)

    above = VecFrameStack(3).bind(Below(space)).above(Below(space, Discrete(2)))

    assert expected.stacked_observation_space == above.observation_space
    assert Discrete(2) == above.action_space


def test_bounds_are_stacked_like_what_they_bound() -> None:
    """Stable-Baselines3 mixes those of the components up, and forgets the zeros."""
    space = Box(np.float32([5, -9]), np.float32([6, -8]))
    below = Below(space)

    above = VecFrameStack(2).bind(below).above(below).observation_space
    shown = play(VecFrameStack(2), TimeStep(np.float32([5.5, -8.5]), first=True), below=below)

    assert Box(np.float32([0, -9, 0, -9]), np.float32([6, 0, 6, 0])) == above
    assert why_not(above, shown[0].observation) is None


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((0,), ValueError, "n_stack is 0"),
        ((2.0,), TypeError, "n_stack is 2.0"),
        ((2, "middle"), ValueError, "must be one of following: 'last', 'first'"),
        ((2, {"a": "middle"}), ValueError, "must be one of following: 'last', 'first'"),
        ((2, 1), ValueError, "must be one of following: 'last', 'first'"),
    ],
    ids=str,
)
def test_refuses_what_is_no_order(arguments, kind, words) -> None:
    """At once."""
    with pytest.raises(kind, match=words):
        VecFrameStack(*arguments)


@pytest.mark.parametrize(
    ("order", "space", "kind", "words"),
    [
        (None, Discrete(3), AssertionError, "only works with gym.spaces.Box and gym.spaces.Dict"),
        (None, Box(-1, 1, ()), AssertionError, "whose parts have an axis"),
        (None, Dict(a=Discrete(3)), AssertionError, "only works with"),
        ({"a": "last"}, PICTURE, TypeError, "channels_order can't be a dict"),
        ({"a": "last"}, PARTS, KeyError, "does not say where 'b' is stacked"),
    ],
    ids=str,
)
def test_refuses_what_it_cannot_be_bound_to(order, space, kind, words) -> None:
    """Before anything is shown."""
    with pytest.raises(BindError, match=words) as error:
        VecFrameStack(2, order).bind(Below(space))

    assert kind is type(error.value.__cause__)


def test_an_order_is_copied() -> None:
    """The caller may change the one that was given."""
    orders = {"a": "last"}
    stacked = VecFrameStack(2, orders)

    orders["a"] = "first"

    assert VecFrameStack(2, {"a": "last"}) == stacked == eval(repr(stacked))  # noqa: S307 - our own

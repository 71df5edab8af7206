"""FrameStackObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import play
from statewrap.wrappers.frame_stack import FrameStackObservation
from tests.wrappers.scripted import (
    IMAGE,
    VECTOR,
    WORLDS,
    Reused,
    in_columns,
    pick,
    scripted,
    strided,
)
from tests.wrappers.twins import both, make

NUMBER = spaces.Box(-9.0, 9.0, (1,), np.float32)
BELOW = Below(NUMBER)
GRAPH = spaces.Graph(spaces.Box(1.0, 2.0, (2,)), spaces.Discrete(3, start=5))
SPACES = {
    "float32": VECTOR,
    "float64": spaces.Box(-1.0, 1.0, (2, 3), np.float64),
    "image": IMAGE,
    "scalar": spaces.Box(-1.0, 1.0, (), np.float32),
    "empty": spaces.Box(-1.0, 1.0, (0,), np.float32),
    "from minus zero": spaces.Box(np.array([-0.0, -1.0]), np.array([1.0, -0.0]), dtype=np.float64),
    "above zero": spaces.Box(np.array([5, -9]), np.array([9, -7]), dtype=np.int64),
    "discrete": spaces.Discrete(5, start=3),
    "small discrete": spaces.Discrete(5, dtype=np.int32),
    "multidiscrete": spaces.MultiDiscrete([3, 4], start=[1, 2]),
    "multibinary": spaces.MultiBinary((2, 2)),
    "dict": spaces.Dict(
        z=VECTOR, a=spaces.Dict(image=IMAGE, choice=spaces.Discrete(3)), t=spaces.Text(4)
    ),
    "tuple": spaces.Tuple([VECTOR, spaces.Tuple([spaces.MultiBinary(3)]), GRAPH]),
    "graph": GRAPH,
    "graph without edges": spaces.Graph(spaces.Discrete(4), None),
    "text": spaces.Text(min_length=2, max_length=6, charset="xyz"),
    "sequence": spaces.Sequence(spaces.Box(1.0, 2.0, (2,))),
    "stacked sequence": spaces.Sequence(spaces.Box(1.0, 2.0, (2,)), stack=True),
    "one of": spaces.OneOf([spaces.Box(1.0, 2.0, (2,)), spaces.Discrete(3)]),
}


def frame(number, **fields) -> TimeStep:
    """Make a time step that shows one number."""
    return TimeStep(np.array([number], np.float32), **fields)


def numbers(replies) -> list[list[float]]:
    """Read the stacks of numbers that a policy is shown."""
    return [r.observation[:, 0].tolist() for r in replies if isinstance(r, TimeStep)]


@pytest.mark.parametrize(
    ("padding", "windows"),
    [
        ("reset", [[5, 5, 5], [5, 5, 6], [5, 6, 7], [6, 7, 8]]),
        ("zero", [[0, 0, 5], [0, 5, 6], [5, 6, 7], [6, 7, 8]]),
        (np.array([-1], np.float32), [[-1, -1, 5], [-1, 5, 6], [5, 6, 7], [6, 7, 8]]),
        ([-1.0], [[-1, -1, 5], [-1, 5, 6], [5, 6, 7], [6, 7, 8]]),
    ],
)
def test_shows_the_last_observations_oldest_first(padding, windows) -> None:
    """What is missing at an episode's start is padding."""
    steps = [frame(5, first=True), frame(6), frame(7), frame(8)]

    replies = play(FrameStackObservation(3, padding_type=padding), *steps, below=BELOW)

    assert windows == numbers(replies)


@pytest.mark.parametrize("padding", ["reset", "zero"])
@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_no_episode_sees_the_one_before(before, padding) -> None:
    """An opening starts a new window, asked for or not."""
    steps = [frame(5, first=True), frame(6), *before, frame(7, first=True), frame(8)]

    replies = play(FrameStackObservation(3, padding_type=padding), *steps, below=BELOW)

    old = 7 if padding == "reset" else 0
    assert [[old, old, 7], [old, 7, 8]] == numbers(replies)[2:]


def test_changes_the_observation_alone() -> None:
    """Reward, flags, info and time stay; commands fall as they are."""
    last = frame(6, reward=2.5, truncated=True, info={"a": 1}, time=3.0)

    replies = play(FrameStackObservation(1), frame(5, first=True), Act(1), last, below=BELOW)

    assert Act(1) == replies[1]
    assert last == replies[2].replace(observation=last.observation)


def test_a_stack_of_one_has_one_place() -> None:
    """The shape has the place all the same."""
    replies = play(FrameStackObservation(1), frame(5, first=True), frame(6), below=BELOW)

    assert [[5], [6]] == numbers(replies)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_shares_nothing_that_can_be_written_to(space) -> None:
    """Neither memory nor message shares a writable array with what came in or goes out."""
    space.seed(1)
    stack = FrameStackObservation(3).bind(Below(space))
    memory, shown = stack.on_state((), TimeStep(space.sample(), first=True))
    memory, later = stack.on_state(memory, TimeStep(space.sample()))

    arrays = [*leaves(shown.observation), *leaves(later.observation)]
    assert not any(a.flags.writeable for a in arrays)
    assert not any(np.may_share_memory(a, b) for a in arrays for b in leaves(memory))


def leaves(value) -> list[np.ndarray]:
    """List the arrays in a value."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [a for part in value for a in leaves(part)] if isinstance(value, tuple) else []


def test_what_is_shown_can_never_be_made_writable() -> None:
    """The array lies over bytes, so that numpy itself refuses."""
    shown = play(FrameStackObservation(2), frame(5, first=True), below=BELOW)[0]

    with pytest.raises(ValueError, match="WRITEABLE"):
        shown.observation.setflags(write=True)


def test_keeps_a_frozen_array_and_copies_one_that_may_change() -> None:
    """What comes over the border is frozen, so a copy would be a waste; anything else is copied."""
    stack = FrameStackObservation(2).bind(BELOW)
    frozen, free = np.ones(1, np.float32), np.ones(1, np.float32)
    frozen.setflags(write=False)

    (kept, _), _ = stack.on_state((), TimeStep(frozen, first=True))
    (copied, _), _ = stack.on_state((), TimeStep(free, first=True))
    free[0] = 7.0

    assert frozen is kept
    assert not copied.flags.writeable
    assert [1.0] == copied.tolist()


def test_every_place_holds_what_was_shown_where_gymnasium_shows_the_newest() -> None:
    """Over an environment that reuses its buffer, Gymnasium's queue holds one array three times."""
    theirs, _ = both(
        FrameStackObservation(3),
        lambda env: gym.wrappers.FrameStackObservation(env, 3),
        lambda: scripted(VECTOR, [5], present=Reused()),
        pick,
        episodes=1,
    )
    newest = theirs[0][-1][0]

    right, ours = compared(VECTOR, Reused)

    assert same(newest[0], newest[2])
    assert difference(right, ours) is None
    assert not same(ours[0][-1][0][0], ours[0][-1][0][2])


def compared(space, present, padding="reset"):
    """Return what is shown by Gymnasium over a plain environment and here over a strange one."""
    worlds = iter(
        [
            scripted(space, [1, 5, 2, 7], present=present()),
            scripted(space, [1, 5, 2, 7]),
        ]
    )
    return both(
        FrameStackObservation(3, padding_type=padding),
        lambda env: gym.wrappers.FrameStackObservation(env, 3, padding_type=padding),
        lambda: next(worlds),
        pick,
    )


@pytest.mark.parametrize("present", [Reused, lambda: strided, lambda: in_columns])
@pytest.mark.parametrize("name", ["float32", "float64", "image", "multibinary", "multidiscrete"])
def test_how_an_array_lies_in_memory_does_not_matter(name, present) -> None:
    """Reused, strided and Fortran-ordered arrays show the same as plain ones."""
    theirs, ours = compared(SPACES[name], present)

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    "present",
    [np.float64, np.float16, lambda x: np.rint(x).astype(np.int64), np.ndarray.tolist],
    ids=["float64", "float16", "int64", "list"],
)
def test_an_observation_of_another_type_becomes_the_spaces(present) -> None:
    """The conversion is the one that np.stack makes."""
    theirs, ours = both(
        FrameStackObservation(3),
        lambda env: gym.wrappers.FrameStackObservation(env, 3),
        lambda: scripted(VECTOR, [4], present=present),
        pick,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("number", [int, np.int64, np.array])
def test_a_discrete_observation_may_be_any_integer(number) -> None:
    """A Python int, a numpy scalar and a 0-d array show the same."""
    theirs, ours = both(
        FrameStackObservation(3),
        lambda env: gym.wrappers.FrameStackObservation(env, 3),
        lambda: scripted(SPACES["discrete"], [4], present=number),
        pick,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("space", "observation", "error"),
    [
        (VECTOR, np.zeros((1, 4), np.float32), ValueError),
        (VECTOR, np.zeros(3, np.float32), ValueError),
        (IMAGE, np.zeros((3, 5), np.float32), TypeError),
        (IMAGE, np.zeros((3, 5), np.int64), TypeError),
        (SPACES["discrete"], 3.0, TypeError),
    ],
)
def test_an_observation_that_does_not_fit_is_an_error_as_in_gymnasium(
    space, observation, error
) -> None:
    """Neither broadcast nor truncated: numpy's own stacking refuses it, too."""
    stack = FrameStackObservation(2).bind(Below(space))
    env = scripted(space, [4], present=lambda _: observation)

    for given in (observation, freeze(observation)):
        with pytest.raises(error, match=r"announced|Cannot cast"):
            stack.on_state((), TimeStep(given, first=True))
    with pytest.raises(error):
        gym.wrappers.FrameStackObservation(env, 2).reset(seed=0)


@pytest.mark.parametrize("padding", ["reset", "zero", "sample"])
@pytest.mark.parametrize("name", SPACES)
def test_agrees_with_gymnasium_in_every_space(name, padding) -> None:
    """Every kind of space and padding is bit-equal, and so is the space that is announced."""
    space = SPACES[name]
    if padding == "sample":
        space.seed(9)
        padding = space.sample()

    def twin(env) -> gym.Env:
        return gym.wrappers.FrameStackObservation(env, 3, padding_type=padding)

    wrapper = FrameStackObservation(3, padding_type=padding)
    theirs, ours = both(wrapper, twin, lambda: scripted(space, [1, 5, 2, 3]), pick)

    assert difference(theirs, ours) is None
    announced = wrapper.above(Below(space)).observation_space
    assert twin(scripted(space, [1])).observation_space == announced
    assert all(step[0] in announced for step in ours[0])


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, size) -> None:
    """Whole episodes of real environments are bit-equal, with either kind of end."""
    theirs, ours = both(
        FrameStackObservation(size),
        lambda env: gym.wrappers.FrameStackObservation(env, size),
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (2.0, TypeError),
        ("2", TypeError),
        (None, TypeError),
        (True, TypeError),
        (0, ValueError),
        (-3, ValueError),
    ],
)
def test_refuses_the_sizes_that_gymnasium_refuses(size, error) -> None:
    """The same type of error, with the argument and the value in its message."""
    with pytest.raises(error, match=r"The stack_size (is expected|needs) to be"):
        FrameStackObservation(size)
    with pytest.raises(error):
        gym.wrappers.FrameStackObservation(make("CartPole-v1"), size)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "padding",
    [
        "zeros",
        "",
        3,
        None,
        np.zeros(3, np.float32),
        np.zeros(4, np.float64),
        np.full(4, 99, np.float32),
        [0.0, "x"],
    ],
    ids=repr,
)
def test_refuses_the_paddings_that_gymnasium_refuses(padding) -> None:
    """What is no observation cannot pad; the space is known at `bind`, so it is refused there."""
    wrapper = FrameStackObservation(2, padding_type=padding)

    with pytest.raises(
        BindError, match=r"(?s)Unexpected `padding_type`, .*: .*FrameStackObservation"
    ):
        wrapper.bind(Below(VECTOR))
    with pytest.raises(ValueError, match="padding_type"):
        gym.wrappers.FrameStackObservation(scripted(VECTOR, [1]), 2, padding_type=padding)


def test_needs_the_observation_space() -> None:
    """Unknown stays unknown above it, and `bind` says what to give."""
    wrapper = FrameStackObservation(2)

    assert Below(max_episode_steps=5) == wrapper.above(Below(max_episode_steps=5))
    with pytest.raises(BindError, match=r"needs the observation_space .*Deployment\(\.\.\., obs"):
        wrapper.bind(Below())


def test_the_rest_of_what_is_known_passes() -> None:
    """Only the observation space is another one above."""
    below = Below(VECTOR, spaces.Discrete(2), 9, "rgb_array")

    above = FrameStackObservation(2).above(below)

    assert (2, 4) == above.observation_space.shape
    assert Below(above.observation_space, spaces.Discrete(2), 9, "rgb_array") == above


class Words(spaces.Space):
    """A space of the user's own."""

    def contains(self, x) -> bool:
        """Take strings alone."""
        return isinstance(x, str)

    def __repr__(self) -> str:
        """Print briefly."""
        return "Words()"


def test_a_space_of_the_users_own_is_stacked_as_a_tuple() -> None:
    """Its zero is not known, so that padding has to be given; Gymnasium asks for it even then."""
    steps = [TimeStep("a", first=True), TimeStep("b")]

    reset = play(FrameStackObservation(2), *steps, below=Below(Words()))
    given = play(FrameStackObservation(2, padding_type="-"), *steps, below=Below(Words()))

    assert [("a", "a"), ("a", "b")] == [reply.observation for reply in reset]
    assert [("-", "a"), ("a", "b")] == [reply.observation for reply in given]
    with pytest.raises(BindError, match=r"nearest to zero in Words\(\).*padding_type=\.\.\."):
        FrameStackObservation(2, padding_type="zero").bind(Below(Words()))


def test_starts_with_padding() -> None:
    """The memory of a session that has seen nothing is that of an opening episode."""
    key = Key.from_seed(0)
    reset = FrameStackObservation(2).bind(BELOW)
    zero = FrameStackObservation(2, padding_type="zero").bind(BELOW)

    assert () == reset.initial(key) == reset.renew((1, 2), key)
    assert (spaces.GraphInstance,) == reset.memory_types
    assert same((np.zeros(1, np.float32),) * 2, zero.initial(key))
    assert same(zero.initial(key), zero.renew((1, 2), key))


def test_copies_the_padding_it_is_given() -> None:
    """Changing it later changes nothing."""
    padding = np.ones(1, np.float32)
    wrapper = FrameStackObservation(2, padding_type=padding)
    padding[0] = 7.0

    assert [[1, 5]] == numbers(play(wrapper, frame(5, first=True), below=BELOW))


def test_describes_itself() -> None:
    """What it prints makes an equal one; arrays count by content, what `bind` adds does not."""
    plain = FrameStackObservation(np.int64(2))
    padded = FrameStackObservation(2, padding_type=np.array([0.1], np.float32))

    assert "FrameStackObservation(stack_size=2, padding_type='reset')" == repr(plain)
    assert plain == eval(repr(plain)) == plain.bind(BELOW)  # noqa: S307 - the point of this repr
    assert padded == eval(repr(padded))  # noqa: S307
    assert padded != FrameStackObservation(2, padding_type=np.array([0.2], np.float32))
    assert padded != plain != FrameStackObservation(3)
    with pytest.raises(TypeError, match="positional"):
        FrameStackObservation(2, "zero")


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(-1.0, 1.0, (2,)),
        spaces.MultiDiscrete([3, 3]),
        spaces.MultiBinary(2),
        spaces.Discrete(3),
    ],
    ids=lambda space: type(space).__name__,
)
def test_an_array_of_another_shape_is_refused(space) -> None:
    """Of every space whose elements are arrays, before it is stacked."""
    three = TimeStep(np.zeros(3, space.dtype), first=True)

    with pytest.raises(WrapperError, match=r"An observation has the shape \(3,\), but its space"):
        play(FrameStackObservation(2), three, below=Below(space))


@pytest.mark.parametrize(
    ("space", "wrap"),
    [
        (spaces.Dict(a=spaces.Box(-1.0, 1.0, (2,))), lambda part: {"a": part}),
        (spaces.Tuple([spaces.Box(-1.0, 1.0, (2,))]), lambda part: (part,)),
    ],
    ids=["dict", "tuple"],
)
def test_the_parts_of_an_observation_are_held_as_it_is_itself(space, wrap) -> None:
    """Converted to the space's dtype, and refused in another shape."""
    wide = TimeStep(wrap(np.array([0.5, 1.0])), first=True)
    three = TimeStep(wrap(np.zeros(3)), first=True)

    shown = play(FrameStackObservation(2), wide, below=Below(space))[0].observation

    assert same(wrap(np.array([[0.5, 1.0], [0.5, 1.0]], np.float32)), shown)
    with pytest.raises(WrapperError, match=r"An observation has the shape \(3,\), but its space"):
        play(FrameStackObservation(2), three, below=Below(space))

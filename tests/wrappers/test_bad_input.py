"""What maps of observations and actions, and wrappers with a memory, do with bad input.

It is refused where it comes in, in words that name the wrapper, what came and what was expected;
nothing outside an announced space is shown or sent.
"""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple

from statewrap.core.errors import BindError, InputError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below
from statewrap.wrappers import (
    ClipAction,
    DelayObservation,
    DiscretizeAction,
    DiscretizeObservation,
    DtypeObservation,
    FilterObservation,
    FlattenObservation,
    GrayscaleObservation,
    MaxAndSkipObservation,
    NormalizeReward,
    OrderEnforcing,
    RescaleAction,
    RescaleObservation,
    ReshapeObservation,
    ResizeObservation,
    StickyAction,
    TimeAwareObservation,
)
from statewrap.wrappers.below import unfit

NUMBER, PAIR = Box(-1.0, 1.0, ()), Box(-1.0, 1.0, (2,))
PARTS, ROW = Dict(a=PAIR, b=Discrete(3)), Tuple((PAIR, Discrete(3)))
NUMBERED = Dict({0: PAIR, 1: PAIR})
COLOURS, GREYS = Box(0, 255, (4, 6, 3), np.uint8), Box(0, 255, (4, 6), np.uint8)
SHORT, LONG = np.zeros(1, np.float32), np.zeros(5, np.float32)
TWO = np.zeros(2, np.float32)
GRAPH = spaces.Graph(PAIR, None)
ONE_BY_TWO = np.zeros((1, 2), np.float32)

OBSERVATIONS = [
    (DiscretizeObservation(4), NUMBER, None),
    (DiscretizeObservation(4), NUMBER, "3"),
    (DiscretizeObservation(4), PAIR, SHORT),
    (DiscretizeObservation(4, multidiscrete=True), PAIR, LONG),
    (DtypeObservation(np.float64), PAIR, None),
    (DtypeObservation(np.float64), PAIR, "3"),
    (DtypeObservation(np.float64), PAIR, np.array(["3", "4"])),
    (DtypeObservation(np.float64), PAIR, LONG),
    (DtypeObservation(np.float64), PAIR, 1.0),
    (DtypeObservation(np.float32), PAIR, LONG),
    (DtypeObservation(np.float64), NUMBER, None),
    (DtypeObservation(np.float64), NUMBER, "3"),
    (DtypeObservation(np.float64), NUMBER, TWO),
    (DtypeObservation(np.float64), Discrete(3), None),
    (DtypeObservation(np.float64), MultiBinary(2), np.zeros(3, np.int8)),
    (FilterObservation(["a", "b"]), PARTS, {"a": TWO}),
    (FilterObservation(["a"]), PARTS, None),
    (FilterObservation(["a"]), PARTS, (TWO, 1)),
    (FilterObservation([0, 1]), ROW, (TWO,)),
    (FilterObservation([1]), ROW, (TWO,)),
    (FlattenObservation(), PAIR, None),
    (FlattenObservation(), PAIR, LONG),
    (FlattenObservation(), PAIR, np.array(["3", "4"])),
    (FlattenObservation(), NUMBER, None),
    (FlattenObservation(), NUMBER, "3"),
    (FlattenObservation(), PARTS, {"a": TWO}),
    (FlattenObservation(), PARTS, None),
    (FlattenObservation(), ROW, (TWO,)),
    (FlattenObservation(), NUMBERED, "no"),
    (FlattenObservation(), NUMBERED, ""),
    (FlattenObservation(), Discrete(3), 3),
    (FlattenObservation(), Discrete(3), 1.0),
    (FlattenObservation(), Discrete(3), None),
    (FlattenObservation(), Discrete(3, start=-5), -6),
    (FlattenObservation(), MultiDiscrete([2, 3]), np.array([2, 0])),
    (FlattenObservation(), MultiDiscrete([2, 3]), np.array([0, -1])),
    (FlattenObservation(), MultiDiscrete([2, 3]), np.array([1])),
    (FlattenObservation(), MultiDiscrete([2, 3]), np.array([1.0, 1.0])),
    (FlattenObservation(), Text(4), "é"),
    (FlattenObservation(), GRAPH, None),
    (FlattenObservation(), GRAPH, "no"),
    (GrayscaleObservation(), COLOURS, None),
    (GrayscaleObservation(), COLOURS, [1, 2]),
    (GrayscaleObservation(), COLOURS, np.zeros((5, 6, 3), np.uint8)),
    (GrayscaleObservation(keep_dim=True), Box(0, 255, (0, 6, 3), np.uint8), np.zeros(3, np.uint8)),
    (RescaleObservation(0, 2), PAIR, None),
    (RescaleObservation(0, 2), PAIR, "no"),
    (RescaleObservation(0, 2), PAIR, SHORT),
    (RescaleObservation(0, 2), PAIR, ONE_BY_TWO),
    (RescaleObservation(0, 2), PAIR, 0.5),
    (RescaleObservation(np.zeros(2), np.ones(2)), PAIR, SHORT),
    (RescaleObservation(0, 1), Box(1, 255, (2,), np.uint8), np.zeros(1, np.uint8)),
    (RescaleObservation(0, 1), Box(0, 255, (2,), np.uint8), None),
    (ReshapeObservation((2, 1)), PAIR, None),
    (ReshapeObservation((2, 1)), PAIR, LONG),
    (ReshapeObservation((1,)), NUMBER, None),
    (ReshapeObservation((1,)), NUMBER, "3"),
    (ResizeObservation((2, 3)), GREYS, np.zeros((1, 4, 6), np.uint8)),
    (ResizeObservation((2, 3)), GREYS, None),
    (TimeAwareObservation(), PAIR, None),
    (TimeAwareObservation(), PAIR, LONG),
    (TimeAwareObservation(), NUMBER, None),
    (TimeAwareObservation(), PARTS, {"a": TWO}),
    (TimeAwareObservation(), Discrete(3, start=-5), -6),
    (TimeAwareObservation(), Discrete(3), 1.0),
    (TimeAwareObservation(), GRAPH, None),
    (TimeAwareObservation(flatten=False), PARTS, None),
    (TimeAwareObservation(flatten=False), ROW, 7),
]


@pytest.mark.parametrize(("wrapper", "space", "observation"), OBSERVATIONS)
def test_an_observation_of_another_kind_is_refused(wrapper, space, observation) -> None:
    """With the wrapper, what came, and the space that was announced."""
    bound = wrapper.bind(Below(space, max_episode_steps=9))
    memory = bound.initial(Key(0, 0))

    with pytest.raises(InputError) as caught:
        bound.on_state(memory, TimeStep(observation, first=True))

    told = str(caught.value)
    assert told.startswith(f"{wrapper!r} cannot use the observation")
    assert str(space) in told
    assert "Mend" in told


ACTIONS = [
    (DiscretizeAction(3, multidiscrete=True), NUMBER, [[1]]),
    (DiscretizeAction(4, multidiscrete=True), PAIR, [1.7, 2.9]),
    (DiscretizeAction(4, multidiscrete=True), PAIR, np.array([1.7, np.nan])),
    (DiscretizeAction(4, multidiscrete=True), PAIR, np.array([1])),
    (DiscretizeAction(4, multidiscrete=True), PAIR, np.array([1, 2, 3])),
    (DiscretizeAction(4, multidiscrete=True), PAIR, None),
    (DiscretizeAction(4), PAIR, float("nan")),
    (DiscretizeAction(4), PAIR, None),
    (DiscretizeAction(4), PAIR, 1.0),
    (DiscretizeAction(100), PAIR, None),
]


@pytest.mark.parametrize(("wrapper", "space", "action"), ACTIONS)
def test_an_action_that_is_no_bin_is_refused(wrapper, space, action) -> None:
    """Bins are whole numbers, one for each component or one for all."""
    bound = wrapper.bind(Below(action_space=space))

    with pytest.raises(InputError) as caught:
        bound.on_action(None, Act(action))

    told = str(caught.value)
    assert told.startswith(f"{wrapper!r} cannot use the action")
    assert str(bound.space) in told
    assert "Mend" in told


FAR = Box(-3e38, 3e38, (2,), np.float32)
EMPTY = Box(0, 255, (0, 6, 3), np.uint8)
BINDS = [
    (DiscretizeAction(3), Below(action_space=FAR), "too far apart"),
    (DiscretizeObservation(3), Below(FAR), "too far apart"),
    (DiscretizeAction(10**9), Below(action_space=NUMBER), "at most 4194304"),
    (DiscretizeAction(2**40), Below(action_space=NUMBER), "at most 4194304"),
    (DiscretizeObservation(2**40), Below(NUMBER), "at most 4194304"),
    (DiscretizeObservation(2**22 // 2 + 1, multidiscrete=True), Below(PAIR), "at most 4194304"),
    (ResizeObservation((2, 3)), Below(EMPTY), "empty"),
    (TimeAwareObservation(), Below(Discrete(2**62), max_episode_steps=9), "cannot flatten"),
    (TimeAwareObservation(), Below(gym.Space(), max_episode_steps=9), "cannot flatten"),
    (TimeAwareObservation(), Below(PAIR, max_episode_steps=2**31), "at most 2147483647"),
    (TimeAwareObservation(), Below(PAIR, max_episode_steps=0), "an int of at least 1"),
    (TimeAwareObservation(), Below(PAIR, max_episode_steps=-1), "an int of at least 1"),
    (TimeAwareObservation(), Below(PAIR, max_episode_steps=1.5), "an int of at least 1"),
]


@pytest.mark.parametrize(("wrapper", "below", "words"), BINDS)
def test_a_space_that_cannot_be_served_is_refused_at_bind(wrapper, below, words) -> None:
    """Not at the first observation, and with the limit where there is one."""
    with pytest.raises(BindError, match=words) as caught:
        wrapper.bind(below)

    assert repr(wrapper) in str(caught.value)


def test_an_endless_time_that_is_no_fraction_fits_where_it_is_one() -> None:
    """The limit of int32 is no limit of a fraction."""
    clock = TimeAwareObservation(normalize_time=True)

    assert (3,) == clock.bind(Below(PAIR, max_episode_steps=2**31)).above(
        Below(PAIR)
    ).observation_space.shape


@pytest.mark.parametrize("given", ["no", 1, None, 0.0])
def test_a_flag_is_a_bool(given) -> None:
    """Since "no" is true."""
    for make in (
        lambda: TimeAwareObservation(given),
        lambda: TimeAwareObservation(normalize_time=given),
        lambda: MaxAndSkipObservation(stale_frames=given),
        lambda: NormalizeReward(mode="learn", carry_return=given),
        lambda: RescaleObservation(0, 1, keep_dtype=given),
        lambda: GrayscaleObservation(given),
        lambda: DiscretizeObservation(3, given),
        lambda: DiscretizeAction(3, given),
        lambda: OrderEnforcing(given),
    ):
        with pytest.raises(TypeError, match=r"is .*, expected True or False\."):
            make()


@pytest.mark.parametrize("given", [3, [], None])
def test_the_key_of_the_time_is_a_string(given) -> None:
    """As the others of a Dict."""
    with pytest.raises(TypeError, match=r"dict_time_key is .*, expected a string"):
        TimeAwareObservation(dict_time_key=given)


@pytest.mark.parametrize(
    "given",
    [
        {"bit_generator": "PCG64"},
        {"bit_generator": "PCG64", "state": {"state": 1, "inc": 3}},
        {**np.random.PCG64(0).state, "more": 1},
        {**np.random.PCG64(0).state, "uinteger": -1},
    ],
)
def test_a_state_to_draw_from_is_whole(given) -> None:
    """It is tried when the wrapper is made, not when it first draws."""
    with pytest.raises(ValueError, match="draws"):
        StickyAction(0.5, draws=given)


def skipping(space, *frames, **options):
    """Return what MaxAndSkipObservation(2) answers to the last of some frames."""
    skip = MaxAndSkipObservation(2, **options).bind(Below(space))
    memory, reply = skip.on_action(skip.initial(Key(0, 0)), Act("a"))
    for frame in frames:
        memory, reply = skip.on_state(memory, frame)
    return reply


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize(
    ("space", "frames"),
    [
        (NUMBER, (None, None)),
        (NUMBER, ("1", "2")),
        (PAIR, (TWO, np.zeros((3, 2), np.float32))),
        (PAIR, (LONG, LONG)),
        (PAIR, (SHORT, TWO)),
    ],
)
def test_frames_of_another_kind_are_refused(space, frames, stale) -> None:
    """None is no number, and frames of two shapes are not compared."""
    with pytest.raises(InputError, match=r"MaxAndSkipObservation.* cannot use the observation"):
        skipping(space, *map(TimeStep, frames), stale_frames=stale)


@pytest.mark.parametrize("reward", [None, "much"])
def test_a_reward_that_is_no_number_is_refused(reward) -> None:
    """It cannot be added up."""
    with pytest.raises(InputError, match=r"cannot add up the reward .*, expected a real number"):
        skipping(PAIR, TimeStep(TWO, reward=reward))


def test_bins_that_do_not_exist_are_not_reverted() -> None:
    """Neither beyond the last, nor below the first, nor parts of one."""
    one = DiscretizeObservation(4).bind(Below(PAIR))
    many = DiscretizeObservation(4, multidiscrete=True).bind(Below(PAIR))

    for bound, bins in (
        *((one, bins) for bins in (16, -1, 1.5, None)),
        *((many, bins) for bins in ([4, 0], [0, -1], [0], [0, 0, 0], [0.0, 1.0], None)),
    ):
        with pytest.raises(InputError, match="cannot use the observation"):
            bound.revert_observation(bins)


@pytest.mark.parametrize("layout", [False, True])
@pytest.mark.parametrize("action", [[np.nan, 0.0], [0.0], [0.0, 0.0, 0.0], None, [np.inf, 0.0]])
def test_what_is_no_action_is_not_reverted(action, layout) -> None:
    """NaN is near to no bin, and each component has to be there."""
    bound = DiscretizeAction(4, layout).bind(Below(action_space=PAIR))

    with pytest.raises(InputError, match="cannot use the action"):
        bound.revert_action(action)


@pytest.mark.filterwarnings("ignore:.*precision lowered")
@pytest.mark.parametrize(
    ("wrapper", "space", "kind"),
    [
        (ClipAction(), Discrete(3), TypeError),
        (ClipAction(), Box(0, 9, (2,), np.uint8), ValueError),
        (RescaleAction(-1.0, 1.0), Discrete(3), TypeError),
        (RescaleAction(1.0, 1.0), PAIR, gym.error.InvalidBound),
        (RescaleAction(0.1, 0.1 + 1e-12), PAIR, gym.error.InvalidBound),
        (RescaleAction(1.0, -1.0), PAIR, ValueError),
        (RescaleAction(-np.inf, 1.0), PAIR, ValueError),
        (RescaleAction(np.zeros(3), 1.0), PAIR, ValueError),
    ],
)
def test_refused_actions_have_gymnasiums_type_of_error(wrapper, space, kind) -> None:
    """As the cause of the `BindError`."""
    with pytest.raises(BindError) as caught:
        wrapper.bind(Below(action_space=space))

    assert kind is type(caught.value.__cause__)
    env = gym.Env()
    env.action_space = space
    arguments = [
        getattr(wrapper, name) for name in ("min_action", "max_action") if hasattr(wrapper, name)
    ]
    with pytest.raises(kind):
        getattr(gym.wrappers, type(wrapper).__name__)(env, *arguments)


def test_a_long_delay_is_none_of_these() -> None:
    """It shows zeros for as long as anyone looks."""
    late = DelayObservation(2**80).bind(Below(PAIR))

    assert [0.0, 0.0] == late.on_state((), TimeStep(TWO + 1))[1].observation.tolist()


def test_an_error_tells_why_where_the_value_is_in_the_space() -> None:
    """What was raised is told then, since the space has nothing to say."""
    wrong = unfit(ClipAction(), PAIR, TWO, ValueError("It is too late"), "action")

    assert InputError is type(wrong)
    assert (
        "ClipAction() cannot use the action: array([0., 0.], dtype=float32) came, and: It is too "
        "late. It has to be in Box(-1.0, 1.0, (2,), float32). Mend the policy, or the space that "
        "is announced." == str(wrong)
    )

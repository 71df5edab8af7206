"""What each wrapper says when it refuses, word for word: what, where, and the cure."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.error import InvalidBound
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space

from statewrap import (
    Act,
    Below,
    BindError,
    InputError,
    Key,
    SettleError,
    SpaceError,
    Stack,
    TimeStep,
    WrapperError,
)
from statewrap.core.words import brief
from statewrap.wrappers import (
    ClipAction,
    ClipReward,
    FrameStackObservation,
    Moments,
    NormalizeObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    RescaleAction,
    TimeLimit,
    TransformAction,
    TransformReward,
)

VECTOR = Below(Box(-1.0, 1.0, (2,)), Box(-1.0, 1.0, (2,)))
THREE = Below(action_space=Discrete(3))
FIRST, END = TimeStep("f0", first=True), TimeStep("f1", terminated=True)

BOX = "Box(-1.0, 1.0, (2,), float32)"
WHERE = (
    ' Say with mask_key (a tuple for nested dicts) and source ("info" or "observation") where the '
    "environment gives it."
)
FIT = " Expected a bool or an integer 0 or 1 for each action: "
CHOOSE = (
    " Let the policy choose by the mask, raise max_rejections, or give "
    'on_exhausted="first_valid" or an action.'
)
LEARNED = (
    " Expected Moments(mean, var, count), an object with these attributes such as Gymnasium's "
    "obs_rms, or a mapping with these keys."
)
WHOLE = " Save and give them whole."


def moments(mean=(0.0, 0.0), var=(1.0, 1.0), count=5.0) -> Moments:
    """Make statistics of two numbers."""
    return Moments(np.array(mean), np.array(var), count)


def words(kind, call, *args, **options) -> str:
    """Return the words with which a call is refused."""
    with pytest.raises(kind) as caught:
        call(*args, **options)
    return str(caught.value)


def said(kind, wrapper, below, *messages) -> str:
    """Return the words of what a wrapper raises in a dialogue."""
    stack = Stack(wrapper).bind(below)
    memory = stack.initial(Key(1, 2))
    with pytest.raises(WrapperError) as caught:
        for message in messages:
            memory, _ = stack.route(memory, message)
    assert type(caught.value.cause) is kind
    return str(caught.value.cause)


def masked(mask) -> TimeStep:
    """Show a mask."""
    return TimeStep(0, first=True, info={"action_mask": mask})


@pytest.mark.parametrize(
    ("kind", "make", "value", "told"),
    [
        (
            TypeError,
            FrameStackObservation,
            2.5,
            (
                "The stack_size is expected to be an integer, actual type: <class 'float'>. "
                "Write FrameStackObservation(4)."
            ),
        ),
        (
            ValueError,
            FrameStackObservation,
            0,
            "The stack_size needs to be greater than zero, actual value: 0.",
        ),
        (
            InvalidBound,
            NormalizeObservation,
            0.0,
            "epsilon is 0.0, expected a number above 0, such as 1e-8.",
        ),
        (
            TypeError,
            RecordEpisodeStatistics,
            2.0,
            "buffer_length is 2.0, expected an int of at least 0, or None to keep all.",
        ),
        (
            ValueError,
            RecordEpisodeStatistics,
            -1,
            "buffer_length is -1, expected at least 0, which keeps nothing.",
        ),
        (
            TypeError,
            RepeatAction,
            1.5,
            "num_repeats is 1.5, expected to be an integer of at least 1: RepeatAction(4).",
        ),
        (
            ValueError,
            RepeatAction,
            0,
            "num_repeats is 0, expected to be equal or greater than one: RepeatAction(4).",
        ),
        (
            TypeError,
            TimeLimit,
            2.0,
            (
                "Expect the `max_episode_steps` to be an integer, actually: <class 'float'>, 2.0. "
                "Write TimeLimit(500)."
            ),
        ),
        (
            ValueError,
            TimeLimit,
            0,
            (
                "Expect the `max_episode_steps` to be positive, actually: 0. "
                "The shortest limit is TimeLimit(1)."
            ),
        ),
    ],
)
def test_a_number_that_cannot_be_is_shown(kind, make, value, told) -> None:
    """With what it is the number of, and one that can."""
    assert told == words(kind, make, value)


def test_bounds_between_which_nothing_lies() -> None:
    """None at all, and the wrong way round; equal ones hold the reward at one value."""
    assert (
        "ClipReward needs a bound: both min_reward and max_reward are None. "
        "Write ClipReward(-1.0, 1.0), or ClipReward(max_reward=1.0) for one side."
        == words(InvalidBound, ClipReward)
    )
    assert (
        "ClipReward needs min_reward <= max_reward, got min_reward=2.0 and max_reward=1.0. "
        "Exchange them." == words(InvalidBound, ClipReward, 2.0, 1.0)
    )
    assert 1.0 == ClipReward(1.0, 1.0).on_state(None, TimeStep("f", reward=9.0))[1].reward


@pytest.mark.parametrize(
    "space", [Discrete(3), Box(0, 9, (1,), np.uint8), Space((2,), np.float32)], ids=type
)
def test_actions_that_cannot_be_clipped(space) -> None:
    """The space below is shown."""
    assert (
        "ClipAction() needs a Box of floats or signed integers as the action space below it, got "
        f"{space}. Leave the wrapper out, or put it where the actions are a Box."
        == words(BindError, ClipAction().bind, Below(action_space=space))
    )


def test_a_padding_that_is_no_observation() -> None:
    """It is shown with the space, and so is an observation of another shape."""
    wrapper = FrameStackObservation(2, padding_type="none")

    assert (
        "Unexpected `padding_type`, expected 'reset', 'zero' or a custom observation space, "
        "actual value: 'none', which FrameStackObservation(stack_size=2, padding_type='none') does "
        "not find in the space below, "
        f"{BOX}." == words(BindError, wrapper.bind, VECTOR)
    )
    assert (
        "An observation has the shape (3,), but its space announced (2,). Announce the space that "
        "the observations come from."
        == said(ValueError, FrameStackObservation(2), VECTOR, TimeStep(np.zeros(3), first=True))
    )


def test_statistics_that_are_none() -> None:
    """What they are and what they lack."""
    make = NormalizeObservation

    assert (
        "NormalizeObservation has no statistics to normalise with. Give what training learned, as "
        "in NormalizeObservation(statistics=Moments(mean, var, count)), or learn here: "
        'NormalizeObservation(mode="learn").' == words(ValueError, make)
    )
    assert 'mode is \'train\', expected "frozen" or "learn".' == words(
        ValueError, make, mode="train", statistics=moments()
    )
    assert f"statistics is {{'mean': 0}} (KeyError: 'var').{LEARNED}" == words(
        TypeError, make, statistics={"mean": 0}
    )
    assert (
        f"statistics is 3 (AttributeError: 'int' object has no attribute 'mean').{LEARNED}"
        == words(TypeError, make, statistics=3)
    )
    assert (
        "statistics is Moments(mean='a', var=1, count=1) (TypeError: 'a' is no array of real "
        f"numbers).{LEARNED}" == words(TypeError, make, statistics=Moments("a", 1, 1))
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"var": [1.0]}, "mean has shape (2,), but var has (1,)."),
        ({"mean": [0.0, np.nan]}, "mean or var holds NaN or infinity."),
        ({"var": [np.inf, 0.0]}, "mean or var holds NaN or infinity."),
        ({"var": [0.0, -1.0]}, "var holds a negative number."),
        ({"count": -1.0}, "count is -1.0, expected 0 or more."),
        ({"count": np.inf}, "count is inf, expected 0 or more."),
    ],
)
def test_statistics_that_no_stream_has(wrong, told) -> None:
    """Which of the three is wrong; a variance and a count of 0 are right."""
    assert f"statistics cannot be used: {told}{WHOLE}" == words(
        ValueError, NormalizeObservation, statistics=moments(**wrong)
    )
    assert NormalizeObservation(statistics=moments(var=[0.0, 0.0], count=0.0))


def test_observations_that_cannot_be_normalised() -> None:
    """The shape of both, or the space that has none."""
    other = NormalizeObservation(statistics=moments([0.0] * 3, [1.0] * 3))
    learns = NormalizeObservation(mode="learn")

    assert (
        f"{brief(other)} has statistics of shape (3,), but the observation space below it is "
        f"{BOX}. Give the statistics that were learned at this place in the stack."
        == words(BindError, other.bind, VECTOR)
    )
    assert (
        "NormalizeObservation(epsilon=1e-08, statistics=None, mode='learn') needs observations "
        "with a shape, but the observation space below it is Dict('a': Discrete(2)). Flatten it "
        "first, or put the wrapper elsewhere."
        == words(BindError, learns.bind, Below(Dict(a=Discrete(2))))
    )


def test_an_action_that_cannot_be_sent_before_the_first() -> None:
    """The space and the other way."""
    wrapper = RandomReset(5, action=9)

    assert (
        "RandomReset(noop_max=5, action=9, max_restarts=10) cannot send its action: action is int "
        '9, which is not in Discrete(3). Give one of Discrete(3), or action="random".'
        == words(BindError, wrapper.bind, THREE)
    )


def test_an_environment_that_will_not_stay_open() -> None:
    """How often it ended, and during what."""
    assert (
        "The environment ended its episode 2 times in a row during the 5 or fewer acts that "
        "RandomReset(noop_max=5, action=0, max_restarts=1) sends before the policy's first. Give a "
        "harmless action, a smaller noop_max or more max_restarts."
        == said(SettleError, RandomReset(5, max_restarts=1), THREE, FIRST, END, FIRST, END)
    )


def test_an_info_that_has_statistics_already() -> None:
    """The key, and who needs it."""
    assert (
        "The info of a last time step already has the key 'episode', so "
        "RecordEpisodeStatistics(buffer_length=100, stats_key='episode') cannot put its statistics "
        "there. Choose another stats_key."
        == said(
            ValueError,
            RecordEpisodeStatistics(),
            THREE,
            FIRST,
            END.replace(info={"episode": 1}),
        )
    )


def test_penalties_and_last_resorts_that_are_none() -> None:
    """A word that is mistyped is no action, and is not sent as one."""
    make = RejectInvalidAction

    for wrong in ("x", np.inf, np.nan, None):
        told = f"penalty of RejectInvalidAction is a finite number, got {wrong!r}."
        assert told == words(ValueError, make, penalty=wrong)
    for right in (-1, 0.5, np.float32(-1), np.int64(-1)):
        assert right == make(penalty=right).penalty
    assert (
        "on_exhausted of RejectInvalidAction is 'raise', 'first_valid' or an action, got 'rise'."
        == words(ValueError, make, on_exhausted="rise")
    )
    seven = make(on_exhausted=7)
    assert (
        f"{seven!r} cannot send its action: on_exhausted is int 7, which is not in Discrete(3)."
        == words(BindError, seven.bind, THREE)
    )


@pytest.mark.parametrize("space", [VECTOR.action_space, MultiDiscrete([[2, 2]])])
def test_actions_for_which_there_is_no_mask(space) -> None:
    """The wrapper, the space, and where the wrapper belongs."""
    wrapper = RejectInvalidAction()

    assert (
        f"{wrapper!r} judges actions of a Discrete space, or of a MultiDiscrete one with one axis, "
        f"but the action space below is {space}, for which no mask is defined. Put it below the "
        "wrapper that turns its actions into those of the environment."
        == words(BindError, wrapper.bind, Below(action_space=space))
    )


def test_a_mask_that_is_not_where_it_was_looked_up() -> None:
    """The whole path, how far it led, and what was there."""
    deep = RejectInvalidAction(("a", "b"), source="observation")
    below = Below(Dict(a=Dict(c=Discrete(2))), Discrete(3))
    five = TimeStep(0, first=True, info={"x": 5})

    assert (
        "There is no mask observation_space['a']['b']: observation_space['a'] has the keys ['c']."
        f"{WHERE}" == words(BindError, deep.bind, below)
    )
    assert f"There is no mask info['action_mask']: info has the keys ['x'].{WHERE}" == said(
        InputError, RejectInvalidAction(), THREE, five, Act(0)
    )
    assert f"There is no mask info['x']['y']: info['x'] is 5.{WHERE}" == said(
        InputError, RejectInvalidAction(("x", "y")), THREE, five, Act(0)
    )


@pytest.mark.parametrize(
    ("mask", "space", "told"),
    [
        ([1, 0], Discrete(3), f"[1, 0], which does not fit Discrete(3).{FIT}3 of them."),
        ([], Discrete(1), f"[], which does not fit Discrete(1).{FIT}1 of them."),
        (
            np.array([1.0, 0, 0]),
            Discrete(3),
            f"array([1., 0., 0.]), which does not fit Discrete(3).{FIT}3 of them.",
        ),
        (
            np.array([2, 0, 1]),
            Discrete(3),
            f"array([2, 0, 1]), which does not fit Discrete(3).{FIT}3 of them.",
        ),
        (
            ([1, 0], [1]),
            MultiDiscrete([2, 3]),
            f"([1, 0], [1]), which does not fit MultiDiscrete([2 3]).{FIT}2 + 3 of them.",
        ),
    ],
    ids=repr,
)
def test_a_mask_that_does_not_fit(mask, space, told) -> None:
    """It is shown, with how many numbers it should have; found wrong when an action is judged."""
    act = Act(0) if isinstance(space, Discrete) else Act(np.array([1, 2]))

    assert f"The mask info['action_mask'] is {told}" == said(
        InputError, RejectInvalidAction(), Below(action_space=space), masked(mask), act
    )


def test_a_mask_that_allows_nothing() -> None:
    """No choice would help."""
    assert (
        "The mask info['action_mask'] allows no action, so 2 cannot be sent. Mend the mask, or "
        "give on_exhausted an action to send then."
        == said(SpaceError, RejectInvalidAction(), THREE, masked([0, 0, 0]), Act(2))
    )


def test_a_policy_that_does_not_listen() -> None:
    """How often, what it sent last, and what it might have."""
    assert (
        "2 illegal actions in a row were given on one time step, the last of them 0; the mask "
        f"info['action_mask'] allows [1, 2].{CHOOSE}"
        == said(
            SpaceError,
            RejectInvalidAction(max_rejections=1),
            THREE,
            masked([0, 1, 1]),
            Act(0),
            Act(0),
        )
    )


def test_of_many_legal_actions_twenty_are_listed() -> None:
    """For each axis; twenty are all of them, of twenty-one the last is left out."""
    for many, rest in ((20, ""), (21, ", ...")):
        below = Below(action_space=Discrete(many + 1))
        told = said(
            SpaceError,
            RejectInvalidAction(max_rejections=0),
            below,
            masked([0] + [1] * many),
            Act(0),
        )
        assert f"allows [{', '.join(map(str, range(1, 21)))}{rest}]. Let" in told

    legal = TimeStep({"legal": np.array([1, 0, 0, 1, 1])}, first=True)
    two = Below(Dict(legal=MultiBinary(5)), MultiDiscrete([2, 3], start=[1, 5]))
    wrapper = RejectInvalidAction("legal", source="observation", max_rejections=0)
    told = said(SpaceError, wrapper, two, legal, Act(np.array([2, 5])))
    assert "the mask observation['legal'] allows [1] and [6, 7]." in told


def test_a_range_that_is_none() -> None:
    """Text and bools are no bounds, and an array has the shape of the Box."""
    assert "min_action of RescaleAction is a number or a numpy array, got 'a'." == words(
        TypeError, RescaleAction, "a", 1.0
    )
    assert "max_action of RescaleAction is a number or a numpy array, got True." == words(
        TypeError, RescaleAction, 0.0, True
    )
    wide = RescaleAction(0.0, np.ones(3))
    assert (
        f"max_action of {wide!r} has the shape (3,), but the action space below is {BOX}. Give a "
        "number, or an array of the shape (2,)." == words(BindError, wide.bind, VECTOR)
    )
    wide = RescaleAction(np.zeros(3), 1.0)
    assert words(BindError, wide.bind, VECTOR).startswith("min_action of RescaleAction(")


@pytest.mark.parametrize(
    "space", [Discrete(3), Box(0, 9, (1,), np.int64), Space((2,), np.float32)], ids=type
)
def test_actions_that_cannot_be_rescaled(space) -> None:
    """The space below is shown."""
    assert (
        "RescaleAction(min_action=-1.0, max_action=1.0) needs a Box of floats as the action space "
        f"below it, got {space}. Leave the wrapper out, or put it where the actions are such a Box."
        == words(BindError, RescaleAction(-1.0, 1.0).bind, Below(action_space=space))
    )


@pytest.mark.parametrize(
    ("low", "high", "space", "told"),
    [
        (
            -np.inf,
            1.0,
            VECTOR.action_space,
            (
                " has a bound that is finite where the action space below, Box(-1.0, 1.0, (2,), "
                "float32), is unbounded, or the reverse. Give the same infinity there."
            ),
        ),
        (
            -1.0,
            np.inf,
            VECTOR.action_space,
            (
                " has a bound that is finite where the action space below, Box(-1.0, 1.0, (2,), "
                "float32), is unbounded, or the reverse. Give the same infinity there."
            ),
        ),
        (
            -1.0,
            1.0,
            Box(-1.0, np.inf, (2,)),
            (
                " has a bound that is finite where the action space below, Box(-1.0, inf, (2,), "
                "float32), is unbounded, or the reverse. Give the same infinity there."
            ),
        ),
        (
            -1e300,
            1e300,
            VECTOR.action_space,
            (
                " cannot map onto Box(-1.0, 1.0, (2,), float32): there, the bounds of a component "
                "are equal, or the two ranges differ in size beyond what its dtype can hold."
            ),
        ),
        (
            -1.0,
            1.0,
            Box(-np.inf, 1.0, (2,)),
            (
                " has a bound that is finite where the action space below, Box(-inf, 1.0, (2,), "
                "float32), is unbounded, or the reverse. Give the same infinity there."
            ),
        ),
        (
            1.0,
            -1.0,
            VECTOR.action_space,
            " needs min_action < max_action in every component. Exchange them.",
        ),
        (
            1.0,
            1.0,
            VECTOR.action_space,
            (
                " needs min_action < max_action in every component: as float32 some are equal, and "
                "a range of one point cannot be mapped onto another range."
            ),
        ),
        (
            1.0,
            1.0,
            Box(1.0, 1.0, (2,)),
            (
                " needs min_action < max_action in every component: as float32 some are equal, and "
                "a range of one point cannot be mapped onto another range."
            ),
        ),
        (
            -1.0,
            1.0,
            Box(1.0, 1.0, (2,)),
            (
                " cannot map onto Box(1.0, 1.0, (2,), float32): there, the bounds of a component "
                "are equal, or the two ranges differ in size beyond what its dtype can hold."
            ),
        ),
    ],
)
def test_ranges_that_do_not_fit_each_other(low, high, space, told) -> None:
    """Both are shown, and what is wrong with the pair."""
    wrapper = RescaleAction(low, high)

    assert f"{wrapper!r}{told}" == words(BindError, wrapper.bind, Below(action_space=space))


@pytest.mark.parametrize(
    ("wrapper", "part"),
    [
        (ClipAction(), "action_space"),
        (FrameStackObservation(2), "observation_space"),
        (NormalizeObservation(mode="learn"), "observation_space"),
        (RandomReset(5, action="random"), "action_space"),
        (RejectInvalidAction(), "action_space"),
        (RescaleAction(-1.0, 1.0), "action_space"),
    ],
)
def test_a_space_that_is_needed_and_unknown(wrapper, part) -> None:
    """The argument to give is named."""
    told = words(BindError, wrapper.bind, Below())

    assert told.startswith(f"{wrapper!r} needs the {part} of what lies below it, which is unknown.")


def double(value):
    """Double it."""
    return 2 * value


@pytest.mark.parametrize(
    ("kind", "call", "expected"),
    [
        (TypeError, lambda: RandomReset(2.0), "noop_max is 2.0, expected an int of at least 0."),
        (ValueError, lambda: RandomReset(-1), "noop_max is -1, expected at least 0."),
        (
            TypeError,
            lambda: RejectInvalidAction(max_rejections="3"),
            "max_rejections is '3', expected an int of at least 0.",
        ),
        (
            ValueError,
            lambda: RejectInvalidAction(source="infos"),
            "source is 'infos', expected one of 'info', 'observation'.",
        ),
        (TypeError, lambda: TransformReward(3), "func is 3, expected a function."),
        (
            TypeError,
            lambda: TransformAction(double, "Box"),
            "action_space is 'Box', expected a Gymnasium space, or None for the one below.",
        ),
    ],
)
def test_what_an_argument_should_have_been(kind, call, expected) -> None:
    """The argument's name, what was given, what was expected."""
    assert expected == words(kind, call)

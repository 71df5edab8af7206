"""ClipObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap import BindError, Deployment, InputError, SpaceError, WrapperError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.gym import GymWrapper
from statewrap.testing import play
from statewrap.testing.strategies import boxes, values
from statewrap.wrappers import (
    ClipObservation,
    HoldLastObservation,
    Moments,
    NormalizeObservation,
)

PAIR = Below(Box(np.array([-1, 0], np.float32), np.array([1, 9], np.float32)))
NESTED = Below(
    Dict([("z", Box(-1.0, 1.0, (2,))), ("a", Tuple([Discrete(3), Box(0, 255, (2,), np.uint8)]))])
)
NAN, INF = float("nan"), float("inf")


def shown(wrapper, observation, below=PAIR):
    """Return what is shown for an observation."""
    return play(wrapper, TimeStep(observation, first=True), below=below)[0].observation


def test_holds_each_component_within_its_bounds() -> None:
    """Those of the space, where none are given; an infinity becomes the bound, NaN stays."""
    assert [-1.0, 9.0] == shown(ClipObservation(), np.array([-7.0, 70.0], np.float32)).tolist()
    assert [1.0, 0.0] == shown(ClipObservation(), np.array([INF, -INF], np.float32)).tolist()
    assert same(
        np.array([NAN, 3.0], np.float32),
        shown(ClipObservation(), np.array([NAN, 3.0], np.float32)),
    )


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        (ClipObservation(-0.5, 0.5), [-0.5, 0.5]),
        (ClipObservation(max_obs=5.0), [-1.0, 5.0]),
        (ClipObservation(-0.25), [-0.25, 9.0]),
        (ClipObservation([-2.0, 0.0], np.array([1, 2])), [-2.0, 2.0]),
    ],
)
def test_a_bound_that_is_given_stands_for_that_of_the_space(wrapper, expected) -> None:
    """A number for all components, or one for each; and that is what is announced."""
    announced = wrapper.bind(PAIR).above(PAIR).observation_space

    assert expected == shown(wrapper, np.array([-70.0, 70.0], np.float32)).tolist()
    assert expected == [announced.low[0], announced.high[1]]
    assert np.float32 == announced.dtype


def test_only_the_observation_is_changed() -> None:
    """Reward, flags, info and time are those that came; acts and resets pass."""
    last = TimeStep(np.array([5.0, 5.0]), 7.0, truncated=True, info={"a": 1}, time=2.0)

    replies = play(ClipObservation(0.0, 1.0), last, Reset(1), Act(50.0), below=PAIR)

    assert [last.replace(observation=np.array([1.0, 1.0])), Reset(1), Act(50.0)] == replies


def test_each_box_of_a_dict_or_tuple_is_clipped() -> None:
    """In its place and order; what is no Box of numbers is passed as it came."""
    came = {
        "z": np.array([-5.0, 5.0], np.float32),
        "a": (2, np.array([1, 200], np.uint8)),
        "more": "x",
    }
    wrapper = ClipObservation({"a": (None, 3)}, {"z": [0.5, 0.25], "a": [None, np.uint8(9)]})

    seen = shown(wrapper, came, NESTED)

    assert same([-1.0, 0.25], seen["z"].tolist())
    assert same([3, 9], seen["a"][1].tolist())
    assert (2, "x", np.uint8) == (seen["a"][0], seen["more"], seen["a"][1].dtype)
    assert ["z", "a", "more"] == list(seen)
    announced = wrapper.bind(NESTED).above(NESTED).observation_space
    assert ["z", "a"] == list(announced.spaces)
    assert (
        Tuple([Discrete(3), Box(3, 9, (2,), np.uint8)]),
        Box(np.array([-1, -1], np.float32), np.array([0.5, 0.25], np.float32)),
    ) == (announced["a"], announced["z"])


def test_what_came_is_left_alone_and_what_is_shown_is_new() -> None:
    """It is read-only, also where nothing was outside."""
    came = np.array([0.5, 5.0], np.float32)

    seen = shown(ClipObservation(), came)

    assert not np.shares_memory(came, seen)
    assert not seen.flags.writeable
    assert [0.5, 5.0] == came.tolist()


@pytest.mark.parametrize("came", [7.0, np.float32(7), np.array(7.0, np.float32), 7])
def test_a_box_of_one_number_takes_numbers(came) -> None:
    """As a host without arrays shows them."""
    scalar = Below(Box(-1.0, 1.0, (), np.float32))

    assert 1.0 == shown(ClipObservation(), came, scalar)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64)],
)
def test_numpy_decides_on_the_dtype(dtype, expected) -> None:
    """That of the space stays."""
    assert expected == shown(ClipObservation(), np.array([5, 5], dtype)).dtype


@pytest.mark.parametrize("came", [None, "ab", [1.0], [[1.0, 2.0]], ["a", "b"], [None, 1.0], 1.0])
def test_an_observation_of_another_form_is_refused(came) -> None:
    """It would be stretched to the shape of the bounds otherwise."""
    with pytest.raises(WrapperError, match=r"observation = .*expected numbers of the shape \(2,\)"):
        shown(ClipObservation(), came)
    with pytest.raises(WrapperError, match=r"observation\['z'\] = ") as told:
        shown(ClipObservation(), {"z": came, "a": (0, np.zeros(2, np.uint8))}, NESTED)
    assert InputError is type(told.value.cause)


@pytest.mark.parametrize(
    "bad", ["1", NAN, [1.0, NAN], ["a", [1.0]], True, {"a": "b"}, ({"a": NAN},), 1j]
)
def test_refuses_bounds_that_are_none(bad) -> None:
    """The argument is named."""
    with pytest.raises(TypeError, match=r"min_obs of ClipObservation is .*expected None, a number"):
        ClipObservation(bad)
    with pytest.raises(TypeError, match="max_obs of ClipObservation is "):
        ClipObservation(None, bad)


@pytest.mark.parametrize(
    ("wrapper", "space", "told"),
    [
        (ClipObservation(), None, "needs the observation_space"),
        (ClipObservation(), Discrete(3), "needs a Box of numbers"),
        (ClipObservation(), Dict(a=Text(3)), "needs a Box of numbers"),
        (ClipObservation(), Dict(), "needs a Box of numbers"),
        (ClipObservation(), Box(0, 1, (2,), np.bool_), "needs a Box of numbers"),
        (ClipObservation([1.0]), PAIR.observation_space, "min_obs of .* the shape"),
        (ClipObservation(2.0), PAIR.observation_space, "leaves nothing between"),
        (ClipObservation(1.0, -1.0), PAIR.observation_space, "leaves nothing between"),
        (ClipObservation({"a": 1.0}), PAIR.observation_space, "Expected a number"),
        (ClipObservation(1.0), NESTED.observation_space, r"one for each of \['z', 'a'\]"),
        (ClipObservation({"b": 1.0}), NESTED.observation_space, "one for each of"),
        (ClipObservation({"a": (1,)}), NESTED.observation_space, r"min_obs\['a'\] of .*\[0, 1\]"),
        (ClipObservation({"a": (1, 2)}), NESTED.observation_space, r"\['a'\]\[0\] .* None"),
        (ClipObservation({"a": (None, 0.5)}), NESTED.observation_space, "whole number that is"),
        (ClipObservation({"a": (None, -1)}), NESTED.observation_space, "whole number that is"),
        (ClipObservation({"a": (None, INF)}), NESTED.observation_space, "whole number that is"),
    ],
)
def test_refuses_spaces_that_do_not_fit(wrapper, space, told) -> None:
    """At bind; the place of the bound is named."""
    with pytest.raises(BindError, match=told):
        wrapper.bind(Below(observation_space=space))


def test_an_infinite_bound_is_none() -> None:
    """Also what a narrow dtype cannot hold."""
    wide = ClipObservation(-INF, 1e300)

    assert [-7e30, 7e30] == pytest.approx(shown(wide, np.array([-7e30, 7e30], np.float32)).tolist())


def test_above_a_normalisation_it_is_what_clip_obs_is() -> None:
    """The formula of Stable-Baselines3's VecNormalize."""
    moments = Moments(np.array([1.0, 2.0]), np.array([4.0, 1e-4]), 10.0)
    stack = NormalizeObservation(statistics=moments) | ClipObservation(-10.0, 10.0)

    seen = shown(stack, np.array([3.0, 8.0], np.float32))

    assert [1.0, 10.0] == seen.tolist()


def test_trains_as_a_gymnasium_wrapper() -> None:
    """The space that an algorithm is given is the one announced."""
    env = GymWrapper(gym.make("Pendulum-v1"), ClipObservation(max_obs=[0.5, 0.5, 4.0]))
    observation, _ = env.reset(seed=0)

    assert env.observation_space.contains(observation)
    assert [0.5, 0.5, 4.0] == env.observation_space.high.tolist()


@pytest.mark.parametrize(
    "wrapper",
    [
        ClipObservation(),
        ClipObservation(-1, np.array([0.1, 9.0], np.float32)),
        ClipObservation(max_obs=[INF, 3.0]),
    ],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """Also where it is bound."""
    assert wrapper == eval(repr(wrapper)) == wrapper.bind(PAIR)  # noqa: S307 - that is the claim
    assert repr(wrapper) == repr(wrapper.bind(PAIR))


@given(st.data())
def test_what_is_shown_lies_between_the_bounds(data) -> None:
    """And is what numpy's clip gives, for any Box and any observation of its kind."""
    space = data.draw(boxes())
    low, high = data.draw(values(space)), data.draw(values(space))
    low, high = np.minimum(low, high), np.maximum(low, high)
    came = data.draw(
        values(
            Box(-1000, 1000, space.shape, space.dtype.type) if space.dtype.kind == "f" else space
        )
    )
    wrapper = ClipObservation(low, high)

    seen = shown(wrapper, came, Below(observation_space=space))

    announced = wrapper.bind(Below(space)).above(Below(space)).observation_space
    assert np.array_equal(np.clip(came, low, high), seen)
    assert announced.contains(np.asarray(seen))


RANGE = Box(-1.0, 1.0, (1,), np.float32)


def asked(stack, *seen, space=RANGE) -> list:
    """Show observations to a deployment that looks at each, and return what the policy saw."""
    shown = []
    agent = Deployment(
        lambda x: shown.append(x) or 0, stack, observation_space=space, check="always", sinks=()
    )
    agent.act(seen[0])
    for observation in seen[1:]:
        agent.act(observation, 0.0)
    return shown


def one(value):
    """Make an observation of one number."""
    return np.array([value], np.float32)


def test_a_border_that_looks_always_lets_through_what_is_clipped() -> None:
    """A wild value is what the wrapper is for; in an opening, and in a part of a Dict too."""
    shown = asked(ClipObservation(), one(7.0), one(-np.inf), one(0.5))
    nested = Dict(a=Tuple([RANGE]), b=Discrete(3))
    held = HoldLastObservation(1) | ClipObservation()

    assert [1.0, -1.0, 0.5] == [float(each[0]) for each in shown]
    assert [1.0] == asked(ClipObservation(), {"a": (one(9.0),), "b": 1}, space=nested)[0]["a"][0]
    assert [1.0, 1.0] == [float(each[0]) for each in asked(held, one(9.0), one(np.nan))]


@pytest.mark.parametrize("stack", [ClipObservation(), HoldLastObservation(1)])
def test_a_border_lets_nothing_else_through(stack) -> None:
    """NaN is not clipped, what is wild is not held, and a shape is neither."""
    wrong = one(np.nan) if isinstance(stack, ClipObservation) else one(7.0)
    for came in (wrong, np.zeros(2, np.float32), np.zeros(1, np.int64), "x", None, {"a": 1}):
        if came is None and isinstance(stack, HoldLastObservation):
            continue
        with pytest.raises(SpaceError):
            asked(stack, one(0.0), came)


def test_what_is_clipped_above_a_normalisation_says_nothing_of_the_environment() -> None:
    """There the space is another, and a wild value would be learned from."""
    with pytest.raises(SpaceError, match=r"is 7\.0, outside"):
        asked(NormalizeObservation(mode="learn") | ClipObservation(-5, 5), one(0.0), one(7.0))

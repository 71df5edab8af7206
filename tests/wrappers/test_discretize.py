"""DiscretizeObservation and DiscretizeAction."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete

from statewrap.core.errors import BindError, InputError
from statewrap.core.messages import Act
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.discretize import DiscretizeAction, DiscretizeObservation
from tests.wrappers.maps import (
    PRESENTED,
    announced,
    bound,
    environment,
    found,
    is_new,
    outcome,
    same_space,
    sent,
    shown,
)
from tests.wrappers.scripted import WORLDS
from tests.wrappers.twins import both, make

Observed, Acted = gym.wrappers.DiscretizeObservation, gym.wrappers.DiscretizeAction
INF = np.inf
BOXES = {
    "float32": Box(-1.0, 1.0, (3,), np.float32),
    "float64": Box(np.array([0.0, -2.0, 5.0]), np.array([0.1, 3.0, 5.5]), dtype=np.float64),
    "float16": Box(-1.0, 3.0, (3,), np.float16),
    "matrix": Box(-1.0, 1.0, (1, 3), np.float32),
    "integers": Box(-7, 9, (3,), np.int32),
    "bytes": Box(0, 255, (3, 1), np.uint8),
    "long": Box(-(2**63), 2**63 - 1, (3,), np.int64),
    "points": Box(np.array([0.0, 1.0, -1.0]), np.array([0.0, 1.0, 1.0]), dtype=np.float64),
    "narrow": Box(np.full(3, 1.0), np.full(3, 1.0 + 3e-9), dtype=np.float64),
    "denormal": Box(0.0, 1e-40, (3,), np.float32),
    "huge": Box(-1e38, 1e38, (3,), np.float32),
}
BINS = [1, 2, 7, (1, 2, 3), [5, 4, 3], np.array([2, 3, 10]), (np.int64(3), True, 2), True]
LAYOUTS = [False, True]


def edges(box) -> list[float]:
    """Return values at, and next to, the edges of bins, within and beyond the bounds."""
    low, high = box.low.ravel()[0], box.high.ravel()[0]
    cuts = np.concatenate([np.linspace(low, high, n + 1) for n in (1, 2, 3, 7, 10)])
    near = [np.nextafter(cuts, -INF), cuts, np.nextafter(cuts, INF)]
    wide = np.array(
        [-INF, INF, np.nan, -0.0, 0.0, low - 1.0, high + 1.0, high - 1e-8, 1e300, -1e300]
    )
    return np.unique(np.concatenate([*near, wide])).tolist()


@pytest.mark.parametrize("multidiscrete", LAYOUTS)
@pytest.mark.parametrize("bins", BINS, ids=repr)
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow")
def test_shows_the_bins_that_gymnasium_shows(name, bins, multidiscrete) -> None:
    """Over whole episodes, in the space that it announces."""
    twin = lambda env: Observed(env, bins, multidiscrete)  # noqa: E731 - a name for the next lines
    wrapper = DiscretizeObservation(bins, multidiscrete)

    assert same_space(twin, wrapper, BOXES[name])
    assert found(twin, wrapper, BOXES[name]) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
@pytest.mark.parametrize("bins", [1, 10, (3, 7, 2)], ids=repr)
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_edges_and_what_is_beyond_fall_where_gymnasiums_do(name, bins, dtype) -> None:
    """At every edge and next to it, outside, infinite and NaN, in any dtype."""
    twin = Observed(environment(BOXES[name]), bins, True)
    wrapper = bound(DiscretizeObservation(bins, True), BOXES[name])

    for number in edges(BOXES[name]):
        came = np.full(BOXES[name].shape, number).astype(dtype)
        ours = shown(wrapper, BOXES[name], came)
        assert difference(twin.observation(came), ours) is None, number


def test_nan_is_in_the_last_bin() -> None:
    """As numpy sorts it; the policy cannot tell."""
    box = Box(0.0, 1.0, (2,), np.float32)

    assert 95 == shown(DiscretizeObservation(10), box, np.array([9.0, 0.5], np.float32))
    assert 95 == shown(DiscretizeObservation(10), box, np.array([np.nan, 0.5], np.float32))


def test_integers_beyond_2_to_the_53_are_compared_as_floats() -> None:
    """As numpy compares them; exactly they would fall into another bin."""
    box, came = BOXES["long"], np.array([2**62 - 1, 2**62, -1])

    theirs = Observed(environment(box), 4).observation(came)

    assert difference(theirs, shown(DiscretizeObservation(4), box, came)) is None


@pytest.mark.parametrize("present", PRESENTED)
def test_takes_observations_in_any_memory_order(present) -> None:
    """Components are counted in C order."""
    box = Box(-1.0, 1.0, (2, 3), np.float32)

    assert found(lambda env: Observed(env, 4), DiscretizeObservation(4), box, present) is None


@pytest.mark.parametrize("multidiscrete", LAYOUTS)
@pytest.mark.parametrize("name", ["Pendulum-v1", "MountainCarContinuous-v0", "Acrobot-v1"])
def test_observations_agree_over_real_environments(name, multidiscrete) -> None:
    """Several episodes of each."""
    theirs, ours = both(
        DiscretizeObservation(6, multidiscrete),
        lambda env: Observed(env, 6, multidiscrete),
        lambda: make(name, max_episode_steps=30),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("bins", [5, (2, 3, 4)])
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_bin_has_gymnasiums_edges(name, bins) -> None:
    """`revert_observation` of both layouts, in the Box's dtype."""
    flat, rows = DiscretizeObservation(bins), DiscretizeObservation(bins, multidiscrete=True)
    env, box = environment(BOXES[name]), BOXES[name]

    for number in (0, 1, 7, 23, np.int64(11)):
        theirs = outcome(Observed(env, bins).revert_observation, number)
        ours = outcome(bound(flat, box).revert_observation, number)
        assert difference(theirs, ours) is None  # the last edge of int64 overflows in both
    for row in ([0, 0, 0], np.array([1, 2, 3]), (1, 0, 1)):
        theirs = outcome(Observed(env, bins, True).revert_observation, row)
        assert difference(theirs, outcome(bound(rows, box).revert_observation, row)) is None


@pytest.mark.parametrize("bins", BINS, ids=repr)
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_sends_the_centres_that_gymnasium_sends(name, bins) -> None:
    """Of every bin, and of numbers that are none, from either end."""
    box, twin = BOXES[name], Acted(environment(Discrete(2), BOXES[name]), bins)
    many = int(twin.action_space.n)

    assert DiscretizeAction(bins).bind(Below(action_space=box)).space == twin.action_space
    for number in (*range(many), many, 5 * many + 3, -1, -many - 1, np.int64(1), np.uint8(2)):
        assert difference(twin.action(number), sent(DiscretizeAction(bins), box, number)) is None


@pytest.mark.parametrize("bins", BINS, ids=repr)
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_sends_the_centre_of_each_components_bin(name, bins) -> None:
    """What is no bin is the nearest one; lists are taken as arrays."""
    box, twin = BOXES[name], Acted(environment(Discrete(2), BOXES[name]), bins, True)
    wrapper = DiscretizeAction(bins, multidiscrete=True)

    assert wrapper.bind(Below(action_space=box)).space == twin.action_space
    for row in ([0, 0, 0], (1, 1, 1), [-5, 99, 2], np.array([2, 1, 0], np.int8)):
        assert difference(twin.action(row), sent(wrapper, box, row)) is None


@pytest.mark.parametrize("bins", [8, 12])
def test_actions_that_are_kept_ready_are_the_same(bins) -> None:
    """There are 512 of the one, kept in a table, and 1728 of the other, made one by one."""
    box = BOXES["matrix"]
    twin, wrapper = (
        Acted(environment(Discrete(2), box), bins),
        bound(DiscretizeAction(bins), box, box),
    )

    assert (bins == 8) == (wrapper.table is not None)
    for number in range(0, 4 * bins**3, 7):
        action = wrapper.on_action(None, Act(number))[1].action
        assert difference(twin.action(number), action) is None
        assert not action.flags.writeable


def test_an_action_without_axes_is_an_array() -> None:
    """As Gymnasium's is."""
    box = Box(-1.0, 1.0, (), np.float32)

    theirs = Acted(environment(Discrete(2), box), 4).action(1)

    assert difference(theirs, sent(DiscretizeAction(4), box, 1)) is None
    assert difference(theirs, sent(DiscretizeAction(4, multidiscrete=True), box, [1])) is None


@pytest.mark.parametrize("action", [np.array(3), np.array([3]), np.array([[3]])])
def test_an_array_of_one_number_is_that_number(action) -> None:
    """As a policy's batch of one may be; Gymnasium divides it in place."""
    box = BOXES["float32"]

    assert (
        sent(DiscretizeAction(2), box, 3).tolist()
        == sent(DiscretizeAction(2), box, action).tolist()
    )
    assert 3 == action.item()


@pytest.mark.parametrize("action", [3.0, "3", None, np.array([1, 2]), np.array(1.5)])
def test_what_is_no_whole_number_is_no_bin(action) -> None:
    """It raises, as Gymnasium's does."""
    wrapper = DiscretizeAction(2).bind(Below(action_space=BOXES["float32"]))

    with pytest.raises((TypeError, ValueError)):
        wrapper.on_action(None, Act(action))
    with pytest.raises((TypeError, ValueError, IndexError)):
        Acted(environment(Discrete(2), BOXES["float32"]), 2).action(action)


def test_as_many_bins_as_components() -> None:
    """A row of another length is refused, where Gymnasium fails at its end."""
    wrapper = DiscretizeAction(2, multidiscrete=True).bind(Below(action_space=BOXES["float32"]))
    seen = DiscretizeObservation(2)

    for row in ([0, 1], [0, 1, 0, 1]):
        with pytest.raises(InputError, match="cannot use the action"):
            wrapper.on_action(None, Act(row))
        with pytest.raises(InputError, match="cannot use the observation"):
            shown(seen, BOXES["float32"], np.array(row))


@pytest.mark.parametrize("multidiscrete", LAYOUTS)
@pytest.mark.parametrize("bins", [5, (2, 3, 4)])
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_an_action_has_gymnasiums_nearest_bin(name, bins, multidiscrete) -> None:
    """`revert_action`, for actions within, at the edges and outside."""
    box = BOXES[name]
    twin = Acted(environment(Discrete(2), box), bins, multidiscrete)
    wrapper = DiscretizeAction(bins, multidiscrete).bind(Below(action_space=box))

    for action in (box.low, box.high, 2 * box.high, box.low / 2, box.high / 3, box.sample()):
        assert difference(twin.revert_action(action), wrapper.revert_action(action)) is None


@pytest.mark.parametrize("multidiscrete", LAYOUTS)
@pytest.mark.parametrize("bins", [1, 2, 7, (3, 2, 4)])
def test_going_there_and_back_stays_in_the_bin(bins, multidiscrete) -> None:
    """An observation lies between the edges of its bin; the centre of a bin is in it."""
    box = BOXES["float64"]
    seen = bound(DiscretizeObservation(bins, multidiscrete), box)
    acted = DiscretizeAction(bins, multidiscrete).bind(Below(action_space=box))

    for _ in range(50):
        came, chosen = box.sample(), acted.space.sample()
        low, high = seen.revert_observation(shown(seen, box, came))
        assert np.all((low <= came) & (came <= high))
        assert np.all(chosen == acted.revert_action(sent(acted, box, chosen)))


@pytest.mark.parametrize("multidiscrete", LAYOUTS)
def test_actions_agree_over_a_real_environment(multidiscrete) -> None:
    """The environment is sent bit-equal actions."""
    theirs, ours = both(
        DiscretizeAction(5, multidiscrete),
        lambda env: Acted(env, 5, multidiscrete),
        lambda: make("Pendulum-v1", max_episode_steps=30),
        lambda generator: generator.integers(5, size=1) if multidiscrete else generator.integers(5),
    )

    assert difference(theirs, ours) is None


def test_what_is_shown_and_sent_is_new_and_read_only() -> None:
    """The row of bins, and the action."""
    box, came, chosen = BOXES["float32"], BOXES["float32"].sample(), np.array([0, 1, 1])

    assert is_new(shown(DiscretizeObservation(2, True), box, came), came)
    assert is_new(sent(DiscretizeAction(2, True), box, chosen), chosen)
    assert int is type(shown(DiscretizeObservation(2), box, came))


@pytest.mark.parametrize("kinds", [(DiscretizeObservation, Observed), (DiscretizeAction, Acted)])
@pytest.mark.parametrize(
    ("box", "bins"),
    [
        (BOXES["float32"], 0),
        (BOXES["float32"], (0, 1, 2)),
        (BOXES["float32"], (1, 2)),
        (BOXES["float32"], (1, 2, 3, 4)),
        (BOXES["float32"], ()),
        (BOXES["float32"], np.int64(3)),
        (BOXES["float32"], 2.5),
        (BOXES["float32"], None),
        (BOXES["float32"], (1, 2.5, 3)),
        (BOXES["float32"], ("a", "b", "c")),
        (Box(0.0, 1.0, (0,)), 3),
        (Box(0.0, INF, (3,)), 3),
        (Box(-INF, 0.0, (3,)), 3),
        (Box(-INF, INF, (3,)), 3),
        (Discrete(3), 3),
        (MultiDiscrete([2, 2]), 3),
    ],
    ids=repr,
)
def test_refuses_what_gymnasium_refuses(kinds, box, bins) -> None:
    """With the same kind of error, at once or, where the space decides, at bind."""
    ours, twin = kinds

    theirs = outcome(twin, environment(box, box), bins)

    assert theirs is outcome(lambda: ours(bins).bind(Below(box, box)))
    assert issubclass(theirs, Exception)


@pytest.mark.parametrize("kind", [DiscretizeObservation, DiscretizeAction])
def test_says_what_does_not_fit(kind) -> None:
    """In Gymnasium's words, with the numbers and the cure."""
    words = {
        r"bins must match .* expected 3, got 2\.": (kind((1, 2)), BOXES["float32"]),
        "Discretization requires the space below to be finite": (kind(3), Box(0.0, INF, (3,))),
        "requires a Box .* space below it, got Discrete": (kind(3), Discrete(3)),
        "needs a component at least": (kind(3), Box(0.0, 1.0, (0,))),
    }
    for told, (wrapper, space) in words.items():
        with pytest.raises(BindError, match=told):
            wrapper.bind(Below(space, space))
    for wrong, error in (
        (0, ValueError),
        (-1, ValueError),
        ((1, 0), ValueError),
        ("ab", ValueError),
        (2.5, TypeError),
    ):
        with pytest.raises(error, match="bins is"):
            kind(wrong)


@pytest.mark.parametrize("kind", [DiscretizeObservation, DiscretizeAction])
def test_refuses_more_bins_than_an_integer_counts(kind) -> None:
    """Gymnasium's product overflows there: 10 bins for each of 20 numbers become 7.8e18."""
    many, fewer = Box(0.0, 1.0, (20,)), Box(0.0, 1.0, (18,))

    with pytest.raises(BindError, match=f"would have {10**20} bins, .* multidiscrete=True"):
        kind(10).bind(Below(many, many))
    assert MultiDiscrete([10] * 20) == kind(10, multidiscrete=True).bind(Below(many, many)).space
    assert Discrete(10**18) == kind(10).bind(Below(fewer, fewer)).space
    assert Observed(environment(many), 10).observation_space.n == 7766279631452241920


def test_an_empty_box_has_a_row_of_no_bins() -> None:
    """As in Gymnasium, for the one layout that can be."""
    empty = Box(0.0, 1.0, (0,))
    seen = bound(DiscretizeObservation(3, multidiscrete=True), empty)

    assert Observed(environment(empty), 3, True).observation_space == seen.space
    assert [] == shown(seen, empty, empty.sample()).tolist()
    assert [[], []] == [edge.tolist() for edge in seen.revert_observation([])]


def test_bins_are_unknown_before_bind() -> None:
    """And so is what a number stands for."""
    for revert in (DiscretizeObservation(3).revert_observation, DiscretizeAction(3).revert_action):
        with pytest.raises(BindError, match=r"is not bound, so its bins are unknown\. Bind it"):
            revert(1)
    assert Discrete(27) == announced(DiscretizeObservation(3), BOXES["float32"])


@pytest.mark.parametrize("kind", [DiscretizeObservation, DiscretizeAction])
def test_arguments_are_a_value(kind) -> None:
    """However the numbers were given, and what the caller does with its list afterwards."""
    given = [2, 3]
    wrapper = kind(given)

    given.append(4)

    assert kind((2, 3)) == kind(np.array([2, 3])) == wrapper == eval(repr(wrapper))  # noqa: S307
    assert kind(2) != kind(2, multidiscrete=True)
    assert f"{kind.__name__}(bins=2, multidiscrete=True)" == repr(kind(2, True))

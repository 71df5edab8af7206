"""Deadband."""

import itertools

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap import BindError, Deployment, Key, SpaceError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.wrapper import Below
from statewrap.testing import FIRST, play
from statewrap.wrappers import Deadband, LimitActionRate
from statewrap.wrappers.deadband import Sent

LEVER = Below(action_space=Box(-1.0, 1.0, (1,), np.float32))
PAIR = Box(-1.0, 1.0, (2,), np.float32)
F1 = TimeStep("f1", reward=1.0)
NAN, INF = float("nan"), float("inf")


def push(number) -> Act:
    """Make the act of a policy for LEVER."""
    return Act(np.array([number], np.float32))


def sent(wrapper, actions, space=LEVER.action_space) -> list:
    """Return what is sent for the actions of one episode."""
    wrapper = wrapper.bind(Below(action_space=space))
    memory, acts = wrapper.initial(Key(0, 0)), []
    for action in actions:
        memory, act = wrapper.on_action(memory, Act(action))
        acts.append(act.action)
    return acts


def numbers(actions) -> list[float]:
    """Read actions of one component, as they would be written."""
    return [round(float(action[0]), 6) for action in actions]


def test_a_small_change_is_not_passed_until_it_has_added_up() -> None:
    """It is the distance from what was sent that counts, and not from what was wanted before."""
    wanted = [push(x).action for x in (0.0, 0.05, 0.09, 0.12, 0.10, 0.01)]

    assert [0.0, 0.0, 0.0, 0.12, 0.12, 0.01] == numbers(sent(Deadband(0.1), wanted))


def test_a_policy_that_trembles_moves_nothing() -> None:
    """At the edge of the band too: the way back is as wide as the way there."""
    trembling = [push(x).action for x in (0.0, 0.125, 0.0625, 0.125, 0.0625, 0.0, 0.0625)]

    assert [0.0, 0.125, 0.125, 0.125, 0.125, 0.0, 0.0] == numbers(sent(Deadband(0.125), trembling))


def test_a_change_of_just_the_width_is_passed() -> None:
    """What is smaller is not."""
    nearly = np.nextafter(np.float32(0.25), np.float32(0))

    assert [0.0, 0.25] == numbers(sent(Deadband(0.25), [push(0.0).action, push(0.25).action]))
    assert [0.0, 0.0] == numbers(sent(Deadband(0.25), [push(0.0).action, push(nearly).action]))


def test_each_component_moves_alone() -> None:
    """With a width for each, of which 0 passes every change."""
    wanted = [np.array(x, np.float32) for x in ([0.0, 0.0], [0.25, 0.25], [0.75, 0.3125])]

    shown = sent(Deadband([0.5, 0.0]), wanted, PAIR)

    assert [[0.0, 0.0], [0.0, 0.25], [0.75, 0.3125]] == [action.tolist() for action in shown]


def test_positions_that_always_pass_are_reached() -> None:
    """A motor stands still, a valve is shut; from there the band holds as anywhere."""
    wanted = [push(x).action for x in (0.1, 0.0, 0.1, 0.9, 1.0, 0.9, 0.5)]

    assert [0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.5] == numbers(sent(Deadband(0.25), wanted))
    assert [0.1, 0.0, 0.0, 0.9, 1.0, 1.0, 0.5] == numbers(
        sent(Deadband(0.25, always=(0.0, 1.0)), wanted)
    )


def test_a_position_is_one_of_each_component() -> None:
    """An array is one position, a list of numbers several for all components."""
    wanted = [np.array(x, np.float32) for x in ([0.1, 0.1], [0.0, 0.0])]

    by_array = sent(Deadband(0.25, always=np.array([0.0, 0.5])), wanted, PAIR)[1]
    by_list = sent(Deadband(0.25, always=[0.0, 0.5]), wanted, PAIR)[1]
    by_several = sent(Deadband(0.25, always=([0.0, 0.5], [0.5, 0.0])), wanted, PAIR)[1]

    assert [0.0, np.float32(0.1)] == by_array.tolist()
    assert [0.0, 0.0] == by_list.tolist() == by_several.tolist()


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
@pytest.mark.parametrize(
    "end", [{"terminated": True}, {"truncated": True}, {}], ids=["end", "cut", "given up"]
)
def test_a_new_episode_forgets_the_last_action(before, end) -> None:
    """However the episode before came to its end, the first action passes again."""
    last = F1.replace(**end)

    replies = play(Deadband(0.5), FIRST, push(0.5), last, *before, FIRST, push(0.25), below=LEVER)

    assert push(0.25) == replies[-1]


def test_a_first_action_is_compared_with_the_start() -> None:
    """Where the actuator stands."""
    wanted = [push(0.25).action]

    assert [0.0] == numbers(sent(Deadband(0.5, start=0.0), wanted))
    assert [0.25] == numbers(sent(Deadband(0.25, start=[0.0]), wanted))


def test_the_last_action_can_be_held_over_episodes() -> None:
    """The very first passes."""
    replies = play(
        Deadband(0.5, start="hold"), FIRST, push(0.5), F1, FIRST, push(0.25), below=LEVER
    )

    assert push(0.5) == replies[-1]
    assert Deadband(0.5, start="hold").keeps
    assert Deadband(0.5, start="hold").learns
    assert not Deadband(0.5, start=0.0).keeps


def test_a_rate_below_it_is_kept() -> None:
    """The limit is nearest to the environment, and the band above it."""
    wishes = [push(x) for x in (0.0, 0.1, 1.0, 1.0, 1.0)]
    dialogue = [FIRST, *itertools.chain(*((wish, F1) for wish in wishes))]

    replies = play(LimitActionRate(0.5) | Deadband(0.25), *dialogue, below=LEVER)

    assert [0.0, 0.0, 0.5, 1.0, 1.0] == numbers(r.action for r in replies if type(r) is Act)


def test_lets_time_steps_and_resets_pass() -> None:
    """Nothing but acts is changed."""
    replies = play(Deadband(0.5), FIRST, push(0.5), F1, Reset(3), FIRST, below=LEVER)

    assert [FIRST, push(0.5), F1, Reset(3), FIRST] == replies


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64])
def test_integers_are_compared_exactly(kind) -> None:
    """No difference overflows, and none is rounded."""
    most = int(np.iinfo(kind).max)
    space = Box(0, most, (1,), kind)
    wanted = [np.array([x], kind) for x in (0, most, most - 2, most - 3)]

    assert [0, most, most, most - 3] == [int(a[0]) for a in sent(Deadband(3), wanted, space)]
    assert [0, most, most, most - 3] == [int(a[0]) for a in sent(Deadband(2.5), wanted, space)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
@pytest.mark.parametrize("shape", [(), (2, 3), (0,)])
def test_shape_and_dtype_are_those_of_the_box(dtype, shape) -> None:
    """What is sent is new, read-only, and lies in the Box."""
    space = Box(-1, 1, shape, dtype)
    given_by_the_policy = [np.full(shape, x, np.int64) for x in (0, 5, 5)]

    for action in sent(Deadband(0.5), given_by_the_policy, space):
        assert (space.dtype, shape) == (action.dtype, action.shape)
        assert space.contains(np.asarray(action))
        assert not action.flags.writeable


def test_the_largest_changes_pass_without_a_warning() -> None:
    """Their difference is more than a float holds, and wide enough."""
    most = float(np.finfo(np.float64).max)
    wanted = [np.array([x]) for x in (most, -most)]

    assert wanted == sent(Deadband(most), wanted, Box(-INF, INF, (1,), np.float64))


@pytest.mark.parametrize("bad", [[NAN], [INF], None, "x", [0.5, 0.5]])
def test_an_action_that_is_none_is_refused(bad) -> None:
    """NaN would be repeated for ever, or pass."""
    with pytest.raises(SpaceError, match=r"Deadband\(.*expected finite numbers"):
        sent(Deadband(0.5), [bad], Box(-INF, INF, (1,)))


def test_a_session_goes_on_from_a_snapshot_in_mid_episode() -> None:
    """What was sent last is in the memory."""

    def deployed():
        return Deployment(
            lambda x: np.array([x], np.float32),
            Deadband(0.25),
            action_space=LEVER.action_space,
            sinks=(),
        )

    agent, twin = deployed(), deployed()
    agent.act(0.5)
    twin.restore(agent.snapshot())

    assert [0.5] == twin.act(0.625, reward=0.0).tolist() == agent.act(0.625, reward=0.0).tolist()
    assert (Sent(agent.memory.wrappers[0].action),) == twin.memory.wrappers


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"width": "1"}),
        (TypeError, {"width": None}),
        (TypeError, {"width": False}),
        (ValueError, {"width": -0.5}),
        (ValueError, {"width": [0.5, -0.5]}),
        (ValueError, {"width": NAN}),
        (ValueError, {"width": INF}),
        (TypeError, {"width": 1.0, "always": "closed"}),
        (TypeError, {"width": 1.0, "always": None}),
        (ValueError, {"width": 1.0, "always": (0.0, NAN)}),
        (ValueError, {"width": 1.0, "start": "last"}),
        (TypeError, {"width": 1.0, "start": True}),
    ],
)
def test_refuses_arguments_that_mean_nothing(error, options) -> None:
    """The wrapper, the argument and the value are named."""
    with pytest.raises(error, match=rf"{list(options)[-1]} of Deadband is "):
        Deadband(**options)


@pytest.mark.parametrize(
    ("wrapper", "space", "told"),
    [
        (Deadband(1.0), None, "needs the action_space"),
        (Deadband(1.0), Discrete(3), "needs a Box of numbers"),
        (Deadband([1.0, 2.0]), LEVER.action_space, r"width of .* the shape \(2,\)"),
        (Deadband(1.0, always=2.0), LEVER.action_space, "always of .* which is not in"),
        (Deadband(1.0, start=-2.0), LEVER.action_space, "start of .* which is not in"),
        (Deadband(1, always=0.5), Box(0, 9, (1,), np.int64), "always of .* which is not in"),
    ],
)
def test_refuses_spaces_that_do_not_fit(wrapper, space, told) -> None:
    """At bind, before anything moves."""
    with pytest.raises(BindError, match=told):
        wrapper.bind(Below(action_space=space))


@pytest.mark.parametrize(
    "wrapper",
    [
        Deadband(0.5),
        Deadband(np.array([0.1, 2.0], np.float32), always=(0.0, [1.0, 0.0]), start="hold"),
        Deadband([0.5, 1.5], always=np.array([0.0, 0.5]), start=[0.0, 1.0]),
    ],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """Also where it is bound."""
    bound = wrapper.bind(Below(action_space=Box(-9.0, 9.0, (2,))))

    assert wrapper == eval(repr(wrapper)) == bound  # noqa: S307 - that is the claim
    assert repr(wrapper) == repr(bound)


@given(
    st.lists(st.floats(-2, 2, width=32) | st.sampled_from([0.0, 0.1, 0.2]), min_size=1),
    st.floats(0, 2) | st.sampled_from([0.1, 0.2]),
    st.lists(st.sampled_from([0.0, 0.1]), max_size=2),
)
def test_each_action_is_the_one_wanted_or_the_last_and_near_enough(wishes, width, always) -> None:
    """For any sequence: it moves exactly where it has to."""
    actions = [np.array([wish], np.float32) for wish in wishes]
    shown = sent(Deadband(width, always=always), actions, Box(-2.0, 2.0, (1,)))

    assert actions[0] == shown[0]
    named = [np.float32(position) for position in always]
    for last, wish, action in zip(shown, actions[1:], shown[1:], strict=False):
        far = abs(float(wish[0]) - float(last[0])) >= width
        assert (wish if far or wish[0] in named else last)[0] == action[0]

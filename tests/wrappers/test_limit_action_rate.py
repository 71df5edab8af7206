"""LimitActionRate."""

import itertools

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap import BindError, Deployment, Key, PolicyError, SpaceError, WrapperError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.wrapper import Below, Stack
from statewrap.testing import FIRST, play
from statewrap.wrappers import ClipAction, LimitActionRate, RepeatAction
from statewrap.wrappers.limit_action_rate import Sent

LEVER = Below(action_space=Box(-1.0, 1.0, (1,), np.float32))
F1 = TimeStep("f1", reward=1.0)
NAN, INF = float("nan"), float("inf")


def push(number) -> Act:
    """Make the act of a policy for LEVER."""
    return Act(np.array([number], np.float32))


def sent(wrapper, actions, space=LEVER.action_space, times=(0.0,) * 99) -> list:
    """Return what is sent for the actions of one episode, of which each answers a time step."""
    wrapper = wrapper.bind(Below(action_space=space))
    memory, acts = wrapper.renew(wrapper.initial(Key(0, 0)), Key(0, 0)), []
    for index, (action, time) in enumerate(zip(actions, times, strict=False)):
        shown = TimeStep("f", first=index == 0, time=time)
        memory, _ = wrapper.on_state(memory, shown)
        memory, act = wrapper.on_action(memory, Act(action))
        acts.append(act.action)
    return acts


def numbers(actions) -> list[float]:
    """Read actions of one component, as they would be written."""
    return [round(float(action[0]), 6) for action in actions]


def test_an_action_comes_as_near_as_the_last_one_allows() -> None:
    """It goes towards what is wanted step by step, and arrives exactly."""
    wanted = [push(x).action for x in (0.0, 1.0, 1.0, 1.0, 0.9, -1.0)]

    reached = sent(LimitActionRate(0.4), wanted)

    assert [0.0, 0.4, 0.8, 1.0, 0.9, 0.5] == numbers(reached)
    assert reached[4][0] == np.float32(0.9)


def test_lets_time_steps_and_resets_pass() -> None:
    """Nothing but acts is changed."""
    replies = play(LimitActionRate(9.0), FIRST, push(0.5), F1, Reset(3), FIRST, below=LEVER)

    assert [FIRST, push(0.5), F1, Reset(3), FIRST] == replies


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
@pytest.mark.parametrize(
    "end", [{"terminated": True}, {"truncated": True}, {}], ids=["end", "cut", "given up"]
)
def test_a_new_episode_forgets_the_last_action(before, end) -> None:
    """However the episode before came to its end, the first action passes again."""
    last = F1.replace(**end)

    replies = play(
        LimitActionRate(0.25), FIRST, push(1.0), last, *before, FIRST, push(-1.0), below=LEVER
    )

    assert push(-1.0) == replies[-1]


def test_a_first_action_is_limited_from_where_the_actuator_stands() -> None:
    """A number stands for every component, an array for each."""
    pair = Box(-1.0, 1.0, (2,), np.float32)
    wanted = [np.array([1.0, -1.0], np.float32)]

    assert [0.25, -0.25] == sent(LimitActionRate(0.25, start=0.0), wanted, pair)[0].tolist()
    assert [0.75, 0.25] == sent(LimitActionRate(0.25, start=[0.5, 0.5]), wanted, pair)[0].tolist()


def test_the_last_action_can_be_held_over_episodes() -> None:
    """An actuator does not move because an episode ended; the very first action passes."""
    held = LimitActionRate(0.25, start="hold")

    replies = play(held, FIRST, push(1.0), F1, FIRST, push(-1.0), F1, push(-1.0), below=LEVER)

    assert [push(1.0), push(0.75), push(0.5)] == [r for r in replies if type(r) is Act]
    assert held.keeps
    assert held.learns
    assert not LimitActionRate(0.25, start=0.0).keeps
    assert not LimitActionRate(0.25).learns


def test_each_component_has_its_own_limit() -> None:
    """Given as an array of the Box's shape; the components do not wait for each other."""
    pair = Box(-1.0, 1.0, (2,), np.float32)
    wanted = [np.array(x, np.float32) for x in ([0.0, 0.0], [1.0, 1.0], [1.0, 1.0])]

    reached = sent(LimitActionRate(np.array([0.5, 0.125])), wanted, pair)

    assert [[0.0, 0.0], [0.5, 0.125], [1.0, 0.25]] == [each.tolist() for each in reached]


def test_per_second_the_time_between_the_time_steps_counts() -> None:
    """Twice the time allows twice the way; no time allows none, nor does a clock set back."""
    wanted = [push(x).action for x in (-1.0, 1.0, 1.0, 1.0, 1.0, 1.0)]
    times = [10.0, 10.25, 10.75, 10.75, 9.0, 9.25]

    reached = sent(LimitActionRate(1.0, per="second"), wanted, times=times)

    assert [-1.0, -0.75, -0.25, -0.25, -0.25, 0.0] == numbers(reached)


def test_per_second_an_episode_begins_where_the_actuator_stands() -> None:
    """At its opening no time has passed, so the first action is the start."""
    replies = play(
        LimitActionRate(1.0, per="second", start=0.5),
        FIRST.replace(time=3.0),
        push(1.0),
        F1.replace(time=3.25),
        push(1.0),
        FIRST.replace(time=9.0),
        push(1.0),
        below=LEVER,
    )

    assert [push(0.5), push(0.75), push(0.5)] == [r for r in replies if type(r) is Act]


def test_per_second_held_over_episodes_the_time_in_between_counts() -> None:
    """The actuator has had it to move."""
    replies = play(
        LimitActionRate(1.0, per="second", start="hold"),
        FIRST.replace(time=1.0),
        push(-1.0),
        F1.replace(time=1.25, terminated=True),
        Reset(),
        FIRST.replace(time=2.0),
        push(1.0),
        below=LEVER,
    )

    assert push(0.0) == replies[-1]


def test_a_reward_or_refusal_between_two_acts_changes_nothing() -> None:
    """What was sent last is what is limited from, however many time steps were shown since."""
    replies = play(LimitActionRate(0.25), FIRST, push(0.0), F1, F1, push(1.0), below=LEVER)

    assert push(0.25) == replies[-1]


def test_a_time_step_that_is_answered_below_is_not_seen() -> None:
    """Above a repetition the limit counts decisions, below it steps of the environment."""
    decisions = [FIRST, push(0.0), F1, F1, push(1.0), F1, F1]
    above = play(RepeatAction(2) | LimitActionRate(0.25), *decisions, below=LEVER)
    under = play(LimitActionRate(0.25) | RepeatAction(2), *decisions, below=LEVER)

    assert [0.0, 0.0, 0.25, 0.25] == numbers(r.action for r in above if type(r) is Act)
    assert [0.0, 0.0, 0.25, 0.5] == numbers(r.action for r in under if type(r) is Act)


@pytest.mark.parametrize(
    ("space", "actions", "limit", "expected"),
    [
        (Box(0, 255, (1,), np.uint8), [[3], [250], [0], [1]], 100, [3, 103, 3, 1]),
        (Box(-128, 127, (1,), np.int8), [[-128], [127]], 200, [-128, 72]),
        (
            Box(-(2**63), 2**63 - 1, (1,), np.int64),
            [[2**63 - 1], [-(2**63)], [2**53 + 1]],
            2**62,
            [2**63 - 1, 2**62 - 1, 2**53 + 1],
        ),
        (Box(0, 2**64 - 1, (1,), np.uint64), [[0], [2**64 - 1]], 2**63, [0, 2**63]),
    ],
)
def test_integers_are_limited_exactly(space, actions, limit, expected) -> None:
    """No overflow, no rounding; the dtype is that of the Box."""
    reached = sent(LimitActionRate(limit), [np.array(a, space.dtype) for a in actions], space)

    assert expected == [int(action[0]) for action in reached]
    assert {space.dtype} == {action.dtype for action in reached}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, ">f4"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_shape_and_dtype_are_those_of_the_box(dtype, shape) -> None:
    """Whatever width of floats the policy sends; what is sent is read-only."""
    space = Box(np.full(shape, -1, dtype), np.full(shape, 1, dtype), dtype=np.dtype(dtype))

    for wish in (np.full(shape, 0.1), np.full(shape, 1, np.int8), np.full(shape, 0.1, ">f8")):
        for action in sent(LimitActionRate(0.25), [wish, -wish], space):
            assert space.dtype.newbyteorder("=") == action.dtype.newbyteorder("=")
            assert shape == action.shape
            assert space.contains(action if shape else np.asarray(action))
            assert not action.flags.writeable


def test_takes_the_numbers_and_lists_of_a_policy_that_knows_no_arrays() -> None:
    """As long as they have the shape of the Box."""
    scalar = Box(-1.0, 1.0, (), np.float32)

    assert [np.float32(0.5)] == sent(LimitActionRate(1.0), [0.5], scalar)
    assert [0.5] == sent(LimitActionRate(1.0), [[0.5]])[0].tolist()
    assert [1.0] == sent(LimitActionRate(1.0), [[1]])[0].tolist()


def test_what_is_wanted_beyond_the_box_is_brought_into_it() -> None:
    """So nothing winds up: the way back begins at the bound, and not far beyond it."""
    wanted = [push(x).action for x in (0.0, 100.0, INF, 0.75)]

    assert [0.0, 0.5, 1.0, 0.75] == numbers(sent(LimitActionRate(0.5), wanted))
    clipped = ClipAction() | LimitActionRate(0.5)  # the wrong way round, and yet within the Box
    replies = play(clipped, FIRST, push(0.0), F1, push(9.0), F1, push(9.0), below=LEVER)
    assert push(1.0) == replies[-1]


@pytest.mark.parametrize("bad", [NAN, [NAN], [[0.5]], [0.5, 0.5], "x", None, [1j], ["a"], {"a": 1}])
def test_an_action_that_is_none_is_refused(bad) -> None:
    """NaN, another shape or another kind; the wrapper, the action and the Box are named."""
    for wish in (bad, np.array(bad)):
        with pytest.raises(SpaceError, match=r"LimitActionRate\(.*expected finite numbers") as told:
            sent(LimitActionRate(0.5), [wish])
        assert "Box(-1.0, 1.0, (1,), float32)" in str(told.value)


@pytest.mark.parametrize("bad", [np.array([1.0]), [1.5], np.array([True]), [2**70]])
def test_a_float_is_no_action_of_integers(bad) -> None:
    """It would have to be rounded, and nobody said how."""
    with pytest.raises(SpaceError, match="expected integers of the shape"):
        sent(LimitActionRate(1), [bad], Box(-5, 5, (1,), np.int64))


def test_an_infinite_action_is_refused_where_no_bound_holds_it() -> None:
    """Once sent, nothing could be limited from it; nor from what float32 cannot hold."""
    for bad in (np.array([INF], np.float32), np.array([1e300])):
        with pytest.raises(SpaceError, match="not all finite"):
            sent(LimitActionRate(1.0), [bad], Box(-INF, INF, (1,)))


def test_a_refused_action_changes_nothing_in_a_deployment() -> None:
    """The fallback answers, and the next action is limited from what was sent before."""
    wishes = iter([0.0, NAN, 1.0])
    agent = Deployment(
        lambda _: np.array([next(wishes)], np.float32),
        LimitActionRate(0.25),
        action_space=LEVER.action_space,
        fallback=np.array([-1.0], np.float32),
        sinks=(),
    )

    answers = [agent.act(0), agent.act(1, reward=0.0), agent.act(2, reward=0.0)]

    assert [0.0, -1.0, 0.25] == numbers(answers)


def test_a_refused_action_names_the_wrapper_where_there_is_no_fallback() -> None:
    """Unless the border saw it first."""
    stack = {"stack": LimitActionRate(0.25), "action_space": LEVER.action_space, "sinks": ()}

    with pytest.raises(WrapperError, match="LimitActionRate"):
        Deployment(lambda _: np.array([NAN], np.float32), check="never", **stack).act(0)
    with pytest.raises((PolicyError, SpaceError), match="nan"):
        Deployment(lambda _: np.array([NAN], np.float32), check="always", **stack).act(0)


def test_a_session_goes_on_from_a_snapshot_in_mid_episode() -> None:
    """What was sent, and when, is in the memory."""

    def deployed(clock):
        return Deployment(
            lambda x: np.array([x], np.float32),
            LimitActionRate(0.5, per="second"),
            action_space=LEVER.action_space,
            clock=lambda: next(clock),
            sinks=(),
        )

    agent = deployed(iter([0.0, 0.0, 1.0, 1.0, 1.5]))
    agent.act(-1.0), agent.act(1.0, reward=0.0)
    saved = agent.snapshot()
    twin = deployed(iter([100.0, 100.0, 100.5]))
    twin.restore(saved)

    expected = agent.act(1.0, reward=0.0)
    assert expected.tolist() == twin.act(1.0, reward=0.0).tolist() == [-0.25]


def test_the_memory_holds_what_was_sent() -> None:
    """And not what was wanted."""
    limit = LimitActionRate(0.25, per="second").bind(LEVER)

    memory, _ = limit.on_state(limit.initial(Key(0, 0)), FIRST.replace(time=2.0))
    memory, act = limit.on_action(memory, push(1.0))
    memory, _ = limit.on_state(memory, F1.replace(time=3.0))

    assert Sent(act.action, 2.0, 3.0) == memory
    assert Sent in limit.memory_types


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"max_change": "1"}),
        (TypeError, {"max_change": None}),
        (TypeError, {"max_change": True}),
        (TypeError, {"max_change": [[1.0], [1.0, 2.0]]}),
        (ValueError, {"max_change": 0.0}),
        (ValueError, {"max_change": -1}),
        (ValueError, {"max_change": np.array([1.0, 0.0])}),
        (ValueError, {"max_change": NAN}),
        (ValueError, {"max_change": INF}),
        (ValueError, {"max_change": 1.0, "per": "minute"}),
        (ValueError, {"max_change": 1.0, "per": 2}),
        (ValueError, {"max_change": 1.0, "start": "last"}),
        (ValueError, {"max_change": 1.0, "start": NAN}),
        (TypeError, {"max_change": 1.0, "start": {}}),
        (TypeError, {"max_change": 1.0, "start": [None]}),
    ],
)
def test_refuses_arguments_that_mean_nothing(error, options) -> None:
    """The wrapper, the argument and the value are named."""
    with pytest.raises(error, match=rf"{list(options)[-1]} (of LimitActionRate )?is "):
        LimitActionRate(**options)


@pytest.mark.parametrize(
    ("wrapper", "space", "told"),
    [
        (LimitActionRate(1.0), None, "needs the action_space"),
        (LimitActionRate(1.0), Discrete(3), "needs a Box of numbers"),
        (LimitActionRate(1.0), Dict(a=LEVER.action_space), "needs a Box of numbers"),
        (LimitActionRate(1.0), Box(0, 1, (1,), np.bool_), "needs a Box of numbers"),
        (LimitActionRate([1.0, 2.0]), LEVER.action_space, r"max_change of .* the shape \(2,\)"),
        (LimitActionRate(1.0, start=[[0.0]]), LEVER.action_space, "start of .* the shape"),
        (LimitActionRate(1.0, start=1.5), LEVER.action_space, "start of .* which is not in"),
        (LimitActionRate(0.5), Box(0, 9, (1,), np.int64), "by fractions"),
        (LimitActionRate(2, per="second"), Box(0, 9, (1,), np.int64), "by fractions"),
        (LimitActionRate(2, start=0.5), Box(0, 9, (1,), np.int64), "which is not in"),
    ],
)
def test_refuses_spaces_that_do_not_fit(wrapper, space, told) -> None:
    """At bind, before anything moves."""
    with pytest.raises(BindError, match=told):
        wrapper.bind(Below(action_space=space))


@pytest.mark.parametrize(
    "wrapper",
    [
        LimitActionRate(0.5),
        LimitActionRate(np.array([0.1, 2.0], np.float32), per="second", start="hold"),
        LimitActionRate([0.5, 1.5], start=[0.0, 1.0]),
    ],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """Also where it is bound."""
    bound = wrapper.bind(Below(action_space=Box(-9.0, 9.0, (2,))))

    assert wrapper == eval(repr(wrapper)) == bound  # noqa: S307 - that is the claim
    assert repr(wrapper) == repr(bound)


def test_announces_the_box_that_is_below() -> None:
    """The policy may send all that it could send before."""
    known = LimitActionRate(0.5).bind(LEVER)

    assert LEVER == known.above(LEVER)


# -- never faster, never outside ---------------------------------------------------------------


def floats(width):
    """Draw numbers of every size that a width holds, and many near each other."""
    near = st.floats(-2, 2, width=width) | st.sampled_from([0.1, 0.2, 0.3, -0.1])
    return near | st.floats(width=width, allow_nan=False, allow_infinity=False)


@given(
    st.sampled_from([16, 32, 64]).flatmap(
        lambda width: st.tuples(
            st.just(np.dtype(f"f{width // 8}")),
            st.lists(floats(width), min_size=2, max_size=8),
            st.lists(floats(width), min_size=2, max_size=2),
        )
    ),
    st.floats(1e-6, 1e3) | st.sampled_from([0.1, 0.2, 1e-30, 1e30]),
)
def test_no_float_changes_faster_or_leaves_the_box(drawn, max_change) -> None:
    """For any sequence in a Box of any bounds; the difference is that of float64."""
    dtype, wishes, ends = drawn
    low, high = (np.array([end], dtype) for end in sorted(ends))
    space = Box(low, high, dtype=dtype.type)

    reached = sent(LimitActionRate(max_change), [np.array([w], dtype) for w in wishes], space)

    assert all(space.contains(action) for action in reached)
    for before, after in itertools.pairwise(reached):
        assert np.abs(after.astype(np.float64) - before.astype(np.float64))[0] <= max_change


@given(
    st.lists(st.tuples(floats(32), st.floats(0, 2)), min_size=2, max_size=8),
    st.floats(0.01, 100),
)
def test_no_float_changes_faster_per_second(wishes, max_change) -> None:
    """For any times between the time steps."""
    times = np.cumsum([pause for _, pause in wishes]).tolist()
    actions = [np.array([wish], np.float32) for wish, _ in wishes]

    reached = sent(
        LimitActionRate(max_change, per="second"), actions, Box(-INF, INF, (1,)), times=times
    )

    for (before, after), (then, now) in zip(
        itertools.pairwise(reached), itertools.pairwise(times), strict=True
    ):
        gone = np.abs(after.astype(np.float64) - before.astype(np.float64))[0]
        assert gone <= max_change * (now - then)


@given(
    st.sampled_from([np.int8, np.uint8, np.int64, np.uint64]).flatmap(
        lambda kind: st.tuples(
            st.just(kind),
            st.lists(
                st.integers(int(np.iinfo(kind).min), int(np.iinfo(kind).max)),
                min_size=4,
                max_size=10,
            ),
        )
    ),
    st.integers(1, 300) | st.integers(1, 2**63),
)
def test_no_integer_changes_faster_or_leaves_the_box(drawn, max_change) -> None:
    """Exactly, for integers of every width."""
    kind, (one, other, *wishes) = drawn
    space = Box(np.array([min(one, other)], kind), np.array([max(one, other)], kind), dtype=kind)

    reached = sent(LimitActionRate(max_change), [np.array([w], kind) for w in wishes], space)

    assert all(space.contains(action) for action in reached)
    for before, after in itertools.pairwise(reached):
        assert abs(int(after[0]) - int(before[0])) <= max_change


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=6), st.floats(-1, 1, width=32))
def test_goes_as_far_as_it_may(wishes, start) -> None:
    """Each step ends at what is wanted, or the limit away from where it began, to a rounding."""
    limit = 0.25
    reached = sent(LimitActionRate(limit, start=start), [push(w).action for w in wishes])

    at = start
    for wish, action in zip(wishes, reached, strict=True):
        away = abs(float(action[0]) - at)
        assert wish == action[0] or limit - 1e-6 <= away <= limit
        at = float(action[0])


def test_a_rounding_does_not_carry_it_too_far() -> None:
    """In float32 0.1 + 0.1 is nearest to a number that is more than 0.1 away."""
    big = Box(-1e9, 1e9, (1,), np.float32)
    wanted = [np.array([x], np.float32) for x in (16777216.0, 16777220.0)]

    reached = sent(LimitActionRate(1.5), wanted, big)

    assert [16777216.0, 16777216.0] == numbers(reached)  # the next float is 2 away
    stack = Stack(LimitActionRate(0.1)).bind(Below(action_space=big))
    memory, _ = stack.route(stack.initial(Key(0, 0)), FIRST)
    for wish in (0.1, 1.0, 1.0, 1.0):
        before = memory.wrappers[0].action
        memory, act = stack.route(memory, push(wish))
        if before is not None:
            assert float(act.action[0]) - float(before[0]) <= 0.1


def test_only_the_component_that_a_rounding_carried_too_far_is_taken_back() -> None:
    """The others arrive where they were to."""
    pair = Box(-1e9, 1e9, (2,), np.float32)
    wanted = [np.array(x, np.float32) for x in ([16777216.0, 0.0], [16777220.0, 1.0])]

    assert [16777216.0, 1.0] == sent(LimitActionRate(1.5), wanted, pair)[1].tolist()


def test_the_largest_numbers_are_limited_without_a_warning() -> None:
    """Where a limit would lie beyond the largest float there is none."""
    most = float(np.finfo(np.float64).max)
    wanted = [np.array([x]) for x in (most, -most, -most)]

    reached = sent(LimitActionRate(most), wanted, Box(-INF, INF, (1,), np.float64))

    assert [most, 0.0, -most] == [float(action[0]) for action in reached]


def test_a_long_double_keeps_its_digits() -> None:
    """It is not reckoned with as float64."""
    tiny = np.longdouble(1) + np.finfo(np.longdouble).eps
    space = Box(np.array([-2], np.longdouble), np.array([2], np.longdouble), dtype=np.longdouble)

    assert tiny == sent(LimitActionRate(1.0), [np.array([tiny])], space)[0][0]


def test_a_box_of_one_number_has_a_start_too() -> None:
    """The first action is limited from it."""
    scalar = Box(-1.0, 1.0, (), np.float32)

    assert [0.25] == sent(LimitActionRate(0.25, start=0.0), [np.float32(1.0)], scalar)
    for outside in (-1.5, 1.5):
        with pytest.raises(BindError, match="which is not in"):
            LimitActionRate(0.25, start=outside).bind(Below(action_space=scalar))

"""RejectInvalidAction."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.drivers import initial_agent, push
from statewrap.core.errors import BindError, InputError, SpaceError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.policy import FunctionPolicy
from statewrap.core.wrapper import Below, Stack
from statewrap.testing import play
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from tests.wrappers.twins import answers, below, make

FOUR = Below(action_space=Discrete(4))
TWO_AXES = Below(action_space=MultiDiscrete([2, 3], start=[0, 5]))


def offering(mask, **fields):
    """Return a time step whose info has a mask."""
    return TimeStep("f1", reward=2.0, info={"action_mask": mask}, **fields)


def opening(mask):
    """Return an opening time step whose info has a mask."""
    return TimeStep("f0", info={"action_mask": mask}, first=True)


def sent(mask, action, known=FOUR, **options):
    """Return the answer to an action on a time step with a mask."""
    return play(RejectInvalidAction(**options), offering(mask), Act(action), below=known)[-1]


def test_answers_an_illegal_action_and_lets_a_legal_one_fall() -> None:
    """The policy is shown the same time step with the penalty, and asked again."""
    shown, again = offering([1, 0, 0, 1], time=0.5), Act(3)

    replies = play(RejectInvalidAction(penalty=-1.5), shown, Act(1), again, below=FOUR)

    assert [shown, shown.replace(reward=-1.5), again] == replies


def test_a_refusal_is_never_first() -> None:
    """An opening time step opened its episode; the refusal on it does not open another."""
    shown = opening([1, 0, 0, 1])

    replies = play(RejectInvalidAction(), shown, Act(1), below=FOUR)

    assert [shown, shown.replace(first=False)] == replies


def test_keeps_all_that_was_shown_in_a_refusal() -> None:
    """Observation, info, time, frame and actor are those of the time step that was shown."""
    shown = offering([1, 0, 0, 1], time=1.25, frame="picture", actor="player 2")

    refusal = play(RejectInvalidAction(penalty=-1), shown, Act(1), below=FOUR)[-1]

    assert TimeStep("f1", -1, info=shown.info, time=1.25, frame="picture", actor="player 2") == (
        refusal
    )


@pytest.mark.parametrize(
    "mask",
    [
        np.array([1, 0, 0, 1], np.int8),
        np.array([1, 0, 0, 1], np.int64),
        np.array([True, False, False, True]),
        [1, 0, 0, 1],
        (True, False, False, True),
    ],
)
def test_reads_masks_of_bools_and_integers(mask) -> None:
    """Arrays, and the lists that a host in another language sends."""
    assert Act(0) == sent(mask, 0)
    assert Act(3) == sent(mask, 3)
    assert TimeStep is type(sent(mask, 1))
    assert TimeStep is type(sent(mask, 2))


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), np.array(3), np.array(3, np.int8)])
def test_judges_numpy_integers_as_integers(three) -> None:
    """Scalars and 0-d arrays are numbers, and a legal one falls as it is."""
    assert Act(three) == sent([0, 0, 0, 1], three)
    assert TimeStep is type(sent([1, 1, 1, 0], three))


@pytest.mark.parametrize(
    "action", [-1, 4, np.int64(7), 1.0, np.float32(1), np.array([1]), [1], "1", None]
)
def test_an_action_outside_the_space_is_illegal(action) -> None:
    """Out of range, of another kind or of another shape: refused, though the mask allows all."""
    assert TimeStep is type(sent([1, 1, 1, 1], action))


def test_the_first_entry_of_the_mask_is_the_first_action() -> None:
    """A space that starts at -2 has its action -2 at place 0."""
    known = Below(action_space=Discrete(3, start=-2))

    assert Act(-2) == sent([1, 0, 0], -2, known)
    assert TimeStep is type(sent([1, 0, 0], 0, known))
    assert Act(np.int64(-1)) == sent(
        [0, 1, 1], 7, known, max_rejections=0, on_exhausted="first_valid"
    )


MASKS_OF_TWO_AXES = [
    (np.array([0, 1], np.int8), np.array([1, 0, 1], np.int8)),
    [[0, 1], [1, 0, 1]],
    np.array([0, 1, 1, 0, 1]),
    [0, 1, 1, 0, 1],
]


@pytest.mark.parametrize("mask", MASKS_OF_TWO_AXES)
def test_judges_each_axis_of_a_multidiscrete_action(mask) -> None:
    """The mask is a tuple of masks, or all of them joined; each axis has to be legal."""
    legal = np.array([1, 5])

    assert Act(legal) == sent(mask, legal, TWO_AXES)
    assert Act([1, 7]) == sent(mask, [1, 7], TWO_AXES)
    for action in ([0, 5], [1, 6], [2, 5], [1, 8], [1], 1, [1, 5, 5]):
        assert TimeStep is type(sent(mask, np.array(action), TWO_AXES))


@pytest.mark.parametrize("mask", MASKS_OF_TWO_AXES)
def test_the_first_valid_multidiscrete_action_is_the_least_of_each_axis(mask) -> None:
    """It has the space's shape and dtype, and is read-only."""
    options = {"max_rejections": 0, "on_exhausted": "first_valid"}

    act = sent(mask, [0, 6], TWO_AXES, **options)

    assert Act(np.array([1, 5])) == act
    assert not act.action.flags.writeable


def test_raises_when_rejections_are_used_up() -> None:
    """The error says how many, the last action, and what would have been legal."""
    shown, wrapper = offering([1, 0, 0, 1]), RejectInvalidAction(max_rejections=2)

    with pytest.raises(
        WrapperError, match=r"3 illegal .* 2; the mask .* allows \[0, 3\]"
    ) as caught:
        play(wrapper, shown, Act(1), Act(1), Act(2), below=FOUR)

    assert SpaceError is type(caught.value.__cause__)


def test_sends_the_first_valid_action_when_rejections_are_used_up() -> None:
    """It is the least that the mask allows, as the space would draw it."""
    wrapper = RejectInvalidAction(max_rejections=1, on_exhausted="first_valid")

    replies = play(wrapper, offering([0, 0, 1, 1]), Act(0), Act(0), below=FOUR)

    assert Act(np.int64(2)) == replies[-1]


@pytest.mark.parametrize("mask", [[1, 1, 1, 0], [0, 0, 0, 0]])
def test_sends_a_given_action_whatever_the_mask_says(mask) -> None:
    """It is the deployment's emergency exit: also where nothing is allowed at all."""
    assert Act(3) == sent(mask, 9, max_rejections=0, on_exhausted=3)


@pytest.mark.parametrize("on_exhausted", ["raise", "first_valid"])
def test_a_mask_that_allows_nothing_is_an_error_at_once(on_exhausted) -> None:
    """To ask again would not help, so the policy is not asked again."""
    with pytest.raises(WrapperError, match=r"info\['action_mask'\] allows no action, so 1"):
        sent([0, 0, 0, 0], 1, on_exhausted=on_exhausted)


def test_a_given_action_answers_at_once_where_nothing_is_allowed() -> None:
    """To ask again would not help."""
    assert Act(2) == sent([0, 0, 0, 0], 1, max_rejections=5, on_exhausted=2)


def test_one_axis_without_a_legal_action_leaves_none() -> None:
    """A MultiDiscrete action needs every axis."""
    with pytest.raises(WrapperError, match="allows no action"):
        sent([[1, 1], [0, 0, 0]], [0, 5], TWO_AXES)


def test_counts_anew_on_each_time_step() -> None:
    """Rejections in a row are those on one time step."""
    shown, wrapper = offering([1, 0, 0, 1]), RejectInvalidAction(max_rejections=1)

    replies = play(wrapper, shown, Act(1), shown, Act(1), Act(0), shown, Act(2), below=FOUR)

    refusal = shown.replace(reward=0.0)
    assert [shown, refusal, shown, refusal, Act(0), shown, refusal] == replies


def test_reads_the_mask_from_an_observation() -> None:
    """A Dict observation may carry it, at any depth."""
    flat = TimeStep({"action_mask": np.array([0, 1, 1, 1], np.int8), "x": 1})
    deep = TimeStep({"legal": {"now": np.array([0, 1, 1, 1], np.int8)}, "x": 1})
    by_path = RejectInvalidAction(("legal", "now"), source="observation")

    assert flat == play(RejectInvalidAction(source="observation"), flat, Act(0), below=FOUR)[-1]
    assert deep == play(by_path, deep, Act(0), below=FOUR)[-1]
    assert Act(1) == play(by_path, deep, Act(1), below=FOUR)[-1]


def test_reads_a_nested_info() -> None:
    """A key path leads into nested dicts of info too."""
    shown = TimeStep("f1", info={"legal": {"now": [0, 1, 1, 1]}})

    replies = play(RejectInvalidAction(["legal", "now"]), shown, Act(0), Act(1), below=FOUR)

    assert [shown, shown, Act(1)] == replies


@pytest.mark.parametrize(
    ("options", "shown", "message"),
    [
        ({}, TimeStep("f1", info={"mask": [1]}), r"info\['action_mask'\]: info has .*\['mask'\]"),
        (
            {"mask_key": ("a", "b")},
            TimeStep("f1", info={"a": {}}),
            r"info\['a'\] has the keys \[\]",
        ),
        ({"mask_key": ("a", "b")}, TimeStep("f1", info={"a": 3}), r"info\['a'\] is 3"),
        ({"source": "observation"}, TimeStep("f1"), "observation is 'f1'"),
    ],
)
def test_a_missing_mask_is_an_error_that_names_the_place(options, shown, message) -> None:
    """It says where it looked, what was there, and which arguments to change."""
    with pytest.raises(WrapperError, match=message) as caught:
        play(RejectInvalidAction(**options), shown, Act(1), below=FOUR)

    assert InputError is type(caught.value.__cause__)
    assert "mask_key" in str(caught.value)


@pytest.mark.parametrize(
    "mask",
    [
        [1, 0, 1],
        [[1, 0, 1, 1], [1, 0, 1, 1]],
        np.ones((2, 2), np.int8),
        np.array([0.5, 0.5, 0.0, 0.0]),
        np.array([1.0, 0.0, 0.0, 1.0]),
        [2, 0, 1, 1],
        [-1, 0, 1, 1],
        [],
        None,
        7,
        {"a": 1},
        "1111",
    ],
)
def test_a_mask_that_does_not_fit_is_an_error(mask) -> None:
    """Length, kind and values are checked before an action is refused."""
    with pytest.raises(
        WrapperError, match=r"(?s)info\['action_mask'\] is .*Discrete\(4\).* 4 of them"
    ):
        sent(mask, 0)


def test_says_how_long_the_mask_of_several_axes_is() -> None:
    """The error adds up the axes."""
    with pytest.raises(WrapperError, match=r"2 \+ 3 of them"):
        sent([1, 1, 1], [0, 5], TWO_AXES)


def test_the_host_may_use_its_mask_again() -> None:
    """What was shown decides, also after the host has written the next mask over it."""
    mask = np.array([1, 0, 0, 1], np.int8)
    wrapper = RejectInvalidAction().bind(FOUR)
    memory, _ = wrapper.on_state(None, offering(mask))

    mask[:] = [0, 1, 1, 0]
    memory, reply = wrapper.on_action(memory, Act(1))

    assert offering(np.array([1, 0, 0, 1], np.int8)).replace(reward=0.0) == reply
    assert Act(0) == wrapper.on_action(memory, Act(0))[1]


def test_judges_nothing_after_the_last_time_step() -> None:
    """An act then is for an Autoreset below, and a last time step need not have a mask."""
    over = TimeStep("f2", reward=1.0, terminated=True)

    replies = play(RejectInvalidAction(), opening([1, 0, 0, 1]), over, Act(1), below=FOUR)

    assert Act(1) == replies[-1]


def test_a_reset_passes_and_an_opening_alone_suffices() -> None:
    """What was refused in the last episode is forgotten, with and without a reset."""
    wrapper, first, second = (
        RejectInvalidAction().bind(FOUR),
        opening([1] * 4),
        opening([0, 1, 1, 1]),
    )
    stack = Stack(RejectInvalidAction()).bind(FOUR)
    memory = stack.initial(Key.from_seed(0))
    for message in (first, Act(5), Act(5)):
        memory, _ = stack.route(memory, message)

    between, request = stack.route(memory, Reset(seed=3))
    asked, _ = stack.route(between, second)
    unasked, _ = stack.route(memory, second)

    assert Reset(seed=3) == request
    assert asked == unasked
    assert asked.wrappers[0] == wrapper.on_state(None, second)[0]


def test_judges_nothing_before_the_first_time_step() -> None:
    """Without a mask there is nothing to judge by; the environment says that it was not reset."""
    assert [Act(9)] == play(RejectInvalidAction(), Act(9), below=FOUR)


def test_two_of_them_judge_by_two_masks() -> None:
    """The upper one takes the lower one's refusal for a time step like any other."""
    stack = RejectInvalidAction("a") | RejectInvalidAction("b")
    shown = TimeStep("f1", reward=3.0, info={"a": [1, 0], "b": [1, 1]})

    replies = play(stack, shown, Act(1), Act(0), below=Below(action_space=Discrete(2)))

    assert [shown, shown.replace(reward=0.0), Act(0)] == replies


@given(st.data())
def test_every_action_that_falls_is_legal(data) -> None:
    """Whatever mask and actions come, in range or out of it."""
    mask = data.draw(st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
    actions = data.draw(st.lists(st.integers(-1, 4), min_size=3, max_size=3))
    wrapper = RejectInvalidAction(max_rejections=2, on_exhausted="first_valid")

    replies = play(wrapper, offering(mask), *map(Act, actions), below=FOUR)

    assert all(mask[reply.action] for reply in replies if type(reply) is Act)
    assert any(type(reply) is Act for reply in replies)


@pytest.mark.parametrize("policy_seed", [0, 1])
def test_a_random_policy_drives_a_taxi_legally(policy_seed) -> None:
    """Taxi-v4 gives its mask in info; every action that reaches it is in the last one shown."""
    env = make("Taxi-v4", max_episode_steps=40)
    answer, policy = answers(env), np.random.default_rng(policy_seed)
    stack = Stack(RejectInvalidAction(max_rejections=100)).bind(below(env))
    chosen = FunctionPolicy(lambda _: int(policy.integers(6)))
    agent, command, legal = initial_agent(stack, chosen, Key.from_seed(0)), Reset(seed=1), []

    for _ in range(120):
        raw = answer(command)
        agent, command = push(stack, chosen, agent, raw, over=raw.last)
        if type(command) is Act:
            legal.append(raw.info["action_mask"][command.action])

    assert len(legal) > 100
    assert all(legal)


@pytest.mark.parametrize(
    ("known", "options", "message"),
    [
        (Below(), {}, r"action_space=\.\.\."),
        (Below(action_space=Box(-1, 1, (2,))), {}, "judges actions of a Discrete space"),
        (Below(action_space=MultiDiscrete([[2, 3], [4, 5]])), {}, "judges actions of a Discrete"),
        (FOUR, {"on_exhausted": 4}, "cannot send its action: on_exhausted is int 4"),
        (TWO_AXES, {"on_exhausted": np.array([0, 0])}, "cannot send its action"),
    ],
)
def test_refuses_at_bind_what_it_cannot_judge(known, options, message) -> None:
    """Space unknown or of another kind, or a given action outside it: said before anything runs."""
    with pytest.raises(BindError, match=message):
        RejectInvalidAction(**options).bind(known)


def test_looks_for_the_mask_in_a_known_observation_space() -> None:
    """A wrong key is found at bind, where the observation space is known."""
    space = Dict({"legal": Dict({"now": Box(0, 1, (4,), np.int8)})})
    known = Below(observation_space=space, action_space=Discrete(4))

    assert RejectInvalidAction(("legal", "now"), source="observation").bind(known)
    assert RejectInvalidAction("elsewhere").bind(known)
    with pytest.raises(BindError, match=r"observation_space\['legal'\] has the keys \['now'\]"):
        RejectInvalidAction(("legal", "then"), source="observation").bind(known)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "reward"}, "source"),
        ({"penalty": float("nan")}, "penalty of RejectInvalidAction is a finite number"),
        ({"penalty": None}, "penalty of RejectInvalidAction is a finite number"),
        ({"max_rejections": -1}, "max_rejections"),
        ({"on_exhausted": "give up"}, "'raise', 'first_valid' or an action, got 'give up'"),
    ],
)
def test_refuses_arguments_that_mean_nothing(options, message) -> None:
    """The arguments are checked when the wrapper is made."""
    with pytest.raises(ValueError, match=message):
        RejectInvalidAction(**options)
    with pytest.raises(TypeError, match="max_rejections"):
        RejectInvalidAction(max_rejections=1.5)


@pytest.mark.parametrize(
    "wrapper",
    [
        RejectInvalidAction(),
        RejectInvalidAction(("a", "b"), source="observation", penalty=-1, max_rejections=0),
        RejectInvalidAction(on_exhausted=np.array([1, 2])),
    ],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """`eval(repr(wrapper))` gives an equal wrapper."""
    assert wrapper == eval(repr(wrapper))  # noqa: S307 - that is the claim
    assert wrapper != RejectInvalidAction("another")


def test_changes_nothing_that_is_known() -> None:
    """Spaces and limits above are those below."""
    assert FOUR == RejectInvalidAction().bind(FOUR).above(FOUR)


def test_a_mask_may_be_of_one_action() -> None:
    """Which is legal or not, like any other."""
    wrapper = RejectInvalidAction().bind(Below(action_space=Discrete(1)))
    shown = TimeStep("f0", first=True, info={"action_mask": [1]})

    assert [shown, Act(0)] == play(wrapper, shown, Act(0), below=Below(action_space=Discrete(1)))


@pytest.mark.parametrize("action", [(1, 2), [1, 2], np.array([1, 2])], ids=repr)
def test_an_action_of_several_axes_may_be_an_array_or_a_sequence(action) -> None:
    """The mask is asked about its numbers."""
    known = Below(action_space=MultiDiscrete([2, 3]))
    legal = TimeStep("f0", first=True, info={"action_mask": ([0, 1], [0, 0, 1])})
    illegal = TimeStep("f0", first=True, info={"action_mask": ([0, 1], [1, 1, 0])})

    assert Act(action) == play(RejectInvalidAction(), legal, Act(action), below=known)[-1]
    assert isinstance(play(RejectInvalidAction(), illegal, Act(action), below=known)[-1], TimeStep)

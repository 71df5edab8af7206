"""StackKeys."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary

from statewrap.core.errors import BindError, InputError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.gym import GymWrapper
from statewrap.testing import play
from statewrap.wrappers import StackKeys
from tests.wrappers.scripted import Scripted

CAR = Dict(speed=Box(-9.0, 9.0, (), np.float32), gear=Discrete(6), eye=Box(0, 255, (2,), np.uint8))
BELOW = Below(CAR)


def drives(*speeds, wrapper, below=BELOW):
    """Return what is shown of an episode with these speeds; the eye sees them too."""
    steps = [
        TimeStep(
            {"speed": np.float32(s), "gear": 3, "eye": np.array([s, 2 * s], np.uint8)},
            first=number == 0,
        )
        for number, s in enumerate(speeds)
    ]
    messages = [steps[0]]
    for step in steps[1:]:
        messages += [Act(0), step]
    return [reply.observation for reply in play(wrapper, *messages, below=below)[::2]]


def test_stacks_each_key_as_long_as_it_is_told() -> None:
    """Newest last, the first value before an episode's beginning; other keys are passed."""
    shown = drives(1, 2, 3, wrapper=StackKeys({"speed": 3, "eye": 2}))

    assert [[1, 1, 1], [1, 1, 2], [1, 2, 3]] == [seen["speed"].tolist() for seen in shown]
    assert [[2, 4], [3, 6]] == shown[-1]["eye"].tolist()
    assert [3, 3, 3] == [seen["gear"] for seen in shown]


def test_pads_with_zeros() -> None:
    """Or with what is nearest to zero in the space, or a value, by key."""
    zeros = drives(1, 2, wrapper=StackKeys({"speed": 3}, padding_type="zero"))
    padding = {"speed": np.float32(7.0), "eye": "zero"}
    mixed = drives(1, wrapper=StackKeys({"speed": 2, "eye": 2}, padding_type=padding))

    assert [[0, 0, 1], [0, 1, 2]] == [seen["speed"].tolist() for seen in zeros]
    partly = drives(1, wrapper=StackKeys({"speed": 2, "eye": 2}, padding_type={"eye": "zero"}))

    assert [1, 1] == partly[0]["speed"].tolist()
    assert ([7, 1], [[0, 0], [1, 2]]) == (mixed[0]["speed"].tolist(), mixed[0]["eye"].tolist())


def test_shows_older_rows_as_differences_to_the_newest() -> None:
    """The newest row is the value itself, so the others can be had back."""
    reset = drives(1, 3, 4, wrapper=StackKeys({"speed": 3}, delta=["speed"]))
    zeros = drives(1, 3, 4, wrapper=StackKeys({"speed": 3}, delta=["speed"], padding_type="zero"))

    assert [[0, 0, 1], [2, 2, 3], [3, 1, 4]] == [seen["speed"].tolist() for seen in reset]
    assert [[1, 1, 1], [3, 2, 3], [3, 1, 4]] == [seen["speed"].tolist() for seen in zeros]


def test_differences_are_those_of_numpy() -> None:
    """In the dtype of the space, over two episodes, for a part with axes."""
    generator = np.random.default_rng(3)
    values = generator.normal(size=(7, 2, 3)).astype(np.float32)
    below = Below(Dict(a=Box(-99.0, 99.0, (2, 3))))
    wrapper = StackKeys({"a": 3}, delta=["a"])

    steps = [TimeStep({"a": v}, first=number in (0, 4)) for number, v in enumerate(values)]
    messages = [m for step in steps for m in ((step,) if step.first else (Act(0), step))]
    replies = [r for r in play(wrapper, *messages, below=below) if isinstance(r, TimeStep)]

    assert len(values) == len(replies)
    for number, reply in enumerate(replies):
        opening = 4 if number >= 4 else 0
        rows = values[[max(opening, number - 2), max(opening, number - 1), number]]
        expected = np.concatenate([rows[-1] - rows[:-1], rows[-1:]])
        assert same(expected, reply.observation["a"])


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [(np.uint8, np.int16), (np.int8, np.int16), (np.uint16, np.int32), (np.int32, np.int64)],
)
def test_differences_of_integers_do_not_overflow(dtype, wide) -> None:
    """They are taken in the next wider signed integers, which is what is announced."""
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    below = Below(Dict(a=Box(least, most, (), dtype)))
    wrapper = StackKeys({"a": 2}, delta=["a"])
    steps = TimeStep({"a": dtype(most)}, first=True), Act(0), TimeStep({"a": dtype(least)})

    rows = play(wrapper, *steps, below=below)[-1].observation["a"]
    space = wrapper.bind(below).above(below).observation_space["a"]

    assert ([least - most, least], wide) == (rows.tolist(), rows.dtype)
    assert ([least - most, least], [most - least, most]) == (
        space.low.tolist(),
        space.high.tolist(),
    )
    assert rows in space


def test_announces_each_stack() -> None:
    """With the bounds of differences, in the order of the Dict's keys."""
    wrapper = StackKeys({"speed": 2, "gear": 2}, delta=["speed"]).bind(BELOW)

    space = wrapper.above(BELOW).observation_space

    assert ["eye", "gear", "speed"] == list(space.spaces)
    assert gym.spaces.MultiDiscrete([6, 6]) == space["gear"]
    assert ([-18, -9], [18, 9]) == (space["speed"].low.tolist(), space["speed"].high.tolist())


def test_a_tag_is_the_new_key_and_the_original_may_stay() -> None:
    """Without a tag the stack takes the place of the value."""
    moved = drives(1, wrapper=StackKeys({"speed": 2}, tags={"speed": "speeds"}))[0]
    beside = StackKeys({"speed": 2}, tags={"speed": "speeds"}, keep_original=True)
    both = drives(1, wrapper=beside)[0]

    assert {"gear", "eye", "speeds"} == moved.keys()
    assert {"gear", "eye", "speed", "speeds"} == both.keys()
    assert (1.0, [1.0, 1.0]) == (both["speed"], both["speeds"].tolist())
    assert set(both) == set(beside.bind(BELOW).above(BELOW).observation_space)


def test_two_stacks_of_one_key_are_two_wrappers() -> None:
    """Each pushes once a step, whatever their lengths are."""
    two = StackKeys({"speed": 2}, tags={"speed": "short"}, keep_original=True) | StackKeys(
        {"speed": 3}, tags={"speed": "long"}
    )

    shown = drives(1, 2, 3, wrapper=two)[-1]

    assert ([2, 3], [1, 2, 3]) == (shown["short"].tolist(), shown["long"].tolist())


def test_two_stacks_of_one_key_in_one_wrapper_are_refused() -> None:
    """In words that say what to do; so are two under one name, and a name that is taken."""
    with pytest.raises(ValueError, match=r"names 'speed' twice, with 2 and 3.*put StackKeys"):
        StackKeys([("speed", 2), ("speed", 3)])
    with pytest.raises(ValueError, match="a name for each alone"):
        StackKeys({"speed": 2, "eye": 2}, tags={"eye": "speed"})
    with pytest.raises(BindError, match="has that key already"):
        StackKeys({"speed": 2}, tags={"speed": "gear"}).bind(BELOW)


def test_pairs_are_as_good_as_a_mapping() -> None:
    """As a configuration may write them."""
    assert StackKeys({"speed": 2, "eye": 3}) == StackKeys([["speed", 2], ("eye", np.int64(3))])


def test_forgets_with_the_episode() -> None:
    """Also if it was abandoned; acts and resets pass."""
    first = TimeStep({"speed": np.float32(5), "gear": 0, "eye": np.zeros(2, np.uint8)}, first=True)
    again = first.replace(observation={**first.observation, "speed": np.float32(8)})

    replies = play(StackKeys({"speed": 2}), first, Act(7), again, Reset(3), below=BELOW)

    assert [Act(7), Reset(3)] == replies[1::2]
    assert [8.0, 8.0] == replies[2].observation["speed"].tolist()


def test_what_came_and_what_is_shown_share_nothing() -> None:
    """What came is as it was; what is shown is read-only."""
    came = {"speed": np.float32(5), "gear": 0, "eye": np.ones(2, np.uint8)}

    for delta in ([], ["eye"]):
        wrapper = StackKeys({"eye": 2}, delta=delta)
        shown = play(wrapper, TimeStep(came, first=True), below=BELOW)[0].observation

        assert {"speed", "gear", "eye"} == came.keys()
        assert not np.shares_memory(came["eye"], shown["eye"])
        assert not shown["eye"].flags.writeable


@pytest.mark.parametrize("padding", ["reset", "zero"])
def test_a_stack_without_differences_is_gymnasiums(padding) -> None:
    """Key by key, over episodes that end in every way, bit for bit."""
    space = Dict(
        a=Box(-1.0, 1.0, (2,), np.float64), b=Discrete(5, start=2), c=Dict(d=MultiBinary(3))
    )
    theirs = gym.wrappers.FrameStackObservation(Scripted(space, [3, 1, 5]), 3, padding_type=padding)
    ours = GymWrapper(
        Scripted(space, [3, 1, 5]), StackKeys({"a": 3, "b": 3, "c": 3}, padding_type=padding)
    )

    assert theirs.observation_space == ours.observation_space
    for episode in range(4):
        seed = 7 if episode == 0 else None
        shown, expected = ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0]
        over = False
        while not over:
            assert same(expected, {key: shown[key] for key in expected})
            shown, *_ = ours.step(0)
            expected, _, terminated, truncated, _ = theirs.step(0)
            over = terminated or truncated
        assert same(expected, {key: shown[key] for key in expected})


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: StackKeys(3), TypeError, "expected numbers by key"),
        (lambda: StackKeys(["a", ("b", 2)]), TypeError, "expected numbers by key"),
        (lambda: StackKeys({"a": 1.0}), TypeError, "expected numbers by key"),
        (lambda: StackKeys({"a": True}), TypeError, "expected numbers by key"),
        (lambda: StackKeys({3: 2}), TypeError, "expected numbers by key"),
        (lambda: StackKeys({"a": 0}), ValueError, r"stack_sizes\['a'\] is 0, expected at least 1"),
        (lambda: StackKeys({}), ValueError, "expected at least one key"),
        (lambda: StackKeys({"a": 2}, delta="a"), TypeError, "expected a list of keys"),
        (lambda: StackKeys({"a": 2}, delta=3), TypeError, "expected a list of keys"),
        (lambda: StackKeys({"a": 2}, delta=["b"]), ValueError, "delta names 'b', which is not"),
        (lambda: StackKeys({"a": 2}, tags="b"), TypeError, "expected new names by key"),
        (lambda: StackKeys({"a": 2}, tags={"a": 5}), TypeError, "expected new names by key"),
        (lambda: StackKeys({"a": 2}, tags={"b": "c"}), ValueError, "tags names 'b'"),
        (lambda: StackKeys({"a": 2}, padding_type={"b": 0}), ValueError, "padding_type names 'b'"),
        (lambda: StackKeys({"a": 2}, keep_original=True), ValueError, "needs another name"),
        (lambda: StackKeys({"a": 2}, keep_original=1), TypeError, "expected True or False"),
    ],
)
def test_wrong_arguments_are_refused(make, kind, words) -> None:
    """When the wrapper is made."""
    with pytest.raises(kind, match=words):
        make()


@pytest.mark.parametrize(
    ("wrapper", "below", "words"),
    [
        (StackKeys({"a": 2}), Below(), "needs the observation_space"),
        (StackKeys({"a": 2}), Below(Discrete(3)), "needs a Dict with the key 'a'"),
        (StackKeys({"a": 2}), BELOW, "needs a Dict with the key 'a'"),
        (StackKeys({"gear": 2}, delta=["gear"]), BELOW, "cannot take differences of 'gear'"),
        (
            StackKeys({"a": 2}, delta=["a"]),
            Below(Dict(a=Box(0, 9, (), np.int64))),
            "integers of up to 32 bits",
        ),
        (
            StackKeys({"a": 2}, delta=["a"]),
            Below(Dict(a=Box(0, 1, (), np.bool_))),
            "cannot take differences",
        ),
        (StackKeys({"speed": 2}, padding_type="one"), BELOW, "padding_type"),
    ],
)
def test_a_space_that_does_not_fit_is_refused(wrapper, below, words) -> None:
    """At bind."""
    with pytest.raises(BindError, match=words):
        wrapper.bind(below)


@pytest.mark.parametrize("came", [None, {"speed": 1.0}, {"eye": np.zeros(3, np.uint8)}])
def test_an_observation_of_another_kind_is_refused(came) -> None:
    """With what came."""
    wrapper = StackKeys({"eye": 2}).bind(BELOW)

    with pytest.raises(InputError, match="cannot use the observation"):
        wrapper.on_state({"eye": ()}, TimeStep(came, first=True))


@pytest.mark.parametrize("delta", [(), ["a"]])
def test_a_number_without_a_place_in_the_dtype_is_refused(delta) -> None:
    """It does not wrap, also where its differences would have a place."""
    space = Dict(a=Box(-128, 127, (), np.int8))
    stack = StackKeys({"a": 2}, delta=delta).bind(Below(space))

    with pytest.raises(InputError, match="cannot use the observation"):
        stack.on_state(stack.initial(Key(0, 0)), TimeStep({"a": np.int64(70000)}, first=True))

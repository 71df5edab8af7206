"""SplitAction."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Tuple
from hypothesis import given
from hypothesis import strategies as st

from statewrap.core.errors import BindError, InputError
from statewrap.core.messages import Act
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.testing import FIRST, play
from statewrap.testing.strategies import boxes, values
from statewrap.wrappers import DiscretizeAction, SplitAction, WrapActionKey

CAR = Box(np.array([-1, 0, 0], np.float32), np.array([1, 2, 3], np.float32))
BELOW = Below(action_space=CAR)
PARTS = {"steer": 0, "pedals": [2, 1]}


def test_parts_are_put_together() -> None:
    """Each component in its place."""
    act = Act({"steer": np.float32(0.5), "pedals": np.array([3, 1], np.float32)})

    sent = play(SplitAction(PARTS), FIRST, act, below=BELOW)[-1]

    assert Act(np.array([0.5, 1.0, 3.0], np.float32)) == sent
    assert not sent.action.flags.writeable


def test_announces_the_bounds_of_each_part() -> None:
    """As a Dict, or without names as a Tuple."""
    named = SplitAction(PARTS).bind(BELOW).above(BELOW).action_space
    bare = SplitAction([[0], [2, 1]]).bind(BELOW).above(BELOW).action_space

    pedals = Box(np.zeros(2, np.float32), np.array([3, 2], np.float32))
    assert Dict(steer=Box(-1.0, 1.0, ()), pedals=pedals) == named
    assert Tuple([Box(-1.0, 1.0, (1,)), pedals]) == bare


@given(st.data())
def test_splitting_and_putting_together_give_every_bit_back(data) -> None:
    """In any order, of any shape and dtype, as a Dict and as a Tuple."""
    box = data.draw(boxes(shapes=((1,), (3,), (2, 2))))
    many = int(np.prod(box.shape))
    order = data.draw(st.permutations(range(many)))
    cut = data.draw(st.integers(1, many))
    parts = [part for part in (order[:cut], order[cut:]) if part]
    given = data.draw(st.sampled_from([parts, dict(zip("ab", parts, strict=False))]))
    split = SplitAction(given).bind(Below(action_space=box))
    action = data.draw(values(box))

    apart = split.revert_action(action)

    assert same(action, split.on_action(None, Act(apart))[1].action)
    assert apart in split.space


def test_odd_bits_are_moved_as_they_are() -> None:
    """Negative zero and NaN with a message of its own."""
    odd = np.array([-0.0, 0.0, 0.0], np.float32)
    odd.view(np.uint32)[1] = 0x7FC01234
    split = SplitAction(PARTS).bind(BELOW)

    assert odd.tobytes() == split.on_action(None, Act(split.revert_action(odd)))[1].action.tobytes()


def test_a_part_is_cut_into_bins() -> None:
    """By DiscretizeAction, whose own centres are the components."""
    stack = SplitAction({"steer": [0], "pedals": [1, 2]}) | WrapActionKey(
        "pedals", DiscretizeAction((2, 3), multidiscrete=True)
    )
    act = Act({"steer": np.array([0.25], np.float32), "pedals": np.array([1, 0])})

    sent = play(stack, FIRST, act, below=BELOW)[-1]

    assert Act(np.array([0.25, 1.5, 0.5], np.float32)) == sent


def test_wider_floats_and_lists_are_taken() -> None:
    """As numpy casts them; whole numbers too, where floats are wanted."""
    act = Act({"steer": 0.1, "pedals": [1, 2]})

    sent = play(SplitAction(PARTS), FIRST, act, below=BELOW)[-1]

    assert Act(np.array([0.1, 2.0, 1.0], np.float32)) == sent


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"a": [0, 1]}, r"\[2\] are in none"),
        ({"a": [0, 1], "b": [1, 2]}, r"\[1\] are in two parts or not there"),
        ({"a": [0, 1, 2, 3]}, r"\[3\] are in two parts or not there"),
        ([[0, -1], 1], r"\[-1\] are in two parts or not there"),
    ],
)
def test_each_component_is_in_one_part(parts, words) -> None:
    """Not in none, and not in two."""
    with pytest.raises(BindError, match=words):
        SplitAction(parts).bind(BELOW)


@pytest.mark.parametrize("below", [Below(), Below(action_space=Discrete(3))])
def test_a_box_is_needed(below) -> None:
    """A known one."""
    with pytest.raises(BindError, match=r"needs the action_space|requires a Box action space"):
        SplitAction(PARTS).bind(below)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        *((3, TypeError), ("ab", TypeError), ({"a": "b"}, TypeError), ({"a": 0.5}, TypeError)),
        *(({"a": []}, TypeError), ({"a": [0.5]}, TypeError), ({0: [1]}, TypeError)),
        *(({"a": True}, TypeError), ({}, ValueError), ([], ValueError)),
    ],
)
def test_parts_are_places_by_name(parts, kind) -> None:
    """Or a list of them."""
    with pytest.raises(kind, match=r'as SplitAction\(\{"steer"'):
        SplitAction(parts)


@pytest.mark.parametrize(
    "action",
    [
        None,
        {"steer": 0.5},
        {"steer": 0.5, "pedals": [1.0]},
        {"steer": [0.5], "pedals": [1.0, 1.0]},
        {"steer": "left", "pedals": [1.0, 1.0]},
        np.zeros(3, np.float32),
    ],
)
def test_an_action_of_another_kind_is_refused(action) -> None:
    """With what came and what was expected."""
    with pytest.raises(InputError, match="cannot use the action"):
        SplitAction(PARTS).bind(BELOW).on_action(None, Act(action))


def test_a_fraction_is_no_whole_number() -> None:
    """It is not cut off."""
    split = SplitAction([0]).bind(Below(action_space=Box(0, 9, (1,), np.int64)))

    with pytest.raises(InputError, match="cannot use the action"):
        split.on_action(None, Act((np.float64(2.5),)))


def test_only_actions_of_the_box_are_taken_apart() -> None:
    """By a wrapper that knows it."""
    with pytest.raises(BindError, match="is not bound"):
        SplitAction(PARTS).revert_action(np.zeros(3))
    for wrong in (np.zeros(2), None, "abc"):
        with pytest.raises(InputError, match="cannot use the action"):
            SplitAction(PARTS).bind(BELOW).revert_action(wrong)


@pytest.mark.parametrize(
    ("dtype", "number"),
    [
        *((np.int16, np.int64(40000)), (np.int16, -40000), (np.uint8, np.uint16(300))),
        *((np.int64, np.uint64(2**63)), (np.float32, 1e300), (np.float16, np.int64(70000))),
    ],
)
def test_a_number_without_a_place_in_the_dtype_is_refused(dtype, number) -> None:
    """It does not wrap, and does not become infinite; so also on the way back."""
    whole = np.dtype(dtype).kind != "f"
    low, high = (np.iinfo(dtype).min, np.iinfo(dtype).max) if whole else (-np.inf, np.inf)
    split = SplitAction({"a": 0}).bind(Below(action_space=Box(low, high, (1,), dtype)))

    with pytest.raises(InputError, match="cannot use the action"):
        split.on_action(None, Act({"a": number}))
    with pytest.raises(InputError, match="cannot use the action"):
        split.revert_action(np.array([number]))


def test_a_narrower_or_wider_integer_with_a_place_is_taken() -> None:
    """Its dtype need not be the Box's; infinity has a place in each float."""
    split = SplitAction({"a": 0}).bind(Below(action_space=Box(-9, 9, (1,), np.int16)))
    wide = SplitAction([0]).bind(Below(action_space=Box(-np.inf, np.inf, (1,), np.float32)))

    assert Act(np.array([7], np.int16)) == split.on_action(None, Act({"a": np.int64(7)}))[1]
    assert Act(np.float32([np.inf])) == wide.on_action(None, Act((np.float64(np.inf),)))[1]


def test_a_fraction_is_not_cut_off_on_the_way_back() -> None:
    """An action of a Box of whole numbers is whole."""
    split = SplitAction([0]).bind(Below(action_space=Box(0, 9, (1,), np.int64)))

    with pytest.raises(InputError, match="cannot use the action"):
        split.revert_action(np.array([2.5]))

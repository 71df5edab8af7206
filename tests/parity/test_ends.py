"""Episodes that end at each offset of a skip, in each way: the three loops agree."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from statewrap.core.messages import Act, TimeStep
from statewrap.testing.parity.actions import Style
from tests.parity.loops import Case, all_three, gymnasium_s
from tests.parity.recipes import Layer, layer
from tests.parity.worlds import LIGHT, World

KINDS = ((True, False), (False, True), (True, True))
REPEATS = 3
LEARN = layer("NormalizeObservation", mode="learn")
STACK = layer("FrameStackObservation", stack_size=3)
SKIP = layer("RepeatAction", num_repeats=REPEATS)
RECORD = layer("RecordEpisodeStatistics")


def around(*middle: Layer) -> tuple[Layer, ...]:
    """Put frames, statistics and a record below and above."""
    below = (STACK, LEARN, layer("RecordEpisodeStatistics", stats_key="below"))
    return (
        *below,
        *middle,
        layer("FrameStackObservation", stack_size=2, padding_type="zero"),
        RECORD,
    )


def ends_of(case: Case) -> Counter[tuple[int, bool, bool]]:
    """Count the ends of a case: the offset in the skip, and both flags, as types of bool."""
    top = len(case.layers)
    counted: Counter[tuple[int, bool, bool]] = Counter()
    steps = 0
    for gap, message in gymnasium_s(case).hops:
        if type(message) is TimeStep and message.first:
            steps = 0
        steps += gap == 0 and type(message) is Act
        if gap == top and type(message) is TimeStep and message.last:
            counted[(steps - 1) % REPEATS, bool(message.terminated), bool(message.truncated)] += 1
    return counted


@pytest.mark.parametrize("name", LIGHT)
def test_the_environment_ends_at_each_offset_of_a_skip(name):
    """Terminated, truncated and both; 18 ends of which each comes with its own length."""
    ends = tuple((steps, *kind) for steps in (1, 3, 2, 4, 5, 6) for kind in KINDS)
    world = World(name, limit=100, ends=ends, reward="float32")
    case = Case(world, around(SKIP))

    found = all_three(case)

    assert found is None, found
    assert {(offset, *kind) for offset in range(REPEATS) for kind in KINDS} == set(ends_of(case))


@pytest.mark.parametrize("on_reset", ["request", "continue"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("name", LIGHT)
def test_a_limit_below_the_skip_cuts_at_each_offset(name, limit, on_reset):
    """The stack truncates in the middle of a skip, now and then with the environment's own end."""
    ends = ((limit + 20, True, False), (limit, True, False), (limit + 7, False, True))
    world = World(name, limit=100, ends=ends, reward="float")
    case = Case(world, around(layer("TimeLimit", max_episode_steps=limit), SKIP), on_reset=on_reset)

    found = all_three(case)

    assert found is None, found
    assert ((limit - 1) % REPEATS, False, True) in ends_of(case)
    assert any(terminated for _, terminated, _ in ends_of(case))


@pytest.mark.parametrize("on_reset", ["request", "continue"])
@pytest.mark.parametrize("name", LIGHT)
def test_nested_limits_around_a_skip(name, on_reset):
    """The inner one counts the environment's steps, the outer ones the policy's."""
    limits = [layer("TimeLimit", max_episode_steps=steps) for steps in (11, 4, 9)]
    middle = (limits[0], SKIP, limits[1], limits[2])
    world = World(name, limit=100, ends=((5, True, False), (50, False, True)))
    case = Case(world, around(*middle), on_reset=on_reset)

    found = all_three(case)

    assert found is None, found
    assert (1, False, True) in ends_of(case)


@pytest.mark.parametrize("name", ["Acrobot-v1", "MountainCarContinuous-v0", "CartPole-v1"])
def test_the_environment_terminates_by_itself(name):
    """The environment's own physics ends these episodes, most of them before the limit."""
    uphill = layer("TransformAction", func=np.abs, action_space=None)
    case = Case(World(name, limit=60, near_the_goal=True), around(uphill, SKIP), seed=5)

    found = all_three(case)

    assert found is None, found
    ended = ends_of(case)
    assert (
        sum(many for (_, terminated, _), many in ended.items() if terminated)
        > case.world.episodes / 2
    )


@pytest.mark.parametrize("name", LIGHT)
def test_gymnasiums_own_time_limit_truncates(name):
    """The limit of `gymnasium.make` is the environment's, and the stack takes its flag over."""
    case = Case(World(name, limit=8), around(SKIP))

    found = all_three(case)

    assert found is None, found
    assert (1, False, True) in ends_of(case)


@pytest.mark.parametrize(
    "form", ["as given", "every second", "transposed float64", "dict", "tuple"]
)
@pytest.mark.parametrize("name", LIGHT)
def test_buffers_that_environment_and_policy_reuse(name, form):
    """A frame that was shown stays what it was; in a world that goes on, too."""
    layers = (SKIP, STACK, layer("FrameStackObservation", stack_size=2), RECORD)
    world = World(name, form=form, reuses=True, limit=13)
    case = Case(world, layers, Style("array", "float64", reuses=True))

    found = all_three(case)

    assert found is None, found


def test_the_time_of_an_episode_is_that_of_the_clock_given():
    """`t` is in the transcripts that are compared; here it is what the world's clock says."""
    case = Case(World("CartPole-v1", ends=((2, True, False),)), (RECORD,))

    _, last = gymnasium_s(case, 1).hops[-1]

    assert all_three(case, 1) is None
    assert round((5 + 64) / 1024, 6) == last.info["episode"]["t"]

"""Pushed, pulled and Gymnasium's own agree bit for bit, under stacks drawn at random.

`STATEWRAP_FULL=1` draws many more of them.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from statewrap.testing.parity.shims import REWARDS
from tests.parity.draws import FORMS, drawn_case, drawn_case_without_a_twin
from tests.parity.loops import Case, all_three, without_gymnasium
from tests.parity.recipes import WITH_A_TWIN, WITHOUT, layer
from tests.parity.worlds import LIGHT, NAMES, World

FULL = bool(os.environ.get("STATEWRAP_FULL"))
MANY = 400 if FULL else 3
FEW = 200 if FULL else 2
ON_RESET = ("request", "continue")
CONVERSIONS = {"ArrayConversion", "JaxToNumpy", "JaxToTorch", "NumpyToTorch"}
"""They are drawn in `test_conversions`."""

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:gymnasium.*")


@pytest.mark.parametrize("number", range(MANY))
@pytest.mark.parametrize("name", NAMES)
def test_all_three_loops_agree(name, number):
    """Where the environment is reset when the stack wants it, as in training."""
    found = all_three(drawn_case(name, number))

    assert found is None, found


@pytest.mark.parametrize("number", range(FEW))
@pytest.mark.parametrize("name", LIGHT)
def test_all_three_loops_agree_in_a_world_that_goes_on(name, number):
    """Where it cannot be reset, and is shown again when the stack ends an episode."""
    found = all_three(drawn_case(name, number, "continue"))

    assert found is None, found


@pytest.mark.parametrize("number", range(FEW))
@pytest.mark.parametrize("on_reset", ON_RESET)
@pytest.mark.parametrize("name", LIGHT)
def test_both_loops_agree_where_gymnasium_has_no_twin(name, on_reset, number):
    """Random resets and refusals, with the same seed, inside other wrappers."""
    case = drawn_case_without_a_twin(name, number, on_reset)

    found = without_gymnasium(case)

    assert found is None, found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_observation_is_learned_and_stacked_alike(form):
    """Below and above a skip, whatever the dtype and the memory order are; both kinds of world."""
    learn = layer("NormalizeObservation", mode="learn")
    frames = layer("FrameStackObservation", stack_size=3)
    numbers = form not in ("dict", "tuple")
    layers = (learn, frames, learn) if numbers else (frames, frames)
    ends = ((9, True, False), (13, False, True))
    for reuses in (False, True):
        world = World("Pendulum-v1", ends=ends, form=form, reuses=reuses)
        skip = layer("RepeatAction", num_repeats=2)

        found = all_three(Case(world, (*layers, skip, layer("TimeLimit", max_episode_steps=6))))

        assert found is None, found


def test_what_is_drawn_covers_the_box():
    """No wrapper, padding, form of observation or type of reward is left out of the normal run."""
    cases = [drawn_case(name, number) for name in NAMES for number in range(MANY)]
    others = [drawn_case_without_a_twin(name, number) for name in LIGHT for number in range(FEW)]
    layers = [one for case in cases + others for one in case.layers]
    stacks = [one.arguments for one in layers if one.name == "FrameStackObservation"]
    paddings = {p if isinstance(p, str) else "own" for p in (s["padding_type"] for s in stacks)}

    assert {*WITH_A_TWIN, *WITHOUT} == {one.name for one in layers} | CONVERSIONS
    assert {"reset", "zero", "own"} == paddings
    assert set(FORMS) == {case.world.form for case in cases}
    assert set(REWARDS) == {case.world.reward for case in cases}
    assert {True, False} == {case.world.reuses for case in cases}
    assert {True, False} == {case.style.reuses for case in cases}
    assert any(max(Counter(one.name for one in case.layers).values()) > 1 for case in cases)
    assert {2, 3, 4, 5, 6} == {len(case.layers) for case in cases}

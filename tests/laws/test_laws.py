"""Every law over every wrapper in the box, and over random stacks of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statewrap.testing import (
    LAWS,
    ends_are_kept,
    newest_observation_is_shown,
    rewards_add_up,
)
from statewrap.testing.strategies import scenes
from tests.laws.box import MAKERS, infos, scenes_of

CHANGES_REWARDS = {"ClipReward", "TransformReward", "RejectInvalidAction"}
CHANGES_OBSERVATIONS = {
    "FrameStackObservation",
    "NormalizeObservation",
    "Delay",
    "NoisyObservation",
}
CHANGES_ENDS = {"TimeLimit", "RandomReset", "EpisodicLife"}


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_a_wrapper_of_the_box_keeps_every_law(name, data) -> None:
    """A wrapper alone, over drawn spaces, episodes and actions; it leaves alone what it may."""
    scene = data.draw(scenes_of(name))

    for law in LAWS:
        law(*scene)
    if name not in CHANGES_REWARDS:
        rewards_add_up(*scene)
    if name not in CHANGES_OBSERVATIONS:
        newest_observation_is_shown(*scene)
    if name not in CHANGES_ENDS:
        ends_are_kept(*scene)


@settings(max_examples=3 * settings.default.max_examples)
@given(scenes(list(MAKERS.values()), infos=infos, min_size=1, max_size=5))
def test_a_random_stack_keeps_every_law(scene) -> None:
    """Up to five wrappers in any order."""
    for law in LAWS:
        law(*scene)

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


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_a_wrapper_of_the_box_keeps_every_law(name, data) -> None:
    """A wrapper alone, over drawn spaces, episodes and actions."""
    scene = data.draw(scenes_of(name))

    for law in LAWS:
        law(*scene)


@settings(max_examples=4 * settings.default.max_examples)
@given(scenes(list(MAKERS.values()), infos=infos, min_size=1, max_size=5))
def test_a_random_stack_keeps_every_law(scene) -> None:
    """Up to four wrappers in any order."""
    for law in LAWS:
        law(*scene)


REWARDS = {"ClipReward", "TransformReward", "RejectInvalidAction"}
OBSERVATIONS = {"FrameStackObservation", "NormalizeObservation", "Delay", "NoisyObservation"}
ENDS = {"TimeLimit", "RandomReset", "EpisodicLife"}


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_a_wrapper_leaves_alone_what_is_not_its_affair(name, data) -> None:
    """The sum of the rewards, the newest observation, the ends: but for those named above."""
    scene = data.draw(scenes_of(name))

    if name not in REWARDS:
        rewards_add_up(*scene)
    if name not in OBSERVATIONS:
        newest_observation_is_shown(*scene)
    if name not in ENDS:
        ends_are_kept(*scene)

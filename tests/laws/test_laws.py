"""Every law over every wrapper in the box, and over random stacks of them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from statewrap import Stack
from statewrap.testing import (
    LAWS,
    ends_are_kept,
    newest_observation_is_shown,
    rewards_add_up,
)
from statewrap.testing.strategies import scenes
from tests.laws.box import ALONE, MAKERS, infos, scenes_of

CHANGES_REWARDS = {
    "ClipReward",
    "NormalizeReward",
    "TransformReward",
    "RejectInvalidAction",
    "ClipRewardEnv",
    "VecNormalize",
    "ScaleReward",
}
CHANGES_OBSERVATIONS = {
    "ClipObservation",
    "AddRenderObservation",
    "ArrayConversion",
    "Delay",
    "DelayObservation",
    "FrameStackObservation",
    "JaxToNumpy",
    "JaxToTorch",
    "MaxAndSkipObservation",
    "NoisyObservation",
    "NormalizeObservation",
    "NumpyToTorch",
    "TimeAwareObservation",
    "DiscretizeObservation",
    "DtypeObservation",
    "FilterObservation",
    "FlattenObservation",
    "GrayscaleObservation",
    "RescaleObservation",
    "ReshapeObservation",
    "ResizeObservation",
    "AtariPreprocessing",
    "FireResetEnv",
    "MaxAndSkipEnv",
    "VecFrameStack",
    "VecNormalize",
    "VecTransposeImage",
    "WarpFrame",
    "StackKeys",
    "NormalizeKeys",
    "WrapKey",
    "TransposeObservation",
    "ExpandObservation",
    "NestObservation",
    "UnnestObservation",
}
CHANGES_ENDS = {
    "TimeAwareObservation",
    "TimeLimit",
    "RandomReset",
    "EpisodicLife",
    "AtariPreprocessing",
    "EpisodicLifeEnv",
    "FireResetEnv",
    "NoopResetEnv",
}


EXTRAS = {"JaxToNumpy": ["jax"], "JaxToTorch": ["jax", "torch"], "NumpyToTorch": ["torch"]}
"""What has to be installed beside the package."""


@pytest.mark.parametrize("name", [*MAKERS, *ALONE])
@given(data=st.data())
def test_a_wrapper_of_the_box_keeps_every_law(name, data) -> None:
    """A wrapper alone, over drawn spaces, episodes and actions; it leaves alone what it may."""
    for extra in EXTRAS.get(name, ()):
        pytest.importorskip(extra)
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
    """Up to five wrappers in any order; two that show their state under one key are an error."""
    keys = [one.state_key for one in Stack(scene.wrapper) if hasattr(one, "state_key")]
    named = [key for key in keys if key is not None]
    assume(len(named) == len({*named}))

    for law in LAWS:
        law(*scene)

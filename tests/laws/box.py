"""How to draw each wrapper of the box, with arguments that fit what lies below it."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from hypothesis import strategies as st

from statewrap import Below
from statewrap.testing.strategies import boxes, leaves, scenes, values
from statewrap.wrappers.clip import ClipAction, ClipReward
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import Moments, NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.rescale_action import RescaleAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformAction, TransformObservation, TransformReward
from tests.laws.machines import ActionPair, CountDecisions, Delay, EpisodicLife, NoisyObservation


def same_again(value: Any) -> Any:
    """Return what was given."""
    return value


def times_ten(reward: Any) -> Any:
    """Multiply by ten."""
    return 10 * reward


def frame_stacks(below: Below):
    """Draw every padding."""
    paddings = st.sampled_from(["reset", "zero"]) | values(below.observation_space)
    return st.builds(FrameStackObservation, st.integers(1, 3), padding_type=paddings)


def normalizers(below: Below):
    """Draw frozen and learning ones, where observations have a shape."""
    shape = below.observation_space.shape
    known = st.just(None)
    if shape is not None:
        known = st.just(Moments(np.full(shape, 0.5), np.full(shape, 2.0), 10.0))
    frozen = st.builds(NormalizeObservation, statistics=known.filter(bool), mode=st.just("frozen"))
    learning = st.builds(NormalizeObservation, statistics=known, mode=st.just("learn"))
    from_nothing = st.just(NormalizeObservation(mode="learn"))
    return from_nothing if shape is None else frozen | learning | from_nothing


def random_resets(below: Below):
    """Draw harmless actions and random ones."""
    action = values(below.action_space) | st.just("random")
    return st.builds(RandomReset, st.integers(0, 3), action=action, max_restarts=st.just(20))


def rejecters(below: Below):
    """Draw both ends of patience, with masks in the info."""
    last_resort = values(below.action_space) | st.just("first_valid")
    return st.builds(
        RejectInvalidAction,
        max_rejections=st.integers(0, 3),
        penalty=st.sampled_from([0.0, -1.0]),
        on_exhausted=last_resort,
    )


def rescalers(below: Below):
    """Draw a range for each bounded component, and keep the infinities of the others."""
    space = below.action_space
    if not isinstance(space, Box):
        return st.just(RescaleAction(-1.0, 1.0))
    low = np.where(np.isinf(space.low), space.low, -1.0)
    high = np.where(np.isinf(space.high), space.high, 1.0)
    return st.sampled_from([RescaleAction(low, high), RescaleAction(3 * low, 2 * high)])


def lives(below: Below):
    """Draw the no-op from the action space."""
    return values(below.action_space).map(EpisodicLife)


def noises(below: Below):
    """Draw one where observations are a Box of floats."""
    space = below.observation_space
    if isinstance(space, Box) and space.dtype.kind == "f":
        return st.just(NoisyObservation())
    return st.just(CountDecisions())


MAKERS = {
    "TimeLimit": st.builds(TimeLimit, st.integers(1, 4)),
    "RepeatAction": st.builds(RepeatAction, st.integers(1, 4)),
    "FrameStackObservation": frame_stacks,
    "NormalizeObservation": normalizers,
    "RecordEpisodeStatistics": st.builds(
        RecordEpisodeStatistics,
        st.sampled_from([0, 2, None]),
        st.text("abcdefgh", min_size=4, max_size=8),
    ),
    "ClipReward": st.sampled_from([ClipReward(-1.0, 1.0), ClipReward(max_reward=0)]),
    "ClipAction": st.just(ClipAction()),
    "RescaleAction": rescalers,
    "RejectInvalidAction": rejecters,
    "RandomReset": random_resets,
    "TransformObservation": st.just(TransformObservation(same_again, None)),
    "TransformAction": st.just(TransformAction(same_again, None)),
    "TransformReward": st.just(TransformReward(times_ten)),
    "CountDecisions": st.just(CountDecisions()),
    "Delay": st.just(Delay()),
    "EpisodicLife": lives,
    "NoisyObservation": noises,
    "ActionPair": st.just(ActionPair()),
}
"""Name, to how to draw one."""


FLOAT_BOXES = boxes([np.float32, np.float64])
OBSERVATIONS = {"NormalizeObservation": leaves(), "NoisyObservation": FLOAT_BOXES}
ACTIONS = {
    "ClipAction": FLOAT_BOXES,
    "RescaleAction": FLOAT_BOXES,
    "RejectInvalidAction": st.integers(1, 4).map(Discrete)
    | st.lists(st.integers(1, 3), min_size=1, max_size=3).map(MultiDiscrete),
}
"""Name, to the spaces on which that wrapper is at home; every space if none are named."""


def scenes_of(name: str):
    """Draw scenes of one wrapper alone, most of which it can be bound in."""
    observations, actions = OBSERVATIONS.get(name), ACTIONS.get(name)
    return scenes([MAKERS[name]], observations, actions, infos, min_size=1, max_size=1)


def infos(below: Below):
    """Draw lives, a number, and an action mask that allows something."""
    parts = {"lives": st.integers(0, 3), "score": st.sampled_from([0.0, np.float32(1.5)])}
    sizes = _axes(below.action_space)
    if sizes:
        parts["action_mask"] = st.tuples(*map(_mask, sizes)).map(np.concatenate)
    return st.fixed_dictionaries(parts)


def _axes(space: Any) -> list[int]:
    if isinstance(space, Discrete):
        return [int(space.n)]
    return space.nvec.tolist() if isinstance(space, MultiDiscrete) else []


def _mask(size: int):
    """Draw 0 and 1 for each action, 1 at least once."""
    legal = st.sets(st.integers(0, size - 1), min_size=1)
    return legal.map(lambda kept: np.isin(np.arange(size), sorted(kept)).astype(np.int8))

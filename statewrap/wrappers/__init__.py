"""Every wrapper in the box, under the names of Gymnasium where it has them."""

from statewrap.core.registry import register
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

__all__ = [
    "ClipAction",
    "ClipReward",
    "FrameStackObservation",
    "Moments",
    "NormalizeObservation",
    "RandomReset",
    "RecordEpisodeStatistics",
    "RejectInvalidAction",
    "RepeatAction",
    "RescaleAction",
    "TimeLimit",
    "TransformAction",
    "TransformObservation",
    "TransformReward",
]

# Snapshots name classes as they are registered, so that modules may be rearranged.
for _kind in (
    ClipAction,
    ClipReward,
    FrameStackObservation,
    NormalizeObservation,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    RescaleAction,
    TimeLimit,
    TransformAction,
    TransformObservation,
    TransformReward,
):
    register(_kind.__name__)(_kind)
    for _memory in _kind.memory_types:
        if _memory.__module__ == _kind.__module__:
            register(f"{_kind.__name__}.{_memory.__name__}")(_memory)

"""Every wrapper in the box, under the names of Gymnasium where it has them."""

from statewrap.core.registry import register
from statewrap.core.wrapper import Wrapper
from statewrap.wrappers.add_render import AddRenderObservation
from statewrap.wrappers.array_conversion import (
    ArrayConversion,
    JaxToNumpy,
    JaxToTorch,
    NumpyToTorch,
)
from statewrap.wrappers.atari import AtariPreprocessing
from statewrap.wrappers.autoreset import Autoreset
from statewrap.wrappers.clip import ClipAction, ClipReward
from statewrap.wrappers.clip_observation import ClipObservation
from statewrap.wrappers.convert import ConvertAction, ConvertObservation
from statewrap.wrappers.deadband import Deadband
from statewrap.wrappers.delay import DelayObservation
from statewrap.wrappers.discretize import DiscretizeAction, DiscretizeObservation
from statewrap.wrappers.dtype import DtypeObservation
from statewrap.wrappers.filter import FilterObservation
from statewrap.wrappers.flatten import FlattenObservation
from statewrap.wrappers.frame_noise import AddWhiteNoise, ObstructView
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.grayscale import GrayscaleObservation
from statewrap.wrappers.hold_last_observation import HoldLastObservation
from statewrap.wrappers.limit_action_rate import LimitActionRate
from statewrap.wrappers.max_and_skip import MaxAndSkipObservation
from statewrap.wrappers.monitor import Monitor
from statewrap.wrappers.nest import NestAction, NestObservation, UnnestAction, UnnestObservation
from statewrap.wrappers.normalize_keys import NormalizeKeys
from statewrap.wrappers.normalize_observation import Moments, NormalizeObservation
from statewrap.wrappers.normalize_reward import NormalizeReward
from statewrap.wrappers.order_enforcing import OrderEnforcing
from statewrap.wrappers.part_statistics import (
    PartStatistics,
    arrays_of_statistics,
    dump_statistics,
    estimate_statistics,
    load_statistics,
)
from statewrap.wrappers.passive_env_checker import PassiveEnvChecker
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.rearrange import ExpandObservation, TransposeObservation
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.reject_invalid_action import RejectInvalidAction
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.rescale_action import RescaleAction
from statewrap.wrappers.rescale_observation import RescaleObservation
from statewrap.wrappers.reshape import ReshapeObservation
from statewrap.wrappers.resize import ResizeObservation
from statewrap.wrappers.sb3_atari import (
    AtariWrapper,
    ClipRewardEnv,
    MaxAndSkipEnv,
    StickyActionEnv,
    WarpFrame,
)
from statewrap.wrappers.sb3_starts import EpisodicLifeEnv, FireResetEnv, NoopResetEnv
from statewrap.wrappers.scale_reward import ScaleReward
from statewrap.wrappers.skip_frames import SkipFrames
from statewrap.wrappers.split_action import SplitAction
from statewrap.wrappers.stack_keys import StackKeys
from statewrap.wrappers.sticky_action import StickyAction
from statewrap.wrappers.time_aware import TimeAwareObservation
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformAction, TransformObservation, TransformReward
from statewrap.wrappers.vec_frame_stack import VecFrameStack
from statewrap.wrappers.vec_normalize import VecNormalize
from statewrap.wrappers.vec_transpose_image import VecTransposeImage
from statewrap.wrappers.wrap_key import WrapActionKey, WrapKey

__all__ = [
    "AddRenderObservation",
    "AddWhiteNoise",
    "ArrayConversion",
    "AtariPreprocessing",
    "AtariWrapper",
    "Autoreset",
    "ClipAction",
    "ClipObservation",
    "ClipReward",
    "ClipRewardEnv",
    "ConvertAction",
    "ConvertObservation",
    "Deadband",
    "DelayObservation",
    "DiscretizeAction",
    "DiscretizeObservation",
    "DtypeObservation",
    "EpisodicLifeEnv",
    "ExpandObservation",
    "FilterObservation",
    "FireResetEnv",
    "FlattenObservation",
    "FrameStackObservation",
    "GrayscaleObservation",
    "HoldLastObservation",
    "JaxToNumpy",
    "JaxToTorch",
    "LimitActionRate",
    "MaxAndSkipEnv",
    "MaxAndSkipObservation",
    "Moments",
    "Monitor",
    "NestAction",
    "NestObservation",
    "NoopResetEnv",
    "NormalizeKeys",
    "NormalizeObservation",
    "NormalizeReward",
    "NumpyToTorch",
    "ObstructView",
    "OrderEnforcing",
    "PartStatistics",
    "PassiveEnvChecker",
    "RandomReset",
    "RecordEpisodeStatistics",
    "RejectInvalidAction",
    "RepeatAction",
    "RescaleAction",
    "RescaleObservation",
    "ReshapeObservation",
    "ResizeObservation",
    "ScaleReward",
    "SkipFrames",
    "SplitAction",
    "StackKeys",
    "StickyAction",
    "StickyActionEnv",
    "TimeAwareObservation",
    "TimeLimit",
    "TransformAction",
    "TransformObservation",
    "TransformReward",
    "TransposeObservation",
    "UnnestAction",
    "UnnestObservation",
    "VecFrameStack",
    "VecNormalize",
    "VecTransposeImage",
    "WarpFrame",
    "WrapActionKey",
    "WrapKey",
    "arrays_of_statistics",
    "dump_statistics",
    "estimate_statistics",
    "load_statistics",
]

# Snapshots name classes as they are registered, so that modules may be rearranged.
for _name in __all__:
    _kind = globals()[_name]
    if isinstance(_kind, type) and issubclass(_kind, Wrapper):
        register(_name)(_kind)
        for _memory in _kind.memory_types:
            if _memory.__module__ == _kind.__module__:
                register(f"{_name}.{_memory.__name__}")(_memory)

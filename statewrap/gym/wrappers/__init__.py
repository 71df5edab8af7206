"""Statewrap's wrappers as ordinary Gymnasium wrappers: in place of `gymnasium.wrappers`.

    from statewrap.gym.wrappers import FrameStackObservation, NormalizeObservation

    env = FrameStackObservation(NormalizeObservation(gymnasium.make("CartPole-v1")), 4)

Names, arguments, attributes and behaviour are Gymnasium's; `statewrap.gym.from_env(env)` gives
the stack of `statewrap.wrappers` that is put into production.
"""

from statewrap.gym.wrappers.actions import (
    ClipAction,
    DiscretizeAction,
    RepeatAction,
    RescaleAction,
    StickyAction,
    TransformAction,
)
from statewrap.gym.wrappers.arrays import (
    ArrayConversion,
    JaxToNumpy,
    JaxToTorch,
    NumpyToTorch,
)
from statewrap.gym.wrappers.atari import (
    AtariPreprocessing,
)
from statewrap.gym.wrappers.checking import (
    PassiveEnvChecker,
)
from statewrap.gym.wrappers.counting import (
    Autoreset,
    OrderEnforcing,
    TimeAwareObservation,
    TimeLimit,
)
from statewrap.gym.wrappers.frames import (
    DelayObservation,
    FrameStackObservation,
    MaxAndSkipObservation,
)
from statewrap.gym.wrappers.learning import (
    NormalizeObservation,
    NormalizeReward,
    RecordEpisodeStatistics,
)
from statewrap.gym.wrappers.observations import (
    DiscretizeObservation,
    DtypeObservation,
    FilterObservation,
    FlattenObservation,
    GrayscaleObservation,
    RescaleObservation,
    ReshapeObservation,
    ResizeObservation,
    TransformObservation,
)
from statewrap.gym.wrappers.pictures import AddRenderObservation, AddWhiteNoise, ObstructView
from statewrap.gym.wrappers.rewards import (
    ClipReward,
    TransformReward,
)
from statewrap.gym.wrappers.watching import HumanRendering, RecordVideo, RenderCollection

__all__ = [
    "AddRenderObservation",
    "AddWhiteNoise",
    "ArrayConversion",
    "AtariPreprocessing",
    "Autoreset",
    "ClipAction",
    "ClipReward",
    "DelayObservation",
    "DiscretizeAction",
    "DiscretizeObservation",
    "DtypeObservation",
    "FilterObservation",
    "FlattenObservation",
    "FrameStackObservation",
    "GrayscaleObservation",
    "HumanRendering",
    "JaxToNumpy",
    "JaxToTorch",
    "MaxAndSkipObservation",
    "NormalizeObservation",
    "NormalizeReward",
    "NumpyToTorch",
    "ObstructView",
    "OrderEnforcing",
    "PassiveEnvChecker",
    "RecordEpisodeStatistics",
    "RecordVideo",
    "RenderCollection",
    "RepeatAction",
    "RescaleAction",
    "RescaleObservation",
    "ReshapeObservation",
    "ResizeObservation",
    "StickyAction",
    "TimeAwareObservation",
    "TimeLimit",
    "TransformAction",
    "TransformObservation",
    "TransformReward",
]

for _name in __all__:  # specs and pickles say where they are offered, not where they are at home
    globals()[_name].__module__ = __name__

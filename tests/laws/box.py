"""How to draw each wrapper of the box, with arguments that fit what lies below it."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Tuple
from hypothesis import strategies as st

from statewrap import Below, BindError, Stack, Wrapper
from statewrap.testing.strategies import boxes, leaves, scenes, spaces, values
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
from statewrap.wrappers.vec_normalize import Running, VecNormalize
from statewrap.wrappers.vec_transpose_image import VecTransposeImage
from statewrap.wrappers.wrap_key import WrapActionKey, WrapKey
from tests.laws.machines import ActionPair, CountDecisions, Delay, EpisodicLife, NoisyObservation


def same_again(value: Any) -> Any:
    """Return what was given."""
    return value


def times_ten(reward: Any) -> Any:
    """Multiply by ten."""
    return 10 * reward


def whatever_the_state(action: Any, state: Any) -> Any:
    """Return the action that was given."""
    return action


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


def holders(below: Below):
    """Draw ones that have something to show in place of what is missing, and ones that do not."""
    value = values(below.observation_space)
    return st.builds(
        HoldLastObservation,
        st.integers(0, 2),
        on_exhausted=st.just("raise") | value,
        start=st.sampled_from([None, "hold"]) | value,
        info_key=st.text("abcdefgh", min_size=4, max_size=8),
    )


def rate_limits(below: Below):
    """Draw limits of every unit and start; whole ones a step, where actions are integers."""
    starts = st.sampled_from([None, "hold"]) | values(below.action_space)
    limits = st.builds(LimitActionRate, st.integers(1, 300), start=starts)
    if getattr(below.action_space, "dtype", np.dtype(object)).kind != "f":
        return limits
    fractions = st.sampled_from([0.1, 2.5])
    units = st.sampled_from(["step", "second"])
    return limits | st.builds(LimitActionRate, fractions, per=units, start=starts)


def bands(below: Below):
    """Draw widths and starts, and positions that always pass."""
    action = values(below.action_space)
    starts = st.sampled_from([None, "hold"]) | action
    widths = st.sampled_from([0, 0.1, 30.0])
    return st.builds(Deadband, widths, always=st.lists(action, max_size=2), start=starts)


def lives(below: Below):
    """Draw the no-op from the action space."""
    return values(below.action_space).map(EpisodicLife)


def skippers(below: Below):
    """Draw ones that show stale frames only where zeros, the first of them, are observations."""
    return st.builds(MaxAndSkipObservation, st.integers(2, 4), stale_frames=staleness(below))


def skippers_of_sb3(below: Below):
    """Draw the like."""
    return st.builds(MaxAndSkipEnv, st.integers(1, 4), stale_frames=staleness(below))


def staleness(below: Below):
    """Draw whether stale frames are shown: not where zeros, the first of them, lie outside."""
    space = below.observation_space
    blank = space.shape is not None and space.contains(np.zeros(space.shape, space.dtype))
    return st.booleans() if blank else st.just(False)


def reward_normalizers(below: Below):
    """Draw frozen and learning ones, some of which carry the return."""
    known = st.just(Moments(0.5, 2.0, 10.0))
    frozen = st.builds(NormalizeReward, statistics=known)
    gammas, carried = st.sampled_from([0.0, 0.5, 1.0]), st.booleans()
    learning = st.builds(NormalizeReward, gammas, mode=st.just("learn"), carry_return=carried)
    return frozen | learning


def stickers(below: Below):
    """Draw ones that draw from their key and ones that are given what to draw from."""
    durations = st.sampled_from([1, 2, (1, 3)])
    draws = st.sampled_from([None, np.random.default_rng(3), np.random.Philox(3)])
    return st.builds(StickyAction, st.sampled_from([0.0, 0.5, 0.9]), durations, draws=draws)


def clocks(below: Below):
    """Draw every form of them, each with a limit that is kept."""
    clock = st.builds(
        TimeAwareObservation,
        st.booleans(),
        st.booleans(),
        dict_time_key=st.text("abcdefgh", min_size=4, max_size=8),
    )
    return st.builds(Stack, st.builds(TimeLimit, st.integers(1, 4)), clock)


def renderers(below: Below):
    """Draw ones that show the picture alone and beside the observation, under a new key."""
    names = st.text("abcdefgh", min_size=4, max_size=8)
    return st.builds(AddRenderObservation, st.booleans(), names, names.map("of {}".format))


def snow(kind, *arguments):
    """Draw noise of a kind, grey or not, as wide as Gymnasium's or not, of a key or a state."""
    draws = st.sampled_from([None, np.random.default_rng(3)])
    return st.builds(kind, *arguments, st.booleans(), wide_noise=st.booleans(), draws=draws)


def filters(below: Below):
    """Draw some keys of a Dict, or indices of a Tuple from either end; at least one."""
    space = below.observation_space
    many = len(space.spaces) if isinstance(space, (Dict, Tuple)) else 0
    if not many:
        return st.just(CountDecisions())
    keys = list(space.spaces) if isinstance(space, Dict) else range(-many, many)
    return st.lists(st.sampled_from(keys), min_size=1, unique=True).map(FilterObservation)


def reshapers(below: Below):
    """Draw a row, a column and a box of the same number of elements."""
    many = int(np.prod(below.observation_space.shape or ()))
    return st.sampled_from([(many or 1,), (many or 1, 1), (1, many or 1, 1)]).map(
        ReshapeObservation
    )


def rescalers_of_observations(below: Below):
    """Draw a range for each bounded component, and keep the infinities of the others."""
    space = below.observation_space
    if not isinstance(space, Box):
        return st.just(RescaleObservation(-1.0, 1.0))
    low = np.where(np.isinf(space.low), space.low, -1.0)
    high = np.where(np.isinf(space.high), space.high, 2.0)
    return st.sampled_from([RescaleObservation(low, high), RescaleObservation(3 * low, 2 * high)])


def converters(below: Below):
    """Draw dtypes, of integers only where the bounds are such."""
    space = below.observation_space
    whole = isinstance(space, Box) and space.dtype.kind in "iu"
    dtypes = [np.float32, "float64", np.int64] if whole else [np.float32, "float64"]
    multi = isinstance(space, MultiDiscrete)
    return st.sampled_from([np.int32, "int64"] if multi else dtypes).map(DtypeObservation)


def discretizers(kind: type[Wrapper[Any]]) -> st.SearchStrategy[Wrapper[Any]]:
    """Draw few bins, the same number for each component, in both layouts."""
    return st.builds(kind, st.integers(1, 4), st.booleans())


def given_draws() -> st.SearchStrategy[Any]:
    """Draw nothing, or a generator to draw from."""
    return st.sampled_from([None, np.random.default_rng(3)])


def games(below: Below):
    """Draw Atari games of every form, in colour only where the screens are."""
    coloured = len(below.observation_space.shape or ()) == 3
    size = st.integers(1, 4)
    return st.builds(
        AtariPreprocessing,
        st.integers(0, 3),
        st.integers(1, 3),
        size | st.tuples(size, size),
        st.booleans(),
        st.booleans() if coloured else st.just(True),
        st.booleans(),
        st.booleans(),
        stale_frames=st.booleans(),
        draws=given_draws(),
    )


def vec_normalizers(below: Below):
    """Draw frozen and learning ones, of observations and rewards, or of rewards alone."""
    space = below.observation_space
    parts = space.spaces if isinstance(space, Dict) else {"": space}
    boxes = {key: part for key, part in parts.items() if isinstance(part, Box)}
    keys = list(boxes) if isinstance(space, Dict) else None
    known: Any = {
        key: Moments(np.full(b.shape, 0.5), np.full(b.shape, 2.0), 9.0) for key, b in boxes.items()
    }
    running = Running(known if keys is not None else known.get(""), Moments(0.0, 2.0, 9.0))
    options = {"clip_obs": st.sampled_from([0.5, 10.0]), "norm_reward": st.booleans()}
    rewards = st.builds(VecNormalize, norm_obs=st.just(False), mode=st.just("learn"))
    if not boxes:
        return rewards
    frozen = st.builds(
        VecNormalize, norm_obs_keys=st.just(keys), statistics=st.just(running), **options
    )
    learning = st.builds(
        VecNormalize, norm_obs_keys=st.just(keys), mode=st.just("learn"), **options
    )
    return rewards | frozen | learning


NAMES = st.text("abcdefgh", min_size=4, max_size=8)
"""Longer than the keys of a space that is drawn."""


def keys_of(space: Any) -> list[str]:
    """Return the keys of a Dict; other spaces have none."""
    return list(space.spaces) if isinstance(space, Dict) else []


@st.composite
def key_stacks(draw, below: Below):
    """Draw stacks of some keys, with and without differences, beside the originals or not."""
    space = below.observation_space
    if not keys_of(space):
        return CountDecisions()
    sizes = draw(st.dictionaries(st.sampled_from(keys_of(space)), st.integers(1, 3), min_size=1))
    small = (np.float32, np.float64, np.int8, np.uint8)
    boxes = [k for k in sizes if isinstance(space[k], Box) and space[k].dtype in small]
    tags = {key: f"{key} stacked" for key in sizes if draw(st.booleans())}
    return StackKeys(
        sizes,
        delta=[key for key in boxes if draw(st.booleans())],
        padding_type=draw(st.sampled_from(["reset", "zero"])),
        tags=tags,
        keep_original=len(tags) == len(sizes) and draw(st.booleans()),
    )


def known_parts(space: Any) -> Any:
    """Return statistics for each Box of numbers in a space, by mean and std where it has one."""
    if isinstance(space, Dict):
        parts = {key: known_parts(part) for key, part in space.spaces.items()}
        return {key: part for key, part in parts.items() if part is not None} or None
    if not isinstance(space, Box) or space.dtype.kind not in "fiu":
        return None
    known = {"mean": 0.5, "std": np.full(space.shape, 2.0)} if space.shape else {}
    return {**known, "low": -1.0, "high": 3.0}


def key_normalizers(below: Below):
    """Draw both strategies, some of which clip."""
    known = known_parts(below.observation_space)
    if known is None:
        return st.just(CountDecisions())
    clips = st.sampled_from([None, (-0.5, 0.5)])
    return st.builds(
        NormalizeKeys, st.just(known), strategy=st.sampled_from([None, "range"]), clip=clips
    )


@st.composite
def key_wrappers(draw, below: Below):
    """Draw one wrapper or two for a key, such as keep a window, learn, delay, or draw."""
    space = below.observation_space
    if not keys_of(space):
        return CountDecisions()
    key = draw(st.sampled_from(keys_of(space)))
    part = Below(space[key])
    learning = NormalizeObservation(mode="learn")
    learns = [learning] if space[key].shape is not None else []
    inner = st.sampled_from([DelayObservation(1), FrameStackObservation(2), *learns])
    chosen = draw(st.lists(inner, min_size=1, max_size=2))
    try:
        Stack(*chosen).bind(part)
    except BindError:
        chosen = [FrameStackObservation(2)]
    tag = draw(st.none() | NAMES)
    return WrapKey(key, chosen, tag=tag, keep_original=tag is not None and draw(st.booleans()))


@st.composite
def action_key_wrappers(draw, below: Below):
    """Draw wrappers that draw, and that hold on to what was sent, for a key."""
    if not keys_of(below.action_space):
        return CountDecisions()
    key = draw(st.sampled_from(keys_of(below.action_space)))
    part = below.action_space[key]
    limits = [LimitActionRate(1, start="hold")] if isinstance(part, Box) else []
    inner = st.sampled_from([StickyAction(0.5), NestAction("deeper"), *limits])
    return WrapActionKey(key, draw(inner), tag=draw(st.none() | NAMES))


def frame_skips(below: Below):
    """Draw sticky ones, ones that do nothing, and ones that do something."""
    fills = st.sampled_from(["sticky", "noop"]) | values(below.action_space)
    return st.builds(SkipFrames, st.integers(1, 4), fill=fills)


@st.composite
def splits(draw, below: Below):
    """Draw the components in any order, cut into two parts, as a Dict or a Tuple."""
    space = below.action_space
    many = int(np.prod(space.shape)) if isinstance(space, Box) else 0
    if not many:
        return CountDecisions()
    order = draw(st.permutations(range(many)))
    cut = draw(st.integers(1, many))
    parts = [part for part in (order[:cut], order[cut:]) if part]
    named = dict(zip(("one", "two"), parts, strict=False))
    return SplitAction(draw(st.sampled_from([parts, named])))


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
    "Autoreset": st.just(Autoreset()),
    "DelayObservation": st.builds(DelayObservation, st.integers(0, 3)),
    "MaxAndSkipObservation": skippers,
    "NormalizeReward": reward_normalizers,
    "OrderEnforcing": st.just(OrderEnforcing()),
    "StickyAction": stickers,
    "TimeAwareObservation": clocks,
    "FilterObservation": filters,
    "FlattenObservation": st.just(FlattenObservation()),
    "ReshapeObservation": reshapers,
    "ResizeObservation": st.builds(
        ResizeObservation, st.tuples(st.integers(1, 4), st.integers(1, 4))
    ),
    "GrayscaleObservation": st.builds(GrayscaleObservation, st.booleans()),
    "RescaleObservation": rescalers_of_observations,
    "DtypeObservation": converters,
    "DiscretizeObservation": discretizers(DiscretizeObservation),
    "DiscretizeAction": discretizers(DiscretizeAction),
    "AddRenderObservation": renderers,
    "AddWhiteNoise": snow(AddWhiteNoise, st.sampled_from([0.0, 0.5])),
    "ObstructView": snow(ObstructView, st.sampled_from([0.0, 0.5]), st.integers(1, 7)),
    "PassiveEnvChecker": st.just(PassiveEnvChecker()),
    "ClipObservation": st.just(ClipObservation()),
    "Deadband": bands,
    "HoldLastObservation": holders,
    "LimitActionRate": rate_limits,
    "AtariPreprocessing": games,
    "ClipRewardEnv": st.just(ClipRewardEnv()),
    "EpisodicLifeEnv": st.just(EpisodicLifeEnv()),
    "FireResetEnv": st.builds(FireResetEnv, stale_frames=st.booleans()),
    "MaxAndSkipEnv": skippers_of_sb3,
    "Monitor": st.just(Monitor()),
    "NoopResetEnv": st.builds(NoopResetEnv, st.integers(1, 3), draws=given_draws()),
    "StickyActionEnv": st.builds(
        StickyActionEnv, st.sampled_from([0.0, 0.5, 1.0]), draws=given_draws()
    ),
    "VecFrameStack": st.builds(
        VecFrameStack, st.integers(1, 3), st.sampled_from([None, "first", "last"])
    ),
    "VecNormalize": vec_normalizers,
    "VecTransposeImage": st.builds(VecTransposeImage, st.booleans()),
    "WarpFrame": st.builds(WarpFrame, st.integers(1, 4), st.integers(1, 4)),
    "StackKeys": key_stacks,
    "NormalizeKeys": key_normalizers,
    "WrapKey": key_wrappers,
    "WrapActionKey": action_key_wrappers,
    "TransposeObservation": st.just(TransposeObservation()),
    "ExpandObservation": st.builds(ExpandObservation, st.sampled_from([0, -1])),
    "NestObservation": st.builds(NestObservation, st.sampled_from("abc")),
    "UnnestObservation": st.just(UnnestObservation()),
    "NestAction": st.builds(NestAction, st.sampled_from("abc")),
    "UnnestAction": st.just(UnnestAction()),
    "SplitAction": splits,
    "SkipFrames": frame_skips,
    "ScaleReward": st.builds(ScaleReward, st.sampled_from([0.5, -2, np.float32(0.1)])),
    "ConvertObservation": lambda below: st.builds(
        ConvertObservation,
        st.just(same_again),
        st.just(below.observation_space),
        state_key=st.none() | NAMES,
    ),
    "ConvertAction": lambda below: st.just(ConvertAction(whatever_the_state, below.action_space)),
    "CountDecisions": st.just(CountDecisions()),
    "Delay": st.just(Delay()),
    "EpisodicLife": lives,
    "NoisyObservation": noises,
    "ActionPair": st.just(ActionPair()),
}
"""Name, to how to draw one."""

ALONE = {
    "ArrayConversion": st.just(ArrayConversion("numpy", "numpy")),
    "JaxToNumpy": st.just(JaxToNumpy()),
    "JaxToTorch": st.just(JaxToTorch()),
    "NumpyToTorch": st.just(NumpyToTorch()),
}
"""Those above which most others are not at home, for they compute with numpy's arrays."""


FLOAT_BOXES = boxes([np.float32, np.float64])
PICTURES = st.sampled_from([(2, 3, 3), (1, 1, 3), (4, 2, 3)]).map(
    lambda shape: Box(0, 255, shape, np.uint8)
)
BOUNDED = boxes(shapes=((), (1,), (3,), (2, 2))).filter(
    lambda box: np.isfinite(box.high - box.low).all()
)
DICTS = spaces().filter(lambda space: isinstance(space, Dict))
SINGLE = leaves().map(lambda space: Dict(part=space))
OBSERVATIONS = {
    "ClipObservation": boxes() | spaces().filter(lambda space: isinstance(space, (Dict, Tuple))),
    "FilterObservation": spaces().filter(lambda space: isinstance(space, (Dict, Tuple))),
    "ReshapeObservation": boxes(shapes=((), (1,), (3,), (2, 2))),
    "ResizeObservation": PICTURES | PICTURES.map(lambda box: Box(0, 255, box.shape[:2], np.uint8)),
    "GrayscaleObservation": PICTURES,
    "RescaleObservation": boxes().filter(lambda box: np.all(box.low < box.high)),
    "DtypeObservation": leaves(),
    "DiscretizeObservation": BOUNDED,
    "AtariPreprocessing": PICTURES | PICTURES.map(lambda box: Box(0, 255, box.shape[:2], np.uint8)),
    "MaxAndSkipEnv": PICTURES | leaves(),
    "MaxAndSkipObservation": leaves(),
    "NormalizeObservation": leaves(),
    "VecFrameStack": PICTURES | boxes(shapes=((1,), (3,), (2, 2))),
    "VecNormalize": FLOAT_BOXES | spaces().filter(lambda space: isinstance(space, Dict)),
    "VecTransposeImage": PICTURES,
    "WarpFrame": PICTURES,
    "NoisyObservation": FLOAT_BOXES,
    "StackKeys": DICTS,
    "NormalizeKeys": DICTS | boxes(),
    "WrapKey": DICTS,
    "TransposeObservation": boxes(shapes=((2, 3), (1, 2, 2))),
    "ExpandObservation": boxes(),
    "UnnestObservation": SINGLE,
}
BUTTONS = st.integers(3, 5).map(Discrete)
ACTIONS = {
    "AtariPreprocessing": BUTTONS,
    "EpisodicLifeEnv": BUTTONS,
    "FireResetEnv": BUTTONS,
    "NoopResetEnv": BUTTONS,
    "StickyActionEnv": BUTTONS,
    "Deadband": boxes(),
    "LimitActionRate": boxes(),
    "DiscretizeAction": BOUNDED,
    "ClipAction": FLOAT_BOXES,
    "WrapActionKey": DICTS,
    "UnnestAction": SINGLE,
    "SplitAction": boxes(shapes=((1,), (3,), (2, 2))),
    "RescaleAction": FLOAT_BOXES,
    "RejectInvalidAction": st.integers(1, 4).map(Discrete)
    | st.lists(st.integers(1, 3), min_size=1, max_size=3).map(MultiDiscrete),
}
"""Name, to the spaces on which that wrapper is at home; every space if none are named."""


def scenes_of(name: str):
    """Draw scenes of one wrapper alone, most of which it can be bound in."""
    observations, actions = OBSERVATIONS.get(name), ACTIONS.get(name)
    maker = {**MAKERS, **ALONE}[name]
    return scenes([maker], observations, actions, infos, min_size=1, max_size=1)


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

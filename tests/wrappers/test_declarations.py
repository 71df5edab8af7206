"""What every wrapper of the box declares (arguments, needs, memory, names), and what it is."""

from __future__ import annotations

import inspect

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text

from statewrap import Act, Below, Key
from statewrap import wrappers as box
from statewrap.core.registry import name_of, registered
from statewrap.core.same import same
from statewrap.wrappers import (
    AddRenderObservation,
    AddWhiteNoise,
    ArrayConversion,
    AtariPreprocessing,
    Autoreset,
    ClipAction,
    ClipObservation,
    ClipReward,
    ClipRewardEnv,
    ConvertAction,
    ConvertObservation,
    Deadband,
    DelayObservation,
    DiscretizeAction,
    DiscretizeObservation,
    DtypeObservation,
    EpisodicLifeEnv,
    ExpandObservation,
    FilterObservation,
    FireResetEnv,
    FlattenObservation,
    FrameStackObservation,
    GrayscaleObservation,
    HoldLastObservation,
    LimitActionRate,
    MaxAndSkipEnv,
    MaxAndSkipObservation,
    Moments,
    Monitor,
    NestAction,
    NestObservation,
    NoopResetEnv,
    NormalizeKeys,
    NormalizeObservation,
    NormalizeReward,
    ObstructView,
    OrderEnforcing,
    PassiveEnvChecker,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    RescaleAction,
    RescaleObservation,
    ReshapeObservation,
    ResizeObservation,
    ScaleReward,
    SkipFrames,
    SplitAction,
    StackKeys,
    StickyAction,
    StickyActionEnv,
    TimeAwareObservation,
    TimeLimit,
    TransformAction,
    TransformObservation,
    TransformReward,
    TransposeObservation,
    UnnestAction,
    UnnestObservation,
    VecFrameStack,
    VecNormalize,
    VecTransposeImage,
    WarpFrame,
    WrapActionKey,
    WrapKey,
)

LEARNED = Moments(np.zeros(2), np.ones(2), 5.0)

ARGUMENTS = {
    "AddRenderObservation": "(render_only=True, render_key='pixels', obs_key='state')",
    "AddWhiteNoise": "(probability_of_noise_per_pixel, is_noise_grayscale=False, *,"
    " wide_noise=False, draws=None)",
    "ArrayConversion": "(env_xp, target_xp, env_device=None, target_device=None)",
    "JaxToNumpy": "()",
    "JaxToTorch": "(device=None)",
    "NumpyToTorch": "(device=None)",
    "ObstructView": "(obstructed_pixels_ratio, obstruction_width, is_noise_grayscale=False, *,"
    " wide_noise=False, draws=None)",
    "PassiveEnvChecker": "()",
    "Autoreset": "()",
    "ClipAction": "()",
    "ClipObservation": "(min_obs=None, max_obs=None)",
    "ClipReward": "(min_reward=None, max_reward=None)",
    "Deadband": "(width, *, always=(), start=None)",
    "DelayObservation": "(delay)",
    "DiscretizeAction": "(bins, multidiscrete=False)",
    "DiscretizeObservation": "(bins, multidiscrete=False)",
    "DtypeObservation": "(dtype)",
    "FilterObservation": "(filter_keys)",
    "FlattenObservation": "()",
    "FrameStackObservation": "(stack_size, *, padding_type='reset')",
    "GrayscaleObservation": "(keep_dim=False)",
    "HoldLastObservation": "(max_steps, *, on_exhausted='raise', start=None, info_key='held')",
    "LimitActionRate": "(max_change, *, per='step', start=None)",
    "MaxAndSkipObservation": "(skip=4, *, stale_frames=False)",
    "NormalizeObservation": "(epsilon=1e-08, *, statistics=None, mode='frozen')",
    "NormalizeReward": "(gamma=0.99, epsilon=1e-08, *, statistics=None, mode='frozen',"
    " carry_return=False)",
    "OrderEnforcing": "(disable_render_order_enforcing=False)",
    "RandomReset": "(noop_max=30, *, action=0, max_restarts=10)",
    "RecordEpisodeStatistics": "(buffer_length=100, stats_key='episode')",
    "RejectInvalidAction": "(mask_key='action_mask', *, source='info', penalty=0.0,"
    " max_rejections=10, on_exhausted='raise')",
    "RepeatAction": "(num_repeats)",
    "RescaleAction": "(min_action, max_action)",
    "RescaleObservation": "(min_obs, max_obs, *, keep_dtype=False)",
    "ReshapeObservation": "(shape)",
    "ResizeObservation": "(shape)",
    "StickyAction": "(repeat_action_probability, repeat_action_duration=1, *, draws=None)",
    "TimeAwareObservation": "(flatten=True, normalize_time=False, *, dict_time_key='time')",
    "TimeLimit": "(max_episode_steps)",
    "TransformAction": "(func, action_space)",
    "TransformObservation": "(func, observation_space)",
    "TransformReward": "(func)",
    "AtariPreprocessing": "(noop_max=30, frame_skip=4, screen_size=84,"
    " terminal_on_life_loss=False, grayscale_obs=True, grayscale_newaxis=False, scale_obs=False,"
    " *, stale_frames=False, draws=None)",
    "ClipRewardEnv": "()",
    "EpisodicLifeEnv": "()",
    "FireResetEnv": "(*, stale_frames=False)",
    "MaxAndSkipEnv": "(skip=4, *, stale_frames=False)",
    "Monitor": "(allow_early_resets=True, info_keywords=())",
    "NoopResetEnv": "(noop_max=30, *, draws=None)",
    "StickyActionEnv": "(action_repeat_probability, *, draws=None)",
    "VecFrameStack": "(n_stack, channels_order=None)",
    "VecNormalize": "(*, norm_obs=True, norm_reward=True, clip_obs=10.0, clip_reward=10.0,"
    " gamma=0.99, epsilon=1e-08, norm_obs_keys=None, statistics=None, mode='frozen')",
    "VecTransposeImage": "(skip=False)",
    "WarpFrame": "(width=84, height=84)",
    "ConvertAction": "(func, action_space)",
    "ConvertObservation": "(func, observation_space, *, state_key=None)",
    "ExpandObservation": "(axis=0)",
    "NestAction": "(key='action')",
    "NestObservation": "(key='observation')",
    "NormalizeKeys": "(statistics, *, strategy=None, clip=None, exclude=())",
    "ScaleReward": "(scale)",
    "SkipFrames": "(num_steps, *, fill='sticky')",
    "SplitAction": "(parts)",
    "StackKeys": "(stack_sizes, *, delta=(), padding_type='reset', tags=None, keep_original=False)",
    "TransposeObservation": "(axes=None)",
    "UnnestAction": "()",
    "UnnestObservation": "()",
    "WrapActionKey": "(key, wrappers, *, tag=None)",
    "WrapKey": "(key, wrappers, *, tag=None, keep_original=False)",
}
"""Every wrapper of the box, with its arguments and their defaults."""

MEMORIES = {
    "Deadband": ["Deadband.Sent"],
    "HoldLastObservation": ["HoldLastObservation.Held"],
    "LimitActionRate": ["LimitActionRate.Sent"],
    "AddWhiteNoise": ["statewrap.core.key:Key", "statewrap.core.draws:NumpyDraws"],
    "ObstructView": ["statewrap.core.key:Key", "statewrap.core.draws:NumpyDraws"],
    "PassiveEnvChecker": ["PassiveEnvChecker.Checked"],
    "FrameStackObservation": ["gymnasium.spaces.graph:GraphInstance"],
    "MaxAndSkipObservation": ["MaxAndSkipObservation.Skip"],
    "NormalizeObservation": ["NormalizeObservation.Moments"],
    "NormalizeReward": ["NormalizeReward.Discounted", "NormalizeObservation.Moments"],
    "RandomReset": ["RandomReset.Owed", "statewrap.core.key:Key"],
    "RecordEpisodeStatistics": [
        "RecordEpisodeStatistics.Tally",
        "RecordEpisodeStatistics.Episodes",
    ],
    "RejectInvalidAction": ["RejectInvalidAction.Offered"],
    "RepeatAction": ["RepeatAction.Held"],
    "StickyAction": [
        "StickyAction.Stuck",
        "statewrap.core.key:Key",
        "statewrap.core.draws:KeyDraws",
        "statewrap.core.draws:NumpyDraws",
    ],
    "AtariPreprocessing": [
        "AtariPreprocessing.Game",
        "AtariPreprocessing.Start",
        "AtariPreprocessing.Held",
        "statewrap.core.key:Key",
        "statewrap.core.draws:NumpyDraws",
    ],
    "EpisodicLifeEnv": ["EpisodicLifeEnv.Lives"],
    "FireResetEnv": ["FireResetEnv.Firing", "statewrap.core.key:Key"],
    "MaxAndSkipEnv": ["MaxAndSkipEnv.Repeated"],
    "Monitor": ["Monitor.Sums"],
    "NoopResetEnv": [
        "NoopResetEnv.Noops",
        "statewrap.core.key:Key",
        "statewrap.core.draws:NumpyDraws",
    ],
    "StickyActionEnv": [
        "StickyActionEnv.Last",
        "statewrap.core.key:Key",
        "statewrap.core.draws:KeyDraws",
        "statewrap.core.draws:NumpyDraws",
    ],
    "VecNormalize": ["VecNormalize.Running", "NormalizeObservation.Moments"],
    "ConvertAction": ["ConvertAction.Seen"],
    "SkipFrames": ["RepeatAction.Held"],
    "StackKeys": ["gymnasium.spaces.graph:GraphInstance"],
    "WrapActionKey": ["statewrap.wrappers.within:Within"],
    "WrapKey": ["statewrap.wrappers.within:Within"],
}
"""Whose memories are made of classes, and the names that these have in a snapshot."""

KINDS = {name: getattr(box, name) for name in ARGUMENTS}


def _double(value):
    return 2 * value


def _ordered(action, state):
    return action - state


MADE = [
    AddRenderObservation(),
    AddWhiteNoise(0.5),
    ArrayConversion("numpy", "numpy"),
    ObstructView(0.5, 3),
    PassiveEnvChecker(),
    Autoreset(),
    ClipAction(),
    ClipObservation(-9.0, 9.0),
    ClipReward(-1.0, 1.0),
    Deadband(0.25),
    DelayObservation(2),
    DiscretizeAction(3),
    DiscretizeObservation((2, 3)),
    DtypeObservation(np.float64),
    FilterObservation(["a"]),
    FlattenObservation(),
    FrameStackObservation(2, padding_type="zero"),
    GrayscaleObservation(),
    HoldLastObservation(2, on_exhausted=0.5),
    LimitActionRate(0.25),
    MaxAndSkipObservation(3),
    NormalizeObservation(statistics=LEARNED),
    NormalizeObservation(mode="learn"),
    NormalizeReward(statistics=Moments(0.0, 1.0, 5.0)),
    OrderEnforcing(),
    RandomReset(5, action="random"),
    RecordEpisodeStatistics(),
    RejectInvalidAction(on_exhausted=1),
    RepeatAction(2),
    RescaleAction(-1.0, 1.0),
    RescaleObservation(-1.0, 1.0),
    ReshapeObservation((2, 1)),
    ResizeObservation((9, 8)),
    StickyAction(0.25, 2),
    TimeAwareObservation(),
    TimeLimit(9),
    TransformAction(_double, None),
    TransformObservation(_double, None),
    TransformReward(_double),
    AtariPreprocessing(9),
    ClipRewardEnv(),
    EpisodicLifeEnv(),
    FireResetEnv(),
    MaxAndSkipEnv(3),
    Monitor(),
    NoopResetEnv(9),
    StickyActionEnv(0.25),
    VecFrameStack(2),
    VecNormalize(
        statistics={"obs_rms": LEARNED, "ret_rms": {"mean": 0.0, "var": 1.0, "count": 5.0}}
    ),
    VecTransposeImage(),
    WarpFrame(),
    ConvertAction(_ordered, Discrete(2)),
    ConvertObservation(_double, Discrete(2)),
    ExpandObservation(),
    NestAction(),
    NestObservation(),
    NormalizeKeys({"mean": 0.0, "std": 1.0}),
    ScaleReward(0.5),
    SkipFrames(2),
    SplitAction([0, 1]),
    StackKeys({"a": 2, "b": 3}, tags={"a": "old a", "b": "old b"}),
    TransposeObservation(),
    UnnestAction(),
    UnnestObservation(),
    WrapActionKey("a", StickyAction(0.5)),
    WrapKey("a", DelayObservation(1), tag="late"),
]
PICTURES = Box(0, 255, (4, 6, 3), np.uint8)
EXTRAS = {"JaxToNumpy", "JaxToTorch", "NumpyToTorch"}
"""What can be bound only where an optional package is installed; tested for itself."""
VECTOR = Below(
    Box(-1.0, 1.0, (2,)), Box(-3.0, 3.0, (2,)), max_episode_steps=9, frame_space=PICTURES
)
NUMBERS = Below(Box(-1.0, 1.0, (2,)), Discrete(3))
PICTURES = Below(Box(0, 255, (9, 8, 3), np.uint8), Discrete(3))
PARTS = Below(Dict(a=Discrete(2), b=Discrete(3)), Discrete(3))
ONE_PART = Below(Dict(a=Discrete(2)), Dict(a=Discrete(3)))


def named(wrapper) -> str:
    """Tell the class of a wrapper."""
    return type(wrapper).__name__


def bound_somewhere(wrapper):
    """Bind a wrapper to the spaces that it takes."""
    atari = (AtariPreprocessing, VecTransposeImage, WarpFrame)
    if isinstance(wrapper, (GrayscaleObservation, ResizeObservation, *atari)):
        return wrapper.bind(PICTURES)
    if isinstance(wrapper, (FilterObservation, StackKeys)):
        return wrapper.bind(PARTS)
    if isinstance(wrapper, (UnnestAction, UnnestObservation, WrapActionKey, WrapKey)):
        return wrapper.bind(ONE_PART)
    starts = (EpisodicLifeEnv, FireResetEnv, NoopResetEnv, StickyActionEnv)
    discrete = isinstance(wrapper, (RejectInvalidAction, RandomReset, *starts))
    return wrapper.bind(NUMBERS if discrete else VECTOR)


def test_the_box_is_complete() -> None:
    """Every wrapper is exported, and beside them what is an argument, and a stack."""
    functions = [f"{word}_statistics" for word in ("arrays_of", "dump", "estimate", "load")]
    others = [*functions, "AtariWrapper", "Moments", "PartStatistics"]
    assert sorted([*ARGUMENTS, *others]) == box.__all__
    assert ARGUMENTS.keys() - EXTRAS == {named(wrapper) for wrapper in MADE}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_have_gymnasiums_names_and_defaults(name) -> None:
    """In this order; what is added to Gymnasium's is keyword-only."""
    parameters = inspect.signature(KINDS[name]).parameters.values()
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]

    assert ARGUMENTS[name] == str(inspect.Signature(bare))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_snapshots_name_wrappers_and_memories_by_registered_names(name) -> None:
    """So that modules may be rearranged; what is not the wrapper's own keeps its own name."""
    kind = KINDS[name]

    assert registered()[name] is kind
    assert name == name_of(kind)
    assert MEMORIES.get(name, []) == [name_of(memory) for memory in kind.memory_types]


def test_nothing_else_of_the_box_is_registered() -> None:
    """A class that two wrappers use is neither's."""
    names = {name for name in registered() if name.split(".")[0] in ARGUMENTS}

    assert {*ARGUMENTS, *(m for ms in MEMORIES.values() for m in ms if ":" not in m)} == names


def test_what_is_needed_on_time_steps_is_declared() -> None:
    """The time for durations and rates, the picture for what shows or changes it."""
    needs = {name: kind.needs for name, kind in KINDS.items() if kind.needs}

    assert {
        "AddRenderObservation": frozenset({"frame"}),
        "AddWhiteNoise": frozenset({"frame"}),
        "LimitActionRate": frozenset({"time"}),
        "Monitor": frozenset({"time"}),
        "ObstructView": frozenset({"frame"}),
        "RecordEpisodeStatistics": frozenset({"time"}),
    } == needs


def test_what_outlives_an_episode_is_declared() -> None:
    """The episodes before, and what was learned, which alone is acted on; one comes late."""
    learns = NormalizeObservation(mode="learn")

    keeps = {named(wrapper): wrapper.keeps for wrapper in MADE if wrapper.keeps}

    assert {
        "NormalizeObservation": True,
        "PassiveEnvChecker": True,
        "RecordEpisodeStatistics": frozenset({"past"}),
    } == keeps
    assert learns.keeps
    assert not NormalizeObservation(statistics=LEARNED).keeps
    assert [learns] == [wrapper for wrapper in MADE if wrapper.learns]
    delays = [DelayObservation(2), WrapKey("a", DelayObservation(1), tag="late")]
    assert delays == [wrapper for wrapper in MADE if wrapper.delays]


@pytest.mark.parametrize("wrapper", MADE, ids=named)
def test_a_wrapper_is_a_value(wrapper) -> None:
    """Frozen, without room for anything else, equal to its like, and what `bind` adds is hidden."""
    twin = attrs.evolve(wrapper)

    assert wrapper == twin
    assert hash(wrapper) == hash(twin)
    assert (wrapper, repr(wrapper)) == (bound_somewhere(wrapper), repr(bound_somewhere(wrapper)))
    assert not hasattr(wrapper, "__dict__")
    for field in attrs.fields(type(wrapper)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(wrapper, field.name, None)


@pytest.mark.parametrize("wrapper", MADE, ids=named)
def test_what_bind_derives_is_no_argument(wrapper) -> None:
    """Unbound, it is nothing, or follows from the arguments alone; `bind` leaves the original."""
    derived = {field.name for field in attrs.fields(type(wrapper)) if not field.init}
    before = {name: getattr(wrapper, name) for name in derived}

    bound_somewhere(wrapper)

    assert not derived & inspect.signature(type(wrapper)).parameters.keys()
    assert all(getattr(wrapper, name) is value for name, value in before.items())
    own = isinstance(wrapper, (ClipReward, NormalizeReward, ObstructView, StickyAction))
    assert own or all(value is None or value == () for value in before.values())


@pytest.mark.parametrize("wrapper", MADE, ids=named)
def test_each_argument_is_compared(wrapper) -> None:
    """Wrappers of other arguments are others."""
    others = {
        "min_reward": -2.0,
        "max_reward": 2.0,
        "stack_size": 3,
        "padding_type": "reset",
        "epsilon": 1e-3,
        "statistics": Moments(0.0, 1.0, 6.0)
        if isinstance(wrapper, NormalizeReward)
        else Moments(np.zeros(2), np.ones(2), 6.0),
        "mode": {"frozen": "learn", "learn": "frozen"}.get(getattr(wrapper, "mode", "")),
        "noop_max": 6,
        "action": 1,
        "max_restarts": 3,
        "buffer_length": None,
        "stats_key": "other",
        "mask_key": "other",
        "source": "observation",
        "penalty": -1.0,
        "max_rejections": 3,
        "on_exhausted": "raise",
        "num_repeats": 3,
        "min_action": -2.0,
        "max_action": 2.0,
        "max_episode_steps": 8,
        "func": abs,
        "action_space": Discrete(3),
        "observation_space": Discrete(3),
        "delay": 3,
        "skip": 4,
        "stale_frames": True,
        "gamma": 0.5,
        "carry_return": True,
        "disable_render_order_enforcing": True,
        "repeat_action_probability": 0.5,
        "repeat_action_duration": (1, 2),
        "draws": np.random.default_rng(3),
        "flatten": False,
        "normalize_time": True,
        "dict_time_key": "steps",
        "filter_keys": ["b"],
        "keep_dim": True,
        "shape": (1, 2),
        "min_obs": -2.0,
        "max_obs": 2.0,
        "keep_dtype": True,
        "wide_noise": True,
        "render_only": False,
        "render_key": "frame",
        "obs_key": "other",
        "probability_of_noise_per_pixel": 0.25,
        "is_noise_grayscale": True,
        "obstructed_pixels_ratio": 0.25,
        "obstruction_width": 4,
        "env_xp": "torch",
        "target_xp": "torch",
        "env_device": "cpu",
        "target_device": "cpu",
        "dtype": np.float32,
        "bins": (3, 2),
        "multidiscrete": True,
        "max_change": 0.5,
        "per": "second",
        "start": "hold",
        "width": 0.5,
        "always": (0.0,),
        "max_steps": 3,
        "info_key": "missing",
        "frame_skip": 3,
        "screen_size": (9, 8),
        "terminal_on_life_loss": True,
        "grayscale_obs": False,
        "grayscale_newaxis": True,
        "scale_obs": True,
        "allow_early_resets": False,
        "info_keywords": ("lap",),
        "action_repeat_probability": 0.5,
        "n_stack": 3,
        "channels_order": "first",
        "norm_obs": False,
        "norm_reward": False,
        "clip_obs": 1.0,
        "clip_reward": 1.0,
        "norm_obs_keys": ("a",),
        "height": 9,
        "state_key": "state",
        "axis": -1,
        "key": "b",
        "strategy": "range",
        "clip": (0.0, 1.0),
        "exclude": ("a",),
        "scale": 2.0,
        "num_steps": 3,
        "fill": "noop",
        "parts": [1, 0],
        "stack_sizes": {"a": 1, "b": 3},
        "delta": ("b",),
        "tags": {"a": "c", "b": "d"},
        "axes": (0,),
        "wrappers": DelayObservation(2),
        "tag": "c",
    }
    if isinstance(wrapper, VecNormalize):
        others["statistics"] = {"obs_rms": LEARNED, "ret_rms": Moments(0.0, 1.0, 6.0)}
    if isinstance(wrapper, VecTransposeImage):
        others["skip"] = True
    if isinstance(wrapper, NormalizeKeys):
        others["statistics"] = {"mean": 0.0, "std": 1.0, "low": 0.0, "high": 1.0}
    if isinstance(wrapper, WrapActionKey):
        others["wrappers"] = StickyAction(0.25)
    if isinstance(wrapper, (StackKeys, WrapKey)):
        others["padding_type"] = "zero"
        others["keep_original"] = True
    if isinstance(wrapper, WarpFrame):
        others["width"] = 9
    for field in attrs.fields(type(wrapper)):
        known = wrapper
        if field.name == "mode" and wrapper.statistics is None:
            known = attrs.evolve(wrapper, statistics=LEARNED)
        if field.init:
            changed = attrs.evolve(known, **{field.name: others[field.name]})
            assert known != changed
            assert repr(known) != repr(changed)


def test_a_new_session_remembers_what_is_plain() -> None:
    """Before anything was shown."""
    key = Key.from_seed(0)
    learning = NormalizeObservation(mode="learn")
    others = [wrapper for wrapper in MADE if wrapper != learning]
    initial = {named(wrapper): bound_somewhere(wrapper).initial(key) for wrapper in others}

    assert 0.0 == initial.pop("FrameStackObservation")[0].sum()
    assert () == initial.pop("DelayObservation")
    assert (None, 0, 0.0, ()) == initial.pop("MaxAndSkipObservation")
    assert (None, 0, 0, (key, ())) == initial.pop("StickyAction")
    assert 0 == initial.pop("TimeAwareObservation")
    assert [False, False] == [initial.pop("Autoreset"), initial.pop("OrderEnforcing")]
    assert [key, key] == [initial.pop("AddWhiteNoise"), initial.pop("ObstructView")]
    assert (False, False) == initial.pop("PassiveEnvChecker")
    assert (0.0, 0, 0.0, (0, (), (), ())) == initial.pop("RecordEpisodeStatistics")
    assert 0 == initial.pop("TimeLimit")
    assert (None, None, 0, (), None) == initial.pop("AtariPreprocessing")
    assert (0, True, None) == initial.pop("EpisodicLifeEnv")
    assert (None, False, (), key) == initial.pop("FireResetEnv")
    assert (None, 0, 0.0, ()) == initial.pop("MaxAndSkipEnv")
    assert (0.0, 0.0, 0, False) == initial.pop("Monitor")
    assert (None, False, key, None) == initial.pop("NoopResetEnv")
    assert (Act(0), (key, ())) == initial.pop("StickyActionEnv")
    assert (None,) == initial.pop("Deadband")
    assert (None, None, 0.0) == initial.pop("LimitActionRate")
    assert same((None, np.zeros(2, np.int64)), tuple(initial.pop("HoldLastObservation")))
    assert {"a": (), "b": ()} == initial.pop("StackKeys")
    assert ((), ((),)) == initial.pop("WrapKey")
    assert ((), ((None, 0, 0, (key.fold(0), ())),)) == initial.pop("WrapActionKey")
    assert {None} == set(initial.values())


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (ClipReward, "min_reward"),
        (lambda array: ClipReward(None, array), "max_reward"),
        (lambda array: FrameStackObservation(2, padding_type=array), "padding_type"),
        (lambda array: RandomReset(2, action=array), "action"),
        (lambda array: RejectInvalidAction(on_exhausted=array), "on_exhausted"),
        (lambda array: RescaleAction(array, 3.0), "min_action"),
        (lambda array: RescaleAction(-3.0, array), "max_action"),
        (lambda array: RescaleObservation(array, 3.0), "min_obs"),
        (lambda array: RescaleObservation(-3.0, array), "max_obs"),
        (ClipObservation, "min_obs"),
        (lambda array: ClipObservation(None, array), "max_obs"),
        (Deadband, "width"),
        (lambda array: Deadband(1.0, start=array), "start"),
        (lambda array: LimitActionRate(1.0, start=array), "start"),
        (lambda array: HoldLastObservation(1, start=array), "start"),
        (lambda array: HoldLastObservation(1, on_exhausted=array), "on_exhausted"),
    ],
)
def test_an_array_given_as_an_argument_is_copied(make, name) -> None:
    """The caller goes on with its own, and nobody writes into the wrapper's."""
    given = np.zeros(2)

    wrapper = make(given)
    given[0] = 1.0

    assert [0.0, 0.0] == getattr(wrapper, name).tolist()
    assert not getattr(wrapper, name).flags.writeable


def test_only_one_word_asks_for_random_actions() -> None:
    """Any other text is an action, where actions are texts."""
    below = Below(action_space=Text(2))

    assert RandomReset(action="random").draws
    assert not RandomReset(action="up").draws
    assert not RandomReset(action=0).draws
    assert RandomReset(action="up").bind(below) == RandomReset(action="up")


@pytest.mark.parametrize("source", ["frame", "state", "infoobservation", None])
def test_a_mask_is_in_the_info_or_in_the_observation(source) -> None:
    """Nothing else of a time step has one."""
    with pytest.raises(ValueError, match=r"source is .*, expected one of 'info', 'observation'"):
        RejectInvalidAction(source=source)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (RandomReset, "noop_max"),
        (RandomReset, "max_restarts"),
        (RejectInvalidAction, "max_rejections"),
    ],
)
def test_what_is_counted_is_an_integer_from_zero_on(make, name) -> None:
    """0 is a number too."""
    assert 0 == getattr(make(**{name: 0}), name)
    with pytest.raises(ValueError, match=f"{name} is -1, expected at least 0"):
        make(**{name: -1})
    for wrong in (1.0, "1", None):
        with pytest.raises(TypeError, match=name):
            make(**{name: wrong})


@pytest.mark.parametrize("kind", [TransformAction, TransformObservation])
def test_a_transform_takes_a_function_and_a_space_or_none(kind) -> None:
    """Both have to be said: what the function makes of a space is not known otherwise."""
    assert kind(_double, Discrete(3)) != kind(_double, None)
    with pytest.raises(TypeError, match="space"):
        kind(_double)
    with pytest.raises(TypeError, match="space"):
        kind(_double, 3)
    with pytest.raises(TypeError, match="func is 3, expected a function"):
        kind(3, None)
    with pytest.raises(TypeError, match="func is 3, expected a function"):
        TransformReward(3)

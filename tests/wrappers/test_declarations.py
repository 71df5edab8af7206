"""What every wrapper of the box declares (arguments, needs, memory, names), and what it is."""

from __future__ import annotations

import inspect

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, Text

from statewrap import Below, Key
from statewrap import wrappers as box
from statewrap.core.registry import name_of, registered
from statewrap.wrappers import (
    ClipAction,
    ClipReward,
    FrameStackObservation,
    Moments,
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
)

LEARNED = Moments(np.zeros(2), np.ones(2), 5.0)

ARGUMENTS = {
    "ClipAction": "()",
    "ClipReward": "(min_reward=None, max_reward=None)",
    "FrameStackObservation": "(stack_size, *, padding_type='reset')",
    "NormalizeObservation": "(epsilon=1e-08, *, statistics=None, mode='frozen')",
    "RandomReset": "(noop_max=30, *, action=0, max_restarts=10)",
    "RecordEpisodeStatistics": "(buffer_length=100, stats_key='episode')",
    "RejectInvalidAction": "(mask_key='action_mask', *, source='info', penalty=0.0,"
    " max_rejections=10, on_exhausted='raise')",
    "RepeatAction": "(num_repeats)",
    "RescaleAction": "(min_action, max_action)",
    "TimeLimit": "(max_episode_steps)",
    "TransformAction": "(func, action_space)",
    "TransformObservation": "(func, observation_space)",
    "TransformReward": "(func)",
}
"""Every wrapper of the box, with its arguments and their defaults."""

MEMORIES = {
    "FrameStackObservation": ["gymnasium.spaces.graph:GraphInstance"],
    "NormalizeObservation": ["NormalizeObservation.Moments"],
    "RandomReset": ["RandomReset.Owed", "statewrap.core.key:Key"],
    "RecordEpisodeStatistics": [
        "RecordEpisodeStatistics.Tally",
        "RecordEpisodeStatistics.Episodes",
    ],
    "RejectInvalidAction": ["RejectInvalidAction.Offered"],
    "RepeatAction": ["RepeatAction.Held"],
}
"""Whose memories are made of classes, and the names that these have in a snapshot."""

KINDS = {name: getattr(box, name) for name in ARGUMENTS}


def _double(value):
    return 2 * value


MADE = [
    ClipAction(),
    ClipReward(-1.0, 1.0),
    FrameStackObservation(2, padding_type="zero"),
    NormalizeObservation(statistics=LEARNED),
    NormalizeObservation(mode="learn"),
    RandomReset(5, action="random"),
    RecordEpisodeStatistics(),
    RejectInvalidAction(on_exhausted=1),
    RepeatAction(2),
    RescaleAction(-1.0, 1.0),
    TimeLimit(9),
    TransformAction(_double, None),
    TransformObservation(_double, None),
    TransformReward(_double),
]
VECTOR = Below(Box(-1.0, 1.0, (2,)), Box(-3.0, 3.0, (2,)))
NUMBERS = Below(Box(-1.0, 1.0, (2,)), Discrete(3))


def named(wrapper) -> str:
    """Tell the class of a wrapper."""
    return type(wrapper).__name__


def bound_somewhere(wrapper):
    """Bind a wrapper to the space of actions that it takes."""
    discrete = isinstance(wrapper, (RejectInvalidAction, RandomReset))
    return wrapper.bind(NUMBERS if discrete else VECTOR)


def test_the_box_is_complete() -> None:
    """Every wrapper is exported, and beside them the one memory that is an argument."""
    assert sorted([*ARGUMENTS, "Moments"]) == box.__all__
    assert ARGUMENTS.keys() == {named(wrapper) for wrapper in MADE}


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


def test_only_the_duration_of_episodes_needs_the_time() -> None:
    """And none needs a picture."""
    needs = {name: kind.needs for name, kind in KINDS.items() if kind.needs}

    assert {"RecordEpisodeStatistics": frozenset({"time"})} == needs


def test_what_outlives_an_episode_is_declared() -> None:
    """The episodes before, and what was learned, which alone is acted on; nothing comes late."""
    learns = NormalizeObservation(mode="learn")

    keeps = {named(wrapper): wrapper.keeps for wrapper in MADE if wrapper.keeps}

    assert {"RecordEpisodeStatistics": frozenset({"past"}), "NormalizeObservation": True} == keeps
    assert learns.keeps
    assert not NormalizeObservation(statistics=LEARNED).keeps
    assert [learns] == [wrapper for wrapper in MADE if wrapper.learns]
    assert not any(wrapper.delays for wrapper in MADE)


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
    own = isinstance(wrapper, ClipReward)
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
        "statistics": Moments(np.zeros(2), np.ones(2), 6.0),
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
    }
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
    initial = {named(wrapper): bound_somewhere(wrapper).initial(key) for wrapper in MADE[5:]}

    assert (0.0, 0, 0.0, (0, (), (), ())) == initial.pop("RecordEpisodeStatistics")
    assert 0 == initial.pop("TimeLimit")
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
    with pytest.raises(ValueError, match="'source' must be in"):
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
    with pytest.raises(ValueError, match=f"'{name}' must be >= 0: -1"):
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
    with pytest.raises(TypeError, match="'func' must be callable"):
        kind(3, None)
    with pytest.raises(TypeError, match="'func' must be callable"):
        TransformReward(3)

"""A deployment written as a document, and read again."""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces as gym_spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from statewrap import (
    Below,
    ConfigurationError,
    Deployment,
    Key,
    NumpyDraws,
    Policy,
    Stack,
    Wrapper,
    argument,
    register,
    same,
)
from statewrap.core.wrapper import StackMemory
from statewrap.package.configuration import Configuration, load
from statewrap.package.fingerprint import fingerprint
from statewrap.package.normal import document_of
from statewrap.package.texts import parsed, written
from statewrap.policies.mlp import MLP
from statewrap.sinks import Buffered, CsvSink, JsonLinesSink, StructlogSink
from statewrap.stats import Histogram, Quantiles, Statistic, Statistics
from statewrap.testing import strategies
from statewrap.wrappers import (
    DtypeObservation,
    FrameStackObservation,
    Moments,
    NormalizeObservation,
    PassiveEnvChecker,
    StickyAction,
    TimeLimit,
    TransformReward,
)
from tests.laws.box import ALONE, MAKERS, scenes_of

FORMS = ("toml", "json", *(["yaml"] if find_spec("yaml") else []))
DICT = {"type": "dict", "keys": ["type"], "values": [1]}


@register("round_trip.double")
def double(number: Any) -> Any:
    """Stand for a function of a policy, a wrapper, a statistic, a KPI or a sink."""
    return number * 2


@register("round_trip.now")
def now() -> float:
    """Stand for a clock."""
    return 0.0


@register("round_trip.Bag")
@attrs.frozen
class Bag(Wrapper[None]):
    """Holds anything."""

    anything: object = argument(None)
    numbers: tuple[int, ...] = (1,)
    word: str | None = "w"


def told(configuration: Configuration) -> tuple[Any, ...]:
    """Return what tells two configurations apart."""
    stack = configuration.stack
    print_ = fingerprint(stack, configuration.below).parts
    others = attrs.evolve(configuration, stack=Stack(), sinks=None, below=Below())
    return stack, print_, others, attrs.asdict(configuration.below, recurse=False)


def check_round_trip(deployment: Deployment) -> dict[str, Any]:
    """Write and read, as text of each form; return the document.

    Trust is needed for the names of what is defined in tests, and for nothing else.
    """
    document = deployment.config()
    options = {"trust": "tests." in str(document)}
    expected = told(load(document, **options))
    for form in FORMS:
        read = parsed(written(document, form), form)
        again = Deployment.from_config(read, **options)
        assert document == again.config()
        assert deployment.stack == again.stack
        assert deployment._format.fingerprint == again._format.fingerprint
        assert same(expected, told(load(read, **options)))
    return document


# -- every wrapper of the box ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*MAKERS, *ALONE])
def test_every_wrapper_of_the_box_says_itself(name: str) -> None:
    """With whatever arguments, in whatever spaces: what is read again is equal."""

    @settings(max_examples=4)
    @given(scenes_of(name))
    def holds(scene: Any) -> None:
        check_round_trip(Deployment(None, scene.wrapper, below=scene.below))

    holds()


@settings(max_examples=15)
@given(strategies.scenes(list(MAKERS.values()), min_size=2, max_size=4))
def test_a_random_stack_says_itself(scene: Any) -> None:
    """Several wrappers in order, over spaces of any kind."""
    check_round_trip(Deployment(None, scene.wrapper, below=scene.below))


# -- spaces ----------------------------------------------------------------------------------------


@given(strategies.spaces(odd=True), strategies.spaces(odd=True))
def test_random_spaces_say_themselves(observed: Any, acted: Any) -> None:
    """Nested, odd and empty ones, to the last bit of their bounds."""
    check_round_trip(Deployment(observation_space=observed, action_space=acted))


FLOATS = np.array([[0.1, -0.0], [1e-45, 3.4028235e38]], np.float32)


@pytest.mark.parametrize(
    ("space", "table"),
    [
        (
            gym_spaces.Box(-1, 1, (2, 3)),
            {"type": "Box", "low": -1.0, "high": 1.0, "shape": [2, 3]},
        ),
        (
            gym_spaces.Box(np.array([-0.1, -np.inf], np.float32), np.array([1, 2], np.float32)),
            {"type": "Box", "low": [-0.1, -np.inf], "high": [1.0, 2.0]},
        ),
        (
            gym_spaces.Box(0, 255, (2,), np.uint8),
            {"type": "Box", "low": 0, "high": 255, "shape": [2], "dtype": "uint8"},
        ),
        (gym_spaces.Discrete(3), {"type": "Discrete", "n": 3}),
        (gym_spaces.Discrete(3, start=-1), {"type": "Discrete", "n": 3, "start": -1}),
        (gym_spaces.MultiDiscrete([2, 3]), {"type": "MultiDiscrete", "nvec": [2, 3]}),
        (gym_spaces.MultiBinary([2, 3]), {"type": "MultiBinary", "n": [2, 3]}),
        (gym_spaces.MultiBinary(4), {"type": "MultiBinary", "n": 4}),
        (gym_spaces.Text(5), {"type": "Text", "min_length": 1, "max_length": 5}),
        (
            gym_spaces.Text(5, charset="zab"),
            {"type": "Text", "min_length": 1, "max_length": 5, "charset": "zab"},
        ),
        (
            gym_spaces.Sequence(gym_spaces.Discrete(2), stack=True),
            {"type": "Sequence", "space": {"type": "Discrete", "n": 2}, "stack": True},
        ),
        (
            gym_spaces.Dict([("b", gym_spaces.Discrete(2)), ("a", gym_spaces.Discrete(3))]),
            {
                "type": "Dict",
                "spaces": {"b": {"type": "Discrete", "n": 2}, "a": {"type": "Discrete", "n": 3}},
                "sort_keys": False,
            },
        ),
    ],
    ids=lambda part: part["type"] if isinstance(part, dict) else "",
)
def test_a_space_is_said_in_the_shortest_way(space: Any, table: dict[str, Any]) -> None:
    """Scalars for equal bounds, and nothing that goes without saying."""
    document = check_round_trip(Deployment(observation_space=space))

    assert {"spaces": {"observation": table}} == document


@pytest.mark.parametrize(
    "space",
    [
        gym_spaces.Box(FLOATS - 1, FLOATS, dtype=np.float32),
        gym_spaces.Box(-(2**63), 2**63 - 1, (2,), np.int64),
        gym_spaces.Box(0, np.array([2**64 - 1, 1], np.uint64), dtype=np.uint64),
        gym_spaces.Box(np.zeros((0, 3), np.float32), np.ones((0, 3), np.float32)),
        gym_spaces.Box(0.0, 1.0, (), np.float64),
        gym_spaces.Box(np.array([False]), np.array([True]), dtype=np.bool_),
        gym_spaces.Box(np.zeros(100), np.arange(100.0), dtype=np.float64),
        gym_spaces.Discrete(2, dtype=np.int32),
        gym_spaces.MultiDiscrete([[1, 2], [3, 4]], dtype=np.int32, start=[[0, 1], [2, 3]]),
        gym_spaces.OneOf([gym_spaces.Discrete(2), gym_spaces.MultiBinary(2)]),
        gym_spaces.Graph(gym_spaces.Box(0, 1, (2,)), None),
        gym_spaces.Graph(gym_spaces.Box(0, 1, (2,)), gym_spaces.Discrete(2)),
        gym_spaces.Tuple([]),
        gym_spaces.Dict({}),
    ],
    ids=repr,
)
def test_an_unusual_space_says_itself(space: Any) -> None:
    """Empty, huge, without dimensions, of another dtype."""
    check_round_trip(Deployment(observation_space=space))


class Ring(gym_spaces.Discrete):
    """A space of somebody's."""


def test_a_space_of_another_class_is_refused_by_its_place() -> None:
    """A subclass may mean anything."""
    deployment = Deployment(observation_space=gym_spaces.Tuple([Ring(3)]))

    with pytest.raises(ConfigurationError, match=r"^spaces\.observation\.spaces\[0\]: .* a Ring, "):
        deployment.config()


def test_what_is_known_of_the_environment_says_itself() -> None:
    """Limit, render mode and metadata need a table of their own."""
    below = Below(gym_spaces.Discrete(2), None, 500, "rgb_array", {"render_fps": 30})

    document = check_round_trip(Deployment(below=below))

    assert {
        "environment": {
            "observation_space": {"type": "Discrete", "n": 2},
            "max_episode_steps": 500,
            "render_mode": "rgb_array",
            "metadata": {"render_fps": 30},
        }
    } == document
    assert below == load(document).below


# -- arguments -------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([np.float32(0.1), np.int8(3), np.bool_(True), np.float64(np.nan)])
    | st.sampled_from([np.dtype("float32"), np.dtype(">i2"), Path("a/b"), double, FLOATS])
    | st.sampled_from([np.zeros((0, 2)), np.array(3), np.array([True]), np.arange(100)])
    | st.sampled_from([gym_spaces.Discrete(2), Moments(0.5, 1.0, 2.0), TimeLimit(3)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.just("type"), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(ANYTHING)
def test_an_argument_keeps_its_type_and_its_bits(anything: Any) -> None:
    """Tuples, lists of numbers, None, numpy's numbers and arrays, and what nests them."""
    deployment = Deployment(None, Bag(anything))
    document = deployment.config()

    for form in FORMS:
        (again,) = load(parsed(written(document, form), form), trust=True).stack
        assert same(Bag(anything), again) or "PosixPath" in repr(anything)
        assert repr(Bag(anything)) == repr(again)


@pytest.mark.parametrize(
    ("wrapper", "table"),
    [
        (FrameStackObservation(4), {"type": "FrameStackObservation", "stack_size": 4}),
        (
            TransformReward(double),
            {"type": "TransformReward", "func": "round_trip.double"},
        ),
        (DtypeObservation("float32"), {"type": "DtypeObservation", "dtype": "float32"}),
        (PassiveEnvChecker(), {"type": "PassiveEnvChecker"}),
        (
            NormalizeObservation(statistics=Moments(np.float32(0.1), 1.0, 2.0)),
            {
                "type": "NormalizeObservation",
                "statistics": {
                    "type": "NormalizeObservation.Moments",
                    "mean": {"array": 0.1, "dtype": "float32"},
                    "var": {"array": 1.0, "dtype": "float64"},
                    "count": 2.0,
                },
            },
        ),
        (
            StickyAction(0.5, draws=NumpyDraws("PCG64", (1, 2, 0, 0))),
            {
                "type": "StickyAction",
                "repeat_action_probability": 0.5,
                "draws": {"type": "NumpyDraws", "kind": "PCG64", "words": [1, 2, 0, 0]},
            },
        ),
        (
            Bag(word=None, numbers=()),
            {"type": "round_trip.Bag", "numbers": [], "word": {"type": "None"}},
        ),
        (Bag({"type": 1}), {"type": "round_trip.Bag", "anything": DICT}),
        (Bag([1, 2]), {"type": "round_trip.Bag", "anything": {"type": "list", "items": [1, 2]}}),
        (Bag(Path("a/b")), {"type": "round_trip.Bag", "anything": {"type": "Path", "path": "a/b"}}),
    ],
    ids=lambda part: part["type"] if isinstance(part, dict) else "",
)
def test_a_wrapper_is_said_in_the_shortest_way(wrapper: Any, table: dict[str, Any]) -> None:
    """What has its default is left out, and names are the short ones."""
    assert {"wrappers": [table]} == document_of(Configuration(stack=Stack(wrapper)))


class Gear(enum.Enum):
    """A word of somebody's."""

    UP = "up"


@pytest.mark.parametrize(
    "anything",
    [{1, 2}, frozenset({"a"}), Gear.UP, Gear, TimeLimit, Statistic, print, math.inf, -0.0, {}],
    ids=repr,
)
def test_other_values_say_themselves(anything: Any) -> None:
    """Sets, members of enums, classes and functions."""
    document = Deployment(None, Bag(anything)).config()

    for form in FORMS:
        (again,) = load(parsed(written(document, form), form), trust=True).stack
        assert same(anything, again.anything)


@pytest.mark.parametrize("anything", [np.zeros(2, ">f4"), np.array(["a"]), 1j, b"a", range(3)])
def test_what_no_document_holds_is_refused(anything: Any) -> None:
    """Foreign bytes, words in arrays, complex numbers."""
    with pytest.raises(ConfigurationError, match=r"^wrappers\[0\]\.anything: "):
        Deployment(None, Bag(anything)).config()


@register("round_trip.Files")
@attrs.frozen
class Files(Wrapper[None]):
    """Holds a file, a word of a fixed choice, and what is converted."""

    file: Path | None = None
    mode: str = attrs.field(default=None, converter=str.upper)


def test_a_default_that_its_converter_refuses_is_a_default_all_the_same() -> None:
    """It is only compared."""
    stack = Stack(Files(Path("a"), "x"))

    assert [{"type": "round_trip.Files", "file": "a", "mode": "X"}] == (
        document_of(Configuration(stack=stack))["wrappers"]
    )


@register("round_trip.Many")
class Many(Policy[None]):
    """A policy of any number of arguments."""

    def __init__(self, *gains: float) -> None:
        self.gains = gains


def test_what_a_class_takes_without_a_name_cannot_be_told() -> None:
    """Though it keeps it."""
    with pytest.raises(ConfigurationError, match=r"^policy: .*Many"):
        Deployment(Many(1.0)).config()


def test_what_a_builtin_made_says_how() -> None:
    """Whose signature nobody knows."""
    table = {
        "_target_": "functools.partial",
        "_args_": [{"named": "tests.package.test_round_trip.scaled"}],
        "shift": None,
    }
    deployment = Deployment.from_config({"policy": table}, trust=True)

    named = {"named": "tests.package.test_round_trip:scaled"}
    assert {
        "policy": {
            "type": "functools:partial",
            "_args_": [named],
            "shift": {"type": "None"},
        }
    } == deployment.config()


# -- options ---------------------------------------------------------------------------------------


def test_every_option_says_itself() -> None:
    """As it was given, and nothing that was not."""
    deployment = Deployment(
        double,
        TimeLimit(9),
        observation_space=gym_spaces.Discrete(2),
        action_space=gym_spaces.Box(-1, 1, (2,)),
        seed=7,
        on_reset="request",
        check="always",
        fallback=np.array([0.5, 0.0], np.float32),
        report_every=10,
        sinks=[],
        session="robot 1",
        clock=now,
    )

    document = check_round_trip(deployment)

    assert {
        "policy": "round_trip.double",
        "spaces": {
            "observation": {"type": "Discrete", "n": 2},
            "action": {"type": "Box", "low": -1.0, "high": 1.0, "shape": [2]},
        },
        "seed": 7,
        "session": "robot 1",
        "on_reset": "request",
        "check": "always",
        "fallback": {"array": [0.5, 0.0], "dtype": "float32"},
        "clock": "round_trip.now",
        "report_every": 10,
        "wrappers": [{"type": "TimeLimit", "max_episode_steps": 9}],
        "sinks": [],
    } == document


def test_a_deployment_of_defaults_is_an_empty_document() -> None:
    """A seed that was drawn is none of its configuration."""
    assert {} == Deployment().config()


def test_the_seed_of_a_reset_and_of_a_fork_is_said() -> None:
    """It is what the deployment draws from now."""
    deployment = Deployment()
    fork = deployment.fork(seed=3)
    deployment.reset("f0", seed=5)

    assert {"seed": 5} == deployment.config()
    assert {"seed": 3, "sinks": []} == fork.config()
    assert {"sinks": []} == Deployment().fork().config()


@pytest.mark.parametrize(
    "action",
    [
        *("stop", "a.b", ("x", 1), {"a": np.zeros(2)}, [1.0, 2.0]),
        *(np.array([1.0, 2.0]), np.array([1, 2]), np.float32([0.5]), np.array(3.0), np.zeros(99)),
    ],
    ids=lambda action: repr(action)[:20],
)
def test_a_fallback_says_itself_where_actions_are_unknown(action: Any) -> None:
    """A word is no function."""
    document = check_round_trip(Deployment(fallback=action))

    assert same(action, load(document).fallback)


def test_a_word_is_an_action_where_it_is_no_function() -> None:
    """As a host without spaces writes it."""
    assert "stop" == load({"fallback": "stop"}).fallback
    assert double is load({"fallback": "round_trip.double"}).fallback


@pytest.mark.parametrize("fallback", [double, 1, np.int64(1)])
def test_a_fallback_says_itself(fallback: Any) -> None:
    """A function by its name, an action as a value."""
    deployment = Deployment(fallback=fallback, action_space=gym_spaces.Discrete(2))

    check_round_trip(deployment)

    assert same(fallback, load(deployment.config()).fallback)


def test_statistics_say_themselves() -> None:
    """Reducers by their words, functions by their names."""
    speed = Statistic("speed", of="info", key=("body", "speed"), episode=("max", Quantiles((0.5,))))
    reward = Statistic("reward2", of="reward", function=double, step="sum")
    statistics = Statistics([speed, reward], kpis={"profit": double}, epoch_every=5)

    document = check_round_trip(Deployment(statistics=statistics))

    assert statistics == load(document).statistics
    word, quantiles = document["statistics"]["statistics"][0]["episode"]
    assert ("max", [0.5]) == (word, quantiles["ranks"])
    assert {"profit": "round_trip.double"} == document["statistics"]["kpis"]


def test_one_of_something_is_no_list() -> None:
    """And no statistics are no empty list."""
    one = Statistic("a", "info", key="g", step="sum", episode=Histogram((0.0, 1.0)), epoch="max")
    several = Statistic("b", "info", key=("g", 0), episode=("sum", "max"))
    made = Deployment(statistics=Statistics([one, several], kpis={"profit": double}))
    first, second = check_round_trip(made)["statistics"]["statistics"]

    assert {
        "name": "a",
        "of": "info",
        "key": "g",
        "step": "sum",
        "episode": {"type": "Histogram", "edges": [0.0, 1.0]},
        "epoch": "max",
    } == first
    assert {"name": "b", "of": "info", "key": ["g", 0], "episode": ["sum", "max"]} == second
    alone = Deployment(statistics=Statistics(kpis={"profit": double}))
    assert {"kpis": {"profit": "round_trip.double"}} == check_round_trip(alone)["statistics"]


def test_a_plain_list_of_statistics_stays_one() -> None:
    """And `report_every` stands beside it."""
    size = Statistic("size", of="action", episode=Histogram((0.0, 1.0)))
    expected = Deployment(statistics=[size], report_every=9).config()

    assert ["statistics", "report_every"] == list(expected)
    assert (size,) == load(expected).statistics
    assert expected == Deployment(statistics=Statistics([size], report_every=9)).config()


def test_sinks_say_themselves(tmp_path: Path) -> None:
    """By what they were given; file names are relative to the base where they lie in it."""
    sinks = [
        StructlogSink(),
        Buffered(JsonLinesSink(tmp_path / "log.jsonl", steps=True), size=5),
        CsvSink(str(tmp_path / "x" / "log.csv"), columns=["return"]),
        double,
    ]
    deployment = Deployment(sinks=sinks)

    document = deployment.config(base=tmp_path)

    assert [
        {"type": "StructlogSink"},
        {
            "type": "Buffered",
            "sink": {"type": "JsonLinesSink", "path": "log.jsonl", "steps": True},
            "size": 5,
        },
        {"type": "CsvSink", "path": "x/log.csv", "columns": ["return"]},
        "round_trip.double",
    ] == document["sinks"]
    again = Deployment.from_config(document, base=tmp_path)
    assert document == again.config(base=tmp_path)
    assert str(tmp_path / "x" / "log.csv") == deployment.config()["sinks"][2]["path"]


# -- policies --------------------------------------------------------------------------------------

NETWORK = MLP([np.eye(2, dtype=np.float32)], [np.zeros(2, np.float32)], "relu", "argmax")


def test_a_network_says_its_arrays() -> None:
    """One that was made in Python has no file."""
    document = check_round_trip(Deployment(NETWORK))

    assert "MLP" == document["policy"]["type"]
    assert NETWORK == load(document).policy


def test_a_network_of_a_file_says_the_file(tmp_path: Path) -> None:
    """Relative to wherever the document is to lie."""
    arrays = {"weight_0": NETWORK.weights[0], "bias_0": NETWORK.biases[0]}
    np.savez(tmp_path / "net.npz", **arrays, activation="relu", output="argmax")
    pytest.importorskip("yaml")
    (tmp_path / "agent.yaml").write_text("policy: {type: MLP, file: net.npz}")

    deployment = Deployment.from_config(tmp_path / "agent.yaml")

    assert NETWORK == deployment.policy
    assert {"type": "MLP", "file": "net.npz"} == deployment.config(base=tmp_path)["policy"]
    elsewhere = deployment.config()
    assert {"type": "MLP", "file": (tmp_path / "net.npz").as_posix()} == elsewhere["policy"]
    assert NETWORK == Deployment.from_config(elsewhere).policy


def scaled(factor: float, *more: float, shift: float | None = None) -> Callable[[Any], Any]:
    """Make a function that has no name."""
    return lambda observation: factor * observation + sum(more) + (shift or 0)


def test_what_a_trusted_function_made_says_how() -> None:
    """A closure has no name, but a document made it."""
    policy = {"_target_": "tests.package.test_round_trip.scaled", "_args_": [2.0, 1.0], "shift": 3}
    again = {"type": "tests.package.test_round_trip:scaled", "_args_": [2.0, 1.0], "shift": 3}

    deployment = Deployment.from_config({"policy": policy}, trust=True)

    assert 16.0 == deployment.act(6.0)
    assert {"policy": again} == deployment.config()
    assert 16.0 == Deployment.from_config(deployment.config(), trust=True).act(6.0)


@register("round_trip.Greedy")
class Greedy(Policy[None]):
    """A policy that keeps its arguments under their names."""

    def __init__(self, gain: float, bias: float = 0.0) -> None:
        self.gain, self._bias = gain, bias

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Greedy) and vars(self) == vars(other)

    __hash__ = None


def test_a_class_that_keeps_its_arguments_is_written_by_them() -> None:
    """Under their names, or with an underscore."""
    document = check_round_trip(Deployment(Greedy(2.0, 0.5)))

    assert {"type": "round_trip.Greedy", "gain": 2.0, "bias": 0.5} == document["policy"]


# -- what cannot be said ---------------------------------------------------------------------------


@register("round_trip.Forgetful")
class Forgetful(Policy[None]):
    """A policy that does not keep what it was given."""

    def __init__(self, gain: float) -> None:
        self._twice = 2 * gain


@register("round_trip.Unequal")
class Unequal(Wrapper[None]):
    """A wrapper that is equal to itself alone."""

    def __init__(self, size: int) -> None:
        self.size = size


def halving(number: float) -> float:
    """Halve; defined here, so that it has a name."""
    return number / 2


LOCAL = {
    "policy": (lambda: Deployment(lambda observation: observation), r"^policy: "),
    "func": (lambda: Deployment(None, TransformReward(lambda r: r)), r"^wrappers\[0\]\.func: "),
    "nested": (
        lambda: Deployment(None, TimeLimit(1) | Bag([{"a": object()}])),
        r"^wrappers\[1\]\.anything\[0\]\.a: <object",
    ),
    "fields": (lambda: Deployment(Forgetful(1.0)), r"^policy: .*Forgetful"),
    "equal": (lambda: Deployment(None, Unequal(1)), r"^wrappers\[0\]: .*Unequal"),
    "sink": (lambda: Deployment(sinks=[StructlogSink(), print, [].append]), r"^sinks\[2\]: "),
    "logger": (lambda: Deployment(sinks=[StructlogSink(object())]), r"^sinks\[0\]\.logger: "),
    "clock": (lambda: Deployment(clock=lambda: 0.0), r"^clock: "),
    "fallback": (lambda: Deployment(fallback=lambda t, e: 0), r"^fallback: "),
    "kpi": (
        lambda: Deployment(statistics=Statistics(kpis={"a": lambda e: 0})),
        r"^statistics\.kpis\.a: ",
    ),
    "memory": (
        lambda: Deployment(
            None,
            NormalizeObservation(mode="learn"),
            observation_space=gym_spaces.Box(-1, 1, ()),
            memory=StackMemory((Moments(0.5, 4.0, 10.0),), (Key(0, 0),)),
        ),
        r"^memory: .*snapshot",
    ),
}


@pytest.mark.parametrize("name", LOCAL)
def test_what_cannot_be_said_is_named_by_its_place(name: str) -> None:
    """With the cure; and without `plain` it stands there as it is."""
    make, pattern = LOCAL[name]
    deployment = make()

    with pytest.raises(ConfigurationError, match=pattern):
        deployment.config()

    document = deployment.config(plain=False)
    again = Deployment.from_config(document, trust=True)
    assert document == again.config(plain=False)
    assert deployment.stack == again.stack


def test_a_memory_in_which_nothing_was_learned_goes_without_saying() -> None:
    """As that of an environment that nobody trained in."""
    env = gymnasium.make("CartPole-v1")
    document = check_round_trip(Deployment.from_env(env, double, sinks=()))

    assert "memory" not in document
    assert [] == document["sinks"]


def test_writing_reads_no_file_and_makes_no_sink(tmp_path: Path) -> None:
    """It only looks."""
    deployment = Deployment(sinks=[JsonLinesSink(tmp_path / "log.jsonl")])

    began = time.perf_counter()
    deployment.config()

    assert [] == list(tmp_path.iterdir())
    assert 5 > time.perf_counter() - began


def test_a_configuration_says_itself_without_a_deployment() -> None:
    """As `statewrap config` prints it."""
    document = {"seed": 3, "wrappers": [{"type": "TimeLimit", "max_episode_steps": 2}]}

    assert document == document_of(load(document))

"""One grammar for TOML files and plain dicts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import (
    Below,
    ConfigurationError,
    FunctionPolicy,
    Stack,
    Wrapper,
    argument,
    register,
    same,
)
from statewrap.package.configuration import Configuration, build, load
from statewrap.wrappers import (
    NormalizeObservation,
    RepeatAction,
    RescaleAction,
    TimeLimit,
    TransformObservation,
    TransformReward,
)


@register("tests.halve")
def halve(reward: float) -> float:
    """Return half of a reward."""
    return reward / 2


@register("tests.make")
def make(observation: object) -> object:
    """Stand for a function that a policy may be."""
    return observation


@register("tests.times")
def times(factor: int) -> Callable[[int], int]:
    """Make a function that a policy may be."""
    return lambda observation: factor * observation


register("tests.number")(3)


@register("tests.Plain")
@attrs.frozen
class Plain(Wrapper[None]):
    """A registered wrapper with arguments of every plain kind."""

    ratio: float = 1.0
    name: str | None = None
    flag: bool = False
    array: np.ndarray | None = argument(None)
    sizes: tuple[int, ...] = ()
    file: Path | None = None
    anything: object = argument(None)


def wrapper(**table: object) -> Wrapper:
    """Build a stack of one wrapper, and return the wrapper."""
    (made,) = build({"wrappers": [table]}).stack
    return made


def space(**table: object) -> spaces.Space:
    """Build an observation space."""
    return build({"spaces": {"observation": table}}).below.observation_space


def refused(document: dict, **options: object) -> str:
    """Return why a document is refused."""
    with pytest.raises(ConfigurationError) as error:
        build(document, **options)
    return str(error.value)


def test_an_empty_document_is_all_defaults() -> None:
    """Every key may be left out."""
    assert Configuration() == build({})


def test_wrappers_are_in_order_nearest_to_the_environment_first() -> None:
    """As in `a | b`."""
    document = {
        "wrappers": [
            {"type": "RepeatAction", "num_repeats": 4},
            {"type": "TimeLimit", "max_episode_steps": 100},
        ]
    }

    assert RepeatAction(4) | TimeLimit(100) == build(document).stack


def test_objects_may_stand_in_the_place_of_tables() -> None:
    """A dict may hold what a file can only describe."""
    policy, box = FunctionPolicy(make), spaces.Box(-1, 1, (2,))
    document = {
        "policy": policy,
        "wrappers": [TimeLimit(5), {"type": "RepeatAction", "num_repeats": 2}],
        "spaces": {"observation": box},
    }

    made = build(document)

    assert policy is made.policy
    assert TimeLimit(5) | RepeatAction(2) == made.stack
    assert box is made.below.observation_space
    assert Stack(TimeLimit(5)) == build({"wrappers": TimeLimit(5)}).stack
    assert FunctionPolicy(make) == build({"policy": make}).policy


def test_the_document_is_not_changed() -> None:
    """It may be built from again."""
    inner = {"type": "TimeLimit", "max_episode_steps": 5}
    document = {"wrappers": [inner], "seed": 3}

    build(document)

    assert {"wrappers": [inner], "seed": 3} == document
    assert {"type": "TimeLimit", "max_episode_steps": 5} == inner


def test_what_is_built_is_what_a_deployment_takes() -> None:
    """Argument by argument, those left out that are not said."""
    document = {"seed": 3, "on_reset": "request", "check": "always", "report_every": 10}

    assert document == build(document).arguments()


def test_a_function_is_given_by_its_registered_name() -> None:
    """For a wrapper's argument, and for a policy."""
    assert TransformReward(halve) == wrapper(type="TransformReward", func="tests.halve")
    assert FunctionPolicy(make) == build({"policy": "tests.make"}).policy


def test_an_argument_that_may_be_none_may_be_left_out() -> None:
    """TOML cannot say None."""
    expected = TransformObservation(halve, None)

    assert expected == wrapper(type="TransformObservation", func="tests.halve")


def test_a_trusted_name_is_imported() -> None:
    """For a function, an object to make, and a policy."""
    document = {"policy": "operator:neg", "wrappers": [{"type": "tests.Plain"}]}
    document["wrappers"].append({"type": "statewrap.wrappers:TimeLimit", "max_episode_steps": 5})

    made = build(document, trust=True)

    assert Plain() | TimeLimit(5) == made.stack
    assert -2 == made.policy.function(2)


@pytest.mark.parametrize(
    ("argument_", "value", "expected"),
    [
        ("ratio", 1, 1),
        ("ratio", float("inf"), float("inf")),
        ("name", "x", "x"),
        ("flag", True, True),
        ("sizes", [1, 2], (1, 2)),
        ("array", [1, 2], np.array([1, 2])),
        ("array", [[0.5], [1]], np.array([[0.5], [1.0]])),
        ("anything", [1.5, 2], np.array([1.5, 2.0])),
        ("anything", ["a", 1], ["a", 1]),
        ("anything", [True, False], [True, False]),
        ("anything", [[1], [1, 2]], [np.array([1]), np.array([1, 2])]),
        ("anything", {"a": {"b": [1]}}, {"a": {"b": np.array([1])}}),
        ("anything", {"type": "Discrete", "n": 3}, spaces.Discrete(3)),
        ("anything", {"type": "TimeLimit", "max_episode_steps": 2}, TimeLimit(2)),
        ("file", "policy.npz", Path("policy.npz")),
    ],
)
def test_arguments_keep_their_kind(argument_, value, expected) -> None:
    """Lists are arrays or tuples where these may stand, tables objects, and paths paths."""
    made = getattr(wrapper(type="tests.Plain", **{argument_: value}), argument_)

    assert same(expected, made) or expected == made


def test_arrays_come_as_base64() -> None:
    """With dtype and shape."""
    array = np.array([[1, 2]], np.int16)
    text = base64.b64encode(array.tobytes()).decode()

    made = wrapper(type="tests.Plain", array={"dtype": "int16", "shape": [1, 2], "base64": text})

    assert same(array, made.array)


def test_arrays_come_from_files_beside_the_document(tmp_path) -> None:
    """One by `key`, several by `keys`."""
    np.savez(tmp_path / "s.npz", mean=np.zeros(2), var=np.ones(2), count=np.float64(5))
    document = {
        "wrappers": [
            {
                "type": "NormalizeObservation",
                "statistics": {"npz": "s.npz", "keys": ["mean", "var", "count"]},
            },
            {"type": "tests.Plain", "array": {"npz": "s.npz", "key": "var"}},
        ]
    }

    normalize, plain = build(document, base=tmp_path).stack

    statistics = {"mean": np.zeros(2), "var": np.ones(2), "count": 5.0}
    assert NormalizeObservation(statistics=statistics) == normalize
    assert same(np.ones(2), plain.array)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"type": "Box", "low": -1, "high": 1, "shape": [2]}, spaces.Box(-1, 1, (2,))),
        (
            {"type": "Box", "low": [-1.5, 0], "high": [1, float("inf")]},
            spaces.Box(np.array([-1.5, 0], np.float32), np.array([1, np.inf], np.float32)),
        ),
        (
            {"type": "Box", "low": 0, "high": 255, "shape": [2, 3], "dtype": "uint8"},
            spaces.Box(0, 255, (2, 3), np.uint8),
        ),
        ({"type": "Discrete", "n": 3, "start": -1}, spaces.Discrete(3, start=-1)),
        ({"type": "MultiDiscrete", "nvec": [3, 4]}, spaces.MultiDiscrete([3, 4])),
        ({"type": "MultiBinary", "n": 4}, spaces.MultiBinary(4)),
        ({"type": "MultiBinary", "n": [2, 2]}, spaces.MultiBinary((2, 2))),
        ({"type": "Text", "max_length": 5, "charset": "ab"}, spaces.Text(5, charset="ab")),
        (
            {"type": "Sequence", "space": {"type": "Discrete", "n": 2}},
            spaces.Sequence(spaces.Discrete(2)),
        ),
        (
            {
                "type": "Dict",
                "spaces": {"a": {"type": "Tuple", "spaces": [{"type": "Discrete", "n": 2}]}},
            },
            spaces.Dict({"a": spaces.Tuple([spaces.Discrete(2)])}),
        ),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_spaces_are_gymnasium_s(table, expected) -> None:
    """Nested as they are there."""
    assert expected == space(**table)


def test_an_environment_says_its_spaces_and_its_limit() -> None:
    """It is made once and closed."""
    below = build({"environment": "Pendulum-v1"}).below
    env = gymnasium.make("Pendulum-v1")

    expected = Below(env.observation_space, env.action_space, 200, metadata=env.metadata)
    assert expected == below


def test_an_environment_that_cannot_be_made_is_an_error() -> None:
    """One whose package is not installed, say."""
    gymnasium.register("tests/Broken-v0", entry_point="os:getcwd")

    assert "environment: 'tests/Broken-v0' cannot be made" in refused(
        {"environment": "tests/Broken-v0"}
    )
    del gymnasium.registry["tests/Broken-v0"]


def test_reads_a_file(tmp_path) -> None:
    """With or without a byte order mark; paths are relative to it."""
    text = '[[wrappers]]\ntype = "tests.Plain"\nratio = -inf\nfile = "x"\n'
    (tmp_path / "a.toml").write_text(text, encoding="utf-8-sig")

    (plain,) = load(tmp_path / "a.toml").stack

    assert (-np.inf, tmp_path / "x") == (plain.ratio, plain.file)


STEPS = {"type": "TimeLimit", "max_episode_steps": 5}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"wrapers": []}, "wrapers: a configuration has no 'wrapers'; did you mean 'wrappers'?"),
        ({"wrappers": {}}, "wrappers: expected a list of tables"),
        ({"wrappers": [STEPS, 3]}, "wrappers[1]: expected a wrapper, as in {type = "),
        ({"wrappers": [{}]}, "wrappers[0]: a wrapper needs a type"),
        ({"wrappers": [{"type": 3}]}, "wrappers[0].type: expected a name, got int 3"),
        (
            {"wrappers": [STEPS, {"type": "RepeatActoin", "num_repeats": 2}]},
            "wrappers[1].type: nothing is named 'RepeatActoin'; did you mean 'RepeatAction'?",
        ),
        (
            {"wrappers": [STEPS, {"type": "RepeatAction", "num_repeat": 2}]},
            "wrappers[1].num_repeat: RepeatAction has no 'num_repeat'; did you mean 'num_repeats'?",
        ),
        (
            {"wrappers": [{"type": "RepeatAction"}]},
            "wrappers[0]: RepeatAction needs 'num_repeats', which is missing",
        ),
        (
            {"wrappers": [{"type": "RepeatAction", "num_repeats": "2"}]},
            "wrappers[0].num_repeats: expected a whole number, got str '2'",
        ),
        (
            {"wrappers": [{"type": "RepeatAction", "num_repeats": True}]},
            "wrappers[0].num_repeats: expected a whole number, got bool True",
        ),
        (
            {"wrappers": [{"type": "RepeatAction", "num_repeats": 2.0}]},
            "wrappers[0].num_repeats: expected a whole number, got float 2.0",
        ),
        ({"wrappers": [{"type": "RepeatAction", "num_repeats": 0}]}, "wrappers[0]: num_repeats is"),
        (
            {"wrappers": [{"type": "tests.Plain", "name": 3}]},
            "wrappers[0].name: expected a string, got int 3",
        ),
        (
            {"wrappers": [{"type": "NormalizeObservation", "mode": "lern"}]},
            "mode: expected one of 'frozen', 'learn', got 'lern'; did you mean 'learn'?",
        ),
        (
            {"wrappers": [{"type": "TransformReward", "func": "tests.halv"}]},
            "wrappers[0].func: nothing is named 'tests.halv'",
        ),
        (
            {"wrappers": [{"type": "TransformReward", "func": 3}]},
            "wrappers[0]",
        ),
        ({"wrappers": [{"type": "MLP", "file": "x"}]}, "wrappers[0].type: nothing is named 'MLP'"),
        ({"wrappers": [{"type": "tests.make", "observation": 1}]}, "'tests.make' makes int 1"),
        ({"wrappers": [{"type": "tests.number"}]}, "makes nothing"),
        ({"policy": {"type": "MLP", "file": "x.npz"}}, "policy: [Errno 2]"),
        ({"policy": {"type": "MLP", "fill": "x.npz"}}, "policy.fill: MLP has no 'fill'; did you"),
        ({"policy": 3}, "policy: A policy is a statewrap.Policy or a function"),
        ({"policy": {"type": "MPL"}}, "policy.type: nothing is named 'MPL'; did you mean 'MLP'?"),
        ({"spaces": []}, "spaces: expected a table"),
        ({"spaces": {"observations": {}}}, "spaces.observations: spaces has no 'observations'"),
        ({"spaces": {"action": 3}}, "spaces.action: expected a space"),
        ({"spaces": {"action": {"type": "Bax"}}}, "spaces.action.type: nothing is named 'Bax'"),
        ({"spaces": {"action": {"type": "Discrete", "n": 0}}}, "spaces.action: n (counts)"),
        (
            {"spaces": {"action": {"type": "Box", "low": [0], "high": [1], "dtype": "flaot32"}}},
            "spaces.action.dtype: 'flaot32' is no dtype; did you mean 'float32'?",
        ),
        (
            {"spaces": {"action": {"type": "Box", "low": [-1], "high": [1], "dtype": "uint8"}}},
            "spaces.action.low: Python integer -1 out of bounds for uint8",
        ),
        (
            {"spaces": {"action": {"type": "Box", "low": [[1], [1, 2]], "high": [1]}}},
            "spaces.action.low: setting an array element",
        ),
        (
            {"spaces": {"action": {"type": "Dict", "spaces": {"a": {"type": "Discrete"}}}}},
            "spaces.action.spaces.a: Discrete needs 'n'",
        ),
        ({"spaces": {"action": {"type": "Tuple", "spaces": 3}}}, "spaces.action.spaces: expected"),
        (
            {"spaces": {"action": {"type": "Tuple", "spaces": [{"type": "Discrete", "m": 3}]}}},
            "spaces.action.spaces[0].m: Discrete has no 'm'",
        ),
        (
            {"environment": "CartPole-v11"},
            "environment: Gymnasium has no environment 'CartPole-v11'",
        ),
        ({"environment": 3}, "environment: expected a name"),
        ({"environment": "os:CartPole-v1"}, "would import a module"),
        (
            {"environment": "CartPole-v1", "spaces": {"action": {"type": "Discrete", "n": 2}}},
            "either spaces or an environment",
        ),
        ({"seed": -1}, "seed: expected a whole number, 0 or above, got -1"),
        ({"seed": True}, "seed: expected a whole number"),
        ({"seed": 1.0}, "seed: expected a whole number"),
        ({"report_every": 0}, "report_every: expected a whole number, 1 or above, got 0"),
        ({"on_reset": "contine"}, "on_reset: expected one of 'continue', 'request', got 'contine'"),
        ({"check": ["first"]}, "check: expected one of"),
    ],
)
def test_an_error_names_the_path_and_the_nearest_name(document, words) -> None:
    """So that the line in the file is found at once."""
    assert words in refused(document)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        ({"npz": "s.npz"}, "wrappers[0].array: arrays of a file are"),
        ({"npz": "s.npz", "key": "mean", "keys": []}, "arrays of a file are"),
        ({"npz": 3, "key": "mean"}, "npz is the name of a file"),
        ({"npz": "s.npz", "keys": "mean"}, "keys is a list of names"),
        ({"npz": "s.npz", "key": "maen"}, "s.npz holds no array 'maen'; did you mean 'mean'?"),
        ({"npz": "t.npz", "key": "mean"}, "No such file"),
        ({"npz": "pickled.npz", "key": "mean"}, "allow_pickle=False"),
        ({"base64": "AA=="}, "an array is {dtype, shape, base64}, got the keys ['base64']"),
    ],
)
def test_an_array_that_cannot_be_read_is_an_error(tmp_path, array, words) -> None:
    """And no pickle is ever opened."""
    np.savez(tmp_path / "s.npz", mean=np.zeros(2))
    np.savez(tmp_path / "pickled.npz", mean=np.array([{}], object))
    document = {"wrappers": [{"type": "tests.Plain", "array": array}]}

    assert words in refused(document, base=tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        {"policy": "os:getcwd"},
        {"policy": {"type": "os:system", "command": "true"}},
        {"wrappers": [{"type": "os:system", "command": "true"}]},
        {"wrappers": [{"type": "TransformReward", "func": "os:system"}]},
        {"wrappers": [{"type": "tests.Plain", "anything": {"type": "os:system", "command": "x"}}]},
        {"spaces": {"action": {"type": "os:system", "command": "true"}}},
    ],
)
def test_nothing_is_imported_without_trust(document) -> None:
    """Wherever the name stands; the message says how to trust."""
    words = refused(document)

    for cure in ("Deployment.from_config(..., trust=True)", "statewrap config", "statewrap act"):
        assert cure in words


@pytest.mark.parametrize(
    "name", ["no_such_module:x", "os:no_such_name", "os:path.none", ":x", "os:"]
)
def test_a_trusted_name_that_is_not_there_is_an_error(name) -> None:
    """With the name, and why."""
    words = refused({"wrappers": [{"type": name}]}, trust=True)

    assert f"wrappers[0].type: {name!r} cannot be imported" in words


def test_a_trusted_method_is_called_with_paths_relative_to_the_document(tmp_path) -> None:
    """A class method that loads a file, say."""
    np.savez(tmp_path / "a.npz", weight_0=np.eye(2, dtype=np.float32))
    table = {"type": "statewrap.policies.mlp:MLP.load", "file": "a.npz"}

    words = refused({"policy": table}, base=tmp_path, trust=True)

    assert "policy: a.npz holds no network: bias_0 is missing" in words


def test_a_trusted_object_must_be_what_its_place_wants() -> None:
    """An imported class is held to the same rule as others."""
    words = refused({"wrappers": [{"type": "collections:OrderedDict"}]}, trust=True)

    assert "'collections:OrderedDict' makes OrderedDict OrderedDict(), expected a wrapper" in words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"seed = ", "Invalid value (at end of document)"),
        (b"seed = 1\nseed = 2\n", "Cannot overwrite a value (at line 2"),
        (b"\xff", "codec can't decode"),
        (b"seed = -1", "seed: expected a whole number"),
        (b"a = " + b"[" * 5000, "nested too deep"),
    ],
)
def test_an_error_in_a_file_names_the_file(tmp_path, data, words) -> None:
    """And the line, where the TOML itself is wrong."""
    (tmp_path / "a.toml").write_bytes(data)

    with pytest.raises(ConfigurationError) as error:
        load(tmp_path / "a.toml")

    assert str(error.value).startswith(f"{tmp_path / 'a.toml'}: ")
    assert words in str(error.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path) -> None:
    """A folder neither."""
    with pytest.raises(ConfigurationError, match=r"none\.toml: No such file or directory"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="Is a directory"):
        load(tmp_path)


def test_a_policy_made_by_a_table_may_be_a_function() -> None:
    """It is lifted, as `Deployment` would."""
    made = build({"policy": {"type": "tests.times", "factor": 3}}).policy

    assert isinstance(made, FunctionPolicy)
    assert 6 == made.function(2)


def test_rescale_action_takes_lists() -> None:
    """An argument that may be a number or an array."""
    made = wrapper(type="RescaleAction", min_action=[-1.0], max_action=[1.0])

    assert RescaleAction(np.array([-1.0]), np.array([1.0])) == made


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"type": "StickyAction", "repeat_action_duration": [1, 3]}, (1, 3)),
        ({"type": "ResizeObservation", "shape": [84, 80]}, (84, 80)),
        ({"type": "ReshapeObservation", "shape": [2, 2]}, (2, 2)),
        ({"type": "FilterObservation", "filter_keys": ["a", "b"]}, ("a", "b")),
        ({"type": "DiscretizeAction", "bins": [3, 4]}, (3, 4)),
    ],
)
def test_a_list_is_a_tuple_where_one_is_wanted(table, expected) -> None:
    """A file knows no tuples."""
    if table["type"] == "StickyAction":
        table = table | {"repeat_action_probability": 0.25}
    made = wrapper(**table)

    assert expected == getattr(made, list(table)[1])

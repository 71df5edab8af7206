"""What a document that nobody trusts may not do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from gymnasium import spaces

from statewrap import ConfigurationError, Deployment
from statewrap.package import guard, names
from statewrap.package.configuration import load
from statewrap.package.grammar import PATHS
from statewrap.package.signatures import hints_of, members
from statewrap.wrappers import ArrayConversion

SYSTEM: dict[str, Any] = {"_target_": "os.system", "_args_": ["touch pwned"]}
MODULE = "this"
"""A module of the standard library that nobody imports, and that prints when it is."""


def sink(**table: Any) -> dict[str, Any]:
    """Return a document of one sink."""
    return {"sinks": [{"type": "JsonLinesSink", **table}]}


def reward(function: Any) -> dict[str, Any]:
    """Return a document that names a function."""
    return {"wrappers": [{"type": "TransformReward", "func": function}]}


CONVERT = {"type": "ArrayConversion", "env_xp": MODULE, "target_xp": "numpy"}

RUNS = {
    "policy": {"policy": SYSTEM},
    "policy's name": {"policy": "os:system"},
    "policy's path": {"policy": "os.system"},
    "wrapper": {"wrappers": [SYSTEM]},
    "sink": {"sinks": [SYSTEM]},
    "sink's name": {"sinks": ["os.system"]},
    "function's name": reward("os:system"),
    "function's path": reward("os.system"),
    "function made": reward(SYSTEM),
    "partial": reward({**SYSTEM, "_partial_": True}),
    "named": reward({"named": "os:system"}),
    "hydra": reward({"_target_": "hydra.utils.get_method", "path": "os.system"}),
    "nested": {"wrappers": [{"type": "FrameStackObservation", "padding_type": [{"a": SYSTEM}]}]},
    "in a value": reward({"type": "tuple", "items": [SYSTEM]}),
    "clock": {"clock": "time:time"},
    "fallback": {"fallback": SYSTEM},
    "fallback's name": {"fallback": "os:getcwd"},
    "statistic": {"statistics": [{"name": "a", "of": "reward", "function": "os:system"}]},
    "kpi": {"statistics": {"kpis": {"a": "os:system"}}},
    "kpi made": {"statistics": {"kpis": {"a": SYSTEM}}},
    "environment": {"environment": SYSTEM},
    "environment's module": {"environment": f"{MODULE}:CartPole-v1"},
    "gymnasium.make's module": {
        "environment": {"_target_": "gymnasium.make", "id": f"{MODULE}:CartPole-v1"}
    },
    "gymnasium.make's arguments": {
        "environment": {"_target_": "gymnasium.make", "id": "CartPole-v1", "render_mode": "human"}
    },
    "gymnasium.make's position": {
        "environment": {"_target_": "gymnasium.make", "_args_": [f"{MODULE}:CartPole-v1"]}
    },
    "metadata": {"environment": {"metadata": {"a": SYSTEM}}},
    "library": {"wrappers": [CONVERT]},
    "library by position": {"wrappers": [{"type": "ArrayConversion", "_args_": ["numpy", MODULE]}]},
    "library by path": {
        "wrappers": [{**CONVERT, "type": "statewrap.wrappers.array_conversion:ArrayConversion"}]
    },
    "library as a value": {"wrappers": [{**CONVERT, "env_xp": {"type": "str", "text": MODULE}}]},
    "library unread": {"wrappers": [{**CONVERT, "_recursive_": False}]},
    "a pickle": {
        "wrappers": [{"type": "statewrap.wrappers.VecNormalize.from_pickle", "_args_": [b""]}]
    },
    "a saved model": {"policy": {"_target_": "statewrap.policies.sb3.SB3Policy.load"}},
    "whole": {"_target_": "os.system"},
}


@pytest.mark.parametrize("name", RUNS)
def test_no_code_runs(name: str, tmp_path: Path, monkeypatch) -> None:
    """Nothing is imported, nothing called, wherever it is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)

    with pytest.raises(ConfigurationError, match=r"trust=True|nothing is named|a whole document"):
        Deployment.from_config(RUNS[name])

    assert MODULE not in sys.modules
    assert [] == list(tmp_path.iterdir())


OUT = {
    "absolute": sink(path="/elsewhere/x.jsonl"),
    "above": sink(path="../x.jsonl"),
    "above, by a detour": sink(path="a/../../x.jsonl"),
    "home": sink(path="~/x.jsonl"),
    "another drive": sink(path="c:x.jsonl"),
    "backslashes": sink(path="..\\x.jsonl"),
    "as a string": sink(path={"type": "str", "text": "/elsewhere/x.jsonl"}),
    "as a path": sink(path={"type": "Path", "path": "/elsewhere/x.jsonl"}),
    "unread": sink(path="/elsewhere/x.jsonl", _recursive_=False),
    "by position": sink(_args_=["/elsewhere/x.jsonl"]),
    "nested": {
        "sinks": [{"type": "Buffered", "sink": sink(path="/elsewhere/x.jsonl")["sinks"][0]}]
    },
    "a word of a name": {"sinks": [{"type": "CsvSink", "path": "x.csv", "kind": "../../x"}]},
    "video": {"sinks": [{"type": "RecordVideo", "video_folder": "/elsewhere/x"}]},
    "video's name": {
        "sinks": [{"type": "RecordVideo", "video_folder": "v", "name_prefix": "../../x"}]
    },
    "board": {"sinks": [{"type": "TensorBoardSink", "logdir": "/elsewhere/x"}]},
    "data set": {"sinks": [{"type": "MinariSink", "dataset_id": "x/y-v0"}]},
}


@pytest.mark.parametrize("name", OUT)
def test_nothing_is_written_outside_of_the_folder(name: str, tmp_path: Path) -> None:
    """A sink's file lies beside the document, or below."""
    with pytest.raises(ConfigurationError, match=r"trust=True"):
        Deployment.from_config(OUT[name], base=tmp_path)

    assert [] == [*tmp_path.iterdir(), *tmp_path.parent.glob("x*")]
    assert not Path("/elsewhere").exists()


def test_a_file_within_the_folder_needs_no_trust(tmp_path: Path) -> None:
    """And is relative to the document; a trusted one may name any."""
    (made,) = load(sink(path="logs/x.jsonl"), base=tmp_path).sinks
    (trusted,) = load(sink(path=str(tmp_path / "x.jsonl")), trust=True).sinks

    assert (tmp_path / "logs" / "x.jsonl", tmp_path / "x.jsonl") == (made.path, trusted.path)


def test_every_sink_says_which_argument_is_a_file() -> None:
    """An argument that is called like one is annotated as one, so that it is relative."""
    named = [
        (name, argument)
        for name, kind in names.sinks().items()
        for argument, hint in hints_of(kind).items()
        if any(word in argument for word in ("path", "file", "folder", "root", "dir"))
        and PATHS.isdisjoint(members(hint))
    ]

    assert [] == named


ENORMOUS = [
    {"type": "Box", "low": 0, "high": 1, "shape": [100_000, 100_000]},
    {"type": "Box", "_args_": [0, 1, [100_000, 100_000]]},
    {"type": "Box", "low": 0, "high": 1, "shape": {"type": "tuple", "items": [10**5, 10**5]}},
    {"type": "Box", "low": 0, "high": 1, "shape": {"array": [10**5, 10**5], "dtype": "int64"}},
    {"type": "Box", "low": 0, "high": 1, "shape": [{"type": "int64", "value": 10**5}] * 2},
    {"type": "MultiBinary", "n": 2**40},
    {"type": "MultiBinary", "n": [2**20, 2**20]},
    {"type": "Tuple", "spaces": [{"type": "MultiBinary", "n": guard.MAX_ELEMENTS // 2}] * 3},
]


@pytest.mark.parametrize("space", ENORMOUS, ids=str)
def test_an_enormous_space_is_refused_before_it_is_made(space: dict[str, Any]) -> None:
    """Together, the spaces of a document have a bound."""
    with pytest.raises(ConfigurationError, match=r"^spaces\.observation.*components together"):
        load({"spaces": {"observation": space}})


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "set", "items": [2**26]},
        {"type": "dict", "keys": [2**26], "values": [1]},
        [[2**26]],
        "67108864",
        [2.5],
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["Box", "MultiBinary"])
def test_a_shape_is_whole_numbers(kind: str, shape: Any) -> None:
    """Anything else might be counted otherwise than Gymnasium does."""
    table = {"Box": {"low": 0, "high": 1, "shape": shape}, "MultiBinary": {"n": shape}}[kind]

    with pytest.raises(ConfigurationError, match=r"^spaces\.observation\.(shape|n).*expected"):
        load({"spaces": {"observation": {"type": kind, **table}}})


def test_a_negative_shape_allows_no_more() -> None:
    """Spaces that cannot be made do not make room for others."""
    allowance = guard.Allowance()
    allowance.take(spaces.MultiBinary, {"n": -(2**40)}, "")

    assert guard.MAX_ELEMENTS == allowance.left


SMALL = {"type": "Box", "low": 0, "high": 1, "shape": [4]}
EYE = {"type": "Box", "low": 0, "high": 255, "shape": [8, 8, 3], "dtype": "uint8"}
MANY = 10**10
GREEDY = [
    (SMALL, {"type": "FrameStackObservation", "stack_size": MANY}),
    (SMALL, {"type": "VecFrameStack", "n_stack": MANY}),
    (EYE, {"type": "ResizeObservation", "shape": [40_000, 40_000]}),
    (EYE, {"type": "WarpFrame", "width": 40_000, "height": 40_000}),
    (EYE, {"type": "AtariPreprocessing", "screen_size": 40_000}),
    ({"type": "Discrete", "n": MANY}, {"type": "FlattenObservation"}),
    ({"type": "MultiDiscrete", "nvec": [MANY, 2]}, {"type": "FlattenObservation"}),
    (
        {"type": "Tuple", "spaces": [{"type": "Text", "max_length": MANY}]},
        {"type": "FlattenObservation"},
    ),
    (
        {"type": "Dict", "spaces": {"a": SMALL, "b": SMALL}},
        {"type": "StackKeys", "stack_sizes": {"a": 1, "b": MANY}},
    ),
    (
        {"type": "Dict", "spaces": {"a": SMALL}},
        {
            "type": "WrapKey",
            "key": "a",
            "wrappers": [{"type": "FrameStackObservation", "stack_size": MANY}],
        },
    ),
]


@pytest.mark.parametrize(("space", "wrapper"), GREEDY, ids=str)
def test_a_wrapper_that_would_show_too_much_is_refused_before_it_is_bound(
    space: dict[str, Any], wrapper: dict[str, Any]
) -> None:
    """By its place; nothing of that size is made."""
    limit = {"type": "TimeLimit", "max_episode_steps": 9}

    with pytest.raises(ConfigurationError, match=r"^wrappers\[1\]: it would show .*trust=True"):
        load({"spaces": {"observation": space}, "wrappers": [limit, wrapper]})


def test_stacks_of_stacks_are_counted_together() -> None:
    """Each is bound before the next is looked at."""
    stack = {"type": "FrameStackObservation", "stack_size": 1000}

    with pytest.raises(ConfigurationError, match=r"^wrappers\[2\]: it would show 4000000000"):
        load({"spaces": {"observation": SMALL}, "wrappers": [stack, stack, stack]})


def test_the_usual_enlargements_are_none() -> None:
    """Four frames of 84 times 84, and a key's stack; trust asks for no bound."""
    shrink = {"type": "ResizeObservation", "shape": [84, 84]}
    stack = {"type": "FrameStackObservation", "stack_size": 4}
    document = {"spaces": {"observation": EYE}, "wrappers": [shrink, stack]}
    huge = {"spaces": {"observation": SMALL}, "wrappers": [{**stack, "stack_size": MANY}]}

    assert 2 == len(load(document).stack) == len(load(document, trust=True).stack)
    assert 1 == len(load(huge, trust=True).stack)


def test_what_does_not_bind_is_the_deployments_to_refuse() -> None:
    """The document itself is right."""
    wrappers = [{"type": "ResizeObservation", "shape": [2, 2]}, {"type": "FlattenObservation"}]

    assert 2 == len(load({"spaces": {"observation": SMALL}, "wrappers": wrappers}).stack)


def test_a_large_space_is_none() -> None:
    """Four frames of full HD are fine."""
    table = {"type": "Box", "low": 0, "high": 255, "shape": [4, 1080, 1920, 3], "dtype": "uint8"}

    allowance = guard.Allowance()
    allowance.take(spaces.Box, table, "")

    assert guard.MAX_ELEMENTS - 4 * 1080 * 1920 * 3 == allowance.left


@pytest.mark.parametrize(
    "document",
    [
        {"policy": {"type": "MLP", "file": "/dev/zero"}},
        {
            "wrappers": [
                {"type": "NormalizeObservation", "statistics": {"npz": "/dev/zero", "key": "a"}}
            ]
        },
    ],
)
def test_what_has_no_end_is_not_read(document: dict[str, Any]) -> None:
    """A device is no file."""
    with pytest.raises(ConfigurationError, match="is a device or a pipe"):
        load(document)


@pytest.mark.parametrize("library", guard.LIBRARIES)
def test_the_usual_libraries_need_no_trust(library: str) -> None:
    """They are known."""
    table = {"type": "ArrayConversion", "env_xp": "numpy", "target_xp": library}

    (made,) = load({"wrappers": [table]}).stack

    assert ArrayConversion("numpy", library) == made


def test_trust_imports_and_says_what_is_missing() -> None:
    """Dotted, or with a colon; the nearest name of the module is named."""
    for name in ("operator:neg", "operator.neg", "operator.__neg__"):
        assert -2 == load({"policy": name}, trust=True).policy.function(2)
    for name, words in {
        "operator:ngt": "there is no 'ngt'; did you mean 'gt'",
        "operator.getattr.x": "there is no 'getattr'",
        "nowhere.at_all": "'nowhere.at_all' cannot be imported: No module named 'nowhere'",
        "nowhere:at_all": "'nowhere:at_all' cannot be imported: No module named 'nowhere'",
    }.items():
        with pytest.raises(ConfigurationError) as error:
            load({"policy": name}, trust=True)
        assert words in str(error.value)


def test_a_module_that_breaks_says_its_own_error(tmp_path: Path, monkeypatch) -> None:
    """Not that it is missing."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_module.py").write_text("import not_there_at_all")

    with pytest.raises(ConfigurationError, match="No module named 'not_there_at_all'"):
        load({"policy": "broken_module.thing"}, trust=True)

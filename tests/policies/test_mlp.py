"""The numpy multilayer perceptron, and the file it is read from."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Act, Below, BindError, ConfigurationError, Deployment, TimeStep, same
from statewrap.core.registry import lookup
from statewrap.policies.mlp import MLP

GENERATOR = np.random.default_rng(7)
ARRAYS = {
    "weight_0": GENERATOR.normal(size=(5, 4)).astype(np.float32),
    "bias_0": GENERATOR.normal(size=5).astype(np.float32),
    "weight_1": GENERATOR.normal(size=(3, 5)).astype(np.float32),
    "bias_1": GENERATOR.normal(size=3).astype(np.float32),
    "activation": np.array("tanh"),
    "output": np.array("linear"),
}
FRAME = np.array([[0.25, -1.0], [2.0, 0.5]], np.float64)


def written(folder: Path, **changes) -> Path:
    """Write the arrays with some changed, those set to None left out."""
    arrays = {name: value for name, value in {**ARRAYS, **changes}.items() if value is not None}
    np.savez(folder / "net.npz", **arrays)
    return folder / "net.npz"


def decided(policy: MLP, observation: object) -> object:
    """Ask a policy for its action."""
    return policy.decide(None, TimeStep(observation))[1].action


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("output", ["argmax", "linear", "tanh"])
def test_computes_the_fixed_arithmetic_bit_for_bit(tmp_path, activation, output) -> None:
    """The observation is laid flat in float32, and every operation is the documented one."""
    file = written(tmp_path, activation=np.array(activation), output=np.array(output))
    x = np.asarray(FRAME, np.float32).reshape(-1)
    x = ARRAYS["weight_0"] @ x + ARRAYS["bias_0"]
    x = np.tanh(x) if activation == "tanh" else np.maximum(x, 0)
    x = ARRAYS["weight_1"] @ x + ARRAYS["bias_1"]
    expected = {"argmax": np.argmax(x), "linear": x, "tanh": np.tanh(x)}[output]

    assert same(expected, decided(MLP.load(file), FRAME))


def test_an_argmax_is_an_int64() -> None:
    """Gymnasium's Discrete spaces take it as it is."""
    policy = MLP([np.eye(2, dtype=np.float32)], [np.zeros(2, np.float32)], output="argmax")

    assert same(Act(np.int64(1)), Act(decided(policy, [0.0, 1.0])))


def test_is_registered_under_its_name(tmp_path) -> None:
    """A configuration says `{type = "MLP", file = ...}`."""
    file = written(tmp_path)

    assert MLP.load(file) == lookup("MLP")(file)


def test_does_not_follow_an_array_that_changes_later() -> None:
    """The arrays given are copied."""
    weight = np.eye(2, dtype=np.float32)
    policy = MLP([weight], [np.zeros(2, np.float32)])

    weight[:] = 0

    assert same(np.ones(2, np.float32), decided(policy, np.ones(2)))


def test_prints_its_sizes_and_not_its_numbers(tmp_path) -> None:
    """An error that names the policy stays readable."""
    expected = "<MLP 4 -> 5 -> 3, activation='tanh', output='linear'>"

    assert expected == repr(MLP.load(written(tmp_path)))


def test_says_how_many_numbers_it_takes(tmp_path) -> None:
    """A forgotten wrapper shows as a wrong size."""
    with pytest.raises(ValueError, match="has 3 numbers, the network takes 4"):
        decided(MLP.load(written(tmp_path)), np.zeros(3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight_0": None}, "weight_0 is missing"),
        ({"bias_1": None}, "bias_1 is missing"),
        ({"weight_0": None, "weight_1": None}, "weight_0 is missing"),
        ({"activation": None}, "activation is missing"),
        ({"output": None}, "output is missing"),
        ({"activation": np.array("tahn")}, "did you mean 'tanh'"),
        ({"output": np.array("softmax")}, "expected one of 'argmax', 'linear', 'tanh'"),
        ({"weight_0": np.zeros((5, 4))}, "weight_0 is float64, expected a float32"),
        ({"weight_0": np.zeros(4, np.float32)}, r"weight_0 has shape \(4,\), expected \(out, in\)"),
        ({"weight_0": np.zeros((0, 4), np.float32)}, "neither of them 0"),
        ({"bias_0": np.zeros(4, np.float32)}, r"bias_0 has shape \(4,\), expected \(5,\)"),
        ({"weight_1": np.zeros((3, 6), np.float32)}, "weight_1 takes 6 .* gives 5"),
        ({"bias_0": np.full(5, np.nan, np.float32)}, "bias_0 holds a number that is not finite"),
        ({"weight_0": np.array([{"a": 1}], object)}, "allow_pickle=False"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path, changes, words) -> None:
    """The message names the file, the array and what was expected."""
    with pytest.raises(ConfigurationError, match=rf"net\.npz holds no network: .*{words}"):
        MLP.load(written(tmp_path, **changes))


def _single_array(file: Path) -> None:
    with file.open("wb") as stream:
        np.save(stream, np.zeros(3))


@pytest.mark.parametrize(
    "write",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"PK\x03\x04 and no more"),
        lambda file: file.write_bytes(b"a text"),
        lambda file: file.write_bytes(pickle.dumps({"weight_0": 1})),
        lambda file: zipfile.ZipFile(file, "w").close(),
        _single_array,
    ],
    ids=["empty", "cut", "text", "pickle", "no arrays", "one array"],
)
def test_refuses_what_is_no_archive_of_arrays(tmp_path, write) -> None:
    """No file makes anything but the one clear error, and no pickle is read."""
    write(tmp_path / "net.npz")

    with pytest.raises(ConfigurationError, match=r"net\.npz holds no network"):
        MLP.load(tmp_path / "net.npz")


def test_a_file_that_is_not_there_is_an_os_error(tmp_path) -> None:
    """As everywhere in Python."""
    with pytest.raises(FileNotFoundError):
        MLP.load(tmp_path / "nothing.npz")


@pytest.mark.parametrize("count", [0, 2])
def test_wants_a_bias_for_each_weight(count) -> None:
    """And a layer at least."""
    with pytest.raises(ValueError, match=f"{count} weights and {count // 2} biases"):
        MLP([np.eye(2, dtype=np.float32)] * count, [np.zeros(2, np.float32)] * (count // 2))


def test_a_stack_of_another_width_is_refused_before_the_first_step(tmp_path) -> None:
    """The deployment is not made; where no space is known nothing can be compared."""
    policy = MLP.load(written(tmp_path))
    for wrong in (Box(-1, 1, (3,)), Box(-1, 1, (2, 3))):
        with pytest.raises(BindError, match="takes 4 numbers"):
            Deployment(policy, observation_space=wrong)
    assert policy == policy.bind(Below(Box(-1, 1, (2, 2)))) == policy.bind(Below())

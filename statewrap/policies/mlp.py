"""A small network in numpy alone: a multilayer perceptron, read from one file without pickle.

The file is what `numpy.savez` writes:

    weight_0, bias_0, weight_1, ...   float32 (out, in) and (out,), the first layer first
    activation                        "tanh" or "relu", after every layer but the last
    output                            "argmax", "linear" or "tanh"

Other arrays may lie beside them (the statistics of a `NormalizeObservation`, say).
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.fields import argument
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.registry import nearest, register
from statewrap.core.wrapper import Below

ACTIVATIONS: Final = ("tanh", "relu")
OUTPUTS: Final = ("argmax", "linear", "tanh")


def _frozen(arrays: Any) -> tuple[Any, ...]:
    return tuple(freeze(array) for array in arrays)


@attrs.frozen(repr=False)
class MLP(Policy[None]):
    """Decide by a multilayer perceptron in float32.

    The arithmetic is fixed, so that a training project can repeat it bit for bit: the
    observation becomes float32 and is laid flat; each layer is `weight @ x + bias`; every layer
    but the last is followed by `np.tanh(x)` or `np.maximum(x, 0)`.

    Args:
        weights: float32 (out, in), one per layer, the first layer first.
        biases: float32 (out,), one per layer.
        activation: "tanh" or "relu".
        output: "argmax" gives the index of the largest number as an int64; "linear" gives the
            last layer and "tanh" its tanh, float32 (out,).

    Raises:
        ValueError: if the arrays do not make a network.

    >>> greater = MLP([np.eye(2, dtype=np.float32)], [np.zeros(2, np.float32)], output="argmax")
    >>> greater.decide(None, TimeStep([0.1, 0.7]))
    (None, Act(np.int64(1)))
    """

    weights: tuple[NDArray[np.float32], ...] = argument(converter=_frozen)
    biases: tuple[NDArray[np.float32], ...] = argument(converter=_frozen)
    activation: Literal["tanh", "relu"] = "tanh"
    output: Literal["argmax", "linear", "tanh"] = "linear"

    def __attrs_post_init__(self) -> None:
        """Refuse arrays that do not make a network."""
        _check_choice("activation", self.activation, ACTIVATIONS)
        _check_choice("output", self.output, OUTPUTS)
        _check_layers(self.weights, self.biases)

    @classmethod
    def load(cls, file: str | PathLike[str]) -> Self:
        """Read a network from an npz file; nothing in the file is executed.

        Raises:
            OSError: if the file cannot be read.
            ConfigurationError: if it holds no network; the message names the array.
        """
        try:
            arrays = _read(file)
            weights, biases = _layers(arrays)
            return cls(weights, biases, _word(arrays, "activation"), _word(arrays, "output"))  # type: ignore[arg-type]  # checked by the class
        except (ValueError, zipfile.BadZipFile) as error:
            raise ConfigurationError(f"{Path(file).name} holds no network: {error}") from error

    def bind(self, below: Below) -> Self:
        """Return this network, if it takes as many numbers as an observation above the stack has.

        Raises:
            BindError: if the observation space is known to have another number of them.
        """
        space = below.observation_space
        shape = None if space is None else space.shape
        if shape is not None and math.prod(shape) != self.weights[0].shape[1]:
            raise BindError(
                f"{self!r} takes {self.weights[0].shape[1]} numbers, but the observation space "
                f"above the stack is {space}. Give it the stack that it was trained with."
            )
        return self

    def decide(self, memory: None, timestep: TimeStep) -> tuple[None, Act]:
        """Run the network on the observation."""
        return None, Act(self._forward(timestep.observation))

    def _forward(self, observation: Any) -> Any:
        x = np.asarray(observation, np.float32).reshape(-1)
        if x.size != self.weights[0].shape[1]:
            raise ValueError(
                f"the observation has {x.size} numbers, the network takes "
                f"{self.weights[0].shape[1]}. Is the stack the one it was trained with?"
            )
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = weight @ x + bias
            x = np.tanh(x) if self.activation == "tanh" else np.maximum(x, 0)
        x = self.weights[-1] @ x + self.biases[-1]
        if self.output == "argmax":
            return np.argmax(x)
        return np.tanh(x) if self.output == "tanh" else x

    def __repr__(self) -> str:
        """Print the sizes, not the thousands of numbers."""
        sizes = (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))
        layers = " -> ".join(map(str, sizes))
        return f"<MLP {layers}, activation={self.activation!r}, output={self.output!r}>"


@register("MLP")
def configured(
    file: Path | None = None,
    *,
    weights: tuple[NDArray[np.float32], ...] = (),
    biases: tuple[NDArray[np.float32], ...] = (),
    activation: Literal["tanh", "relu"] = "tanh",
    output: Literal["argmax", "linear", "tanh"] = "linear",
) -> MLP:
    """Make the `MLP` that a configuration describes, of a file or of its arrays.

    Raises:
        ValueError: if it describes both, or no network.

    >>> configured(weights=(np.eye(2, dtype=np.float32),), biases=(np.zeros(2, np.float32),))
    <MLP 2 -> 2, activation='tanh', output='linear'>
    """
    if file is None:
        return MLP(weights, biases, activation, output)
    if weights or biases or (activation, output) != ("tanh", "linear"):
        raise ValueError(
            "a file says all of a network: leave out weights, biases, activation and output."
        )
    return MLP.load(file)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        words = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is {value!r}, expected one of {words}{nearest(value, choices)}")


def _check_layers(weights: tuple[Any, ...], biases: tuple[Any, ...]) -> None:
    if not weights or len(weights) != len(biases):
        raise ValueError(
            f"{len(weights)} weights and {len(biases)} biases, expected one of each per layer, "
            "and a layer at least."
        )
    width = None
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        _check_array(f"weight_{index}", weight, ndim=2)
        _check_array(f"bias_{index}", bias, ndim=1)
        if width is not None and weight.shape[1] != width:
            raise ValueError(
                f"weight_{index} takes {weight.shape[1]} numbers, but the layer before it gives "
                f"{width}."
            )
        width = weight.shape[0]
        if bias.shape != (width,):
            raise ValueError(f"bias_{index} has shape {bias.shape}, expected ({width},).")


def _check_array(name: str, array: Any, *, ndim: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != np.float32:
        held = getattr(array, "dtype", type(array).__name__)
        raise ValueError(f"{name} is {held}, expected a float32 array.")
    if array.ndim != ndim or 0 in array.shape:
        shape = "(out, in)" if ndim == 2 else "(out,)"
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}, neither of them 0.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a number that is not finite.")


def _read(file: str | PathLike[str]) -> dict[str, NDArray[Any]]:
    with Path(file).open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError("it is not an archive as numpy.savez writes it.")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


def _layers(arrays: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    count = sum(name.startswith("weight_") for name in arrays)
    names = [(f"weight_{index}", f"bias_{index}") for index in range(max(count, 1))]
    missing = [name for pair in names for name in pair if name not in arrays]
    if missing:
        raise ValueError(f"{missing[0]} is missing; it holds {', '.join(arrays) or 'nothing'}.")
    return [arrays[weight] for weight, _ in names], [arrays[bias] for _, bias in names]


def _word(arrays: Mapping[str, NDArray[Any]], name: str) -> str:
    if name not in arrays:
        raise ValueError(f"{name} is missing; it is the word that says what the network does.")
    return str(arrays[name])

"""Tensors of torch and jax at the borders, in comparisons and in snapshots."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from statewrap import MissingExtraError, SnapshotError, freeze, same
from statewrap.core.borders import sealed, thaw
from statewrap.core.same import difference
from statewrap.core.spaces import why_not
from statewrap.core.tensors import from_numpy, library_of
from statewrap.package.plain import decode, encode

torch = pytest.importorskip("torch")
jnp = pytest.importorskip("jax.numpy")

TENSORS = [
    torch.tensor([1.5, 2.5]),
    torch.tensor(1),
    torch.tensor([True]),
    torch.zeros(0),
    torch.zeros(2, 3, dtype=torch.uint8).T,
    torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
    torch.tensor(2.5, dtype=torch.bfloat16),
    torch.tensor([1 + 2j]).conj(),
    torch.tensor(float("nan")),
    jnp.arange(3),
    jnp.float32(3.0),
    jnp.ones((2, 2), bool),
]


@pytest.mark.parametrize("tensor", TENSORS, ids=str)
def test_a_tensor_survives_a_snapshot(tensor) -> None:
    """Its library, dtype, shape and bits."""
    assert same({"a": tensor}, decode(encode({"a": tensor})))


@pytest.mark.parametrize("tensor", TENSORS, ids=str)
@pytest.mark.parametrize("cross", [freeze, thaw, sealed])
def test_a_tensor_crosses_a_border_as_it_is(tensor, cross) -> None:
    """A copy of torch's, which can be written to; jax's are immutable, and are not copied."""
    (copied,) = cross((tensor,))

    assert same(tensor, copied)
    assert (copied is tensor) == (library_of(tensor) == "jax")


def test_a_copy_shares_nothing_and_has_no_gradient() -> None:
    """What a network made can be kept and sent."""
    leaf = torch.ones(2, requires_grad=True)
    made = 2 * leaf  # deepcopy refuses it

    frozen = freeze(made)
    with torch.no_grad():
        made += 1

    assert same(torch.tensor([2.0, 2.0]), frozen)
    assert not frozen.requires_grad


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (torch.tensor([1.0]), torch.tensor([2.0]), "[0]: 1.0 != 2.0"),
        (torch.tensor(0.0), torch.tensor(-0.0), "[]: 0.0 != -0.0"),
        (torch.ones(1), torch.ones(1, dtype=torch.float64), "dtype torch.float32 != torch.float64"),
        (torch.ones(1), torch.ones(1, 1), "shape (1,) != (1, 1)"),
        (torch.ones(1), torch.ones(1, device="meta"), "tensor: device cpu != meta"),
        (torch.ones(1), np.ones(1, np.float32), "Tensor tensor([1.]) != ndarray"),
        (jnp.ones(2), jnp.zeros(2), "[0]: 1.0 != 0.0"),
        (jnp.ones(1), torch.ones(1), "!= Tensor"),
    ],
)
def test_says_where_tensors_differ(a, b, words) -> None:
    """As of arrays: type, dtype, device, shape, the first element."""
    assert words in difference(a, b)
    assert same(a, a.clone() if library_of(a) == "torch" else a + 0)


def test_a_space_holds_a_tensor_if_it_holds_its_contents() -> None:
    """In a Dict or Tuple as well; what is in a Graph, Sequence or OneOf is not looked at."""
    box = spaces.Box(0.0, 1.0, (2,), np.float64)
    nested = spaces.Dict(a=box, b=spaces.Tuple((spaces.Discrete(3),)))

    assert why_not(nested, {"a": torch.rand(2), "b": (torch.tensor(2),)}) is None
    assert "value['a'][0] is 2.0" in why_not(nested, {"a": 2 * jnp.ones(2), "b": (1,)})
    assert "not in Discrete(3)" in why_not(spaces.Discrete(3), torch.tensor(3))
    assert "not in Discrete(3)" in why_not(spaces.Discrete(3), torch.tensor([1]))
    assert why_not(spaces.OneOf([box]), (torch.tensor(0), 9 * torch.ones(2))) is None


def test_a_narrow_float_is_held_against_wide_bounds_with_its_own_roundings() -> None:
    """Jax makes float32 of 0.1, which is a little more than 0.1."""
    tenth = spaces.Box(0.0, 0.1, (1,), np.float64)

    assert why_not(tenth, np.array([0.1], np.float32)) is None
    assert why_not(tenth, np.array([0.1 + 1e-8])) is not None
    assert why_not(tenth, np.array([0.1001], np.float32)) is not None


def test_the_number_of_a_one_of_may_be_an_array() -> None:
    """Of integers, without dimensions."""
    either = spaces.OneOf([spaces.Discrete(2), spaces.Discrete(9)])

    assert why_not(either, (np.array(1), 8)) is None
    assert why_not(either, (np.array(0), 8)) is not None
    assert why_not(either, (np.array(0.0), 1)) is not None
    assert why_not(either, (np.array([0]), 1)) is not None


def test_what_numpy_has_no_dtype_for_is_told(monkeypatch) -> None:
    """Jax's bfloat16 has no name elsewhere, and an unknown library none at all."""
    with pytest.raises(SnapshotError, match="bfloat16"):
        encode(jnp.ones(1, jnp.bfloat16))
    with pytest.raises(ValueError, match="'tensorflow' is no library of tensors"):
        from_numpy(np.ones(1), "tensorflow", "float32", None)
    with pytest.raises(ValueError, match=r"has become torch.float32, expected torch.int16"):
        from_numpy(np.ones(1, np.float32), "torch", "torch.int16", "cpu")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError, match="A tensor of torch needs the package 'torch'"):
        from_numpy(np.ones(1), "torch", "torch.float64", "cpu")

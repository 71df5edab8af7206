"""Arrays of torch and jax where they cross a border, without importing either.

A value can be such an array only if somebody has imported its library already.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statewrap.core.errors import MissingExtraError


def library_of(value: Any) -> str | None:
    """Return "torch" or "jax" if a value is an array of it, else None.

    >>> library_of(np.zeros(2)) is None
    True
    """
    torch = getattr(sys.modules.get("torch"), "Tensor", None)
    if torch is not None and isinstance(value, torch):
        return "torch"
    jax = getattr(sys.modules.get("jax"), "Array", None)
    return "jax" if jax is not None and isinstance(value, jax) else None


def copied(value: Any, library: str) -> Any:
    """Return a tensor's copy, without its gradient; an array of jax is immutable, and stays."""
    if library == "torch":
        return (value.detach() if value.requires_grad else value).clone()
    return value


def as_numpy(value: Any, library: str) -> NDArray[Any]:
    """Return the contents as a numpy array of the same shape.

    What numpy has no dtype for, such as torch's bfloat16, becomes unsigned integers of the same
    bits.
    """
    if library == "jax":
        return np.asarray(value)
    import torch  # noqa: PLC0415 - it is there, for the value is its

    tensor = value.detach().cpu().resolve_conj().resolve_neg()
    try:
        return tensor.numpy()  # type: ignore[no-any-return]
    except TypeError:
        bits = tensor.contiguous().reshape(-1).view(torch.uint8).numpy()
        words: NDArray[Any] = bits.view(f"u{tensor.element_size()}")
        return words.reshape(tuple(tensor.shape))


def device_of(value: Any, library: str) -> str | None:
    """Return where a torch tensor lies, such as "cpu"; None for one of jax, which decides itself.

    >>> device_of(None, "jax") is None
    True
    """
    return str(value.device) if library == "torch" else None


def from_numpy(array: NDArray[Any], library: str, dtype: str, device: str | None) -> Any:
    """Make a tensor of its contents, as `as_numpy` gave them; this imports the library.

    Args:
        array: the contents.
        library: "torch" or "jax".
        dtype: what `str(tensor.dtype)` gave, such as "torch.float32" or "float32".
        device: what `device_of` gave.

    Raises:
        MissingExtraError: if the library is not installed.
        ValueError: if there is no such library, or the dtype is not the contents'.
    """
    if library not in ("torch", "jax"):
        raise ValueError(f"{library!r} is no library of tensors, expected torch or jax.")
    try:
        numbers = importlib.import_module("jax.numpy" if library == "jax" else library)
    except ImportError as error:
        raise MissingExtraError(f"A tensor of {library}", library, library) from error
    if library == "jax":
        made = numbers.asarray(array)
    else:
        made = numbers.from_numpy(array.copy()).to(device)
        kind = getattr(numbers, dtype.removeprefix("torch."), None)
        if isinstance(kind, numbers.dtype) and kind.itemsize == made.dtype.itemsize:
            made = made.view(kind)
    if str(made.dtype) != dtype:
        raise ValueError(f"a tensor of {library} has become {made.dtype}, expected {dtype}.")
    return made

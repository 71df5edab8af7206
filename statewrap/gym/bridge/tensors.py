"""Tensors of torch with all that they are: numbers, gradient, and whether one is wanted."""

from __future__ import annotations

from typing import Any

from statewrap.core.tensors import as_numpy, copied
from statewrap.gym.bridge.errors import UnreadableError

Content = tuple[Any, bool, Any]
"""The numbers, whether a gradient is wanted, and the gradient so far, None without one."""


def content(tensor: Any) -> Content:
    """Copy what a tensor holds.

    Raises:
        UnreadableError: if it remembers how it was computed.
    """
    if tensor.grad_fn is not None:
        raise UnreadableError(
            "a tensor that remembers how it was computed (grad_fn); keep its .detach()"
        )
    grad = tensor.grad
    return copied(tensor, "torch"), tensor.requires_grad, grad if grad is None else _copy(grad)


def bits(tensor: Any) -> tuple[Any, ...]:
    """Return what differs between two tensors that do not hold the same."""
    grad = tensor.grad if tensor.is_leaf else None
    last = None if grad is None else as_numpy(grad, "torch").tobytes()
    return as_numpy(tensor, "torch").tobytes(), tensor.requires_grad, tensor.is_leaf, last


def put(tensor: Any, held: Content) -> None:
    """Make a tensor hold what was copied, in place."""
    numbers, wanted, grad = held
    if tensor.shape == numbers.shape and tensor.dtype == numbers.dtype:
        tensor.data.copy_(numbers)
    else:  # it was given others
        tensor.data = _copy(numbers)
    tensor.requires_grad_(wanted)
    if grad is None or tensor.grad is None or tensor.grad.shape != grad.shape:
        tensor.grad = grad if grad is None else _copy(grad)
    else:
        tensor.grad.data.copy_(grad)


def made(held: Content, kind: type) -> Any:
    """Make a tensor of a kind, `torch.Tensor` or `torch.nn.Parameter`, that holds it."""
    numbers, wanted, grad = held
    tensor: Any = copied(numbers, "torch").as_subclass(kind)
    tensor.requires_grad_(wanted)
    tensor.grad = grad if grad is None else _copy(grad)
    return tensor


def twin(tensor: Any) -> Any:
    """Copy a tensor with all that it is.

    Raises:
        UnreadableError: if it remembers how it was computed.
    """
    return made(content(tensor), type(tensor))


def _copy(grad: Any) -> Any:
    return copied(grad, "torch")

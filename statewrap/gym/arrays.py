"""Copies of arrays and tensors, which may lie in one memory, be locked, or be views of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from statewrap.core.tensors import library_of
from statewrap.gym.behind import NotCopiedError
from statewrap.gym.bridge import tensors, views
from statewrap.gym.bridge.blocks import Block, block, overlaps
from statewrap.gym.bridge.errors import UnreadableError
from statewrap.gym.told import told_of_bytes, told_of_tensor

_Array = np.ndarray[Any, Any]


class Copier(Protocol):
    """What copies the rest."""

    def copy(self, value: Any, path: str) -> Any:
        """Return a copy, or the very object if it is constant."""

    def enter(self, value: Any, made: Any) -> Any:
        """Note what stands for a value before it is whole, and return it."""

    def tell(self, words: Callable[[], str]) -> None:
        """Tell something of what is copied, if anybody wants to know."""


class Arrays:
    """Copies arrays and tensors.

    Args:
        copier: copies what they hold, and what they lie on.
    """

    def __init__(self, copier: Copier) -> None:
        self._copier = copier
        self._blocks: list[Block] = []
        """Where those lie that were copied with their memory."""

    def array(self, value: _Array, path: str) -> Any:
        """Copy an array.

        Raises:
            NotCopiedError: if it is of a class of its own, or shares its memory in a way that
                its copy would not.
        """
        if type(value) is not np.ndarray:
            raise NotCopiedError(f"{path} is an array of the class {type(value).__qualname__}")
        root = root_of(value)
        if root is not value:
            return self._view(value, root, path)
        if value.dtype.hasobject:
            return self._objects(value, path)
        owner = _owner_of(value)
        if isinstance(owner, bytearray):
            return self._over(owner, value, path)
        self._copier.tell(lambda: told_of_bytes(value))
        if isinstance(owner, bytes):  # which never change, so that nobody can unlock it
            return value
        self._claim(value, f"{path} is an array that shares its memory with another one's")
        made = value.copy("K")
        made.setflags(write=value.flags.writeable)
        return made

    def tensor(self, value: Any, path: str) -> Any:
        """Copy a tensor of torch; one of jax never changes.

        Raises:
            NotCopiedError: if it shares its memory, or its numbers cannot be read.
        """
        if library_of(value) != "torch":
            self._copier.tell(lambda: told_of_tensor(value))
            return value
        if str(value.layout) != "torch.strided":
            raise NotCopiedError(
                f"{path} is a tensor of the layout {value.layout}, which is not read; keep it "
                "dense, as by .to_dense()"
            )
        self._claim(value, f"{path} is a tensor that shares its memory with another or an array")
        try:
            made = tensors.twin(value)
            self._copier.tell(lambda: told_of_tensor(made))
        except UnreadableError as error:
            raise NotCopiedError(f"{path} is {error.reason}") from error
        except (RuntimeError, TypeError) as error:
            raise NotCopiedError(
                f"{path} is a tensor whose numbers cannot be read ({error}); keep a plain one"
            ) from error
        return made

    def _claim(self, value: Any, problem: str) -> None:
        """Hold that nothing that was copied lies in the same memory."""
        lies = block(value)
        if overlaps(lies, self._blocks):
            raise NotCopiedError(problem)
        self._blocks += [] if lies is None else [lies]

    def _objects(self, value: _Array, path: str) -> Any:
        if value.dtype != np.object_:
            raise NotCopiedError(
                f"{path} is an array of the dtype {value.dtype}; keep its objects apart, in an "
                "array of their own"
            )
        made = self._copier.enter(value, np.empty_like(value))
        for place in np.ndindex(value.shape):
            made[place] = self._copier.copy(value[place], f"{path}[{place}]")
        made.setflags(write=value.flags.writeable)
        return made

    def _view(self, value: _Array, root: _Array, path: str) -> Any:
        """Look at the copy of an array as a view looks at it, which may be locked by now."""
        self._copier.tell(lambda: f"{views.lies(value, root)}")
        whole = self._copier.copy(root, f"{path}.base")
        lock = whole.flags.writeable
        whole.setflags(write=lock or value.flags.writeable)
        made = same_view(value, root, whole)
        whole.setflags(write=lock)
        return made

    def _over(self, owner: bytearray, value: _Array, path: str) -> Any:
        """Make an array over the copy of a bytearray."""
        numbers = np.ndarray(len(owner), np.uint8, owner)
        place, shape, strides, _, writeable = views.lies(value, numbers)
        self._copier.tell(lambda: f"{place} {strides}")
        held = self._copier.copy(owner, f"{path}.base")
        made: Any = np.ndarray(shape, value.dtype, held, place, strides)
        made.setflags(write=writeable)
        return made


def root_of(value: _Array) -> _Array:
    """Return the array whose memory an array looks at, also where that is not its own."""
    root = value
    while type(root.base) is np.ndarray:
        root = root.base
    return root


def view_of(value: _Array) -> tuple[Any, ...]:
    """Say what of its root an array looks at."""
    place, shape, strides, *_ = views.lies(value, root_of(value))
    return place, shape, strides, value.dtype


def same_view(value: Any, root: Any, whole: Any) -> Any:
    """Look at a copy as a view looks at its root."""
    place, shape, strides, _, writeable = views.lies(value, root)
    return views.view(whole, place, shape, strides, value.dtype, writeable=writeable)


def _owner_of(root: _Array) -> Any:
    """Return whose memory an array is that is no view of another one; None if it is its own."""
    owner = root.base
    return owner.obj if isinstance(owner, memoryview) else owner

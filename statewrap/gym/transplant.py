"""Copies of wrappers that lie on something else than the originals do.

A copy has to be whole: `copy.deepcopy` leaves functions as they are, so that a function made in a
constructor would go on seeing the wrapper that was copied, and the environment below it. Here
such functions are made anew over copies of what they see. What is part of the environment cannot
be copied: a wrapper that holds such a part would be shown how it once was.
"""

from __future__ import annotations

import copy
import enum
import functools
import hashlib
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Space

from statewrap.core.tensors import library_of
from statewrap.gym import behind, classes
from statewrap.gym.behind import NotCopiedError, PartError
from statewrap.gym.bridge import kinds, tensors, views
from statewrap.gym.bridge.blocks import Block, block, overlaps
from statewrap.gym.bridge.errors import UnreadableError
from statewrap.gym.unshared import unshared


class Transplant:
    """One copying: an object that is met twice is copied once.

    Args:
        grounds: what the copy is to lie on, by the id of what the original lies on; what
            is copied is added.
        parts: what belongs to the environment alone, by id, with a name for it.
    """

    def __init__(self, grounds: dict[int, Any], parts: Mapping[int, str] | None = None) -> None:
        self._made = grounds
        self._parts = parts or {}
        self.form = hashlib.blake2b(digest_size=8)
        """Of all that was copied, and of the code of functions, in their order."""
        self._kept: list[Any] = []  # lest an id is given to another object
        self._unfinished: list[Any] = []
        self._blocks: list[Block] = []
        """Where arrays and tensors lie that were copied."""
        self._classes: dict[type, str] = {}

    def copy(self, value: Any, path: str) -> Any:
        """Return a copy of a value.

        Args:
            value: anything that a wrapper holds.
            path: where it lies, for people.

        Raises:
            NotCopiedError: if it cannot be copied.
        """
        if type(value) in kinds.ATOMS:
            self.form.update(f"{type(value).__name__} {value!r}".encode())
            return value
        if id(value) in self._made:
            return self._made[id(value)]
        if id(value) in self._parts:
            raise PartError(
                f"{path} is a part of the environment ({self._parts[id(value)]}), which is not "
                "there in production; where it is an observation that was shown, let the wrapper "
                "keep a copy of it"
            )
        if isinstance(value, (tuple, *kinds.GENERATORS)) and kinds.has_more(value):
            raise NotCopiedError(f"{path} is {kinds.MORE}")
        self.form.update(_said(value).encode())
        made = self._copied(value, path)
        self._made.setdefault(id(value), made)
        self._kept.append(value)
        return made

    def knows(self, value: Any) -> bool:
        """Tell whether something stands for a value already, or it is a part."""
        return id(value) in self._made or id(value) in self._parts

    def hold_classes(self) -> None:
        """Hold that no class that was met leads to what was copied.

        Raises:
            NotCopiedError: if one does.
        """
        classes.hold_apart(self._classes, self._is_copied)

    def _is_copied(self, value: Any) -> bool:
        return id(value) in self._parts or self._made.get(id(value), value) is not value

    def give_up(self) -> None:
        """Take from half-made copies what would run when they are freed."""
        for made in self._unfinished:
            if hasattr(type(made), "__del__"):
                own = {"__slots__": (), "__del__": lambda _: None}
                made.__class__ = type("Unfinished", (type(made),), own)

    def _enter(self, value: Any, made: Any) -> Any:
        self._made[id(value)] = made
        return made

    def _copied(self, value: Any, path: str) -> Any:
        if isinstance(value, kinds.FUNCTIONS):
            return self._function(value, path)
        if isinstance(value, behind.KINDS):
            return behind.copied(value, path, self)
        if isinstance(value, kinds.CONSTANTS):
            return self._constant(value, path)
        if isinstance(value, np.ndarray):
            return self._array(value, path)
        if isinstance(value, kinds.GENERATORS):
            return copy.deepcopy(value)
        if kinds.is_tensor(value):
            return self._tensor(value, path)
        if isinstance(value, (tuple, frozenset)):
            parts = [self.copy(part, f"{path}[{n}]") for n, part in enumerate(value)]
            if all(new is old for new, old in zip(parts, value, strict=True)):
                return value
            kind: Any = type(value)
            return tuple.__new__(kind, parts) if isinstance(value, tuple) else kind(parts)
        reason = kinds.why_not(value)
        if reason is not None:
            raise NotCopiedError(f"{path} is {reason}")
        return self._object(value, path)

    def _constant(self, value: Any, path: str) -> Any:
        if isinstance(value, type):
            self._classes.setdefault(value, path)
        return unshared(value)

    def _tensor(self, value: Any, path: str) -> Any:
        if library_of(value) != "torch":
            return value  # one of jax never changes
        lies = block(value)
        if overlaps(lies, self._blocks):
            raise NotCopiedError(
                f"{path} is a tensor that shares its memory with another or an array"
            )
        self._blocks += [] if lies is None else [lies]
        try:
            return tensors.twin(value)
        except UnreadableError as error:
            raise NotCopiedError(f"{path} is {error.reason}") from error

    def _array(self, value: np.ndarray[Any, Any], path: str) -> Any:
        if type(value) is not np.ndarray:
            raise NotCopiedError(f"{path} is an array of the class {type(value).__qualname__}")
        if value.dtype.hasobject:
            made = self._enter(value, np.empty(value.shape, object))
            for place in np.ndindex(value.shape):
                made[place] = self.copy(value[place], f"{path}[{place}]")
            return made
        root = root_of(value)
        if root is value:
            self.form.update(value.tobytes())
            lies = block(value)
            if overlaps(lies, self._blocks):
                raise NotCopiedError(f"{path} is an array that shares its memory with a tensor")
            self._blocks += [] if lies is None else [lies]
            return value.copy("K") if value.flags.writeable else value
        whole = self.copy(root, f"{path}.base")
        return same_view(value, root, whole)

    def _function(self, value: Any, path: str) -> Any:
        if isinstance(value, types.MethodType):
            held = self.copy(value.__self__, f"{path}.__self__")
            return types.MethodType(self.copy(value.__func__, f"{path}.__func__"), held)
        if isinstance(value, functools.partial):
            parts = (value.func, value.args, value.keywords)
            func, args, keywords = (self.copy(part, path) for part in parts)
            return type(value)(func, *args, **keywords)
        if isinstance(value, staticmethod):
            return staticmethod(self.copy(value.__func__, path))
        name = behind.global_environment(value)
        if name is not None:
            raise NotCopiedError(
                f"{path} is a function that reaches an environment through the global name "
                f"{name!r}; let it use what it is given, or self"
            )
        if not _holds(value):
            return value
        return self._closure(value, path)

    def _closure(self, value: types.FunctionType, path: str) -> Any:
        """Make a function anew over copies of the variables that it shares."""
        cells = tuple(self._cell(cell) for cell in value.__closure__ or ())
        made = types.FunctionType(
            value.__code__, value.__globals__, value.__name__, None, cells or None
        )
        self._enter(value, made)
        made.__module__, made.__qualname__ = value.__module__, value.__qualname__
        made.__doc__, made.__annotations__ = value.__doc__, value.__annotations__
        for name, old, new in zip(
            value.__code__.co_freevars, value.__closure__ or (), cells, strict=True
        ):
            if not _is_empty(old) and _is_empty(new):
                new.cell_contents = self.copy(old.cell_contents, f"{path}, where {name} is")
        made.__defaults__ = self.copy(value.__defaults__, f"{path}.__defaults__")
        made.__kwdefaults__ = self.copy(value.__kwdefaults__, f"{path}.__kwdefaults__")
        for name, part in vars(value).items():
            setattr(made, name, self.copy(part, f"{path}.{name}"))
        return made

    def _cell(self, cell: Any) -> Any:
        if id(cell) not in self._made:
            self._kept.append(cell)
            self._made[id(cell)] = types.CellType()
        return self._made[id(cell)]

    def _object(self, value: Any, path: str) -> Any:
        kind = type(value)
        self._classes.setdefault(kind, path)
        base = next((some for some in kinds.CONTAINERS if issubclass(kind, some)), object)
        blank = kinds.blank(kind) if base is object else base.__new__(kind)
        made = self._enter(value, blank)
        self._unfinished.append(made)
        self._fill(value, made, base, path)
        for name in kinds.slots_of(kind):
            if hasattr(value, name):
                self.form.update(name.encode())
                object.__setattr__(made, name, self.copy(getattr(value, name), f"{path}.{name}"))
        held = getattr(value, "__dict__", None)
        for name, part in list((held or {}).items()):
            self.form.update(str(name).encode())
            made.__dict__[name] = self.copy(part, f"{path}.{name}")
        self._unfinished.pop()
        return made

    def _fill(self, value: Any, made: Any, base: Any, path: str) -> None:
        """Copy what is in a container."""
        if base is defaultdict:
            made.default_factory = self.copy(value.default_factory, f"{path}.default_factory")
        if base is deque:
            deque.__init__(made, (), value.maxlen)
        if base in (OrderedDict, defaultdict, dict):
            for key, part in list(base.items(value)):
                base.__setitem__(made, self.copy(key, path), self.copy(part, f"{path}[{key!r}]"))
        elif base in (list, deque):
            for n, part in enumerate(list(value)):
                base.append(made, self.copy(part, f"{path}[{n}]"))
        elif base is set:
            set.update(made, [self.copy(part, path) for part in value])
        elif base is bytearray:
            bytearray.extend(made, value)


def _said(value: Any) -> str:
    """Say what an object is, whatever it holds."""
    code = getattr(value, "__code__", None)
    if isinstance(code, types.CodeType):
        plain = [part for part in code.co_consts if type(part) in kinds.ATOMS]
        return f"{value.__qualname__}{code.co_code.hex()}{code.co_names}{plain}"
    name = f"{type(value).__module__}:{type(value).__qualname__}"
    if isinstance(value, Space):
        return f"{name}{unshared(value)}"  # which keeps its words once they were asked for
    return f"{name}{value}" if isinstance(value, (np.dtype, enum.Enum)) else name


def _holds(value: types.FunctionType) -> bool:
    """Tell whether a function holds anything that could change."""
    given = (value.__closure__, value.__defaults__, value.__kwdefaults__, vars(value))
    return any(map(bool, given))


def _is_empty(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - whether it has any
    except ValueError:
        return True
    return False


def root_of(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array whose memory an array looks at, also where that is not its own."""
    root = value
    while type(root.base) is np.ndarray:
        root = root.base
    return root


def view_of(value: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """Say what of its root an array looks at."""
    place, shape, strides, *_ = views.lies(value, root_of(value))
    return place, shape, strides, value.dtype


def same_view(value: Any, root: Any, whole: Any) -> Any:
    """Look at a copy as a view looks at its root."""
    place, shape, strides, _, writeable = views.lies(value, root)
    return views.view(whole, place, shape, strides, value.dtype, writeable=writeable)

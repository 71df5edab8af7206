"""Copies of wrappers that lie on something else than the originals do.

A copy has to be whole: `copy.deepcopy` leaves functions as they are, so that a function made in a
constructor would go on seeing the wrapper that was copied, and the environment below it. Here
such functions are made anew over copies of what they see. What is part of the environment cannot
be copied: a wrapper that holds such a part would be shown how it once was.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import random
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import gymnasium
import numpy as np

from statewrap.gym import behind, classes
from statewrap.gym.arrays import Arrays
from statewrap.gym.behind import NotCopiedError, PartError
from statewrap.gym.bridge import kinds
from statewrap.gym.told import in_order, told
from statewrap.gym.unshared import unshared

_SPEC: Final = "_cached_spec"
"""Where Gymnasium's wrappers keep their spec once it was asked for."""


class Transplant:
    """One copying: an object that is met twice is copied once.

    Args:
        grounds: what the copy is to lie on, by the id of what the original lies on; what
            is copied is added.
        parts: what belongs to the environment alone, by id, with a name for it.
        tells: whether the form is wanted.
    """

    def __init__(
        self,
        grounds: dict[int, Any],
        parts: Mapping[int, str] | None = None,
        *,
        tells: bool = True,
    ) -> None:
        self._made = grounds
        self._parts = parts or {}
        self._tells = tells
        self.form = hashlib.blake2b(digest_size=8)
        """Of all that was copied, and of the code of functions, in their order."""
        self._numbers: dict[int, int] = {}  # of what was told, by which it is told again
        self._kept: list[Any] = []  # lest an id is given to another object
        self._unfinished: list[Any] = []
        self._arrays = Arrays(self)
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
            self.tell(lambda: f"{type(value).__name__} {value!r},")
            return value
        if id(value) in self._made:
            self.tell(lambda: f"again {self._numbers.get(id(value))},")
            return self._made[id(value)]
        if id(value) in self._parts:
            raise PartError(
                f"{path} is a part of the environment ({self._parts[id(value)]}), which is not "
                "there in production; where it is an observation that was shown, let the wrapper "
                "keep a copy of it"
            )
        if isinstance(value, (tuple, *kinds.GENERATORS)) and kinds.has_more(value):
            raise NotCopiedError(f"{path} is {kinds.MORE}")
        if isinstance(value, random.SystemRandom):
            raise NotCopiedError(
                f"{path} is a random.SystemRandom, whose numbers cannot be drawn again; use "
                "random.Random"
            )
        self._number(value)
        self.tell(lambda: f"{told(value)}(")
        made = self._copied(value, path)
        self.tell(lambda: ")")
        self._made.setdefault(id(value), made)
        return made

    def tell(self, words: Callable[[], str]) -> None:
        """Tell something of what is copied, if the form is wanted."""
        if self._tells:
            self.form.update(words().encode("utf-8", "surrogatepass"))

    def _tell_before(self, name: Any) -> None:
        self.tell(lambda: f"{name!r}=")

    def enter(self, value: Any, made: Any) -> Any:
        """Note what stands for a value before it is whole, and return it."""
        self._made[id(value)] = made
        return made

    def _number(self, value: Any) -> None:
        self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)

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

    def _copied(self, value: Any, path: str) -> Any:
        if isinstance(value, kinds.FUNCTIONS):
            return self._function(value, path)
        if isinstance(value, behind.KINDS):
            return behind.copied(value, path, self)
        if isinstance(value, kinds.CONSTANTS):
            return self._constant(value, path)
        if isinstance(value, np.ndarray):
            return self._arrays.array(value, path)
        if isinstance(value, kinds.GENERATORS):
            return copy.deepcopy(value)
        if kinds.is_tensor(value):
            return self._arrays.tensor(value, path)
        if isinstance(value, (tuple, frozenset)):
            parts = self._parts_of(value, path)
            if all(new is old for new, old in zip(parts, value, strict=True)):
                return value
            kind: Any = type(value)
            return tuple.__new__(kind, parts) if isinstance(value, tuple) else kind(parts)
        reason = kinds.why_not(value)
        if reason is not None:
            raise NotCopiedError(f"{path} is {reason}")
        return self._object(value, path)

    def _parts_of(self, value: Any, path: str) -> list[Any]:
        """Copy what is in a tuple or a set, in its order; that of a set is not told."""
        if isinstance(value, tuple):
            return [self.copy(part, f"{path}[{n}]") for n, part in enumerate(value)]
        parts = list(value)
        told_order = in_order(parts) if self._tells else parts
        made = {id(part): self.copy(part, f"{path}[...]") for part in told_order}
        return [made[id(part)] for part in parts]

    def _constant(self, value: Any, path: str) -> Any:
        if isinstance(value, type):
            self._classes.setdefault(value, path)
        return unshared(value)

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
        self.enter(value, made)
        made.__module__, made.__qualname__ = value.__module__, value.__qualname__
        made.__doc__, made.__annotations__ = value.__doc__, value.__annotations__
        for name, old, new in zip(
            value.__code__.co_freevars, value.__closure__ or (), cells, strict=True
        ):
            self._tell_before(self._numbers.get(id(old)))
            if not _is_empty(old) and _is_empty(new):
                new.cell_contents = self.copy(old.cell_contents, f"{path}, where {name} is")
        made.__defaults__ = self.copy(value.__defaults__, f"{path}.__defaults__")
        made.__kwdefaults__ = self.copy(value.__kwdefaults__, f"{path}.__kwdefaults__")
        for name, part in vars(value).items():
            self._tell_before(name)
            setattr(made, name, self.copy(part, f"{path}.{name}"))
        return made

    def _cell(self, cell: Any) -> Any:
        if id(cell) not in self._made:
            self._number(cell)
            self._made[id(cell)] = types.CellType()
        return self._made[id(cell)]

    def _object(self, value: Any, path: str) -> Any:
        kind = type(value)
        self._classes.setdefault(kind, path)
        base = next((some for some in kinds.CONTAINERS if issubclass(kind, some)), object)
        blank = kinds.blank(kind) if base is object else base.__new__(kind)
        made = self.enter(value, blank)
        self._unfinished.append(made)
        self._fill(value, made, base, path)
        for name in kinds.slots_of(kind):
            if hasattr(value, name):
                self._tell_before(name)
                object.__setattr__(made, name, self.copy(getattr(value, name), f"{path}.{name}"))
        held = getattr(value, "__dict__", None)
        for name, part in list((held or {}).items()):
            if name == _SPEC and isinstance(value, gymnasium.Wrapper):
                made.__dict__[name] = part  # which only says whether it was asked for
                continue
            self._tell_before(name)
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
            set.update(made, self._parts_of(value, path))
        elif base is bytearray:
            bytearray.extend(made, value)


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

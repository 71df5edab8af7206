"""Watching a stack in a scene: every call of its wrappers, and what each touches outside."""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.errors import StatewrapError
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.laws.around import Around
from statewrap.testing.laws.law import Broken, Setting
from statewrap.testing.laws.probes import CURES, PROBES, PYTHONS_HIDDEN, Lookout, Sight
from statewrap.testing.laws.reach import Found, named_globals, reach, resolve, stored_globals

NOT_SEEN: Final = (
    "Not seen means that no such call was made in these dialogues, as far as the probes see: not "
    "by C code on its own, not in other threads, not where the dialogues did not reach."
)
_RANDOMNESS: Final = "global randomness"
_GENERATORS: Final = (np.random.Generator, np.random.RandomState, random.Random, Space)
_NUMPYS_HIDDEN: Final[Any] = np.random.mtrand._rand  # noqa: SLF001
_HIDDEN: Final = (_NUMPYS_HIDDEN, PYTHONS_HIDDEN)
_NOWHERE: Final[Any] = object()


class Touch(NamedTuple):
    """Something outside that a wrapper touched."""

    wrapper: Wrapper[Any]
    method: str
    turn: int | None
    before: Any
    """The memory with which it was called, if it was given one."""
    sight: Sight

    @property
    def probe(self) -> str:
        """The name of the probe that saw it."""
        return self.sight.probe

    @property
    def broken(self) -> Broken:
        """What a law says of it, and what to do instead."""
        words = f"{self} ({self.probe})."
        return Broken(words, turn=self.turn, before=self.before, cure=CURES[self.probe])

    def __str__(self) -> str:
        file, line = self.sight.file, self.sight.line
        source = linecache.getline(file, line).strip() if file and line else ""
        where = f", at {file}:{line}" if file and line else ""
        said = f": `{source}`" if source else ""
        return f"{brief(self.wrapper)}, in {self.method}, used {self.sight.called}{where}{said}"


@attrs.frozen
class Seen:
    """What was seen while a scene was watched, and what was not.

    >>> print(Seen(calls=34))
    In 34 calls, not seen: clock, global randomness, files, environment variables, ...
    """

    calls: int
    touches: tuple[Touch, ...] = ()
    raised: StatewrapError | None = None
    """What ended the scene early, if something did."""

    @property
    def not_seen(self) -> tuple[str, ...]:
        """The names of the probes that saw nothing; `NOT_SEEN` says what that means."""
        seen = {touch.probe for touch in self.touches}
        return tuple(probe.name for probe in PROBES if probe.name not in seen)

    def __str__(self) -> str:
        seen = "".join(f"{touch} ({touch.probe}).\n" for touch in self.touches)
        return f"{seen}In {self.calls} calls, not seen: {', '.join(self.not_seen)}."


def watch(setting: Setting) -> Seen:
    """Play a scene, with every call of every wrapper watched, `bind` and `above` included.

    numpy's hidden generator is moved on before, so that one who seeds it is seen, and put back.
    """
    hidden = _NUMPYS_HIDDEN.get_state()
    _NUMPYS_HIDDEN.random_sample()
    try:
        return _watched(setting)
    finally:
        _NUMPYS_HIDDEN.set_state(hidden)


def _watched(setting: Setting) -> Seen:
    notes = Notes([Outlook.of(wrapper) for wrapper in setting.stack])
    for index, below in enumerate((setting.stack.gaps or ())[:-1]):
        notes.call(index, "bind", setting.unbound[index].bind, below)
        notes.call(index, "above", setting.stack[index].above, below)
    watched = Stack(
        *(Around(wrapper, partial(notes.call, i)) for i, wrapper in enumerate(setting.stack))
    )
    raised = None
    try:
        notes.turn = 0
        for number, _ in enumerate(setting.turns(watched), 1):
            notes.turn = number
    except StatewrapError as error:
        raised = error
    notes.assignments()
    return Seen(notes.calls, tuple(notes.touches.values()), raised)


class Outlook(NamedTuple):
    """What a wrapper shares with others, and could change unseen."""

    wrapper: Wrapper[Any]
    generators: list[Found]
    """Random generators, and spaces, each of which has one."""
    functions: list[FunctionType]
    assigned: list[tuple[FunctionType, str, Any]]
    """The globals that its functions assign to, and what they are."""

    @classmethod
    def of(cls, wrapper: Wrapper[Any]) -> Outlook:
        """Look around."""
        found = list(reach(wrapper))
        functions = [f.thing for f in found if isinstance(f.thing, FunctionType)]
        shared = [f for f in found if isinstance(f.thing, _GENERATORS)]
        generators = [f for f in shared if not any(f.thing is h for h in _HIDDEN)]
        stored = [(f, name) for f in functions for name in stored_globals(f.__code__)]
        assigned = [(f, name, f.__globals__.get(name, _NOWHERE)) for f, name in stored]
        return cls(wrapper, generators, functions, assigned)

    def user_of_numpys(self) -> Sight:
        """Find where a function of numpy's hidden generator is named."""
        for function in self.functions:
            for named in named_globals(function.__code__):
                called, thing = resolve(named, function)
                if _is_of_numpys_hidden(thing):
                    file = function.__code__.co_filename
                    return Sight(_RANDOMNESS, called, file, named.line)
        return Sight(_RANDOMNESS, "the hidden generator of numpy.random", None, None)


class Notes:
    """Watches calls, and holds what they touched."""

    def __init__(self, outlooks: list[Outlook]) -> None:
        self.touches: dict[Any, Touch] = {}
        self.calls = 0
        self.turn: int | None = None
        self._outlooks = outlooks

    def call(self, index: int, method: str, function: Callable[..., Any], *given: Any) -> Any:
        """Call a method of a wrapper, and note what it touches."""
        outlook, lookout = self._outlooks[index], Lookout()
        hidden = _state(_NUMPYS_HIDDEN)
        states = [_state(found.thing) for found in outlook.generators]
        self.calls += 1
        try:
            with lookout:
                return function(*given)
        finally:
            sights = lookout.sights
            if not same(hidden, _state(_NUMPYS_HIDDEN)):
                sights.append(outlook.user_of_numpys())
            for found, state in zip(outlook.generators, states, strict=True):
                if _has_moved(state, _state(found.thing)):
                    called = f"a random generator that it shares, that of {found.way}"
                    sights.append(Sight(_RANDOMNESS, called, None, None))
            for sight in sights:
                self._note(index, method, given[0] if len(given) == 2 else None, sight)

    def assignments(self) -> None:
        """Note the globals that hold something else now; one filled for the first time may be."""
        for index, outlook in enumerate(self._outlooks):
            for function, name, before in outlook.assigned:
                now = function.__globals__.get(name, _NOWHERE)
                if before not in (None, _NOWHERE) and not same(before, now):
                    sight = Sight("interpreter", f"`global {name}`", None, None)
                    self._note(index, function.__name__, None, sight)

    def _note(self, index: int, method: str, memory: Any, sight: Sight) -> None:
        touch = Touch(self._outlooks[index].wrapper, method, self.turn, memory, sight)
        self.touches.setdefault((index, method, sight), touch)


def _is_of_numpys_hidden(thing: Any) -> bool:
    """Tell whether a function of numpy.random draws from its hidden generator, or seeds it."""
    if getattr(thing, "__self__", None) is _NUMPYS_HIDDEN:
        return True
    return any(thing is getattr(np.random, name) for name in ("seed", "sample", "ranf"))


def _has_moved(before: Any, after: Any) -> bool:
    """Tell whether a generator has drawn; one of a space that was not there yet has not."""
    if isinstance(before, list):
        return any(map(_has_moved, before, after))
    return before is not None and not same(before, after)


def _state(generator: Any) -> Any:
    """Return where a generator stands; of a space with parts, where theirs do."""
    if isinstance(generator, Space):
        own = generator._np_random  # noqa: SLF001 - asking for np_random would seed it
        inner = getattr(generator, "spaces", ())
        parts = inner.values() if isinstance(inner, dict) else inner
        return [own and _state(own), *map(_state, parts)]
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        state: Any = generator.get_state(legacy=False)
        return state
    return generator.bit_generator.state

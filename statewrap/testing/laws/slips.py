"""The law that a typing slip is noticed, in the class of a wrapper and in its arguments."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, KeysView, Mapping
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

import attrs
from gymnasium import spaces

from statewrap.core.messages import Message, TimeStep
from statewrap.core.same import difference
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.laws.arguments import made_with
from statewrap.testing.laws.heard import Heard, answers, overhear
from statewrap.testing.laws.law import Broken, Setting, law

_NEAR: Final = 0.85
_NEAR_IN_FORM: Final = 0.6
"""How near the name of a method is that takes the very parameters of a known one."""
_SLIP: Final = "_typo"
_NEEDS: Final = ("frame", "time")
_PUBLIC: Final = {name: part for name, part in vars(Wrapper).items() if not name.startswith("_")}
_METHODS: Final = {name: part for name, part in _PUBLIC.items() if isinstance(part, FunctionType)}
_DECLARED: Final = {name: part for name, part in _PUBLIC.items() if name not in _METHODS}
_EVERYWHERE: Final = frozenset({"action", "actions", *(f.name for f in attrs.fields(TimeStep))})
"""Names that a mapping of statistics may have besides those of the observation."""


@law(
    cure="Look names up so that an unknown one raises, at `bind` where the space is known: "
    "`unknown = set(self.names) - set(space.spaces)`, and `raise BindError(...)` if there are any."
)
def typing_slips_are_noticed(setting: Setting) -> None:
    """A misspelt attribute, or a name among the arguments that nothing bears, is not passed over.

    Names are what the Dict spaces below have, and what the wrapper looks up on its own; names
    that only messages carry (in `info`, as a word observed) may be missing there, so a wrapper
    may pass over them.
    """
    for wrapper in setting.unbound:
        _attributes_are_meant(wrapper)
        _needs_are_known(wrapper)
    if not any(_is_looked_up(setting, wrapper) for wrapper in setting.unbound):
        return
    played = _played(setting, setting.unbound)
    if played is None:
        return
    for index in range(len(setting.unbound)):
        place = _Place(setting, index, played[1][index])
        _mappings_fit(place)
        for name in _names(setting.unbound[index]):
            _slip_is_noticed(place, name)


# -- the class ---------------------------------------------------------------------------------


def _attributes_are_meant(wrapper: Wrapper[Any]) -> None:
    """Find an attribute that is nearly one of Wrapper's."""
    for name, value in _own_attributes(wrapper):
        meant = None if name in _PUBLIC else _meant(name, value)
        if meant:
            raise Broken(
                f"{type(wrapper).__name__} has {name!r}, which nobody asks for; did you mean "
                f"{meant!r}?",
                cure=f"Rename it {meant!r}, or begin a name of your own with an underscore.",
            )


def _meant(name: str, value: Any) -> str | None:
    """Return which of Wrapper's names was meant, if one was: of a method's, or of the others."""
    function = getattr(value, "__func__", value)  # of a classmethod or a staticmethod
    if not isinstance(function, FunctionType):
        return _nearly(name, _DECLARED)
    given = set(inspect.signature(function).parameters) - {"self"}
    wanted = {n: set(inspect.signature(m).parameters) - {"self"} for n, m in _METHODS.items()}
    alike = (n for n, parameters in wanted.items() if given & parameters)
    same_form = (n for n, parameters in wanted.items() if given == parameters)
    many = [n for n, parameters in wanted.items() if len(given) == len(parameters)]
    return (
        _nearly(name, alike) or _nearly(name, same_form, _NEAR_IN_FORM) or _nearly(name, many, 1.0)
    )


def _own_attributes(wrapper: Wrapper[Any]) -> Iterator[tuple[str, Any]]:
    """Give the public attributes of the class, and arguments that only a declaration can be."""
    kind = type(wrapper)
    fields = {f.name for f in attrs.fields(kind)} if attrs.has(kind) else set[str]()
    for some in kind.__mro__[: kind.__mro__.index(Wrapper)]:
        for name, value in vars(some).items():
            if not name.startswith("_") and name not in fields:
                yield name, value
    for name in fields:
        if _is_declaration(getattr(wrapper, name)):
            yield name, None


def _is_declaration(value: Any) -> bool:
    """Tell whether a value is one of `needs` or `memory_types`, not of an argument."""
    if not isinstance(value, (set, frozenset, tuple, list)) or not value:
        return False
    return all(
        part in _NEEDS if isinstance(part, str) else isinstance(part, type) for part in value
    )


def _nearly(name: str, known: Iterable[str], near: float = _NEAR) -> str | None:
    """Return the known name that another nearly is, if any; case and underscores aside."""
    written = name.replace("_", "").lower()
    plain = {some.replace("_", ""): some for some in known}
    close = difflib.get_close_matches(written, plain, n=1, cutoff=near)
    swapped = [some for some in plain if sorted(some) == sorted(written)]
    return next((plain[some] for some in (*close, *swapped)), None)


def _needs_are_known(wrapper: Wrapper[Any]) -> None:
    """Find a need that no edge fulfils."""
    needs = [wrapper.needs] if isinstance(wrapper.needs, str) else sorted(map(str, wrapper.needs))
    for need in needs:
        if need not in _NEEDS or isinstance(wrapper.needs, str):
            close = difflib.get_close_matches(need, _NEEDS, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            raise Broken(
                f"{type(wrapper).__name__} needs {wrapper.needs!r}, but what can be put on time "
                f"steps is 'frame' and 'time'{meant}",
                cure='Write `needs = frozenset({"time"})`, `frozenset({"frame"})` or both.',
            )


# -- the arguments -----------------------------------------------------------------------------


class _Name(NamedTuple):
    """A name among the arguments."""

    field: attrs.Attribute[Any]
    value: Any
    """The argument in which it stands."""
    text: str

    def misspelt(self) -> Any:
        """Return the argument with a slip in this name."""
        slip = self.text + _SLIP
        if isinstance(self.value, str):
            return slip
        if isinstance(self.value, Mapping):
            items = {slip if key == self.text else key: self.value[key] for key in self.value}
            return items if type(self.value) is dict else type(self.value)(items)  # type: ignore[call-arg]
        return type(self.value)(slip if item == self.text else item for item in self.value)


def _names(wrapper: Wrapper[Any]) -> list[_Name]:
    """Return the names among the arguments of a wrapper: strings, alone or listed, and keys."""
    if not attrs.has(type(wrapper)):
        return []
    found = []
    for field in made_with(wrapper):
        value = getattr(wrapper, field.name)
        listed = type(value) in (tuple, list, set, frozenset) or isinstance(value, Mapping)
        items = list(value) if listed else [value]
        if not listed or isinstance(value, Mapping) or all(isinstance(x, str) for x in items):
            found += [_Name(field, value, text) for text in items if isinstance(text, str)]
    return found


def _is_looked_up(setting: Setting, wrapper: Wrapper[Any]) -> bool:
    """Tell whether a wrapper's names are worth a scene: one listed, or one that a Dict has."""
    observed = (episode[0].observation for episode in setting.episodes)
    keys = {*_words(*(seen.keys() for seen in observed if isinstance(seen, dict)))}
    keys.update(*map(_keys_below, setting.stack.gaps or ()))
    return any(not isinstance(n.value, str) or n.text in keys for n in _names(wrapper))


class _Place:
    """A wrapper of the stack, the names of what lies below it, and what it did in the scene."""

    def __init__(self, setting: Setting, index: int, calls: list[Heard]) -> None:
        gaps = setting.stack.gaps or ()
        self.setting, self.index, self.calls = setting, index, answers(calls)
        self.wrapper, self.above = setting.unbound[index], gaps[index + 1]
        self.known = _keys_below(gaps[index]) | _keys_observed(self.calls)
        self.carried = frozenset(_words(*(call.given for call in self.calls))) - self.known


def _mappings_fit(place: _Place) -> None:
    """Find a mapping of which some keys, or all, are not among those of the Dict below."""
    mappings = {n.field.name: n.value for n in _names(place.wrapper)}
    for name, value in mappings.items():
        if not isinstance(value, Mapping) or not place.known:
            continue
        keys = {key for key in value if isinstance(key, str)}
        told = {*_words(*(call.reply for call in place.calls)), *_keys_below(place.above)}
        unknown = keys - place.known - place.carried - told - _EVERYWHERE
        idle = unknown == keys and all(call.passes for call in place.calls)
        if unknown and place.known - keys and (place.known & keys or idle):
            raise Broken(
                f"{brief(place.wrapper)} takes {name} for {_listed(unknown)} without a word, but "
                f"what lies below it has {_listed(place.known)}."
            )


def _slip_is_noticed(place: _Place, name: _Name) -> None:
    known = name.text in place.known
    if not known and (isinstance(name.value, str) or name.text in place.carried):
        return
    wrappers = list(place.setting.unbound)
    try:
        misspelt: dict[str, Any] = {name.field.alias or name.field.name: name.misspelt()}
        wrappers[place.index] = attrs.evolve(cast("Any", place.wrapper), **misspelt)
    except Exception:  # noqa: BLE001 - whatever it raises, the slip is noticed
        return
    played = _played(place.setting, Stack(*wrappers))
    if played is None:
        return
    stack, calls = played
    slip, heard = name.text + _SLIP, answers(calls[place.index])
    shown = _words((stack.gaps or ())[place.index + 1], *(call.reply for call in heard))
    if any(slip in word for word in shown):
        return  # it is a name that the wrapper gives
    found = _first_change(place.calls, heard, only_passes=not known)
    if found:
        raise Broken(
            f"{brief(place.wrapper)} takes {name.field.name} with {slip!r} in place of "
            f"{name.text!r} without a word, and answers otherwise (right != with the slip): "
            f"{found}."
        )


def _played(setting: Setting, unbound: Stack) -> tuple[Stack, list[list[Heard]]] | None:
    """Bind a stack and play the scene through it; None if anything raises."""
    try:
        stack = unbound.bind(setting.below)
        return stack, overhear(setting, stack)[1]
    except Exception:  # noqa: BLE001 - whatever it raises, something was noticed
        return None


def _first_change(before: list[Heard], after: list[Heard], *, only_passes: bool) -> str | None:
    """Say where the answers differ; `only_passes` asks that all that differ let all pass."""
    pairs = zip(before, after, strict=False)
    changes = [(b, found) for a, b in pairs if (found := difference(a.reply, b.reply))]
    if only_passes and not all(call.passes for call, _ in changes):
        return None
    return changes[0][1] if changes else None


# -- names and words ---------------------------------------------------------------------------


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names)))


def _keys_below(below: Below) -> frozenset[str]:
    return frozenset(_keys(below.observation_space)) | frozenset(_keys(below.action_space))


def _keys(space: Any) -> Iterator[str]:
    """Give the string keys of the Dicts in a space."""
    if isinstance(space, spaces.Dict):
        yield from (key for key in space.spaces if isinstance(key, str))
        space = spaces.Tuple(tuple(space.spaces.values()))
    if isinstance(space, spaces.Tuple):
        for part in space.spaces:
            yield from _keys(part)


def _keys_observed(calls: list[Heard]) -> frozenset[str]:
    """Return the string keys of dicts that were observed, where no space announces them."""
    observed = (c.given.observation for c in calls if isinstance(c.given, TimeStep))
    return frozenset(
        key for seen in observed if isinstance(seen, dict) for key in seen if isinstance(key, str)
    )


def _words(*values: Any) -> Iterator[str]:
    """Give every string in values: in messages, containers and Dict spaces, as key or as item."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _words(*value.keys(), *value.values())
        elif isinstance(value, (tuple, list, set, frozenset, KeysView)):
            yield from _words(*value)
        elif isinstance(value, (Message, Below)):
            yield from _words(*(getattr(value, f.name) for f in attrs.fields(type(value))))

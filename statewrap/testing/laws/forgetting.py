"""The law that forgetting is the default: what outlives an episode is declared."""

from __future__ import annotations

import copy
from typing import Any

import attrs

from statewrap.core.key import Key
from statewrap.core.same import difference, same
from statewrap.core.words import brief, sentence
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.replay import Heard, Part, answer, parts


@law(
    cure="Forget it: leave `renew` as it is, or return from it only what is to survive. What is "
    'to survive is declared in the class: `keeps = frozenset({"field"})`, or `keeps = True` for '
    "the whole memory."
)
def forgets_between_episodes(setting: Setting) -> None:
    """When an episode opens, a wrapper remembers what it declares in `keeps`, and nothing else.

    Looked at is each `first` time step that reaches a wrapper from below, except where it answers
    a `Reset` of the wrapper's own: a start that was tried and given up may owe something to the
    next one. What is kept comes through `renew` unchanged; all else is as in a session that has
    seen nothing.
    """
    for part in parts(setting):
        _check_names(part)
        for index, heard in enumerate(part.heard):
            if heard.opens and not part.asked_for(index):
                _hold_kept(part, heard)
                _hold_forgotten(part, heard)


def _check_names(part: Part) -> None:
    """Find a declaration that names what there is not."""
    keeps = part.wrapper.keeps
    if isinstance(keeps, bool):
        return
    if isinstance(keeps, str):
        cure = f"Write `keeps = frozenset({{{keeps!r}}})`."
        raise Broken(f"{_who(part)} declares `keeps = {keeps!r}`, which is no set.", cure=cure)
    seen = [memory for heard in part.heard for memory in (heard.before, heard.after)]
    kinds = {*part.wrapper.memory_types, *map(type, seen)} - {type(None)}
    known = {name for kind in kinds for name in _names(kind)}
    unknown = sorted(frozenset(keeps) - known)
    if unknown and kinds:
        has = f"has the fields {', '.join(sorted(known))}" if known else "has no fields"
        raise Broken(
            f"{_who(part)} declares that it keeps {_listed(unknown)}, but its memory, such as "
            f"{brief(seen[-1]) if seen else None}, {has}.",
            before=seen[-1] if seen else None,
            cure="Name fields of the memory itself (a NamedTuple or attrs class) in `keeps`, or "
            "declare `keeps = True` for the whole memory.",
        )


def _hold_kept(part: Part, heard: Heard) -> None:
    """Hold that what is declared comes through `renew`; what was never set cannot be lost."""
    keeps, memory = part.wrapper.keeps, heard.before
    if keeps is False:
        return
    fresh, renewed = part.heard[0].before, part.wrapper.renew(memory, heard.key)
    for name in [None] if keeps is True else _kept_names(part) & _names(type(memory)):
        was, now, unset = (_of(whole, name) for whole in (memory, renewed, fresh))
        found = difference(was, now, name or "memory")
        if found and not same(was, unset):
            what = "the whole memory" if name is None else f"`{name}`"
            raise Broken(
                f"At turn {heard.turn} an episode opens. {_who(part)} declares that it keeps "
                f"{what}, but `renew` changed it (before != after): {found}.",
                turn=heard.turn,
                before=memory,
                after=renewed,
                cure="Return from `renew` what is declared in `keeps`, as it was (who counts "
                "episodes does so in `on_state`, at a `first`). Or take it out of `keeps`.",
            )


def _of(memory: Any, name: str | None) -> Any:
    """Return a field of a memory, or the whole of it."""
    return memory if name is None else getattr(memory, name, None)


def _hold_forgotten(part: Part, heard: Heard) -> None:
    """Hold that a memory of which only the kept fields are left leads to the same."""
    keeps, memory = part.wrapper.keeps, heard.before
    if keeps is True:
        return
    bare = _bare(part, memory)
    if same(bare, memory):
        return
    try:
        expected = answer(part.wrapper, bare, heard.message, heard.key)
    except Exception as error:
        raise Broken(
            f"At turn {heard.turn} an episode opens. {_who(part)} answers with the memory of the "
            f"last one, but raises {type(error).__name__} with that of a session that has seen "
            f"nothing, {brief(bare)}: {sentence(error)}",
            turn=heard.turn,
            before=memory,
            after=heard.after,
        ) from error
    found = difference(expected[0], heard.after, "memory") or difference(
        expected[1], heard.reply, "reply"
    )
    if found is None:
        return
    names = _came_through(part, heard, bare)
    what = f"{_listed(names)} of its memory" if names else "its memory"
    raise Broken(
        f"At turn {heard.turn} an episode opens, and {_who(part)} still has {what} from the last "
        f"one. Had it forgotten != as it is: {found}.",
        turn=heard.turn,
        before=memory,
        after=heard.after,
        cure=_ways_out(part, names),
    )


def _bare(part: Part, memory: Any) -> Any:
    """Return the memory of a session that has seen nothing, but for what is declared as kept."""
    fresh, names = part.heard[0].before, _kept_names(part)
    if not names or not names <= _names(type(memory)):
        return fresh
    if not names <= _names(type(fresh)):  # it begins as something else, such as None
        held = (heard.before for heard in part.heard)
        fresh = next(m for m in held if names <= _names(type(m)))
    return _with_fields(fresh, {name: getattr(memory, name) for name in names})


def _with_fields(record: Any, values: dict[str, Any]) -> Any:
    if isinstance(record, tuple):
        return record._replace(**values)  # type: ignore[attr-defined]  # a NamedTuple
    twin = copy.copy(record)
    for name, value in values.items():
        object.__setattr__(twin, name, value)
    return twin


def _came_through(part: Part, heard: Heard, bare: Any) -> list[str]:
    """Name the fields that `renew` did not make new."""
    here, there = (part.wrapper.renew(memory, heard.key) for memory in (heard.before, bare))
    shared = _names(type(here)) & _names(type(there))
    return sorted(n for n in shared if not same(getattr(here, n), getattr(there, n)))


def _ways_out(part: Part, names: list[str]) -> str:
    kept = ", ".join(repr(name) for name in sorted({*_kept_names(part), *names}))
    declared = f"`keeps = frozenset({{{kept}}})`" if names else "`keeps = True`"
    what = f"return {_listed(names)} as `initial(key)` makes it" if names else "forget"
    return (
        f"Let `renew` {what} (without a `renew` of its own a wrapper forgets all; random draws "
        f"come from the key that `renew` is given). Or, if it is meant to outlive an episode, "
        f"declare in the class: {declared}."
    )


def _kept_names(part: Part) -> frozenset[str]:
    keeps = part.wrapper.keeps
    return frozenset() if isinstance(keeps, bool) else frozenset(keeps)


def _names(kind: type) -> frozenset[str]:
    """Return the fields of a NamedTuple or attrs class; others have none, and a key is whole."""
    if kind is Key:
        return frozenset()
    if attrs.has(kind):
        return frozenset(field.name for field in attrs.fields(kind))
    return frozenset(getattr(kind, "_fields", ()) if issubclass(kind, tuple) else ())


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _who(part: Part) -> str:
    return brief(part.wrapper)

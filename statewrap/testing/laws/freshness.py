"""The law that what is shown is not stale.

It asks what depends on what: something that came is exchanged, the wrapper hears the rest as it
was, and what it shows is compared. So a wrapper may transform, clip, mask, pool or stack as it
likes; only where the newest cannot matter at all, but something older does, is anything found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium import spaces

from statewrap.core.messages import Message, TimeStep
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.testing.laws.cut_short import hold_ends_that_cut_short
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.replay import Part, exchanged, parts, retell
from statewrap.testing.laws.variations import at, others, unlike

_NOTHING: Final[Any] = object()
"""Stands for what is not there, such as a key of an info."""
_ASTRAY: Final[Any] = object()
"""Stands for what is not shown, for the wrapper did not go on that far."""


@law(
    cure="Show what came last, also where the episode ends early: build the reply from the time "
    "step at hand, `timestep.replace(...)`. If it is meant to come later, declare in the class: "
    "`delays = True`."
)
def newest_is_shown(setting: Setting) -> None:
    """Where an older observation or info matters for what is shown, the newest matters too.

    At each time step that a wrapper shows, the newest observation is exchanged for several others.
    If that never changes the observation shown, but exchanging an older one does, it is stale. So
    for each part of a Dict or Tuple, for each key of the info, for the time and for the frame. Nor
    may an end that comes before a wrapper was done be shown blank. A wrapper that `delays` is left
    out.
    """
    random = np.random.default_rng(0)
    with np.errstate(all="ignore"):  # what is made up may be too much for its arithmetic
        for part in parts(setting):
            if not part.wrapper.delays:
                _hold_fresh(part, random)


class _Thing(NamedTuple):
    """A part of time steps that is carried upward."""

    name: str
    get: Callable[[TimeStep], Any]
    put: Callable[[TimeStep, Any], TimeStep]
    space: Any = None


def _hold_fresh(part: Part, random: np.random.Generator) -> None:
    """Look for something stale in what a wrapper shows."""
    shown = [heard.message for heard in part.heard if type(heard.message) is TimeStep]
    if not shown:
        return
    observed = _Thing(
        "observation",
        lambda t: t.observation,
        lambda t, value: t.replace(observation=value),
        part.below.observation_space,
    )
    made_up = _made_up(part, observed, random)
    for thing in (observed, *_inside(observed, shown[0])):
        _hold_observed(part, made_up, thing, random)
    for key in dict.fromkeys(key for timestep in shown for key in timestep.info):
        _Freshness(part, _info_key(key), random).hold()
    time = _Thing("time", lambda t: t.time, lambda t, value: t.replace(time=value))
    _Freshness(part, time, random).hold()
    if any(timestep.frame is not None for timestep in shown):
        frame = _Thing("frame", lambda t: t.frame, lambda t, value: t.replace(frame=value))
        _Freshness(part, frame, random).hold()
    hold_ends_that_cut_short(made_up, random)  # not at an edge, beyond which no maximum goes


def _inside(thing: _Thing, timestep: TimeStep) -> Iterator[_Thing]:
    """List the parts of a thing that is a dict or a tuple, and theirs.

    A tuple in a space that is no Tuple (a OneOf, a Sequence) is one value, and has none.
    """
    if not isinstance(thing.space, (spaces.Dict, spaces.Tuple, type(None))):
        return
    held = thing.get(timestep)
    keys: Any = held if type(held) is dict else range(len(held)) if type(held) is tuple else ()
    for key in keys:
        inner = _part(thing, key)
        yield inner
        yield from _inside(inner, timestep)


def _part(thing: _Thing, key: Any) -> _Thing:
    def get(timestep: TimeStep) -> Any:
        held = thing.get(timestep)
        return held[key] if _has(held, key) else _NOTHING

    def put(timestep: TimeStep, value: Any) -> TimeStep:
        held = thing.get(timestep)
        if isinstance(held, dict):
            return thing.put(timestep, {**held, key: value})
        return thing.put(timestep, (*held[:key], value, *held[key + 1 :]))

    known = getattr(thing.space, "spaces", None)
    space = known[key] if known is not None and _has(known, key) else None
    return _Thing(f"{thing.name}[{key!r}]", get, put, space)


def _has(held: Any, key: Any) -> bool:
    """Tell whether a dict or tuple has a part of this name or number."""
    if isinstance(held, dict):
        return key in held
    return isinstance(held, tuple) and isinstance(key, int) and key < len(held)


def _info_key(key: str) -> _Thing:
    return _Thing(
        f"info[{key!r}]",
        lambda t: t.info.get(key, _NOTHING),
        lambda t, value: t.replace(info={**t.info, key: value}),
    )


def _hold_observed(part: Part, made_up: Part, thing: _Thing, random: np.random.Generator) -> None:
    """Look where observations are made up; what shows in the scene as it is too, is told so."""
    found = _Freshness(made_up, thing, random).found()
    if found or len(made_up.heard) < len(part.heard):  # or it does not go on with them
        _Freshness(part, thing, random).hold()
    if found:
        told = f"{found.words} (The observations of the scene were exchanged for distinct ones.)"
        raise Broken(told, turn=found.turn, before=found.before, after=found.after)


def _made_up(part: Part, thing: _Thing, random: np.random.Generator) -> Part:
    """Return the part with observations that are distinct, and not at an edge."""
    instead: dict[int, Message] = {
        index: thing.put(h.message, at(thing.space, h.message.observation, "inside", random))
        for index, h in enumerate(part.heard)
        if type(h.message) is TimeStep
    }
    return exchanged(part, instead)


class _Freshness:
    """Looks for a staleness of one thing in one wrapper's part."""

    def __init__(self, part: Part, thing: _Thing, random: np.random.Generator) -> None:
        self._part, self._thing, self._random = part, thing, random
        self._came = [
            index
            for index, heard in enumerate(part.heard)
            if type(heard.message) is TimeStep and thing.get(heard.message) is not _NOTHING
        ]
        self._pool: list[Any] | None = None

    def hold(self) -> None:
        """Raise what was found, if anything was."""
        found = self.found()
        if found:
            raise found

    def found(self) -> Broken | None:
        """Look at everything that was shown; return where something older was."""
        newest = -1
        for index, heard in enumerate(self._part.heard):
            if type(heard.message) is TimeStep:
                newest = index
            if type(heard.reply) is TimeStep and newest in self._came:
                stale = self._found_at(newest, index, heard.reply)
                if stale:
                    return stale
        return None

    def _found_at(self, newest: int, index: int, reply: TimeStep) -> Broken | None:
        shown = self._thing.get(reply)
        if shown is _NOTHING:
            return None
        tried = 0
        for other in self._shown_with(newest, index, {}):
            if not same(shown, other):
                return None
            tried += 1
        for older in reversed([i for i in self._came if i < newest and tried]):
            then = self._stale(older, newest, index, shown)
            if then is not _NOTHING:
                return self._broken(older, newest, index, tried, then)
        return None

    def _stale(self, older: int, newest: int, index: int, shown: Any) -> Any:
        """Find what is shown with another older thing, if then too the newest does not matter."""
        for instead in self._exchanges(older):
            then = self._shown(older, index, instead)
            if then is _NOTHING or then is _ASTRAY or same(shown, then):
                continue
            tried = list(self._shown_with(newest, index, instead, older))
            if tried and all(same(then, other) for other in tried):
                return then
        return _NOTHING

    def _shown_with(
        self, newest: int, index: int, instead: dict[int, Message], begin: int | None = None
    ) -> Iterator[Any]:
        """Give what is shown with others in place of the newest, as far as the wrapper goes on."""
        for other in self._exchanges(newest):
            both = {**instead, **other}
            shown = self._shown(newest if begin is None else begin, index, both)
            if shown is not _ASTRAY:
                yield shown

    def _shown(self, begin: int, index: int, instead: dict[int, Message]) -> Any:
        """Return what is shown at an index if the messages from `begin` on are told again."""
        last = max(instead)
        for retold in retell(self._part, begin, self._part.heard[begin].before, instead):
            reply, heard = retold.reply, self._part.heard[retold.place]
            if retold.place == index:
                return self._thing.get(reply)  # type: ignore[arg-type]  # of the same direction
            if retold.place >= last and same(retold.after, heard.after):
                return self._thing.get(self._part.heard[index].reply)  # type: ignore[arg-type]
        return _ASTRAY

    def _exchanges(self, index: int) -> Iterator[dict[int, Message]]:
        """Exchange what came with a message, for each of several others."""
        message: Any = self._part.heard[index].message
        was = self._thing.get(message)
        if self._pool is None:
            self._pool = self._made(was)
        for other in unlike(was, (*self._pool, *self._came_before(index))):
            yield {index: self._thing.put(message, other)}

    def _came_before(self, index: int) -> list[Any]:
        """Return the one before, for a wrapper may show what came twice."""
        place = self._came.index(index)
        earlier: list[Any] = [self._part.heard[i].message for i in self._came[:place][-1:]]
        return [self._thing.get(timestep) for timestep in earlier]

    def _made(self, was: Any) -> list[Any]:
        if self._thing.name == "time":
            return [was + 1.0, was + 1000.0]
        return others(self._thing.space, was, self._random)

    def _broken(self, older: int, newest: int, index: int, tried: int, then: Any) -> Broken:
        part, name, heard = self._part, self._thing.name, self._part.heard[index]
        came, old = part.heard[newest].turn, part.heard[older].turn
        reply: Any = heard.reply
        where, who = f"At turn {heard.turn}{_occasion(reply)}", brief(part.wrapper)
        many = f"{tried} other{'s' * (tried > 1)}"
        return Broken(
            f"{where} {who} shows a stale {name}: {brief(self._thing.get(reply))}. It does not "
            f"come from turn {came}, the newest: with {many} there the same is shown. It depends "
            f"on that of turn {old}: with another there {brief(then)} is shown.",
            turn=heard.turn,
            before=heard.before,
            after=heard.after,
        )


def _occasion(shown: TimeStep) -> str:
    if shown.first:
        return ", where an episode opens,"
    if shown.last:
        return f", where an episode is {'terminated' if shown.terminated else 'truncated'},"
    return ""

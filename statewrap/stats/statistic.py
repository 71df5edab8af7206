"""What is to be counted, as plain data: what is observed, where, and how it is reduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from statewrap.core.fields import a_flag, argument, one_of, whole
from statewrap.core.opaque import opaque
from statewrap.core.registry import name_of, nearest, register
from statewrap.core.words import brief
from statewrap.stats.places import Path
from statewrap.stats.reducers import BY_NAME, Reducer

TIMES: Final = ("agent_time", "wait_time")
KINDS: Final = ("reward", "action", "observation", "info", "event", *TIMES)

_EPISODE: Final = {"reward": ("sum",), "event": ("sum",)}


def _path(key: Any) -> Path:
    """Take a key, an index, or a path of them."""
    if key is None:
        return ()
    steps = tuple(key) if isinstance(key, (tuple, list)) else (key,)
    if not all(isinstance(step, (str, int)) for step in steps):
        raise TypeError(f"key is {brief(key)}, expected a string, a number, or a tuple of them.")
    return steps


def _reducers(given: Any) -> tuple[Reducer, ...]:
    """Take reducers or their names, one or several."""
    if isinstance(given, (tuple, list)):
        return tuple(map(_reducer, given))
    return (_reducer(given),)


def _some(given: Any) -> tuple[Reducer, ...]:
    return () if given is None else _reducers(given)


def _by_kind(statistic: Any) -> tuple[str, ...]:
    return _EPISODE.get(statistic.of, ("mean",))


def _reducer(given: Any) -> Reducer:
    if isinstance(given, Reducer):
        return given
    if not isinstance(given, str):
        raise TypeError(
            f"{brief(given)} was given as a reducer, expected a name such as 'mean', a Reducer, or "
            "a tuple of them."
        )
    if given not in BY_NAME:
        raise ValueError(
            f"There is no reducer {given!r}{nearest(given, BY_NAME)} Known are "
            f"{', '.join(BY_NAME)}, and any Reducer, such as Reduce(name, function, start)."
        )
    return BY_NAME[given]


@register("Statistic")
@attrs.frozen
class Statistic:
    """Something to be counted in each episode, in each epoch and in the whole session.

    Its results are called `name_reducer`, as `speed_mean`, and over an epoch
    `name_reducer_reducer`: `speed_mean_max` is the greatest of the episodes' means.

    Args:
        name: a word of its own.
        of: what is observed: "reward", "action", "observation", "info", "event", "agent_time"
            (seconds that a call took) or "wait_time" (seconds from an action to its answer).
        key: where in an observation, an action or the info: a key, an index, or a tuple of them;
            the name of an event.
        field: the event's field; without one, each event counts 1.
        at: where: "bottom" (the environment's side), "top" (the policy's), "below NAME" or
            "above NAME", where NAME is a wrapper's class or its place in the stack, from 0.
        function: what makes a number of what is observed; None for nothing.
        step: a reducer for what is observed within one step of the environment, before the
            others see it; without one, they see each value.
        episode: the reducers of an episode, of a window and of the whole session. By default
            "sum" for rewards and events, "mean" for others.
        epoch: the reducers of what the episodes of an epoch gave.
        by: groups: the event's field; for others "action" (the one that came last there),
            "actor", or "info KEY" of the same time step.
        cumulative: go on over all epochs, in place of beginning anew with each.
        max_groups: how many groups may be; the rest is counted in `name_outside` alone.

    Raises:
        ValueError, TypeError: if these do not fit together.

    >>> Statistic("sold", of="event", key="goods_sold", field="amount", by="article").names
    ('sold_sum', 'sold_outside')
    """

    name: str = attrs.field()
    of: str = attrs.field(validator=one_of(*KINDS))
    key: Path = attrs.field(default=None, converter=_path)
    field: str | None = attrs.field(default=None, kw_only=True)
    at: str = attrs.field(default="bottom", kw_only=True)
    function: Callable[[Any], Any] | None = argument(default=None, kw_only=True)
    step: tuple[Reducer, ...] = attrs.field(default=(), converter=_some, kw_only=True)
    episode: tuple[Reducer, ...] = attrs.field(
        default=attrs.Factory(_by_kind, takes_self=True), converter=_reducers, kw_only=True
    )
    epoch: tuple[Reducer, ...] = attrs.field(default=("mean",), converter=_reducers, kw_only=True)
    by: str | None = attrs.field(default=None, kw_only=True)
    cumulative: bool = attrs.field(default=False, validator=a_flag, kw_only=True)
    max_groups: int = attrs.field(default=100, validator=whole(1), kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit together."""
        wrong = self._wrong()
        if wrong:
            raise ValueError(f"Statistic {self.name!r}: {wrong}")

    def _wrong(self) -> str | None:  # noqa: C901 - one line a rule
        if not isinstance(self.name, str) or not self.name:
            return "its name is to be a word, such as 'speed'."
        if self.function is not None and not callable(self.function):
            return f"function is {brief(self.function)}, expected a function of what is observed."
        if len(self.step) > 1:
            return "step takes one reducer, for what it gives is one value."
        if self.step and len(self.step[0].names) != 1:
            return f"step={self.step[0]!r} gives several values, expected a reducer that gives one."
        if self.of == "event" and not (len(self.key) == 1 and isinstance(self.key[0], str)):
            return "of='event' needs the event's name: key='goods_sold'."
        if self.of == "info" and not self.key:
            return "of='info' needs the key: key='lives'."
        if self.field is not None and self.of != "event":
            return f"field is for events; a part of what is observed is key={self.field!r}."
        if self.of in ("event", *TIMES) and self.at != "bottom":
            return f"of={self.of!r} is observed at the edge of all; leave `at` out."
        if self.of in (*TIMES, "reward") and self.key:
            return f"of={self.of!r} has no parts; leave `key` out."
        if not isinstance(self.at, str) or not (
            self.at.startswith(("below ", "above ")) or self.at in ("bottom", "top")
        ):
            return f"at is {self.at!r}, expected 'bottom', 'top', 'below NAME' or 'above NAME'."
        return self._wrong_groups() or self._wrong_names()

    def _wrong_names(self) -> str | None:
        for reducer in (*self.step, *self.episode, *self.epoch):
            names = reducer.names
            if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
                return f"{brief(reducer)}.names is {brief(names)}, expected a tuple of words."
        return None

    def _wrong_groups(self) -> str | None:
        if self.by is not None and not isinstance(self.by, str):
            return f"by is {self.by!r}, expected a word."
        if self.by is None or self.of == "event":
            return None
        if self.of in TIMES:
            return f"of={self.of!r} belongs to a call, which has no groups; leave `by` out."
        if self.by == "action" or (self.of != "action" and self.by == "actor"):
            return None
        if self.of != "action" and self.by.startswith("info "):
            return None
        known = "'action'" if self.of == "action" else "'action', 'actor' or 'info KEY'"
        return f"by is {self.by!r}, expected {known}."

    @property
    def timed(self) -> bool:
        """Whether it depends on the clock, so that a second run gives something else."""
        return self.of in TIMES

    @property
    def names(self) -> tuple[str, ...]:
        """What its results in an episode are called."""
        results = [f"{self.name}_{part}" for reducer in self.episode for part in reducer.names]
        return (*results, *([f"{self.name}_outside"] if self.by is not None else []))

    @property
    def form(self) -> list[str]:
        """What its state depends on, for snapshots: a name, and what of it is said, in words."""
        said = {
            "of": self.of,
            "key": self.key and repr(self.key),
            "field": self.field,
            "at": None if self.at == "bottom" else repr(self.at),
            "by": self.by,
            "function": self.function and (name_of(self.function) or opaque(self.function)),
            "step": ", ".join(map(_named, self.step)),
            "episode": ", ".join(map(_named, self.episode)),
            "epoch": ", ".join(map(_named, self.epoch)),
        }
        return [self.name, *(f"{word} {part}" for word, part in said.items() if part)]


def _named(reducer: Reducer) -> str:
    kind = type(reducer)
    arguments = {} if not attrs.has(kind) else attrs.asdict(reducer, recurse=False)  # type: ignore[arg-type]
    said = (
        name_of(part) or opaque(part) if callable(part) else repr(part)
        for part in arguments.values()
    )
    return f"{name_of(kind) or opaque(kind)}({', '.join(said)})"

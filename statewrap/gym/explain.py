"""A table of a Gymnasium stack, a row a layer."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.fields import shown
from statewrap.core.key import Key
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.gym.recognition import Layer, recognised

_HEADER = ("layer", "in statewrap", "remembers", "note")
_WIDEST = 60


@attrs.frozen
class Explanation:
    """What each layer of a Gymnasium stack is in statewrap; print it."""

    rows: tuple[tuple[str, str, str, str], ...]
    """Class, statewrap's wrapper with its arguments, its memory, and a note; from the bottom up."""

    def __str__(self) -> str:
        table = (_HEADER, tuple("-" * len(word) for word in _HEADER), *self.rows)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ("  ".join(c.ljust(n) for c, n in zip(row, widths, strict=True)) for row in table)
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__


def explain(env: Any) -> Explanation:
    """Say of each layer what it is in statewrap, and what it remembers; nothing is raised.

    Args:
        env: as for `from_env`; it is neither called nor changed.

    >>> import gymnasium
    >>> env = gymnasium.wrappers.RepeatAction(gymnasium.make("CartPole-v1"), 2)
    >>> print(explain(env))
    layer              in statewrap                      remembers  note
    -----              ------------                      ---------  ----
    CartPoleEnv                                                     the environment
    PassiveEnvChecker  PassiveEnvChecker()                          warnings: ...
    OrderEnforcing     OrderEnforcing()                             a deployment ...
    TimeLimit          TimeLimit(max_episode_steps=500)
    RepeatAction       RepeatAction(num_repeats=2)
    """
    found = recognised(env, Key.from_seed(0))
    bottom = (found.name, "", "", "the environment")
    return Explanation((bottom, *(row for layer in found.layers for row in _rows(layer))))


def _rows(layer: Layer) -> list[tuple[str, str, str, str]]:
    name = layer.name.rpartition(":")[2]
    if not layer.known:
        cure = f"unknown: register_twin({name}, ...)"
        return [(name, "", "", cure)]
    if layer.error is not None:
        return [(name, "", "", str(layer.error))]
    if not layer.wrappers:
        return [(name, "", "", layer.note)]
    parts = zip(layer.wrappers, layer.memory, layer.fresh, strict=True)
    rows = [(name, _told(wrapper), _remembered(memory, new), "") for wrapper, memory, new in parts]
    return [(*rows[0][:3], layer.note), *(("", *row[1:]) for row in rows[1:])]


def _remembered(memory: Any, new: Any) -> str:
    return "" if same(memory, new) else _brief(memory)


def _told(wrapper: Any) -> str:
    """Print a wrapper without the arguments that have their defaults."""
    kind = type(wrapper)
    if not attrs.has(kind):
        return _brief(wrapper)
    parts = ((f, getattr(wrapper, f.name)) for f in attrs.fields(kind) if f.init)
    said = (f"{f.alias}={shown(value)}" for f, value in parts if not same(value, f.default))
    return brief(_Words(f"{kind.__name__}({', '.join(said)})"), _WIDEST)


class _Words(str):
    """A text that is its own `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _brief(value: Any) -> str:
    return brief(value, _WIDEST)

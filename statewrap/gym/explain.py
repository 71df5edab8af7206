"""A table of a Gymnasium stack, a row a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from statewrap.core.fields import shown
from statewrap.core.key import Key
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.gym import costs
from statewrap.gym.bridge import Bridge
from statewrap.gym.bridge.seen import NOT_SEEN, Seen
from statewrap.gym.plain import NotPlainError, plain
from statewrap.gym.recognition import Layer, recognised
from statewrap.gym.tried import tried

_WIDEST: Final = 60
_WHAT: Final = {
    "layer": "layer",
    "wrapper": "in statewrap",
    "remembers": "remembers",
    "how": "how",
    "note": "note",
}
_SEEN: Final = {
    "layer": "layer",
    "calls": "environment calls",
    "draws": "draws",
    "changes": "changes in place",
    "effects": "effects",
    "snapshot": "can be saved",
    "cost": "cost",
}


@attrs.frozen
class Explained:
    """What one layer of a Gymnasium stack is in statewrap, and what was seen of it.

    What was seen is seen over made-up observations: what did not happen there may still happen.
    """

    layer: str
    """Its class."""
    wrapper: str = ""
    """Statewrap's wrapper, with its arguments."""
    remembers: str = ""
    """Its memory, if it is not that of a wrapper that was made a moment ago; of a bridge the places
    that change."""
    how: str = ""
    """"environment", "twin", "bridge", "left out", "refused"."""
    note: str = ""
    """Why so, or what there is to say of it."""
    calls: str = ""
    """How often the environment is called: "1 a step", "1 to 4 a step, 0 to 7 a reset"."""
    draws: str = ""
    """What it draws random numbers from."""
    changes: str = ""
    """What of what it was given it changes in place; a bridge gives it copies."""
    effects: str = ""
    """What it does outside: reads the clock, prints, warns."""
    snapshot: str = ""
    """Whether its memory can be saved: "yes", "in this process", "no: ..."."""
    cost: str = ""
    """"native", "no call runs twice", "2 to 5 runs an act", ..., and microseconds if measured."""


@attrs.frozen
class Explanation:
    """What each layer of a Gymnasium stack is in statewrap; print it."""

    rows: tuple[Explained, ...]
    """From the bottom up."""

    def __str__(self) -> str:
        return f"{_table(_WHAT, self.rows)}\n\n{_table(_SEEN, self.rows[1:])}".rstrip()

    __repr__ = __str__


def explain(env: Any, *, measure: bool = False) -> Explanation:
    """Say of each layer what it is in statewrap, what it remembers and what it does.

    Nothing is raised: what cannot be used says why.

    Args:
        env: as for `from_env`; it is neither called nor changed.
        measure: whether to measure what an act costs in each layer, in microseconds, over made-up
            observations; it takes some milliseconds a layer.

    >>> import gymnasium
    >>> env = gymnasium.wrappers.RepeatAction(gymnasium.make("CartPole-v1"), 2)
    >>> print(explain(env))
    layer              in statewrap                      remembers  how          note
    -----              ------------                      ---------  ---          ----
    CartPoleEnv                                                     environment
    PassiveEnvChecker  PassiveEnvChecker()                          twin         warnings: ...
    OrderEnforcing     OrderEnforcing()                             twin         a deployment ...
    TimeLimit          TimeLimit(max_episode_steps=500)             twin
    RepeatAction       RepeatAction(num_repeats=2)                  twin
    <BLANKLINE>
    layer              environment calls  draws     changes in place  effects  can be saved  cost
    -----              -----------------  -----     ----------------  -------  ------------  ----
    PassiveEnvChecker  1 a step           not seen  none              none     yes           native
    OrderEnforcing     1 a step           not seen  none              none     yes           native
    TimeLimit          1 a step           not seen  none              none     yes           native
    RepeatAction       1 to 2 a step      not seen  none              none     yes           native
    """
    found = recognised(env, Key.from_seed(0))
    bottom = Explained(found.name, how="environment")
    rows = (row for layer in found.layers for row in _rows(layer, measure=measure))
    return Explanation((bottom, *rows))


def _rows(layer: Layer, *, measure: bool) -> Iterator[Explained]:
    name = layer.name.rpartition(":")[2]
    if layer.error is not None:
        yield Explained(name, how="refused", note=_refused(name, layer))
    elif not layer.wrappers:
        yield Explained(name, how="left out" if layer.known else "bridge", note=layer.note)
    for number, wrapper in enumerate(layer.wrappers):
        is_bridge = isinstance(wrapper, Bridge)
        row = _bridge(layer, number) if is_bridge else _twin(layer, number)
        row = attrs.evolve(
            row,
            layer="" if number else name,
            wrapper=_told(wrapper),
            remembers=_remembered(layer, number),
            note="" if number else row.note if is_bridge else layer.note or row.note,
        )
        if measure:
            row = attrs.evolve(row, cost=costs.with_time(row.cost, layer, number))
        yield row


def _refused(name: str, layer: Layer) -> str:
    cure = "" if layer.known else f" Or: register_twin({name}, ...)"
    return f"{layer.reason}{cure}"


def _twin(layer: Layer, number: int) -> Explained:
    """Say what is seen of a wrapper of statewrap's, which is pure by the laws that it keeps."""
    wrapper = layer.wrappers[number]
    seen = tried(wrapper, layer.gaps[number], costs.INFO)
    return Explained(
        "",
        how="twin",
        calls=costs.calls(seen.steps_per_step, seen.resets_per_step, seen.steps_per_reset),
        draws="from its key" if seen.draws else NOT_SEEN,
        changes="none",
        effects="none",
        snapshot="yes" if _has_name(wrapper) else "in this process",
        cost="native",
    )


def _has_name(wrapper: Any) -> bool:
    """Tell whether all that a wrapper is made of can be found again in another process."""
    try:
        plain(wrapper)
    except NotPlainError:
        return False
    return True


def _bridge(layer: Layer, number: int) -> Explained:
    """Say what a bridge has seen."""
    seen = layer.bound[number].seen
    factory = getattr(layer.wrappers[number], "factory", None)
    saved = costs.savable(seen, factory)
    draws = "a copy of the environment's generator, later its key"
    return Explained(
        "",
        how="bridge",
        note=_why(layer, seen) + costs.elsewhere(saved),
        calls=costs.calls(seen.steps_per_step, seen.resets_per_step, seen.steps_per_reset),
        draws=seen.drawn(draws),
        changes=", ".join(seen.changes) or NOT_SEEN,
        effects=", ".join(seen.effects) or NOT_SEEN,
        snapshot=saved,
        cost=costs.runs(seen),
    )


def _why(layer: Layer, seen: Seen) -> str:
    """Say why a layer is in a bridge, and why it is run as it is."""
    mode = f" ({seen.why_mode})" * bool(seen.why_mode)
    return f"{layer.note or 'it has no twin'}; {seen.path.why}{mode}"


def _table(columns: dict[str, str], rows: Sequence[Explained]) -> str:
    header = tuple(columns.values())
    cells = [tuple(getattr(row, name) for name in columns) for row in rows]
    table = (header, tuple("-" * len(word) for word in header), *cells)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(c.ljust(n) for c, n in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def _remembered(layer: Layer, number: int) -> str:
    seen = getattr(layer.bound[number], "seen", None)
    if seen is not None:
        return _shortened(", ".join(seen.held))
    memory, new = layer.memory[number], layer.fresh[number]
    return "" if same(memory, new) else brief(memory, _WIDEST)


def _told(wrapper: Any) -> str:
    """Print a wrapper without the arguments that have their defaults."""
    kind = type(wrapper)
    if isinstance(wrapper, Bridge):
        names = getattr(wrapper.factory, "names", (brief(wrapper.factory, _WIDEST),))
        return f"Bridge({', '.join(name.rpartition(':')[2] for name in names)})"
    if not attrs.has(kind):
        return brief(wrapper, _WIDEST)
    parts = ((f, getattr(wrapper, f.name)) for f in attrs.fields(kind) if f.init)
    said = (f"{f.alias}={shown(value)}" for f, value in parts if not same(value, f.default))
    return _shortened(f"{kind.__name__}({', '.join(said)})")


class _Words(str):
    """A text that is its own `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _shortened(text: str) -> str:
    return brief(_Words(text), _WIDEST)

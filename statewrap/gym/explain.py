"""A table of a Gymnasium stack, a row a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from statewrap.core.fields import shown
from statewrap.core.key import Key
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.gym import columns, costs
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.bridge.seen import NOT_SEEN, Seen
from statewrap.gym.plain import NotPlainError, plain
from statewrap.gym.recognition import Layer, recognised
from statewrap.gym.tried import tried

_WIDEST: Final = 60
_SEEN: Final = {
    "layer": "layer",
    "calls": "calls",
    "draws": "draws",
    "changes": "changes",
    "effects": "effects",
    "learns": "learns",
    "snapshot": "saved",
    "cost": "cost",
}
"""Where it is said what was seen, to the headings."""


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
    """How often the environment was called: "seen: 1 a step", "seen: 1 to 4 a step, 0 to 7 a
    reset"; no bounds."""
    draws: str = ""
    """What it draws random numbers from."""
    changes: str = ""
    """What of what it was given it changes in place; a bridge gives it copies."""
    effects: str = ""
    """What it does outside: reads the clock, prints, warns."""
    learns: str = ""
    """Whether what it does depends on earlier episodes: "no", "yes", "yes, also with learn=False",
    which does not stop it; of a bridge "not seen" or "not tried" as well."""
    snapshot: str = ""
    """Whether its memory can be saved: "yes"; "in this process", for a copy, or what has no name;
    "no: ..."."""
    cost: str = ""
    """"native", "mapped", "1 run an act", "seen: 2 to 5 runs an act", ..., and microseconds if
    measured. An act is one of the policy."""


_BELOW: Final = "    "
"""How far that is to the right which is said of a layer."""
_HEADER: Final = Explained("layer", how="how", wrapper="in statewrap")
_RULE: Final = Explained("-----", how="---", wrapper="------------")


@attrs.frozen
class Explanation:
    """What each layer of a Gymnasium stack is in statewrap; print it.

    It prints as two tables, no wider than 100 columns: what each layer is, and what was seen of it.
    """

    rows: tuple[Explained, ...]
    """From the bottom up; `attrs.asdict` makes a dict of one."""

    def __str__(self) -> str:
        seen = [row for row in self.rows if row.calls]
        parts = [_layers(self.rows), *[_seen(seen)] * bool(seen)]
        return "\n\n".join(parts)

    __repr__ = __str__


def explain(
    env: Any,
    *,
    measure: bool = False,
    describe: Description | None = None,
    mode: Mode = "auto",
) -> Explanation:
    """Say of each layer what it is in statewrap, what it remembers and what it does.

    Nothing is raised: what cannot be used says why.

    Args:
        env: as for `from_env`; it is neither called nor changed.
        measure: whether to measure what an act of the policy costs in each layer, in microseconds,
            over made-up observations; it takes some milliseconds a layer.
        describe: what wrappers in a bridge ask of the environment besides, as for `from_env`.
        mode: of the bridges, as for `from_env`.

    Raises:
        TypeError: if `env` is no environment.
        ValueError: if there is no such mode.

    >>> import gymnasium
    >>> env = gymnasium.wrappers.RepeatAction(gymnasium.make("CartPole-v1"), 2)
    >>> print(explain(env))
    layer              how          in statewrap
    -----              ---          ------------
    CartPoleEnv        environment
    PassiveEnvChecker  twin         PassiveEnvChecker()
        note: warnings: sinks=[statewrap.sinks.PassiveEnvChecker()]
    OrderEnforcing     twin         OrderEnforcing()
        note: a deployment holds the order as well
    TimeLimit          twin         TimeLimit(max_episode_steps=500)
    RepeatAction       twin         RepeatAction(num_repeats=2)
    <BLANKLINE>
    layer              calls                draws     changes  effects  learns  saved  cost
    -----              -----                -----     -------  -------  ------  -----  ----
    PassiveEnvChecker  seen: 1 a step       not seen  none     none     no      yes    native
    OrderEnforcing     seen: 1 a step       not seen  none     none     no      yes    native
    TimeLimit          seen: 1 a step       not seen  none     none     no      yes    native
    RepeatAction       seen: 1 to 2 a step  not seen  none     none     no      yes    native
    """
    found = recognised(env, Key.from_seed(0), describe, mode)
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
        learns=costs.learning(wrapper),
        snapshot="yes" if _has_name(wrapper) else costs.HERE,
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
        note=_why(layer, seen) + costs.elsewhere(saved, factory),
        calls=costs.calls(seen.steps_per_step, seen.resets_per_step, seen.steps_per_reset),
        draws=seen.drawn(draws),
        changes=", ".join(seen.changes) or NOT_SEEN,
        effects=", ".join(seen.effects) or NOT_SEEN,
        learns=costs.learning(layer.bound[number], seen),
        snapshot=saved,
        cost=costs.runs(seen),
    )


def _why(layer: Layer, seen: Seen) -> str:
    """Say why a layer is in a bridge, and why it is run as it is."""
    mode = f" ({seen.why_mode})" * bool(seen.why_mode)
    return f"{layer.note or 'it has no twin'}; {seen.path.why}{mode}"


def _layers(rows: Sequence[Explained]) -> str:
    """Print what each layer is; what there is to say of it stands below."""
    name, how = (
        max(map(len, column)) for column in zip(*map(_named, [_HEADER, *rows]), strict=True)
    )
    lines = (line for row in (_HEADER, _RULE, *rows) for line in _layer(row, name, how))
    return "\n".join(lines)


def _named(row: Explained) -> tuple[str, str]:
    return row.layer, row.how


def _layer(row: Explained, name: int, how: int) -> Iterator[str]:
    lead = f"{row.layer:{name}}  {row.how:{how}}  "
    made = columns.wrapped(row.wrapper, columns.WIDEST - len(lead), "  ") or [""]
    yield from (
        f"{lead if n == 0 else ' ' * len(lead)}{line}".rstrip() for n, line in enumerate(made)
    )
    for what, words in (("remembers", row.remembers), ("note", row.note)):
        if words:
            below = columns.wrapped(f"{what}: {words}", columns.WIDEST - len(_BELOW), "  ")
            yield from (f"{_BELOW}{line}" for line in below)


def _seen(rows: Sequence[Explained]) -> str:
    """Print what was seen of layers."""
    cells = [[getattr(row, name) for name in _SEEN] for row in rows]
    return columns.table([*_SEEN.values()], cells)


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

"""`statewrap wrappers`: what is in the box, told by the classes themselves."""

from __future__ import annotations

import inspect
from typing import Any, Final

import click

import statewrap.wrappers
from statewrap.cli.table import table, terminal_width
from statewrap.core.fields import shown
from statewrap.core.wrapper import Wrapper

HEADER: Final = ("name", "arguments", "memory", "what it does")


@click.command()
def wrappers() -> None:
    """List the wrappers in the box.

    "memory" says how long a wrapper remembers: "-" not at all, "episode" until the next episode
    opens, "keeps" what outlives it. One that "learns" depends on what earlier episodes showed; one
    that "delays" shows something later than it came; "needs" is what the host must give with every
    time step. What it "may" do depends on its arguments.
    """
    click.echo(table(HEADER, rows(), terminal_width()))
    click.echo("\nA file for `statewrap act` names them: [[wrappers]] with type and arguments.")


def rows() -> list[tuple[str, str, str, str]]:
    """Return name, arguments, memory and summary of each wrapper, by name."""
    names = sorted(statewrap.wrappers.__all__)
    kinds = [kind for name in names if _is_wrapper(kind := getattr(statewrap.wrappers, name))]
    return [(kind.__name__, arguments(kind), memory(kind), summary(kind)) for kind in kinds]


def arguments(kind: type) -> str:
    """Return a wrapper's arguments with their defaults, as they would be written.

    >>> arguments(statewrap.wrappers.TimeLimit)
    'max_episode_steps'
    """
    parameters = inspect.signature(kind).parameters.values()
    marked = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    parts = [("*, " if marked and p is marked[0] else "") + _argument(p) for p in parameters]
    return ", ".join(parts)


def memory(kind: type[Wrapper[Any]]) -> str:
    """Say how long a wrapper remembers, and what else it declares.

    >>> memory(statewrap.wrappers.RecordEpisodeStatistics)
    'keeps past, needs time'
    """
    declared = {name: getattr(kind, name) for name in ("keeps", "learns", "delays")}
    parts = [_declared(name, value) for name, value in declared.items() if value]
    if not declared["keeps"]:
        parts.insert(0, "episode" if _remembers(kind) else "-")
    return ", ".join([*parts, *(f"needs {need}" for need in sorted(kind.needs))])


def _declared(name: str, value: Any) -> str:
    """Say what a declaration says; an instance decides on one that is a property."""
    if isinstance(value, property):
        return f"may {name[:-1]}"
    if isinstance(value, frozenset):
        return f"{name} {' and '.join(sorted(value))}"
    return f"{name} all" if name == "keeps" else name


def _remembers(kind: type[Wrapper[Any]]) -> bool:
    return bool(kind.memory_types) or _defines(kind, "initial")


def summary(kind: type) -> str:
    """Return the first sentence of a class's docstring."""
    first = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return " ".join(first.replace("`", "").split())


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={shown(parameter.default)}"


def _defines(kind: type[Wrapper[Any]], method: str) -> bool:
    return getattr(kind, method) is not getattr(Wrapper, method)


def _is_wrapper(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Wrapper)

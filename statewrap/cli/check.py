"""`statewrap check`: hold every law against a wrapper, from the shell."""

from __future__ import annotations

import json as json_text
from typing import Any, Final

import click

from statewrap.cli.target import load_target
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Wrapper
from statewrap.testing.check import Report, examine, laws_for

NOTHING_WRONG, BROKEN, NOT_HELD = 0, 1, 2
RULE: Final = "-" * 96


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="MODULE:OBJECT...")
@click.option("--below", metavar="MODULE:OBJECT", help="What is known of the environment: a Below.")
@click.option("--info", metavar="MODULE:OBJECT", help="What infos hold: a dict of spaces or lists.")
@click.option(
    "--law", "laws", multiple=True, metavar="NAME", help="Hold this law only; repeatable."
)
@click.option(
    "--examples", type=click.IntRange(min=1), default=100, show_default=True, help="Scenes to draw."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", is_flag=True, help="Print a line of JSON for each law.")
@click.pass_context
def check(
    context: click.Context,
    names: tuple[str, ...],
    below: str | None,
    info: str | None,
    laws: tuple[str, ...],
    examples: int,
    seed: int,
    json: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Hold every law against a wrapper or a stack, alone.

    MODULE:OBJECT names a wrapper, a stack, a list of them, or a function or class that gives one
    without arguments; path/to/file.py:object will do. The exit status is 0 if every law held, 1
    if one was broken, 2 if nothing could be held.
    """
    options = {
        "below": below and load_target(below),
        "info": info and load_target(info),
        "laws": _laws(laws),
        "examples": examples,
        "seed": seed,
    }
    worst = NOTHING_WRONG
    for name in names:
        for wrapper in _wrappers(name):
            worst = max(worst, _checked(wrapper, options, as_json=json))
    context.exit(worst)


def _checked(wrapper: Wrapper[Any], options: dict[str, Any], *, as_json: bool) -> int:
    """Examine one wrapper, print the report, and return the exit status."""
    try:
        report = examine(wrapper, **options)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a wrapper may raise anything
        click.echo(f"{brief(wrapper)}: {type(error).__name__}: {error}", err=True)
        return NOT_HELD
    click.echo(_lines(report) if as_json else _told(report))
    return BROKEN if report.findings else NOTHING_WRONG


def _told(report: Report) -> str:
    return "\n".join([*(f"{finding}\n\n{RULE}\n" for finding in report.findings), str(report)])


def _lines(report: Report) -> str:
    found = {finding.law.__name__: finding for finding in report.findings}
    lines = []
    for law, examples in report.held.items():
        line: dict[str, Any] = {"wrapper": repr(report.wrapper), "law": law, "examples": examples}
        line["broken"] = law in found
        if law in found:
            line |= {"found": found[law].found.words, "cure": found[law].cure}
        lines.append(json_text.dumps(line))
    return "\n".join(lines)


def _laws(names: tuple[str, ...]) -> tuple[Any, ...] | None:
    try:
        return laws_for(names) if names else None
    except ValueError as error:
        raise click.BadParameter(sentence(error)) from error


def _wrappers(name: str) -> list[Wrapper[Any]]:
    """Return what a name stands for: a wrapper, several, or what makes one."""
    found = load_target(name)
    if not isinstance(found, Wrapper) and callable(found):
        try:
            found = found()
        except (Exception, SystemExit) as error:
            raise click.BadParameter(
                f"{name} was called without arguments, and raised {type(error).__name__}: "
                f"{sentence(error)} Name a wrapper that is made, as in skip = Skip(3)."
            ) from error
    several = list(found) if isinstance(found, (list, tuple)) else [found]
    if not several or not all(isinstance(one, Wrapper) for one in several):
        raise click.BadParameter(f"{name} is {brief(found)}, expected a wrapper or a stack.")
    return several

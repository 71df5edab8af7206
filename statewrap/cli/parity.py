"""`statewrap parity`: hold a port against its original, from the shell."""

from __future__ import annotations

import json as json_text
import sys
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from statewrap.cli.table import table, terminal_width
from statewrap.cli.target import load_target
from statewrap.core.words import brief, sentence

if TYPE_CHECKING:
    from statewrap.testing.parity import Parity, ParityReport

SAME, DIFFERENT = 0, 1
EXAMPLE: Final = "PORT = Parity(make_env, MySkip(3), original=lambda env: OldSkip(env, 3))"


@click.command()
@click.argument("entry_point")
@click.option(
    "--episodes", type=click.IntRange(min=1), help="Episodes for each seed, in place of its own."
)
@click.option(
    "--seed",
    "seeds",
    type=click.IntRange(min=0),
    multiple=True,
    help="A seed, in place of its own; may be repeated.",
)
@click.option(
    "--generate/--no-generate", default=None, help="Whether to try the worlds rollouts miss, too."
)
@click.option("--json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def parity(
    context: click.Context,
    entry_point: str,
    episodes: int | None,
    seeds: tuple[int, ...],
    generate: bool | None,  # noqa: FBT001 - click passes options by name
    json: bool,  # noqa: FBT001 - click passes options by name
) -> None:
    """Hold an inverted stack against the Gymnasium wrappers that it was ported from.

    ENTRY_POINT is module:object or path/to/file.py:object, and the object a
    statewrap.testing.parity.Parity, or a function without arguments that gives one:

    \b
      from statewrap.testing.parity import Parity
      PORT = Parity(make_env, MySkip(3), original=lambda env: OldSkip(env, 3))

    Both play the environment as it is, and worlds that rollouts of it miss; every message at every
    gap is compared. Progress goes to standard error.

    The exit status is 0 if nothing differs, 1 if something does (the report then shows the
    shortest trace), 2 if the two cannot be compared.
    """  # noqa: D301 - \b is the character by which click leaves a paragraph as it is
    from statewrap.testing.parity import ParityError  # noqa: PLC0415 - the other commands start faster

    asked = {"episodes": episodes, "seeds": seeds or None, "generate": generate}
    comparison = _changed(_found(entry_point), asked)
    lines = Lines()
    try:
        report = comparison.compare(lines.show)
    except ParityError as error:
        raise click.UsageError(str(error)) from error
    finally:
        lines.clear()
    click.echo(json_text.dumps(report.as_dict(), indent=2) if json else told(report))
    context.exit(SAME if report.same else DIFFERENT)


def told(report: ParityReport) -> str:
    """Lay a report out for the terminal."""
    facts = [
        ("stack", " | ".join(report.stack)),
        ("original", " | ".join(report.original) or "none: the stack pushed against itself pulled"),
        ("over", report.environment),
        ("gaps", ", ".join(map(str, report.gaps))),
    ]
    width = terminal_width()
    parts = [
        table(("compared", ""), facts, width),
        table(report.HEADER, report.rows(), width),
        report.conclusion,
    ]
    return "\n\n".join(parts if report.same else [*parts, str(report.difference)])


class Lines:
    """Progress on standard error: a line a trial; on a terminal the line before is rewritten."""

    def __init__(self) -> None:
        self.drawn = sys.stderr.isatty()

    def show(self, done: int, total: int, what: str) -> None:
        """Say what is run now."""
        text = f"[{done + 1}/{total}] {what}"
        if self.drawn:
            click.echo(f"\r\x1b[K{text[: terminal_width() - 1]}", nl=False, err=True)
        else:
            click.echo(text, err=True)

    def clear(self) -> None:
        """Wipe the line away."""
        if self.drawn:
            click.echo("\r\x1b[K", nl=False, err=True)


def _found(entry_point: str) -> Parity:
    from statewrap.testing.parity import Parity  # noqa: PLC0415 - the other commands start faster

    found = load_target(entry_point)
    if callable(found) and not isinstance(found, (Parity, type)):
        try:
            found = found()
        except Exception as error:
            raise click.UsageError(
                f"{entry_point} raised {type(error).__name__}: {sentence(error)} It is called "
                "without arguments, and returns a Parity."
            ) from error
    if not isinstance(found, Parity):
        raise click.UsageError(
            f"{entry_point} is {brief(found)}, expected a Parity or a function that gives one:\n\n"
            f"    from statewrap.testing.parity import Parity\n    {EXAMPLE}"
        )
    return found


def _changed(parity: Parity, asked: dict[str, Any]) -> Parity:
    return attrs.evolve(parity, **{k: v for k, v in asked.items() if v is not None})

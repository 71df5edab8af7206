"""`statewrap report`: what was recorded, as a page."""

from __future__ import annotations

from pathlib import Path

import click

from statewrap.core.errors import StatewrapError


@click.command()
@click.argument("record", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write; by default RECORD with .html in place of its ending.",
)
@click.option("--episode", type=int, help="Only this one, from 0; -1 is the last.")
def report(record: Path, output: Path | None, episode: int | None) -> None:
    """Write an HTML page about a record: totals, the stack, each episode, and pictures.

    RECORD is a file of facts, as a deployment writes it with

    \b
      from statewrap.sinks import Record
      Deployment(..., sinks=[Record("record.jsonl")])

    The page needs nothing else: no script, no server, no other file. What a crash has torn is
    passed over and counted on it. Exit status: 1 if RECORD is none, or has no such episode.
    """  # noqa: D301 - \b is click's own mark
    from statewrap.stats.pictures import write_report  # noqa: PLC0415 - quick to start

    page = record.with_suffix(".html") if output is None else output
    try:
        if page.resolve() == record.resolve():
            raise click.ClickException(f"{page} is the record itself. Name another page with -o.")
        write_report(record, page, episode=episode)
    except (StatewrapError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(page))

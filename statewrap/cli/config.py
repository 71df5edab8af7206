"""`statewrap config`: a configuration in its normal form, checked, as TOML, YAML or JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from statewrap.core.errors import ConfigurationError, StatewrapError
from statewrap.package.configuration import load
from statewrap.package.normal import document_of
from statewrap.package.texts import FORMATS, written


class Wrong(click.ClickException):
    """The file describes no deployment, or one that cannot be written."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    type=click.Choice(sorted(set(FORMATS.values()))),
    help="How to write it; by default as FILE is written.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Import what FILE names as `package.module:object`, also beside FILE. This runs its code.",
)
def config(file: Path, to: str | None, trust: bool) -> None:  # noqa: FBT001 - click passes by name
    """Print what FILE describes, as the shortest document that describes it.

    Everything that FILE names is made, and nothing is run: a wrong name or argument is an error
    with its path in the file. What has its default is left out, names are the short ones, file
    names are relative to FILE. FILE is TOML, YAML (.yaml, .yml) or JSON (.json).

    Exit status: 0, or 2 if FILE cannot be used.
    """
    if trust:
        sys.path.insert(0, str(file.parent.resolve()))
    try:
        form = to or FORMATS.get(file.suffix.lower(), "toml")
        click.echo(written(_normal(file, trust=trust), form).rstrip("\n"))
    except StatewrapError as error:
        raise Wrong(str(error)) from error


def _normal(file: Path, *, trust: bool) -> dict[str, Any]:
    configuration = load(file, trust=trust)
    try:
        return document_of(configuration, base=file.parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error

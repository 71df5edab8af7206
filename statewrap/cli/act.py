"""`statewrap act`: a deployment as a Unix filter, for a host in any language."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO, Final, Literal

import click
import structlog

from statewrap.cli import logs
from statewrap.cli.filter import Filter, Keeper
from statewrap.cli.lines import Lines
from statewrap.core.errors import ConfigurationError, SnapshotError, StatewrapError
from statewrap.deployment import Deployment
from statewrap.package.configuration import Configuration, load

MAX_LINE: Final = 16 * 2**20


class Refused(click.ClickException):
    """Nothing was begun: the configuration or the state file cannot be used."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the session in this file, and go on from it.",
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Write the state file after every so many answers.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Import what FILE names as `package.module:object`, also beside FILE. This runs its code.",
)
@click.option(
    "--max-line",
    type=click.IntRange(min=2),
    default=MAX_LINE,
    show_default=True,
    metavar="BYTES",
    help="Refuse longer lines.",
)
@click.option(
    "--arrays",
    type=click.Choice(["lists", "base64"]),
    default="lists",
    show_default=True,
    help="How arrays in answers are written.",
)
@click.option(
    "--log",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    help="How logs are written on standard error.",
)
def act(
    file: Path,
    state: Path | None,
    every: int,
    trust: bool,  # noqa: FBT001 - click passes options by name
    max_line: int,
    arrays: Literal["lists", "base64"],
    log: Literal["console", "json"],
) -> None:
    """Answer time steps on standard input with actions on standard output, line by line.

    FILE is TOML, YAML or JSON (.yaml, .json), and names policy, wrappers and spaces. Each line is
    a JSON object, and each is answered by one line:

    \b
      {"observation": [...], "reward": 1.0, "terminated": false}  ->  {"action": 1}
      {"reset": true, "observation": [...]}                       ->  {"action": 0}
      {"close": true}                                ->  {"action": null, "closed": true}

    A time step has observation, reward, terminated, truncated and info; what is left out is
    false or empty. The first line, and the one after an end, opens an episode and has no
    reward. When an episode ended, the answer has its statistics as "episode"; when no action is
    due, "action" is null and "reset" is what the stack asked for. A line that cannot be used is
    answered with {"error": {"type", "message"}} and changes nothing.

    Observations are nested lists, which get dtype and shape from the observation space, or
    {"dtype", "shape", "base64"} in C order, little-endian. JSON has no NaN and no infinity: they
    are the strings "NaN", "Infinity" and "-Infinity", in both directions, wherever a number is
    expected; the bare tokens that Python writes are read too. Numbers too large are refused.

    With --state the session is on disk before its answer is printed. Number the lines with
    "step", counted from 0: after a crash of either side, repeat the last line, and it is
    answered again without being counted twice. {"close": true} finishes the session for good;
    the end of the input leaves it as it is, to go on from.

    Logs are written to standard error. Exit status: 0 at the end of the input, 2 if FILE or the
    state file cannot be used, 128 + n after signal n, 141 if nobody reads the answers.
    """  # noqa: D301 - \b is the character by which click leaves a paragraph as it is
    source, target = _streams()
    logs.configure(json=log == "json")
    if trust:
        sys.path.insert(0, str(file.parent.resolve()))
    try:
        configuration = load(file, trust=trust)
        lines = Lines(configuration.below.observation_space, base64=arrays == "base64")
        keeper = Keeper.opened(_deployment(configuration, file), state, every)
    except StatewrapError as error:
        raise Refused(str(error)) from error
    _tell_opened(keeper.deployment)
    try:
        sys.exit(Filter(lines, keeper, source, target, max_line).run())
    except (OSError, SnapshotError) as error:
        raise click.ClickException(f"Reading, writing or saving failed: {error}") from error


def _deployment(configuration: Configuration, file: Path) -> Deployment:
    try:
        if configuration.policy is None:
            raise ConfigurationError(
                'policy is missing: add `policy = {type = "MLP", file = "policy.npz"}`.'
            )
        deployment = Deployment(**configuration.arguments())
        if "frame" in deployment.stack.needs:
            raise ConfigurationError(
                "The stack needs rendered frames, which lines of JSON do not carry. Use "
                "statewrap.Deployment in the host's own process."
            )
    except StatewrapError as error:
        raise ConfigurationError(f"{file}: {error}") from error
    return deployment


def _tell_opened(deployment: Deployment) -> None:
    structlog.get_logger("statewrap").info(
        "session_opened",
        step=deployment.step,
        seed=deployment.seed,
        policy=type(deployment.policy).__name__,
        wrappers=[type(wrapper).__name__ for wrapper in deployment.stack],
    )


def _streams() -> tuple[BinaryIO, int]:
    """Take the two ends of the conversation, and turn all that others print to standard error.

    This comes before any file is opened, which would take the place of a stream that is closed.
    """
    try:
        target = os.dup(1)
        os.dup2(2, 1)
    except OSError as error:
        raise Refused("Standard output and error must be open.") from error
    if sys.stdin is None:
        raise Refused("Standard input must be open.")
    return sys.stdin.buffer, target

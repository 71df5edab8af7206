"""`statewrap act`: a deployment as a Unix filter, for a host in any language."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import BinaryIO, Final, Literal

import click
import structlog

from statewrap.cli import logs
from statewrap.cli.lines import Lines, Request, refusal
from statewrap.cli.signals import Signals, Stopped
from statewrap.cli.state_file import StateFile
from statewrap.core.errors import ConfigurationError, InputError, StatewrapError
from statewrap.core.protocol import State
from statewrap.deployment import Deployment
from statewrap.package.configuration import Configuration, load

MAX_LINE: Final = 16 * 2**20
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE, as a shell reports a filter that nobody reads any more


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

    FILE is a TOML file that names policy, wrappers and spaces. Each line is a JSON object, and
    each is answered by one line:

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
    logs.configure(json=log == "json")
    if trust:
        sys.path.insert(0, str(file.parent.resolve()))
    try:
        configuration = load(file, trust=trust)
        lines = Lines(configuration.below.observation_space, base64=arrays == "base64")
        keeper = Keeper.opened(_deployment(configuration, file), state, every)
    except StatewrapError as error:
        raise Refused(str(error)) from error
    source, target = _streams()
    _tell_opened(keeper.deployment)
    try:
        sys.exit(Filter(lines, keeper, source, target, max_line).run())
    except OSError as error:
        raise click.ClickException(f"Reading, writing or saving failed: {error}.") from error


class Keeper:
    """Holds the deployment, and its state file where there is one."""

    def __init__(self, deployment: Deployment, file: StateFile | None, every: int) -> None:
        self.deployment = deployment
        self._file = file
        self._every = every
        self._unsaved = 0

    @classmethod
    def opened(cls, deployment: Deployment, state: Path | None, every: int) -> Keeper:
        """Go on from the state file if it exists; one of a closed session begins a new one.

        Raises:
            ConfigurationError: if the file cannot be used; it is untouched then.
        """
        if state is None:
            return cls(deployment, None, every)
        file = StateFile(state)
        try:
            file.lock()
            data = file.read()
            if data is not None:
                going_on = deployment.fork(sinks=())
                going_on.restore(data)
                if going_on.state is not State.CLOSED:
                    deployment.restore(data)
            keeper = cls(deployment, file, every)
            keeper.save()
        except StatewrapError as error:
            raise ConfigurationError(f"--state {state}: {error} The file is untouched.") from error
        except OSError as error:
            raise ConfigurationError(f"--state {state}: {error.strerror}.") from error
        return keeper

    def committed(self) -> None:
        """Take note of an answer, and save if enough have come."""
        self._unsaved += 1
        if self._unsaved >= self._every:
            self.save()

    def save(self) -> None:
        """Write the state file."""
        if self._file is not None:
            self._file.write(self.deployment.snapshot())
        self._unsaved = 0

    def finish(self) -> None:
        """Save what is not saved yet, then close the deployment; the file can be gone on from."""
        if self._unsaved:
            self.save()
        self.deployment.close()


class Filter:
    """Reads lines and answers each, until there are no more."""

    def __init__(
        self, lines: Lines, keeper: Keeper, source: BinaryIO, target: int, max_line: int
    ) -> None:
        self._lines = lines
        self._keeper = keeper
        self._source = source
        self._target = target
        self._max_line = max_line
        self._read = 0
        self._log = structlog.get_logger("statewrap")

    def run(self) -> int:
        """Answer every line; return the exit status."""
        signals = Signals()
        status = 0
        try:
            self._answer_all(signals)
        except Stopped as stopped:
            status = stopped.status
        except BrokenPipeError:
            status = BROKEN_PIPE
        signals.ignore()
        self._keeper.finish()
        return status

    def _answer_all(self, signals: Signals) -> None:
        while line := self._next_line():
            signals.held = True  # between here and there a signal would tear state from answer
            answer = self._answer(line)
            signals.held = False
            _write_all(self._target, answer)
            signals.check()
            if self._keeper.deployment.state is State.CLOSED:
                return

    def _next_line(self) -> bytes:
        """Return the next line, cut short if it is too long; nothing at the end."""
        line = rest = self._source.readline(self._max_line + 1)
        while len(rest) > self._max_line and not rest.endswith(b"\n"):
            rest = self._source.readline(self._max_line + 1)
        self._read += 1
        return line.removeprefix(codecs.BOM_UTF8) if self._read == 1 else line

    def _answer(self, line: bytes) -> bytes:
        try:
            if len(line) > self._max_line and not line.endswith(b"\n"):
                raise InputError(f"The line is longer than {self._max_line} bytes (--max-line).")
            answer = self._called(self._lines.request(line))
        except StatewrapError as error:
            kind = type(error).__name__
            self._log.warning("line_refused", line=self._read, error=kind, reason=str(error))
            return refusal(error)
        self._keeper.committed()
        return answer

    def _called(self, request: Request) -> bytes:
        deployment, arguments = self._keeper.deployment, request.arguments
        if request.call == "close":
            _check_number(arguments.pop("step", deployment.step), deployment)
            deployment.close(**arguments)
            return self._lines.farewell(deployment)
        call = deployment.reset if request.call == "reset" else deployment.act
        return self._lines.answer(deployment, call(**arguments))


def _check_number(step: int, deployment: Deployment) -> None:
    if step != deployment.step:
        raise InputError(
            f"step={step} was given to close, expected {deployment.step}, the number of the next "
            "call; close itself is not counted."
        )


def _deployment(configuration: Configuration, file: Path) -> Deployment:
    try:
        if configuration.policy is None:
            raise ConfigurationError(
                'policy is missing: add `policy = {type = "MLP", file = "policy.npz"}`.'
            )
        return Deployment(**configuration.arguments())
    except StatewrapError as error:
        raise ConfigurationError(f"{file}: {error}") from error


def _tell_opened(deployment: Deployment) -> None:
    structlog.get_logger("statewrap").info(
        "session_opened",
        step=deployment.step,
        seed=deployment.seed,
        policy=type(deployment.policy).__name__,
        wrappers=[type(wrapper).__name__ for wrapper in deployment.stack],
    )


def _streams() -> tuple[BinaryIO, int]:
    """Take the two ends of the conversation, and turn all that others print to standard error."""
    try:
        target = os.dup(1)
        os.dup2(2, 1)
    except OSError as error:
        raise Refused("Standard output and error must be open.") from error
    if sys.stdin is None:
        raise Refused("Standard input must be open.")
    return sys.stdin.buffer, target


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]

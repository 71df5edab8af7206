"""The loop of `statewrap act`: a line in, a line out, and the session kept on disk between them."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import BinaryIO, Final

import click
import structlog

from statewrap.cli.lines import Lines, Request, refusal
from statewrap.cli.signals import Signals, Stopped
from statewrap.cli.state_file import StateFile
from statewrap.core.errors import ConfigurationError, InputError, StatewrapError
from statewrap.core.protocol import State
from statewrap.deployment import Deployment

BROKEN_PIPE: Final = 141
"""128 + SIGPIPE: what a shell reports of a filter that nobody reads any more."""


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
        """Close the deployment, or leave it in its file, to be gone on from."""
        if self._unsaved:
            self.save()
        if self._file is None or self.deployment.state is State.CLOSED:
            self.deployment.close()
        else:
            log = structlog.get_logger("statewrap")
            log.info("session_suspended", step=self.deployment.step, **self.deployment.statistics)


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
        while self._cut(rest):
            rest = self._source.readline(self._max_line + 1)
        self._read += 1
        return line

    def _cut(self, line: bytes) -> bool:
        return len(line) > self._max_line and not line.endswith(b"\n")

    def _answer(self, line: bytes) -> bytes:
        try:
            if self._cut(line):
                raise InputError(f"The line is longer than {self._max_line} bytes (--max-line).")
            if self._read == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            answer = self._called(self._lines.request(line))
        except StatewrapError as error:
            kind, reason = type(error).__name__, " ".join([str(error), *_notes(error)])
            self._log.warning("line_refused", line=self._read, error=kind, reason=reason)
            return refusal(kind, reason)
        self._keeper.committed()
        return answer

    def _called(self, request: Request) -> bytes:
        deployment, arguments = self._keeper.deployment, request.arguments
        if request.call == "close":
            _check_number(arguments.pop("step", deployment.step), deployment)
            deployment.close(**arguments)
            return self._lines.farewell(deployment)
        call = deployment.reset if request.call == "reset" else deployment.act
        action = call(**arguments)
        try:
            return self._lines.answer(deployment, action)
        except TypeError as error:  # it happened, but cannot be told: end as a crash would
            raise click.ClickException(f"The action cannot be answered. {error}") from error


def _check_number(step: int, deployment: Deployment) -> None:
    if step != deployment.step:
        raise InputError(
            f"step={step} was given to close, expected {deployment.step}, the number of the next "
            "call; close itself is not counted."
        )


def _notes(error: Exception) -> list[str]:
    return getattr(error, "__notes__", [])


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]

"""Reports as curves in TensorBoard."""

from __future__ import annotations

import importlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, final

from statewrap.core.errors import MissingExtraError
from statewrap.core.fold import Report
from statewrap.sinks.appending import Appending
from statewrap.sinks.plain import PLACES, numbers, sayable

_ALONG: Final[Mapping[str, str]] = {"step": "step", "epoch_end": "epoch"}


@final
class TensorBoardSink:
    """Write the numbers of each report as scalars, for TensorBoard to draw.

    The tag of a curve is `kind/value`, as `episode_end/return`; the numbers of a mapping are
    `kind/value/key`. A named session has a folder of its own, a run in TensorBoard's words. Each
    report is in the file when the call returns, without a thread. Needs the extra `tensorboard`.

    Args:
        logdir: the folder of the runs; it is made if it is missing.
        steps: whether to draw each step too, not only each episode.
        along: for a kind of report, the value to draw it along; "step" reports are drawn along
            "step", those of epochs along "epoch", and all others along "episode". Where a report
            has no such value, its reports are counted.
        clock: gives the time of day in seconds.

    Raises:
        MissingExtraError: if tensorboard is not installed.
    """

    def __init__(
        self,
        logdir: str | PathLike[str],
        *,
        steps: bool = False,
        along: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.logdir, self.steps, self.along, self.clock = logdir, steps, along, clock
        self.takes_steps = steps
        self._along = {**_ALONG, **(along or {})}
        self._parts = _parts()
        self._runs: dict[str | None, _Run] = {}
        self._lock = threading.Lock()

    def wants(self, name: str) -> bool:
        """Tell whether reports of each step are wanted."""
        return self.steps

    def __call__(self, report: Report) -> None:
        """Write the numbers of one report.

        Raises:
            OSError: if they cannot be written.
        """
        if report.name == "step" and not self.steps:
            return
        session = report.values.get("session")
        with self._lock:
            run = self._runs.get(session)
            if run is None:
                run = self._runs[session] = _Run(
                    Path(self.logdir, _folder(session or "")), self._parts
                )
            place = report.values.get(self._along.get(report.name, "episode"))
            run.write(report, self.clock(), place)
            if report.name == "deployment_closed":
                self._runs.pop(session).close()

    def close(self) -> None:
        """Close the files, as the ends of the sessions do; a later report begins another."""
        with self._lock:
            runs, self._runs = self._runs, {}
        for run in runs.values():
            run.close()

    def __repr__(self) -> str:
        return f"TensorBoardSink({str(self.logdir)!r})"


class _Run:
    """One file of events, each whole or absent."""

    def __init__(self, folder: Path, parts: _Parts) -> None:
        self._event, self._summary, writer = parts
        self._file = Appending(_new(folder), mend=False)
        self._writer = writer(self._file)
        self._counts: dict[str, int] = {}
        self._put(self._event(wall_time=time.time(), file_version="brain.Event:2"))

    def write(self, report: Report, at: float, place: Any) -> None:
        """Add one report's numbers."""
        count = self._counts.get(report.name, 0)
        self._counts[report.name] = count + 1
        values = [
            self._summary.Value(tag=f"{report.name}/{name}", simple_value=number)
            for name, number in numbers(report.values)
            if name not in PLACES
        ]
        step = count if place is None else int(place)
        self._put(self._event(wall_time=at, step=step, summary=self._summary(value=values)))

    def _put(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


_Parts = tuple[Any, Any, Any]
"""TensorBoard's messages `Event` and `Summary`, and what frames them in a file."""

_numbers: Final = itertools.count()


def _folder(session: str) -> str:
    """Return a session's name as the name of a folder that lies in `logdir`."""
    parts = session.replace("\0", "").replace("\\", "/").split("/")
    return "/".join(sayable(part) for part in parts if part not in ("", ".", ".."))


def _new(folder: Path) -> Path:
    """Name a file that no other run of this process, or of another, writes."""
    whose = f"{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
    return folder / f"events.out.tfevents.{time.time_ns()}.{whose}"


def _parts() -> _Parts:
    try:
        event = importlib.import_module("tensorboard.compat.proto.event_pb2").Event
        summary = importlib.import_module("tensorboard.compat.proto.summary_pb2").Summary
        writer = importlib.import_module("tensorboard.summary.writer.record_writer").RecordWriter
    except ImportError as error:
        raise MissingExtraError("TensorBoardSink", "tensorboard", "tensorboard") from error
    return event, summary, writer

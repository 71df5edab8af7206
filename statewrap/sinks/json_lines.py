"""Reports as lines of JSON in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from os import PathLike
from typing import final

from statewrap.core.fold import Report
from statewrap.sinks.appending import Appending, Sync
from statewrap.sinks.plain import fields, line


@final
class JsonLinesSink:
    """Append each report to a file, as one object of strict JSON a line.

    A line has the report's name as `event`, the time of day as `at` (seconds since 1970, UTC), and
    the report's values. NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity".
    A line is whole or absent, also after a crash or on a full disk; see `Appending`. Sessions may
    share a sink, and a file.

    Args:
        path: the file; its folder is made if it is missing.
        steps: whether there is a line for each step too, not only for each episode.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".
        clock: gives the time of day in seconds.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "log.jsonl")
    ...     sink = JsonLinesSink(path, clock=lambda: 1.5)
    ...     sink(Report("episode_end", {"episode": 0, "return": float("nan")}))
    ...     sink.close()
    ...     print(path.read_text())
    {"event":"episode_end","at":1.5,"episode":0,"return":"NaN"}
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        steps: bool = False,
        sync: Sync = "never",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path, self.steps, self.sync, self.clock = path, steps, sync, clock
        self.takes_steps = steps
        self._file = Appending(path, sync=sync, begins=b"{")

    def wants(self, name: str) -> bool:
        """Tell whether reports of each step are wanted."""
        return self.steps

    def __call__(self, report: Report) -> None:
        """Write one report.

        Raises:
            OSError: if it cannot be written.
            ValueError: if the file that is there holds no lines of JSON.
        """
        if report.name == "step" and not self.steps:
            return
        self._file.write(line({"event": report.name, "at": self.clock(), **fields(report)}))
        if report.name == "deployment_closed":
            self._file.close()

    def close(self) -> None:
        """Close the file, as the end of a session does; a later report opens it again."""
        self._file.close()

    def __repr__(self) -> str:
        return f"JsonLinesSink({str(self.path)!r})"

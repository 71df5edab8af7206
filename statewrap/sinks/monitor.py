"""Episodes in the file that Stable-Baselines3's `Monitor` writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Final, final

from statewrap.core.fold import Report
from statewrap.sinks.appending import Appending, Sync
from statewrap.sinks.csv_sink import row
from statewrap.sinks.plain import plain

_SUFFIX: Final = "monitor.csv"


@final
class MonitorSink:
    """Append each episode to a `monitor.csv`, which `load_results` of Stable-Baselines3 reads.

    The columns are `r`, the return; `l`, the length; `t`, seconds since the file was begun; and
    those of `keywords`. Both are the environment's, as a `Monitor` next to it has them. As there,
    an episode that was abandoned is not written.

    Args:
        filename: a folder, or what the file's name begins with, or its whole name.
        keywords: further values of an episode to write, such as a KPI's name.
        env_id: what the environment is called, for the file's first line.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".
        clock: gives the time of day in seconds.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sink = MonitorSink(folder, clock=iter([100.0, 102.5]).__next__)
    ...     values = {"outcome": "truncated", "return": 9.0, "environment_steps": 9}
    ...     sink(Report("episode_end", values))
    ...     sink.close()
    ...     print(Path(folder, "monitor.csv").read_text())
    #{"t_start": 100.0, "env_id": "None"}
    r,l,t
    9.0,9,2.5
    """

    def __init__(
        self,
        filename: str | PathLike[str],
        *,
        keywords: Iterable[str] = (),
        env_id: str | None = None,
        sync: Sync = "never",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.filename, self.env_id, self.sync, self.clock = filename, env_id, sync, clock
        self.keywords = tuple(keywords)
        self._started = clock()
        path = _named(Path(filename))
        self._started = _begun(path, self._started)
        first = {"t_start": self._started, "env_id": str(env_id)}
        header = f"#{json.dumps(first)}\n".encode() + row(("r", "l", "t", *self.keywords))
        self._file = Appending(path, sync=sync, header=header, begins=b"#{")

    def __call__(self, report: Report) -> None:
        """Write an episode that ended.

        Raises:
            OSError: if it cannot be written.
        """
        values = report.values
        if report.name == "episode_end" and values["outcome"] != "abandoned":
            seconds = round(self.clock() - self._started, 6)
            returned = round(float(values["return"]), 6)
            others: list[Any] = [plain(values.get(name)) for name in self.keywords]
            self._file.write(row((returned, values["environment_steps"], seconds, *others)))
        elif report.name == "deployment_closed":
            self._file.close()

    def close(self) -> None:
        """Close the file, as the end of a session does; a later episode opens it again."""
        self._file.close()

    def __repr__(self) -> str:
        return f"MonitorSink({str(self.filename)!r})"


def _named(path: Path) -> Path:
    """Name the file as `Monitor` does: `load_results` looks for names that end so."""
    if path.name.endswith(_SUFFIX):
        return path
    return path / _SUFFIX if path.is_dir() else path.with_name(f"{path.name}.{_SUFFIX}")


def _begun(path: Path, now: float) -> float:
    """Return when a file that is there was begun, so that its times go on."""
    if not path.is_file():
        return now
    with path.open("rb") as file:
        first = file.readline(100_000)
    try:
        return float(json.loads(first[1:])["t_start"])
    except (ValueError, KeyError, TypeError):
        return now

"""Reports of one kind as rows of a table."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, final

from statewrap.core.fold import Report
from statewrap.sinks.appending import Appending, Sync, check_sync
from statewrap.sinks.plain import plain

_MOST_HEADER: Final = 1_000_000


@final
class CsvSink:
    """Append each report of one kind to a file, as a row of comma-separated values.

    The first row names the columns: `at`, the time of day in seconds since 1970 (UTC), and the
    names of the values, those of a mapping as `name/key`. A value that a later report lacks is
    empty. One that a file has no column for is left out, and counted; a file has the columns of
    the first report that was written to it, or `columns`. NaN is written `nan`, None as nothing.
    A row is whole or absent; see `Appending`.

    Args:
        path: the file; its folder is made if it is missing.
        kind: which reports: "episode_end", "step", "progress", "epoch_end", ...
        columns: the names of the columns after `at`, where the first report is not to say them.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".
        clock: gives the time of day in seconds.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sink = CsvSink(Path(folder, "episodes.csv"), clock=lambda: 1.5)
    ...     sink(Report("episode_end", {"episode": 0, "return": 9.0, "actions": {"0": 4}}))
    ...     sink(Report("episode_end", {"episode": 1, "return": 7.0}))
    ...     sink.close()
    ...     print(Path(folder, "episodes.csv").read_text())
    at,episode,return,actions/0
    1.5,0,9.0,4
    1.5,1,7.0,
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        kind: str = "episode_end",
        columns: Iterable[str] | None = None,
        sync: Sync = "never",
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_sync(sync)
        self.path, self.kind, self.sync, self.clock = path, kind, sync, clock
        self.columns = None if columns is None else tuple(columns)
        self.without_column = 0
        """How many values were left out, for want of a column."""
        self.takes_steps = kind == "step"
        self._names = None if self.columns is None else ("at", *self.columns)
        self._file: Appending | None = None
        self._lock = threading.Lock()

    def wants(self, name: str) -> bool:
        """Tell whether reports of this kind are wanted."""
        return name == self.kind

    def __call__(self, report: Report) -> None:
        """Write one report, if it is of the kind.

        Raises:
            OSError: if it cannot be written.
            ValueError: if the file that is there has other columns.
        """
        if report.name == self.kind:
            values = {"at": self.clock(), **dict(_flat(report.values))}
            with self._lock:
                names, file = self._table(values)
                self.without_column += len(values.keys() - set(names))
                file.write(row(values.get(name) for name in names))
        if report.name == "deployment_closed":
            self.close()

    def _table(self, values: Mapping[str, Any]) -> tuple[tuple[str, ...], Appending]:
        """Return the columns and the file, both of which a first report settles."""
        if self._names is None:
            self._names = _columns(Path(self.path)) or tuple(values)
        if self._file is None:
            self._file = Appending(self.path, sync=self.sync, header=row(self._names))
        return self._names, self._file

    def close(self) -> None:
        """Close the file, as the end of a session does; a later report opens it again."""
        if self._file is not None:
            self._file.close()

    def __repr__(self) -> str:
        return f"CsvSink({str(self.path)!r}, kind={self.kind!r})"


def row(values: Iterable[Any]) -> bytes:
    """Write one row, newline included; None is empty."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_cell(value) for value in values])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Keep a row on one line, whatever a string holds."""
    if isinstance(value, str):
        return value.replace("\r", " ").replace("\n", " ")
    return value


def _flat(values: Mapping[str, Any], path: str = "") -> Any:
    """Give the values with their names, those of a mapping as `name/key`."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}/")
        else:
            yield f"{path}{name}", _scalar(value)


def _scalar(value: Any) -> Any:
    kept = plain(value)
    return float(value) if isinstance(kept, str) and not isinstance(value, str) else kept


def _columns(path: Path) -> tuple[str, ...]:
    """Read the columns of a file that is there; of one that is empty or torn, none."""
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        first = file.readline(_MOST_HEADER)
    return tuple(next(csv.reader([first.decode()]))) if first.endswith(b"\n") else ()

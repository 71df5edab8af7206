"""Reports of one kind as rows of a table."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, final

from statewrap.core.fold import Report
from statewrap.core.words import brief
from statewrap.sinks.appending import Appending, Sync, check_sync
from statewrap.sinks.kinds import check_kinds
from statewrap.sinks.plain import line, plain

_MOST_HEADER: Final = 1_000_000


@final
class CsvSink:
    """Append each report of one kind to a file, as a row of comma-separated values.

    The first row names the columns: `at`, the time of day in seconds since 1970 (UTC), and the
    names of the values. A mapping, such as a grouped statistic, is a cell of JSON, as each report
    may have other keys; a column `name/key`, where `columns` says one, has one of its values. A
    value that a later report lacks is empty. One that a file has no column for is left out, and
    counted; a file has the columns of the first report that was written to it, or `columns`. NaN
    is written `nan` (in JSON "NaN"), None as nothing. A row is whole or absent; see `Appending`.

    Args:
        path: the file; its folder is made if it is missing.
        kind: which reports: "episode_end", "step", "progress", "epoch_end", ...
        columns: the names of the columns after `at`, where the first report is not to say them.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".
        clock: gives the time of day in seconds.

    Raises:
        ValueError: if there are no reports of that kind.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sink = CsvSink(Path(folder, "episodes.csv"), clock=lambda: 1.5)
    ...     sink(Report("episode_end", {"episode": 0, "return": 9.0, "actions": {"0": 4}}))
    ...     sink(Report("episode_end", {"episode": 1, "return": 7.0}))
    ...     sink.close()
    ...     print(Path(folder, "episodes.csv").read_text())
    at,episode,return,actions
    1.5,0,9.0,"{""0"":4}"
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
        check_kinds([kind], f"{kind=}")
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
            values = {"at": self.clock(), **report.values}
            with self._lock:
                names, file = self._table(values)
                cells = dict(_cells(values, frozenset(names)))
                self.without_column += len(cells.keys() - set(names))
                file.write(row(cells.get(name) for name in names))
        if report.name == "deployment_closed":
            self.close()

    def _table(self, values: Mapping[str, Any]) -> tuple[tuple[str, ...], Appending]:
        """Return the columns and the file, both of which a first report settles."""
        if self._names is None:
            self._names = _columns(Path(self.path), values) or tuple(values)
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
    """Write one row as UTF-8, newline included; None is empty, half a surrogate pair an escape."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_cell(value) for value in values])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> Any:
    """Keep a row on one line, whatever a string holds."""
    if isinstance(value, str):
        return value.replace("\r", " ").replace("\n", " ")
    return value


def _cells(
    values: Mapping[str, Any], names: frozenset[str], path: str = ""
) -> Iterator[tuple[str, Any]]:
    """Give what may stand in a cell by its name: of a mapping all, where that has a column.

    What it holds is given as `name/key` as well, where it has no column or its keys have some.
    """
    for name, value in values.items():
        here = f"{path}{name}"
        if not isinstance(value, Mapping):
            yield here, _scalar(value)
            continue
        if here in names:
            yield here, line(value).decode().strip()
        within = _cells(value, names, f"{here}/")
        yield from (cell for cell in within if here not in names or cell[0] in names)


def _scalar(value: Any) -> Any:
    kept = plain(value)
    return float(value) if isinstance(kept, str) and not isinstance(value, str) else kept


def _columns(path: Path, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the columns of a file that is there; of one that is empty or torn, none.

    Raises:
        ValueError: if they are those of another table.
    """
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        first = file.readline(_MOST_HEADER)
    if not first.endswith(b"\n"):
        return ()
    names = tuple(next(csv.reader([first.decode(errors="replace")]), ()))
    if names[:1] != ("at",) or not _are_of(names[1:], values):
        raise ValueError(
            f"{path.name} has the columns {brief(','.join(names))}, expected 'at' and the names of "
            "values: it holds something else, and is left as it is. Write to another file."
        )
    return names


def _are_of(names: Iterable[str], values: Mapping[str, Any]) -> bool:
    """Tell whether some columns are those of values; later reports may have others."""
    return any(name in values or name.split("/")[0] in values for name in names)

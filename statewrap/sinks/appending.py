"""A file that lines are appended to, each whole or absent."""

from __future__ import annotations

import errno
import os
import stat
import threading
from os import PathLike
from pathlib import Path
from typing import Final, Literal, get_args

Sync = Literal["never", "end", "always"]

_READ: Final = 65_536


def check_sync(sync: str) -> None:
    """Refuse an unknown word.

    Raises:
        ValueError: if it is none of "never", "end" and "always".
    """
    if sync not in get_args(Sync):
        raise ValueError(f"sync={sync!r} was given, expected one of {', '.join(get_args(Sync))}.")


class Appending:
    """Appends whole lines to a file; what a crash tore at its end is mended first.

    Each call of `write` is one write of the operating system, without a buffer in this
    process: a killed process loses nothing that was written, and several may append to one
    file. Where the disk is full, what was written of a line is taken back.

    The folder is made if it is missing. The file is opened when something is written, and again
    if that happens after `close`, so that one file may serve several sessions.

    Args:
        path: the file.
        sync: when the disk itself is waited for, which a loss of power asks for: "never",
            "end" (`close`), or "always" (each write).
        header: what a new file begins with.
        begins: what a file that is there has to begin with; by default the header.
        mend: whether a torn last line is taken away; False where there are no lines.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        sync: Sync = "never",
        header: bytes = b"",
        begins: bytes | None = None,
        mend: bool = True,
    ) -> None:
        check_sync(sync)
        self.path = Path(path).absolute()
        self.header = header
        self._begins = header if begins is None else begins
        self._mends = mend
        self._sync = sync
        self._file: int | None = None
        self._lock = threading.Lock()

    def write(self, lines: bytes) -> None:
        """Append whole lines.

        Raises:
            OSError: if they cannot be written; the file is as it was before.
            ValueError: if the file that is there holds something else.
        """
        with self._lock:
            if self._file is None:
                self._file = self._opened()
            try:
                self._append(self._file, lines)
                if self._sync == "always":
                    os.fsync(self._file)
            except OSError as error:
                self._give_up(error)
                raise

    def _give_up(self, error: OSError) -> None:
        """Let go of a file that failed: the next write opens it anew."""
        file, self._file = self._file, None
        if file is not None and error.errno != errno.EBADF:  # that number is another's by now
            os.close(file)

    def _opened(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _CLOEXEC, 0o644)
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                self._recognise(os.pread(file, len(self._begins), 0))
                if self._mends:
                    _mend(file)
            if self.header and os.fstat(file).st_size == 0:
                self._append(file, self.header)
        except BaseException:
            os.close(file)
            raise
        return file

    def _recognise(self, start: bytes) -> None:
        """Refuse a file that holds something else; one that is torn in its first line is ours."""
        if not self._begins.startswith(start):
            raise ValueError(
                f"{self.path.name} begins with {start.decode(errors='replace')!r}, expected "
                f"{self._begins.decode()!r}: it holds something else, and is left as it is. Write "
                "to another file."
            )

    def _append(self, file: int, lines: bytes) -> None:
        written = 0
        try:
            while written < len(lines):
                written += os.write(file, lines[written:])
        except OSError:
            end = os.lseek(file, 0, os.SEEK_CUR) if written else -1
            if end == os.fstat(file).st_size:  # nobody else has written meanwhile
                os.ftruncate(file, end - written)
            raise

    def close(self) -> None:
        """Close the file; a later `write` opens it again."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            try:
                if self._sync != "never":
                    os.fsync(file)
            finally:
                os.close(file)

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()


_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)


def _mend(file: int) -> None:
    """Take away what a crash has left of a last line."""
    size = end = os.fstat(file).st_size
    while end:
        start = max(0, end - _READ)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)

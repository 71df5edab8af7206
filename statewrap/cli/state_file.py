"""A snapshot on disk that is whole at every moment, whatever happens to the process."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from statewrap.core.errors import SnapshotError


@attrs.frozen
class StateFile:
    """A file that is replaced as a whole, and belongs to one process at a time.

    Beside it lie `NAME.tmp`, which a crash may leave behind and the next save overwrites, and
    `NAME.lock`, which is empty.
    """

    path: Path

    def lock(self) -> int:
        """Claim the file for this process, until it ends; return the lock's descriptor.

        Raises:
            SnapshotError: if another process has claimed it.
            OSError: if the folder cannot be written to.
        """
        lock = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            import fcntl  # noqa: PLC0415 - there is none on Windows, and no lock then
        except ImportError:  # pragma: no cover
            return lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise SnapshotError(f"{self.path} is in use by another process.") from error
        return lock

    def read(self) -> bytes | None:
        """Return what the file holds, or None if there is none.

        Raises:
            OSError: if it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, data: bytes) -> None:
        """Replace the file; when this returns, the data is on the disk.

        Raises:
            OSError: if that fails; the old file is untouched then.
        """
        temporary = self._beside(".tmp")
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self.path)
        _sync_folder(self.path.parent)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def _sync_folder(folder: Path) -> None:
    """Make a rename last; folders cannot be opened on Windows, where renames last by themselves."""
    if os.name == "nt":  # pragma: no cover
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""One writer per run directory, also across processes; a killed writer's lock is gone with it."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from twin.errors import WrongRunError


class WriterLock:
    """Advisory lock on a file of the run directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        WrongRunError
            If another process writes this run.
        """
        import fcntl

        self._file = self.path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            self._file = None
            raise WrongRunError(f"{self.path.parent}: another process is writing this run; let it end first") from None

    def release(self) -> None:
        """Give the lock back; harmless without one."""
        if self._file is not None:
            self._file.close()
            self._file = None

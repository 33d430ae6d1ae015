"""A directory of the engine's own: sockets, connection file, snapshots of parameters. Nobody else can read it, and it
does not stay behind, however the window and the engine end."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from attrs import define

PREFIX = "blockstudio-"
LOCK = "lock"
YOUNG = 60.0
"""Seconds for which a directory without a lock is left alone: it may be just being made."""


@define
class PrivateDirectory:
    """The directory, and the lock that tells others that it is in use for as long as this process lives."""

    path: Path
    _lock: int | None

    @staticmethod
    def make() -> PrivateDirectory:
        """A fresh one; those that processes killed left behind are removed.

        Its path is short: a Unix socket's may have a hundred characters.
        """
        sweep()
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        return PrivateDirectory(path, _locked(path))

    def remove(self) -> None:
        """Remove it with all in it."""
        remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def remove(directory: Path) -> None:
    """Remove a directory with all in it, as far as that is possible."""
    shutil.rmtree(directory, ignore_errors=True)


def sweep() -> None:
    """Remove the directories that nobody uses any more."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > YOUNG and (lock := _locked(path)) is not None:
                remove(path)
                os.close(lock)


def _locked(path: Path) -> int | None:
    """The lock of a directory, taken; None where another process has it or there are no such locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock

"""Reading files whole, and writing them so that a failure half-way leaves the old file intact."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from blockstudio.errors import mark

UMASK = os.umask(0)
"""What files are made without. It can be asked for only by setting it, which other threads would notice: so once."""
os.umask(UMASK)
DAY = 24 * 3600


def read_whole(path: Path) -> bytes:
    """All that is in a file; raises OSError, also on a pipe or a device, which may never come to an end."""
    _refuse_strange(path)
    return path.read_bytes()


def write_atomically(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write through a temporary file beside `target`, flushed, then renamed over it; raises OSError."""
    target = target.resolve()
    _refuse_protected(target)
    handle, name = tempfile.mkstemp(prefix=_prefix(target), suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        _put(Path(name), target)
        _sweep(target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_together(target: Path, write: Callable[[Path], object]) -> None:
    """As `write_atomically` for what is written by its path and may have more files beside it: `write` gets the
    path in a temporary folder. The others are put in place first, so that `target` never lacks them."""
    target = target.resolve()
    _refuse_protected(target)
    with tempfile.TemporaryDirectory(prefix=_prefix(target), suffix=".tmp", dir=target.parent) as folder:
        write(Path(folder, target.name))
        for made in sorted(Path(folder).iterdir(), key=lambda made: made.name == target.name):
            _put(made, target.parent / made.name)


def stamp(file: Path) -> tuple[int, int, int] | None:
    """Tells whether a file was written since; None where there is none."""
    try:
        info = file.stat()
    except OSError:
        return None
    return info.st_ino, info.st_mtime_ns, info.st_size


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}."  # a name may be as long as the system allows: no more can be added to all of it


def _sweep(target: Path) -> None:
    """Take away what a process that was killed left of a file it was writing here: nobody writes for a day."""
    left_over = re.compile(re.escape(_prefix(target)) + r"[a-z0-9_]{8}\.tmp")
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            is_left = left_over.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            if is_left and time.time() - entry.stat(follow_symlinks=False).st_mtime > DAY:
                os.unlink(entry)


def _refuse_strange(path: Path) -> None:
    if path.exists() and not path.is_dir() and not path.is_file():
        raise OSError(errno.EINVAL, mark("it is a pipe or a device, not a file"), str(path))


def _refuse_protected(target: Path) -> None:
    _refuse_strange(target)
    if target.exists() and not os.access(target, os.W_OK):
        # A rename would replace a file that its owner has made read-only.
        raise PermissionError(13, "Permission denied", str(target))


def _put(made: Path, target: Path) -> None:
    """Flush a file to the disk and rename it."""
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    made.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~UMASK)
    made.replace(target)

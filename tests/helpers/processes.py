"""Other processes, as tests look at them."""

from __future__ import annotations

import psutil


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; one that nobody waited for has."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""How a command ends before it is done: by Ctrl+C, or by the user's Python. Always with one line that says so."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

STATUS = 130
"""What shells give for a program that Ctrl+C ended."""
GRACE = 1.0
"""Seconds for an orderly end, which removes files half written. Python that catches everything, and C that
does not come back, get no more."""

_LINE = b"blockstudio: Stopped.\n"
_ENDED = b"blockstudio: Python in the model ended the program (os._exit(%d)).\n"
_end = os._exit


@contextmanager
def told_when_ended() -> Iterator[None]:
    """Within it Python that ends the whole program at once, which nothing can catch, is told of; the status is 1."""
    ours = os.getpid()

    def end(status: int) -> NoReturn:
        if os.getpid() != ours:  # a child that has done its work
            _end(status)
        os.write(2, _ENDED % status)
        _end(1)

    os._exit = end
    try:
        yield
    finally:
        os._exit = _end


@contextmanager
def ended_by_interrupt() -> Iterator[None]:
    """Within it Ctrl+C says one line and ends the program with `STATUS`. For the main thread."""
    ours, signals = socket.socketpair()
    signals.setblocking(False)
    ended = threading.Event()

    def watch() -> None:
        # Woken by the signal itself: Python's own handler waits until C comes back.
        while signal.SIGINT not in (got := ours.recv(1)):
            if not got:
                return
        if not ended.wait(GRACE):
            os.write(2, _LINE)
            _end(STATUS)

    watcher = threading.Thread(target=watch, name="interrupt watch", daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(signals.fileno(), warn_on_full_buffer=False)
    try:
        yield
    except KeyboardInterrupt:
        ended.set()
        os.write(2, _LINE)
        raise SystemExit(STATUS) from None
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        signals.close()
        watcher.join()
        ours.close()

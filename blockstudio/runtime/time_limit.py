"""An end to Python that does not end by itself."""

from __future__ import annotations

import ctypes
import threading
from types import TracebackType

AGAIN = 0.5
"""Seconds after which code that swallowed the exception gets it again."""


class OutOfTime(BaseException):
    """Raised in a thread whose time is up; not an Exception, so that `except Exception` lets it through."""


class TimeLimit:
    """Raises `OutOfTime` in what runs inside, in this thread, after so many seconds.

    Python is stopped between two of its steps; a call into C that does not return is not.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = ctypes.c_ulong(threading.get_ident())
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="time limit", daemon=True)

    def __enter__(self) -> None:
        self._watcher.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._over.is_set():
            try:
                with self._lock:
                    self._over.set()
                    # One that was sent but has not arrived yet is not for what comes next.
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, None)
            except OutOfTime:
                continue
        self._watcher.join()

    def _watch(self) -> None:
        wait = self._seconds
        while not self._over.wait(wait):
            with self._lock:
                if not self._over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(OutOfTime))
            wait = AGAIN

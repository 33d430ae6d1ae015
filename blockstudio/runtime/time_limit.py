"""An end to Python that does not end by itself."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

AGAIN = 0.5
"""Seconds after which code that swallowed the exception gets it again."""

T = TypeVar("T")


class OutOfTime(BaseException):
    """Raised in a thread whose time is up; not an Exception, so that `except Exception` lets it through."""


class TimeLimit:
    """Raises `OutOfTime` in what it runs, in this thread, after so many seconds.

    Python is stopped between two of its steps; a call into C that does not return is not.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._wake = threading.Event()
        self._is_on, self._is_over, self._is_sent = False, False, False
        self.is_cut = False
        """The time was up earlier than was set."""

    def run(self, work: Callable[[], T]) -> T:
        """What `work` gives; OutOfTime, out of `work` and never later, where it takes too long."""
        # Python raises what another thread sent only where a function begins, a loop goes round or a call into
        # C is over. There is no such place between the end of `work` and the call of `send` below, which
        # forgets what was sent and has not arrived. Hence one function, local names and no `with`.
        send = ctypes.pythonapi.PyThreadState_SetAsyncExc
        thread = ctypes.c_ulong(threading.get_ident())
        watcher = threading.Thread(target=self._watch, args=(send, thread), name="time limit", daemon=True)
        watcher.start()
        try:
            self._is_on = True
            return work()
        finally:
            self._is_on, self._is_over = False, True
            if self._is_sent:
                send(thread, None)
            self._wake.set()
            watcher.join()
            if self._is_sent:
                _settle(send, thread)

    def cut(self) -> None:
        """The time is up now; from any thread."""
        self.is_cut = True
        self._wake.set()

    def _watch(self, send: Callable[..., int], thread: ctypes.c_ulong) -> None:
        error = ctypes.py_object(OutOfTime)
        wait = self._seconds
        while not self._is_over:
            self._wake.wait(wait)
            self._wake.clear()
            if self._is_on:  # nor does anything come between this question and the call
                self._is_sent = True
                send(thread, error)
            wait = AGAIN


class _Settled(BaseException):
    """Arrives at once, to end what `send(thread, None)` leaves behind."""


def _settle(send: Callable[..., int], thread: ctypes.c_ulong) -> None:
    """Let Python forget that something was to arrive: until something has, it stops to look at every step, and
    under a profiler (CPython 3.11) it never gets beyond the first."""
    try:
        send(thread, ctypes.py_object(_Settled))
        for _ in range(1000):
            continue
    except _Settled:
        return

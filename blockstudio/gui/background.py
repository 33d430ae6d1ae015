"""Work done in a thread, told of in the thread of the window; its owner may be closed meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NoReturn, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

T = TypeVar("T")


def is_fault(error: Exception) -> NoReturn:
    """A fault of the program: shown by the hook for uncaught exceptions, with its traceback."""
    raise error


class _Teller(QObject):
    """Tells from the thread. It outlives its owner, whose signals are gone before its threads are waited for."""

    told = Signal(bool, object)
    """Whether the work was done, and what it gave; or why not."""


class Background(QObject):
    """One thread that works for an object of the window, one piece of work after the other."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[tuple[Callable[[object], object], Callable[[Exception], object]]] = deque()
        self._teller = _Teller()
        self._teller.told.connect(self._hear)

    def run(
        self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[Exception], object] = is_fault
    ) -> None:
        """Have this done; one of the two is called later, unless the owner is gone by then.

        `work` must not hold the owner: the thread may be the last that lets go of it.
        """
        self._waiting.append((done, failed))  # type: ignore[arg-type]  # `work` gives what `done` takes
        teller = self._teller

        def work_and_tell() -> None:
            try:
                result = work()
            except Exception as error:
                teller.told.emit(False, error)
            else:
                teller.told.emit(True, result)

        self._pool.start(work_and_tell)

    def wait(self) -> None:
        """Until all is done; it is told of later all the same."""
        self._pool.waitForDone()

    @Slot(bool, object)
    def _hear(self, is_done: bool, result: object) -> None:
        done, failed = self._waiting.popleft()
        if isinstance(result, Exception) and not is_done:
            failed(result)
        else:
            done(result)

"""Stopping what runs in the engine: again and again, until it is answered or clearly does not stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from blockstudio.engine.client import Ticket

if TYPE_CHECKING:
    from blockstudio.gui.jupyter import Link

AGAIN = 500
"""Milliseconds after which a run that goes on is interrupted again."""
TRIES = 4


class Stopper(QObject):
    """Interrupts one request at a time."""

    unanswered = Signal(object)
    """Ticket: it was stopped, but its answer is lost."""
    gave_up = Signal()
    """It goes on all the same."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._link: Link | None = None
        self._ticket: Ticket | None = None
        self._tries = 0
        self._probe = ""
        self._again = single_shot(self, AGAIN, self._interrupt)

    def stop(self, ticket: Ticket, link: Link) -> None:
        """Stop the request that the main shell works on."""
        self._ticket, self._link, self._tries = ticket, link, 0
        self._interrupt()

    def done(self, ticket: Ticket | None = None) -> None:
        """This request (None: whichever it is) needs no stopping any more."""
        if ticket is None or ticket is self._ticket:
            self._again.stop()
            self._ticket = self._link = None
            self._probe = ""

    def probed(self, probe: str) -> None:
        """The main shell answered a probe. If it is ours, there will be no other answer: an interrupt may hit
        the kernel while it sends the answer, which is then lost."""
        if self._ticket is not None and probe == self._probe:
            ticket = self._ticket
            self.done()
            self.unanswered.emit(ticket)

    def _interrupt(self) -> None:
        if self._link is None:
            return
        if self._tries == TRIES:
            self.done()
            self.gave_up.emit()
            return
        if self._tries:
            self._probe = self._link.probe()
        self._tries += 1
        self._link.interrupt()
        self._again.start()


def single_shot(owner: QObject, milliseconds: int, action: Callable[[], None]) -> QTimer:
    """A timer that is started by hand and rings once."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(action)
    return timer

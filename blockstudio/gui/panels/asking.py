"""How a panel asks the engine: never waiting, and deaf to answers that nobody waits for any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Signal

from blockstudio.engine.protocol import Failure
from blockstudio.errors import shortened
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.session import Session


class Question(QObject):
    """One thing a panel wants to know of the engine.

    At most one request is under way. A request made meanwhile takes the place of one that waits, and
    answers to requests that were replaced or forgotten are dropped.
    """

    busy_changed = Signal(bool)

    def __init__(
        self,
        session: Session,
        answered: Callable[[Any], None],
        refused: Callable[[Failure], None] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._answered = answered
        self._refused = refused or (lambda failure: report(session, failure))
        self._under_way: object | None = None
        self._waiting: Any = None
        session.document_replaced.connect(self.forget)

    @property
    def busy(self) -> bool:
        return self._under_way is not None

    def ask(self, request: Any) -> bool:
        """Ask, or wait for the answer under way and ask then; False when there is no engine."""
        if self._session.kernel is None:
            return False
        if self.busy:
            self._waiting = request
            return True
        self._send(request)
        return True

    def forget(self) -> None:
        """Drop the request that waits, and the answer to the one under way."""
        self._waiting = None
        if self.busy:
            self._under_way = None
            self.busy_changed.emit(False)

    def _send(self, request: Any) -> None:
        if self._session.kernel is None:
            return
        ticket = self._under_way = object()
        self.busy_changed.emit(True)
        # It is about the document as it is, not as it was before the last change.
        self._session.liveness.when_sent(lambda: self._send_now(ticket, request))

    def _send_now(self, ticket: object, request: Any) -> None:
        kernel = self._session.kernel
        if not shiboken6.isValid(self) or self._under_way is not ticket or kernel is None:
            return
        kernel.request(
            request,
            lambda reply: self._take(ticket, self._answered, reply),
            lambda failure: self._take(ticket, self._refused, failure),
        )

    def _take(self, ticket: object, then: Callable[[Any], None], answer: Any) -> None:
        if not shiboken6.isValid(self) or self._under_way is not ticket:
            return
        self._under_way = None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._send(waiting)
            return
        self.busy_changed.emit(False)
        then(answer)


def failure_text(failure: Failure) -> str:
    """A failure in the language of the user, without its path."""
    if failure.interrupted:
        return tr("Stopped.")
    return message(failure)


def report(session: Session, failure: Failure, key: str = "", *, first: str = "") -> None:
    """Show a failure in the message bar, with its traceback and a way to the node that is at fault.

    `first`: what that means for what was asked for.
    """
    if failure.interrupted:
        session.notify(tr("Stopped."), "info", key=key or "stopped")
        return
    text = failure_text(failure)
    show = ((tr("Show"), lambda: session.show_path(failure.path)),) if session.locate(failure.path) else ()
    words = " ".join(filter(None, (first, f"{shortened(failure.path)}: {text}" if failure.path else text)))
    session.notify(words, "error", failure.detail, show, key=key or text)

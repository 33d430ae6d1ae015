"""Keeps the session's table of parameters what the engine says, after every change that may alter it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from blockstudio.engine.protocol import Failure, ListParameters, ParameterTable, RunResult, Shapes
from blockstudio.gui.panels.asking import Question, failure_text
from blockstudio.gui.session import Session

PAUSE = 150
"""Milliseconds to wait for the next of a row of changes before the model is built again."""


def table_keeper(session: Session) -> TableKeeper:
    """The one keeper of a session."""
    return session.findChild(TableKeeper) or TableKeeper(session)


class TableKeeper(QObject):
    """Asks for the table when the document, the values, the gradients or the engine are others than before."""

    problem_changed = Signal(str)
    """Why the table is not of the document as it is, in the language of the user; "" when it is."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.problem = ""
        self._question = Question(session, self._answered, self._refused, self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self.ask)
        session.shapes_changed.connect(self._shapes_changed)
        session.parameters_changed.connect(self.ask)
        session.run_finished.connect(self._ran)
        session.document_replaced.connect(self._replaced)

    @property
    def settled(self) -> bool:
        """Nothing under way."""
        return not (self._question.busy or self._soon.isActive())

    def ask(self) -> None:
        """Ask the engine for the table now."""
        self._soon.stop()
        self._question.ask(ListParameters())

    def _shapes_changed(self, shapes: Shapes | None) -> None:
        if shapes is not None:
            self._soon.start()

    def _ran(self, result: RunResult | None) -> None:
        if result is not None:  # there may be gradients now
            self.ask()

    def _replaced(self) -> None:
        self._soon.stop()
        self._set_problem("")

    def _answered(self, table: ParameterTable) -> None:
        self._set_problem("")
        self._session.set_table(table)

    def _refused(self, failure: Failure) -> None:
        # What was known stays in sight while a half-made change cannot be built.
        self._set_problem(failure_text(failure))

    def _set_problem(self, text: str) -> None:
        if text != self.problem:
            self.problem = text
            self.problem_changed.emit(text)

"""Tells the user what happens to the engine, and the session what that means for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from blockstudio.engine.protocol import BuildModel, Changed, Failure, ParameterTable, SetMode
from blockstudio.errors import worded
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels.asking import Question, report
from blockstudio.gui.session import Session

if TYPE_CHECKING:
    from blockstudio.engine.recovery import Death, Recovery
    from blockstudio.gui.kernel import Kernel

KEY = "engine"
"""Of the messages about the engine: the newest takes the place of the one before."""


class EngineWatch(QObject):
    """Watches one kernel for one session, and does to it what the Model menu says."""

    def __init__(self, session: Session, kernel: Kernel, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.kernel = kernel
        self._death: Death | None = None
        self._build = Question(session, self._built, None, self)
        self._mode = Question(session, self._mode_set, None, self)
        kernel.died.connect(self._died)
        kernel.recovered.connect(self._recovered)
        kernel.not_stopping.connect(self._not_stopping)
        session.document_replaced.connect(self._replaced)

    # --- what the menu does ---------------------------------------------------------------------

    def stop(self) -> None:
        """Interrupt what the model does."""
        self.kernel.interrupt()

    def restart(self) -> None:
        """End the engine, whatever it does, and start it again."""
        self._session.drop_snapshots()
        self.kernel.restart()

    def rebuild(self) -> None:
        """Build the model afresh, every parameter initialised as the document says."""
        self._build.ask(BuildModel())

    def switch_mode(self) -> None:
        """From training to evaluation, or back."""
        table = self._session.table
        self._mode.ask(SetMode(not table.training if table else False))

    def _built(self, changed: Changed) -> None:
        session = self._session
        session.push_snapshot(changed.token, tr("Initialise again"))
        session.notify(tr("Every parameter has a new starting value."), "success", key="built")

    def _mode_set(self, table: ParameterTable) -> None:
        self._session.set_table(table)

    def _replaced(self) -> None:
        """Another project is open: what the model of the one before does is of no use any more."""
        self.kernel.forget()
        self.kernel.interrupt()

    # --- what happens to it ---------------------------------------------------------------------

    def _died(self, death: Death) -> None:
        self._death = death
        self._session.drop_snapshots()
        self._session.set_run_result(None)
        text = message(death)
        if death.final:
            self._session.notify(
                f"{text} {tr('Your document is safe.')}",
                "error",
                death.detail,
                ((tr("Restart the engine"), self.restart),),
                key=KEY,
            )
        else:
            self._session.notify(
                f"{text} {tr('Your document is safe; the engine is being started again.')}",
                "warning",
                death.detail,
                key=KEY,
            )

    def _recovered(self, recovery: Recovery) -> None:
        death, self._death = self._death, None
        parts = [worded(tr(template), facts) for template, facts in recovery.sentences()]
        before = message(death) if death else ""
        text = " ".join([*([before] if before else []), tr("The engine is running again."), *parts])
        lost = bool(recovery.changes_lost or recovery.not_restored or recovery.failure or recovery.code_held_back)
        self._session.set_run_result(None)
        self._session.notify(text, "warning" if lost or death else "info", death.detail if death else "", key=KEY)
        if isinstance(recovery.failure, Failure):
            report(self._session, recovery.failure)
        self._session.parameters_changed.emit()

    def _not_stopping(self) -> None:
        self._session.notify(
            tr("It does not stop. Restarting the engine ends it; the document and the last parameters are kept."),
            "warning",
            actions=((tr("Restart the engine"), self.restart),),
            key=KEY,
        )

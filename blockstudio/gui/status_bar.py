"""The status bar: problems, parameters, and the state of the engine, each a button to do something about it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStatusBar, QToolButton, QWidget

from blockstudio.engine.protocol import ParameterTable, Problem
from blockstudio.errors import mark
from blockstudio.graph.model import Definition
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.session import Session

STATES: Mapping[str, tuple[str, str, str]] = {
    "stopped": (mark("Engine stopped"), "mdi6.power", "muted"),
    "starting": (mark("Engine starting…"), "mdi6.timer-sand", "muted"),
    "idle": (mark("Engine ready"), "mdi6.check-circle", "success"),
    "busy": (mark("Engine working…"), "mdi6.progress-clock", "accent"),
    "restarting": (mark("Engine restarting…"), "mdi6.restart", "warning"),
    "dead": (mark("Engine not running"), "mdi6.close-circle", "error"),
}
"""What the states of the kernel are called, with icon and colour."""


class StatusBar(QStatusBar):
    """What is true of the whole project at this moment."""

    problems_clicked = Signal()
    parameters_clicked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setSizeGripEnabled(False)
        self.problems = self._button(self.problems_clicked.emit)
        self.parameters = self._button(self.parameters_clicked.emit)
        self.zoom = self._button()
        self.mode = self._button()
        self.device = self._button()
        self.engine = self._button()
        left = QWidget()
        row = QHBoxLayout(left)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.problems)
        self.addWidget(left)
        for button in (self.zoom, self.parameters, self.mode, self.device, self.engine):
            self.addPermanentWidget(button)
        for button in (self.zoom, self.device, self.engine):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        session.diagnostics_changed.connect(self._show_problems)
        session.document_changed.connect(self._document_changed)
        session.document_replaced.connect(self._document_changed)
        session.table_changed.connect(self._show_table)
        self.retranslate()

    def set_engine_menu(self, menu: QMenu) -> None:
        self.engine.setMenu(menu)

    def set_device_menu(self, menu: QMenu) -> None:
        self.device.setMenu(menu)

    def set_zoom_menu(self, menu: QMenu) -> None:
        self.zoom.setMenu(menu)

    def show_zoom(self, zoom: float) -> None:
        """How large things are shown on the canvas."""
        text = f"{zoom:.0%}"
        if text != self.zoom.text():
            self.zoom.setText(text)
            self.zoom.setAccessibleName(tr("Zoom: {percent}").format(percent=text))

    def set_state(self, state: str) -> None:
        """Show the state of the engine, one of STATES."""
        text, glyph, role = STATES[state]
        self.engine.setText(tr(text))
        self.engine.setIcon(icon(glyph, role))
        self.engine.setToolTip(tr("The engine runs the model in a process of its own: stop or restart it here"))
        self.engine.setAccessibleName(tr(text))

    def retranslate(self) -> None:
        self.zoom.setIcon(icon("mdi6.magnify", "muted"))
        self.zoom.setToolTip(tr("How large things are shown: choose here"))
        self.set_state(self._session.engine_state)
        self._show_problems(self._session.diagnostics)
        self._show_table(self._session.table)

    def _document_changed(self, _: object = None) -> None:
        self._show_problems(self._session.diagnostics)

    def _show_problems(self, problems: list[Problem]) -> None:
        document = self._session.document
        root = document.definitions.get(document.root)
        if isinstance(root, Definition) and not root.graph.nodes and not root.graph.edges:
            self.problems.setIcon(icon("mdi6.circle-outline", "muted"))
            self.problems.setText(tr("Empty model"))
            self.problems.setToolTip(tr("Show the list of problems"))
            return
        counts = dict.fromkeys(("error", "warning", "info"), 0)
        for problem in problems:
            counts[problem.severity] += 1
        parts = []
        if counts["error"]:
            text = tr("1 error") if counts["error"] == 1 else tr("{count} errors").format(count=counts["error"])
            parts.append(text)
        if counts["warning"]:
            one = counts["warning"] == 1
            parts.append(tr("1 warning") if one else tr("{count} warnings").format(count=counts["warning"]))
        glyph, role = "mdi6.check", "success"
        if counts["error"]:
            glyph, role = "mdi6.close-circle", "error"
        elif counts["warning"]:
            glyph, role = "mdi6.alert", "warning"
        self.problems.setIcon(icon(glyph, role))
        self.problems.setText(", ".join(parts) or tr("No problems"))
        self.problems.setToolTip(tr("Show the list of problems"))

    def _show_table(self, table: ParameterTable | None) -> None:
        for button in (self.parameters, self.mode, self.device):
            button.setVisible(table is not None)
        if table is None:
            return
        self.parameters.setText(tr("{count} parameters").format(count=f"{table.parameters:,}"))
        self.parameters.setIcon(icon("mdi6.tune-variant", "muted"))
        self.parameters.setToolTip(
            tr("{trainable} trainable, {buffers} in buffers: show them all").format(
                trainable=f"{table.trainable:,}", buffers=f"{table.buffers:,}"
            )
        )
        self.mode.setText(tr("train") if table.training else tr("eval"))
        self.mode.setIcon(icon("mdi6.school-outline" if table.training else "mdi6.eye-outline", "muted"))
        self.mode.setToolTip(tr("Switch between training and evaluation"))
        self.device.setText(table.device)
        self.device.setIcon(icon("mdi6.chip", "muted"))
        self.device.setToolTip(tr("Where the model is: choose another device here"))

    def _button(self, act: object = None) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setProperty("status", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if callable(act):
            button.clicked.connect(act)
        return button

"""The inspector: everything that can be said and set of what is selected, or of the block itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from blockstudio.gui.i18n import tr
from blockstudio.gui.navigation import Side
from blockstudio.gui.panels.form import Field
from blockstudio.gui.panels.inspector_block import BlockSheet
from blockstudio.gui.panels.inspector_nodes import NodeSheet, sheet_key
from blockstudio.gui.panels.inspector_ports import PortSheet
from blockstudio.gui.panels.inspector_wires import FlowSheet, flow_sheet
from blockstudio.gui.session import Session


class InspectorPanel(QWidget):
    """Chooses the sheet for the selection, and keeps it up to date."""

    initializers_requested = Signal()
    """Show the initialisers of what is selected."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key: object = None
        self.sheet: NodeSheet | BlockSheet | PortSheet | FlowSheet | None = None
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName(tr("Inspector"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._update)
        for signal in (
            session.document_changed,
            session.document_replaced,
            session.location_changed,
            session.shapes_changed,
            session.run_finished,
            session.table_changed,
            session.diagnostics_changed,
        ):
            signal.connect(self._later)
        session.selection_changed.connect(self._selection_changed)
        self._update()

    def _later(self) -> None:
        self._soon.start()

    def _selection_changed(self) -> None:
        # What was being typed belongs to what was selected before.
        for field in self.findChildren(Field):
            field.revert()
        self._later()

    def _update(self) -> None:
        self._soon.stop()
        key = self._wanted_key()
        if self.sheet is not None and key == self._key:
            self.sheet.refresh()
            return
        self._key = key
        place = self.area.verticalScrollBar().value() if self.sheet is not None else 0
        sheet = self._make()
        self.sheet = sheet
        self.area.setWidget(sheet)
        self.area.verticalScrollBar().setValue(place)

    def _wanted_key(self) -> object:
        session = self._session
        if session.selection:
            return ("nodes", session.location, sheet_key(session.document, session.selected_nodes))
        pill = _pill(session)
        if pill is not None:
            return ("port", session.location, pill)
        flow = flow_sheet(session)
        if flow is not None:
            return ("flow", session.location, flow[0])
        return ("block", session.location, session.document.root)

    def _make(self) -> NodeSheet | BlockSheet | PortSheet | FlowSheet:
        session = self._session
        if session.selection:
            sheet = NodeSheet(session)
            sheet.initializers_requested.connect(self.initializers_requested)
            return sheet
        pill = _pill(session)
        if pill is not None:
            return PortSheet(session, *pill)
        flow = flow_sheet(session)
        return flow[1]() if flow is not None else BlockSheet(session)


def _pill(session: Session) -> tuple[Side, str] | None:
    """The input or output of the block that is selected."""
    port = session.selected_port
    if port is not None and not port.node:
        return "inputs" if port.is_source else "outputs", port.port
    return session.selected_ports[0] if len(session.selected_ports) == 1 else None

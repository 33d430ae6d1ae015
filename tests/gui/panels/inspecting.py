"""How tests work the inspector."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from blockstudio.graph.document import Location
from blockstudio.graph.model import Node
from blockstudio.gui.panels.form import Field
from blockstudio.gui.panels.inspector import InspectorPanel
from blockstudio.gui.panels.option_editors import OptionRow
from blockstudio.gui.session import Session

NET = Location("Net")


def look(qtbot: QtBot) -> None:
    """Let what was put off until the events are done be done, however busy the machine is."""
    for _ in range(5):
        QApplication.processEvents()


def row(inspector: InspectorPanel, name: str) -> OptionRow:
    return next(row for row in inspector.findChildren(OptionRow) if row.option.name == name and not row.isHidden())


def enter(qtbot: QtBot, field: Field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def node(session: Session, name: str) -> Node:
    return session.graph.nodes[name]


def options(session: Session, name: str) -> dict[str, object]:
    return dict(getattr(node(session, name), "options", {}))


def select(session: Session, qtbot: QtBot, *names: str) -> None:
    session.select(names)
    look(qtbot)


def texts(inspector: InspectorPanel) -> str:
    return " ".join(label.text() for label in inspector.findChildren(QLabel) if not label.isHidden())

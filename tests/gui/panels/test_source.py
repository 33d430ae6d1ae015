"""The live source: follows the document, lights up the selected node, and leads back to nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Layer
from blockstudio.gui.panels.source import SourcePanel
from blockstudio.gui.session import Session
from blockstudio.gui.settings import Settings
from tests.gui.conftest import NET, compose


@pytest.fixture
def session(qapp: object, tmp_path: Path) -> Iterator[Session]:
    session = Session(settings=Settings(file=tmp_path / "settings.ini"))
    compose(session)
    yield session
    session.close()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[SourcePanel]:
    panel = SourcePanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show()
    qtbot.waitUntil(lambda: "class Net(nn.Module)" in panel.view.toPlainText())
    yield panel


def line_of(panel: SourcePanel, text: str) -> int:
    return next(i for i, line in enumerate(panel.view.toPlainText().splitlines(), 1) if text in line)


def test_the_selected_node_lights_up_its_lines(panel: SourcePanel, session: Session) -> None:
    session.select(("hidden",))
    lit = [panel.view.toPlainText().splitlines()[line - 1] for line in panel.view.lit()]
    assert any("nn.Linear(20, 256)" in line for line in lit)
    assert any("self.hidden(" in line for line in lit)
    session.select(())
    assert panel.view.lit() == ()


def test_a_clicked_line_selects_its_node(panel: SourcePanel, session: Session, qtbot: QtBot) -> None:
    line = line_of(panel, "self.out = ")
    block = panel.view.document().findBlockByNumber(line - 1)
    box = panel.view.blockBoundingGeometry(block).translated(panel.view.contentOffset())
    at = QPoint(140, int(box.center().y()))
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert session.selection == ("out",)


def test_the_keyboard_does_it_too(panel: SourcePanel, session: Session, qtbot: QtBot) -> None:
    cursor = panel.view.textCursor()
    cursor.setPosition(panel.view.document().findBlockByNumber(line_of(panel, "self.hidden = ") - 1).position() + 12)
    panel.view.setTextCursor(cursor)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert session.selection == ("hidden",)


def test_every_line_of_forward_leads_somewhere(panel: SourcePanel, session: Session) -> None:
    start = line_of(panel, "def forward")
    lines = panel.view.toPlainText().splitlines()
    assert any(panel.go_to(number, 10) for number in range(start, len(lines) + 1))
    assert not panel.go_to(1) or session.selection


def test_the_last_source_stays_while_it_does_not_compile(panel: SourcePanel, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.source_changed):
        session.push(AddNode(NET, Layer(name="lost", type="torch.nn.Linear")), "Add")
    assert session.compiled is None
    assert "class Net" in panel.view.toPlainText() and "does not compile" in panel.state.text()
    with qtbot.waitSignal(session.source_changed):
        session.undo_stack.undo()
    assert "does not compile" not in panel.state.text()


def test_the_source_is_copied(panel: SourcePanel, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.message):
        panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == panel.view.toPlainText()

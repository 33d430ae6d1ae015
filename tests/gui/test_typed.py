"""What is being typed, and what menus, shortcuts and undo make of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from blockstudio.formats.project import load
from blockstudio.graph.edits import AddDefinition
from blockstudio.graph.model import CodeDefinition
from blockstudio.gui.actions import ACTIONS, resolve
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.panels.inspector_block import BlockSheet
from blockstudio.gui.panels.inspector_nodes import NodeSheet
from tests.gui.conftest import compose, press

CTRL = Qt.KeyboardModifier.ControlModifier


def test_what_a_field_has_taken_is_undone_by_the_keys_in_that_field(window: MainWindow, qtbot: QtBot) -> None:
    compose(window.session)
    window.session.select(["hidden"])
    sheet = window.inspector_panel.sheet

    def shown() -> bool:  # and not that of the node that was selected before
        nonlocal sheet
        sheet = window.inspector_panel.sheet
        return isinstance(sheet, NodeSheet) and sheet.name.text() == "hidden"

    qtbot.waitUntil(shown)
    assert isinstance(sheet, NodeSheet)
    field = sheet.name
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "first")
    press(window, Qt.Key.Key_Z, CTRL)  # not taken yet: the field's own
    assert field.text() == "hidden" and "hidden" in window.session.graph.nodes
    field.selectAll()
    qtbot.keyClicks(field, "first")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "first" in window.session.graph.nodes and field.hasFocus()
    press(window, Qt.Key.Key_Z, CTRL)
    assert "hidden" in window.session.graph.nodes
    qtbot.waitUntil(lambda: field.text() == "hidden")
    press(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert "first" in window.session.graph.nodes


def test_what_is_being_typed_counts_for_what_is_done_next(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    compose(session)
    session.undo_stack.setClean()
    window.activateWindow()

    def typed(text: str) -> QLineEdit:
        qtbot.waitUntil(lambda: isinstance(window.inspector_panel.sheet, BlockSheet))
        field = window.inspector_panel.sheet.name
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        field.selectAll()
        qtbot.keyClicks(field, text)
        return field

    field = typed("First")
    assert session.document.root != "First"
    monkeypatch.setattr(session, "path", tmp_path / "a.blocks")
    window.actions_by_id["save"].trigger()
    assert load(tmp_path / "a.blocks").root == "First"
    assert field.hasFocus()
    typed("Second")
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()) or QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert session.document.root == "Second" and asked


@pytest.mark.parametrize("action", ["run", "export", "save_parameters", "save"])
def test_code_that_is_typed_and_not_applied_counts_too(
    window: MainWindow, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    code = "class Own(nn.Module):\n    def forward(self, x):\n        return x\n"
    session.push(AddDefinition(CodeDefinition("Own", code)), "Add")
    monkeypatch.setattr(session, "path", tmp_path / "a.blocks")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: ("", ""))
    window.late.code.open("Own")
    window.late.code.view.setPlainText(code.replace("return x", "return x - x.mean()"))
    resolve(window, next(spec.handler for spec in ACTIONS if spec.id == action))()
    assert "x.mean()" in session.document.code()["Own"]
    for dialog in window.findChildren(QDialog):
        dialog.close()

"""The editor of Python: reads without running, applies, reverts, and says what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode, ChangeDocument
from blockstudio.graph.model import CodeDefinition, Instance
from blockstudio.gui.panels.code_editor import CodeEditorPanel
from blockstudio.gui.panels.code_view import CodeView
from blockstudio.gui.session import Session

CENTERED = """class Centered(nn.Module):
    def forward(self, x):
        return x - x.mean()
"""
LINEAR = """class MyLinear(nn.Module):
    def __init__(self, in_units, units=3):
        super().__init__()

    def forward(self, x):
        return x, x
"""


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[CodeEditorPanel]:
    session.push(AddDefinition(CodeDefinition("Centered", CENTERED)), "Add")
    session.push(AddNode(Location("Net"), Instance(name="center", definition="Centered")), "Add")
    panel = CodeEditorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    panel.open("Centered")
    yield panel


def source(session: Session, name: str) -> str:
    return session.document.code()[name]


def test_it_says_what_the_block_takes_and_gives(panel: CodeEditorPanel, session: Session, qtbot: QtBot) -> None:
    assert panel.ports.text() == "Centered():  x → output"
    panel.view.setPlainText(LINEAR.replace("MyLinear", "Centered"))
    qtbot.waitUntil(lambda: panel.ports.text() == "Centered(in_units, units=3):  x → output_0, output_1")


def test_code_is_applied_and_undone(panel: CodeEditorPanel, session: Session, qtbot: QtBot) -> None:
    assert not panel.apply_button.isEnabled()
    panel.view.setPlainText(CENTERED.replace("mean", "amax"))
    assert panel.apply_button.isEnabled() and source(session, "Centered") == CENTERED
    panel.apply_button.click()
    assert "amax" in source(session, "Centered") and session.trusted
    session.undo_stack.undo()
    assert panel.view.toPlainText() == CENTERED


def test_typing_is_kept_while_another_piece_is_edited(panel: CodeEditorPanel, session: Session) -> None:
    session.push(AddDefinition(CodeDefinition("MyLinear", LINEAR)), "Add")
    panel.view.setPlainText(CENTERED + "# more\n")
    panel.open("MyLinear")
    assert panel.view.toPlainText() == LINEAR
    panel.open("Centered")
    assert panel.view.toPlainText().endswith("# more\n") and panel.revert_button.isEnabled()
    panel.revert_button.click()
    assert panel.view.toPlainText() == CENTERED and not panel.revert_button.isEnabled()


def test_a_syntax_error_is_marked_on_its_line(panel: CodeEditorPanel, qtbot: QtBot) -> None:
    panel.view.setPlainText("class Centered(nn.Module):\n    def forward(self, x)\n        return x\n")
    qtbot.waitUntil(lambda: panel.view.wrong_line() == 2)
    assert panel.state.isVisible() and "2" in panel.state.text()


def test_another_class_name_renames_the_block(panel: CodeEditorPanel, session: Session) -> None:
    panel.view.setPlainText(CENTERED.replace("Centered", "Middle"))
    panel.apply()
    assert "Middle" in session.document.definitions and "Centered" not in session.document.definitions
    node = session.document.node(Location("Net"), "center")
    assert isinstance(node, Instance) and node.definition == "Middle"
    session.undo_stack.undo()
    assert "Centered" in session.document.definitions


def test_functions_are_edited_too(panel: CodeEditorPanel, session: Session, qtbot: QtBot) -> None:
    fill = "def fill(tensor):\n    tensor.fill_(42)\n"
    session.push(ChangeDocument({"functions": {"fill": fill}}), "Add")
    panel.open("fill")
    assert panel.ports.text() == "fill(tensor)"
    panel.view.setPlainText(fill.replace("42", "7"))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    panel.apply()
    assert "fill_(7)" in source(session, "fill")


def test_untrusted_code_says_so(panel: CodeEditorPanel, session: Session) -> None:
    session.push(AddDefinition(CodeDefinition("MyLinear", LINEAR + f"# {id(session)}\n")), "Add")
    panel.open("MyLinear")
    assert "agree" in panel.state.text()
    session.trust()
    assert panel.state.isHidden()


def test_without_code_it_offers_to_make_some(session: Session, qtbot: QtBot) -> None:
    panel = CodeEditorPanel(session)
    qtbot.addWidget(panel)
    assert panel.name == "" and panel._pages.currentIndex() == 0


def test_return_indents_as_python_does(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    qtbot.keyClicks(view, "def f(x):")
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.keyClicks(view, "return x")
    assert view.toPlainText() == "def f(x):\n    return x"
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert view.toPlainText() == "    def f(x):\n        return x"
    qtbot.keyClick(view, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert view.toPlainText() == "def f(x):\n    return x"


def test_lines_are_lit_and_brought_into_view(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(300, 120)
    view.show()
    view.set_code("\n".join(f"line {n}" for n in range(200)))
    view.light_up([150, 151])
    assert view.lit() == (150, 151)
    cursor = view.cursorForPosition(view.viewport().rect().bottomLeft())
    assert cursor.blockNumber() >= 149
    assert isinstance(cursor, QTextCursor)


def test_saving_takes_what_was_typed(panel: CodeEditorPanel, session: Session) -> None:
    session.push(AddDefinition(CodeDefinition("MyLinear", LINEAR)), "Add")
    panel.view.setPlainText(CENTERED + "# one\n")
    panel.open("MyLinear")
    panel.view.setPlainText(LINEAR + "# two\n")
    panel.apply_all()
    assert source(session, "Centered").endswith("# one\n") and source(session, "MyLinear").endswith("# two\n")
    assert panel.name == "MyLinear" and not panel.revert_button.isEnabled()

"""Definitions shaped by hyper-parameters, rounds, reuse and the library, by real mouse and key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QPushButton, QWidget

from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, HyperParameter
from blockstudio.gui.session import new_document
from tests.compiler.documents import document, function, graph, instance, linear
from tests.end2end.hands import Hands

pytestmark = pytest.mark.window

BLOCK = Location("Block")


def project() -> Document:
    """Two instances of a block with a way past it, laid out."""
    nodes = [linear("main", 8, 8), linear("past", 8, 8), function("add", "operator.add")]
    made = graph("x", "y", nodes, "x>main x>past main>add past>add.other add>y")
    parameters = [HyperParameter("wide", "False"), HyperParameter("depth", "2")]
    block = Definition("Block", made, hyper_parameters=parameters)
    root = graph("x", "y", [instance("one", "Block"), instance("two", "Block")], "x>one.x one.y>two.x two.y>y")
    return document(block, Definition("Net", root))


@pytest.fixture
def hands(bare: Hands) -> Hands:
    """A window on the project, without an engine, and with an empty library."""
    bare.window.session.replace(project())
    bare.pause(600)
    bare.click(bare.on_canvas(0.5, 0.95))
    return bare


def field(hands: Hands, name: str) -> QWidget:
    found = hands.window.inspector_panel.findChild(QWidget, f"option_{name}")
    assert found is not None
    return found


def source(hands: Hands) -> str:
    session = hands.window.session
    hands.wait(lambda: session.compiled is not None)
    return session.compiled.source if session.compiled else ""


def test_a_branch_that_hyper_parameters_make_and_rounds(hands: Hands) -> None:
    session = hands.window.session
    before = dumps(session.document)
    session.enter(BLOCK, "one")
    hands.pause(500)
    hands.click(hands.node("past"))
    hands.key("ctrl+alt+i")
    hands.wait(lambda: session.selection and session.selection[0] != "past")
    hands.pause(300)
    hands.write(field(hands, "condition"), "wide or depth > 2")
    hands.wait(lambda: "self.past = nn.Linear(8, 8)" in source(hands) and "if wide or depth > 2:" in source(hands))

    hands.click(hands.node("main"))
    hands.key("ctrl+alt+r")
    hands.wait(lambda: session.selection and session.selection[0] != "main")
    hands.pause(300)
    hands.write(field(hands, "count"), "depth")
    hands.wait(lambda: "self.main = nn.Sequential(" in source(hands) and "range(depth)" in source(hands))
    assert source(hands).count("class ") == 2

    hands.click(hands.on_canvas(0.5, 0.95))
    while session.undo_stack.canUndo():
        hands.key("ctrl+z")
    assert dumps(session.document) == before


def test_shared_weights_and_where_a_block_is_used(hands: Hands) -> None:
    session = hands.window.session
    hands.click(hands.node("two"))
    hands.key("ctrl+alt+s")
    popup = hands.window.canvas.search_popup
    hands.wait(popup.isVisible)
    hands.key("Return")
    hands.wait(lambda: isinstance(session.graph.nodes["two"], Call))
    hands.click(hands.on_canvas(0.5, 0.95))
    hands.key("ctrl+z")
    hands.wait(lambda: not isinstance(session.graph.nodes["two"], Call))

    hands.click(hands.node("one"))
    hands.pause(300)
    buttons = hands.window.inspector_panel.findChildren(QPushButton)
    hands.click(next(button for button in buttons if "Where it is used" in button.text()))
    hands.wait(popup.isVisible)
    hands.key("Down", "Return")
    hands.wait(lambda: session.selection == ("two",))


def test_a_block_from_the_library_is_dragged_in(hands: Hands) -> None:
    session, palette = hands.window.session, hands.window.palette_panel
    hands.click(hands.node("one"))
    hands.key("ctrl+alt+l")
    hands.wait(lambda: [block.name for block in session.library.blocks()] == ["Block"])
    session.undo_stack.setClean()
    session.replace(new_document())
    hands.pause(500)
    before = dumps(session.document)
    item = palette.model.item(1).child(0)
    rect = palette.tree.visualRect(item.index())
    start = palette.tree.viewport().mapToGlobal(rect.topLeft() + QPoint(30, rect.height() // 2))
    hands.carry(start, hands.on_canvas(0.5, 0.3))
    hands.wait(lambda: "Block" in session.document.definitions)
    assert [node.name for node in session.graph.nodes.values()] == ["block"]
    hands.click(hands.on_canvas(0.5, 0.95))
    hands.key("ctrl+z")
    hands.wait(lambda: dumps(session.document) == before)

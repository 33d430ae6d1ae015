"""From problem to problem by F8, and to bookmarks and back."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from blockstudio.formats import project
from blockstudio.graph.definition_commands import rename_definition
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode, Connect, SetNode
from blockstudio.graph.model import Definition, Endpoint, Graph, Instance
from blockstudio.gui.going import SEVERITIES
from blockstudio.gui.i18n import message
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import new_document

from .conftest import NET, compose, linear, press

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def nest(window: MainWindow) -> None:
    compose(window.session)
    window.session.push(AddDefinition(Definition("Stage", Graph(nodes={"deep": linear("deep")}))), "Block")
    window.session.push(AddNode(NET, Instance(name="stage", definition="Stage")), "Add")


def test_problems_one_after_the_other(window: MainWindow, qtbot: QtBot) -> None:
    nest(window)
    session = window.session
    session.push(Connect(NET, Endpoint("act", "input"), None), "Unplug")
    qtbot.waitUntil(lambda: {p.path for p in session.diagnostics} >= {"Net/act", "Stage/deep"})
    order = sorted(session.diagnostics, key=lambda p: SEVERITIES.index(p.severity))
    for number, problem in enumerate([*order, order[0]]):
        press(window, Qt.Key.Key_F8)
        assert session.location.path(*session.selection) == problem.path
        assert message(problem) in window.status.currentMessage()
        assert f"{number % len(order) + 1}/{len(order)}" in window.status.currentMessage()
    press(window, Qt.Key.Key_F8, SHIFT)
    assert session.location.path(*session.selection) == order[-1].path


def test_without_problems_it_says_so(window: MainWindow, qtbot: QtBot) -> None:
    compose(window.session)
    qtbot.waitUntil(lambda: window.session.diagnostics == [])
    press(window, Qt.Key.Key_F8)
    assert window.messages.bars()


def test_back_and_forward(window: MainWindow) -> None:
    nest(window)
    session = window.session
    session.select(("stage",))
    session.enter_node("stage")
    session.select(("deep",))
    press(window, Qt.Key.Key_BracketLeft, CTRL)
    assert (session.location, session.selection) == (NET, ("stage",))
    press(window, Qt.Key.Key_BracketRight, CTRL)
    assert (session.location, session.selection) == (Location("Stage"), ("deep",))
    view = window.canvas.viewport()
    QTest.mouseClick(view, Qt.MouseButton.BackButton, Qt.KeyboardModifier.NoModifier, view.rect().center())
    assert session.location == NET
    QTest.mouseClick(view, Qt.MouseButton.ForwardButton, Qt.KeyboardModifier.NoModifier, view.rect().center())
    assert session.location == Location("Stage")
    session.leave()
    press(window, Qt.Key.Key_BracketRight, CTRL)
    assert session.location == NET  # another way was taken: there is nothing ahead


def test_the_past_ends_with_the_document(window: MainWindow) -> None:
    nest(window)
    window.session.enter_node("stage")
    window.session.replace(new_document())
    press(window, Qt.Key.Key_BracketLeft, CTRL)
    assert window.session.location == Location("Net")
    assert not window.session.graph.nodes


def test_a_bookmark_is_come_back_to(window: MainWindow) -> None:
    nest(window)
    window.canvas.animated = False
    window.session.enter(Location("Stage"))
    window.canvas.set_view(QPointF(120, 80), 0.8)
    press(window, Qt.Key.Key_B, CTRL)
    window.session.enter(NET)
    press(window, Qt.Key.Key_B, CTRL)
    window.canvas.set_view(QPointF(900, 900), 2.0)
    press(window, Qt.Key.Key_B, CTRL | SHIFT)
    QTest.keyClicks(window.search_popup.field, "stage deep")
    QTest.keyClick(window.search_popup.field, Qt.Key.Key_Return)
    assert window.session.location == Location("Stage")
    assert window.canvas.zoom == 0.8
    assert (window.canvas.view_center() - QPointF(120, 80)).manhattanLength() < 2.0


def test_a_bookmark_inside_a_block_in_place_is_come_back_to_there(window: MainWindow) -> None:
    nest(window)
    session = window.session
    session.push(SetNode(NET, evolve(session.document.node(NET, "stage"), expanded=True)), "")
    session.show_node(Location("Stage"), "deep")
    assert window.canvas.in_place
    press(window, Qt.Key.Key_B, CTRL)
    session.enter(NET)
    window.canvas.fit_all()
    assert not window.canvas.in_place
    press(window, Qt.Key.Key_B, CTRL | SHIFT)
    QTest.keyClick(window.search_popup.field, Qt.Key.Key_Return)
    assert [place.node for place in session.trail] == ["", "stage"]
    assert window.canvas.in_place
    assert window.canvas.visible_rect().contains(window.canvas.canvas_scene.nodes["deep"].body)


def test_bookmarks_go_with_the_project_into_its_files(window: MainWindow, tmp_path: Path) -> None:
    nest(window)
    session, files = window.session, window.files
    window.going.add_bookmark()  # in a project without a file
    assert session.modified
    project.save(session.document, tmp_path / "net.blocks")
    session.saved_as(tmp_path / "net.blocks")
    session.replace(new_document())
    assert window.going.bookmarks() == []
    press(window, Qt.Key.Key_B, CTRL | SHIFT)
    assert not window.search_popup.isVisible() and window.messages.bars()
    files.open_path(tmp_path / "net.blocks")
    assert [location for location, _ in window.going.bookmarks()] == [NET]
    window.going.forget_bookmarks()
    assert window.going.bookmarks() == []
    session.undo_stack.undo()
    assert len(window.going.bookmarks()) == 1


def test_a_bookmark_follows_its_block(window: MainWindow) -> None:
    nest(window)
    session = window.session
    session.enter(Location("Stage"))
    window.going.add_bookmark()
    session.push(rename_definition(session.document, "Stage", "阶段"), "Rename")
    session.enter(NET)
    window.going.show_bookmarks()
    QTest.keyClick(window.search_popup.field, Qt.Key.Key_Return)
    assert session.location == Location("阶段")
    session.enter(NET)
    for _ in range(4):  # the name, the bookmark, the instance and the block
        session.undo_stack.undo()
    assert "阶段" not in session.document.definitions and window.going.bookmarks() == []

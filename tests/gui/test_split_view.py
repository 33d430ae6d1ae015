"""Two canvases on one document: each with its place, one of them worked in."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.formats.project import dumps
from blockstudio.graph.definition_commands import rename_definition
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode, MoveNodes, RemoveNode
from blockstudio.graph.model import Definition, Graph, Instance
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.settings import LESS_MOTION, MINIMAP, SNAP_TO_GRID

from ..gui.canvas.agreement import check_agreement
from .conftest import NET, compose, linear, press

CTRL = Qt.KeyboardModifier.ControlModifier
STAGE = Location("Stage")


@pytest.fixture
def split(window: MainWindow) -> MainWindow:
    """The net on the left with a stage in it, the inside of the stage on the right."""
    session = window.session
    compose(session)
    session.push(AddDefinition(Definition("Stage", Graph(nodes={"deep": linear("deep")}))), "Block")
    session.push(AddNode(NET, Instance(name="stage", definition="Stage", position=(300.0, 200.0))), "Add")
    places = {"hidden": (0.0, 0.0), "act": (250.0, 0.0), "out": (400.0, 0.0)}
    session.push(MoveNodes(NET, places), "Move")
    session.select(("stage",))
    press(window, Qt.Key.Key_Backslash, CTRL)
    return window


def second(window: MainWindow) -> Canvas:
    assert window.split.second is not None
    return window.split.second.canvas


def click(canvas: Canvas, name: str) -> None:
    item = canvas.canvas_scene.nodes[name]
    place = canvas.mapFromScene(item.x() + 50.0, item.y() + 12.0)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def test_the_inside_of_what_is_selected_beside_it(split: MainWindow) -> None:
    first = split.canvas
    assert first.canvas_scene.location == NET
    assert second(split).canvas_scene.location == STAGE
    assert set(second(split).canvas_scene.nodes) == {"deep"}
    assert split.session.location == NET
    assert split.split.second is not None and "Stage" in split.split.second.path.text()


def test_a_use_of_the_block_beside_it(split: MainWindow) -> None:
    press(split, Qt.Key.Key_Backslash, CTRL)
    assert split.split.second is None
    split.session.enter(STAGE)
    press(split, Qt.Key.Key_Backslash, CTRL)
    assert second(split).canvas_scene.location == NET
    assert {key.name for key in second(split).canvas_scene.selection} == {"stage"}


def test_a_click_moves_the_work_there_and_back(split: MainWindow) -> None:
    first = split.canvas
    click(second(split), "deep")
    assert split.canvas is second(split)
    assert (split.session.location, split.session.selection) == (STAGE, ("deep",))
    assert first.canvas_scene.location == NET
    click(first, "act")
    assert split.canvas is first
    assert (split.session.location, split.session.selection) == (NET, ("act",))
    assert second(split).canvas_scene.location == STAGE


def test_what_is_changed_in_one_is_seen_in_the_other(split: MainWindow) -> None:
    start = dumps(split.session.document)
    first, other = split.canvas, second(split)
    click(other, "deep")
    QTest.keyClick(other, Qt.Key.Key_Delete)
    assert "deep" not in other.canvas_scene.nodes
    split.session.push(rename_definition(split.session.document, "Stage", "Phase"), "Rename")
    assert other.canvas_scene.location == Location("Phase")
    assert first.canvas_scene.nodes["stage"].face.title == "Phase"
    for canvas in (first, other):
        canvas_agrees(canvas)
    split.session.undo_stack.undo()
    split.session.undo_stack.undo()
    assert dumps(split.session.document) == start
    for canvas in (first, other):
        canvas_agrees(canvas)


def canvas_agrees(canvas: Canvas) -> None:
    awake = canvas.awake
    if awake:
        check_agreement(canvas.canvas_scene, canvas.session)
    else:
        graph = canvas.session.document.graph(canvas.canvas_scene.location)
        assert canvas.canvas_scene.graph is graph
        assert set(canvas.canvas_scene.nodes) == set(graph.nodes)
        assert set(canvas.canvas_scene.edges) == set(graph.edges)


def test_a_place_that_goes_away_is_left(split: MainWindow) -> None:
    other = second(split)
    click(split.canvas, "act")
    split.session.push(RemoveNode(NET, "stage"), "Remove")
    assert other.canvas_scene.location == STAGE  # the definition is still there
    for _ in range(4):
        split.session.undo_stack.undo()
    assert "Stage" not in split.session.document.definitions
    assert other.canvas_scene.location == NET


def test_a_block_is_still_shown_when_the_node_it_was_entered_by_goes_away(split: MainWindow) -> None:
    click(second(split), "deep")
    assert [place.node for place in split.session.trail] == ["", "stage"]
    first = split.split.first.canvas
    click(first, "stage")
    QTest.keyClick(first, Qt.Key.Key_Delete)
    click(second(split), "deep")
    assert split.session.location == STAGE
    assert [place.node for place in split.session.trail] == ["", ""]
    split.session.leave()
    assert split.session.location == NET


def test_another_document_is_shown_by_both(split: MainWindow) -> None:
    from blockstudio.gui.session import new_document

    split.session.replace(new_document())
    for canvas in split.split.canvases():
        assert canvas.canvas_scene.document is split.session.document


def test_keys_of_the_canvas_work_in_both(split: MainWindow) -> None:
    other = second(split)
    click(other, "deep")
    press(split, Qt.Key.Key_A, CTRL)
    assert set(split.session.selection) == {"deep"}
    press(split, Qt.Key.Key_D, CTRL)
    assert len(split.session.document.graph(STAGE).nodes) == 2


def test_closing_the_first_keeps_what_the_second_shows(split: MainWindow) -> None:
    click(second(split), "deep")
    split.split.first.close_button.click()
    assert split.split.second is None
    assert split.canvas is split.split.first.canvas
    assert split.session.location == STAGE
    assert split.canvas.canvas_scene.location == STAGE


def test_the_keyboard_goes_round_both(split: MainWindow) -> None:
    first, other = split.split.canvases()
    first.setFocus()
    press(split, Qt.Key.Key_F6)
    assert split.canvas is other


def test_a_canvas_that_was_closed_hears_nothing_any_more(split: MainWindow, qapp: QApplication) -> None:
    closed = weakref.ref(second(split))
    press(split, Qt.Key.Key_Backslash, CTRL)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    session = split.session
    for setting in (MINIMAP, SNAP_TO_GRID, LESS_MOTION):
        session.settings.set(setting, not session.settings.get(setting))
    session.push(AddNode(NET, linear("later")), "Add")
    session.select(("later",))
    gc.collect()
    assert closed() is None


def test_the_pane_with_the_keyboard_is_marked(window: MainWindow) -> None:
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    middle, palette = window.split.first, window.panes["palette"].holder
    window.canvas.setFocus()
    assert middle.property("focused") and not palette.property("focused")
    window.next_pane()
    assert palette.property("focused") and not middle.property("focused")
    window.split.toggle()
    window.canvas.setFocus()
    marked = [bool(pane.property("focused")) for pane in window.split.panes()]
    assert marked == [pane.canvas is window.canvas for pane in window.split.panes()]


def test_the_second_view_shows_all_of_its_graph(window: MainWindow, qtbot: QtBot) -> None:
    compose(window.session)
    window.session.push(MoveNodes(NET, {"hidden": (-3000.0, 0.0), "out": (3000.0, 900.0)}), "Move")
    window.canvas.set_view(QPointF(0.0, 0.0), 2.0)
    window.session.select(())
    window.actions_by_id["split"].trigger()
    canvas = second(window)
    qtbot.waitUntil(lambda: canvas.visible_rect().contains(canvas.canvas_scene.extent()))
    assert window.canvas.zoom == 2.0

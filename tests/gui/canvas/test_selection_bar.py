"""The bar of buttons above what is selected: when it comes, when it goes, what it offers and does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSizeF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from blockstudio.graph.edits import SetNote
from blockstudio.graph.model import Note
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.note_item import TITLE
from blockstudio.gui.canvas.selection_bar import REST, SPACE, SelectionBar
from blockstudio.gui.settings import LESS_MOTION, SELECTION_BAR

from .conftest import ROOT, Desk

LONG = 3 * REST
EMPTY = QPoint(30, 400)


@pytest.fixture
def bar(net: Desk) -> SelectionBar:
    return net.canvas.selection_bar


def rest_on(net: Desk, name: str) -> None:
    """Select a node with the mouse, which stays there."""
    net.click(net.node(name))
    net.hover(net.node(name, 54.0))


def come(net: Desk, qtbot: QtBot, name: str = "linear") -> SelectionBar:
    rest_on(net, name)
    bar = net.canvas.selection_bar
    qtbot.waitUntil(bar.isVisible)
    return bar


def place_of(net: Desk, name: str) -> QRect:
    return net.canvas.mapFromScene(net.scene.nodes[name].body).boundingRect()


def test_it_comes_when_the_mouse_rests_and_hides_nothing(net: Desk, bar: SelectionBar, qtbot: QtBot) -> None:
    rest_on(net, "linear")
    assert bar.isHidden()
    qtbot.waitUntil(bar.isVisible)
    assert net.canvas.viewport().rect().contains(bar.geometry())
    assert not any(bar.geometry().intersects(place_of(net, name)) for name in net.scene.nodes)
    assert net.canvas.hasFocus()  # the keyboard stays where it was


def test_it_is_below_what_stands_at_the_top(net: Desk, qtbot: QtBot) -> None:
    view, node = net.canvas.visible_rect(), net.scene.nodes["linear"]
    net.canvas.scroll_by(0, node.y() - view.top() - 10)
    bar = come(net, qtbot)
    assert bar.y() > place_of(net, "linear").bottom()


@pytest.mark.parametrize("text", ["A note", "A frame"])
def test_it_hides_no_note_and_no_title_of_a_frame(net: Desk, bar: SelectionBar, qtbot: QtBot, text: str) -> None:
    first = come(net, qtbot).geometry()
    bar.hide()
    top = net.canvas.mapToScene(first.topLeft())
    is_frame = text == "A frame"
    note = Note(text, (top.x() - 60.0, top.y() + 4.0), (900.0, 200.0 if is_frame else 20.0), frame=is_frame)
    net.session.push(SetNote(ROOT, "n", note), "")
    come(net, qtbot)
    body = net.scene.notes["n"].body
    hidden = QRectF(body.topLeft(), QSizeF(body.width(), TITLE)) if is_frame else body
    assert not bar.geometry().intersects(net.canvas.mapFromScene(hidden).boundingRect())
    assert not any(bar.geometry().intersects(place_of(net, name)) for name in net.scene.nodes)


def test_it_does_not_come_where_everything_is_taken(net: Desk, bar: SelectionBar, qtbot: QtBot) -> None:
    x, y, width, height = net.canvas.visible_rect().getRect()  # type: ignore[misc]
    net.session.push(SetNote(ROOT, "n", Note("All over", (x, y), (width, height))), "")
    rest_on(net, "linear")
    qtbot.wait(LONG)
    assert bar.isHidden()


def test_what_deletes_is_at_the_far_end_by_itself(net: Desk, qtbot: QtBot) -> None:
    bar = come(net, qtbot)
    buttons = sorted((b for b in bar.findChildren(QToolButton) if b.isVisible()), key=lambda b: b.x())
    assert buttons[-1] is bar._buttons["delete"]
    assert buttons[-1].x() - buttons[-2].geometry().right() > SPACE


@pytest.mark.parametrize("how", ["press", "key", "zoom", "change", "nothing selected", "switched off"])
def test_it_goes_with_whatever_is_done(net: Desk, qtbot: QtBot, how: str) -> None:
    bar = come(net, qtbot)
    if how == "press":
        net.press(net.node("relu"))
    elif how == "key":
        net.key_unchecked(Qt.Key.Key_Right)
    elif how == "zoom":
        net.canvas.zoom_in()
    elif how == "change":
        net.canvas.bypass()
    elif how == "nothing selected":
        net.canvas.select_keys([])
    else:
        net.session.settings.set(SELECTION_BAR, False)
    assert bar.isHidden()
    if how == "press":
        net.release(net.node("relu"))


def test_it_is_not_there_while_something_is_dragged(net: Desk, bar: SelectionBar, qtbot: QtBot) -> None:
    net.drag(net.node("linear"), net.node("linear", 90.0, 60.0), let_go=False)
    qtbot.wait(LONG)
    assert bar.isHidden()
    net.release(net.node("linear", 90.0, 60.0))


def test_it_is_not_there_for_the_keyboard(net: Desk, bar: SelectionBar, qtbot: QtBot) -> None:
    net.hover(net.node("linear"))
    net.canvas.select_keys([])
    net.key(Qt.Key.Key_Right)
    assert net.selected()
    qtbot.wait(LONG)
    assert bar.isHidden()


@pytest.mark.parametrize("why", ["far away", "switched off", "about to cut", "an input only"])
def test_it_does_not_come(net: Desk, bar: SelectionBar, qtbot: QtBot, why: str) -> None:
    place = net.node("linear")
    if why == "far away":
        net.canvas.set_view(net.scene.extent().center(), 0.05)
        net.select("linear")
    elif why == "switched off":
        net.session.settings.set(SELECTION_BAR, False)
        net.select("linear")
    elif why == "about to cut":
        net.select("linear")
        net.canvas.take_knife()
    else:
        net.click(net.pill("input", "x"))
    net.hover(place)
    net.hover(place + QPoint(3, 3))
    qtbot.wait(LONG)
    assert bar.isHidden()


def test_it_offers_what_fits(net: Desk, qtbot: QtBot) -> None:
    assert come(net, qtbot).shown() == ["color", "bypass", "replace", "group", "delete"]
    net.canvas.selection_bar.hide()
    net.select("linear", "relu")
    net.canvas.group()
    net.hover(EMPTY)
    net.hover(EMPTY + QPoint(3, 3))
    bar = net.canvas.selection_bar
    qtbot.waitUntil(bar.isVisible)
    assert bar.shown() == ["enter", "expand", "color", "bypass", "replace", "group", "ungroup", "delete"]


def test_a_button_does_what_its_action_does(net: Desk, qtbot: QtBot) -> None:
    bar = come(net, qtbot)
    button = next(b for name, b in bar._buttons.items() if name == "delete")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "linear" not in net.graph.nodes
    assert bar.isHidden()
    net.check()


def test_the_last_button_shows_everything_there_is(net: Desk, qtbot: QtBot) -> None:
    bar = come(net, qtbot)
    bar._more()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert len(menu.actions()) > len(bar.shown())
    menu.close()


def test_a_note_can_be_coloured_and_deleted(net: Desk, qtbot: QtBot) -> None:
    net.session.push(SetNote(ROOT, "n", Note("hello", (120.0, 300.0))), "note")
    net.canvas.select_keys([Key("note", "n")])
    net.hover(EMPTY)
    net.hover(EMPTY + QPoint(3, 3))
    bar = net.canvas.selection_bar
    qtbot.waitUntil(bar.isVisible)
    assert bar.shown() == ["color", "delete"]


@pytest.mark.parametrize("less", [False, True])
def test_it_fades_in_unless_motion_is_reduced(net: Desk, bar: SelectionBar, qtbot: QtBot, less: bool) -> None:
    net.canvas.animated = True
    net.session.settings.set(LESS_MOTION, less)
    rest_on(net, "linear")
    qtbot.waitUntil(bar.isVisible)
    assert (bar.graphicsEffect() is None) is less
    qtbot.waitUntil(lambda: bar.graphicsEffect() is None)


def test_a_mouse_that_leaves_does_not_bring_it(net: Desk, bar: SelectionBar, qtbot: QtBot) -> None:
    rest_on(net, "linear")
    QApplication.sendEvent(net.canvas.viewport(), QEvent(QEvent.Type.Leave))
    qtbot.wait(LONG)
    assert bar.isHidden()

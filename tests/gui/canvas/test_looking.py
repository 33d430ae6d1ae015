"""Looking round: the map in the corner, going in and out, a peek inside, the touchpad, and less motion."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QInputDevice, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from blockstudio.gui.canvas.minimap import PAUSE, Minimap
from blockstudio.gui.canvas.selection_bar import REST
from blockstudio.gui.settings import LESS_MOTION, MINIMAP

from .conftest import Desk


@pytest.fixture
def block(net: Desk) -> Desk:
    """linear and relu in a block of their own."""
    net.select("linear", "relu")
    net.canvas.group()
    net.canvas.fit_all()
    return net


# --- the map ------------------------------------------------------------------------------------


def shown(desk: Desk, qtbot: QtBot) -> Minimap:
    """The map, with only a corner of the graph in view."""
    desk.canvas.set_view(QPointF(120, 100), 2.0)
    qtbot.waitUntil(lambda: desk.canvas.minimap.isVisible())
    return desk.canvas.minimap


def test_the_map_is_there_when_part_is_out_of_view(net: Desk, qtbot: QtBot) -> None:
    minimap = shown(net, qtbot)
    assert net.canvas.rect().contains(minimap.geometry())
    net.canvas.fit_all()
    qtbot.waitUntil(lambda: not minimap.isVisible())


def test_the_map_can_be_switched_off(net: Desk, qtbot: QtBot) -> None:
    minimap = shown(net, qtbot)
    net.session.settings.set(MINIMAP, False)
    assert not minimap.isVisible()
    net.session.settings.set(MINIMAP, True)
    assert minimap.isVisible()


def test_the_map_stands_where_it_hides_no_node(net: Desk, qtbot: QtBot) -> None:
    minimap = shown(net, qtbot)
    node = net.scene.nodes["linear_2"]

    def hides() -> bool:
        return node.body.intersects(net.canvas.mapToScene(minimap.geometry()).boundingRect())

    corner = net.canvas.mapToScene(minimap.geometry().center())
    net.canvas.set_view(net.canvas.view_center() + node.body.center() - corner, 2.0)
    QApplication.processEvents()  # Qt scrolls it along, and it comes back
    assert hides()
    qtbot.waitUntil(lambda: not hides())
    place = minimap.pos()
    net.canvas.scroll_by(0, 40)
    qtbot.wait(2 * PAUSE)
    assert minimap.pos() == place  # not back before something is in the way again


def test_the_map_stands_clear_of_what_says_where_one_is(block: Desk, qtbot: QtBot) -> None:
    block.canvas.expanding.toggle()
    block.resize(500, 700)
    block.canvas.enter_selected()
    block.canvas.set_view(block.scene.nodes["relu"].body.center(), 2.0)
    minimap, hint = block.canvas.minimap, block.canvas.place_hint
    qtbot.waitUntil(lambda: minimap.isVisible())
    assert block.canvas.in_place and hint.isVisible()
    assert not minimap.geometry().intersects(hint.geometry())


def test_a_drag_in_the_map_moves_the_view(net: Desk, qtbot: QtBot) -> None:
    minimap = shown(net, qtbot)
    place = minimap.to_map(net.scene.nodes["linear_2"].body).center().toPoint()
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert net.canvas.visible_rect().intersects(net.scene.nodes["linear_2"].body)
    assert net.canvas.zoom == 2.0
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert net.steps() == 0


def test_the_map_paints_nodes_and_what_is_in_view(net: Desk, qtbot: QtBot) -> None:
    minimap = shown(net, qtbot)
    picture = minimap.grab().toImage()
    node = minimap.to_map(net.scene.nodes["linear_2"].body).center().toPoint()
    ground = minimap.rect().bottomLeft() + QPoint(6, -6)
    assert picture.pixelColor(node) != picture.pixelColor(ground)


# --- in and out -----------------------------------------------------------------------------------


def test_going_in_and_out_is_shown_and_over_soon(block: Desk, qtbot: QtBot) -> None:
    canvas = block.canvas
    canvas.animated = True
    block.key_unchecked(Qt.Key.Key_PageDown)
    assert canvas.transition.isVisible()
    qtbot.waitUntil(lambda: not canvas.transition.isVisible())
    block.check()
    block.key_unchecked(Qt.Key.Key_PageUp)
    assert canvas.transition.isVisible()
    block.key_unchecked(Qt.Key.Key_PageDown)
    block.key_unchecked(Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: not canvas.transition.isVisible())
    assert len(block.session.trail) == 1


def test_less_motion_shows_everything_at_once(block: Desk) -> None:
    block.canvas.animated = True
    assert block.canvas.moves
    block.session.settings.set(LESS_MOTION, True)
    assert not block.canvas.moves
    block.key_unchecked(Qt.Key.Key_PageDown)
    assert not block.canvas.transition.isVisible()
    block.canvas.fit()
    assert block.canvas._animation is None


def test_each_block_is_seen_again_as_it_was_left(block: Desk) -> None:
    canvas = block.canvas
    canvas.set_view(QPointF(300, 120), 1.5)
    block.key(Qt.Key.Key_PageDown)
    canvas.set_view(QPointF(50, 40), 0.7)
    block.key(Qt.Key.Key_PageUp)
    assert canvas.zoom == 1.5
    assert (canvas.view_center() - QPointF(300, 120)).manhattanLength() < 2.0
    block.key(Qt.Key.Key_PageDown)
    assert canvas.zoom == 0.7


# --- a peek ---------------------------------------------------------------------------------------


def tip(desk: Desk, place: QPoint) -> str:
    view = desk.canvas.viewport()
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    text = QToolTip.text()
    QToolTip.hideText()
    return text


def test_a_block_shows_its_inside_when_hovered(block: Desk) -> None:
    text = tip(block, block.node("block"))
    found = re.search(r'src="data:image/png;base64,([^"]+)"', text)
    assert found
    image = QImage.fromData(b64decode(found[1]))
    assert image.width() > 100
    colors = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colors) > 3


def test_a_layer_has_no_inside_to_show(block: Desk) -> None:
    assert "data:image" not in tip(block, block.node("linear_2"))


@pytest.mark.parametrize("how", ["escape", "zoom"])
def test_a_peek_goes_with_what_is_done_next(block: Desk, qtbot: QtBot, how: str) -> None:
    block.select("block")
    block.canvas.focus.peek()
    assert QToolTip.isVisible()
    if how == "escape":
        block.key(Qt.Key.Key_Escape)
    else:
        block.canvas.zoom_out()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_bar_at_the_selection_does_not_come_behind_a_peek(block: Desk, qtbot: QtBot) -> None:
    block.click(block.node("block"))
    block.canvas.focus.peek()
    block.hover(block.node("block", 54.0))
    qtbot.wait(2 * REST)
    assert block.canvas.selection_bar.isHidden()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


# --- the touchpad -----------------------------------------------------------------------------------


def pinch(desk: Desk, value: float, place: QPointF) -> None:
    pad = QPointingDevice.primaryPointingDevice()
    view = desk.canvas.viewport()
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, pad, 2, place, place, QPointF(view.mapToGlobal(place.toPoint())), value,
        QPointF(),
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_a_pinch_zooms_where_the_fingers_are(net: Desk) -> None:
    place = QPointF(net.node("relu"))
    before = net.canvas.mapToScene(place.toPoint())
    pinch(net, 0.25, place)
    assert net.canvas.zoom == 1.25
    assert (net.canvas.mapToScene(place.toPoint()) - before).manhattanLength() < 2.0
    pinch(net, -0.2, place)
    assert net.canvas.zoom == pytest.approx(1.0)


def test_two_fingers_pan(net: Desk) -> None:
    before, zoom = net.canvas.view_center(), net.canvas.zoom
    place = QPointF(net.node("relu"))
    pad = QPointingDevice(
        "pad", 7, QInputDevice.DeviceType.TouchPad, QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.PixelScroll, 2, 0,
    )  # fmt: skip
    event = QWheelEvent(
        place, place, QPoint(-30, 12), QPoint(-60, 24), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.ScrollUpdate, False, Qt.MouseEventSource.MouseEventNotSynthesized, pad,
    )  # fmt: skip
    QApplication.sendEvent(net.canvas.viewport(), event)
    moved = net.canvas.view_center() - before
    assert (round(moved.x()), round(moved.y())) == (30, -12)
    assert net.canvas.zoom == zoom


def test_space_and_drag_pans(net: Desk) -> None:
    before = net.canvas.view_center()
    QTest.keyPress(net.canvas, Qt.Key.Key_Space)
    net.drag(net.node("relu"), net.node("relu") + QPoint(40, 25))
    QTest.keyRelease(net.canvas, Qt.Key.Key_Space)
    moved = net.canvas.view_center() - before
    assert (round(moved.x()), round(moved.y())) == (-40, -25)
    assert net.steps() == 0

"""Zoom and pan by wheel, fingers, keys and the middle button."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from .conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_zoom_keeps_what_is_under_the_pointer(net: Desk) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    place = net.node("relu")
    before = net.canvas.mapToScene(place)
    event = QWheelEvent(
        QPointF(place),
        QPointF(net.canvas.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(net.canvas.viewport(), event)
    assert net.canvas.zoom > 1.1
    after = net.canvas.mapToScene(place)
    assert (after - before).manhattanLength() < 3


def test_fingers_on_a_pad_pan(net: Desk) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    place = net.node("relu")
    before = net.canvas.mapToScene(place)
    event = QWheelEvent(
        QPointF(place),
        QPointF(net.canvas.viewport().mapToGlobal(place)),
        QPoint(-30, -20),
        QPoint(-60, -40),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.ScrollUpdate,
        False,
    )
    QApplication.sendEvent(net.canvas.viewport(), event)
    moved = net.canvas.mapToScene(place) - before
    assert (moved.x(), moved.y()) == (30, 20)
    assert net.canvas.zoom == 1.0


def test_middle_button_and_space_pan(net: Desk) -> None:
    place = net.at(300, 400)
    before = net.canvas.mapToScene(place)
    net.drag(place, place + QPoint(50, 30), Qt.MouseButton.MiddleButton)
    assert net.canvas.mapToScene(place + QPoint(50, 30)) == before
    from PySide6.QtTest import QTest

    QTest.keyPress(net.canvas, Qt.Key.Key_Space)
    net.drag(place, place + QPoint(40, 0))
    QTest.keyRelease(net.canvas, Qt.Key.Key_Space)
    assert net.canvas.mapToScene(place + QPoint(90, 30)) == before
    assert net.steps() == 0
    assert net.session.selection == ()


def test_fit_and_zoom_commands(net: Desk) -> None:
    net.canvas.set_view(net.canvas.mapToScene(net.at(5000, 5000)), 2.0)
    net.key(Qt.Key.Key_F)
    assert net.canvas.visible_rect().contains(net.scene.extent())
    net.select("relu")
    net.key(Qt.Key.Key_F, SHIFT)
    assert net.canvas.visible_rect().contains(net.scene.nodes["relu"].body)
    before = net.canvas.zoom
    net.canvas.zoom_in()
    assert net.canvas.zoom > before
    net.canvas.zoom_reset()
    assert net.canvas.zoom == 1.0

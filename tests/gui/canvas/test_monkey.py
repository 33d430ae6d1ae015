"""Clicks, drags, keys and typing at random: no exception, and the scene agrees with the document all the while."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from .conftest import Desk

KEYS = (
    Qt.Key.Key_Delete,
    Qt.Key.Key_Escape,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_F,
    Qt.Key.Key_L,
    Qt.Key.Key_F2,
    Qt.Key.Key_Return,
    Qt.Key.Key_M,
    Qt.Key.Key_E,
    Qt.Key.Key_B,
    Qt.Key.Key_K,
    Qt.Key.Key_W,
)
CONTROLS = (
    Qt.Key.Key_Z,
    Qt.Key.Key_Y,
    Qt.Key.Key_C,
    Qt.Key.Key_V,
    Qt.Key.Key_X,
    Qt.Key.Key_D,
    Qt.Key.Key_G,
    Qt.Key.Key_A,
    Qt.Key.Key_U,
    Qt.Key.Key_J,
    Qt.Key.Key_R,
    Qt.Key.Key_Delete,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_PageUp,
)
SHIFTED = (
    Qt.Key.Key_G,
    Qt.Key.Key_U,
    Qt.Key.Key_D,
    Qt.Key.Key_L,
    Qt.Key.Key_C,
    Qt.Key.Key_R,
    Qt.Key.Key_H,
    Qt.Key.Key_V,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
)
"""With Shift, and some with Control besides: selecting, aligning."""
PAYLOADS = (
    "torch.nn.Linear",
    "torch.nn.functional.relu",
    "torch.cat",
    "operator.add",
    "node:sequential",
    "node:while",
    "node:if",
    "node:repeat",
    "node:note",
    "node:input",
    "node:output",
    "node:constant",
    "node:definition",
    "definition:Net",
)


class Monkey:
    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = random.Random(seed)

    def place(self) -> QPoint:
        """Somewhere in the view, rather on something than on nothing."""
        scene, canvas = self.desk.scene, self.desk.canvas
        wires = [edge for edge in scene.edges.values() if edge.drawn]
        if wires and self.random.random() < 0.2:
            return canvas.mapFromScene(self.random.choice(wires).middle())
        things = scene.things()
        if things and self.random.random() < 0.8:
            thing = self.random.choice(things)
            if self.random.random() < 0.5 and hasattr(thing, "ports") and thing.ports():
                return canvas.mapFromScene(self.random.choice(thing.ports())[1])
            body = thing.body
            x, y = self.random.random(), self.random.random()
            return canvas.mapFromScene(QPointF(body.x() + x * body.width(), body.y() + y * body.height()))
        view = canvas.viewport().rect()
        return QPoint(self.random.randrange(view.width()), self.random.randrange(view.height()))

    def target(self) -> QWidget:
        focus = QGuiApplication.focusObject()
        return focus if isinstance(focus, QWidget) else self.desk.canvas

    def step(self) -> None:
        desk, view = self.desk, self.desk.canvas.viewport()
        none = Qt.KeyboardModifier.NoModifier
        match self.random.randrange(12):
            case 0:
                QTest.mouseClick(view, Qt.MouseButton.LeftButton, none, self.place())
            case 1:
                QTest.mouseDClick(view, Qt.MouseButton.LeftButton, none, self.place())
            case 2 | 3 | 4:
                self.drag()
            case 5:
                QTest.keyClick(self.target(), self.random.choice(KEYS))
            case 6:
                with_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
                modifiers = self.random.choice((Qt.KeyboardModifier.ControlModifier, with_shift))
                QTest.keyClick(self.target(), self.random.choice(CONTROLS), modifiers)
            case 7:
                QTest.keyClicks(self.target(), self.random.choice(("linear", "x1", "relu", "note", "conv")))
            case 8:
                desk.canvas.drop_entry(self.random.choice(PAYLOADS), desk.canvas.mapToScene(self.place()))
            case 9:
                modifiers = Qt.KeyboardModifier.ShiftModifier
                if self.random.random() < 0.4:
                    modifiers |= Qt.KeyboardModifier.ControlModifier
                QTest.keyClick(self.target(), self.random.choice(SHIFTED), modifiers)
            case 10:
                if self.random.random() < 0.3:
                    desk.canvas.turn()
                QTest.keyClick(desk.canvas, Qt.Key.Key_L)
            case 11:
                desk.canvas.zoom_at(QPointF(self.place()), self.random.choice((0.5, 0.8, 1.25, 2.0)))

    def drag(self) -> None:
        view = self.desk.canvas.viewport()
        start, end = self.place(), self.place()
        modifiers = self.random.choice((Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier))
        button, held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        if self.random.random() < 0.15:
            button, modifiers = Qt.MouseButton.RightButton, Qt.KeyboardModifier.ControlModifier
        elif self.random.random() < 0.1:
            modifiers = Qt.KeyboardModifier.AltModifier
        elif self.random.random() < 0.2:
            held = Qt.KeyboardModifier.ControlModifier
        QTest.mousePress(view, button, modifiers, start)
        for share in (0.2, 0.6, 1.0):
            self.desk.move_with(start + (end - start) * share, held)
        if self.random.random() < 0.1:
            QTest.keyClick(self.desk.canvas, Qt.Key.Key_Escape)
        if self.random.random() < 0.05:
            self.desk.session.undo_stack.undo()
        QTest.mouseRelease(view, button, modifiers, end)


@pytest.mark.parametrize("seed", range(4))
def test_monkey(net: Desk, seed: int) -> None:
    start = net.bytes()
    monkey = Monkey(net, seed)
    for _ in range(150):
        monkey.step()
        menu = QApplication.activePopupWidget()
        if menu is not None:
            menu.close()
        net.check()
        if len(net.graph.nodes) > 60:
            net.session.undo_stack.setIndex(0)
    net.canvas.search_popup.close_popup()
    net.canvas.name_editor.accept()
    net.canvas.note_editor.accept()
    QApplication.processEvents()
    net.check()
    assert net.undo_all() == start

"""Selecting with a line drawn round things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from blockstudio.gui.canvas.interactions.band import Marking
from blockstudio.gui.canvas.interactions.base import Modifiers

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

LEAST_STEP = 3.0
"""Pixels between two points of the line."""


class Lasso(Marking):
    """Everything whose middle is inside the line is selected."""

    line = Qt.PenStyle.DashLine
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, start: QPointF, modifiers: Modifiers) -> None:
        super().__init__(canvas, modifiers)
        self._line = QPolygonF([start])

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if (point - self._line.last()).manhattanLength() * self.scene.surface.scale < LEAST_STEP:
            return
        self._line.append(point)
        path = QPainterPath()
        path.addPolygon(self._line)
        path.closeSubpath()
        box = path.boundingRect()
        near = self.scene.things_near((box.left(), box.top(), box.right(), box.bottom()))
        found = {key for key in near if (item := self.scene.thing(key)) and path.contains(item.body.center())}
        self.mark(found, path)

"""Selecting with a line drawn round things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, dotted
from blockstudio.gui.canvas.look import tint

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

LEAST_STEP = 3.0
"""Pixels between two points of the line."""


class Lasso(Interaction):
    """Everything whose middle is inside the line is selected; with Shift or Ctrl, besides what was."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, start: QPointF, modifiers: Modifiers) -> None:
        super().__init__(canvas)
        self._line = QPolygonF([start])
        self._before = set(self.scene.selection)
        self._adds = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

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
        self.scene.select(found | self._before if self._adds else found)
        margin = 3.0 / self.scene.surface.scale
        self.scene.overlay.show_painting(
            box.adjusted(-margin, -margin, margin, margin), lambda painter: self._paint(painter, path)
        )

    def _paint(self, painter: QPainter, path: QPainterPath) -> None:
        surface = self.scene.surface
        pen = dotted(surface, 1.0)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(tint(surface.colors.accent, 0.10))
        painter.drawPath(path)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self.scene.overlay.wipe()
        self.canvas.selection_made()

    def cancel(self) -> None:
        self.scene.overlay.wipe()
        self.scene.select(self._before)

"""Selecting with a rectangle, and what that has in common with a line drawn round things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, accent_pen
from blockstudio.gui.canvas.painting.look import tint

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Marking(Interaction):
    """What is marked out is selected; with Shift or Ctrl, besides what was."""

    line = Qt.PenStyle.SolidLine

    def __init__(self, canvas: Canvas, modifiers: Modifiers) -> None:
        super().__init__(canvas)
        self._before = set(self.scene.selection)
        self._adds = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

    def mark(self, found: set[Key], shape: QPainterPath) -> None:
        """Select what was found inside a shape, and show that."""
        self.scene.select(found | self._before if self._adds else found)
        margin = 3.0 / self.scene.surface.scale
        area = shape.boundingRect().adjusted(-margin, -margin, margin, margin)
        self.scene.overlay.show_painting(area, lambda painter: self._paint(painter, shape))

    def _paint(self, painter: QPainter, shape: QPainterPath) -> None:
        surface = self.scene.surface
        pen = accent_pen(surface, 1.0)
        pen.setStyle(self.line)
        painter.setPen(pen)
        painter.setBrush(tint(surface.colors.accent, 0.10))
        painter.drawPath(shape)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self.scene.overlay.wipe()
        self.canvas.selection_made()

    def cancel(self) -> None:
        self.scene.overlay.wipe()
        self.scene.select(self._before)


class RubberBand(Marking):
    """Everything the rectangle touches is selected."""

    def __init__(self, canvas: Canvas, start: QPointF, modifiers: Modifiers) -> None:
        super().__init__(canvas, modifiers)
        self._start = start

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        rect = QRectF(self._start, point).normalized()
        shape = QPainterPath()
        shape.addRect(rect)
        self.mark(self._touched(rect), shape)

    def _touched(self, rect: QRectF) -> set[Key]:
        found: set[Key] = set()
        for key in self.scene.things_near((rect.left(), rect.top(), rect.right(), rect.bottom())):
            item = self.scene.thing(key)
            if item is None:
                continue
            if key.kind == "note":
                # A frame lies behind much: only one that is wholly inside is meant.
                if rect.contains(item.body):
                    found.add(key)
            elif rect.intersects(item.body):
                found.add(key)
        if not found and not self.scene.sequence:
            found = {edge.key for edge in self.scene.edges_near(rect) if edge.path().intersects(rect)}
        return found

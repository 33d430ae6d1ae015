"""Selecting with a rectangle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, dotted
from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.look import tint

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class RubberBand(Interaction):
    """Everything the rectangle touches is selected; with Shift or Ctrl, besides what was."""

    def __init__(self, canvas: Canvas, start: QPointF, modifiers: Modifiers) -> None:
        super().__init__(canvas)
        self._start = start
        self._before = set(self.scene.selection)
        self._adds = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        rect = QRectF(self._start, point).normalized()
        found = self._touched(rect)
        self.scene.select(found | self._before if self._adds else found)
        margin = 3.0 / self.scene.surface.scale
        self.scene.overlay.show_painting(
            rect.adjusted(-margin, -margin, margin, margin), lambda painter: self._paint(painter, rect)
        )

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

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        surface = self.scene.surface
        painter.setPen(dotted(surface, 1.0))
        painter.setBrush(tint(surface.colors.accent, 0.10))
        painter.drawRect(rect)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self.scene.overlay.wipe()
        self.canvas.selection_made()

    def cancel(self) -> None:
        self.scene.overlay.wipe()
        self.scene.select(self._before)

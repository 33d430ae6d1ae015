"""Moving the view with the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Pan(Interaction):
    """The place that was grabbed stays under the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor
    scrolls = False

    def __init__(self, canvas: Canvas, grabbed: QPointF) -> None:
        super().__init__(canvas)
        self._last = canvas.mapFromScene(grabbed)

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        place = self.canvas.mapFromScene(point)
        self.canvas.scroll_by(self._last.x() - place.x(), self._last.y() - place.y())
        self._last = place

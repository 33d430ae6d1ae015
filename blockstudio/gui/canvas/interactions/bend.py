"""Drawing a wire through a point: one that is there, or a new one where the wire was taken hold of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt

from blockstudio.graph.edits import SetRoute
from blockstudio.graph.model import Endpoint, Position
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

STRAIGHT = 6.0
"""Pixels of the screen: a point so near to the line without it goes."""


class BendWire(Interaction):
    """The point follows the pointer on the grid (Alt: freely). Let go where the wire would be straight, it goes."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Canvas, target: Endpoint, index: int, new: QPointF | None = None) -> None:
        """`index` is that of the point; `new` is where one is made."""
        super().__init__(canvas)
        self._target = target
        self._index = index
        self._before = self.scene.edges[target].via
        self._points = list(self._before)
        if new is not None:
            self._points.insert(index, (new.x(), new.y()))

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        free = modifiers & Qt.KeyboardModifier.AltModifier
        self._points[self._index] = (point.x(), point.y()) if free else snapped(point.x(), point.y())
        self.scene.bend(self._target, tuple(self._points))

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        points = tuple(self._points[: self._index] + self._points[self._index + 1 :])
        if not self._is_straight():
            points = tuple(self._points)
        self.scene.bend(self._target, self._before)
        if points != self._before:
            text = tr("Bend a wire") if points else tr("Straighten a wire")
            self.canvas.push(SetRoute(self.scene.location, self._target, points), text)

    def cancel(self) -> None:
        self.scene.bend(self._target, self._before)

    def _is_straight(self) -> bool:
        """Whether the point lies where the wire would run without it."""
        edge = self.scene.edges[self._target]
        ends: list[Position] = [(edge.start.x(), edge.start.y()), *self._points, (edge.end.x(), edge.end.y())]
        (ax, ay), (x, y), (bx, by) = ends[self._index : self._index + 3]
        line = QLineF(ax, ay, bx, by)
        length = line.length()
        if not length:
            return True
        along = ((x - ax) * line.dx() + (y - ay) * line.dy()) / length
        aside = abs((x - ax) * line.dy() - (y - ay) * line.dx()) / length
        return 0.0 <= along <= length and aside * self.scene.surface.scale < STRAIGHT

"""A wire: a plain path item, so that painting it costs no Python."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.keys import Key, edge_key
from blockstudio.gui.canvas.look import WIRE
from blockstudio.gui.canvas.spatial import Box
from blockstudio.gui.canvas.surface import Surface

SAMPLES = 24
"""Points of a curve looked at to find whether the pointer is on it."""
LEAST_BEND = 36.0
BACK_BEND = 80.0


class EdgeItem(QGraphicsPathItem):
    """Drawn from an output (or an input pill) to an input (or an output pill)."""

    def __init__(self, source: Endpoint, target: Endpoint, surface: Surface, *, implied: bool = False) -> None:
        super().__init__()
        self.source = source
        self.target = target
        self.key: Key = edge_key(target)
        self.surface = surface
        self.implied = implied
        """Drawn because the order implies it, in a Sequential; there is no such edge in the document."""
        self.selected = False
        self.lit = False
        """Touches a selected node."""
        self.hovered = False
        self.label = ""
        self.start = QPointF()
        self.end = QPointF()
        self.restyle()

    def place(self, start: QPointF, end: QPointF) -> None:
        """Draw the wire between two places of the scene."""
        if start != self.start or end != self.end or self.path().isEmpty():
            self.start, self.end = start, end
            self.setPath(curve(start, end))

    def restyle(self) -> None:
        """Take the pen that fits the state."""
        surface = self.surface
        colors = surface.colors
        color, width = colors.wire, WIRE
        if not surface.printing:
            if self.selected:
                color, width = colors.accent, WIRE + 1.5
            elif self.lit:
                color, width = colors.accent, WIRE
            if self.hovered:
                width += 1.5
        # From afar a wire would vanish: it keeps a width that can be seen.
        pen = QPen(color, max(width, 1.1 / surface.scale))
        if self.implied:
            pen.setDashPattern([2.0, 2.0])
        self.setPen(pen)
        self.setZValue(0.5 if self.selected or self.lit or self.hovered else 0.0)

    def box(self) -> Box:
        rect = self.path().controlPointRect()
        return rect.left() - 3, rect.top() - 3, rect.right() + 3, rect.bottom() + 3

    def distance(self, point: QPointF) -> float:
        """How far a place is from the wire, measured square."""
        path = self.path()
        x, y = point.x(), point.y()
        nearest = 1e9
        before = path.pointAtPercent(0.0)
        for step in range(1, SAMPLES + 1):
            after = path.pointAtPercent(step / SAMPLES)
            nearest = min(nearest, _to_segment(x, y, before, after))
            before = after
        return nearest

    def middle(self) -> QPointF:
        return curve_point(self.start, self.end, 0.5)


def _bend(start: QPointF, end: QPointF) -> float:
    dx = end.x() - start.x()
    if dx >= 0:
        return max(min(LEAST_BEND, dx), dx / 2)
    return BACK_BEND + min(-dx, 400.0) / 4


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A smooth line that leaves and arrives level."""
    path = QPainterPath(start)
    bend = _bend(start, end)
    path.cubicTo(start.x() + bend, start.y(), end.x() - bend, end.y(), end.x(), end.y())
    return path


def curve_point(start: QPointF, end: QPointF, t: float) -> QPointF:
    bend = _bend(start, end)
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    x = a * start.x() + b * (start.x() + bend) + c * (end.x() - bend) + d * end.x()
    return QPointF(x, (a + b) * start.y() + (c + d) * end.y())


def _to_segment(x: float, y: float, a: QPointF, b: QPointF) -> float:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((x - a.x()) * dx + (y - a.y()) * dy) / length)) if length else 0.0
    px, py = a.x() + t * dx - x, a.y() + t * dy - y
    return float((px * px + py * py) ** 0.5)

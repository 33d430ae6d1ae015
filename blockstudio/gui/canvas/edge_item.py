"""A wire: a plain path item, so that painting it costs no Python."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainterPath
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
        self.drawn = False
        """Whether both ends are there, so that there is something to draw."""
        self._stale = True
        self.raised = False
        """Whether it runs in front of other wires."""

    def place(self, start: QPointF, end: QPointF) -> None:
        """Let the wire run between two places of the scene; the path is made when it comes into view."""
        if start != self.start or end != self.end or not self.drawn:
            self.start, self.end, self.drawn = start, end, True
            self._stale = True
            if self.isVisible():
                self.trace()

    def erase(self) -> None:
        """An end is missing: there is nothing to draw."""
        self.drawn = False
        self._stale = True
        self.trace()

    def trace(self) -> None:
        """Make the path, if it is not that of the present place."""
        if self._stale:
            self._stale = False
            self.setPath(curve(self.start, self.end) if self.drawn else QPainterPath())

    def restyle(self) -> None:
        """Take the pen that fits the state."""
        surface = self.surface
        accent = (self.selected or self.lit) and not surface.printing
        width = WIRE
        if not surface.printing:
            width += 1.5 * self.selected + 1.5 * self.hovered
        self.setPen(surface.wire_pen(accent, width, self.implied))

    def box(self) -> Box:
        bend = _bend(self.start, self.end)
        x0, x1, y0, y1 = self.start.x(), self.end.x(), self.start.y(), self.end.y()
        left, right = min(x0, x1 - bend), max(x1, x0 + bend)
        return left - 3, min(y0, y1) - 3, right + 3, max(y0, y1) + 3

    def distance(self, point: QPointF) -> float:
        """How far a place is from the wire."""
        x, y = point.x(), point.y()
        bend = _bend(self.start, self.end)
        ax, ay, dx, dy = self.start.x(), self.start.y(), self.end.x(), self.end.y()
        bx, cx = ax + bend, dx - bend
        nearest = 1e18
        px, py = ax - x, ay - y
        for step in range(1, SAMPLES + 1):
            t = step / SAMPLES
            s = 1 - t
            qx = s * s * s * ax + 3 * s * t * (s * bx + t * cx) + t * t * t * dx - x
            qy = s * s * (s + 3 * t) * ay + t * t * (t + 3 * s) * dy - y
            nearest = min(nearest, _to_origin(px, py, qx, qy))
            px, py = qx, qy
        return float(nearest**0.5)

    def crosses(self, line: QLineF) -> bool:
        """Whether a straight line runs across the wire."""
        points = [curve_point(self.start, self.end, step / SAMPLES) for step in range(SAMPLES + 1)]
        bounded = QLineF.IntersectionType.BoundedIntersection
        return any(QLineF(a, b).intersects(line)[0] == bounded for a, b in pairwise(points))

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


def _to_origin(ax: float, ay: float, bx: float, by: float) -> float:
    """The square of the distance of a line from (0, 0)."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = max(0.0, min(1.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    px, py = ax + t * dx, ay + t * dy
    return px * px + py * py

"""A wire: a plain path item, so that painting it costs no Python."""

from __future__ import annotations

from collections.abc import Iterator
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
TURN = 60.0
"""How far a wire that runs back reaches beyond its ends, or a little less."""
ABOVE_LINE = 75.0
"""From a port to above its node, and above the title of a frame around it."""
LEAST_DROP = 90.0
"""From row to row: with less there is no room to run back in between."""

Place = tuple[float, float]
Piece = tuple[Place, Place, Place, Place]
"""A cubic curve."""


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
        points = [point for piece in pieces(self.start, self.end) for point in piece]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs) - 3, min(ys) - 3, max(xs) + 3, max(ys) + 3

    def distance(self, point: QPointF) -> float:
        """How far a place is from the wire."""
        x, y = point.x(), point.y()
        return float(
            min(_to_origin(ax - x, ay - y, bx - x, by - y) for (ax, ay), (bx, by) in pairwise(self._points())) ** 0.5
        )

    def crosses(self, line: QLineF) -> bool:
        """Whether a straight line runs across the wire."""
        bounded = QLineF.IntersectionType.BoundedIntersection
        return any(QLineF(*a, *b).intersects(line)[0] == bounded for a, b in pairwise(self._points()))

    def _points(self) -> Iterator[Place]:
        """Places along the wire, close enough to each other."""
        for (ax, ay), (bx, by), (cx, cy), (dx, dy) in pieces(self.start, self.end):
            for step in range(SAMPLES + 1):
                t = step / SAMPLES
                s = 1 - t
                a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
                yield a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy

    @property
    def returns(self) -> bool:
        """Whether it runs back level, between what stands above and below."""
        return _returns(self.start, self.end)

    def middle(self) -> QPointF:
        if self.returns:
            return QPointF((self.start.x() + self.end.x()) / 2, _level(self.start.y(), self.end.y()))
        return (self.start + self.end) / 2


def pieces(start: QPointF, end: QPointF) -> list[Piece]:
    """The curves that a wire is made of: one; or round, level back, and round again to what is left of it."""
    x0, y0, x1, y1 = start.x(), start.y(), end.x(), end.y()
    if not _returns(start, end):
        bend = _bend(start, end)
        return [((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1))]
    level, third = _level(y0, y1), (x1 - x0) / 3
    return [
        ((x0, y0), (x0 + TURN, y0), (x0 + TURN, level), (x0, level)),
        ((x0, level), (x0 + third, level), (x1 - third, level), (x1, level)),
        ((x1, level), (x1 - TURN, level), (x1 - TURN, y1), (x1, y1)),
    ]


def _level(start: float, end: float) -> float:
    """How high a wire runs back: right above the line of nodes that it goes down to."""
    return max((start + end) / 2, end - ABOVE_LINE) if end > start else (start + end) / 2


def _returns(start: QPointF, end: QPointF) -> bool:
    return end.x() - start.x() < -LEAST_BEND and abs(end.y() - start.y()) > LEAST_DROP


def _bend(start: QPointF, end: QPointF) -> float:
    dx = end.x() - start.x()
    if dx >= 0:
        return max(min(LEAST_BEND, dx), dx / 2)
    return BACK_BEND + min(-dx, 400.0) / 4


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A smooth line that leaves and arrives level."""
    path = QPainterPath(start)
    for _, leaving, arriving, last in pieces(start, end):
        path.cubicTo(*leaving, *arriving, *last)
    return path


def _to_origin(ax: float, ay: float, bx: float, by: float) -> float:
    """The square of the distance of a line from (0, 0)."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = max(0.0, min(1.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    px, py = ax + t * dx, ay + t * dy
    return px * px + py * py

"""Wires as straight lines: Qt paints smooth lines in a third of the time that it takes for a smooth curve."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from math import ceil, hypot, log2

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPen, QTransform

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.painting.edge_item import EdgeItem

WIDEST = 4.5
"""Pixels; where wider lines meet, it could be seen."""
OVERLAP = 0.35
"""Pixels that lines reach into each other, so that no seam is seen between them."""
MOST = 2000
"""Wires whose lines are kept; a screen full of them has some hundred."""


def in_lines(pen: QPen, pixels: float) -> bool:
    """Whether straight lines with a pen look like a curve and are painted sooner, a unit being so many pixels."""
    return 0.0 < pen.widthF() * pixels <= WIDEST and pen.style() == Qt.PenStyle.SolidLine


class Strokes:
    """The lines of wires, as long as these run as they did."""

    def __init__(self) -> None:
        self._known: dict[tuple[Endpoint, float], tuple[QPainterPath, list[QLineF]]] = {}

    def of(self, edges: Iterable[EdgeItem], area: QRectF, pixels: float) -> list[QLineF]:
        """The lines to paint of wires in an area, fine enough for so many pixels to a scene unit."""
        fineness = 2.0 ** ceil(log2(pixels))  # few different ones, so that most steps of zoom find what there is
        return [line for edge in edges for line in self._of(edge, area, fineness)]

    def _of(self, edge: EdgeItem, area: QRectF, fineness: float) -> list[QLineF]:
        path = edge.path()
        found = self._known.get((edge.target, fineness))
        if found is None or found[0] is not path:
            if len(self._known) > MOST:
                self._known.clear()
            found = self._known[edge.target, fineness] = path, lines_of(path, fineness)
        lines = found[1]
        if edge.short or not edge.runs_on:
            return lines
        start, end, (least, most) = QLineF.x1, QLineF.x2, (area.left(), area.right())
        if edge.down:
            start, end, (least, most) = QLineF.y1, QLineF.y2, (area.top(), area.bottom())
        first = bisect_left(lines, least, key=end)
        return lines[first : bisect_right(lines, most, first, key=start)]


def lines_of(path: QPainterPath, pixels: float) -> list[QLineF]:
    """Lines that look like a path where a unit of it is so many pixels."""
    lines = []
    for polygon in path.toSubpathPolygons(QTransform.fromScale(pixels, pixels)):
        points = (point.toTuple() for point in polygon)  # type: ignore[attr-defined]  # it is a list of points
        (ax, ay), *others = [(x / pixels, y / pixels) for x, y in points]
        for bx, by in others:
            dx, dy = bx - ax, by - ay
            if length := hypot(dx, dy):
                more = OVERLAP / (pixels * length)
                lines.append(QLineF(ax - more * dx, ay - more * dy, bx + more * dx, by + more * dy))
            ax, ay = bx, by
    return lines

"""The boxes and lines of a graph, gathered by the squares that they begin in."""

from __future__ import annotations

from collections import defaultdict
from math import floor
from typing import TYPE_CHECKING

from attrs import Factory, define
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainterPath

from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.edge_item import EdgeItem

TILE = 3072.0
"""Side of the squares that the graph is gathered by: a change costs only the squares it touches."""
PILLS = ""
"""Stands for no category, whose colour pills have."""

Cell = tuple[int, int]


@define
class Tile:
    """What begins in one square."""

    boxes: dict[str, list[QRectF]] = Factory(lambda: defaultdict(list))
    """By colour."""
    errors: list[QRectF] = Factory(list)
    wires: QPainterPath = Factory(QPainterPath)
    """Qt paints the lines of one path sooner than as many lines."""
    bounds: QRectF = Factory(QRectF)

    def add(self, item: NodeItem | PillItem) -> None:
        body = item.body
        self.boxes[color_of(item)].append(body)
        if item.severity == "error":
            self.errors.append(body)

    def add_wire(self, edge: EdgeItem) -> None:
        if edge.drawn:
            self.wires.moveTo(edge.x0, edge.y0)
            self.wires.lineTo(edge.x1, edge.y1)

    def close(self) -> None:
        """It is complete: see where it lies."""
        rects = [box for alike in self.boxes.values() for box in alike]
        if not self.wires.isEmpty():
            rects.append(self.wires.controlPointRect())
        sides = [(rect.left(), rect.top(), rect.right(), rect.bottom()) for rect in rects]
        if sides:
            lefts, tops, rights, bottoms = zip(*sides, strict=True)
            left, top = min(lefts), min(tops)
            self.bounds = QRectF(left, top, max(rights) - left + 1, max(bottoms) - top + 1)


def cell_of(box: Box) -> Cell:
    return floor(box[0] / TILE), floor(box[1] / TILE)


def line_of(edge: EdgeItem) -> QLineF:
    """A wire from afar."""
    return QLineF(edge.x0, edge.y0, edge.x1, edge.y1)


def start_of(edge: EdgeItem) -> Cell:
    return floor(edge.x0 / TILE), floor(edge.y0 / TILE)


def color_of(item: NodeItem | PillItem) -> str:
    """A colour by its name, or the category that has it."""
    return item.face.color or item.face.category if isinstance(item, NodeItem) else PILLS

"""Items that paint many things at once: labels on wires, and the whole graph from afar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas.look import measure
from blockstudio.gui.canvas.node_painting import node_color
from blockstudio.gui.canvas.surface import Detail

if TYPE_CHECKING:
    from blockstudio.gui.canvas.edge_item import EdgeItem
    from blockstudio.gui.canvas.items import ItemStore

EVERYWHERE = QRectF(-5e6, -5e6, 1e7, 1e7)
LABEL_ROOM = 30.0
"""Wire that must be left bare on both sides of a label together."""


class _Layer(QGraphicsItem):
    def __init__(self, scene: ItemStore) -> None:
        super().__init__()
        self.canvas = scene
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        return EVERYWHERE


class LabelLayer(_Layer):
    """The shapes that flow, each on its wire: above every wire and below every node."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.canvas
        surface = scene.surface
        if surface.detail != Detail.FULL and not surface.printing:
            return
        exposed = option.exposedRect
        small = measure("small")
        painter.setFont(surface.fonts.small)
        for edge in scene.edges_near(exposed):
            place = label_place(edge)
            if place is None:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(surface.colors.canvas)
            painter.drawRoundedRect(place, 4.0, 4.0)
            marked = (edge.selected or edge.lit) and not surface.printing
            painter.setPen(surface.colors.accent if marked else surface.colors.label)
            painter.drawText(QPointF(place.left() + 4.0, small.middle(place.center().y())), edge.label)


def label_place(edge: EdgeItem) -> QRectF | None:
    """Where the label of a wire stands; None where there is no room beside the nodes."""
    if not edge.label:
        return None
    width = measure("small").width(edge.label) + 8.0
    dx, dy = edge.end.x() - edge.start.x(), abs(edge.end.y() - edge.start.y())
    if dx < width + LABEL_ROOM and not (dx > LABEL_ROOM and dy > 60.0):
        return None
    middle = edge.middle()
    return QRectF(middle.x() - width / 2, middle.y() - 8.0, width, 16.0)


class OverviewLayer(_Layer):
    """Everything as boxes and straight lines, in a few calls however many there are."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._boxes: dict[str, list[QRectF]] | None = None
        self._lines: list[QLineF] = []
        self.setZValue(20.0)

    def forget(self) -> None:
        """Something changed: gather again when next painted."""
        self._boxes = None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.canvas
        surface = scene.surface
        if surface.detail != Detail.OVERVIEW or surface.printing:
            return
        if self._boxes is None:
            self._gather()
        assert self._boxes is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(surface.colors.wire, 0)
        painter.setPen(pen)
        painter.drawLines(self._lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for name, boxes in self._boxes.items():
            painter.setBrush(QColor(name))
            painter.drawRects(boxes)
        self._paint_marked(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_marked(self, painter: QPainter) -> None:
        scene = self.canvas
        surface = scene.surface
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(surface.colors.accent, 2.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRects([item.body for item in scene.selected_items()])
        lines = [QLineF(edge.start, edge.end) for edge in scene.lit_edges()]
        if lines:
            painter.drawLines(lines)
        pen.setColor(surface.colors.error)
        painter.setPen(pen)
        painter.drawRects([item.body for item in scene.nodes.values() if item.severity == "error"])

    def _gather(self) -> None:
        scene = self.canvas
        surface = scene.surface
        boxes: dict[str, list[QRectF]] = {}
        for node in scene.nodes.values():
            boxes.setdefault(node_color(node.face, surface).name(), []).append(node.body)
        for pill in scene.pills.values():
            boxes.setdefault(surface.colors.muted.name(), []).append(pill.body)
        self._boxes = boxes
        self._lines = [QLineF(edge.start, edge.end) for edge in scene.edges.values()]

"""Items that paint many things at once: labels on wires, and the whole graph from afar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas.layout import COLUMN_GAP
from blockstudio.gui.canvas.look import PILL, RADIUS, TITLE_SIZE, blend, measure
from blockstudio.gui.canvas.node_item import NodeItem
from blockstudio.gui.canvas.node_painting import badge, fill_bordered
from blockstudio.gui.canvas.pill_item import PillItem
from blockstudio.gui.canvas.surface import Detail, Surface

if TYPE_CHECKING:
    from blockstudio.gui.canvas.edge_item import EdgeItem
    from blockstudio.gui.canvas.items import ItemStore

EVERYWHERE = QRectF(-5e6, -5e6, 1e7, 1e7)
LEAST_GAP = 70.0
WIDEST_GAP = 170.0
LEAST_TITLE = 5.5
"""Pixels below which a title is not painted."""
READABLE = 10.0
"""Pixels that a title gets where there is room."""
MOST_ROUNDED = 500
"""Boxes that get round corners; with more, none is large enough to show them."""
LABEL_ROOM = 24.0
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


def column_gap(edges: Iterable[EdgeItem]) -> float:
    """The room between columns of nodes that lets every label be read, within reason."""
    widths = [measure("small").width(edge.label) for edge in edges if edge.label]
    if not widths:
        return COLUMN_GAP
    return min(WIDEST_GAP, max(LEAST_GAP, max(widths) + 8.0 + LABEL_ROOM + 10.0))


def label_place(edge: EdgeItem) -> QRectF | None:
    """Where the label of a wire stands; None where there is no room beside the nodes."""
    if not edge.label:
        return None
    width = measure("small").width(edge.label) + 8.0
    dx, dy = edge.end.x() - edge.start.x(), abs(edge.end.y() - edge.start.y())
    room = -dx if edge.returns else dx
    if room < width + LABEL_ROOM and not (dx > LABEL_ROOM and dy > 60.0):
        return None
    middle = edge.middle()
    return QRectF(middle.x() - width / 2, middle.y() - 8.0, width, 16.0)


class OverviewLayer(_Layer):
    """Everything from afar: boxes and straight lines in a few calls however many there are, and what titles fit."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._boxes: dict[str, list[QRectF]] | None = None
        self._lines = QPainterPath()

    def forget(self) -> None:
        """Something changed: gather again when next painted."""
        self._boxes = None
        if self.canvas.surface.detail != Detail.FULL:
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.canvas
        surface = scene.surface
        if surface.detail == Detail.FULL or surface.printing:
            return
        if surface.detail == Detail.TITLES:
            self._paint_titles(painter, option.exposedRect)
            return
        if self._boxes is None:
            self._gather()
        assert self._boxes is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(surface.colors.wire, 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for name, boxes in self._boxes.items():
            painter.setBrush(QColor(name))
            painter.drawRects(boxes)
        self._paint_marked(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_titles(self, painter: QPainter, exposed: QRectF) -> None:
        """Boxes in the colours of their kinds, each with a title as large as it can be."""
        scene = self.canvas
        surface = scene.surface
        colors = surface.colors
        near = scene.things_near((exposed.left(), exposed.top(), exposed.right(), exposed.bottom()))
        items = [item for key in near if isinstance(item := scene.thing(key), NodeItem | PillItem)]
        corner = RADIUS if len(items) <= MOST_ROUNDED else 0.0
        fills: dict[str, tuple[QColor, QColor]] = {}
        for item in items:
            name = _color_of(item, surface)
            if name not in fills:
                color = QColor(name)
                fills[name] = blend(color, colors.card, 0.25), blend(color, colors.card, 0.82)
            edge, fill = fills[name]
            width = 1.0
            if item.severity == "error":
                edge, width = colors.error, 2.0
            if item.selected:
                edge, width = colors.accent, 3.0
            radius = PILL / 2 if isinstance(item, PillItem) else corner
            fill_bordered(painter, item.body, radius, edge, width / surface.scale, fill)
        painter.setPen(colors.text)
        font = QFont(surface.fonts.title)
        titles, last = measure("title"), 0
        for item in items:
            title = item.face.title if isinstance(item, NodeItem) else item.key.name
            body = item.body
            size = title_size(title, body.width() - 10.0, body.height() - 4.0, surface.scale)
            if not size:
                continue
            if size != last:
                font.setPixelSize(size)
                painter.setFont(font)
                last = size
            share, center = size / TITLE_SIZE, body.center()
            left = center.x() - titles.width(title) * share / 2
            painter.drawText(QPointF(left, titles.middle(0.0) * share + center.y()), title)
        for item in items:
            if item.severity:
                self._paint_badge(painter, item)

    def _paint_badge(self, painter: QPainter, item: NodeItem | PillItem) -> None:
        """Of the same size at every zoom."""
        surface = self.canvas.surface
        size = 0.8 / surface.scale
        painter.save()
        painter.translate(item.body.topRight())
        painter.scale(size, size)
        badge(painter, QPointF(0.0, 0.0), item.severity, surface)
        painter.restore()

    def _paint_marked(self, painter: QPainter) -> None:
        scene = self.canvas
        surface = scene.surface
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(surface.colors.accent, 2.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRects([item.body for item in scene.selected_items()])
        painter.drawLines([QLineF(edge.start, edge.end) for edge in scene.lit_edges()])
        pen.setColor(surface.colors.error)
        painter.setPen(pen)
        painter.drawRects([item.body for item in scene.nodes.values() if item.severity == "error"])

    def _gather(self) -> None:
        scene = self.canvas
        surface = scene.surface
        boxes: dict[str, list[QRectF]] = {}
        for node in scene.nodes.values():
            boxes.setdefault(_color_of(node, surface), []).append(node.body)
        for pill in scene.pills.values():
            boxes.setdefault(_color_of(pill, surface), []).append(pill.body)
        self._boxes = boxes
        lines = QPainterPath()
        for edge in scene.edges.values():
            if edge.drawn:
                lines.moveTo(edge.start)
                lines.lineTo(edge.end)
        self._lines = lines


def _color_of(item: NodeItem | PillItem, surface: Surface) -> str:
    if isinstance(item, PillItem):
        return surface.colors.muted.name()
    return item.face.color or surface.colors.hue(item.face.category).name()


def title_size(title: str, width: float, height: float, scale: float) -> int:
    """The font size in scene units for a title seen from afar; 0 where it would be too small to read."""
    room = width / max(1.0, measure("title").width(title)) * TITLE_SIZE
    size = min(READABLE / scale, room, height * 0.75)
    return int(size) if size * scale >= LEAST_TITLE else 0

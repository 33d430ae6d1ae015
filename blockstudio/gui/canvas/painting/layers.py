"""Items that paint many things at once: wires, their labels, nodes and pills."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas.facts.flowing import PLAIN, Kind
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.layout.layout import COLUMN_GAP
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.painting.inside_painting import paint_inside
from blockstudio.gui.canvas.painting.labels import LABEL_ROOM, LabelPlaces
from blockstudio.gui.canvas.painting.look import SMALL_SIZE, blend, measure
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import FIELD, NoteItem
from blockstudio.gui.canvas.painting.pictures import Pictures
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.strokes import Strokes, in_lines
from blockstudio.gui.canvas.painting.surface import Detail

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.placed import Placed
    from blockstudio.gui.canvas.scene.items import ItemStore

EVERYWHERE = QRectF(-5e6, -5e6, 1e7, 1e7)
LEAST_GAP = 70.0
WIDEST_GAP = 170.0
MOST_SMOOTH = 1000
"""Wires that are painted smooth; with more, they are too small to show it."""
REACH = 4.0
"""Half the width of the widest wire, and a little more."""
LEAST_LABEL = 8.0
"""Pixels of the letters of a label from afar."""
MOST_FAR_LABELS = 150
"""Wires in view that have labels from afar: with more there is no room for words."""
POINT = 3.5
"""Radius of a point that a wire runs through."""


class Layer(QGraphicsItem):
    """Paints what lies in the exposed part of the scene."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__()
        self.canvas = scene
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        return EVERYWHERE

    def exposed(self, option: QStyleOptionGraphicsItem) -> list[QRectF]:
        """The parts to paint. Qt gives the rectangle round them: after a scroll to two sides that is everything."""
        strips = self.canvas.surface.strips or (option.exposedRect,)
        return [strip.adjusted(-REACH, -REACH, REACH, REACH) for strip in strips]

    def whole(self, option: QStyleOptionGraphicsItem) -> QRectF:
        """All that is in view: how many things there are decides how each looks, however few are to paint."""
        parts, view = self.exposed(option), self.canvas.surface.view
        return parts[0] if view is None or parts[0].contains(view) else view


class WireLayer(Layer):
    """The wires, those that are selected or touch what is in front of the others."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._strokes = Strokes()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        surface = self.canvas.surface
        if surface.detail == Detail.OVERVIEW and not surface.printing:
            return
        exposed = option.exposedRect.adjusted(-REACH, -REACH, REACH, REACH)
        areas = self.exposed(option)
        self.canvas.ways.lead_in(exposed)
        near = sorted(self.canvas.edges_near(*areas), key=_is_raised)
        seen = [edge for edge in near if not edge.hidden and (edge.short or any(map(edge.is_seen_in, areas)))]
        rough = self.canvas.count_wires(self.whole(option)) > MOST_SMOOTH and not surface.printing
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pixels = surface.scale * surface.ratio
        for pen, alike in groupby(seen, EdgeItem.pen):
            painter.setPen(pen)
            if in_lines(pen, pixels) and not surface.printing:
                painter.drawLines(self._strokes.of(alike, exposed, pixels))
            else:
                for edge in alike:
                    painter.drawPath(edge.path_in(exposed))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if surface.detail == Detail.FULL and not surface.printing:
            _paint_points(painter, seen)


def _paint_points(painter: QPainter, edges: Iterable[EdgeItem]) -> None:
    """The points that wires run through, to be taken hold of; larger where the pointer or the selection is."""
    painter.setPen(Qt.PenStyle.NoPen)
    for edge in edges:
        if edge.via:
            painter.setBrush(edge.pen().color())
            radius = POINT + 1.5 * edge.raised
            for x, y in edge.via:
                painter.drawEllipse(QPointF(x, y), radius, radius)


def kinds_at(scene: ItemStore, item: Placed) -> dict[PortKey, Kind]:
    """The ports of a thing where something else than the usual flows."""
    found = {}
    for port in item.port_keys():
        edge = None if port.is_source else scene.edges.get(port.endpoint)
        if port.is_source or edge is not None:
            kind = scene.kind_of(port.endpoint if edge is None else edge.source)
            if kind != PLAIN:
                found[port] = kind
    return found


def _is_raised(edge: EdgeItem) -> bool:
    return edge.raised


class ThingLayer(Layer):
    """Nodes and pills in full."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._pictures = Pictures()

    def forget(self) -> None:
        """Colours or fonts have changed."""
        self._pictures.clear()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        surface = self.canvas.surface
        if surface.detail != Detail.FULL and not surface.printing:
            return
        placed = self.canvas.placed_near(*self.exposed(option))
        for item in placed:
            item.kinds = kinds_at(self.canvas, item)
        afresh = bool(surface.printing or surface.wire or surface.port)  # ports look different with every move
        for is_open, items in groupby(placed, key=is_expanded):
            if not afresh and not is_open:
                self._pictures.paint(painter, list(items))
                continue
            for item in items:
                item.paint_in_place(painter)
                if isinstance(item, NodeItem):
                    paint_inside(painter, item, option.exposedRect)


def is_expanded(item: NodeItem | PillItem) -> bool:
    """Whether a graph is shown inside."""
    return isinstance(item, NodeItem) and item.inner is not None


class LabelLayer(Layer):
    """The shapes that flow, each on its wire: above every wire and below every node."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._places = LabelPlaces(scene)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.canvas
        surface = scene.surface
        growth = 1.0
        if surface.detail != Detail.FULL and not surface.printing:
            if surface.detail != Detail.TITLES or scene.count_wires(self.whole(option)) > MOST_FAR_LABELS:
                return
            growth = LEAST_LABEL / (SMALL_SIZE * surface.scale)
        small = measure("small")
        frames = [note for note in scene.notes.values() if note.note.frame]
        font = QFont(surface.fonts.small)
        font.setPixelSize(int(SMALL_SIZE * growth))
        painter.setFont(font)
        for edge in scene.edges_near(*self.exposed(option)):
            place = None if edge.hidden else self._places.of(edge, growth)
            if place is None:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(
                _ground(surface.colors.canvas, frames, place.center()) if frames else surface.colors.canvas
            )
            painter.drawRoundedRect(place, 4.0, 4.0)
            marked = (edge.selected or edge.lit) and surface.marks
            painter.setPen(surface.colors.accent if marked else surface.colors.label)
            y = place.center().y() + small.middle(0.0) * growth
            painter.drawText(QPointF(place.left() + 4.0 * growth, y), edge.label)


def _ground(color: QColor, frames: list[NoteItem], place: QPointF) -> QColor:
    """The colour of the canvas there, seen through the frames on it."""
    for frame in frames:
        if frame.body.contains(place):
            color = blend(color, frame.hue(), FIELD)
    return color


def column_gap(edges: Iterable[EdgeItem]) -> float:
    """The room between columns of nodes that lets every label be read, within reason."""
    flowing = {edge.source: edge for edge in edges}.values()  # one wire of those from each port
    widths = [measure("small").width(label) for label in {edge.label for edge in flowing} if label]
    if not widths:
        return COLUMN_GAP
    return min(WIDEST_GAP, max(LEAST_GAP, max(widths) + 8.0 + LABEL_ROOM + 10.0))

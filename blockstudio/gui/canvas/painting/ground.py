"""What everything stands on: the dots of the grid; and, where one works inside a node, the field of that."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas.painting.inside_painting import CORNER
from blockstudio.gui.canvas.painting.layers import Layer
from blockstudio.gui.canvas.painting.look import DOTS, tint
from blockstudio.gui.canvas.painting.surface import Surface

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.items import ItemStore

LEAST_DOT_GAP = 9.0
MOST_DOTS = 12
EDGE = 2.0
"""Pixels of the border round where one works."""
AROUND = 0.4
"""How much of what is around that is taken back."""


def paint_ground(painter: QPainter, area: QRectF, surface: Surface) -> None:
    """The colour of the canvas and the dots."""
    colors = surface.colors
    painter.fillRect(area, colors.canvas)
    gap = DOTS * surface.scale
    while gap < LEAST_DOT_GAP:
        gap *= 4
    tile = dots(gap, surface.ratio, colors.dots.name())
    transform = painter.worldTransform()
    place = transform.mapRect(area)
    side = tile.width() / surface.ratio
    painter.resetTransform()
    offset = QPointF((place.x() - transform.dx()) % side, (place.y() - transform.dy()) % side)
    painter.drawTiledPixmap(place, tile, offset)
    painter.setWorldTransform(transform)


def take_back(painter: QPainter, area: QRectF, surface: Surface) -> None:
    """Let what is painted already be less in sight."""
    painter.fillRect(area, tint(surface.colors.canvas, AROUND))


@lru_cache(maxsize=8)
def dots(gap: float, ratio: float, color: str) -> QPixmap:
    """A tile of grid dots, `gap` pixels apart: as many as come out nearest to whole pixels."""
    pixels = gap * ratio
    count = min(range(1, MOST_DOTS), key=lambda n: (abs(n * pixels - round(n * pixels)) > 0.1, n))
    side = max(1, round(count * pixels))
    tile = QPixmap(side, side)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    step, radius = side / count, 0.9 * ratio
    for x in range(count + 1):
        for y in range(count + 1):
            painter.drawEllipse(QPointF(x * step, y * step), radius, radius)
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return tile


class FieldLayer(Layer):
    """The field of the node inside which one works, in front of what is around it and behind everything in it."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self.least = QRectF()
        """The field as the node has it: it grows at once with what is moved, and shrinks with the node."""
        self.left = False
        """What is moved is to leave: the field stays as the node has it."""
        self.hide()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        surface = self.canvas.surface
        if not surface.marks:
            return
        field = self.least if self.left else self.canvas.field().united(self.least)
        seen = field.intersected(option.exposedRect)
        if not seen.isEmpty():
            paint_ground(painter, seen, surface)
        style = Qt.PenStyle.DashLine if self.left else Qt.PenStyle.SolidLine
        painter.setPen(QPen(surface.colors.accent, EDGE / surface.scale, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(field, CORNER, CORNER)

"""Boxes and lines from afar, of thousands of nodes in a few calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QTransform

from blockstudio.gui.canvas.painting.error_signs import paint_error_signs
from blockstudio.gui.canvas.painting.look import blend
from blockstudio.gui.canvas.painting.surface import Surface
from blockstudio.gui.canvas.painting.tiles import Tile

SOFT = 0.25
"""How much of the canvas there is in the colour of a box without a title: thousands of them are no glare."""


def paint_tiles(painter: QPainter, surface: Surface, tiles: Collection[Tile]) -> None:
    """The wires, the boxes on them, and the borders of those with errors."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(surface.colors.wire, 0))
    for tile in tiles:
        painter.drawPath(tile.wires)
    names = {name for tile in tiles for name in tile.boxes}
    brushes = {name: QBrush(blend(color_named(name, surface), surface.colors.canvas, SOFT)) for name in names}
    painter.setPen(Qt.PenStyle.NoPen)
    for tile in tiles:
        for name, boxes in tile.boxes.items():
            painter.setBrush(brushes[name])
            painter.drawRects(boxes)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(cosmetic(surface.colors.error, 2.0))
    for tile in tiles:
        if tile.errors:
            painter.drawRects(tile.errors)


def paint_signs(painter: QPainter, surface: Surface, tiles: Iterable[Tile]) -> None:
    """Of all errors, wherever it is painted: which of them get signs must not depend on that, nor on the view."""
    transform = painter.worldTransform()
    painter.setWorldTransform(QTransform.fromTranslate(transform.dx(), transform.dy()))
    wrong = [box.center() * transform.m11() for tile in tiles for box in tile.errors]
    paint_error_signs(painter, wrong, surface.colors.error, surface.colors.canvas)
    painter.setWorldTransform(transform)


def paint_marks(painter: QPainter, surface: Surface, bodies: list[QRectF], lines: list[QLineF]) -> None:
    """What is selected, and the wires at it."""
    if surface.marks:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(cosmetic(surface.colors.accent, 2.0))
        painter.drawRects(bodies)
        painter.drawLines(lines)


def cosmetic(color: QColor, width: float) -> QPen:
    """A pen of so many pixels at every zoom."""
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen


def color_named(name: str, surface: Surface) -> QColor:
    """The colour of a category, or the colour that is written so."""
    hue = surface.colors.hues.get(name)
    if hue is not None:
        return hue
    return QColor(name) if QColor.isValidColorName(name) else surface.colors.muted

"""Signs for errors where nodes are too small for a badge: on the map and from afar, told by shape as well as colour."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

RADIUS = 5.0
"""Of a sign, in pixels of the screen."""
APART = 12.0
"""Nearer to each other than this, one sign stands for several."""


def spread(places: Iterable[QPointF]) -> list[QPointF]:
    """Of places on the screen, those that signs have room at."""
    found: dict[tuple[int, int], QPointF] = {}
    for place in places:
        found.setdefault((round(place.x() / APART), round(place.y() / APART)), place)
    return list(found.values())


def paint_error_signs(painter: QPainter, places: Iterable[QPointF], color: QColor, ground: QColor) -> None:
    """A disc with an exclamation mark at each place, in pixels of the screen."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for place in spread(places):
        painter.setPen(QPen(ground, 1.5))
        painter.setBrush(color)
        painter.drawEllipse(place, RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRect(QRectF(place.x() - 0.8, place.y() - 3.2, 1.6, 3.8))
        painter.drawRect(QRectF(place.x() - 0.8, place.y() + 1.6, 1.6, 1.6))

"""Signs for errors where nodes are too small for a badge: on the map and from afar, told by shape as well as colour."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

RADIUS = 5.0
"""Of a sign, in pixels of the screen."""
HALF = 7.0
"""Of the side of its picture: with its border."""
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
    device = painter.device()
    picture = _picture(color.rgba(), ground.rgba(), device.devicePixelRatioF() if device is not None else 1.0)
    for place in spread(places):
        painter.drawPixmap(place - QPointF(HALF, HALF), picture)


@lru_cache(maxsize=8)
def _picture(color: int, ground: int, ratio: float) -> QPixmap:
    """It is painted once: there may be hundreds."""
    picture = QPixmap(ceil(2 * HALF * ratio), ceil(2 * HALF * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(ground), 1.5))
    painter.setBrush(QColor.fromRgba(color))
    painter.drawEllipse(QPointF(HALF, HALF), RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(ground))
    painter.drawRect(QRectF(HALF - 1.0, HALF - 3.0, 2.0, 4.0))
    painter.drawRect(QRectF(HALF - 1.0, HALF + 2.0, 2.0, 1.5))
    painter.end()
    return picture

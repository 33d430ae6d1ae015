"""Pictures of nodes and pills as they look on the screen now, so that only what looks different is painted again."""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap

from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.node_item import NodeItem
from blockstudio.gui.canvas.pill_item import PillItem
from blockstudio.gui.canvas.placed import MARGIN

MOST = 1500
"""Pictures kept; a screen full of nodes has some hundred."""
FINE = 16
"""A place between two pixels is told by so many parts of one."""


class Pictures:
    """A picture is made for one zoom and one place between pixels: it is as crisp as what it stands for."""

    def __init__(self) -> None:
        self._pictures: dict[Key, tuple[tuple[object, ...], QPixmap]] = {}

    def clear(self) -> None:
        self._pictures.clear()

    def paint(self, painter: QPainter, items: list[NodeItem | PillItem]) -> None:
        """Paint things; those that look as before from their pictures."""
        transform = painter.worldTransform()
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        scale = transform.m11()
        if len(self._pictures) > MOST:
            self._pictures.clear()
        painter.resetTransform()
        for item in items:
            left, top, right, bottom = item.box()
            # In pixels of the screen, from here on.
            x, y = (transform.dx() + left * scale) * ratio, (transform.dy() + top * scale) * ratio
            margin = MARGIN * scale * ratio
            part_x, part_y = round((x - margin) % 1.0 * FINE), round((y - margin) % 1.0 * FINE)
            looks = (*item.looks(), scale, ratio, part_x, part_y)
            found = self._pictures.get(item.key)
            if found is None or found[0] != looks:
                width = (right - left) * scale * ratio + 2 * margin + 2
                height = (bottom - top) * scale * ratio + 2 * margin + 2
                picture = QPixmap(ceil(width), ceil(height))
                picture.setDevicePixelRatio(ratio)
                picture.fill(Qt.GlobalColor.transparent)
                brush = QPainter(picture)
                brush.setRenderHints(painter.renderHints())
                brush.translate((margin + part_x / FINE) / ratio, (margin + part_y / FINE) / ratio)
                brush.scale(scale, scale)
                brush.translate(item.x() - left, item.y() - top)
                item.paint(brush)
                brush.end()
                found = self._pictures[item.key] = looks, picture
            painter.drawPixmap(QPointF(floor(x - margin) / ratio, floor(y - margin) / ratio), found[1])
        painter.setWorldTransform(transform)

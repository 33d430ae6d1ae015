"""Pictures of what looks on the screen as it did before, so that only what looks different is painted again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.placed import MARGIN

MOST = 1500
"""Pictures kept; a screen full of nodes has some hundred."""
FINE = 16
"""A place between two pixels is told by so many parts of one."""


class Pictures:
    """A picture is made for one zoom and one place between pixels: it is as crisp as what it stands for."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[Key, int, int], tuple[tuple[object, ...], QPixmap]] = {}
        self._zoom = (0.0, 0.0)

    def clear(self) -> None:
        self._pictures.clear()

    def paint(self, painter: QPainter, items: Sequence[NodeItem | PillItem]) -> None:
        """Paint things; those that look as before from their pictures, which are made once a zoom is kept."""
        transform = painter.worldTransform()
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        scale = transform.m11()
        is_new = (scale, ratio) != self._zoom
        if is_new or len(self._pictures) > MOST:
            self._pictures.clear()
            self._zoom = scale, ratio
        painter.resetTransform()
        for item in items:
            left, top, right, bottom = item.box()
            # In pixels of the screen, from here on.
            x, y = (transform.dx() + left * scale) * ratio, (transform.dy() + top * scale) * ratio
            margin = MARGIN * scale * ratio
            part_x, part_y = round((x - margin) % 1.0 * FINE), round((y - margin) % 1.0 * FINE)
            if is_new:
                # Where a picture would have it, so that nothing moves when there is one.
                right_by, down_by = floor(x - margin) + margin, floor(y - margin) + margin
                at = (right_by + part_x / FINE) / ratio, (down_by + part_y / FINE) / ratio
                painter.setWorldTransform(QTransform(scale, 0.0, 0.0, scale, *at))
                painter.translate(item.x() - left, item.y() - top)
                item.paint(painter)
                continue
            # A graph that is shown inside several nodes has its things at several places.
            key, looks = (item.key, part_x, part_y), item.looks()
            found = self._pictures.get(key)
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
                found = self._pictures[key] = looks, picture
            painter.drawPixmap(QPointF(floor(x - margin) / ratio, floor(y - margin) / ratio), found[1])
        painter.setWorldTransform(transform)


class StillPicture:
    """A whole view that is painted again and again, as while something moves in front of it."""

    def __init__(self) -> None:
        self._seen: tuple[object, ...] = ()
        """What was painted last."""
        self._picture: QPixmap | None = None

    def forget(self) -> None:
        """It looks different now."""
        self._seen, self._picture = (), None

    def paint(self, painter: QPainter, exposed: QRectF, work: Callable[[QPainter], None]) -> None:
        """Paint by `work`, and from the third time on that it would paint the same, from a picture."""
        device = painter.device()
        if not isinstance(device, QWidget | QPixmap):
            work(painter)
            return
        transform, ratio = painter.worldTransform(), device.devicePixelRatioF()
        # A copy: Qt's own rectangle is gone after this painting.
        seen = (transform, exposed.getRect(), device.width(), device.height(), ratio)
        if seen != self._seen:
            self._seen, self._picture = seen, None
            work(painter)
            return
        if self._picture is None:
            self._picture = QPixmap(ceil(device.width() * ratio), ceil(device.height() * ratio))
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            brush = QPainter(self._picture)
            brush.setRenderHints(painter.renderHints())
            brush.setWorldTransform(transform)
            work(brush)
            brush.end()
        painter.resetTransform()
        painter.drawPixmap(QPointF(0.0, 0.0), self._picture)
        painter.setWorldTransform(transform)

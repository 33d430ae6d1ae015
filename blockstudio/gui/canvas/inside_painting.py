"""How the inside of an expanded node is painted: the scene of its graph, on a field within the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

if TYPE_CHECKING:
    from blockstudio.gui.canvas.node_item import NodeItem

CORNER = 6.0


def paint_inside(painter: QPainter, item: NodeItem, exposed: QRectF) -> None:
    """The field with the inner wires and nodes, as far as it lies in an exposed part of the scene."""
    opening, inner, surface = item.geometry.opening, item.inner, item.surface
    if opening is None or inner is None:
        return
    field = opening.rect.translated(item.pos())
    painter.setPen(QPen(surface.colors.inner, 1.0))
    painter.setBrush(surface.colors.canvas)
    painter.drawRoundedRect(field, CORNER, CORNER)
    seen = field.intersected(exposed)
    if seen.isEmpty():
        return
    painter.save()
    if item.face.bypassed:
        painter.setOpacity(0.55)
    inner.render(painter, seen, seen.translated(-item.origin), Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.restore()

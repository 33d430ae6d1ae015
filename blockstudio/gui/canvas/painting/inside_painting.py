"""How scenes are painted that are not worked in: the inside of an expanded node, and what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.node_item import NodeItem
    from blockstudio.gui.canvas.scene.items import ItemStore

CORNER = 6.0


def paint_inside(painter: QPainter, item: NodeItem, exposed: QRectF) -> None:
    """The field with the inner wires and nodes, as far as it lies in an exposed part of the scene."""
    opening, inner, surface = item.geometry.opening, item.inner, item.surface
    if opening is None or inner is None or item.covered:
        return
    field = opening.rect.translated(item.pos())
    seen = field.intersected(exposed)
    if seen.isEmpty():
        return
    painter.setPen(QPen(surface.colors.inner, 1.0))
    painter.setBrush(surface.colors.canvas)
    painter.drawRoundedRect(field, CORNER, CORNER)
    painter.save()
    if item.face.bypassed:
        painter.setOpacity(0.55)
    painter.translate(item.origin)
    inner.surface.within = opening.field
    paint_scene(painter, inner, seen.translated(-item.origin))
    inner.surface.within = None
    painter.restore()


def paint_scene(painter: QPainter, scene: ItemStore, exposed: QRectF) -> None:
    """A part of a scene that no view shows, or not as this one, whose coordinates the painter has.

    What Qt has for this paints all there is, however little of it is to be seen.
    """
    surface, option = scene.surface, QStyleOptionGraphicsItem()
    before = surface.calm, surface.view, surface.strips
    surface.calm, surface.view, surface.strips = True, None, ()
    painter.save()
    painter.setClipRect(exposed, Qt.ClipOperation.IntersectClip)
    option.exposedRect = exposed
    for note in sorted(scene.notes.values(), key=lambda note: note.zValue()):
        if note.sceneBoundingRect().intersects(exposed):
            painter.translate(note.pos())
            note.paint(painter, option)
            painter.translate(-note.pos())
    for layer in scene.layers:
        painter.save()
        layer.paint(painter, option)
        painter.restore()
    painter.restore()
    surface.calm, surface.view, surface.strips = before

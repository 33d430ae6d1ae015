"""How the inside of an expanded node is painted: its graph, smaller, on a field of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from blockstudio.gui.canvas.edge_item import curve
from blockstudio.gui.canvas.insides import InnerPill
from blockstudio.gui.canvas.keys import node_key
from blockstudio.gui.canvas.look import WIRE, blend, measure, title_size

if TYPE_CHECKING:
    from blockstudio.gui.canvas.faces import Face
    from blockstudio.gui.canvas.inside_layout import InsideGeometry
    from blockstudio.gui.canvas.node_item import NodeItem
    from blockstudio.gui.canvas.surface import Surface

CORNER = 6.0
LABEL_HEIGHT = 16.0
LABEL_ROOM = 24.0
"""Wire that must be left bare on both sides of a label together."""


def paint_inside(painter: QPainter, item: NodeItem) -> None:
    """The field with the inner wires, pills and nodes."""
    from blockstudio.gui.canvas import node_painting
    from blockstudio.gui.canvas.node_item import NodeItem  # nodes are painted within nodes

    inside, surface = item.geometry.inside, item.surface
    assert inside is not None
    field = inside.rect()
    painter.save()
    painter.setPen(QPen(surface.colors.inner, 1.0))
    painter.setBrush(surface.colors.canvas)
    painter.drawRoundedRect(field, CORNER, CORNER)
    painter.setClipRect(field, Qt.ClipOperation.IntersectClip)
    painter.translate(field.topLeft())
    painter.scale(inside.scale, inside.scale)
    painter.translate(-inside.corner[0], -inside.corner[1])
    painter.setPen(QPen(surface.colors.wire, WIRE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for _, start, end in inside.wires:
        painter.drawPath(curve(start, end, inside.down))
    painter.setFont(surface.fonts.small)
    for source, start, end in inside.wires:
        _label(painter, surface.label(source, inside.location), start, end, inside.down, surface)
    for pill, rect in inside.pills:
        _pill(painter, pill, rect, surface)
    for node, _, (x, y) in inside.nodes:
        inner = NodeItem(node_key(node.name), node.face, surface)
        painter.translate(x, y)
        node_painting.paint(painter, inner)
        painter.translate(-x, -y)
    painter.restore()


def labels(inside: InsideGeometry | None, surface: Surface) -> tuple[str, ...]:
    """The shapes on all wires inside, however deep: when one changes, the picture does."""
    if inside is None:
        return ()
    own = tuple(surface.label(source, inside.location) for source, _, _ in inside.wires)
    return own + tuple(text for _, shape, _ in inside.nodes for text in labels(shape.inside, surface))


def _label(painter: QPainter, text: str, start: QPointF, end: QPointF, down: bool, surface: Surface) -> None:
    small = measure("small")
    width = small.width(text) + 8.0
    room = end.y() - start.y() - LABEL_HEIGHT if down else end.x() - start.x() - width
    if not text or room < LABEL_ROOM:
        return
    middle = (start + end) / 2
    rect = QRectF(middle.x() - width / 2, middle.y() - LABEL_HEIGHT / 2, width, LABEL_HEIGHT)
    painter.fillRect(rect, surface.colors.canvas)
    painter.setPen(surface.colors.label)
    painter.drawText(QPointF(rect.left() + 4.0, small.middle(middle.y())), text)


def paint_outline(painter: QPainter, inside: InsideGeometry, surface: Surface, scale: float) -> None:
    """The inside from afar: boxes with titles as large as they can be, and wires."""
    colors = surface.colors
    scale *= inside.scale
    painter.save()
    painter.fillRect(inside.rect(), colors.canvas)
    painter.translate(inside.place)
    painter.scale(inside.scale, inside.scale)
    painter.translate(-inside.corner[0], -inside.corner[1])
    painter.setPen(QPen(colors.wire, WIRE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for _, start, end in inside.wires:
        painter.drawPath(curve(start, end, inside.down))
    boxes: list[tuple[QRectF, QColor, str, InsideGeometry | None]]
    boxes = [(rect, colors.muted, pill.key.name, None) for pill, rect in inside.pills]
    boxes += [
        (
            QRectF(x, y, geometry.width, geometry.height),
            node_color(node.face, surface),
            node.face.title,
            geometry.inside,
        )
        for node, geometry, (x, y) in inside.nodes
    ]
    font = QFont(surface.fonts.title)
    for rect, hue, title, deeper in boxes:
        painter.setPen(QPen(blend(hue, colors.card, 0.25), 1.0 / scale))
        painter.setBrush(blend(hue, colors.card, 0.82))
        painter.drawRect(rect)
        strip = QRectF(rect)
        if deeper is not None:
            strip.setHeight(deeper.place.y())
            painter.translate(rect.topLeft())
            paint_outline(painter, deeper, surface, scale)
            painter.translate(-rect.topLeft())
        size = title_size(title, strip.width() - 10.0, strip.height() - 4.0, scale)
        if size:
            font.setPixelSize(size)
            painter.setFont(font)
            painter.setPen(colors.text)
            painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, title)
    painter.restore()


def node_color(face: Face, surface: Surface) -> QColor:
    """The colour of a node: its own, or that of its kind."""
    return QColor(face.color) if face.color else surface.colors.hue(face.category)


def _pill(painter: QPainter, pill: InnerPill, rect: QRectF, surface: Surface) -> None:
    colors, fonts = surface.colors, surface.fonts
    titles, details = measure("title"), measure("detail")
    painter.setPen(QPen(colors.muted, 1.5))
    painter.setBrush(blend(colors.card, colors.muted, 0.16))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    text = titles.width(pill.key.name) + (details.width(pill.detail) + 8.0 if pill.detail else 0.0)
    x, y = rect.center().x() - text / 2, rect.center().y()
    painter.setPen(colors.text)
    painter.setFont(fonts.title)
    painter.drawText(QPointF(x, titles.middle(y)), pill.key.name)
    if pill.detail:
        painter.setPen(colors.muted)
        painter.setFont(fonts.detail)
        painter.drawText(QPointF(x + titles.width(pill.key.name) + 8.0, details.middle(y)), pill.detail)

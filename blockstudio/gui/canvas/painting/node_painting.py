"""How a node is painted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from blockstudio.gui.canvas.facts.faces import Face, PortFace, Row
from blockstudio.gui.canvas.facts.flowing import PLAIN, SIGNS, Form, Kind
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.painting.look import (
    CHIP,
    PADDING,
    PORT,
    PORT_Y,
    RADIUS,
    ROW,
    WIRE,
    blend,
    colors,
    icon_path,
    measure,
    tint,
)
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.node_item import NodeItem
    from blockstudio.gui.canvas.painting.placed import Severity
    from blockstudio.gui.canvas.painting.surface import Surface

NAME_Y = 13.0
"""From a port at the top or bottom to the middle of its name."""
_NONE = Qt.BrushStyle.NoBrush

HEAD_TINT = 0.11
"""Share of the category's colour behind the title, and in the chip round its icon, and in the border."""
CHIP_TINT = 0.26
EDGE_TINT = 0.4
HOVER_TINT = 0.15
"""Of the colour of texts, in the border of what the pointer is over."""


def node_color(face: Face, surface: Surface) -> QColor:
    """The colour of a node: its own, or that of its kind."""
    return QColor(face.color) if face.color else surface.colors.hue(face.category)


def paint(painter: QPainter, item: NodeItem) -> None:
    """The node at a size its text can be read in, without the graph that may be shown inside."""
    face, g, surface = item.face, item.geometry, item.surface
    hue = node_color(face, surface)
    box = QRectF(0.5, 0.5, g.width - 1, g.height - 1)
    _box(painter, item, box, hue)
    if face.bypassed:
        _pass_through(painter, item)
        painter.setOpacity(0.55)
    _header(painter, item, hue)
    if g.rows_top is not None:
        _rows(painter, item, g.rows_top)
    painter.setOpacity(1.0)
    _footer(painter, item, hue)
    _ports(painter, item)
    if item.severity and not surface.printing:
        badge(painter, QPointF(g.width - 2.0, 2.0), item.severity, surface)


def _box(painter: QPainter, item: NodeItem, box: QRectF, hue: QColor) -> None:
    face, colors = item.face, item.surface.colors
    radius = 16.0 if face.style == "tensor" else RADIUS
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.shadow)
    painter.drawRoundedRect(box.translated(0, 2.0), radius, radius)
    selected = item.shows_selected
    if selected:
        painter.setBrush(colors.halo)
        painter.drawRoundedRect(box.adjusted(-4, -4, 4, 4), radius + 4, radius + 4)
    edge, width = blend(colors.border, hue, EDGE_TINT), 1.0
    if face.style == "shared":
        edge, width = hue, 1.5
    elif face.style == "instance":
        edge, width = blend(colors.muted, hue, EDGE_TINT), 1.5
    if item.severity == "error":
        edge = colors.error
    if item.shows_hovered:
        edge, width = edge if item.severity == "error" else blend(hue, colors.text, HOVER_TINT), 1.5
    if selected:
        edge, width = colors.accent, 1.5
    head = colors.card if face.bypassed else blend(colors.card, hue, HEAD_TINT)
    header = item.geometry.header
    if face.style in ("shared", "unknown") or face.bypassed:
        painter.setBrush(head)
        painter.drawRoundedRect(box, radius, radius)
        _below(painter, box, radius, header, colors.card)
        pen = QPen(edge, width)
        pen.setDashPattern([1.5, 2.5] if face.style == "unknown" else [4.0, 2.5])
        painter.setPen(pen)
        painter.setBrush(_NONE)
        painter.drawRoundedRect(box, radius, radius)
        return
    if face.style == "instance":
        fill_bordered(painter, box, radius, edge, width, colors.card)
        box, radius = box.adjusted(3, 3, -3, -3), radius - 3
        edge, width = blend(edge, colors.card, 0.4), 1.0
    fill_bordered(painter, box, radius, edge, width, head)
    half = width / 2
    _below(painter, box.adjusted(half, half, -half, -half), radius - half, header, colors.card)


def _below(painter: QPainter, box: QRectF, radius: float, top: float, fill: QColor) -> None:
    """What is below the title has the colour of a card."""
    if box.bottom() - top < 2 * radius:
        return
    lower = QRectF(box.left(), top, box.width(), box.bottom() - top)
    painter.setBrush(fill)
    painter.drawRoundedRect(lower, radius, radius)
    lower.setHeight(radius)
    painter.drawRect(lower)


def _pass_through(painter: QPainter, item: NodeItem) -> None:
    """The wires that go through a bypassed node as if it were not there."""
    g, colors = item.geometry, item.surface.colors
    painter.setPen(QPen(colors.wire, WIRE, Qt.PenStyle.DashLine))
    painter.setBrush(_NONE)
    for port, output in item.face.bypassed:
        if port:
            start, end = g.anchor(port, False), g.anchor(output, True)
            path = QPainterPath(start)
            if g.down:
                path.cubicTo(QPointF(start.x(), g.height / 2), QPointF(end.x(), g.height / 2), end)
            else:
                path.cubicTo(QPointF(g.width / 2, start.y()), QPointF(g.width / 2, end.y()), end)
            painter.drawPath(path)


def fill_bordered(painter: QPainter, box: QRectF, radius: float, edge: QColor, width: float, fill: QColor) -> None:
    """A rounded box with a border: two fills, for Qt takes ten times as long to stroke one."""
    half = width / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(edge)
    painter.drawRoundedRect(box.adjusted(-half, -half, half, half), radius + half, radius + half)
    painter.setBrush(fill)
    painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius - half, radius - half)


def _header(painter: QPainter, item: NodeItem, hue: QColor) -> None:
    face, g, surface = item.face, item.geometry, item.surface
    colors, fonts = surface.colors, surface.fonts
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(blend(colors.card, hue, CHIP_TINT))
    chip = QRectF(PADDING, g.top + PORT_Y - CHIP / 2, CHIP, CHIP)
    painter.drawRoundedRect(chip, 6.0, 6.0)
    _icon(painter, face.icon, chip.center(), hue)
    painter.setPen(colors.text)
    painter.setFont(fonts.title)
    painter.drawText(QPointF(g.title.x, measure("title").middle(g.title.y)), g.title.text)
    painter.setPen(colors.detail)
    if face.name:
        names = measure("name")
        x = g.width - PADDING - names.width(face.name)
        painter.setFont(fonts.name)
        painter.drawText(QPointF(x, names.middle(g.title.y)), face.name)
    if g.detail:
        painter.setFont(fonts.detail)
        metrics = measure("detail")
        for line in g.detail:
            painter.drawText(QPointF(line.x, metrics.middle(line.y)), line.text)


def _icon(painter: QPainter, name: str, center: QPointF, color: QColor, size: float = 16.0) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.translate(center)
    painter.drawPath(icon_path(name, size))
    painter.translate(-center)


def _rows(painter: QPainter, item: NodeItem, top: float) -> None:
    face, g, surface = item.face, item.geometry, item.surface
    colors, fonts = surface.colors, surface.fonts
    _rule(painter, item, top)
    if not g.rows:
        painter.setFont(fonts.small)
        painter.setPen(colors.muted)
        y = top + 3.0 + ROW / 2
        painter.drawText(QPointF(PADDING + 4, measure("small").middle(y)), tr("Drop layers here"))
    for row, rect in g.rows:
        _row(painter, item, row, rect)
    if g.more:
        painter.setFont(fonts.small)
        painter.setPen(colors.muted)
        text = tr("… {count} more").format(count=face.more_rows)
        painter.drawText(QPointF(g.more.x, measure("small").middle(g.more.y)), text)


def _row(painter: QPainter, item: NodeItem, row: Row, rect: QRectF) -> None:
    g, surface = item.geometry, item.surface
    colors, fonts = surface.colors, surface.fonts
    y = rect.center().y()
    small, titles, details = measure("small"), measure("title"), measure("detail")
    painter.setPen(colors.muted)
    painter.setFont(fonts.small)
    severity = item.row_severity.get(row.key)
    if severity and not surface.printing:
        badge(painter, QPointF(g.row_titles - 16.0, y), severity, surface)
    else:
        painter.drawText(QPointF(g.row_titles - 8.0 - small.width(row.index), small.middle(y)), row.index)
    x = g.row_titles
    if row.icon:
        hue = colors.hue(row.category)
        _icon(painter, row.icon, QPointF(x + 6.0, y), hue, 13.0)
        x += 22.0
        painter.setPen(colors.text)
        painter.setFont(fonts.title)
        painter.drawText(QPointF(x, titles.middle(y)), row.title)
        x += titles.width(row.title) + 8.0
        painter.setPen(colors.muted)
        painter.setFont(fonts.detail)
        painter.drawText(QPointF(x, details.middle(y)), row.detail)
    else:
        painter.setPen(colors.text)
        painter.setFont(fonts.detail)
        painter.drawText(QPointF(x, details.middle(y)), row.title)


def _rule(painter: QPainter, item: NodeItem, y: float) -> None:
    painter.setPen(QPen(item.surface.colors.inner, 1.0))
    inset = 4.0 if item.face.style == "instance" else 1.0
    painter.drawLine(QPointF(inset, y), QPointF(item.geometry.width - inset, y))


def _footer(painter: QPainter, item: NodeItem, hue: QColor) -> None:
    face, g, surface = item.face, item.geometry, item.surface
    colors, fonts = surface.colors, surface.fonts
    small = measure("small")
    if g.tag:
        _icon(painter, face.tag_icon, QPointF(PADDING + 6.0, g.tag.y), hue, 12.0)
        painter.setPen(blend(hue, colors.text, 0.25))
        painter.setFont(fonts.small)
        painter.drawText(QPointF(g.tag.x, small.middle(g.tag.y)), g.tag.text)
    if g.device is not None:
        painter.setPen(QPen(colors.border, 1.0))
        painter.setBrush(_NONE)
        painter.drawRoundedRect(g.device, g.device.height() / 2, g.device.height() / 2)
        painter.setPen(colors.muted)
        painter.setFont(fonts.small)
        painter.drawText(g.device, Qt.AlignmentFlag.AlignCenter, item.face.device)
    if g.comment_top is not None:
        _rule(painter, item, g.comment_top)
        painter.setPen(colors.muted)
        painter.setFont(fonts.small)
        for line in g.comment:
            painter.drawText(QPointF(line.x, small.middle(line.y)), line.text)


def _ports(painter: QPainter, item: NodeItem) -> None:
    g, surface = item.geometry, item.surface
    small = measure("small")
    name = item.key.name
    labels, near = surface.fonts.small, item.shows_hovered
    for is_source, anchors in ((False, g.inputs), (True, g.outputs)):
        for port, anchor in anchors.items():
            face = anchor.face
            key = PortKey(name, port, is_source)
            paint_port(painter, anchor.point, key, face, surface, item.kinds.get(key, PLAIN), near)
            if face.label:
                painter.setFont(labels)
                painter.setPen(surface.colors.muted if face.known else surface.colors.error)
                x, y = g.width - PADDING - small.width(face.label) if is_source else PADDING, anchor.point.y()
                if g.down:
                    x = anchor.point.x() - small.width(face.label) / 2
                    y += NAME_Y * (-1 if is_source else 1)
                painter.drawText(QPointF(x, small.middle(y)), face.label)


def paint_port(
    painter: QPainter,
    point: QPointF,
    key: PortKey,
    face: PortFace,
    surface: Surface,
    kind: Kind = PLAIN,
    near: bool = False,
) -> None:
    """Filled where a wire is, empty where one may be; larger where the open wire can go, and where the pointer is near.

    The form tells what flows.
    """
    colors = surface.colors
    carried = colors.kind(kind)
    radius, ring, fill = PORT, carried, colors.card
    if not face.known:
        ring = fill = colors.error
    elif face.wired:
        fill = carried
    elif face.spare:
        radius -= 1.0
    elif not key.is_source:
        ring = colors.muted
    if surface.wire is not None:
        if surface.wire.accepts(key):
            radius, ring, fill = PORT + 1.5, colors.accent, colors.halo
            if surface.port == key:
                radius, fill = PORT + 3.0, colors.accent
        elif surface.port == key and key != surface.wire.origin:
            ring, fill = colors.error, colors.error
        elif key != surface.wire.origin:
            ring = tint(ring, 0.35)
    elif surface.port == key:
        radius, ring = PORT + 2.0, colors.accent
    elif near and face.known:
        radius, ring = radius + 0.75, blend(carried, colors.text, 0.35)
        fill = ring if face.wired else fill
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ring)
    form = SIGNS[kind].form
    draw_form(painter, form, point, radius + 0.75)
    if fill is not ring:
        # Under a fill that is not solid the wire would show.
        painter.setBrush(colors.card)
        draw_form(painter, form, point, radius - 0.75)
        painter.setBrush(fill)
        draw_form(painter, form, point, radius - 0.75)
    if not face.known:
        painter.setPen(QPen(colors.card, 1.5))
        for slope in (-1.0, 1.0):  # crossed out: the node has no such port
            away = QPointF(2.2, 2.2 * slope)
            painter.drawLine(point - away, point + away)


CORNERS: Mapping[Form, Sequence[tuple[float, float]]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)),
    "triangle": ((-1.25, 1.0), (0.0, -1.25), (1.25, 1.0)),
    "plus": tuple(
        (x * a - y * b, x * b + y * a)
        for a, b in ((0, -1), (1, 0), (0, 1), (-1, 0))
        for x, y in ((0.45, -0.45), (1.25, -0.45), (1.25, 0.45))
    ),
}
"""For a radius of 1: forms that look as large as a circle."""


def draw_form(painter: QPainter, form: Form, point: QPointF, radius: float) -> None:
    """One of the forms of ports, in the brush of the painter."""
    if form == "circle":
        painter.drawEllipse(point, radius, radius)
    else:
        painter.drawPolygon([QPointF(point.x() + radius * x, point.y() + radius * y) for x, y in CORNERS[form]])


def port_icon(kind: Kind, ratio: float) -> QIcon:
    """A port where something of a kind flows, for a legend."""
    picture = QPixmap(round(16 * ratio), round(16 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors().kind(kind))
    draw_form(painter, SIGNS[kind].form, QPointF(8.0, 8.0), PORT + 0.75)
    painter.end()
    return QIcon(picture)


def badge(painter: QPainter, center: QPointF, severity: Severity, surface: Surface) -> None:
    """A problem: told by shape, not by colour alone. A disc for an error, a triangle for a warning."""
    colors = surface.colors
    color = {"error": colors.error, "warning": colors.warning}.get(severity, colors.accent)
    painter.setPen(QPen(colors.canvas, 1.5))
    painter.setBrush(color)
    x, y = center.x(), center.y()
    if severity == "warning":
        painter.drawPolygon([QPointF(x, y - 8.5), QPointF(x + 9.5, y + 7), QPointF(x - 9.5, y + 7)])
        y += 1.5
    else:
        painter.drawEllipse(center, 8.0, 8.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.canvas)
    if severity == "info":
        painter.drawRect(QRectF(x - 1, y - 1.5, 2, 5.5))
        painter.drawEllipse(QPointF(x, y - 4.0), 1.2, 1.2)
    else:
        painter.drawRoundedRect(QRectF(x - 1.1, y - 4.6, 2.2, 5.6), 1, 1)
        painter.drawEllipse(QPointF(x, y + 3.4), 1.3, 1.3)

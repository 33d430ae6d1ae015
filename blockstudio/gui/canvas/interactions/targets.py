"""Where a block that is dragged over the canvas can land: in a Sequential, on a wire, or on the ground."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.errors import EditError
from blockstudio.graph.model import Definition, Endpoint, Instance, Node
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.placing import check_child
from blockstudio.gui.canvas.interactions.base import bubble, bubble_rect
from blockstudio.gui.canvas.layout.layout import LINE_DROP
from blockstudio.gui.canvas.painting.inside_painting import CORNER
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.scene.hits import wire_at
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.scene.surroundings import Spot
from blockstudio.gui.i18n import message, tr

WIRE_REACH = 14.0
LINE_END = 20.0
"""From the last of a line to the mark behind it."""


@frozen
class Landing:
    """At most one of these: a place in a Sequential, a wire, or a place in the shown sequence."""

    sequential: str = ""
    index: int = 0
    wire: Endpoint | None = None
    place: int | None = None
    block: str = ""
    """A block that takes what is dragged in."""
    goal: Spot | None = None
    """Another graph that is seen, and the place in it."""
    text: str = ""
    """What goes there."""
    refusal: str = ""
    """Why it cannot go into the Sequential it is over."""


GROUND = Landing()


def landing(
    scene: CanvasScene, point: QPointF, node: Node | None, own: Collection[str] = (), *, on_wires: bool = False
) -> Landing:
    """Where a node would land if it were let go. `own` are the names of what is dragged."""
    if scene.sequence:
        return Landing(place=place_in_row(scene, point, own))
    over = _sequential_at(scene, point, own)
    if over is not None and node is not None:
        try:
            assert scene.document is not None
            check_child(scene.document, scene.location, node)
        except EditError as error:
            return Landing(refusal=message(error))
        y = point.y() - over.y()  # on the title: at the end, so that layers dropped one by one come in order
        inside = dict(scene.graph.nodes[over.key.name].graphs())["body"].nodes
        index = over.geometry.gap_at(y) if y > over.geometry.header else len(inside)
        return Landing(sequential=over.key.name, index=index)
    if on_wires:
        wire = wire_at(scene, point, WIRE_REACH)
        if wire is not None and not {wire.name, scene.edges[Endpoint(wire.name, wire.port)].source.node} & set(own):
            return Landing(wire=Endpoint(wire.name, wire.port))
    return GROUND


def _sequential_at(scene: CanvasScene, point: QPointF, own: Collection[str]) -> NodeItem | None:
    x, y = point.x(), point.y()
    for key in scene.things_near((x, y, x, y)):
        item = scene.nodes.get(key.name) if key.kind == "node" and key.name not in own else None
        if item is not None and item.face.takes_rows and item.inner is None and item.body.contains(point):
            return item
    return None


def place_in_row(scene: CanvasScene, point: QPointF, own: Collection[str]) -> int:
    """How many are before a point, in the order of reading."""
    bodies = [scene.nodes[name].body for name in scene.graph.nodes if name not in own]
    between = LINE_DROP / 2
    return sum(
        body.bottom() + between < point.y() or (body.top() - between < point.y() and body.center().x() < point.x())
        for body in bodies
    )


def block_at(scene: CanvasScene, point: QPointF, own: Collection[str]) -> str:
    """The block made of nodes at a place; "" for none."""
    document, x, y = scene.document, point.x(), point.y()
    assert document is not None
    for key in scene.things_near((x, y, x, y)):
        node = scene.graph.nodes.get(key.name) if key.kind == "node" and key.name not in own else None
        if isinstance(node, Instance) and isinstance(document.definitions.get(node.definition), Definition):
            return key.name
    return ""


def show_landing(scene: CanvasScene, where: Landing, point: QPointF, own: Collection[str] = ()) -> None:
    """Mark the landing on the overlay."""
    if where.goal is not None:
        _show_goal(scene, where, where.goal, point)
    elif where.refusal:
        rect = bubble_rect(scene.surface, point, where.refusal)
        scene.overlay.show_painting(rect, lambda p: bubble(scene.surface, p, point, where.refusal, bad=True))
    elif where.sequential:
        item = scene.nodes[where.sequential]
        y = item.y() + item.geometry.gap_y(where.index)
        line = QRectF(item.x() + 6, y - 1.5, item.geometry.width - 12, 3)
        scene.overlay.show_painting(
            item.body.adjusted(-4, -4, 4, 4), lambda painter: _mark_gap(painter, scene, item.body, line)
        )
    elif where.wire is not None:
        edge = scene.edges[where.wire]
        path = edge.path()
        pen = QPen(scene.surface.colors.accent, 5.0)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)

        def mark_wire(painter: QPainter) -> None:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)

        scene.overlay.show_painting(path.boundingRect().adjusted(-6, -6, 6, 6), mark_wire)
    elif where.block:
        body = scene.nodes[where.block].body
        text = tr("Move into {name}").format(name=where.block)

        def mark_block(painter: QPainter) -> None:
            painter.setPen(QPen(scene.surface.colors.accent, 3.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(-3, -3, 3, 3), 11.0, 11.0)
            bubble(scene.surface, painter, point, text)

        area = body.adjusted(-6, -6, 6, 6).united(bubble_rect(scene.surface, point, text))
        scene.overlay.show_painting(area, mark_block)
    elif where.place is not None:
        line = _line_in_row(scene, where.place, own)
        scene.overlay.show_painting(line.adjusted(-2, -2, 2, 2), lambda painter: _mark_line(painter, scene, line))
    else:
        scene.overlay.wipe()


def _show_goal(scene: CanvasScene, where: Landing, goal: Spot, point: QPointF) -> None:
    """The frame of another graph that is seen, where it has one, and the place in a row."""
    surface, away = scene.surface, point - goal.point
    field = goal.scene.field().translated(away) if goal.framed else QRectF()
    line = _line_in_row(goal.scene, where.place, ()).translated(away) if where.place is not None else None

    def mark_goal(painter: QPainter) -> None:
        painter.setPen(QPen(surface.colors.accent, 3.0 / surface.scale))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if goal.framed:
            painter.drawRoundedRect(field, CORNER, CORNER)
        if line is not None:
            _mark_line(painter, scene, line)
        bubble(surface, painter, point, where.refusal or where.text, bad=bool(where.refusal))

    margin = 4.0 / surface.scale
    area = field.adjusted(-margin, -margin, margin, margin) if goal.framed else QRectF()
    area = area.united(bubble_rect(surface, point, where.refusal or where.text))
    scene.overlay.show_painting(area, mark_goal)


def _line_in_row(scene: CanvasScene, place: int, own: Collection[str]) -> QRectF:
    rest = [scene.nodes[name].body for name in scene.graph.nodes if name not in own]
    pills = scene.pills
    left = rest[place - 1] if place else pills[Key("input", "input")].body
    right = rest[place] if place < len(rest) else pills[Key("output", "output")].body
    if right.left() < left.right():  # between two lines: at the end of the first
        right = left.translated(left.width() + 2 * LINE_END, 0.0)
    x = (left.right() + right.left()) / 2
    return QRectF(x - 1.5, min(left.top(), right.top()) - 14, 3, max(left.height(), right.height()) + 28)


def _mark_line(painter: QPainter, scene: CanvasScene, line: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(scene.surface.colors.accent)
    painter.drawRoundedRect(line, 1.5, 1.5)


def _mark_gap(painter: QPainter, scene: CanvasScene, body: QRectF, line: QRectF) -> None:
    painter.setPen(QPen(scene.surface.colors.accent, 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(body, 9.0, 9.0)
    _mark_line(painter, scene, line)

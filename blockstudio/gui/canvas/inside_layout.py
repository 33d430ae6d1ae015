"""Where everything goes that is drawn inside an expanded node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define
from PySide6.QtCore import QPointF, QRectF

from blockstudio.graph.document import Location
from blockstudio.graph.model import Endpoint, Position
from blockstudio.gui.canvas import flow, layout
from blockstudio.gui.canvas.insides import InnerNode, InnerPill, Inside
from blockstudio.gui.canvas.keys import Key, node_key, owner_key
from blockstudio.gui.canvas.look import PILL, PILL_TOP, measure, pill_port

if TYPE_CHECKING:
    from blockstudio.gui.canvas.faces import Face
    from blockstudio.gui.canvas.geometry import NodeGeometry

WIDEST, HIGHEST = 900.0, 520.0
"""Of the inside, in scene units."""
LARGEST_SCALE = 0.8
"""What is inside is smaller than what is outside."""
MARGIN = 18.0
PILL_SIDE = 14.0


@define
class InsideGeometry:
    """Sizes are those of the scene; places of nodes, pills and wires are those of the inner graph."""

    location: Location
    scale: float
    width: float
    height: float
    corner: Position
    """The inner place that is at the upper left."""
    nodes: list[tuple[InnerNode, NodeGeometry, Position]] = Factory(list)
    pills: list[tuple[InnerPill, QRectF]] = Factory(list)
    wires: list[tuple[Endpoint, QPointF, QPointF]] = Factory(list)
    """What each is fed from, and its two ends."""
    down: bool = False
    place: QPointF = Factory(QPointF)
    """Where the upper left is within the node."""

    def rect(self) -> QRectF:
        """The field within the node."""
        return QRectF(self.place.x(), self.place.y(), self.width, self.height)

    def node_at(self, point: QPointF) -> str:
        """The inner node at a place within the outer one; "" for none."""
        x = (point.x() - self.place.x()) / self.scale + self.corner[0]
        y = (point.y() - self.place.y()) / self.scale + self.corner[1]
        for node, geometry, (left, top) in self.nodes:
            if left <= x <= left + geometry.width and top <= y <= top + geometry.height:
                return node.name
        return ""


def lay_out(inside: Inside, geometry: Callable[[Face], NodeGeometry]) -> InsideGeometry:
    """Where the nodes, pills and wires of an inside go, and how small they have to be."""
    shapes = {node_key(node.name): geometry(node.face) for node in inside.nodes}
    widths = {pill.key: _pill_width(pill) for pill in inside.pills}
    places = {node_key(node.name): node.position for node in inside.nodes}
    places |= {pill.key: pill.position for pill in inside.pills}

    def offset(end: Endpoint, is_source: bool) -> tuple[Key, QPointF]:
        """A port, as what carries it and where on that it is."""
        key = owner_key(end, is_source)
        if key in shapes:
            return key, shapes[key].anchor(end.port, is_source)
        return key, QPointF(*pill_port(widths[key], is_source, inside.down))

    ends = [(offset(source, True), offset(target, False)) for source, target in inside.wires]
    if not inside.placed:
        boxes = {pill.key: layout.Box(widths[pill.key], 40.0) for pill in inside.pills if pill.key.kind == "input"}
        boxes |= {key: layout.Box(shape.width, max(shape.height, 40.0)) for key, shape in shapes.items()}
        boxes |= {pill.key: layout.Box(widths[pill.key], 40.0) for pill in inside.pills if pill.key.kind == "output"}
        side = QPointF.x if inside.down else QPointF.y
        wires = [layout.Wire(start, side(a), end, side(b)) for (start, a), (end, b) in ends]
        places = flow.arranged(boxes, wires, down=inside.down)[0]
    area = QRectF()
    for key, (x, y) in places.items():
        shape = shapes.get(key)
        top, height = (0.0, shape.height) if shape else (PILL_TOP, PILL)
        area = area.united(QRectF(x, y + top, shape.width if shape else widths[key], height))
    area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    scale = min(LARGEST_SCALE, WIDEST / area.width(), HIGHEST / area.height())
    result = InsideGeometry(inside.location, scale, area.width() * scale, area.height() * scale, (area.x(), area.y()))
    result.down = inside.down
    result.nodes = [(node, shapes[node_key(node.name)], places[node_key(node.name)]) for node in inside.nodes]
    result.pills = [
        (pill, QRectF(places[pill.key][0], places[pill.key][1] + PILL_TOP, widths[pill.key], PILL))
        for pill in inside.pills
    ]
    result.wires = [
        (source, QPointF(*places[start]) + a, QPointF(*places[end]) + b)
        for (source, _), ((start, a), (end, b)) in zip(inside.wires, ends, strict=True)
    ]
    return result


def _pill_width(pill: InnerPill) -> float:
    text = measure("title").width(pill.key.name)
    if pill.detail:
        text += measure("detail").width(pill.detail) + 8.0
    return max(50.0, text + 2 * PILL_SIDE)

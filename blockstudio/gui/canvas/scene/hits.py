"""What is under the pointer: ports first and generously, then nodes, wires, notes."""

from __future__ import annotations

from operator import itemgetter
from typing import Literal

from attrs import frozen
from PySide6.QtCore import QPointF

from blockstudio.gui.canvas.facts.keys import Key, PortKey, owner_key
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.surface import Detail
from blockstudio.gui.canvas.scene.scene import CanvasScene

PORT_REACH = 12.0
"""Scene units round a port, and at least PORT_PIXELS on the screen."""
PORT_PIXELS = 9.0
PORT_INSIDE = 10.0
"""How far a port reaches into its node, which is to be taken hold of everywhere else."""
WIRE_PIXELS = 6.0

What = Literal["empty", "port", "row", "thing", "grip", "wire", "bend"]


@frozen
class Hit:
    what: What
    key: Key | None = None
    port: PortKey | None = None
    row: int | None = None
    """The row of a node, for `row`; the point of a wire, for `bend`."""


NOTHING = Hit("empty")


def hit(scene: CanvasScene, point: QPointF) -> Hit:
    """What is at a place of the scene."""
    surface = scene.surface
    reach = max(PORT_REACH, PORT_PIXELS / surface.scale)
    x, y = point.x(), point.y()
    near = scene.things_near((x - reach, y - reach, x + reach, y + reach))
    items = [item for key in near if (item := scene.thing(key)) is not None]
    if surface.detail == Detail.FULL:
        port = _port(items, point, reach)
        if port is not None:
            return Hit("port", owner_key(port.endpoint, port.is_source), port)
    over = [item for item in items if not isinstance(item, NoteItem) and _holds(item.box(), x, y)]
    if over:
        top = max(over, key=lambda item: item.rank)
        if isinstance(top, NodeItem) and surface.detail == Detail.FULL:
            row = top.geometry.row_at(y - top.y())
            if row is not None:
                return Hit("row", top.key, row=row)
        return Hit("thing", top.key)
    notes = [item for item in items if isinstance(item, NoteItem)]
    for note in notes:
        if note.selected and note.grip().contains(point):
            return Hit("grip", note.key)
    paper = [note for note in notes if not note.note.frame and note.holds(point)]
    if paper:
        return Hit("thing", paper[-1].key)
    wire = wire_at(scene, point)
    if wire is not None:
        index = _bend_at(scene, wire, point) if surface.detail == Detail.FULL else None
        return Hit("wire", wire) if index is None else Hit("bend", wire, row=index)
    frames = sorted((n for n in notes if n.holds(point)), key=lambda note: note.width * note.height)
    return Hit("thing", frames[0].key) if frames else NOTHING


def _holds(box: Box, x: float, y: float) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def _bend_at(scene: CanvasScene, wire: Key, point: QPointF) -> int | None:
    """The point of a wire that is meant."""
    edge = scene.edge(wire)
    reach = PORT_PIXELS / scene.surface.scale
    near = (abs(x - point.x()) < reach and abs(y - point.y()) < reach for x, y in edge.via) if edge else ()
    return next((index for index, is_near in enumerate(near) if is_near), None)


def port_at(scene: CanvasScene, point: QPointF, reach: float = PORT_REACH) -> PortKey | None:
    """The port nearest to a place, within a reach."""
    x, y = point.x(), point.y()
    near = scene.things_near((x - reach, y - reach, x + reach, y + reach))
    return _port([item for key in near if (item := scene.thing(key)) is not None], point, reach)


def _port(items: list[NodeItem | PillItem | NoteItem], point: QPointF, reach: float) -> PortKey | None:
    nearest, best = None, reach * reach
    for item in items:
        if isinstance(item, NoteItem):
            continue
        inside = item.body.contains(point)
        for port, place in item.ports():
            dx, dy = place.x() - point.x(), place.y() - point.y()
            if inside and abs(dy if item.down else dx) > PORT_INSIDE:
                continue
            if dx * dx + dy * dy < best:
                nearest, best = port, dx * dx + dy * dy
    return nearest


def wire_at(scene: CanvasScene, point: QPointF, reach: float = 0.0) -> Key | None:
    """The wire nearest to a place, within a few pixels of the screen or `reach`."""
    reach = max(reach, WIRE_PIXELS / scene.surface.scale)
    x, y = point.x(), point.y()
    best: Key | None = None
    edges = [scene.edges[target] for target in scene.wires_near((x - reach, y - reach, x + reach, y + reach))]
    # Most need not be looked at closely; the likely ones first.
    likely = [(least, edge) for edge in edges if (least := edge.least_distance(x, y)) <= reach]
    for least, edge in sorted(likely, key=itemgetter(0)):
        if least > reach:
            break
        distance = edge.distance(point)
        if distance < reach:
            best, reach = edge.key, distance
    return best

"""Drawing a wire: from a port, or an end of a wire pulled off an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.edits import Batch, Connect, Edit
from blockstudio.graph.model import Endpoint, Graph
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, bubble, bubble_rect
from blockstudio.gui.canvas.painting.edge_item import curve
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.surface import OpenWire
from blockstudio.gui.canvas.scene.hits import port_at
from blockstudio.gui.i18n import message, tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

REACH = 22.0
"""How near the pointer must come to a port, in scene units at 100 %."""


class DrawWire(Interaction):
    """Ports that fit light up; a refused one says why; in empty space one chooses what to add."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, pressed: PortKey) -> None:
        super().__init__(canvas)
        self._pressed = pressed
        graph = self.scene.graph
        held = graph.edges.get(pressed.endpoint) if not pressed.is_source else None
        self._pulled: Endpoint | None = pressed.endpoint if held is not None else None
        """The input that a wire was pulled off."""
        self._origin = PortKey(held.node, held.port, True) if held is not None else pressed
        self.scene.surface.wire = open_wire(graph, self._origin)
        self._target: PortKey | None = None
        self._moved = False
        if self._pulled is not None:
            self.scene.edges[self._pulled].hidden = True
        self.scene.update()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        self._moved = True
        scene = self.scene
        near = self._port_near(point)
        wire = scene.surface.wire
        assert wire is not None
        self._target = near if near is not None and wire.accepts(near) else None
        refusal = self._refusal(near) if near is not None and self._target is None else ""
        if scene.surface.port != near:
            for port in (scene.surface.port, near):
                if port is not None:
                    scene.update_port(port)
            scene.surface.port = near
        end = scene.port_place(self._target) if self._target else point
        start = scene.port_place(self._origin)
        path = curve(start, end, scene.down) if self._origin.is_source else curve(end, start, scene.down)
        rect = path.boundingRect().adjusted(-8, -8, 8, 8)
        if refusal:
            rect = rect.united(bubble_rect(scene.surface, point, refusal))

        def paint(painter: QPainter) -> None:
            surface = scene.surface
            pen = QPen(surface.colors.error if refusal else surface.colors.accent, 2.5)
            if self._target is None:
                pen.setDashPattern([3.0, 2.0])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
            if refusal:
                bubble(surface, painter, point, refusal, bad=True)

        scene.overlay.show_painting(rect, paint)

    def _port_near(self, point: QPointF) -> PortKey | None:
        """The port meant: one near by, or else the first free one that fits of the node under the pointer."""
        scene = self.scene
        wire = scene.surface.wire
        assert wire is not None
        near = port_at(scene, point, max(REACH, 12.0 / scene.surface.scale))
        if near is not None and near != self._origin and near.is_source != self._origin.is_source:
            return near
        for key in scene.things_near((point.x(), point.y(), point.x(), point.y())):
            item = scene.thing(key)
            if not isinstance(item, NodeItem | PillItem) or not item.body.contains(point):
                continue
            ports = [port for port, _ in item.ports() if port.is_source != self._origin.is_source]
            free = [port for port in ports if port.is_source or port.endpoint not in scene.graph.edges]
            for port in (*free, *ports):
                if port.node != self._origin.node or not port.node:
                    return port
        return None

    def _refusal(self, port: PortKey) -> str:
        """Why a wire cannot go to a port."""
        source, target = (self._origin, port) if self._origin.is_source else (port, self._origin)
        cycle = topology.path_between(self.scene.graph, target.node, source.node)
        if not cycle:
            return ""
        error = EditError(
            mark("This wire would close a circle: {cycle}. Use a While or Repeat block for a loop."),
            cycle=" → ".join([*cycle, cycle[0]]),
        )
        return message(error)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        port, target = self.scene.surface.port, self._target
        self._clear()
        if not self._moved:
            self.canvas.select_port(self._pressed)
            return
        if target is not None:
            self._connect(target)
        elif port is not None:
            self.canvas.refuse(self._refusal(port))
        elif self._pulled is not None:
            self.canvas.push(
                Connect(self.scene.location, self._pulled, None), tr("Unplug {name}").format(name=_end(self._pulled))
            )
        elif not self.scene.sequence:
            self.canvas.search_to_add(point, wire=self._origin)

    def _connect(self, port: PortKey) -> None:
        source, target = (self._origin, port) if self._origin.is_source else (port, self._origin)
        if self._pulled == target.endpoint:
            return
        edits: list[Edit] = []
        if self._pulled is not None:
            edits.append(Connect(self.scene.location, self._pulled, None))
        edits.append(Connect(self.scene.location, target.endpoint, source.endpoint))
        edit = edits[0] if len(edits) == 1 else Batch(tuple(edits))
        text = tr("Connect {source} to {target}").format(source=_end(source.endpoint), target=_end(target.endpoint))
        self.canvas.push(edit, text)

    def cancel(self) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._pulled is not None and self._pulled in self.scene.edges:
            self.scene.edges[self._pulled].hidden = False
        self.scene.surface.wire = self.scene.surface.port = None
        self.scene.overlay.wipe()
        self.scene.update()


def open_wire(graph: Graph, origin: PortKey) -> OpenWire:
    """A wire that is plugged in at one end: its other end cannot go where it would close a circle."""
    reach = topology.upstream if origin.is_source else topology.downstream
    name = origin.node
    return OpenWire(origin, reach(graph, {name}) | {name} if name else set())


def _end(end: Endpoint) -> str:
    return end.node or end.port

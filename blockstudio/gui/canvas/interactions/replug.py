"""Pulling wires off the output they come from, to plug them in at another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from blockstudio.graph import topology
from blockstudio.graph.edits import Batch, Connect
from blockstudio.graph.model import Endpoint, Graph
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, bubble, bubble_rect
from blockstudio.gui.canvas.interactions.wire import DrawWire, end_name, port_meant
from blockstudio.gui.canvas.painting.edge_item import curve
from blockstudio.gui.canvas.painting.surface import OpenWire
from blockstudio.gui.canvas.scene.surroundings import FarPort, Spot
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Replug(Interaction):
    """Outputs that can feed all of the wires light up; let go over nothing, they are taken off."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, targets: Sequence[Endpoint]) -> None:
        super().__init__(canvas)
        self._targets = tuple(targets)
        self._pressed = PortKey(*self.scene.graph.edges[self._targets[0]], is_source=True)
        self._origins = [PortKey(*target, is_source=False) for target in self._targets]
        self._ends = [self.scene.port_place(origin) for origin in self._origins]
        self._source: PortKey | None = None
        self._moved = False
        self.scene.surface.wire = open_wire(self.scene.graph, self._targets)
        self._hide(True)
        if len(self._targets) > 1:
            self.hint = tr("{count} wires, to another output").format(count=len(self._targets))

    def _hide(self, hidden: bool) -> None:
        for target in self._targets:
            if target in self.scene.edges:
                self.scene.edges[target].hidden = hidden
        self.scene.update()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        self._moved = True
        scene = self.scene
        near = port_meant(Spot(self.canvas.session.trail, scene, point), self._origins[0], scene)
        why = self._refusal(near) if near is not None else ""
        self._source = None if why else near
        scene.surface.port = near
        start = scene.port_place(self._source) if self._source else point
        path = QPainterPath()
        for end in self._ends:
            path.addPath(curve(start, end, scene.down))
        rect = path.boundingRect().adjusted(-8, -8, 8, 8)
        if why:
            rect = rect.united(bubble_rect(scene.surface, point, why))

        def paint(painter: QPainter) -> None:
            colors = scene.surface.colors
            pen = QPen(colors.error if why else colors.accent, 2.5)
            if self._source is None:
                pen.setDashPattern([3.0, 2.0])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
            if why:
                bubble(scene.surface, painter, point, why, bad=True)

        scene.overlay.show_painting(rect, paint)
        scene.update()

    def _refusal(self, port: PortKey) -> str:
        far = FarPort(self.canvas.session.trail, port)
        found = (self.canvas.spanning.refusal(origin, far) for origin in self._origins)
        return next((text for text in found if text), "")

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        port, source = self.scene.surface.port, self._source
        self.cancel()
        if not self._moved:
            self.canvas.select_port(self._pressed)
        elif source is not None:
            self.canvas.replug(self._targets, source.endpoint)
        elif port is not None:
            self.canvas.refuse(self._refusal(port))
        else:
            edits = tuple(Connect(self.scene.location, target, None) for target in self._targets)
            self.canvas.push(Batch(edits), tr("Unplug {name}").format(name=end_name(self._pressed.endpoint)))

    def cancel(self) -> None:
        self._hide(False)
        self.canvas.spanning.put_out()


def open_wire(graph: Graph, targets: Sequence[Endpoint]) -> OpenWire:
    """Wires that are plugged in at some inputs: none can come from what is behind one of them."""
    names = {target.node for target in targets if target.node}
    return OpenWire(PortKey(*targets[0], is_source=False), topology.downstream(graph, names) | names)


def nearer_end(canvas: Canvas, wire: Key, point: QPointF) -> Interaction:
    """Taking hold of the end of a wire that is nearer to a place on it."""
    edge = canvas.canvas_scene.edge(wire)
    assert edge is not None
    to_start, to_end = ((end - point).manhattanLength() for end in (edge.start, edge.end))
    return Replug(canvas, [edge.target]) if to_start < to_end else DrawWire(canvas, PortKey(*edge.target, False))

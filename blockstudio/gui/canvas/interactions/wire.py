"""Drawing a wire: from a port, or an end of a wire pulled off an input, where it changes places with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.graph.edits import Batch, Connect, Edit
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, bubble, bubble_rect
from blockstudio.gui.canvas.painting.edge_item import curve
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.scene.hits import port_at
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.scene.surroundings import FarPort, Spot
from blockstudio.gui.i18n import tr
from blockstudio.gui.navigation import common_steps

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

REACH = 22.0
"""How near the pointer must come to a port, in scene units at 100 %."""


class DrawWire(Interaction):
    """Ports that fit light up; a refused one says why; in empty space one chooses what to add."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, pressed: PortKey, *, keep: bool = False) -> None:
        """`keep`: where a wire is plugged in it stays, and another is drawn from where it comes from."""
        super().__init__(canvas)
        self._pressed = pressed
        graph = self.scene.graph
        held = graph.edges.get(pressed.endpoint) if not pressed.is_source else None
        self._pulled: Endpoint | None = pressed.endpoint if held is not None and not keep else None
        """The input that a wire was pulled off."""
        self._swapped: Endpoint | None = None
        """What feeds the input that it goes to, and is to feed the one it was pulled off instead."""
        self._origin = PortKey(held.node, held.port, True) if held is not None else pressed
        self._trail = canvas.session.trail
        self._seen = canvas.spanning.light(self._origin)
        """The graphs that are seen, the one worked in first."""
        self._over = self._seen[0]
        """The one that the pointer is over."""
        self._target: PortKey | None = None
        self._moved = False
        if self._pulled is not None:
            self.scene.edges[self._pulled].hidden = True
        self.scene.update()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        self._moved = True
        scene = self.scene
        spot = self.canvas.spot(point)
        self._over, away = spot, point - spot.point
        near = port_meant(spot, self._origin, scene)
        refusal = self._refusal(near) if near is not None else ""
        self._target = near if near is not None and not refusal else None
        self.canvas.spanning.point_at(spot, near)
        end = spot.scene.port_place(self._target) + away if self._target else point
        start = scene.port_place(self._origin)
        path = curve(start, end, scene.down) if self._origin.is_source else curve(end, start, scene.down)
        rect = path.boundingRect().adjusted(-8, -8, 8, 8)
        self._swapped = self._to_swap(bool(modifiers & Qt.KeyboardModifier.AltModifier))
        text = refusal or (self._told() if self._target else "")
        if text:
            rect = rect.united(bubble_rect(scene.surface, point, text))

        def paint(painter: QPainter) -> None:
            surface = scene.surface
            pen = QPen(surface.colors.error if refusal else surface.colors.accent, 2.5)
            if self._target is None:
                pen.setDashPattern([3.0, 2.0])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
            if text:
                bubble(surface, painter, point, text, bad=bool(refusal))

        scene.overlay.show_painting(rect, paint)

    @property
    def _across(self) -> bool:
        """Whether the pointer is over another graph than the wire begins in."""
        return self._over.trail != self._trail

    def _told(self) -> str:
        """What else comes of it: whose borders the wire would cross, or that another takes its place."""
        if self._swapped is not None:
            return tr("The two change places")
        here, there = self._trail, self._over.trail
        common = common_steps(here, there)
        names = ", ".join(place.node for place in (*here[common:], *there[common:]))
        return tr("Through a port of {name}").format(name=names) if names else ""

    def _to_swap(self, anywhere: bool) -> Endpoint | None:
        """What is to feed the input that a wire was pulled off, as it goes to another input that is fed already: of
        the same node, or with `anywhere` of any, where that closes no circle."""
        pulled, target = self._pulled, self._target
        if pulled is None or target is None or target.endpoint == pulled or self._across:
            return None
        fed = self.scene.graph.edges.get(target.endpoint)
        if fed is None or not (anywhere or target.node == pulled.node):
            return None
        back = FarPort(self._trail, PortKey(*pulled, is_source=False))
        return None if self.canvas.spanning.refusal(PortKey(*fed, is_source=True), back) else fed

    def _refusal(self, port: PortKey) -> str:
        """Why a wire cannot go to a port."""
        return self.canvas.spanning.refusal(self._origin, FarPort(self._over.trail, port))

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        port, target = self._over.scene.surface.port, self._target
        self._swapped = self._to_swap(bool(modifiers & Qt.KeyboardModifier.AltModifier))
        self._clear()
        if not self._moved:
            self.canvas.select_port(self._pressed)
            return
        if target is not None and self._across:
            self.canvas.spanning.connect(self._origin, self._trail, FarPort(self._over.trail, target), self._pulled)
        elif target is not None:
            self._connect(target)
        elif port is not None:
            self.canvas.refuse(self._refusal(port))
        elif self._pulled is not None:
            self.canvas.push(
                Connect(self.scene.location, self._pulled, None),
                tr("Unplug {name}").format(name=end_name(self._pulled)),
            )
        else:
            self._search(point)

    def _search(self, point: QPointF) -> None:
        """What to add where nothing is; near its frame that belongs to the graph the wire begins in."""
        goal = self.canvas.surroundings.goal(self._trail, point, ())
        if goal.scene.sequence:
            return
        if goal.trail == self._trail:
            self.canvas.search_to_add(point, wire=self._origin)
        else:
            self.canvas.spanning.search(self._origin, goal, self.canvas.mapFromScene(point))

    def _connect(self, port: PortKey) -> None:
        source, target = (self._origin, port) if self._origin.is_source else (port, self._origin)
        if self._pulled == target.endpoint:
            return
        edits: list[Edit] = []
        if self._pulled is not None:
            edits.append(Connect(self.scene.location, self._pulled, self._swapped))
        edits.append(Connect(self.scene.location, target.endpoint, source.endpoint))
        edit = edits[0] if len(edits) == 1 else Batch(tuple(edits))
        text = tr("Connect {source} to {target}").format(
            source=end_name(source.endpoint), target=end_name(target.endpoint)
        )
        self.canvas.push(edit, text)

    def cancel(self) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._pulled is not None and self._pulled in self.scene.edges:
            self.scene.edges[self._pulled].hidden = False
        self.canvas.spanning.put_out()


def port_meant(spot: Spot, origin: PortKey, home: CanvasScene) -> PortKey | None:
    """The port that a wire from a port of `home` is to go to: one near by, or else of the node there the nearest that
    fits, is free and needed."""
    scene, point = spot.scene, spot.point
    inside = scene is home
    near = port_at(scene, point, max(REACH, 12.0 / scene.surface.scale))
    if near is not None and near.is_source != origin.is_source and not (inside and near == origin):
        return near
    for key in scene.things_near((point.x(), point.y(), point.x(), point.y())):
        item = scene.thing(key)
        if not isinstance(item, NodeItem | PillItem) or not item.body.contains(point):
            continue
        if isinstance(item, NodeItem) and item.inner is home:
            continue  # on the frame of where the wire begins
        spare = {face.name for face in item.face.inputs if face.spare} if isinstance(item, NodeItem) else set()
        wire = scene.surface.wire
        ranks = {
            port: (
                wire is not None and not wire.accepts(port),
                not port.is_source and port.endpoint in scene.graph.edges,
                port.port in spare,
                (place - point).manhattanLength(),
            )
            for port, place in item.ports()
            if port.is_source != origin.is_source and (not inside or port.node != origin.node or not port.node)
        }
        if ranks:
            return min(ranks, key=ranks.__getitem__)
    return None


def end_name(end: Endpoint) -> str:
    """What carries a port, or the port of the border itself."""
    return end.node or end.port

"""Wires by keyboard: from a port to another that is found by its name, off a port, and the points they run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.graph.edits import Batch, Connect, Edit
from blockstudio.graph.model import Endpoint
from blockstudio.gui import matching
from blockstudio.gui.canvas.commands import walking
from blockstudio.gui.canvas.facts.keys import Key, PortKey, edge_key, owner_key
from blockstudio.gui.canvas.interactions.replug import open_wire
from blockstudio.gui.canvas.interactions.wire import end_name
from blockstudio.gui.canvas.painting.edge_item import curve
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.surface import OpenWire
from blockstudio.gui.canvas.scene.surroundings import FarPort, Spot
from blockstudio.gui.i18n import tr
from blockstudio.gui.matching import Choice
from blockstudio.gui.search_popup import ROW_HEIGHT, SIZE

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene
    from blockstudio.gui.canvas.view import Canvas

ADD = "+"
"""The choice that adds a node for the wire."""
OpenIn = tuple[Spot, OpenWire]
"""A graph that is seen, and the wire as it can go on there."""


class Wiring:
    """Each is one undoable step. What a wire could go to is listed, the nearest first; the chosen one is shown."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._origin: PortKey | None = None
        """While it is asked where a wire goes: where that is plugged in."""
        self._ends: Sequence[FarPort] = ()
        self._places: Mapping[FarPort, tuple[Spot, QPointF]] = {}
        """The graphs they are in, and where they are for the one that is worked in."""
        canvas.search_popup.current.connect(self._preview)
        canvas.search_popup.closed.connect(self._over)

    # --- connecting -------------------------------------------------------------------------------

    @property
    def _scene(self) -> CanvasScene:
        return self._canvas.canvas_scene

    def connect(self) -> None:
        """Ask where the selected port is to be wired to, or the selected wire is to go instead."""
        spot = self._canvas.focus.spot
        if spot is None or self._scene.sequence:
            return
        edge = self._scene.edge(spot) if isinstance(spot, Key) else None
        origin = PortKey(*edge.source, is_source=True) if edge is not None else self._port_meant(spot)
        if origin is None:
            return
        moved = edge.target if edge is not None else None
        name = owner_key(origin.endpoint, origin.is_source).name
        if moved is not None:
            prompt = tr("Where should the wire from {name} go instead?")
        else:
            prompt = tr("What should {name} feed?") if origin.is_source else tr("What should feed {name}?")

        def chosen(far: FarPort) -> None:
            self._connect(origin, far, moved)

        spanning = self._canvas.spanning
        wires = [(spot, spanning.open_wire(origin, spot.trail)) for spot in spanning.light(origin)]
        self._ask(origin, wires, chosen, prompt.format(name=name), adds=True)

    def replug(self) -> None:
        """Ask which output is to feed the selected wire, or all wires of the selected node or port, instead."""
        spot, scene = self._canvas.focus.spot, self._scene
        edge = scene.edge(spot) if isinstance(spot, Key) else None
        if edge is not None:
            targets = [edge.target]
        else:
            port = self._port_meant(spot) if spot is not None else None
            targets = self.fed_by(port) if port is not None and port.is_source else [port.endpoint] if port else []
        targets = [target for target in targets if target in scene.graph.edges]
        if not targets or scene.sequence:
            return

        def chosen(far: FarPort) -> None:
            self._canvas.replug(targets, far.port.endpoint)

        wire = scene.surface.wire = open_wire(scene.graph, targets)
        scene.update()
        here = self._canvas.surroundings.seen(self._canvas.session.trail)[0]
        names = ", ".join(dict.fromkeys(end_name(target) for target in targets[:3]))
        prompt = tr("What should feed {name} instead?").format(name=names)
        self._ask(wire.origin, [(here, wire)], chosen, prompt, adds=False)

    def fed_by(self, port: PortKey) -> list[Endpoint]:
        """The inputs that an output feeds; none of an input."""
        edges = self._scene.graph.edges_out_of(port.node) if port.is_source else []
        return [target for source, target in edges if source == port.endpoint]

    def swap(self) -> None:
        """Let the wires of the selected node change places; those of the selected input, or wire, and the next."""
        spot, scene = self._canvas.focus.spot, self._scene
        edge = scene.edge(spot) if isinstance(spot, Key) else None
        at = edge.target if edge is not None else spot.endpoint if isinstance(spot, PortKey) else None
        if spot is None or scene.sequence:
            return
        node = owner_key(edge.target, False) if edge is not None else walking.owner(spot)
        ends = [port.endpoint for port in walking.ports_of(scene, node) if not port.is_source]
        fed = [end for end in ends if end in scene.graph.edges]
        if at is None and len(fed) == 1:
            at = fed[0]
        places = fed
        if at in ends:
            others = [*ends[ends.index(at) + 1 :], *ends[: ends.index(at)]]
            places = [at, *sorted(others, key=lambda end: end not in fed)[:1]]
        sources = [scene.graph.edges.get(end) for end in places]
        if len(set(sources)) > 1:
            shifted = zip(places, [sources[-1], *sources], strict=False)
            edits = tuple(Connect(scene.location, end, source) for end, source in shifted)
            self._canvas.push(Batch(edits), tr("Swap the inputs of {name}").format(name=node.name))

    def _port_meant(self, spot: walking.Spot) -> PortKey | None:
        """A port itself; of a node its first output, or the first input of one that gives nothing."""
        if isinstance(spot, PortKey):
            return spot
        ports = walking.ports_of(self._scene, spot)
        return next((port for port in ports if port.is_source), ports[0] if ports else None)

    def _ask(
        self, origin: PortKey, wires: Sequence[OpenIn], take: Callable[[FarPort], None], prompt: str, *, adds: bool
    ) -> None:
        canvas, session = self._canvas, self._canvas.session
        self._origin = origin
        self._ends = self._fitting(origin, wires)
        choices = [self._choice(index, far) for index, far in enumerate(self._ends)]
        choices += [Choice(ADD, tr("Add a node…"), icon="mdi6.plus")] if adds else []

        def chosen(payload: str) -> None:
            with session.guard():
                if payload == ADD:
                    canvas.select_port(origin)
                    canvas.search_to_add()
                else:
                    take(self._ends[int(payload)])

        place = canvas.mapFromScene(self._scene.port_place(origin)) + QPoint(-170, 24)
        canvas.search_popup.open(
            place,
            lambda text: matching.ranked(choices, text),
            chosen,
            prompt=prompt,
            title=tr("Ports that fit"),
            size=SIZE.boundedTo(QSize(SIZE.width(), 64 + ROW_HEIGHT * len(choices))),
        )

    def _fitting(self, origin: PortKey, wires: Sequence[OpenIn]) -> list[FarPort]:
        """The ports a wire can go to and is not at yet: free ones first, then by how near they are.

        Those of graphs around this one, and inside nodes, come after its own.
        """
        start = self._scene.port_place(origin)
        found = []
        places: dict[FarPort, tuple[Spot, QPointF]] = {}
        for number, (spot, wire) in enumerate(wires):
            scene = spot.scene
            for item in scene.things():
                if not isinstance(item, NodeItem | PillItem) or scene.sequence:
                    continue
                for port, at in item.ports():
                    if wire.accepts(port) and (number or not self._joined(origin, port)):
                        far, place = FarPort(spot.trail, port), at - spot.point
                        taken = not port.is_source and port.endpoint in scene.graph.edges
                        found.append((bool(number), taken, (place - start).manhattanLength(), port, len(places)))
                        places[far] = spot, place
        self._places, ends = places, list(places)
        return [ends[index] for *_, index in sorted(found)]

    def _joined(self, one: PortKey, other: PortKey) -> bool:
        source, target = (one, other) if one.is_source else (other, one)
        return self._scene.graph.edges.get(target.endpoint) == source.endpoint

    def _choice(self, index: int, far: FarPort) -> Choice:
        port, scene = far.port, self._places[far][0].scene
        item = scene.thing(owner_key(port.endpoint, port.is_source))
        source = None if port.is_source else scene.graph.edges.get(port.endpoint)
        where = "" if far.trail == self._canvas.session.trail else scene.location.path()
        fed = tr("fed by {names}").format(names=source.node or source.port) if source else ""
        if isinstance(item, NodeItem):
            face = item.face
            several = len(face.outputs if port.is_source else face.inputs) > 1
            detail = " ".join(part for part in (port.port if several else "", fed) if part)
            return Choice(str(index), port.node, where or face.title, face.icon, face.category, detail=detail)
        kind = tr("Input") if port.is_source else tr("Output")
        icon = "mdi6.login-variant" if port.is_source else "mdi6.logout-variant"
        return Choice(str(index), port.port, where or kind, icon, detail=fed)

    def _connect(self, origin: PortKey, far: FarPort, moved: Endpoint | None) -> None:
        here, end = self._canvas.session.trail, far.port
        if far.trail != here:
            self._canvas.spanning.connect(origin, here, far, moved)
            return
        source, target = (origin, end) if origin.is_source else (end, origin)
        location = self._scene.location
        edits: list[Edit] = [Connect(location, moved, None)] if moved is not None else []
        edits.append(Connect(location, target.endpoint, source.endpoint))
        text = tr("Connect {source} to {target}").format(
            source=source.node or source.port, target=target.node or target.port
        )
        if self._canvas.push(edits[0] if len(edits) == 1 else Batch(tuple(edits)), text):
            self._canvas.focus.go(edge_key(target.endpoint))

    # --- showing the choice -----------------------------------------------------------------------

    def _preview(self, payload: str) -> None:
        """Draw the wire as the choice would have it."""
        origin, scene = self._origin, self._scene
        if origin is None:
            return
        if not payload.isdigit():
            self._canvas.spanning.point_at(None, None)
            scene.overlay.wipe()
        else:
            far = self._ends[int(payload)]
            spot, place = self._places[far]
            self._canvas.spanning.point_at(spot, far.port)
            places = scene.port_place(origin), place
            start, end_at = places if origin.is_source else places[::-1]
            path = curve(start, end_at, scene.down)
            pen = QPen(scene.surface.colors.accent, 2.5, Qt.PenStyle.DashLine)

            def paint(painter: QPainter) -> None:
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(path)

            scene.overlay.show_painting(path.boundingRect().adjusted(-4, -4, 4, 4), paint)
        scene.update()

    def _over(self) -> None:
        if self._origin is not None:
            self._origin, self._places = None, {}
            self._canvas.spanning.put_out()

    # --- taking off -------------------------------------------------------------------------------

    def delete(self) -> None:
        """Take the wires off the selected port; or delete what else is selected."""
        port = self._canvas.focus.port
        if port is None:
            self._canvas.delete_selection()
            return
        wires = walking.wires_at(self._scene, port)
        if wires and not self._scene.sequence:
            edits = [Connect(self._scene.location, edge.target, None) for edge in wires]
            self._canvas.push(Batch(tuple(edits)), tr("Unplug {name}").format(name=port.node or port.port))

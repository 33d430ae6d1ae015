"""Room for what is added: in line with what it is wired to, beside others, and along the flow."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF

from blockstudio.catalog.ports import Ports, node_ports
from blockstudio.graph import topology
from blockstudio.graph.edits import Batch
from blockstudio.graph.model import Endpoint, Position
from blockstudio.gui.canvas.facts.keys import Key, node_key, owner_key
from blockstudio.gui.canvas.facts.places import GRID, placement
from blockstudio.gui.canvas.facts.placing import Made, main_ports
from blockstudio.gui.canvas.scene.items import Thing
from blockstudio.gui.canvas.scene.session_view import SessionView

BESIDE = 70.0
"""Between a node and the one that is added behind it."""
GAP = 60.0
"""Between a node that was put into a wire and its neighbours."""
MOST_TRIES = 60


class MakingRoom(SessionView):
    """Each is part of a step that adds."""

    def _centre(self, made: Made) -> None:
        """Downwards ports are in the middle of what is added: bring it to where its corner was put."""
        scene = self.canvas_scene
        item = scene.thing(made.key)
        if scene.down and item is not None and (made.node is not None or made.key.kind in ("input", "output")):
            self._shift({made.key: (item.x() - item.body.width() / 2, item.y())})

    def _shift(self, places: dict[Key, Position]) -> None:
        """Put things elsewhere, as part of what is being done."""
        edits = placement(self.canvas_scene.location, self.canvas_scene.graph, places)
        if edits:
            self.session.push(Batch(tuple(edits)), "")

    def _push_ends(self, key: Key) -> None:
        """Outputs that nothing feeds yet make room for what is added in front of them."""
        scene = self.canvas_scene
        item = scene.thing(key)
        if item is None or scene.sequence:
            return
        reach = item.body.adjusted(0.0, 0.0, 0.0, BESIDE) if scene.down else item.body.adjusted(0.0, 0.0, BESIDE, 0.0)
        self._shift(
            {
                other: (pill.x(), _up_to_grid(reach.bottom())) if scene.down else (_up_to_grid(reach.right()), pill.y())
                for other, pill in scene.pills.items()
                if other.kind == "output"
                and pill.body.intersects(reach)
                and scene.graph.source_of("", other.name) is None
            }
        )

    def _move_to_free(self, key: Key) -> None:
        """Aside to where nothing is covered and no wire of others is crossed."""
        scene = self.canvas_scene
        item = scene.thing(key)
        if item is None:
            return
        steps = [(way, 0.0) if scene.down else (0.0, way) for way in range(0, MOST_TRIES * 20, 20)]
        dx, dy = next((step for step in steps if self._is_free(item.body.translated(*step), key)), (0.0, 0.0))
        self._shift({key: (item.x() + dx, item.y() + dy)})

    def _is_free(self, body: QRectF, key: Key) -> bool:
        scene = self.canvas_scene
        room = body.adjusted(-10.0, -10.0, 10.0, 10.0)
        near = scene.things_near((room.left(), room.top(), room.right(), room.bottom())) - {key}
        if not all(other.kind == "note" and scene.graph.notes[other.name].frame for other in near):
            return False
        own = scene.ends_of([key])
        return not any(edge.target not in own and edge.path().intersects(body) for edge in scene.edges_near(body))

    def make_room(self, key: Key, target: Endpoint) -> None:
        """What stands too near in front of a node that was put into a wire moves it along; what is behind moves on."""
        scene = self.canvas_scene
        item = scene.thing(key)
        first = scene.thing(owner_key(target, False))
        source = scene.graph.source_of(key.name, main_ports(self._ports_at(key.name))[0])
        last = scene.thing(owner_key(source, True)) if source is not None else None
        if item is None or first is None:
            return
        body, places = self._along(item.body), {}
        before = self._along(last.body) if last is not None else body
        if before.right() + GAP > body.left() > before.left() and _overlap(before, body):
            way = _up_to_grid(before.right() + GAP) - body.left()
            body.translate(way, 0.0)
            places[key] = self._moved(item, way)
        self._shift(places | self._pushed(body, target, first))

    def _ports_at(self, name: str) -> Ports:
        return node_ports(self.session.document, self.session.location, self.session.graph.nodes[name])

    def _pushed(self, body: QRectF, target: Endpoint, first: Thing) -> dict[Key, Position]:
        """Where what is behind a wire goes for a box to have room in front of it."""
        scene = self.canvas_scene
        start = self._along(first.body).left()
        missing = body.right() + GAP - start
        if missing <= 0:
            return {}
        shift = _up_to_grid(missing)
        behind = {target.node} | topology.downstream(scene.graph, {target.node}) if target.node else set()
        keys = [node_key(name) for name in behind] + [key for key in scene.pills if key.kind == "output"]
        return {
            key: self._moved(item, shift)
            for key in keys
            if (item := scene.thing(key)) is not None and self._along(item.body).left() >= start - 1.0
        }

    def _along(self, body: QRectF) -> QRectF:
        """A box as it lies along the flow: from left to right."""
        return QRectF(body.y(), body.x(), body.height(), body.width()) if self.canvas_scene.down else body

    def _moved(self, item: Thing, way: float) -> Position:
        """Where something is that goes some way along the flow."""
        return (item.x(), item.y() + way) if self.canvas_scene.down else (item.x() + way, item.y())


def _up_to_grid(value: float) -> float:
    return ceil(value / GRID) * GRID


def _overlap(one: QRectF, other: QRectF) -> bool:
    """Whether two boxes lie on one line, so that one stands in the other's way."""
    return one.top() < other.bottom() and other.top() < one.bottom()

"""Which wires of a scene are led round nodes, and which have to be looked at again when something moves."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import Key, owner_key
from blockstudio.gui.canvas.facts.spatial import Box, SpatialIndex
from blockstudio.gui.canvas.painting.edge_item import TURN, EdgeItem
from blockstudio.gui.canvas.scene.detours import DIRECT, Detour, detour

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.items import ItemStore

FEW = 60
"""Wires that are led anew with every movement of a drag; more are when it ends."""
MANY = 2000
"""From here on wires are led when they come into view, and only if they can be told from each other there."""


class Ways:
    """Follows what moves, and leads only the wires that are near it: all others stay as they are."""

    def __init__(self, scene: ItemStore) -> None:
        self._scene = scene
        self.moved: dict[Key, Box | None] = {}
        """What came, went or stands elsewhere since the wires were led last, with where it stood."""
        self.loose: set[Endpoint] = set()
        """Wires that run as they come, until they are led."""
        self._watched: SpatialIndex[Endpoint] = SpatialIndex()
        """Of the wires that are led: where something that comes or goes may change their way."""

    def clear(self) -> None:
        """Nothing is shown any more."""
        self.moved.clear()
        self.loose.clear()
        self._watched.clear()

    def loosen(self, edge: EdgeItem) -> None:
        """A wire has other ends: it runs as it comes, until it is led."""
        edge.lead((), None)
        self._watched.remove(edge.target)

    def drop(self, target: Endpoint) -> None:
        """A wire is gone."""
        self.loose.discard(target)
        self._watched.remove(target)

    def draw(self, targets: Iterable[Endpoint]) -> None:
        """Draw some wires anew, and lead all that have to be."""
        self._scene.route(targets)
        self.settle()

    def settle(self) -> None:
        """Lead the wires with other ends, and those near which something moved."""
        scene = self._scene
        for key, before in self.moved.items() if len(self.loose) < len(scene.edges) else ():
            item = scene.thing(key) if key.kind != "note" else None
            for box in (before, item.box() if item is not None else None):
                if box is not None and key.kind != "note":
                    self.loose |= scene.wires_near(box)
                    self.loose |= self._watched.near(box)
        self.moved.clear()
        if len(self.loose) <= MANY:
            self.lead(set(self.loose))

    def lead_in(self, area: QRectF) -> None:
        """Lead the wires in an area that are not yet, before they are painted."""
        if self.loose and not self.moved:
            loose = self.loose & self._scene.wires_near((area.left(), area.top(), area.right(), area.bottom()))
            if len(loose) <= MANY // 2:
                self.lead(loose)

    def lead(self, targets: AbstractSet[Endpoint]) -> None:
        """Lead wires round what stands in their way now."""
        scene = self._scene
        self.loose -= targets
        for target in targets:
            edge = scene.edges.get(target)
            if edge is None or not edge.drawn:
                continue
            way = self.way_of(edge)
            points = tuple((y, x) for x, y in way.points) if edge.down else way.points
            if edge.lead(points, way.level):
                scene.overview.touch_wire(edge)
                scene.put_wire(edge)
            if way.reach:
                self._watched.put(target, _watched(edge, way.reach))
            else:
                self._watched.remove(target)

    def way_of(self, edge: EdgeItem) -> Detour:
        """The way of a wire as things stand."""
        if edge.via or edge.implied:
            return DIRECT
        scene, down = self._scene, edge.down
        ends = owner_key(edge.source, True), owner_key(edge.target, False)

        def near(box: Box) -> list[Box]:
            found = scene.boxes_near(_turned(box) if down else box, ends)
            return [_turned(other) for other in found] if down else found

        def own() -> list[Box]:
            boxes = [item.box() for key in ends if (item := scene.thing(key)) is not None]
            return [_turned(box) for box in boxes] if down else boxes

        return detour(edge.ends, near, own)


def _turned(box: Box) -> Box:
    left, top, right, bottom = box
    return top, left, bottom, right


def _watched(edge: EdgeItem, reach: float) -> Box:
    a0, b0, a1, b1 = edge.ends
    box = min(a0, a1) - TURN, min(b0, b1) - reach, max(a0, a1) + TURN, max(b0, b1) + reach
    return _turned(box) if edge.down else box

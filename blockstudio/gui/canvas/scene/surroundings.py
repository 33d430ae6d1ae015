"""What is seen around the graph one works in, where that is inside an expanded node."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import frozen
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from blockstudio.graph.document import Document
from blockstudio.gui.canvas.facts.flowing import Knowledge
from blockstudio.gui.canvas.facts.insides import drawn_in
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.painting.ground import paint_ground, take_back
from blockstudio.gui.canvas.painting.inside_painting import paint_scene
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.surface import Detail
from blockstudio.gui.canvas.scene.family import Family
from blockstudio.gui.canvas.scene.hits import hit
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.navigation import Place, Trail

TEARS = 40.0
"""Pixels beyond a frame at which what is dragged leaves it: nearer by, the frame grows."""


@frozen
class Spot:
    """A place in one of the graphs that are seen: the way to that graph, its scene, and the place in it."""

    trail: Trail
    scene: CanvasScene
    point: QPointF
    framed: bool = False
    """The graph is seen inside a node."""


@frozen
class FarPort:
    """A port of a graph that is seen, and the way to that."""

    trail: Trail
    port: PortKey


@frozen(eq=False)
class Surroundings:
    """The scenes that are seen, from the outermost to the one that is worked in, each inside a node of the one before.

    All have the same zoom, so that they differ in where they have their (0, 0) alone.
    """

    scenes: tuple[CanvasScene, ...]
    doors: tuple[NodeItem, ...] = ()
    """The nodes that show them; none for the outermost."""

    @property
    def outermost(self) -> CanvasScene:
        return self.scenes[0]

    @property
    def origin(self) -> QPointF:
        """Where the graph one works in has its (0, 0), in the coordinates of the outermost."""
        return sum((door.origin for door in self.doors), QPointF())

    def paint(self, painter: QPainter, exposed: QRectF) -> None:
        """All that is around the graph one works in, whose coordinates the painter has."""
        surface, origin = self.scenes[-1].surface, self.origin
        area = exposed.translated(origin)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.translate(-origin)
        paint_ground(painter, area, surface)
        if self.doors:
            self.doors[-1].covered = True
            paint_scene(painter, self.outermost, area)
            self.doors[-1].covered = False
            if surface.wire is None:  # it may go to what is around
                take_back(painter, area, surface)
        painter.translate(origin)

    def seen(self, trail: Sequence[Place]) -> list[Spot]:
        """Every graph that is seen, with where it has the (0, 0) of the one that is worked in, which comes first."""
        start = Spot(tuple(trail[: len(trail) - len(self.doors)]), self.outermost, self.origin)
        found, pending = [], [start]
        while pending:
            spot = pending.pop(0)
            found.append(spot)
            for item in spot.scene.expanded_items():
                if item.inner is not None:
                    way = (*spot.trail, Place(item.inner.location, item.key.name))
                    pending.append(Spot(way, item.inner, spot.point - item.origin, framed=True))
        return sorted(found, key=lambda spot: spot.trail != tuple(trail))

    def spot(self, trail: Sequence[Place], point: QPointF) -> Spot:
        """What is seen at a place, given as that of the graph one works in, at the end of the trail."""
        scene, place = self.outermost, point + self.origin
        way = tuple(trail[: len(trail) - len(self.doors)])
        while (door := _door_at(scene, place)) is not None and door.inner is not None:
            step = Place(door.inner.location, door.key.name)
            if scene.surface.detail == Detail.OVERVIEW and (*way, step) != tuple(trail[: len(way) + 1]):
                break  # too small to be worked in
            way, scene, place = (*way, step), door.inner, place - door.origin
        return Spot(way, scene, place)

    def goal(self, trail: Sequence[Place], point: QPointF, dragged: Collection[str]) -> Spot:
        """Where nodes that are dragged from the graph one works in would go: nowhere else while they are near it."""
        scene, place = self.outermost, point + self.origin
        first = len(trail) - len(self.doors)
        way = tuple(trail[:first])
        if self.doors and self._near_home(place):
            way, scene, place = tuple(trail), self.scenes[-1], point
        while True:
            door: NodeItem | None = None
            if len(way) < len(trail) and way == tuple(trail[: len(way)]):
                home = self.doors[len(way) - first]
                door = home if home is not self.doors[-1] and home.body.contains(place) else None
            if door is None and scene.surface.detail != Detail.OVERVIEW:  # else too small to be dropped in
                but = dragged if scene is self.scenes[-1] else ()
                inside = (item for item in scene.expanded_items() if item.opens_at(place))
                door = next((item for item in inside if item.key.name not in but), None)
            if door is None or door.inner is None:
                break
            way, scene, place = (*way, Place(door.inner.location, door.key.name)), door.inner, place - door.origin
        return Spot(way, scene, place, scene is not self.outermost)

    def _near_home(self, place: QPointF) -> bool:
        """Whether a place of the outermost graph is on or near the frame of the graph one works in."""
        reach = TEARS / self.scenes[-1].surface.scale
        home = self.doors[-1]
        outside = place - sum((door.origin for door in self.doors[:-1]), QPointF())
        return home.body.adjusted(-reach, -reach, reach, reach).contains(outside)


def _door_at(scene: CanvasScene, point: QPointF) -> NodeItem | None:
    """The node inside which a place is."""
    found = hit(scene, point)
    item = scene.nodes.get(found.key.name) if found.key is not None and found.key.kind == "node" else None
    return item if item is not None and found.port is None and item.opens_at(point) else None


def seen_around(
    family: Family, document: Document, trail: Sequence[Place], knowledge: Knowledge
) -> Surroundings | None:
    """What is seen around the graph at the end of a trail; None while the scenes do not follow the document yet."""
    scenes = [family.scene(document, trail[-1].location, knowledge)]
    doors: list[NodeItem] = []
    for outer, place in zip(reversed(trail[:-1]), reversed(trail[1:]), strict=True):
        node = document.graph(outer.location).nodes.get(place.node)
        if node is None or drawn_in(document, outer.location, node, {}) != place.location:
            break
        scene = family.scene(document, outer.location, knowledge)
        door = scene.nodes.get(place.node)
        if door is None or door.inner is not scenes[0]:
            return None
        scenes.insert(0, scene)
        doors.insert(0, door)
    return Surroundings(tuple(scenes), tuple(doors))

"""Room for nodes that have grown with what is inside them; and none left where they have shrunk."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from math import copysign

from attrs import Factory, define, evolve
from PySide6.QtCore import QPointF, QRectF, QSizeF

from blockstudio.graph.edits import Edit, SetNote
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.places import GRID, placement
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.items import Thing
from blockstudio.gui.canvas.scene.scene import CanvasScene


@define
class _Standing:
    """Something beside a node that grows: where it was, and what becomes of it."""

    thing: Thing
    body: QRectF
    shift: QPointF = Factory(QPointF)
    growth: QPointF = Factory(QPointF)

    def way_from(self, before: QRectF, after: QSizeF) -> QPointF:
        """A node that was there has another size, and what stands beside or below its larger one goes along.

        So it does whether the node grows or shrinks, and what was moved by the one is moved back by the other.
        """
        body, larger = self.body, QRectF(before.topLeft(), before.size().expandedTo(after))
        more = _more(before, after)
        if body.left() >= before.right() - 1.0 and _beside(body, larger):
            return QPointF(more.x(), 0.0)
        if body.top() >= before.bottom() - 1.0 and _below(body, larger):
            return QPointF(0.0, more.y())
        return QPointF()

    def along(self, down: bool) -> tuple[float, float, float, float]:
        """Where it begins and ends along a way to the right, or down, and across that."""
        body = self.body
        across, along = (body.left(), body.right()), (body.top(), body.bottom())
        return (*along, *across) if down else (*across, *along)

    @property
    def is_frame(self) -> bool:
        """Whether it takes along what stands in it."""
        return isinstance(self.thing, NoteItem) and self.thing.note.frame

    def grow_with(self, before: QRectF, after: QSizeF) -> None:
        """A frame round a node that has another size."""
        if self.is_frame and self.body.contains(before):
            more = _more(before, after)
            self.growth += more
            self.body.setSize(self.body.size() + QSizeF(more.x(), more.y()))

    def move(self, way: QPointF) -> None:
        self.shift += way
        self.body.translate(way)


def _more(before: QRectF, after: QSizeF) -> QPointF:
    return QPointF(_steps(after.width() - before.width()), _steps(after.height() - before.height()))


def _beside(one: QRectF, other: QRectF) -> bool:
    return one.top() < other.bottom() and one.bottom() > other.top()


def _below(one: QRectF, other: QRectF) -> bool:
    return one.left() < other.right() and one.right() > other.left()


def _moved_by(one: _Standing, after: QSizeF, others: Iterable[_Standing]) -> list[tuple[_Standing, QPointF]]:
    """What goes along with a node that has another size, and which way: what stands behind that, too, and so on."""
    more = _more(one.body, after)
    ways: list[tuple[QPointF, list[_Standing]]] = [(QPointF(more.x(), 0.0), []), (QPointF(0.0, more.y()), [])]
    rest: list[_Standing] = []
    for other in others:
        way = other.way_from(one.body, after)
        (rest if way.isNull() else ways[bool(way.y())][1]).append(other)
    for down, (_, moved) in enumerate(ways):
        seen = 0
        while seen < len(moved):  # what stands in a frame goes with it, and may have something behind it in turn
            frames = [mover.body for mover in moved[seen:] if mover.is_frame]
            seen = len(moved)
            inside = [other for other in rest if any(frame.contains(other.body) for frame in frames)]
            moved += inside
            rest = _without(rest, inside)
            behind = _behind(moved, rest, bool(down))
            moved += behind
            rest = _without(rest, behind)
    return [(mover, way) for way, moved in ways for mover in moved]


def _behind(movers: Iterable[_Standing], rest: Iterable[_Standing], down: bool) -> list[_Standing]:
    """What stands behind others along a way, or behind what does."""
    found = []
    ends = [(end, low, high) for _, end, low, high in (mover.along(down) for mover in movers)]
    heapify(ends)
    taken: list[tuple[float, float]] = []
    """The stretches across the way that are behind something by now, apart from each other."""
    for begin, end, low, high, _, other in sorted((*o.along(down), i, o) for i, o in enumerate(rest)):
        while ends and ends[0][0] <= begin + 1.0:
            taken = _joined(taken, *heappop(ends)[1:])
        if any(first < high and last > low for first, last in taken):
            found.append(other)
            heappush(ends, (end, low, high))
    return found


def _joined(stretches: list[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """Stretches and one more, with those that touch as one."""
    apart = [(first, last) for first, last in stretches if first > high or last < low]
    near = [(low, high), *(stretch for stretch in stretches if stretch[0] <= high and stretch[1] >= low)]
    return [*apart, (min(first for first, _ in near), max(last for _, last in near))]


def _without(things: list[_Standing], some: list[_Standing]) -> list[_Standing]:
    gone = set(map(id, some))
    return [thing for thing in things if id(thing) not in gone] if gone else things


def make_room(scene: CanvasScene) -> list[Edit]:
    """Move what stands beside the nodes that have grown, and what stands below; frames round them grow."""
    grown = {name: sizes for name, sizes in scene.grown.items() if name in scene.nodes}
    if not grown or scene.sequence or scene.arrangement or scene.is_gone:
        return []
    standing = {thing.key: _Standing(thing, thing.body) for thing in scene.things()}
    for name, (before, _) in grown.items():
        standing[node_key(name)].body.setSize(before)
    for name in sorted(grown, key=lambda name: scene.nodes[name].x()):
        one, (_, after) = standing[node_key(name)], grown[name]
        others = [other for other in standing.values() if other is not one]
        for other, way in _moved_by(one, after, others):
            other.move(way)
        for other in others:
            other.grow_with(one.body, after)
        one.body.setSize(after)
    frames = {key: other for key, other in standing.items() if not other.growth.isNull()}
    places = {
        key: (other.thing.x() + other.shift.x(), other.thing.y() + other.shift.y())
        for key, other in standing.items()
        if key not in frames and not other.shift.isNull()
    }
    edits = placement(scene.location, scene.graph, places)
    for key, other in frames.items():
        note = scene.graph.notes[key.name]
        position = note.position[0] + other.shift.x(), note.position[1] + other.shift.y()
        size = note.size[0] + other.growth.x(), note.size[1] + other.growth.y()
        edits.append(SetNote(scene.location, key.name, evolve(note, position=position, size=size)))
    return edits


def _steps(length: float) -> float:
    """A length to the next step of the grid, away from none."""
    steps = -(-abs(length) // GRID)
    return copysign(steps * GRID, length)

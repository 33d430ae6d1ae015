"""Room for nodes that have grown with what is inside them; and none left where they have shrunk."""

from __future__ import annotations

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

    def make_room(self, before: QRectF, after: QSizeF) -> None:
        """A node that was there has another size, and what stands beside or below its larger one goes along.

        So it does whether the node grows or shrinks, and what was moved by the one is moved back by the other.
        """
        body, larger = self.body, QRectF(before.topLeft(), before.size().expandedTo(after))
        more = QPointF(_steps(after.width() - before.width()), _steps(after.height() - before.height()))
        if body.left() >= before.right() - 1.0 and body.top() < larger.bottom() and body.bottom() > larger.top():
            self._move(QPointF(more.x(), 0.0))
        elif body.top() >= before.bottom() - 1.0 and body.left() < larger.right() and body.right() > larger.left():
            self._move(QPointF(0.0, more.y()))
        elif isinstance(self.thing, NoteItem) and self.thing.note.frame and body.contains(before):
            self.growth += more
            body.setSize(body.size() + QSizeF(more.x(), more.y()))

    def _move(self, way: QPointF) -> None:
        self.shift += way
        self.body.translate(way)


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
        for other in standing.values():
            if other is not one:
                other.make_room(one.body, after)
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

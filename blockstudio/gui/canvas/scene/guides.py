"""Lines that things snap to while they are dragged: the edges and middles of their neighbours, and straight wires."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from attrs import frozen
from PySide6.QtCore import QLineF, QPointF, QRectF

from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.scene.scene import CanvasScene

PIXELS = 6.0
"""From here a line attracts."""
MOST = 400
"""With more neighbours in view each would be too small to aim at."""
BEYOND = 12.0
"""How far a line goes past what it belongs to."""


@frozen
class _Mark:
    """Where something snaps: `own` at the start of the drag, the goal `there`, and what the line spans."""

    own: float
    there: float
    span: tuple[float, float]


class Guides:
    """What the grabbed thing can line up with, gathered once for a drag."""

    def __init__(self, scene: CanvasScene, grabbed: Key, moving: Collection[Key], view: QRectF) -> None:
        self._scene = scene
        self._across: list[_Mark] = []
        self._down: list[_Mark] = []
        item = scene.thing(grabbed)
        if item is None or isinstance(item, NoteItem):
            self._body = QRectF()
            return
        self._body = _standing(item)
        near = scene.things_near((view.left(), view.top(), view.right(), view.bottom())) - set(moving)
        others = [other for key in near if isinstance(other := scene.thing(key), NodeItem | PillItem)]
        for other in others if len(others) <= MOST else ():
            self._mark(_standing(other))
        self._straight_wires(item, moving)

    def _mark(self, other: QRectF) -> None:
        body = self._body
        for own, there in zip(_columns(body), _columns(other), strict=True):
            self._across.append(_Mark(own, there, (other.top(), other.bottom())))
        for own, there in zip(_rows(body), _rows(other), strict=True):
            self._down.append(_Mark(own, there, (other.left(), other.right())))

    def _straight_wires(self, item: NodeItem | PillItem, moving: Collection[Key]) -> None:
        for edge in self._scene.edges_of(item.key):
            start, end = owners(edge)
            if (start in moving) == (end in moving):
                continue
            own, there = (edge.start, edge.end) if start in moving else (edge.end, edge.start)
            if self._scene.down:
                self._across.append(_Mark(own.x(), there.x(), (there.y(), there.y())))
            else:
                self._down.append(_Mark(own.y(), there.y(), (there.x(), there.x())))

    def snap(self, dx: float, dy: float) -> tuple[float | None, float | None]:
        """The movement that lines up, for each direction; None where nothing is near."""
        reach = PIXELS / self._scene.surface.scale
        return _nearest(self._across, dx, reach), _nearest(self._down, dy, reach)

    def lines(self, dx: float, dy: float) -> list[QLineF]:
        """What is lined up after a movement."""
        body = self._body.translated(dx, dy)
        lines = []
        for place, low, high in _spans(self._across, dx, (body.top(), body.bottom())):
            lines.append(QLineF(QPointF(place, low), QPointF(place, high)))
        for place, low, high in _spans(self._down, dy, (body.left(), body.right())):
            lines.append(QLineF(QPointF(low, place), QPointF(high, place)))
        return lines


def _standing(item: NodeItem | PillItem) -> QRectF:
    """The body, a pill as high as a node at its place: their ports are level then."""
    return QRectF(item.x(), item.y(), item.body.width(), max(40.0, item.body.height()))


def _columns(rect: QRectF) -> tuple[float, float, float]:
    return rect.left(), rect.center().x(), rect.right()


def _rows(rect: QRectF) -> tuple[float, float, float]:
    return rect.top(), rect.center().y(), rect.bottom()


def _nearest(marks: Iterable[_Mark], move: float, reach: float) -> float | None:
    best: float | None = None
    for mark in marks:
        away = abs(mark.there - mark.own - move)
        if away <= reach:
            best, reach = mark.there - mark.own, away
    return best


def _spans(marks: Sequence[_Mark], move: float, own: tuple[float, float]) -> list[tuple[float, float, float]]:
    """One line a place, over everything that is lined up there."""
    found: dict[float, tuple[float, float]] = {}
    for mark in marks:
        if abs(mark.there - mark.own - move) < 0.01:
            low, high = found.get(mark.there, own)
            found[mark.there] = min(low, mark.span[0]), max(high, mark.span[1])
    return [(place, low - BEYOND, high + BEYOND) for place, (low, high) in found.items()]

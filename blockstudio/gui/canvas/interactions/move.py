"""Moving what is selected, and dropping one node on a wire or into a Sequential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from blockstudio.errors import EditError
from blockstudio.graph.edits import Batch, Edit
from blockstudio.graph.model import Node
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.places import GRID, placement
from blockstudio.gui.canvas.facts.placing import check_child
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers, accent_pen, bubble, bubble_rect
from blockstudio.gui.canvas.interactions.targets import GROUND, Landing, block_at, landing, place_in_row, show_landing
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.scene.guides import Guides
from blockstudio.gui.canvas.scene.lifting import drop, lift
from blockstudio.gui.canvas.scene.surroundings import Spot
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.settings import SNAP_TO_GRID, SNAP_TO_NEIGHBOURS

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Move(Interaction):
    """Things follow the pointer, the grabbed one on the grid (Alt: freely); one edit when let go.

    Nodes go to whatever graph is seen where they are dropped, out of the frame of a block and into others (Shift:
    they stay, and the frame grows), with Ctrl into any block they are dropped on; an input or output that is dragged
    past another changes places with it.
    """

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Canvas, grabbed: Key, start: QPointF) -> None:
        super().__init__(canvas)
        self._start = self._point = start
        keys = self.scene.taken_along({key for key in self.scene.selection if key.kind != "edge"} | {grabbed})
        self._from = {key: (item.x(), item.y()) for key in keys if (item := self.scene.thing(key)) is not None}
        self._bent = [
            (edge, edge.via) for edge in self.scene.edges.values() if edge.via and keys.issuperset(owners(edge))
        ]
        self._grabbed = grabbed
        self._landing: Landing = GROUND
        names = [key.name for key in keys if key.kind == "node"]
        self._single: Node | None = self.scene.graph.nodes.get(names[0]) if len(keys) == 1 and names else None
        self._own = tuple(names)
        self._first: tuple[Edit, ...] = ()
        """What is done before they are put elsewhere."""
        self._guides: Guides | None = None
        if canvas.session.settings.get(SNAP_TO_NEIGHBOURS) and not self.scene.sequence:
            self._guides = Guides(self.scene, grabbed, keys, canvas.visible_rect())
        lift(self.scene, self._from)
        if self._own and canvas.in_place:
            block = canvas.surroundings.doors[-1].key.name
            text = tr("Past the frame: out of {name}. With Shift they stay, and the frame grows")
            self.hint = (tr("Past the frame: out of {name}") if self.scene.sequence else text).format(name=block)

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        free = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        self._point = point
        dx, dy = point.x() - self._start.x(), point.y() - self._start.y()
        if not free:
            dx, dy = self._snapped(dx, dy)
        self._bend_along(dx, dy)
        self.scene.lifted.move(dx, dy)
        self._landing = self._find_landing(point, modifiers)
        self._mark_leaving(self._landing.goal is not None)
        show_landing(self.scene, self._landing, point, self._own)
        index = self._new_index()
        if index is not None:
            self._show_index(point, index)
        elif self._guides is not None and self._landing == GROUND and not free:
            self._show_guides(self._guides.lines(dx, dy))

    def _new_index(self) -> int | None:
        """The place of a pill among those of its side, once it was dragged past another; None for the one it had."""
        key = self._grabbed
        if len(self._from) > 1 or key.kind not in ("input", "output") or self.scene.sequence:
            return None
        side = 0 if self.scene.down else 1
        pills = {other: (pill.x(), pill.y())[side] for other, pill in self.scene.pills.items()}
        now, before = pills[key], self._from[key][side]
        others = [place for other, place in pills.items() if other.kind == key.kind and other != key]
        index = sum(other < now for other in others)
        return index if index != sum(other < before for other in others) else None

    def _show_index(self, point: QPointF, index: int) -> None:
        surface, key = self.scene.surface, self._grabbed
        count = sum(other.kind == key.kind for other in self.scene.pills)
        text = tr("{name}: {number} of {count}").format(name=key.name, number=index + 1, count=count)
        area = bubble_rect(surface, point, text)
        self.scene.overlay.show_painting(area, lambda painter: bubble(surface, painter, point, text))

    def _snapped(self, dx: float, dy: float) -> tuple[float, float]:
        """The nearest movement to a neighbour's line, or else to the grid."""
        settings = self.canvas.session.settings
        x, y = self._from[self._grabbed]
        aside, down = self._guides.snap(dx, dy) if self._guides is not None else (None, None)
        if settings.get(SNAP_TO_GRID):
            dx, dy = round((x + dx) / GRID) * GRID - x, round((y + dy) / GRID) * GRID - y
        return dx if aside is None else aside, dy if down is None else down

    def _show_guides(self, lines: list[QLineF]) -> None:
        if not lines:
            return
        area = QRectF()
        for line in lines:
            area = area.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2))
        pen = accent_pen(self.scene.surface, 1.0)

        def paint(painter: QPainter) -> None:
            painter.setPen(pen)
            painter.drawLines(lines)

        margin = 2.0 / self.scene.surface.scale
        self.scene.overlay.show_painting(area.adjusted(-margin, -margin, margin, margin), paint)

    def _find_landing(self, point: QPointF, modifiers: Modifiers) -> Landing:
        goal = self._goal(point) if self._own and not modifiers & Qt.KeyboardModifier.ShiftModifier else None
        if goal is not None:
            return goal
        if modifiers & Qt.KeyboardModifier.ControlModifier and self._own and not self.scene.sequence:
            block = block_at(self.scene, point, self._own)
            return Landing(block=block) if block else GROUND
        if self._single is None:
            return GROUND
        return landing(self.scene, point, self._single, self._own, on_wires=self._is_loose(self._single.name))

    def _is_loose(self, name: str) -> bool:
        """Whether a node can be put on a wire: it hangs on none."""
        return not self.scene.graph.edges_into(name) and not self.scene.graph.edges_out_of(name)

    def _goal(self, point: QPointF) -> Landing | None:
        """Another graph that is seen at a place; None where that is the one worked in."""
        trail = self.canvas.session.trail
        goal = self.canvas.surroundings.goal(trail, point, self._own)
        if goal.trail == trail:
            return None
        name = goal.trail[-1].node or goal.scene.location.definition
        outwards = goal.trail == trail[: len(goal.trail)]
        text = (tr("Move out, into {name}") if outwards else tr("Move into {name}")).format(name=name)
        if not goal.scene.sequence:
            return Landing(goal=goal, text=text)
        place, refusal = place_in_row(goal.scene, goal.point, ()), ""
        try:
            for node in self._own:
                check_child(self.canvas.session.document, self.scene.location, self.scene.graph.nodes[node])
        except EditError as error:
            refusal = message(error)
        return Landing(goal=goal, place=place, text=text, refusal=refusal)

    def _mark_leaving(self, leaves: bool) -> None:
        """The frame does not grow with what is to leave it."""
        frame = self.scene.frame
        if frame.left != leaves:
            frame.left = leaves
            frame.update()

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self._tidy_up()
        if not self._commit():
            self._put_back()

    def cancel(self) -> None:
        self._tidy_up()
        self._put_back()

    def _tidy_up(self) -> None:
        self.scene.overlay.wipe()
        self._mark_leaving(False)
        drop(self.scene)

    def _bend_along(self, dx: float, dy: float) -> None:
        """The points of wires both ends of which move, move along."""
        for edge, points in self._bent:
            edge.via = tuple((x + dx, y + dy) for x, y in points)

    def _put_back(self) -> None:
        self._bend_along(0.0, 0.0)
        for key, place in self._from.items():
            self.scene.put(key, *place)
        self.scene.follow_puts(self._from)
        self.scene.ways.settle()

    def _commit(self) -> bool:
        if self._landing.goal is not None and not self._landing.refusal:
            return self._carry(self._landing.goal, self._landing.place)
        if self.scene.sequence and not self._landing.refusal:
            self._put_back()
            return self._single is not None and self._reorder(self._single, self._landing.place)
        if self._landing.refusal:
            self.canvas.refuse(self._landing.refusal)
            return False
        if self._landing.block:
            self._put_back()
            return self.canvas.move_into(self._own, self._landing.block)
        if self._landing.sequential and self._single is not None:
            with self.canvas.session.guard():
                return self.canvas.put_into_row(self._single.name, self._landing.sequential, self._landing.index)
            return False
        places = {key: (item.x(), item.y()) for key in self._from if (item := self.scene.thing(key)) is not None}
        placed = placement(self.scene.location, self.scene.graph, self.scene.arrangement | places)
        edits: list[Edit] = [*self._first, *placed]
        if self._landing.wire is not None and self._single is not None:
            return self.canvas.put_on_wire(self._single.name, self._landing.wire, edits)
        index = self._new_index()
        text = self._text()
        if index is not None:
            with self.canvas.session.macro(text):
                done = self.canvas.push(Batch(tuple(edits)), text)
                if done:
                    self.canvas.place_port(self._grabbed, index)
                return done
        if edits:
            return self.canvas.push(edits[0] if len(edits) == 1 else Batch(tuple(edits)), text)
        self.scene.ways.settle()
        return True

    def _text(self) -> str:
        return move_text(list(self._from))

    def _carry(self, goal: Spot, index: int | None) -> bool:
        """To another graph, where they were let go."""
        away = goal.point - self._point
        places = {name: (self.scene.nodes[name].pos() + away).toTuple() for name in self._own}
        self._put_back()
        return self.canvas.carry(self._own, self.canvas.session.trail, goal.trail, places, index)

    def _reorder(self, node: Node, place: int | None) -> bool:
        from blockstudio.graph.commands import reorder_node

        names = list(self.scene.graph.nodes)
        if place is None or names.index(node.name) == place:
            return False
        edit = reorder_node(self.canvas.session.document, self.scene.location, node.name, place)
        return self.canvas.push(edit, tr("Reorder {name}").format(name=node.name))


def move_text(keys: Sequence[Key]) -> str:
    if len(keys) == 1:
        return tr("Move {name}").format(name=keys[0].name)
    return tr("Move {count} nodes").format(count=len(keys))

"""Dragging a child of a Sequential by its row: to another place, into another Sequential, or out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.graph.commands import remove_nodes, reorder_node
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.facts.placing import into_sequential
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers
from blockstudio.gui.canvas.interactions.targets import GROUND, Landing, landing, show_landing
from blockstudio.gui.canvas.painting.look import RADIUS, measure
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class DragRow(Interaction):
    """One edit when let go, whatever it leads to."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: Canvas, container: str, row: int) -> None:
        super().__init__(canvas)
        self._container = container
        self._index = row
        self._child = self.scene.nodes[container].face.rows[row].key
        self._landing: Landing = GROUND

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        scene = self.scene
        node = scene.graph.nodes[self._container].body.nodes[self._child]  # type: ignore[attr-defined]  # only a Sequential has rows
        self._landing = landing(scene, point, node)
        show_landing(scene, self._landing, point)
        if not self._landing.sequential:
            row = scene.nodes[self._container].face.rows[self._index]
            box = QRectF(point.x() + 8, point.y() - 14, measure("title").width(row.title) + 24, 28)

            def paint(painter: QPainter) -> None:
                surface = scene.surface
                painter.setPen(QPen(surface.colors.accent, 1.5))
                painter.setBrush(surface.colors.card)
                painter.drawRoundedRect(box, RADIUS, RADIUS)
                painter.setPen(surface.colors.text)
                painter.setFont(surface.fonts.title)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, row.title)

            scene.overlay.show_painting(box.adjusted(-3, -3, 3, 3), paint)

    def cancel(self) -> None:
        self.scene.overlay.wipe()

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self.scene.overlay.wipe()
        where = self._landing
        if where.refusal:
            self.canvas.refuse(where.refusal)
        elif where.sequential == self._container:
            self._reorder(where.index)
        elif where.sequential:
            self._to_other(where)
        else:
            self._take_out(point)

    def _reorder(self, gap: int) -> None:
        index = gap - (gap > self._index)
        if index != self._index:
            inside = self.scene.location.enter(self._container, "body")
            edit = reorder_node(self.canvas.session.document, inside, self._child, index)
            self.canvas.push(edit, tr("Reorder {name}").format(name=self._child))

    def _to_other(self, where: Landing) -> None:
        document, location = self.canvas.session.document, self.scene.location
        inside = location.enter(self._container, "body")
        node = document.node(inside, self._child)
        away = remove_nodes(document, inside, [self._child])
        edit, _ = into_sequential(document, location, where.sequential, node, where.index, away)
        text = tr("Move {name} into {container}").format(name=self._child, container=where.sequential)
        self.canvas.push(edit, text)

    def _take_out(self, point: QPointF) -> None:
        at = snapped(point.x(), point.y() - 20)
        name = self.canvas.take_out_of_row(self.scene.location, self._container, self._child, at)
        self.canvas.select_keys([node_key(name)])

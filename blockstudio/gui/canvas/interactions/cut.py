"""Cutting wires with a stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from blockstudio.graph.edits import Batch, Connect
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class CutWires(Interaction):
    """Every wire that the stroke crosses is unplugged when it ends."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, start: QPointF) -> None:
        super().__init__(canvas)
        self._last = start
        self._stroke = QPainterPath(start)
        self._cut: dict[Endpoint, QPainterPath] = {}

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        line = QLineF(self._last, point)
        near = QRectF(self._last, point).normalized().adjusted(-1.0, -1.0, 1.0, 1.0)
        for edge in self.scene.edges_near(near):
            if edge.target not in self._cut and not edge.implied and edge.crosses(line):
                self._cut[edge.target] = edge.path()
        self._last = point
        self._stroke.lineTo(point)
        rect = self._stroke.boundingRect()
        for path in self._cut.values():
            rect = rect.united(path.boundingRect())
        margin = 6.0 / self.scene.surface.scale
        self.scene.overlay.show_painting(rect.adjusted(-margin, -margin, margin, margin), self._paint)

    def _paint(self, painter: QPainter) -> None:
        color = self.scene.surface.colors.error
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for path in self._cut.values():
            painter.setPen(QPen(color, 3.5))
            painter.drawPath(path)
        pen = QPen(color, 1.5)
        pen.setCosmetic(True)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.drawPath(self._stroke)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        self.scene.overlay.wipe()
        if self._cut:
            edits = tuple(Connect(self.scene.location, target, None) for target in sorted(self._cut))
            text = tr("Cut a wire") if len(edits) == 1 else tr("Cut {count} wires").format(count=len(edits))
            self.canvas.push(Batch(edits), text)

    def cancel(self) -> None:
        self.scene.overlay.wipe()

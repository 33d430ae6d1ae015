"""Taking nodes out of their wires, which close behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.interactions.base import Modifiers, accent_pen
from blockstudio.gui.canvas.interactions.move import Move
from blockstudio.gui.canvas.interactions.targets import GROUND
from blockstudio.gui.canvas.painting.edge_item import curve
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class TakeOut(Move):
    """What fed the nodes feeds what they fed, as is seen meanwhile; over a wire a single one goes into that."""

    def __init__(self, canvas: Canvas, grabbed: Key, start: QPointF) -> None:
        super().__init__(canvas, grabbed, start)
        edit, joined = canvas.out_of_wires(self._own)
        self._first = (edit,)
        wires = {edge.target: edge for name in self._own for edge in self.scene.edges_of(node_key(name))}
        self._off = [edge for edge in wires.values() if self._crosses(edge.source.node, edge.target.node)]
        self._closed = QPainterPath()
        for source, target in joined:
            start = self.scene.port_place(PortKey(*source, is_source=True))
            end = self.scene.port_place(PortKey(*target, is_source=False))
            self._closed.addPath(curve(start, end, self.scene.down))
        self._hide(True)
        self.hint = tr("Let go: out of the wires. Over another wire: into that")

    def _crosses(self, source: str, target: str) -> bool:
        return (source in self._own) != (target in self._own)

    def _hide(self, hidden: bool) -> None:
        for edge in self._off:
            edge.hidden = hidden
        self.scene.update()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        super().move(point, Modifiers.NoModifier)  # those that were pressed mean nothing more
        outside = self._landing.goal is not None or bool(self._landing.block)
        self._hide(not outside)  # there the wires are kept
        if self._landing == GROUND:
            self.scene.overlay.show_painting(self._seen(), self._paint)

    def _seen(self) -> QRectF:
        return self._closed.boundingRect().adjusted(-4.0, -4.0, 4.0, 4.0)

    def _paint(self, painter: QPainter) -> None:
        painter.setPen(accent_pen(self.scene.surface, 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._closed)

    def _is_loose(self, name: str) -> bool:
        return True

    def _tidy_up(self) -> None:
        self._hide(False)
        super()._tidy_up()

    def _text(self) -> str:
        return tr("Take {name} out of its wires").format(name=self._own[0])

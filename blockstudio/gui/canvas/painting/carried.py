"""What is lifted, as it is seen from afar: gathered once, and painted where it has got to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.painting.boxes import paint_marks, paint_signs, paint_tiles
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.painting.surface import Surface
from blockstudio.gui.canvas.painting.tiles import Tile, line_of

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.lifting import Lift


class Carried:
    """The boxes of things that move as one, and the wires between them."""

    def __init__(self, lifted: Lift) -> None:
        self.lifted = lifted
        self._shift = QPointF(*lifted.shift)
        self._tile = Tile()
        for item in lifted.things:
            if not isinstance(item, NoteItem):
                self._tile.add(item)
        for edge in lifted.inner:
            self._tile.add_wire(edge)
        self._marked = [item.body for item in lifted.things if item.selected]
        self._lit = [line_of(edge) for edge in lifted.inner if edge.lit or edge.selected]

    def paint(self, painter: QPainter, surface: Surface) -> None:
        """Where it is now, with the wires to what stays below it."""
        behind = Tile()
        for edge in self.lifted.outer:
            behind.add_wire(edge)
        paint_tiles(painter, surface, [behind])
        moved = QPointF(*self.lifted.shift) - self._shift
        painter.translate(moved)
        paint_tiles(painter, surface, [self._tile])
        paint_signs(painter, surface, [self._tile])
        paint_marks(painter, surface, self._marked, self._lit)
        painter.translate(-moved)

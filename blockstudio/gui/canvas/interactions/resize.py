"""Dragging the corner of a note or frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from PySide6.QtCore import QPointF, Qt

from blockstudio.graph.edits import SetNote
from blockstudio.gui.canvas.interactions.base import Interaction, Modifiers
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class ResizeNote(Interaction):
    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, canvas: Canvas, name: str, start: QPointF) -> None:
        super().__init__(canvas)
        self._item = self.scene.notes[name]
        self._size = (self._item.width, self._item.height)
        self._start = start

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        away = point - self._start
        self._item.resize(*self._item.size_by(away.x(), away.y(), self._size))
        self.scene.resized(self._item)

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        size = (self._item.width, self._item.height)
        if size == self._size:
            return
        note = evolve(self._item.note, size=size)
        if not self.canvas.push(SetNote(self.scene.location, self._item.key.name, note), tr("Resize a note")):
            self.cancel()

    def cancel(self) -> None:
        self._item.resize(*self._size)
        self.scene.resized(self._item)

"""The one item on top of everything, on which gestures draw: an open wire, a selection rectangle, a hint."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Painting = Callable[[QPainter], None]


class Overlay(QGraphicsItem):
    """Kept for the life of the scene, so that a gesture that breaks off leaves nothing behind."""

    def __init__(self) -> None:
        super().__init__()
        self._painting: Painting | None = None
        self._rect = QRectF()
        self.setAcceptedMouseButtons(self.acceptedMouseButtons().NoButton)

    def show_painting(self, rect: QRectF, painting: Painting) -> None:
        """Draw something within a rectangle of the scene, in the place of what was drawn before."""
        self.prepareGeometryChange()
        self._rect = rect
        self._painting = painting
        self.update()

    def wipe(self) -> None:
        if self._painting is not None:
            self.prepareGeometryChange()
            self._rect = QRectF()
            self._painting = None

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._painting is not None:
            self._painting(painter)

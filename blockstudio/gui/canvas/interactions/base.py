"""What every gesture has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from blockstudio.gui.canvas.painting.look import measure
from blockstudio.gui.canvas.painting.surface import Surface

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

Modifiers = Qt.KeyboardModifier


class Interaction:
    """A gesture under way. Until `finish` nothing but the screen has changed, and `cancel` puts that back."""

    cursor: Qt.CursorShape | None = None
    scrolls = True
    """The view follows when the pointer reaches its edge."""
    hint = ""
    """What else can be done meanwhile, told in the corner."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.scene = canvas.canvas_scene

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        """The pointer is at a place of the scene."""

    def finish(self, point: QPointF, modifiers: Modifiers) -> None:
        """The button was let go."""

    def cancel(self) -> None:
        """The user thought better of it."""


def bubble(surface: Surface, painter: QPainter, point: QPointF, text: str, *, bad: bool = False) -> None:
    """A word beside the pointer, of the same size at every zoom."""
    scale = surface.scale
    painter.save()
    painter.translate(point)
    painter.scale(1 / scale, 1 / scale)
    painter.setFont(surface.fonts.detail)
    box = bubble_box(text)
    colors = surface.colors
    painter.setPen(QPen(colors.error if bad else colors.border, 1.0))
    painter.setBrush(colors.card)
    painter.drawRoundedRect(box, 6.0, 6.0)
    painter.setPen(colors.error if bad else colors.text)
    metrics = measure("detail")
    for i, line in enumerate(_lines(text)):
        painter.drawText(QPointF(box.left() + 8, metrics.middle(box.top() + 12 + i * 17)), line)
    painter.restore()


def bubble_box(text: str) -> QRectF:
    """The size of a bubble, in pixels beside the pointer."""
    lines = _lines(text)
    width = max(measure("detail").width(line) for line in lines)
    return QRectF(16.0, 14.0, width + 16.0, 17.0 * len(lines) + 7.0)


def bubble_rect(surface: Surface, point: QPointF, text: str) -> QRectF:
    """The rectangle of a bubble in the scene."""
    box = bubble_box(text)
    scale = surface.scale
    return QRectF(
        point.x() + (box.x() - 2) / scale,
        point.y() + (box.y() - 2) / scale,
        (box.width() + 4) / scale,
        (box.height() + 4) / scale,
    )


def _lines(text: str) -> list[str]:
    return measure("detail").wrapped(text, 320.0)


def accent_pen(surface: Surface, width: float = 1.5) -> QPen:
    pen = QPen(surface.colors.accent, width)
    pen.setCosmetic(True)
    return pen

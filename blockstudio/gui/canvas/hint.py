"""What an empty canvas says to do next."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.look import measure
from blockstudio.gui.canvas.surface import Surface
from blockstudio.gui.i18n import tr

LEAST_HEIGHT = 260
"""Of a view that has room for a hint below what an empty project shows."""


def paint_hint(painter: QPainter, surface: Surface, view: QRect) -> None:
    """The hint, at the foot of a view."""
    if view.height() < LEAST_HEIGHT:
        return
    painter.save()
    painter.resetTransform()
    painter.setFont(surface.fonts.detail)
    painter.setPen(surface.colors.muted)
    text = tr("Press Tab or double-click to add a node, or drag one here from the palette.")
    lines = measure("detail").wrapped(text, max(160.0, view.width() - 40.0))
    bottom = view.height() - 18.0 * len(lines) - 8.0
    for i, line in enumerate(lines):
        place = QRectF(0, bottom + 18.0 * i, view.width(), 18.0)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, line)
    painter.restore()

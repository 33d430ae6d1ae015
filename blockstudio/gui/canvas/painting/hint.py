"""What the canvas says to do next: where it is empty, and inside a block that is expanded in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel

from blockstudio.gui.canvas.painting.look import measure
from blockstudio.gui.canvas.painting.surface import Surface
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

LEAST_HEIGHT = 260
"""Of a view that has room for a hint below what an empty project shows."""
MARGIN = 12


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


class PlaceHint(QLabel):
    """In the lower left corner: where one is inside an expanded block and how to get out, or what a gesture offers."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setObjectName("placeHint")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        canvas.looked_around.connect(self.follow)
        canvas.installEventFilter(self)
        self.hide()

    def follow(self) -> None:
        """Say what is true now."""
        gesture, doors = self._canvas.interaction, self._canvas.surroundings.doors
        text = gesture.hint if gesture is not None else ""
        if doors and not text:
            text = tr("Inside {name}. Esc, or a click on what is around it: back out")
            text = text.format(name=" › ".join(door.face.name or door.face.title for door in doors))
        if bool(text) == self.isHidden():
            self.setVisible(bool(text))
        if text:
            self.setText(text)
            self._fit()

    def _fit(self) -> None:
        """In the lower left corner, and no wider than there is room."""
        self.adjustSize()
        self.resize(min(self.width(), self._canvas.width() - 2 * MARGIN), self.height())
        self.move(MARGIN, self._canvas.height() - self.height() - MARGIN)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

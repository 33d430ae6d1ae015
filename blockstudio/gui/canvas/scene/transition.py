"""Going into a block and out of it, shown as a short movement: what was seen before grows or shrinks away."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

DURATION = 180
"""Milliseconds."""
GROWTH = 2.6
"""How large what is left behind becomes on the way in; on the way out it shrinks by as much."""


class Transition(QWidget):
    """A picture of the view before, over the view as it is now, for a moment."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._picture = QPixmap()
        self._around = QPointF()
        self._growth = 1.0
        self._progress = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(DURATION)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._step)
        self._animation.finished.connect(self.end)
        self.hide()

    def play(self, picture: QPixmap, around: QPointF, *, inwards: bool) -> None:
        """Let the picture go away, growing round a place or shrinking towards it."""
        self._picture, self._around = picture, around
        self._growth = GROWTH if inwards else 1 / GROWTH
        self.setGeometry(self._over.rect())
        self._step(0.0)
        self.show()
        self.raise_()
        self._animation.start()

    def end(self) -> None:
        """Be gone at once."""
        self._animation.stop()
        self.hide()
        self._picture = QPixmap()

    def _step(self, progress: float) -> None:
        self._progress = progress
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        scale = self._growth**self._progress
        size = self._picture.deviceIndependentSize()
        target = QRectF(
            self._around.x() * (1 - scale), self._around.y() * (1 - scale), size.width() * scale, size.height() * scale
        )
        painter = QPainter(self)
        painter.setOpacity(1.0 - self._progress)
        painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
        painter.end()

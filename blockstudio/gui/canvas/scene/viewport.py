"""Looking at a scene: pan, zoom at the pointer, fit, and the level of detail that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QInputDevice,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QStyle, QWidget

from blockstudio.gui.canvas.scene.items import ItemStore

LEAST_SCALE = 0.02
LARGEST_SCALE = 4.0
STEP = 1.25
"""One press of zoom in; a notch of the wheel is a little less."""
WHEEL_STEP = 1.18
FIT_MARGIN = 48.0
LARGEST_FIT = 1.25
"""Fitting a few nodes does not blow them up."""
EMPTY_CENTER = QPointF(280.0, 20.0)
"""What one looks at where there is nothing: the middle between the ports of a new block."""
SLACK = 5000
"""Pixels that may be painted for nothing where that makes one part of two."""
ANIMATION = 200


class Viewport(QGraphicsView):
    """A view on a canvas scene, without scroll bars: the canvas has no edge."""

    looked = Signal()
    """Another part of the scene is in view."""

    def __init__(self, scene: ItemStore, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._items = scene
        self._scale = 1.0
        self._animation: QVariantAnimation | None = None
        self._fitted = False
        """Everything was fitted, and nobody has looked elsewhere since: a resize fits again."""
        self.covered = 0
        """Pixels at the bottom that something stands on: what is fitted keeps clear of it."""
        self.animated = True
        """Unless the user asked the system for less movement."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setMouseTracking(True)
        self.horizontalScrollBar().valueChanged.connect(self._looked)
        self.verticalScrollBar().valueChanged.connect(self._looked)

    def show_scene(self, scene: ItemStore, shift: QPointF | None = None) -> None:
        """Show another scene; with `shift`, what has the coordinates (0, 0) in the old one has these in the new."""
        before = self.viewportTransform()
        if scene is not self._items:
            self._items = scene
            self.setScene(scene)
        if shift is not None:
            self._keep_still(before, shift)
        self.resetCachedContent()
        self.viewport().update()

    def _keep_still(self, before: QTransform, shift: QPointF) -> None:
        """Let every thing stay at its pixel though its coordinates have become others."""
        scale = self._scale
        dx, dy = before.dx() - shift.x() * scale, before.dy() - shift.y() * scale
        across, down = round(-dx), round(-dy)
        self._fitted = False  # everything there is, is something else from now on
        # Scroll bars stand at whole pixels; the rest is left to the transformation.
        self.setTransform(QTransform(scale, 0.0, 0.0, scale, dx + across, dy + down))
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)
        self._looked()

    # --- where we look ------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """Pixels for one scene unit."""
        return self._scale

    def visible_rect(self) -> QRectF:
        """What is in view, in scene coordinates."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def scroll_by(self, dx: float, dy: float) -> None:
        """Move the view over the canvas, in pixels."""
        self._fitted = False
        for bar, delta in ((self.horizontalScrollBar(), dx), (self.verticalScrollBar(), dy)):
            bar.setValue(bar.value() + round(delta))

    def set_view(self, center: QPointF, scale: float) -> None:
        """Look at a place with a zoom."""
        self.stop_animation()
        self._fitted = False
        self._look_at(center, min(LARGEST_SCALE, max(LEAST_SCALE, scale)))

    def _look_at(self, center: QPointF, scale: float) -> None:
        if scale != self._scale:
            self._scale = scale
            self.setTransform(QTransform.fromScale(scale, scale))
        self.centerOn(center)
        self._looked()

    def view_center(self) -> QPointF:
        # Not by mapToScene, which takes whole pixels: going to and fro would drift.
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(QRectF(self.viewport().rect()).center())

    def zoom_at(self, place: QPointF, factor: float) -> None:
        """Zoom so that what is at a place of the viewport stays there."""
        self.stop_animation()
        self._fitted = False
        before = self.mapToScene(place.toPoint())
        scale = min(LARGEST_SCALE, max(LEAST_SCALE, self._scale * factor))
        if scale == self._scale:
            return
        self._scale = scale
        self.setTransform(QTransform.fromScale(scale, scale))
        moved = self.mapFromScene(before) - place.toPoint()
        self.scroll_by(moved.x(), moved.y())
        self._looked()

    def zoom_in(self) -> None:
        self.zoom_at(QPointF(self.viewport().rect().center()), STEP)

    def zoom_out(self) -> None:
        self.zoom_at(QPointF(self.viewport().rect().center()), 1 / STEP)

    def zoom_reset(self) -> None:
        """100 %, with what is in the middle staying there."""
        self.glide(self.view_center(), 1.0)

    def fit_rect(self, rect: QRectF, *, animated: bool = False, largest: float = LARGEST_FIT) -> None:
        """Show a rectangle as large as it can be, with room around it."""
        if rect.isNull():
            self.set_view(EMPTY_CENTER, 1.0)
            return
        room = self.viewport().rect()
        width, height = max(1.0, room.width() - 2 * FIT_MARGIN), float(max(1, room.height() - self.covered))
        height = max(height / 2, height - 2 * FIT_MARGIN)
        scale = min(largest, width / max(1.0, rect.width()), height / max(1.0, rect.height()))
        center = rect.center() + QPointF(0.0, self.covered / 2 / scale)
        if animated:
            self.glide(center, scale)
        else:
            self.set_view(center, scale)

    def fit_all(self, *, animated: bool = False) -> None:
        """Show everything there is, and go on doing so while the window changes its size."""
        self.fit_rect(self._items.extent(), animated=animated)
        self._fitted = True

    @property
    def fitted(self) -> bool:
        """Everything is shown, and nobody has looked elsewhere since."""
        return self._fitted

    def fit_again(self) -> None:
        """Show everything in the room that there is now, unless somebody has looked elsewhere."""
        if self._fitted and self._animation is None:
            self.fit_all()

    def reveal(self, rect: QRectF) -> None:
        """Bring a rectangle into view, moving as little as needed and at a readable zoom."""
        if not rect.isNull() and not (self._scale >= 0.5 and self.visible_rect().contains(rect)):
            self.glide(rect.center(), max(self._scale, 0.9))

    def _looked(self) -> None:
        self._items.look_at(self._scale, self.devicePixelRatioF())
        self.looked.emit()

    # --- animation ----------------------------------------------------------------------------------

    @property
    def moves(self) -> bool:
        """Whether changes may be shown as movement."""
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return self.animated and self.isVisible() and self.style().styleHint(hint, None, self) > 0

    def glide(self, center: QPointF, scale: float) -> None:
        """Look elsewhere, by a short movement."""
        scale = min(LARGEST_SCALE, max(LEAST_SCALE, scale))
        if not self.moves:
            self.set_view(center, scale)
            return
        self.stop_animation()
        self._fitted = False
        start, first = self.view_center(), self._scale

        def step(t: float) -> None:
            # Zoom by equal factors; the place then moves evenly on the screen.
            now = first * (scale / first) ** t
            share = (1 / now - 1 / first) / (1 / scale - 1 / first) if abs(scale - first) > 1e-9 else t
            self._look_at(start + (center - start) * share, now)

        self.animate(step)

    def animate(self, step: Callable[[float], None]) -> None:
        """Call `step` with numbers from 0 to 1; the last call is made even when cut short."""
        self.stop_animation()
        animation = QVariantAnimation(self)
        animation.setStartValue(0.0)
        animation.setEndValue(1.0)
        animation.setDuration(ANIMATION)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.valueChanged.connect(step)
        animation.finished.connect(self._animation_over)
        self._animation = animation
        animation.start()

    def stop_animation(self) -> None:
        """Be at once where the animation leads."""
        if self._animation is not None:
            self._animation.setCurrentTime(self._animation.duration())
            self._animation_over()

    def _animation_over(self) -> None:
        animation, self._animation = self._animation, None
        if animation is not None:
            animation.stop()
            animation.deleteLater()

    # --- events -------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        modifiers = event.modifiers()
        zooms = bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier))
        if is_touchpad(event) and not zooms:
            pixels = event.pixelDelta()
            moved = pixels if not pixels.isNull() else delta / 2
            self.scroll_by(-moved.x(), -moved.y())
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and not zooms:
            self.scroll_by(-(delta.y() or delta.x()), 0)
        elif delta.y():
            self.zoom_at(event.position(), WHEEL_STEP ** (delta.y() / 120))
        elif delta.x() and not zooms:
            self.scroll_by(-delta.x(), 0)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_at(event.position(), 1.0 + event.value())
                return True
            if event.gestureType() == Qt.NativeGestureType.PanNativeGesture:
                self.scroll_by(-event.delta().x(), -event.delta().y())
                return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_again()
        self._looked()

    def paintEvent(self, event: QPaintEvent) -> None:
        surface, parts = self._items.surface, joined(event.region())  # type: ignore[arg-type]  # it has an iterator that the stub lacks
        surface.view = self.visible_rect()
        if len(parts) > 1:
            surface.strips = tuple(self.mapToScene(part).boundingRect() for part in parts)
        super().paintEvent(event)
        surface.view, surface.strips = None, ()


def joined(parts: Iterable[QRect]) -> list[QRect]:
    """The same parts of a view, neighbours as one."""
    found: list[QRect] = []
    for part in parts:
        size = _size(part)
        for other in list(found):
            both = part.united(other)
            if _size(both) <= size + _size(other) + SLACK:
                found.remove(other)
                part, size = both, _size(both)
        found.append(part)
    return found


def _size(part: QRect) -> int:
    return part.width() * part.height()


def is_touchpad(event: QWheelEvent) -> bool:
    """Whether fingers on a pad made a wheel event: they pan, where a wheel zooms."""
    device = event.device()
    if device is not None and device.type() == QInputDevice.DeviceType.TouchPad:
        return True
    return event.phase() != Qt.ScrollPhase.NoScrollPhase

"""The whole graph in a corner of the canvas: a picture made once for each change, and the part that is in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from blockstudio.gui.canvas.painting.boxes import color_named
from blockstudio.gui.canvas.painting.error_signs import paint_error_signs
from blockstudio.gui.canvas.painting.look import blend, tint
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.i18n import tr
from blockstudio.gui.settings import MINIMAP

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

SIZE = QSize(208, 138)
"""The largest; as high as the graph is in that width."""
LEAST_HEIGHT = 46
MARGIN = 12
"""From the edges of the canvas."""
PADDING = 8.0
LEAST_ROOM = 420
"""Pixels of a canvas that has room for it."""
Corner = tuple[bool, bool]
CORNERS: tuple[Corner, ...] = ((True, True), (False, True), (True, False), (False, False))
"""Whether at the right, and whether at the bottom; the first is preferred."""
PAUSE = 120
"""Milliseconds of quiet before the picture is made again."""


class Minimap(QWidget):
    """Shown when it is wanted and part of the graph is out of view; dragging in it moves the view."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas.viewport())  # beside it, Qt would have all painted again with each scroll
        self._canvas = canvas
        self._picture: QPixmap | None = None
        self._extent = QRectF()
        self.resize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("The whole block: drag here to look elsewhere"))
        self.setAccessibleName(tr("Map of the block"))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._renew)
        self._corner = CORNERS[0]
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(PAUSE)
        self._settling.timeout.connect(self._give_way)
        # Queued: moved between the two scrolls of one movement, it would spoil the second.
        canvas.looked.connect(self._looked, Qt.ConnectionType.QueuedConnection)
        canvas.installEventFilter(self)
        session = canvas.session
        changes = (session.document_changed, session.location_changed, session.document_replaced)
        for signal in (*changes, session.diagnostics_changed):
            signal.connect(self._later)
        session.settings.changed.connect(self._setting_changed)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._fit()
            self._later()
        elif event.type() == QEvent.Type.PaletteChange:
            self._later()
        return False

    def _setting_changed(self, key: str) -> None:
        if key == MINIMAP.key:
            self._renew()

    def _fit(self) -> None:
        """As high as needed."""
        width = SIZE.width() - 2 * PADDING
        height = width * self._extent.height() / max(1.0, self._extent.width()) + 2 * PADDING
        self.resize(SIZE.width(), min(SIZE.height(), max(LEAST_HEIGHT, round(height))))
        self._settle()

    def _settle(self) -> None:
        """Be in its corner, from which a scroll takes it away."""
        self.move(self._place(self._corner))

    def _place(self, corner: Corner) -> QPoint:
        room, hint = self._canvas.size() - self.size(), self._canvas.place_hint
        place = QPoint(room.width() - MARGIN if corner[0] else MARGIN, room.height() - MARGIN if corner[1] else MARGIN)
        if not hint.isHidden() and hint.geometry().intersects(QRect(place, self.size())):
            place.setY(hint.y() - MARGIN - self.height())
        return place

    def _covered(self, corner: Corner) -> int:
        """How many nodes, pills and notes of its own would be hidden behind the map in a corner."""
        area = self._canvas.mapToScene(QRect(self._place(corner), self.size())).boundingRect()
        scene = self._canvas.canvas_scene
        things = map(scene.thing, scene.things_near((area.left(), area.top(), area.right(), area.bottom())))
        return sum(not (isinstance(thing, NoteItem) and thing.note.frame) for thing in things)

    def _give_way(self) -> None:
        """Stand where it hides least; but stay where it is as long as that hides nothing."""
        busy = self.underMouse() or self._canvas.interaction is not None
        if self.isVisible() and not busy and self._covered(self._corner):
            self._corner = min([self._corner, *CORNERS], key=self._covered)
            self._settle()

    def _later(self, _: object = None) -> None:
        self._soon.start()

    def _renew(self) -> None:
        self._picture = None
        self._extent = self._canvas.canvas_scene.extent()
        self._fit()
        self._looked()

    def _looked(self) -> None:
        """Another part is in view, or another size."""
        self._settle()
        wanted = self._canvas.session.settings.get(MINIMAP) and len(self._canvas.canvas_scene.nodes) > 1
        room = min(self._canvas.width(), self._canvas.height() * 3 // 2) >= LEAST_ROOM
        partly = not self._extent.isEmpty() and not self._canvas.visible_rect().contains(self._extent)
        self.setVisible(wanted and room and partly)
        self._settling.start()
        self.update()

    # --- from the graph to the map and back -----------------------------------------------------

    def _scale(self) -> float:
        width, height = self.width() - 2 * PADDING, self.height() - 2 * PADDING
        return min(width / max(1.0, self._extent.width()), height / max(1.0, self._extent.height()))

    def _offset(self) -> QPointF:
        scale = self._scale()
        return QRectF(self.rect()).center() - self._extent.center() * scale

    def to_map(self, rect: QRectF) -> QRectF:
        """Where a rectangle of the scene is on the map."""
        scale, offset = self._scale(), self._offset()
        return QRectF(rect.topLeft() * scale + offset, rect.size() * scale)

    def to_scene(self, place: QPointF) -> QPointF:
        return (place - self._offset()) / self._scale()

    # --- painting -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._paint_graph(ratio)
        colors = self._canvas.canvas_scene.surface.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        inside = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        view = self.to_map(self._canvas.visible_rect()).intersected(inside)
        painter.setPen(QPen(colors.accent, 1.5))
        painter.setBrush(tint(colors.accent, 0.10))
        painter.drawRoundedRect(view, 3.0, 3.0)
        painter.end()

    def _paint_graph(self, ratio: float) -> QPixmap:
        scene = self._canvas.canvas_scene
        colors = scene.surface.colors
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.border, 1.0))
        painter.setBrush(colors.card)
        painter.drawRoundedRect(QRectF(0.5, 0.5, self.width() - 1.0, self.height() - 1.0), 8.0, 8.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.translate(self._offset())
        painter.scale(self._scale(), self._scale())
        painter.setPen(Qt.PenStyle.NoPen)
        for note in scene.notes.values():
            own = QColor(note.note.color) if note.note.color else colors.muted
            painter.setBrush(blend(colors.card, own, 0.15))
            painter.drawRect(note.body)
        # Gathered for the view from afar already, and again only where something changed.
        tiles = scene.overview.gathered().values()
        painter.setPen(QPen(blend(colors.wire, colors.card, 0.4), 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tile in tiles:
            painter.drawPath(tile.wires)
        for tile in tiles:
            for name, boxes in tile.boxes.items():
                color = color_named(name, scene.surface)
                painter.setPen(QPen(color, 0))  # a pixel at least
                painter.setBrush(color)
                painter.drawRects(boxes)
        painter.resetTransform()
        wrong = [self.to_map(box).center() for tile in tiles for box in tile.errors]
        paint_error_signs(painter, wrong, colors.error, colors.card)
        painter.end()
        return picture

    # --- moving the view ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._canvas.zoom_at(QRectF(self._canvas.viewport().rect()).center(), 1.18 ** (event.angleDelta().y() / 120))
        event.accept()

    def _go(self, event: QMouseEvent) -> None:
        event.accept()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._canvas.set_view(self.to_scene(event.position()), self._canvas.zoom)

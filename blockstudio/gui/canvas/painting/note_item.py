"""Notes on the canvas, and frames round nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from blockstudio.graph.model import Note, Position
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.look import DETAIL_SIZE, LEAST_TITLE, READABLE, TITLE_SIZE, measure, tint
from blockstudio.gui.canvas.painting.note_text import NoteText
from blockstudio.gui.canvas.painting.surface import Detail, Surface
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.items import ItemStore

PADDING = 10.0
TITLE = 26.0
"""Height of the upper edge of a frame, by which it is taken hold of."""
FIELD = 0.09
"""How much the field of a frame has of its colour."""
GRIP = 16.0
"""Side of the corner that resizes."""
LEAST_SIZE = 60.0
LINE = 1.3
"""Height of a line from afar, in that of its letters."""
FAR_TITLE = 13.0
LEAST_FAR_TITLE = 9.0
"""Pixels of a frame's title from afar."""
CORNERS = ((False, False), (False, True), (True, False), (True, True))
"""Of a frame, where its title may be from afar: whether at the right, and whether inside; the first is preferred."""
MOST_COVERED = 0.4
"""How much of a note a title may cover, in the height of the title: they are above one another often enough."""
LEAST_ZOOM = 0.1
"""Below this a frame's title may lose its top."""


class NoteItem(QGraphicsRectItem):
    """Text in Markdown on paper; or, as a frame, a tinted field with a title behind the nodes."""

    def __init__(self, key: Key, note: Note, surface: Surface) -> None:
        super().__init__()
        self.key = key
        self.surface = surface
        self.selected = False
        self.note = note
        self._text = NoteText()
        self.setPen(Qt.PenStyle.NoPen)
        self.set_note(note)

    def set_note(self, note: Note) -> None:
        self.note = note
        self.setPos(*note.position)
        self.setZValue(0.0 if note.frame else 1.0)
        self.resize(*note.size)

    def measure_again(self) -> None:
        self.resize(*self.note.size)

    def resize(self, width: float, height: float) -> None:
        """Take a size; paper grows with its text."""
        self.width, self.height = width, height
        if not self.note.frame:
            self._text.set_text(self.note.text, width - 2 * PADDING, self.surface.fonts, self.surface.colors)
            self.height = max(height, self._text.size().height() + 2 * PADDING)
        above = FAR_TITLE / LEAST_ZOOM if self.note.frame else 6.0
        self.setRect(-6, -above, self.width + 12, self.height + above + 6)
        self.update()

    def size_by(self, dx: float, dy: float, start: Position | None = None) -> Position:
        """A size larger by some steps of the grid than it has now, or had at the start."""
        width, height = start or (self.width, self.height)
        return max(LEAST_SIZE, snapped(width + dx, 0.0)[0]), max(LEAST_SIZE, snapped(0.0, height + dy)[1])

    @property
    def body(self) -> QRectF:
        return QRectF(self.x(), self.y(), self.width, self.height)

    def box(self) -> Box:
        return self.x(), self.y(), self.x() + self.width, self.y() + self.height

    def grip(self) -> QRectF:
        """The corner that resizes, in scene coordinates."""
        body = self.body
        return QRectF(body.right() - GRIP, body.bottom() - GRIP, GRIP, GRIP)

    def holds(self, point: QPointF) -> bool:
        """Whether the note is taken hold of there: a frame only by its title and its edge."""
        body = self.body
        if not body.contains(point):
            return False
        if not self.note.frame:
            return True
        inner = body.adjusted(6, TITLE, -6, -6)
        return not inner.contains(point) or self.grip().contains(point)

    def hue(self) -> QColor:
        """Its own colour, or that of frames without one."""
        return QColor(self.note.color) if self.note.color else self.surface.colors.muted

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colors = self.surface.colors
        selected = self.selected and self.surface.marks
        box = QRectF(0.5, 0.5, self.width - 1, self.height - 1)
        own = QColor(self.note.color) if self.note.color else None
        if self.note.frame:
            field, edge = tint(self.hue(), FIELD), tint(self.hue(), 0.45)
            radius = 12.0
        else:
            field = tint(own, 0.22) if own else colors.note
            edge = tint(own, 0.7) if own else colors.note_border
            radius = 6.0
        painter.setPen(QPen(colors.accent if selected else edge, 2.0 if selected else 1.0))
        painter.setBrush(field)
        painter.drawRoundedRect(box, radius, radius)
        if self.note.frame:
            self._paint_title(painter)
        elif not self.note.text:
            painter.setFont(self.surface.fonts.detail)
            painter.setPen(colors.muted)
            painter.drawText(QPointF(PADDING, PADDING + 14.0), tr("Double-click to write"))
        elif self.surface.detail == Detail.FULL or self.surface.printing:
            painter.translate(PADDING, PADDING)
            self._text.paint(painter)
            painter.translate(-PADDING, -PADDING)
        else:
            self._paint_far_text(painter)
        if selected:
            self._paint_grip(painter)

    def _paint_title(self, painter: QPainter) -> None:
        """The title of a frame; from afar it is painted in front of the wires, by `paint_far_title`."""
        surface = self.surface
        if surface.detail == Detail.FULL or surface.printing:
            painter.setPen(surface.colors.text)
            painter.setFont(surface.fonts.title)
            text = measure("title").elided(self._title(), self.width - 24.0)
            painter.drawText(QPointF(12.0, measure("title").middle(TITLE / 2)), text)

    def _title(self) -> str:
        return " ".join(self.note.text.split())

    def far_title(self, scale: float) -> tuple[str, int]:
        """As much of a frame's title as there is room for from afar, and the size of its letters in the scene."""
        text, titles = self._title(), measure("title")
        widest = self.width / max(1.0, titles.width(text)) * TITLE_SIZE
        size = int(min(FAR_TITLE / scale, max(LEAST_FAR_TITLE / scale, widest)))
        return titles.elided(text, self.width * TITLE_SIZE / size), size

    def far_title_place(self, *, inside: bool = False, right: bool = False) -> QRectF:
        """Where the title is from afar: above the frame, or at its upper edge inside; at the left or at the right."""
        text, size = self.far_title(self.surface.scale)
        width = measure("title").width(text) * size / TITLE_SIZE + 0.8 * size
        x = max(self.x(), self.x() + self.width - width) if right else self.x()
        y = self.y() + 0.2 * size if inside else self.y() - 1.3 * size
        return QRectF(x, y, width, 1.3 * size)

    def paint_far_title(self, painter: QPainter, place: QRectF) -> None:
        """The title at a place, larger than the nodes' own; in scene coordinates."""
        surface = self.surface
        text, size = self.far_title(surface.scale)
        if not text.strip("…"):
            return
        font = QFont(surface.fonts.title)
        font.setPixelSize(size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(surface.colors.canvas, 0.85))
        painter.drawRoundedRect(place, 0.3 * size, 0.3 * size)
        painter.setPen(surface.colors.text)
        painter.setFont(font)
        painter.drawText(place.adjusted(0.4 * size, 0, size, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_far_text(self, painter: QPainter) -> None:
        """From afar as much of the text as can be read."""
        surface, details = self.surface, measure("detail")
        size = int(min(READABLE / surface.scale, self.height - 6.0))
        if size * surface.scale < LEAST_TITLE:
            return
        font = QFont(surface.fonts.detail)
        font.setPixelSize(size)
        share = size / DETAIL_SIZE
        side = min(PADDING, 0.4 * size)
        room = (self.width - 2 * side) / share
        lines = details.wrapped(" ".join(self._text.toPlainText().split()), room)
        count = max(1, int((self.height - side) / (size * LINE)))
        if len(lines) > count:
            lines[count - 1 :] = [details.elided(" ".join(lines[count - 1 : count + 1]), room)]
        painter.setFont(font)
        painter.setPen(surface.colors.text)
        top = side if count > 1 else (self.height - size * LINE) / 2
        for number, line in enumerate(lines):
            y = top + (number + 0.5) * size * LINE
            painter.drawText(QPointF(side, y + details.middle(0.0) * share), line)

    def _paint_grip(self, painter: QPainter) -> None:
        painter.setPen(QPen(self.surface.colors.accent, 1.5))
        for step in (4.0, 8.0):
            painter.drawLine(
                QPointF(self.width - step - 3, self.height - 4), QPointF(self.width - 4, self.height - step - 3)
            )


def paint_far_titles(painter: QPainter, scene: ItemStore) -> None:
    """The titles of all frames, each where no node and no other title stands, if there is such a place."""
    taken: list[QRectF] = []

    def is_free(place: QRectF) -> bool:
        near = scene.things_near((place.left(), place.top(), place.right(), place.bottom()))
        others = [item for key in near if (item := scene.thing(key)) is not None]
        hidden = any(
            not item.note.frame and item.body.intersected(place).height() > MOST_COVERED * place.height()
            if isinstance(item, NoteItem)
            else True
            for item in others
        )
        return not hidden and not any(place.intersects(other) for other in taken)

    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for note in scene.notes.values():
        if note.note.frame:
            places = [note.far_title_place(right=right, inside=inside) for right, inside in CORNERS]
            place = next(filter(is_free, places), places[0])
            taken.append(place)
            note.paint_far_title(painter, place)

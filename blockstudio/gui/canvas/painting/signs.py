"""What stands on a node seen from afar: its title, and where there is room its icon and its options."""

from __future__ import annotations

from functools import lru_cache

from attrs import Factory, frozen
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap

from blockstudio.gui.canvas.facts.faces import Face
from blockstudio.gui.canvas.painting.look import DETAIL_SIZE, LEAST_TITLE, ROW, TITLE_SIZE, icon_path, measure
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.surface import Surface

LEAST_ICON = 6
LARGEST_ICON = 14
"""Pixels of an icon in the place of a title, or beside it."""
DETAIL_PIXELS = 8.0
SMALLER = 0.85
"""Size of a detail at most, in that of its title."""
MARK = 4.0
"""Pixels of the square with the colour of a kind."""
GAP = 4.0
"""Pixels between icon and title, and round all of it."""
LINE = 1.3
"""Height of a line, in that of its letters."""
LEAST_ROW = 9.0
"""Pixels of a row whose words can be read."""
FEWEST = 8, 0.6
"""Letters, and the share of all, of a detail that is too long: with fewer it says nothing."""


@frozen
class Sign:
    """Places are in scene units: where a text begins and how high its middle is."""

    title: QPointF
    icon: QPointF
    side: int
    """Pixels of the icon; 0 where there is no room for it."""
    detail: str = ""
    detail_place: QPointF = Factory(QPointF)
    detail_size: int = 1


def sign(face: Face, box: QRectF, size: int, scale: float) -> Sign:
    """Where everything goes, round the middle of a box, with a title of a size."""
    width = measure("title").width(face.far_title) * size / TITLE_SIZE
    room = box.width() - 2 * GAP / scale
    side = int(min(LARGEST_ICON, 1.3 * size * scale))
    taken = (side + GAP) / scale
    if side < LEAST_ICON or width + taken > room:
        side, taken = 0, 0.0
    small = int(min(DETAIL_PIXELS / scale, SMALLER * size))
    height = LINE * (size + small)
    fits = small * scale >= LEAST_TITLE and height + GAP / scale <= box.height()
    detail = _fitting(face.detail, room * DETAIL_SIZE / small) if fits else ""
    center = box.center()
    left = center.x() - (width + taken) / 2
    y = center.y() - (height - LINE * size) / 2 if detail else center.y()
    found = Sign(QPointF(left + taken, y), QPointF(left + side / 2 / scale, y), side)
    if not detail:
        return found
    length = measure("detail").width(detail) * small / DETAIL_SIZE
    below = QPointF(center.x() - length / 2, y + height / 2)
    return Sign(found.title, found.icon, side, detail, below, small)


def _fitting(text: str, room: float) -> str:
    details = measure("detail")
    if details.width(text) <= room:
        return text
    cut = details.elided(text, room)
    letters, share = FEWEST
    return cut if len(cut) >= max(letters, share * len(text)) else ""


def shows_rows(item: NodeItem, surface: Surface) -> bool:
    """Whether what a container holds can be read from afar."""
    return bool(item.geometry.rows) and ROW * surface.scale >= LEAST_ROW


def paint_rows(painter: QPainter, item: NodeItem) -> None:
    """What a container holds, each with the colour of its kind, below its title."""
    surface, geometry, details = item.surface, item.geometry, measure("detail")
    colors, scale = surface.colors, surface.scale
    size = int(DETAIL_PIXELS / scale)
    share, mark = size / DETAIL_SIZE, MARK / scale
    font = QFont(surface.fonts.detail)
    font.setPixelSize(size)
    painter.save()
    painter.setFont(font)
    painter.translate(item.pos())
    for row, place in geometry.rows:
        y, x = place.center().y(), place.left() + 2 * mark
        text = row.title if row.icon else f"{row.index}  {row.title}"
        painter.fillRect(QRectF(x, y - mark / 2, mark, mark), colors.hue(row.category))
        x += 2 * mark
        painter.setPen(colors.text)
        text = details.elided(text, (place.right() - x - mark) / share)
        painter.drawText(QPointF(x, y + details.middle(0.0) * share), text)
    painter.restore()


@lru_cache(maxsize=500)
def icon_picture(name: str, side: int, color: str, ratio: float) -> QPixmap:
    """An icon in some pixels."""
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    brush = QPainter(picture)
    brush.setRenderHint(QPainter.RenderHint.Antialiasing)
    brush.setPen(Qt.PenStyle.NoPen)
    brush.setBrush(QColor(color))
    brush.translate(side / 2, side / 2)
    brush.drawPath(icon_path(name, float(side)))
    brush.end()
    return picture

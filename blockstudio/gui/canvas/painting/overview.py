"""The whole graph from afar: boxes and straight lines in a few calls however many there are, and what titles fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap, QStaticText
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas.painting.boxes import color_named, cosmetic, paint_marks, paint_signs, paint_tiles
from blockstudio.gui.canvas.painting.carried import Carried
from blockstudio.gui.canvas.painting.inside_painting import paint_inside
from blockstudio.gui.canvas.painting.layers import Layer
from blockstudio.gui.canvas.painting.look import PILL, RADIUS, TITLE_SIZE, blend, measure, title_size
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.node_painting import HOVER_TINT, badge, fill_bordered
from blockstudio.gui.canvas.painting.note_item import paint_far_titles
from blockstudio.gui.canvas.painting.pictures import StillPicture
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.painting.placed import Severity
from blockstudio.gui.canvas.painting.signs import (
    LARGEST_ICON,
    LEAST_ICON,
    Sign,
    icon_picture,
    paint_rows,
    shows_rows,
    sign,
)
from blockstudio.gui.canvas.painting.surface import FEW, Detail
from blockstudio.gui.canvas.painting.tiles import TILE, Cell, Tile, cell_of, color_of, line_of, start_of

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.edge_item import EdgeItem
    from blockstudio.gui.canvas.scene.items import ItemStore, Thing

BADGE = 9
"""Half the side of the picture of a badge."""
LEAST_NAME = 7.0
"""Pixels of the name of an input or output that does not fit into its pill."""
SIDES = 5.0
"""Pixels left free beside a title, on both sides together."""
MOST_ROUNDED = 300
"""Boxes that get round corners; with more, none is large enough to show them."""


class OverviewLayer(Layer):
    """Follows single changes by gathering only the squares they are in again."""

    def __init__(self, scene: ItemStore) -> None:
        super().__init__(scene)
        self._tiles: dict[Cell, Tile] | None = None
        self._stale: set[Cell] = set()
        self._still = StillPicture()
        self._carried: Carried | None = None
        self._titles: dict[tuple[str, int, int], QStaticText] = {}
        self._badges: dict[tuple[Severity, float], QPixmap] = {}
        """By the severity and the pixels of the screen to one of the window."""
        self._fonts: dict[tuple[str, int], tuple[QFont, float]] = {}
        """By role and size, with the height above the middle of a line."""

    def forget(self) -> None:
        """Everything changed: gather again when next painted."""
        self._tiles = self._carried = None
        self._still.forget()
        self._stale.clear()
        self._titles.clear()
        self._fonts.clear()
        self._badges.clear()

    def repaint(self) -> None:
        """What is shown inside a node looks different."""
        self._still.forget()

    def touch(self, item: Thing) -> None:
        """What is, or was, at the place of a thing has changed."""
        if item.key in self.canvas.lifted.keys:
            self._carried = None
        elif self._tiles is not None:
            self._stale.add(cell_of(item.box()))

    def touch_wire(self, edge: EdgeItem) -> None:
        """A wire that begins, or began, there has changed."""
        if self._tiles is not None and edge.target not in self.canvas.lifted.wires:
            self._stale.add(start_of(edge))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        surface = self.canvas.surface
        if surface.detail == Detail.FULL or surface.printing:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if surface.detail == Detail.TITLES:
            paint_far_titles(painter, self.canvas)  # behind the nodes, which have names of their own
            self._paint_titles(painter, option)
        else:
            self._paint_tiles(painter, option)
            paint_far_titles(painter, self.canvas)

    # --- boxes and lines --------------------------------------------------------------------------

    def _paint_tiles(self, painter: QPainter, option: QStyleOptionGraphicsItem) -> None:
        surface = self.canvas.surface
        areas = self.exposed(option)
        tiles = [tile for tile in self.gathered().values() if any(map(tile.bounds.intersects, areas))]

        opened, lifted = self.canvas.expanded_items(), self.canvas.lifted

        def paint(brush: QPainter) -> None:
            paint_tiles(brush, surface, tiles)
            paint_signs(brush, surface, self.gathered().values())
            self._paint_insides(brush, [item for item in opened if not item.front], option.exposedRect)

        if not surface.calm:
            self._still.paint(painter, option.exposedRect, paint)
        else:
            paint(painter)  # inside a node or around it: of all that together a picture is kept
        rest = self.canvas.selection - lifted.keys
        lit = self.canvas.edges_at(rest)
        if lifted.keys:
            lit += [edge for edge in lifted.outer if edge.lit or edge.selected]
            if self._carried is None or self._carried.lifted is not lifted:
                self._carried = Carried(lifted)
            self._carried.paint(painter, surface)
            self._paint_insides(painter, [item for item in opened if item.front], option.exposedRect)
        bodies = [item.body for key in rest if (item := self.canvas.thing(key)) is not None]
        paint_marks(painter, surface, bodies, [line_of(edge) for edge in lit])

    def gathered(self) -> dict[Cell, Tile]:
        """The squares as they are now."""
        scene = self.canvas
        if self._tiles is None or len(self._stale) > len(self._tiles) // 2:
            tiles: dict[Cell, Tile] = defaultdict(Tile)
            items: list[NodeItem | PillItem] = [*scene.nodes.values(), *scene.pills.values()]
            for item in items:
                if not item.front:
                    tiles[cell_of(item.box())].add(item)
            for edge in scene.edges.values():
                if edge.drawn and edge.target not in scene.lifted.wires:
                    tiles[start_of(edge)].add_wire(edge)
            for tile in tiles.values():
                tile.close()
            self._tiles = dict(tiles)
            self._stale.clear()
            self._still.forget()
        if self._stale:
            self._still.forget()
        for cell in self._stale:
            self._tiles[cell] = self._gather(cell)
        self._stale.clear()
        return self._tiles

    def _gather(self, cell: Cell) -> Tile:
        scene, tile = self.canvas, Tile()
        x, y = cell[0] * TILE, cell[1] * TILE
        area = QRectF(x, y, TILE, TILE)
        for item in scene.placed_near(area):
            if cell_of(item.box()) == cell and not item.front:
                tile.add(item)
        for edge in scene.edges_near(area):
            if start_of(edge) == cell and edge.target not in scene.lifted.wires:
                tile.add_wire(edge)
        tile.close()
        return tile

    # --- titles -----------------------------------------------------------------------------------

    def _paint_insides(self, painter: QPainter, items: Iterable[NodeItem | PillItem], exposed: QRectF) -> None:
        for item in items:
            if isinstance(item, NodeItem):
                paint_inside(painter, item, exposed)

    def _paint_titles(self, painter: QPainter, option: QStyleOptionGraphicsItem) -> None:
        out = 2 * BADGE / self.canvas.surface.scale  # badges stand out from what has them
        items = self.canvas.placed_near(*(area.adjusted(-out, -out, out, out) for area in self.exposed(option)))
        rounded = len(items) <= MOST_ROUNDED
        if rounded:  # of all that is in view
            everything = self.canvas.placed_near(self.whole(option))
            rounded = len(everything) <= MOST_ROUNDED
            items = everything if rounded else items  # what stands nearby decides how a thing looks, too
        lifted = [item for item in items if item.front]
        for part in ([item for item in items if not item.front], lifted) if lifted else (items,):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, rounded)
            self._paint_titled(painter, part, rounded)
            self._paint_insides(painter, part, option.exposedRect)
            self._paint_badges(painter, [item for item in part if item.severity])

    def _paint_titled(self, painter: QPainter, items: list[NodeItem | PillItem], rounded: bool) -> None:
        """Boxes in the colours of their kinds, each with a title as large as it can be."""
        surface = self.canvas.surface
        boxes: dict[tuple[str, bool, bool, bool], list[NodeItem | PillItem]] = defaultdict(list)
        for item in items:
            boxes[color_of(item), item.severity == "error", item.shows_selected, item.shows_hovered].append(item)
        for (name, *marks), alike in boxes.items():
            self._paint_boxes(painter, color_named(name, surface), marks, alike, rounded)
        painter.setPen(surface.colors.text)
        last = 0
        unnamed: list[NodeItem] = []
        taken: list[QRectF] = []
        """Where names stand beside what they are of."""
        signs: list[tuple[NodeItem, Sign]] = []
        for item in items:
            title = item.face.far_title if isinstance(item, NodeItem) else item.key.name
            left, top, right, bottom = item.box()
            if isinstance(item, NodeItem) and item.geometry.opening is not None:
                bottom = top + item.geometry.opening.place.y()
            elif rounded and isinstance(item, NodeItem) and shows_rows(item, surface):
                paint_rows(painter, item)
                bottom = top + item.geometry.header
            size = title_size(title, right - left - SIDES / surface.scale, bottom - top - 4.0, surface.scale)
            above = 0.0
            if not size and isinstance(item, PillItem):
                # An end of the graph is worth more room than it takes, and has it above itself.
                size = int(LEAST_NAME / surface.scale)
                above = (bottom - top + size) / 2 + 2.0 / surface.scale
                above = above if self._has_room((top + bottom) / 2 - above - size) else -above
            elif not size and isinstance(item, NodeItem):
                if item.geometry.opening is None:
                    unnamed.append(item)
                continue
            font, height = self._font(size)
            if size != last:
                painter.setFont(font)
                last = size
            if rounded and isinstance(item, NodeItem):
                found = sign(item.face, QRectF(left, top, right - left, bottom - top), size, surface.scale)
                signs.append((item, found))
                painter.drawStaticText(found.title - QPointF(0.0, height), self._title(title, size, font))
                continue
            width = measure("title").width(title) * size / TITLE_SIZE
            middle = (top + bottom) / 2 - above
            painter.drawStaticText(QPointF((left + right - width) / 2, middle - height), self._title(title, size, font))
            if above:
                taken.append(QRectF((left + right - width) / 2, middle - size / 2, width, size))
        if rounded and len(items) <= FEW:
            self._paint_names_above(painter, unnamed, taken + [item.body for item in items])
        painter.setPen(surface.colors.detail)
        last = 0
        detailed = sorted((found for _, found in signs if found.detail), key=attrgetter("detail_size"))
        for found in detailed:
            small = found.detail_size
            font, height = self._font(small, "detail")
            if small != last:
                painter.setFont(font)
                last = small
            painter.drawStaticText(found.detail_place - QPointF(0.0, height), self._title(found.detail, small, font))
        self._paint_icons(painter, [(item, item.body.center(), LARGEST_ICON) for item in unnamed])
        self._paint_icons(painter, [(item, found.icon, found.side) for item, found in signs if found.side])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_names_above(self, painter: QPainter, items: list[NodeItem], taken: list[QRectF]) -> None:
        """Above nodes that are too small for their names there is often room, or else below."""
        size = int(LEAST_NAME / self.canvas.surface.scale)
        font, _ = self._font(size)
        painter.setFont(font)
        for item in items:
            body, title = item.body, item.face.far_title
            width = measure("title").width(title) * size / TITLE_SIZE
            top = body.top() - size * 1.4
            top = top if self._has_room(top) else body.bottom() + size * 0.2
            place = QRectF(body.center().x() - width / 2, top, width, size * 1.2)
            if not any(place.intersects(other) for other in taken):
                taken.append(place.adjusted(-size / 3, 0, size / 3, 0))
                painter.drawStaticText(place.topLeft(), self._title(title, size, font))

    def _has_room(self, top: float) -> bool:
        """Whether what begins at a height is seen: inside a node it may be cut off."""
        within = self.canvas.surface.within
        return within is None or top > within.top()

    def _paint_icons(self, painter: QPainter, places: list[tuple[NodeItem, QPointF, int]]) -> None:
        """Icons round places, with so many pixels at most; where no title can be read, they still tell the kind."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        surface = self.canvas.surface
        transform = painter.worldTransform()
        painter.resetTransform()
        for item, place, most in places:
            body, center = transform.mapRect(item.body), transform.map(place)
            side = int(min(most, body.height() - 2.0, body.width() - 2.0))
            if side >= LEAST_ICON:
                picture = icon_picture(item.face.icon, side, color_named(color_of(item), surface).name(), ratio)
                painter.drawPixmap(QPointF(center.x() - side / 2, center.y() - side / 2), picture)
        painter.setWorldTransform(transform)

    def _paint_boxes(
        self,
        painter: QPainter,
        color: QColor,
        marks: Sequence[bool],
        items: Sequence[NodeItem | PillItem],
        rounded: bool,
    ) -> None:
        """Boxes that look alike; `marks` say whether they are wrong, selected, and under the pointer."""
        wrong, selected, hovered = marks
        colors, scale = self.canvas.surface.colors, self.canvas.surface.scale
        edge, fill, width = blend(color, colors.card, 0.25), blend(color, colors.card, 0.82), 1.0
        if hovered:
            edge, width = blend(color, colors.text, HOVER_TINT), 2.0
        if wrong:
            edge, width = colors.error, 2.0
        if selected:
            edge, width = colors.accent, 3.0
        if not rounded:
            painter.setPen(cosmetic(edge, width))
            painter.setBrush(fill)
            painter.drawRects([item.body for item in items])
            return
        for item in items:
            radius = PILL / 2 if isinstance(item, PillItem) else RADIUS
            fill_bordered(painter, item.body, radius, edge, width / scale, fill)

    def _font(self, size: int, role: str = "title") -> tuple[QFont, float]:
        found = self._fonts.get((role, size))
        if found is None:
            font = QFont(getattr(self.canvas.surface.fonts, role))
            share = size / font.pixelSize()
            font.setPixelSize(size)
            height = QFontMetricsF(font).ascent() - measure(role).middle(0.0) * share
            found = self._fonts[role, size] = font, height
        return found

    def _title(self, title: str, size: int, font: QFont) -> QStaticText:
        """Laid out once: the same words come back on thousands of nodes."""
        found = self._titles.get(key := (title, size, font.weight()))
        if found is None:
            if len(self._titles) > 5000:
                self._titles.clear()
            found = self._titles[key] = QStaticText(title)
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        return found

    def _paint_badges(self, painter: QPainter, items: Iterable[NodeItem | PillItem]) -> None:
        """Of the same size at every zoom."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        transform = painter.worldTransform()
        painter.resetTransform()
        for item in items:
            place = transform.map(item.body.topRight()) - QPointF(BADGE, BADGE)
            painter.drawPixmap(place, self._badge(item.severity, ratio))
        painter.setWorldTransform(transform)

    def _badge(self, severity: Severity, ratio: float) -> QPixmap:
        """A picture of it, for there may be thousands."""
        found = self._badges.get((severity, ratio))
        if found is None:
            found = self._badges[severity, ratio] = QPixmap(QSize(2 * BADGE, 2 * BADGE) * ratio)
            found.setDevicePixelRatio(ratio)
            found.fill(Qt.GlobalColor.transparent)
            brush = QPainter(found)
            brush.setRenderHint(QPainter.RenderHint.Antialiasing)
            brush.translate(BADGE, BADGE)
            brush.scale(0.8, 0.8)
            badge(brush, QPointF(0.0, 0.0), severity, self.canvas.surface)
            brush.end()
        return found

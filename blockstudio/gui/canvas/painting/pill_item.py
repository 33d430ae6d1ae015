"""An input or output of the graph itself: a pill with its name and what flows there."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.facts.faces import PortFace
from blockstudio.gui.canvas.facts.flowing import PLAIN
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.facts.places import GRID
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.look import PILL, PILL_TOP, PORT_Y, blend, measure, pill_port
from blockstudio.gui.canvas.painting.node_painting import badge, fill_bordered, paint_port
from blockstudio.gui.canvas.painting.placed import Placed
from blockstudio.gui.canvas.painting.surface import Surface

SIDE = 14.0


class PillItem(Placed):
    """A name on a round box, with one port."""

    __slots__ = ("detail", "down", "width", "wired")

    def __init__(self, key: Key, detail: str, wired: bool, down: bool, surface: Surface) -> None:
        super().__init__(key, surface)
        self.detail = detail
        self.wired = wired
        self.down = down
        """The port is at the bottom or the top, instead of at a side."""
        self.measure_again()

    def show_port(self, detail: str, wired: bool, down: bool) -> bool:
        """Show another detail; whether the size or the place of the port changed."""
        if (detail, wired, down) == (self.detail, self.wired, self.down):
            return False
        before = self.width, self.down
        self.detail, self.wired, self.down = detail, wired, down
        self.measure_again()
        return before != (self.width, self.down)

    def measure_again(self) -> None:
        text = measure("title").width(self.key.name)
        if self.detail:
            text += measure("detail").width(self.detail) + 8.0
        step = 2 * GRID if self.down else GRID
        self.width = ceil(max(50.0, text + 2 * SIDE) / step) * step

    @property
    def is_source(self) -> bool:
        """Inputs of the graph are sources inside it."""
        return self.key.kind == "input"

    @property
    def port(self) -> PortKey:
        return PortKey("", self.key.name, self.is_source)

    def box(self) -> Box:
        x, y = self._x, self._y + PILL_TOP
        return x, y, x + self.width, y + PILL

    def offset(self, port: str, is_source: bool) -> tuple[float, float]:
        return pill_port(self.width, self.is_source, self.down)

    def port_keys(self) -> list[PortKey]:
        return [self.port]

    def ports(self) -> list[tuple[PortKey, QPointF]]:
        return [(self.port, self.anchor(self.key.name, self.is_source))]

    def looks(self) -> tuple[object, ...]:
        signs = self.shows_selected, self.shows_hovered, self.severity
        return self.detail, self.wired, self.down, signs, self.kinds

    def paint(self, painter: QPainter) -> None:
        surface = self.surface
        colors, fonts = surface.colors, surface.fonts
        selected = self.shows_selected
        box = QRectF(0.5, PILL_TOP + 0.5, self.width - 1, PILL - 1)
        radius = PILL / 2
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.halo)
            painter.drawRoundedRect(box.adjusted(-4, -4, 4, 4), radius + 4, radius + 4)
        edge = colors.error if self.severity == "error" else colors.accent if selected else colors.muted
        if self.shows_hovered and edge == colors.muted:
            edge = colors.text
        fill_bordered(painter, box, radius, edge, 1.5, blend(colors.card, colors.muted, 0.16))
        painter.setPen(colors.text)
        titles, details = measure("title"), measure("detail")
        text = titles.width(self.key.name) + (details.width(self.detail) + 8.0 if self.detail else 0.0)
        x = (self.width - text) / 2
        painter.setFont(fonts.title)
        painter.drawText(QPointF(x, titles.middle(PORT_Y)), self.key.name)
        if self.detail:
            painter.setPen(colors.muted)
            painter.setFont(fonts.detail)
            painter.drawText(QPointF(x + titles.width(self.key.name) + 8.0, details.middle(PORT_Y)), self.detail)
        face = PortFace(self.key.name, wired=self.wired)
        point = QPointF(*pill_port(self.width, self.is_source, self.down))
        paint_port(painter, point, self.port, face, surface, self.kinds.get(self.port, PLAIN), self.shows_hovered)
        if self.severity and not surface.printing:
            badge(painter, QPointF(self.width - 6.0, PILL_TOP + 1.0), self.severity, surface)

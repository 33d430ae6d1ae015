"""What nodes and pills have in common: a place, a state, and ports. Plain objects; a layer paints them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.facts.flowing import Kind
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.surface import Surface

Severity = Literal["", "info", "warning", "error"]

MARGIN = 14.0
"""Round the box: halo, ports, badge and shadow."""


class Placed:
    """Qt knows nothing of it: ten thousand of these cost no more than what is in view of them."""

    __slots__ = ("__weakref__", "_x", "_y", "front", "key", "kinds", "number", "selected", "severity", "surface")

    def __init__(self, key: Key, surface: Surface) -> None:
        self.key = key
        self.surface = surface
        self.selected = False
        self.severity: Severity = ""
        self.front = False
        """Painted in front of all others."""
        self.number = 0
        """Of things that overlap the one with the higher number is in front."""
        self.kinds: Mapping[PortKey, Kind] = {}
        """What flows at its ports, where it is not the usual: seen to before it is painted."""
        self._x = self._y = 0.0

    def x(self) -> float:
        return self._x

    def y(self) -> float:
        return self._y

    def pos(self) -> QPointF:
        return QPointF(self._x, self._y)

    def setPos(self, x: float, y: float) -> None:
        self._x, self._y = x, y

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What is in front of what, on the screen and for the pointer."""
        return self.front, self.selected, self.number

    @property
    def shows_selected(self) -> bool:
        """Whether it is painted as selected."""
        return self.selected and self.surface.marks

    @property
    def shows_hovered(self) -> bool:
        """Whether it is painted as what the pointer is over."""
        surface = self.surface
        return surface.hover is not None and surface.hover == self.key and surface.marks

    def update(self) -> None:
        """Paint it again."""
        self.surface.repaint(self.body.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))

    @property
    def body(self) -> QRectF:
        """The box, in scene coordinates."""
        left, top, right, bottom = self.box()
        return QRectF(left, top, right - left, bottom - top)

    def box(self) -> Box:
        """The box for finding it, in scene coordinates."""
        raise NotImplementedError

    def offset(self, port: str, is_source: bool) -> tuple[float, float]:
        """How far from its place a wire ends."""
        raise NotImplementedError

    def end(self, port: str, is_source: bool) -> tuple[float, float]:
        """Where a wire ends, in scene coordinates."""
        x, y = self.offset(port, is_source)
        return self._x + x, self._y + y

    def anchor(self, port: str, is_source: bool) -> QPointF:
        """Where a wire ends, as a point."""
        return QPointF(*self.end(port, is_source))

    def port_keys(self) -> list[PortKey]:
        """Every port."""
        raise NotImplementedError

    def ports(self) -> list[tuple[PortKey, QPointF]]:
        """Every port with its place in the scene."""
        raise NotImplementedError

    def measure_again(self) -> None:
        """The fonts have changed."""
        raise NotImplementedError

    def looks(self) -> tuple[object, ...]:
        """All that its picture depends on beside the zoom."""
        raise NotImplementedError

    def paint_in_place(self, painter: QPainter) -> None:
        """In the coordinates of the scene."""
        painter.translate(self._x, self._y)
        self.paint(painter)
        painter.translate(-self._x, -self._y)

    def paint(self, painter: QPainter) -> None:
        """At a size its text can be read in; (0, 0) is its place."""
        raise NotImplementedError

"""A node on the canvas: one item, which paints everything of the node itself."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from blockstudio.gui.canvas import node_painting
from blockstudio.gui.canvas.faces import Face
from blockstudio.gui.canvas.geometry import NodeGeometry, geometry
from blockstudio.gui.canvas.keys import Key, PortKey
from blockstudio.gui.canvas.spatial import Box
from blockstudio.gui.canvas.surface import Surface

Severity = Literal["", "info", "warning", "error"]

MARGIN = 14.0
"""Round the box: halo, ports, badge and shadow."""


class NodeItem(QGraphicsRectItem):
    """Its bounding rectangle is kept by Qt, so that no Python runs for items out of view."""

    def __init__(self, key: Key, face: Face, surface: Surface) -> None:
        super().__init__()
        self.key = key
        self.surface = surface
        self.selected = False
        self.severity: Severity = ""
        self.row_severity: dict[str, Severity] = {}
        self.face = face
        self.geometry: NodeGeometry = geometry(face)
        self.setPen(Qt.PenStyle.NoPen)
        self._fit()

    def set_face(self, face: Face) -> bool:
        """Show another face; whether size or ports changed."""
        if face == self.face:
            return False
        before = self.geometry
        self.face = face
        self.geometry = geometry(face)
        self._fit()
        self.update()
        return before != self.geometry

    def measure_again(self) -> None:
        """The fonts have changed."""
        self.geometry = geometry(self.face)
        self._fit()
        self.update()

    def _fit(self) -> None:
        g = self.geometry
        self.setRect(-MARGIN, -MARGIN, g.width + 2 * MARGIN, g.height + 2 * MARGIN)

    @property
    def body(self) -> QRectF:
        """The box, in scene coordinates."""
        place = self.pos()
        return QRectF(place.x(), place.y(), self.geometry.width, self.geometry.height)

    def box(self) -> Box:
        """The box for finding it, in scene coordinates."""
        x, y = self.x(), self.y()
        return x, y, x + self.geometry.width, y + self.geometry.height

    def anchor(self, port: str, is_source: bool) -> QPointF:
        """Where a wire ends, in scene coordinates."""
        return self.pos() + self.geometry.anchor(port, is_source)

    def ports(self) -> list[tuple[PortKey, QPointF]]:
        """Every port with its place in the scene."""
        place = self.pos()
        name = self.key.name
        return [
            (PortKey(name, port, is_source), place + anchor.point)
            for is_source, anchors in ((False, self.geometry.inputs), (True, self.geometry.outputs))
            for port, anchor in anchors.items()
        ]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        node_painting.paint(painter, self)

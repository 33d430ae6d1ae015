"""A node on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from blockstudio.gui.canvas.facts.faces import Face
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting import node_painting
from blockstudio.gui.canvas.painting.geometry import NodeGeometry, geometry
from blockstudio.gui.canvas.painting.placed import Placed, Severity
from blockstudio.gui.canvas.painting.surface import Surface

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene


class NodeItem(Placed):
    """A face, and where everything in it goes; if it is expanded, with another scene inside."""

    __slots__ = ("_field", "covered", "face", "geometry", "inner", "row_severity")

    def __init__(self, key: Key, face: Face, surface: Surface) -> None:
        super().__init__(key, surface)
        self.row_severity: dict[str, Severity] = {}
        self.face = face
        self.inner: CanvasScene | None = None
        """What is drawn inside; other nodes may show the same."""
        self.covered = False
        """What is inside is painted by somebody else, over this."""
        self._field: QRectF | None = None
        self.geometry: NodeGeometry = geometry(face)

    def set_face(self, face: Face) -> bool:
        """Show another face; whether size or ports changed."""
        if face == self.face:
            return False
        before = self.geometry
        self.face = face
        self.measure_again()
        return before != self.geometry

    def show_inside(self, inner: CanvasScene | None) -> bool:
        """Show a graph inside, as large as it is now, or none; whether size or ports changed."""
        field = inner.field() if inner is not None else None
        self.inner = inner
        if field == self._field:
            return False
        self._field = field
        self.measure_again()
        return True

    @property
    def down(self) -> bool:
        """Whether its ports are at the top and the bottom."""
        return self.face.down

    def measure_again(self) -> None:
        self.geometry = geometry(self.face, self._field)

    @property
    def origin(self) -> QPointF:
        """Where the inner graph has its (0, 0), in scene coordinates."""
        opening = self.geometry.opening
        return self.pos() + opening.offset if opening is not None else self.pos()

    def opens_at(self, point: QPointF) -> bool:
        """Whether a place of the scene is within the graph inside."""
        opening = self.geometry.opening
        return opening is not None and opening.rect.contains(point - self.pos())

    def box(self) -> Box:
        return self._x, self._y, self._x + self.geometry.width, self._y + self.geometry.height

    def offset(self, port: str, is_source: bool) -> tuple[float, float]:
        point = self.geometry.anchor(port, is_source)
        return point.x(), point.y()

    def port_keys(self) -> list[PortKey]:
        name, shape = self.key.name, self.geometry
        return [PortKey(name, port, False) for port in shape.inputs] + [
            PortKey(name, port, True) for port in shape.outputs
        ]

    def ports(self) -> list[tuple[PortKey, QPointF]]:
        place = self.pos()
        name = self.key.name
        return [
            (PortKey(name, port, is_source), place + anchor.point)
            for is_source, anchors in ((False, self.geometry.inputs), (True, self.geometry.outputs))
            for port, anchor in anchors.items()
        ]

    def looks(self) -> tuple[object, ...]:
        signs = self.shows_selected, self.shows_hovered, self.severity
        return self.face, self.geometry, signs, self.row_severity, self.kinds

    def paint(self, painter: QPainter) -> None:
        node_painting.paint(painter, self)

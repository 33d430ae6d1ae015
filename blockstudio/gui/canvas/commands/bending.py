"""The points that selected wires run through, by keyboard: added, taken away, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from blockstudio.graph.edits import Batch, SetRoute
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.interactions.bend import BendWire
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.scene.hits import Hit
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

DROP = 40.0
"""How far beside the wire a new point is, to be seen."""


class Bending:
    """Each is one undoable step."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def drag(self, found: Hit, point: QPointF) -> BendWire:
        """The gesture that moves a point, or makes one where a wire was taken hold of."""
        assert found.key is not None
        edge = self._canvas.canvas_scene.edges[Endpoint(found.key.name, found.key.port)]
        if found.row is not None:
            return BendWire(self._canvas, edge.target, found.row)
        return BendWire(self._canvas, edge.target, edge.segment_at(point), point)

    def open(self, found: Hit, point: QPointF) -> None:
        """A double click: on a point it takes that away, on a wire it asks what to insert."""
        canvas = self._canvas
        edge = canvas.canvas_scene.edge(found.key) if found.key is not None else None
        if edge is None or canvas.canvas_scene.sequence:
            return
        if found.row is None:
            canvas.search_to_insert(point)
            return
        points = edge.via[: found.row] + edge.via[found.row + 1 :]
        canvas.push(SetRoute(canvas.canvas_scene.location, edge.target, points), tr("Straighten a wire"))

    def _edges(self) -> list[EdgeItem]:
        scene = self._canvas.canvas_scene
        found = [edge for key in sorted(scene.selection) if (edge := scene.edge(key)) is not None]
        return [] if scene.sequence else found

    def bend(self) -> None:
        """Draw each selected wire through one more point."""
        edits = []
        for edge in self._edges():
            middle = edge.middle()
            points = list(edge.via)
            aside = QPointF(DROP, 0.0) if edge.down else QPointF(0.0, DROP)
            points.insert(edge.segment_at(middle), snapped(middle.x() + aside.x(), middle.y() + aside.y()))
            edits.append(SetRoute(self._canvas.canvas_scene.location, edge.target, tuple(points)))
        if edits:
            self._canvas.push(Batch(tuple(edits)), tr("Bend a wire"))

    def straighten(self) -> None:
        """Draw the selected wires as they come."""
        location = self._canvas.canvas_scene.location
        edits = [SetRoute(location, edge.target) for edge in self._edges() if edge.via]
        if edits:
            self._canvas.push(Batch(tuple(edits)), tr("Straighten a wire"))

    def nudge(self, dx: float, dy: float) -> bool:
        """Move the points of the selected wires; whether there were any."""
        location = self._canvas.canvas_scene.location
        edits = [
            SetRoute(location, edge.target, tuple((x + dx, y + dy) for x, y in edge.via))
            for edge in self._edges()
            if edge.via
        ]
        if edits:
            merge = f"bend {[edit.target for edit in edits]}"
            self._canvas.session.push(Batch(tuple(edits)), tr("Bend a wire"), merge=merge)
        return bool(edits)

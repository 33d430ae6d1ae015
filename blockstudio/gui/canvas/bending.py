"""The points that selected wires run through, by keyboard: added, taken away, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockstudio.graph.edits import Batch, SetRoute
from blockstudio.gui.canvas.edge_item import EdgeItem
from blockstudio.gui.canvas.places import snapped
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

DROP = 40.0
"""How far below the wire a new point is, to be seen."""


class Bending:
    """Each is one undoable step."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

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
            points.insert(edge.segment_at(middle), snapped(middle.x(), middle.y() + DROP))
            edits.append(SetRoute(self._canvas.canvas_scene.location, edge.target, tuple(points)))
        if edits:
            self._canvas.push(Batch(tuple(edits)), tr("Bend a wire"))

    def straighten(self) -> None:
        """Draw the selected wires as they come."""
        location = self._canvas.canvas_scene.location
        edits = [SetRoute(location, edge.target) for edge in self._edges() if edge.via]
        if edits:
            self._canvas.push(Batch(tuple(edits)), tr("Straighten a wire"))

    def remove(self, edge: EdgeItem, index: int) -> None:
        """Take one point away."""
        points = edge.via[:index] + edge.via[index + 1 :]
        self._canvas.push(SetRoute(self._canvas.canvas_scene.location, edge.target, points), tr("Straighten a wire"))

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

"""Showing the inside of nodes in their place, with room made for it."""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING

from attrs import evolve
from PySide6.QtCore import QRectF

from blockstudio.errors import EditError, mark
from blockstudio.graph.edits import Batch, SetNode
from blockstudio.graph.model import Position
from blockstudio.gui.canvas.insides import MOST, place_of
from blockstudio.gui.canvas.keys import Key, node_key
from blockstudio.gui.canvas.places import GRID, placement
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Expanding:
    """The command, one undoable step."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def toggle(self) -> None:
        """Draw what is inside the selected nodes in their place; or, if all show it, no longer."""
        canvas, session = self._canvas, self._canvas.session
        nodes = session.selected_nodes
        if not nodes:
            return
        for node in nodes:
            place = place_of(session.document, session.location, node)
            if place is None or len(session.document.graph(place).nodes) > MOST:
                raise EditError(
                    mark("“{name}” has no inside that could be shown here."),
                    path=session.location.path(node.name),
                    name=node.name,
                )
        on = not all(node.expanded for node in nodes)
        text = (tr("Expand {name}") if on else tr("Collapse {name}")).format(name=nodes[0].name)
        scene = canvas.canvas_scene
        with session.macro(text):
            for name in session.selection:
                before = scene.nodes[name].body
                node = session.graph.nodes[name]
                if node.expanded != on and canvas.push(SetNode(session.location, evolve(node, expanded=on)), text):
                    self._make_room(name, before, scene.nodes[name].body)

    def _make_room(self, name: str, before: QRectF, after: QRectF) -> None:
        """Move what stands to the right, and what stands below, by as much as a node has grown or shrunk."""
        scene = self._canvas.canvas_scene
        if scene.sequence:
            return
        dx, dy = _steps(after.width() - before.width()), _steps(after.height() - before.height())
        places: dict[Key, Position] = {}
        for thing in scene.things():
            body = thing.body
            if thing.key == node_key(name) or thing.key.kind == "note":
                continue
            if body.left() >= before.right() - 1.0:
                places[thing.key] = (thing.x() + dx, thing.y())
            elif body.top() >= before.bottom() - 1.0 and body.right() > before.left():
                places[thing.key] = (thing.x(), thing.y() + dy)
        edits = placement(scene.location, scene.graph, places)
        if edits:
            self._canvas.session.push(Batch(tuple(edits)), "")


def _steps(length: float) -> float:
    """A length to the next step of the grid, away from none."""
    steps = -(-abs(length) // GRID)
    return copysign(steps * GRID, length)

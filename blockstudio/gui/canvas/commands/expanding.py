"""Showing the inside of nodes in their place, with room made for it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph.edits import SetNode
from blockstudio.graph.model import Node
from blockstudio.gui.canvas.facts.insides import MOST, drawn_in, place_of, weight
from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


class Expanding:
    """The command, one undoable step."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def toggle(self) -> None:
        """Show what is inside the selected nodes, or the one that is worked in, in their place; or no longer."""
        canvas, session = self._canvas, self._canvas.session
        if canvas.in_place and not canvas.canvas_scene.selection:
            canvas.leave()
        nodes = [node for node in session.selected_nodes if self._has_inside(node)]
        if not nodes and session.selection:
            raise self._refusal(session.selected_nodes[0])
        if not nodes:
            return
        on = not all(node.expanded for node in nodes)
        text = (tr("Expand {name}") if on else tr("Collapse {name}")).format(name=nodes[0].name)
        with session.macro(text):
            for node in nodes:
                if node.expanded != on:
                    canvas.push(SetNode(session.location, evolve(session.graph.nodes[node.name], expanded=on)), text)
        body = canvas.canvas_scene.extent(map(node_key, session.selection))
        if on and not canvas.visible_rect().contains(body):
            canvas.fit_rect(body, animated=True, largest=canvas.zoom)

    def _has_inside(self, node: Node) -> bool:
        session = self._canvas.session
        return drawn_in(session.document, session.location, evolve(node, expanded=True), {}) is not None

    def _refusal(self, node: Node) -> EditError:
        """Why what is inside a node is not shown in its place."""
        session = self._canvas.session
        place = place_of(session.document, session.location, node)
        count = weight(session.document, place, {}) if place is not None else 0
        if not count:
            text = mark("“{name}” has no inside that could be shown here.")
        elif count == inf:
            text = mark("“{name}” holds itself: its inside cannot be shown here.")
        else:
            text = mark("“{name}” holds {count} nodes, more than are shown in place ({most}): go in by a double click.")
        facts = {"name": node.name, "count": f"{count:,}", "most": f"{MOST:,}"}
        return EditError(text, path=session.location.path(node.name), **facts)

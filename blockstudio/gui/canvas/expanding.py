"""Showing the inside of nodes in their place, with room made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph.edits import SetNode
from blockstudio.gui.canvas.insides import drawn_in
from blockstudio.gui.canvas.keys import node_key
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
            if drawn_in(session.document, session.location, evolve(node, expanded=True), {}) is None:
                raise EditError(
                    mark("“{name}” has no inside that could be shown here."),
                    path=session.location.path(node.name),
                    name=node.name,
                )
        on = not all(node.expanded for node in nodes)
        text = (tr("Expand {name}") if on else tr("Collapse {name}")).format(name=nodes[0].name)
        with session.macro(text):
            for name in session.selection:
                node = session.graph.nodes[name]
                if node.expanded != on:
                    canvas.push(SetNode(session.location, evolve(node, expanded=on)), text)
        body = canvas.canvas_scene.extent(map(node_key, session.selection))
        if on and not canvas.visible_rect().contains(body):
            canvas.fit_rect(body, animated=True, largest=canvas.zoom)

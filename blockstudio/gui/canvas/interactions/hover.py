"""What the pointer is over while no gesture is under way: shown on the thing, its port or wire, and by the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt

from blockstudio.gui.canvas.painting.surface import Detail
from blockstudio.gui.canvas.scene.hits import NOTHING, Hit, What, hit

if TYPE_CHECKING:
    from blockstudio.gui.canvas.facts.keys import Key
    from blockstudio.gui.canvas.scene.scene import CanvasScene
    from blockstudio.gui.canvas.view import Canvas

NOWHERE = QPoint(-1, -1)
CURSORS: Mapping[What, Qt.CursorShape] = {
    "port": Qt.CursorShape.CrossCursor,
    "grip": Qt.CursorShape.SizeFDiagCursor,
    "bend": Qt.CursorShape.SizeAllCursor,
}


class Hover:
    """One thing at a time; only what it leaves and what it comes to is painted again."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._found: Hit = NOTHING

    def leave(self) -> None:
        """The pointer is over nothing any more."""
        self.move(NOWHERE)

    def move(self, place: QPoint, *, cursor: bool = True) -> None:
        """The pointer is at a place of the view; with `cursor`, it shows what a press would do."""
        canvas = self._canvas
        scene = canvas.canvas_scene
        point = canvas.mapToScene(place)
        here = canvas.viewport().rect().contains(place) and (not canvas.in_place or scene.field().contains(point))
        found = hit(scene, point) if here else NOTHING
        if found == self._found:
            return
        before, self._found = self._found, found
        for one in (before, found):
            edge = scene.edge(one.key) if one.key is not None and one.port is None else None
            if edge is not None:
                edge.hovered = one is found
                scene.restyle_edge(edge)
            if one.port is not None:
                scene.update_port(one.port)
        scene.surface.port = found.port
        if before.key != found.key:
            self._lift(scene, found.key)
        if not cursor:
            return
        if found.what in CURSORS and not scene.sequence:
            canvas.viewport().setCursor(CURSORS[found.what])
        else:
            canvas.viewport().unsetCursor()

    def _lift(self, scene: CanvasScene, key: Key | None) -> None:
        """Let a node stand out; from so far that it is a speck, none does."""
        surface = scene.surface
        before, surface.hover = surface.hover, key if surface.detail != Detail.OVERVIEW else None
        for one in (before, surface.hover):
            item = scene.thing(one) if one is not None and one.kind != "note" else None
            if item is not None:
                item.update()

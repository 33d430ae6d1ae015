"""Small menus beside what is selected: its colour, the block it is to go into, the ways to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from blockstudio.errors import EditError, mark, shortened
from blockstudio.graph.model import If, While
from blockstudio.gui import matching
from blockstudio.gui.canvas.commands import menus
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.i18n import tr
from blockstudio.gui.matching import Choice

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas


def _choice(scene: CanvasScene, key: Key, payload: str) -> Choice:
    item, edge = scene.thing(key), scene.edge(key)
    if edge is not None:
        ends = " → ".join(end.node or end.port for end in (edge.source, edge.target))
        return Choice(payload, ends, tr("Wire"), "mdi6.vector-line", words=(tr("Wire").lower(),))
    if isinstance(item, NodeItem):
        return Choice(payload, key.name, item.face.title, item.face.icon, item.face.category, detail=item.face.detail)
    if isinstance(item, NoteItem):
        kind = tr("Frame") if item.note.frame else tr("Note")
        return Choice(payload, shortened(item.note.text), kind, "mdi6.note-outline")
    is_input = key.kind == "input"
    kind = tr("Input") if is_input else tr("Output")
    return Choice(payload, key.name, kind, "mdi6.login-variant" if is_input else "mdi6.logout-variant")


class Asking:
    """The questions that a command by keyboard asks; by mouse they are in the context menu."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def _menu(self) -> QMenu:
        menu = QMenu(self._canvas)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _pop_up(self, menu: QMenu) -> None:
        """Show a menu below what is selected, with its first item ready for Return."""
        canvas = self._canvas
        place = canvas.mapFromScene(canvas.canvas_scene.extent(canvas.canvas_scene.selection).bottomLeft())
        menu.popup(canvas.viewport().mapToGlobal(place))
        menu.setActiveAction(menu.actions()[0])

    def color(self) -> None:
        """Which colour the selected nodes and notes are to have."""
        if any(key.kind in ("node", "note") for key in self._canvas.canvas_scene.selection):
            menu = self._menu()
            menus.fill_colors(self._canvas, menu)
            self._pop_up(menu)

    def block(self) -> None:
        """Which block the selected nodes are to go into; the one among them, if there is one."""
        canvas = self._canvas
        chosen = canvas.session.selection
        blocks = canvas.blocks_here()
        inside = [name for name in chosen if name in blocks]
        others = [name for name in blocks if name not in chosen]
        if len(chosen) > 1 and len(inside) == 1:
            if not isinstance(canvas.session.graph.nodes[inside[0]], While | If):
                canvas.move_into([name for name in chosen if name not in inside], inside[0])
                return
            others = inside  # which of its graphs is to be chosen
        if not others:
            raise EditError(mark("There is no block here to move nodes into: group some first."))
        menu = self._menu()
        canvas.fill_blocks(menu, chosen, others)
        self._pop_up(menu)

    def mend(self) -> None:
        """What would take the problems of the selected node away."""
        menu = self._menu()
        menus.fill_fixes(self._canvas, menu, self._canvas.session.selection[0])
        if not menu.actions():
            menu.deleteLater()
            raise EditError(mark("Nothing here can be mended with one click."))
        self._pop_up(menu)

    def option(self) -> None:
        """Which option of the selected node is to be a hyper-parameter."""
        menu = self._menu()
        menus.fill_options(self._canvas, menu, self._canvas.session.selection[0])
        if not menu.actions():
            menu.deleteLater()
            raise EditError(mark("It has no option that could be a hyper-parameter."))
        self._pop_up(menu)

    def another(self) -> None:
        """What is to be selected too, found by its name."""
        canvas, scene = self._canvas, self._canvas.canvas_scene
        wires = [edge.key for edge in scene.edges.values() if not edge.implied]
        keys = sorted(key for key in [*(thing.key for thing in scene.things()), *wires] if key not in scene.selection)
        choices = [_choice(scene, key, str(index)) for index, key in enumerate(keys)]

        def chosen(payload: str) -> None:
            canvas.focus.go(keys[int(payload)], add=True)

        canvas.search_popup.open_large(
            lambda text: matching.ranked(choices, text),
            chosen,
            prompt=tr("Select one more…"),
            title=tr("What can be selected"),
        )

    def note(self) -> None:
        """A note at the pointer, or in the middle of the view."""
        canvas = self._canvas
        place = canvas.pointer()
        canvas.drop_entry("node:note", canvas.mapToScene(place) if place is not None else canvas.middle())

"""Changing what is there: delete, copy, group, rename, lay out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from blockstudio.catalog.ports import node_ports
from blockstudio.errors import mark
from blockstudio.graph.commands import make_independent, remove_nodes, rename_node, reorder_node
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Batch, Connect, Edit, SetNode, SetNote, SetRoute
from blockstudio.graph.fragments import Duplication, duplicate, own_definition
from blockstudio.graph.grouping import group, ungroup
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Endpoint, Node, Note, Position, Sequential
from blockstudio.graph.port_commands import remove_port, rename_port
from blockstudio.graph.scopes import next_free
from blockstudio.graph.unwrapping import unwrap
from blockstudio.gui import own_blocks
from blockstudio.gui.canvas.commands.inline_editor import NameEditor, NoteEditor
from blockstudio.gui.canvas.commands.pasting import Pasting
from blockstudio.gui.canvas.commands.tidy_up import TidyUp
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key, pill_side
from blockstudio.gui.canvas.facts.places import placement
from blockstudio.gui.canvas.facts.placing import main_ports
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.measuring import Lanes
from blockstudio.gui.canvas.scene.tidying import FRAME_MARGIN
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session

MOST_ANIMATED = 600
DUPLICATIONS: Mapping[Duplication, str] = {
    "copy": mark("Duplicate"),
    "instance": mark("Duplicate as an instance"),
    "shared": mark("Duplicate as shared"),
}


class Editing(Pasting):
    """Every command on what is selected, each one undoable step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.name_editor = NameEditor(self)
        self.note_editor = NoteEditor(self)
        self.tidy_up = TidyUp(self)

    # --- taking away, copying ---------------------------------------------------------------------

    def delete_selection(self) -> None:
        """Remove the selected nodes, wires, ports and notes."""
        scene, session = self.canvas_scene, self.session
        keys = sorted(scene.selection)
        nodes = [key.name for key in keys if key.kind == "node"]
        if not keys or (scene.sequence and not nodes):
            return
        text = tr("Delete {name}").format(name=keys[0].name or keys[0].port)
        if len(keys) > 1:
            text = tr("Delete {count} things").format(count=len(keys))
        with session.guard(), session.macro(text):
            for key in keys:
                if key.kind == "edge":
                    session.push(Connect(scene.location, Endpoint(key.name, key.port), None), text)
            if nodes:
                session.push(scene.settled(remove_nodes(session.document, scene.location, nodes)), text)
            for key in keys:
                if key.kind in ("input", "output"):
                    session.push(remove_port(session.document, scene.location, pill_side(key), key.name), text)
                elif key.kind == "note":
                    session.push(SetNote(scene.location, key.name, None), text)

    def cut(self) -> None:
        self.copy()
        self.delete_selection()

    def duplicate(self, mode: Duplication = "copy") -> None:
        """Copies of the selected nodes: independent, more instances of the same blocks, or calling the same layers."""
        names = [key.name for key in self.canvas_scene.selection if key.kind == "node"]
        if not names:
            return
        with self.session.guard():
            edit, new = duplicate(self.session.document, self.session.location, names, mode)
            if self.push(edit, tr(DUPLICATIONS[mode])):
                self.select_keys(map(node_key, new))

    def make_independent(self) -> None:
        """Give the selected call weights of its own."""
        with self.session.guard():
            for name in self.session.selection:
                edit = make_independent(self.session.document, self.session.location, name)
                self.push(edit, tr("Make {name} independent").format(name=name))

    def make_own(self) -> None:
        """Give the selected instances definitions of their own."""
        with self.session.guard():
            for name in self.session.selection:
                edit = own_definition(self.session.document, self.session.location, name)
                self.push(edit, tr("Give {name} an inside of its own").format(name=name))

    # --- blocks -----------------------------------------------------------------------------------

    def group(self) -> None:
        """Make a block of the selected nodes, and of the notes selected with them."""
        names = list(self.session.selection)
        notes = [key.name for key in self.canvas_scene.selection if key.kind == "note"]
        document, location = self.session.document, self.session.location

        def ports(node: Node) -> list[str]:
            return [port.name for port in node_ports(document, location, node).inputs]

        with self.session.guard():
            wanted = own_blocks.free_name(document, "Block")
            edit, name = group(document, location, names, wanted, notes=notes, ports=ports)
            if self.push(edit, tr("Group into {name}").format(name=wanted)):
                self.select_keys([node_key(name)])

    def ungroup(self) -> None:
        """Put the nodes inside the selected blocks and Sequentials in their places."""
        chosen = self.session.selection
        found: list[str] = []
        with self.session.guard():
            with self.session.macro(tr("Take {name} apart").format(name=", ".join(chosen[:3]))):
                for name in chosen:
                    edit, names = self._apart(name)
                    self.session.push(edit, "")
                    found += names
            self.select_keys(map(node_key, found))

    def _apart(self, name: str) -> tuple[Edit, tuple[str, ...]]:
        document, location = self.session.document, self.session.location
        if not isinstance(self.session.graph.nodes[name], Sequential):
            return ungroup(document, location, name)
        inside = location.enter(name, "body")
        return unwrap(document, location, name, lambda child: main_ports(node_ports(document, inside, child)))

    def enter_selected(self) -> None:
        """Show what is inside the selected node."""
        if len(self.session.selection) == 1 and self.session.enter_node(self.session.selection[0]):
            self.see_inside()

    def open_node(self, name: str, row: int | None) -> None:
        """Into a node, and through a row into what it stands for; a node without an inside is renamed."""
        session, face = self.session, self.canvas_scene.nodes[name].face
        if row is None or not face.rows:
            if session.enter_node(name):
                self.see_inside()
            else:
                self.edit_in_place(node_key(name))
        elif not face.takes_rows:
            session.enter_node(name, face.rows[row].key)
        else:
            session.enter_node(name)
            if not session.enter_node(face.rows[row].key):
                session.select((face.rows[row].key,))

    def leave(self) -> None:
        """Go back to the graph around this one."""
        self.session.leave()

    def show_node(self, location: Location, name: str) -> None:
        """Go to a node wherever it is."""
        self.session.show_node(location, name)

    # --- names and notes --------------------------------------------------------------------------

    def rename_selected(self) -> None:
        """Edit the name of the one selected node or port, or the text of the one selected note, in place."""
        keys = [key for key in self.canvas_scene.selection if key.kind != "edge"]
        if len(keys) == 1:
            self.edit_in_place(keys[0])

    def edit_in_place(self, key: Key) -> None:
        scene = self.canvas_scene
        item = scene.thing(key)
        if item is None or (scene.sequence and key.kind != "node"):
            return
        self.reveal(item.body)
        self.stop_animation()
        rect = self.mapFromScene(item.body).boundingRect()
        font = QGuiApplication.font()
        if isinstance(item, NoteItem) and not item.note.frame:
            rect = rect.adjusted(0, 0, 0, 0).united(rect.adjusted(0, 0, max(0, 200 - rect.width()), 0))
            rect.setHeight(max(rect.height(), 90))
            self.note_editor.open(rect, item.note.text, font, lambda text: self._set_note_text(key.name, text))
            return
        height = max(28, self.name_editor.sizeHint().height())
        rect.setWidth(max(rect.width(), 160))
        if rect.height() > height:
            top = rect.top() if isinstance(item, NoteItem) else rect.top() + max(0, round(20 * self.zoom) - height // 2)
            rect.setTop(top)
        rect.setHeight(height)
        if isinstance(item, NoteItem):
            self.name_editor.open(rect, item.note.text, font, lambda text: self._set_note_text(key.name, text))
        else:
            self.name_editor.open(rect, key.name, font, lambda text: self._rename(key, text))

    def edit_port(self, port: PortKey, name: str, take: Callable[[str], None]) -> None:
        """Edit the name of a port beside it."""
        place = self.canvas_scene.port_place(port)
        self.reveal(QRectF(place.x() - 90.0, place.y() - 20.0, 180.0, 40.0))
        self.stop_animation()
        height = max(28, self.name_editor.sizeHint().height())
        at = self.mapFromScene(place)
        rect = QRect(at.x() - (10 if port.is_source else 150), at.y() - height // 2, 160, height)
        self.name_editor.open(rect, name, QGuiApplication.font(), take)

    def _rename(self, key: Key, name: str) -> None:
        document, location = self.session.document, self.session.location
        with self.session.guard():
            if key.kind == "node":
                edit = rename_node(document, location, key.name, name)
            else:
                edit = rename_port(document, location, pill_side(key), key.name, name)
            if self.push(edit, tr("Rename {old} to {new}").format(old=key.name, new=name)):
                self.select_keys([key._replace(name=name)])

    def _set_note_text(self, name: str, text: str) -> None:
        note = self.canvas_scene.graph.notes.get(name)
        if note is not None:
            self.push(SetNote(self.session.location, name, evolve(note, text=text)), tr("Edit a note"))

    def frame_selection(self) -> None:
        """Put a frame round the selected nodes."""
        scene = self.canvas_scene
        rect = scene.extent(key for key in scene.selection if key.kind != "edge")
        if rect.isNull() or scene.sequence:
            return
        left, top, right, bottom = FRAME_MARGIN
        rect = rect.adjusted(-left, -top, right, bottom)
        key = next_free("frame_1", set(scene.graph.notes))
        note = Note(tr("Frame"), (rect.x(), rect.y()), (rect.width(), rect.height()), frame=True)
        if self.push(SetNote(scene.location, key, note), tr("Frame")):
            self.select_keys([Key("note", key)])
            self.rename_selected()

    def set_color(self, color: str) -> None:
        """Give the selected nodes and notes a colour of their own; "" for that of their kind."""
        scene = self.canvas_scene
        edits: list[Edit] = []
        for key in sorted(scene.selection):
            if key.kind == "node":
                edits.append(SetNode(scene.location, evolve(scene.graph.nodes[key.name], color=color)))
            elif key.kind == "note":
                edits.append(SetNote(scene.location, key.name, evolve(scene.graph.notes[key.name], color=color)))
        if edits:
            self.push(Batch(tuple(edits)), tr("Colour"))

    # --- looking and laying out -------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole graph."""
        self.fit_all(animated=True)

    def fit_selection(self) -> None:
        """Show what is selected, or everything when nothing is."""
        rect = self.canvas_scene.extent(self.canvas_scene.selection)
        self.fit_rect(self.canvas_scene.extent() if rect.isNull() else rect, animated=True)

    def tidy(self) -> None:
        """Lay the graph out along its flow; with several nodes selected, only those."""
        scene = self.canvas_scene
        if scene.sequence:
            return
        chosen = {key for key in scene.selection if key.kind in ("node", "input", "output")}
        self.tidy_up.start(chosen if len(chosen) > 1 else None, tr("Tidy up"))

    def turn(self) -> None:
        """Draw the graph from top to bottom, or from left to right again, laid out anew."""
        scene, session = self.canvas_scene, self.session
        if scene.sequence:
            return
        text = tr("Draw from left to right") if scene.down else tr("Draw from top to bottom")
        merge = f"turn {session.undo_stack.index()}"
        session.push(SetDirection(scene.location, not scene.down), text, merge=merge)
        if scene.arrangement:
            self.fit()
        else:
            self.tidy_up.start(None, text, merge=merge, fit=True)

    def move_to(
        self,
        before: Mapping[Key, Position],
        after: Mapping[Key, Position],
        text: str,
        sizes: Mapping[Key, Position] | None = None,
        routes: Lanes | None = None,
        *,
        merge: str = "",
    ) -> None:
        """Put things elsewhere in one step, frames with other sizes, wires through points; show how they go there."""
        scene, routes = self.canvas_scene, routes or {}
        notes, location = scene.graph.notes, scene.location
        places = {**scene.arrangement, **after}
        frames = {key: places.pop(key) for key in sizes or ()}
        edits: list[Edit] = [
            edit
            for edit in placement(location, scene.graph, places)
            if not (isinstance(edit, SetRoute) and edit.target in routes)
        ]
        for key, size in (sizes or {}).items():
            edits.append(SetNote(location, key.name, evolve(notes[key.name], position=frames[key], size=size)))
        for target, points in routes.items():
            if points != scene.edges[target].via:
                edits.append(SetRoute(location, target, points))
        if edits and self.push(Batch(tuple(edits)), text, merge=merge):
            self._animate_moves(before, after)

    def _animate_moves(self, before: Mapping[Key, Position], after: Mapping[Key, Position]) -> None:
        """Show on the screen how things went where the document already has them."""
        if not self.moves or len(before) > MOST_ANIMATED:
            return
        scene = self.canvas_scene
        moved = {key: place for key, place in before.items() if place != after[key]}

        def step(t: float) -> None:
            for key, (x, y) in moved.items():
                goal = after[key]
                scene.put(key, x + (goal[0] - x) * t, y + (goal[1] - y) * t)
            scene.follow_puts(moved)
            if t == 1.0:
                scene.ways.settle()

        step(0.0)
        self.animate(step)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by steps of the grid; in a Sequential, the selected child by one place."""
        scene = self.canvas_scene
        if scene.sequence:
            self._step(1 if dx + dy > 0 else -1)
            return
        keys = scene.taken_along({key for key in scene.selection if key.kind != "edge"})
        places = {key: (item.x() + dx, item.y() + dy) for key in keys if (item := scene.thing(key)) is not None}
        edits = placement(scene.location, scene.graph, scene.arrangement | places)
        if edits:
            self.session.push(scene.settled(Batch(tuple(edits))), tr("Move"), merge=f"nudge {sorted(places)}")

    def resize_notes(self, dx: float, dy: float) -> None:
        """Make the selected notes and frames larger or smaller by steps of the grid."""
        scene = self.canvas_scene
        edits = [
            SetNote(scene.location, name, evolve(item.note, size=item.size_by(dx, dy)))
            for name in self.session.selected_notes
            if (item := scene.notes.get(name)) is not None
        ]
        if edits:
            self.session.push(Batch(tuple(edits)), tr("Resize a note"), merge=f"resize {[e.key for e in edits]}")

    def _step(self, step: int) -> None:
        names = list(self.session.graph.nodes)
        if len(self.session.selection) == 1:
            name = self.session.selection[0]
            index = max(0, min(len(names) - 1, names.index(name) + step))
            if index != names.index(name):
                edit = reorder_node(self.session.document, self.session.location, name, index)
                self.push(edit, tr("Reorder {name}").format(name=name))

    def disconnect_selected(self) -> None:
        """Take all wires off the selected nodes."""
        scene = self.canvas_scene
        targets = {edge.target for key in scene.selection for edge in scene.edges_of(key)}
        if targets and not scene.sequence:
            edits = tuple(Connect(scene.location, target, None) for target in sorted(targets))
            self.push(Batch(edits), tr("Unplug"))

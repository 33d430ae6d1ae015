"""The clipboard: pieces of graphs as data and as text, and layers written in Python."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QPointF
from PySide6.QtGui import QGuiApplication

from blockstudio.errors import CodeError, mark
from blockstudio.formats import clipboard, pasted_python
from blockstudio.graph.edits import AddDefinition, AddNode, Edit, SetNote
from blockstudio.graph.fragments import Fragment, paste_fragment
from blockstudio.graph.model import CodeDefinition, Position
from blockstudio.gui.canvas.commands.adding import Adding
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.facts.places import snapped
from blockstudio.gui.canvas.facts.placing import children_only
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.option_text import names_at


class Pasting(Adding):
    """Copy and paste, each paste one undoable step."""

    def copy(self) -> None:
        """Put the selected nodes and notes on the clipboard, as data and as text."""
        names = [key.name for key in self.canvas_scene.selection if key.kind in ("node", "note")]
        if not names:
            return
        text = clipboard.to_text(clipboard.copy(self.session.document, self.session.location, names))
        data = QMimeData()
        data.setData(clipboard.MIME_TYPE, text.encode())
        data.setText(text)
        QGuiApplication.clipboard().setMimeData(data)

    def paste(self) -> None:
        """Put what is on the clipboard into this graph: at the pointer, or beside where it came from."""
        text = _clipboard_text()
        with self.session.guard():
            if clipboard.is_fragment(text) or not text.strip():
                content = clipboard.from_text(text)
                self._put(lambda at: clipboard.paste(self.session.document, self.session.location, content, at))
            else:
                self._paste_python(pasted_python.source_in(text))

    def _paste_python(self, source: str) -> None:
        """Layers written as Python become nodes; of what would have to be run, say what can be done with it."""
        session = self.session
        graph = pasted_python.graph_in(
            source, tuple(names_at(session.document, session.location)), down=session.graph.down
        )
        if graph is not None:
            fragment = Fragment(graph)
            self._put(lambda at: paste_fragment(session.document, session.location, fragment, at))
        else:
            self._offer_python(source)

    def _offer_python(self, source: str) -> None:
        """What can be done with a model that is written in Python: nothing of it has been run."""
        session = self.session
        found, whole = pasted_python.models_in(source)
        if not found:
            raise CodeError(mark("The Python on the clipboard makes no layer and no model."))
        actions: list[tuple[str, Callable[[], None]]] = [
            (tr("Import…"), lambda: session.import_requested.emit(whole)),
        ]
        name = pasted_python.block_in(session.document, source)
        if name:
            actions.append((tr("Add as a Python block"), lambda: self._add_python(name, source)))
        text = tr("The clipboard holds a model in Python: {name}.").format(name=found)
        session.notify(text, "info", actions=actions, key="pasted")

    def _add_python(self, name: str, source: str) -> None:
        """A block with this source, and a node of it; whether it may run is asked as with any project."""
        session = self.session
        with session.guard(), session.macro(tr("Add {name}").format(name=name)):
            session.push(AddDefinition(CodeDefinition(name, source)), "")
            self.add_entry(f"definition:{name}")

    def _put(self, paste: Callable[[Position | None], tuple[Edit, tuple[str, ...]]]) -> None:
        """Paste at the pointer; without one where it came from, or in the middle if that is out of sight."""
        at, place = None, self.pointer() if self.viewport().underMouse() else None
        if place is not None:
            self.go_to(place)
            point = self.mapToScene(place)
            at = snapped(point.x(), point.y())
        edit, names = paste(at)
        if at is None and not self._lands_in_view(edit):
            center = self.middle()
            edit, names = paste(snapped(center.x() - 90, center.y() - 20))
        if self.canvas_scene.sequence:
            edit = children_only(self.session.document, self.session.location, edit)
        notes = {e.key for e in edit.leaves() if isinstance(e, SetNote)}
        if self.push(edit, tr("Paste")):
            self.select_keys([*map(node_key, names), *(Key("note", key) for key in notes)])

    def _lands_in_view(self, edit: Edit) -> bool:
        view = self.visible_rect()
        places = [e.node.position for e in edit.leaves() if isinstance(e, AddNode)]
        return not places or any(view.contains(QPointF(*place)) for place in places)


def _clipboard_text() -> str:
    """What was copied, as JSON text: from a canvas, or from any program as text."""
    # An empty clipboard is None where the stub says otherwise.
    data: QMimeData | None = QGuiApplication.clipboard().mimeData()
    if data is None:
        return ""
    if data.hasFormat(clipboard.MIME_TYPE):
        return bytes(data.data(clipboard.MIME_TYPE).data()).decode("utf-8", "replace")
    return data.text()

"""Go to any node of the project by its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from blockstudio.graph.document import Location
from blockstudio.graph.model import Node
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session

MOST = 200
WIDTH, HEIGHT = 460, 340


class Finder(QFrame):
    """A field and the nodes whose path, kind or comment has what is typed; Return goes there."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("finder")
        self._session = session
        self._nodes = [(place, node) for place, graph in session.document.graphs() for node in graph.nodes.values()]
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a node by its name, kind or comment"))
        self.search.setAccessibleName(tr("Find a node by its name, kind or comment"))
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Nodes"))
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        self.resize(WIDTH, HEIGHT)
        self._fill("")

    def open_over(self, widget: QWidget) -> None:
        """Show in the upper middle of a widget."""
        self.move(widget.mapToGlobal(QPoint(max(0, (widget.width() - WIDTH) // 2), 40)))
        self.show()
        self.search.setFocus()

    def _fill(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for place, node in self._nodes:
            whole = " ".join((place.path(node.name), kind_text(node), node.comment)).lower()
            if all(word in whole for word in words):
                item = QListWidgetItem(f"{node.name}   {kind_text(node)} · {place.path()}")
                item.setData(Qt.ItemDataRole.UserRole, (place, node.name))
                self.list.addItem(item)
                if self.list.count() == MOST:
                    break
        if not self.list.count():
            item = QListWidgetItem(tr("No node has that name."))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._go(self.list.currentItem())
                return True
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
                return True
        return super().eventFilter(watched, event)

    def _go(self, item: QListWidgetItem | None) -> None:
        found = item.data(Qt.ItemDataRole.UserRole) if item else None
        if found is None:
            return
        location, name = found
        self.close()
        assert isinstance(location, Location)
        with self._session.guard():
            self._session.show_node(location, name)


def kind_text(node: Node) -> str:
    """What a node is, in a word: its type's last name, its definition, or its kind."""
    named: str = getattr(node, "type", "") or getattr(node, "definition", "") or node.kind
    return named.rpartition(".")[2]

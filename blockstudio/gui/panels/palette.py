"""The palette: everything that can be placed, by category or by search, and the blocks of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import code_signature
from blockstudio.catalog.spec import Entry
from blockstudio.graph.edits import (
    AddDefinition,
    ChangeDefinition,
    ChangeDocument,
    Edit,
    RemoveDefinition,
    RenameDefinition,
)
from blockstudio.graph.model import CodeDefinition, Definition
from blockstudio.gui import own_blocks
from blockstudio.gui.canvas.facts.offers import everything, of_library, ranked
from blockstudio.gui.i18n import entry_label, tr
from blockstudio.gui.i18n import message as worded
from blockstudio.gui.icons import icon
from blockstudio.gui.library import LibraryBlock
from blockstudio.gui.panels.palette_menu import LIBRARY, palette_menu
from blockstudio.gui.session import Session
from blockstudio.gui.settings import PALETTE_CLOSED, RECENT_ENTRIES

MIME = "application/x-blockstudio-entry"
"""Carries an entry's type, `definition:NAME`, `library:NAME@FILE` or `node:KIND`."""

OWN = "own"
"""Key of the group of the user's own blocks."""
FUNCTION = "mdi6.function-variant"
"""Icon of functions among what a search found: they look like the layers of nearly the same name."""
LEFT_OUT = frozenset({"definition", "code"})
"""Structures that have buttons of their own here."""

_DRAGGED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
_KEY = Qt.ItemDataRole.UserRole
_GROUP = Qt.ItemDataRole.UserRole + 1


def payload(entry: Entry, structures: Sequence[Entry]) -> str:
    """What a drag of an entry carries."""
    return f"node:{entry.kind}" if entry in structures else entry.type


class PaletteModel(QStandardItemModel):
    """Items that can be dragged onto the canvas."""

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            key = index.data(_KEY)
            if key:
                data.setData(MIME, QByteArray(str(key).encode()))
        return data


class PaletteTree(QTreeView):
    """One drag at a time: while one comes to its end, a quick hand makes Qt ask for the next inside of it."""

    _dragging = False

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        if self._dragging:
            return
        self._dragging = True
        try:
            super().startDrag(supportedActions)
        finally:
            self._dragging = False


class PalettePanel(QWidget):
    """Search field and tree. `chosen` carries what a drag would: add it to the shown graph."""

    chosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._filled = False
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("mdi6.magnify", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._searched)
        self.search.installEventFilter(self)
        self.new_block_button = _tool("mdi6.cube-outline", self.new_block)
        self.new_code_button = _tool("mdi6.language-python", self.new_code)
        self.model = PaletteModel(self)
        self.tree = PaletteTree()
        self.tree.setModel(self.model)
        self.tree.setHeaderHidden(True)
        self.tree.setDragEnabled(True)
        self.tree.setDragDropMode(QTreeView.DragDropMode.DragOnly)
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.clicked.connect(self._clicked)
        self.tree.activated.connect(self._activated)
        self.tree.expanded.connect(lambda index: self._keep_closed(index, closed=False))
        self.tree.collapsed.connect(lambda index: self._keep_closed(index, closed=True))
        self.tree.installEventFilter(self)
        self.nothing = QLabel()
        self.nothing.setProperty("muted", True)
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setMargin(16)
        self.nothing.hide()
        top = QHBoxLayout()
        top.setContentsMargins(8, 8, 8, 6)
        top.addWidget(self.search)
        row = QHBoxLayout()
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(4)
        row.addWidget(self.new_block_button, 1)
        row.addWidget(self.new_code_button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.nothing, 1)
        layout.addLayout(row)
        self.setFocusProxy(self.search)
        self.retranslate()
        session.document_replaced.connect(self._show_own)
        session.document_changed.connect(self._document_changed)
        session.library.changed.connect(self._show_library)

    def retranslate(self) -> None:
        self.search.setPlaceholderText(tr("Search layers and functions"))
        self.search.setToolTip(tr("Type a name, a purpose, or a symbol such as + or @"))
        self.search.setAccessibleName(tr("Search layers and functions"))
        self.new_block_button.setText(tr("+ Block"))
        self.new_block_button.setToolTip(tr("Make a block of your own, to be used many times"))
        self.new_code_button.setText(tr("+ Code"))
        self.new_code_button.setToolTip(tr("Write a block as a Python class"))
        self.tree.setAccessibleName(tr("Palette"))
        if self._filled:
            self._show_groups()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Buttons lose their icons before their words."""
        super().resizeEvent(event)
        buttons = self.new_block_button, self.new_code_button
        for style in (Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonTextOnly):
            for button in buttons:
                button.setToolButtonStyle(style)
            if max(button.sizeHint().width() for button in buttons) <= (self.width() - 16) // 2:
                break

    # --- blocks of the user's own -------------------------------------------------------------

    def new_block(self) -> None:
        """Make an empty block and go into it."""
        name = own_blocks.ask_name(self, tr("New block"), own_blocks.free_name(self._session.document, "Block"))
        if name:
            with self._session.guard():
                own_blocks.add_block(self._session, name)

    def new_code(self) -> None:
        """Make a block written in Python from a template, and open the editor on it."""
        name = own_blocks.ask_name(self, tr("New code block"), own_blocks.free_name(self._session.document, "MyLayer"))
        if name:
            with self._session.guard():
                own_blocks.add_code(self._session, name)

    # --- items --------------------------------------------------------------------------------

    def fill(self) -> None:
        """List what there is: some hundred items, made when the window is on the screen."""
        self._filled = True
        self._searched(self.search.text())

    def _searched(self, text: str) -> None:
        if not self._filled:
            return
        if text.strip():
            self._show_found(text)
        else:
            self._show_groups()

    def _show_groups(self) -> None:
        self.nothing.hide()
        self.tree.show()
        self.model.clear()
        closed = self._session.settings.get(PALETTE_CLOSED)
        own = _group(tr("Your blocks"), OWN, "mdi6.cube-outline", "accent")
        self.model.appendRow(own)
        known = catalog()
        by_category: dict[str, list[Entry]] = {}
        for entry in (*known.structures, *known.entries):
            if not entry.hidden and entry.kind not in LEFT_OUT:
                by_category.setdefault(entry.category, []).append(entry)
        for number, category in enumerate(known.categories):
            entries = by_category.get(category.name, [])
            if not entries:
                continue
            group = _group(tr(category.name), category.name, category.icon, f"hue:{number}")
            for entry in entries:
                group.appendRow(self._entry_item(entry))
            self.model.appendRow(group)
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            self.tree.setExpanded(index, index.data(_GROUP) not in closed)
        self._show_own()
        self._show_library()

    def _show_own(self) -> None:
        top = self.model.item(0)
        if top is None or top.data(_GROUP) != OWN:
            return
        top.removeRows(0, top.rowCount())
        for definition in self._session.document.definitions.values():
            top.appendRow(self._own_item(definition))

    def _show_library(self) -> None:
        """Show the blocks of the library behind those of the project, where there are any."""
        top = self.model.item(0)
        if top is None or top.data(_GROUP) != OWN:
            return
        library = self._session.library
        blocks, faults = library.blocks(), library.faults()
        if self.model.item(1).data(_GROUP) == LIBRARY:
            self.model.removeRow(1)
        if not blocks and not faults:
            return
        group = _group(tr("Library"), LIBRARY, "mdi6.bookshelf", "accent")
        for block in blocks:
            group.appendRow(self._library_item(block))
        about = tr("Blocks for every project, in the folder {folder}").format(folder=library.folder)
        group.setToolTip("<br>".join(escape(text) for text in (about, *map(worded, faults))))
        self.model.insertRow(1, group)
        self.tree.setExpanded(group.index(), LIBRARY not in self._session.settings.get(PALETTE_CLOSED))

    def _library_item(self, block: LibraryBlock) -> QStandardItem:
        item, doc = _item(block.name, block.payload), block.definition.doc
        is_code = isinstance(block.definition, CodeDefinition)
        item.setIcon(icon("mdi6.language-python" if is_code else "mdi6.bookshelf", "accent"))
        note = tr("Drag it into a graph: it comes with all it is made of.")
        item.setToolTip(f"<b>{escape(block.name)}</b><br>{note}" + (f"<br>{escape(doc)}" if doc else ""))
        return item

    def _own_item(self, definition: Definition | CodeDefinition) -> QStandardItem:
        is_code = isinstance(definition, CodeDefinition)
        item = _item(definition.name, f"definition:{definition.name}")
        item.setIcon(icon("mdi6.language-python" if is_code else "mdi6.cube-outline", "accent"))
        doc = definition.doc
        if is_code:
            signature = code_signature(definition)
            doc = doc or (signature.doc if signature else "")
        is_root = definition.name == self._session.document.root
        note = tr("The root block: what runs.") if is_root else tr("Drag it into a graph to use it.")
        item.setToolTip(f"<b>{escape(definition.name)}</b><br>{note}" + (f"<br>{escape(doc)}" if doc else ""))
        if is_root:
            font = item.font()
            font.setBold(True)
            item.setFont(font)
        return item

    def _entry_item(self, entry: Entry, color: str = "", with_category: bool = False) -> QStandardItem:
        label = entry_label(entry)
        item = _item(label, payload(entry, catalog().structures))
        doc = tr(entry.doc).split("\n\n")[0]
        name = entry.type if "." in entry.type else ""
        item.setToolTip(f"<b>{label}</b> <span style='color:gray'>{name}</span><br>{escape(doc)}")
        if with_category:
            category = catalog().category(entry.category)
            number = catalog().categories.index(category)
            owns = entry.kind == "layer" or entry in catalog().structures
            item.setIcon(icon(category.icon if owns else FUNCTION, f"hue:{number}"))
        return item

    def _show_found(self, text: str) -> None:
        self.model.clear()
        document, known = self._session.document, catalog()
        structures = {payload(entry, known.structures): entry for entry in known.structures}
        recent = self._session.settings.get(RECENT_ENTRIES)
        kept = {block.payload: block for block in self._session.library.blocks()}
        for choice in ranked([*everything(document), *map(of_library, kept.values())], text, recent):
            prefix, _, name = choice.payload.partition(":")
            if choice.payload in kept:
                self.model.appendRow(self._library_item(kept[choice.payload]))
                continue
            entry = structures.get(choice.payload) or known.get(choice.payload)
            if entry is None and prefix == "definition":
                self.model.appendRow(self._own_item(document.definitions[name]))
            elif entry is not None and entry.kind not in LEFT_OUT:
                self.model.appendRow(self._entry_item(entry, with_category=True))
        found = self.model.rowCount() > 0
        self.tree.setVisible(found)
        self.nothing.setVisible(not found)
        self.nothing.setText(
            tr("Nothing is called “{text}”. Try what it does, such as “average” or “join”.").format(text=text)
        )
        if found:
            self.tree.setCurrentIndex(self.model.index(0, 0))

    def _document_changed(self, edits: tuple[Edit, ...]) -> None:
        kinds = (AddDefinition, RemoveDefinition, RenameDefinition, ChangeDefinition, ChangeDocument)
        if any(isinstance(edit, kinds) for edit in edits) and not self.search.text().strip():
            self._show_own()

    # --- acting on them ------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if watched is self.search:
                if key == Qt.Key.Key_Down:
                    self.tree.setFocus()
                    if not self.tree.currentIndex().isValid():
                        self.tree.setCurrentIndex(self.model.index(0, 0))
                    return True
                if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.search.text().strip():
                    self._activated(self.tree.currentIndex())
                    return True
                if key == Qt.Key.Key_Escape and self.search.text():
                    self.search.clear()
                    return True
        return super().eventFilter(watched, event)

    def _clicked(self, index: QModelIndex) -> None:
        if index.data(_GROUP):
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _activated(self, index: QModelIndex) -> None:
        key = index.data(_KEY)
        if key:
            self.chosen.emit(key)

    def _keep_closed(self, index: QModelIndex, *, closed: bool) -> None:
        group = index.data(_GROUP)
        if group:
            others = [name for name in self._session.settings.get(PALETTE_CLOSED) if name != group]
            self._session.settings.set(PALETTE_CLOSED, [*others, group] if closed else others)

    def _show_menu(self, point: QPoint) -> None:
        index = self.tree.indexAt(point)
        menu = palette_menu(self._session, self, str(index.data(_KEY) or ""), str(index.data(_GROUP) or ""))
        menu.popup(self.tree.viewport().mapToGlobal(point))


def _item(text: str, key: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(key, _KEY)
    item.setFlags(_DRAGGED)
    return item


def _group(text: str, name: str, glyph: str, role: str) -> QStandardItem:
    item = QStandardItem(icon(glyph, role), text)
    item.setData(name, _GROUP)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    font = item.font()
    font.setBold(True)
    item.setFont(font)
    return item


def _tool(glyph: str, act: object) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(glyph))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    button.clicked.connect(act)
    return button

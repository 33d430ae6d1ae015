"""Blocks between files: into the library, and from any project into this one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from blockstudio.formats import project
from blockstudio.graph.borrowing import borrow
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Instance
from blockstudio.graph.scopes import next_free
from blockstudio.gui.file_dialogs import box, start_folder
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.library import SUFFIX
from blockstudio.gui.markup import plain
from blockstudio.gui.panels.parts import muted_label
from blockstudio.gui.session import Session


def shown_block(session: Session) -> str:
    """The definition of the one selected instance, or else the one that is shown."""
    nodes = session.selected_nodes
    if len(nodes) == 1 and isinstance(nodes[0], Instance):
        return nodes[0].definition
    return session.location.definition


def save_to_library(session: Session, parent: QWidget, name: str = "") -> None:
    """Put a block and what it needs into the library; asks before another of its name is replaced."""
    name = name or shown_block(session)
    library = session.library
    with session.guard():
        same = library.holds(session.document, name)
        file = library.file_of(name)
        if same:
            session.notify(tr("“{name}” is in the library as it is.").format(name=name), key="library")
            return
        if same is False:
            text = tr("The library has another “{name}”.").format(name=name)
            asked = box(parent, "replace", tr("Save block to library"), text)
            replace = asked.addButton(tr("Replace it"), QMessageBox.ButtonRole.DestructiveRole)
            both = asked.addButton(tr("Keep both"), QMessageBox.ButtonRole.AcceptRole)
            asked.addButton(QMessageBox.StandardButton.Cancel)
            asked.setDefaultButton(both)
            asked.exec()
            if asked.clickedButton() is both:
                taken = {path.stem for path in library.folder.glob(f"*{SUFFIX}")}
                file = library.file_of(next_free(name, taken))
            elif asked.clickedButton() is not replace:
                return
        saved = library.save(session.document, name, file)
        session.notify(tr("“{name}” is in the library: {file}").format(name=name, file=saved), "success", key="library")


def choose_library(session: Session, parent: QWidget) -> None:
    """Ask for the folder of the library."""
    folder = session.library.folder
    start = next((path for path in (folder, *folder.parents) if path.is_dir()), Path.home())
    chosen = QFileDialog.getExistingDirectory(parent, tr("Library folder"), str(start))
    if chosen:
        session.library.set_folder(Path(chosen))
        session.notify(tr("The library is now the folder {folder}.").format(folder=chosen), key="library")


def add_from_project(session: Session, parent: QWidget) -> None:
    """Ask for a project file and for the blocks in it that are to come into this one."""
    kinds = tr("BlockStudio projects ({patterns})").format(patterns=f"*{SUFFIX}")
    file, _ = QFileDialog.getOpenFileName(parent, tr("Add blocks from project"), start_folder(session), kinds)
    if not file:
        return
    with session.guard():
        ask_for_blocks(session, parent, project.load(file), Path(file).name)


def ask_for_blocks(session: Session, parent: QWidget, source: Document, file: str) -> BlockPicker:
    """Show the blocks of another document to choose from."""
    dialog = BlockPicker(source, file, parent)
    dialog.chosen.connect(lambda names: take_blocks(session, source, names))
    dialog.open()
    return dialog


def take_blocks(session: Session, source: Document, names: list[str]) -> None:
    """Take blocks of another document, and what they need, into this one."""
    with session.guard():
        borrowed = borrow(session.document, source, names)
        if any(True for _ in borrowed.edit.leaves()):
            session.push(borrowed.edit, tr("Add {names}").format(names=", ".join(names)))
        else:
            session.notify(tr("They are here already, with the same content."), key="borrowed")
        tell_renamed(session, borrowed.renamed)


def tell_renamed(session: Session, renamed: Mapping[str, str]) -> None:
    """Say which blocks had to get another name."""
    if renamed:
        pairs = ", ".join(f"{old} → {new}" for old, new in renamed.items())
        session.notify(
            tr("Other blocks have these names here already: {pairs}").format(pairs=pairs), "warning", key="renamed"
        )


class BlockPicker(QDialog):
    """The blocks of a project, each with a tick."""

    chosen = Signal(object)
    """list[str]"""

    def __init__(self, source: Document, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Add blocks from {file}").format(file=file))
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Blocks"))
        for name, definition in source.definitions.items():
            is_code = isinstance(definition, CodeDefinition)
            item = QListWidgetItem(icon("mdi6.language-python" if is_code else "mdi6.cube-outline", "accent"), name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            item.setToolTip(plain(definition.doc))
            self.list.addItem(item)
        about = muted_label(
            tr("What a block is made of comes along. What is here already with the same content is used.")
        )
        about.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.add_button = buttons.addButton(tr("Add"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.add_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addWidget(about)
        layout.addWidget(buttons)
        self.list.itemChanged.connect(self._look)
        self.list.itemActivated.connect(_turn)
        self.resize(420, 380)
        self._look()

    def names(self) -> list[str]:
        """The names that are ticked."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.text() for item in items if item.checkState() == Qt.CheckState.Checked]

    def accept(self) -> None:
        names = self.names()
        super().accept()
        self.chosen.emit(names)

    def _look(self) -> None:
        self.add_button.setEnabled(bool(self.names()))


def _turn(item: QListWidgetItem) -> None:
    on = item.checkState() == Qt.CheckState.Checked
    item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

"""The context menu of the palette: what can be done with a block of the user's own, here or in the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from blockstudio.graph.model import Definition
from blockstudio.graph.scopes import users_of
from blockstudio.gui import block_files, own_blocks
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.library import PREFIX
from blockstudio.gui.session import Session

if TYPE_CHECKING:
    from blockstudio.gui.panels.palette import PalettePanel

LIBRARY = "library"
"""Key of the group of the blocks in the library."""


def palette_menu(session: Session, panel: PalettePanel, key: str, group: str) -> QMenu:
    """The menu for an item by what a drag of it carries, or for a group; it deletes itself when closed."""
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    prefix, _, name = key.partition(":")
    if key:
        menu.addAction(icon("mdi6.plus"), tr("Add to this block"), lambda: panel.chosen.emit(key))
    if prefix == "definition":
        _own_actions(session, panel, menu, name)
    if prefix == PREFIX or group == LIBRARY:
        folder = QUrl.fromLocalFile(str(session.library.folder))
        text = tr("Open the folder")
        menu.addAction(icon("mdi6.folder-open-outline"), text, lambda: QDesktopServices.openUrl(folder))
        text = tr("Library folder…")
        menu.addAction(icon("mdi6.folder-star-outline"), text, lambda: block_files.choose_library(session, panel))
    if not key or prefix == "definition":
        menu.addSeparator()
        menu.addAction(icon("mdi6.cube-outline"), tr("New block…"), panel.new_block)
        menu.addAction(icon("mdi6.language-python"), tr("New code block…"), panel.new_code)
        text = tr("Add blocks from project…")
        menu.addAction(icon("mdi6.cube-send"), text, lambda: block_files.add_from_project(session, panel))
    return menu


def _own_actions(session: Session, panel: PalettePanel, menu: QMenu, name: str) -> None:
    document = session.document
    definition = document.definitions[name]
    menu.addAction(icon("mdi6.arrow-down-bold-box-outline"), tr("Open"), lambda: own_blocks.open_block(session, name))
    menu.addAction(icon("mdi6.rename-outline"), tr("Rename…"), lambda: own_blocks.rename(session, panel, name))
    menu.addAction(icon("mdi6.content-copy"), tr("Copy to a new block"), lambda: own_blocks.copy_block(session, name))
    if isinstance(definition, Definition):
        root = menu.addAction(
            icon("mdi6.home-outline"), tr("Make it the root block"), lambda: own_blocks.make_root(session, name)
        )
        root.setEnabled(name != document.root)
    menu.addAction(
        icon("mdi6.bookshelf"),
        tr("Save block to library"),
        lambda: block_files.save_to_library(session, panel, name),
    )
    used = menu.addAction(
        icon("mdi6.map-marker-multiple-outline"),
        tr("Where it is used…"),
        lambda: session.uses_requested.emit(name),
    )
    used.setEnabled(bool(users_of(document, name)))
    delete = menu.addAction(icon("mdi6.trash-can-outline"), tr("Delete"), lambda: own_blocks.delete(session, name))
    delete.setEnabled(name != document.root and not users_of(document, name))

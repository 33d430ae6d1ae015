"""Help: every action with its keys, made from the table; and what this program is."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import mark
from blockstudio.gui.actions import ACTIONS, MENUS, shown_keys
from blockstudio.gui.canvas.commands.keyboard import CANVAS_KEYS
from blockstudio.gui.canvas.facts.flowing import SIGNS, Form
from blockstudio.gui.canvas.painting.node_painting import port_icon
from blockstudio.gui.i18n import tr, without_mnemonic
from blockstudio.gui.icons import IconLabel
from blockstudio.gui.session import Session
from blockstudio.version import __version__

MOUSE = (
    (mark("Drag from the palette"), mark("Add a node; onto a wire: insert it there")),
    (mark("Drag from a port"), mark("Wire it; ports that fit light up, and over nothing what fits is offered")),
    (
        mark("Drag from a port across the frame of a block"),
        mark("Wire what is inside to what is outside; the block gets a port for it"),
    ),
    (mark("Shift and drag from an output"), mark("Take all its wires to another output")),
    (mark("Shift and drag from an input"), mark("Draw another wire from what feeds it")),
    (mark("Shift and drag a wire"), mark("Take hold of its nearer end, and plug that in elsewhere")),
    (
        mark("Drag a wire off an input onto another of the node"),
        mark("The wires of the two change places; with Alt, of any two inputs"),
    ),
    (mark("Click a port or a wire"), mark("Select it: what flows there is shown, and it can be taken off")),
    (mark("Double-click a node"), mark("Go into the block")),
    (
        mark("Double-click the background"),
        mark("Search for something to add there; conv(3, 64, 7) sets its options too"),
    ),
    (mark("Drag on the background"), mark("Select with a rubber band")),
    (mark("Alt and drag on the background"), mark("Select with a lasso")),
    (mark("Drag nodes"), mark("Move them; they line up with the grid and with neighbours, with Alt they do not")),
    (
        mark("Press Alt, or Ctrl and Shift, and drag nodes"),
        mark("Take them out of their wires, which close behind them; over another wire: into that"),
    ),
    (mark("Drag nodes into a block that is expanded in place"), mark("Move them into it, to where they are let go")),
    (mark("Drag nodes past the frame they are in"), mark("Move them out of the block; with Shift the frame grows")),
    (mark("Ctrl while nodes are dragged onto a block"), mark("Move them into it; their wires are kept")),
    (mark("Drag an input or output past another"), mark("Put the ports of the block in another order")),
    (mark("Drag a wire"), mark("Draw it through a point; a double click on the point takes it away")),
    (mark("Double-click a wire"), mark("Insert a node there")),
    (mark("Ctrl and drag with the right button"), mark("Cut the wires that the stroke crosses")),
    (mark("Middle button, or Space and drag"), mark("Move the view")),
    (mark("Wheel, or two fingers pinched"), mark("Zoom at the pointer")),
    (mark("Two fingers on a touchpad"), mark("Move the view")),
    (
        mark("Click inside a block that is expanded in place"),
        mark("Work there; a click on what is around it leads back"),
    ),
    (mark("Rest on a block"), mark("Look inside it without going in")),
    (mark("Drag in the map"), mark("Look elsewhere in the block")),
)
"""What the mouse does on the canvas."""
FORMS: Mapping[Form, str] = {
    "circle": mark("Circle"),
    "square": mark("Square"),
    "diamond": mark("Diamond"),
    "plus": mark("Cross"),
    "triangle": mark("Triangle"),
}


class ShortcutsDialog(QDialog):
    """The keys, by menu, with a search."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(820, 660)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setToolTip(tr("Show the actions with these words"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([tr("Action"), tr("Keys"), tr("What it does")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        self._fill()
        header = self.tree.header()
        header.resizeSection(0, 270)
        header.resizeSection(1, 150)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)

    def _fill(self) -> None:
        for menu, title in MENUS.items():
            group = self._group(without_mnemonic(tr(title)))
            for spec in ACTIONS:
                if spec.menu == menu:
                    row = [tr(spec.text).rstrip("…"), shown_keys(spec), tr(spec.tooltip)]
                    self._row(group, row)
        group = self._group(tr("On the canvas"))
        for keys, effect in CANVAS_KEYS:
            self._row(group, [tr(effect), tr(keys), ""])
        for what, effect in MOUSE:
            self._row(group, [tr(what), "", tr(effect)])
        group = self._group(tr("Ports and wires"))
        for kind, sign in SIGNS.items():
            item = self._row(group, [tr(FORMS[sign.form]), "", tr(sign.text)])
            item.setIcon(0, port_icon(kind, self.devicePixelRatioF()))
        self.tree.expandAll()

    def _group(self, title: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([title])
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.tree.addTopLevelItem(item)
        item.setFirstColumnSpanned(True)
        return item

    def _row(self, group: QTreeWidgetItem, texts: list[str]) -> QTreeWidgetItem:
        item = QTreeWidgetItem(group, texts)
        for column, text in enumerate(texts):
            item.setToolTip(column, text)
        return item

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for i in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(i)
            if group is None:
                continue
            shown = 0
            for j in range(group.childCount()):
                item = group.child(j)
                if item is None:
                    continue
                whole = " ".join(item.text(column) for column in range(3)).lower()
                fits = all(word in whole for word in words)
                item.setHidden(not fits)
                shown += fits
            group.setHidden(shown == 0)


class AboutDialog(QDialog):
    """Versions, and where things are kept."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About BlockStudio"))
        sign = IconLabel("mdi6.cube-outline", "accent", 56)
        title = QLabel(f"BlockStudio {__version__}")
        title.setProperty("title", True)
        text = QLabel(tr("Compose, inspect, initialise and run PyTorch models."))
        facts = QLabel("\n".join(about_lines(session)))
        facts.setProperty("muted", True)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(8)
        for label in (title, text, facts):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 20, 16)
        layout.setSpacing(18)
        layout.addLayout(row)
        layout.addWidget(buttons)


def about_lines(session: Session) -> list[str]:
    """Versions of what the app stands on, read without importing any of it."""
    lines = [f"Python {platform.python_version()}"]
    for name, package in (("PyTorch", "torch"), ("PySide6", "PySide6-Essentials")):
        try:
            lines.append(f"{name} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{name}: {tr('not found')}")
    lines.append(f"{tr('Settings')}: {session.settings.file}")
    return lines

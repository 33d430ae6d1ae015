"""What an import had to say, to be read and gone through."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import mark
from blockstudio.formats.import_report import CHANGED, PYTHON, ImportReport, Note
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.markup import plain
from blockstudio.gui.panels.parts import muted_label
from blockstudio.gui.session import Session

GROUPS: Mapping[str, str] = {
    "python": mark("Came in as Python, because it cannot be drawn"),
    "changed": mark("Is not quite as it was"),
    "other": mark("Good to know"),
}


class ReportDialog(QDialog):
    """A line for each thing to say; a double click shows the node it is about."""

    def __init__(self, session: Session, report: ImportReport, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Import report"))
        self.resize(820, 480)
        self._session = session
        self._report = report
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Import report"))
        self.tree.setHeaderLabels([tr("Module"), tr("What happened")])
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setWordWrap(True)
        self.tree.setUniformRowHeights(False)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.tree.itemActivated.connect(self._show)
        self._fill()
        self.tree.resizeColumnToContents(0)
        self.tree.setColumnWidth(0, min(self.tree.columnWidth(0), 280))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(tr("Copy the report as text"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(muted_label(tr("This project was imported from {source}.").format(source=report.source)))
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)

    def text(self) -> str:
        """The report as plain text."""
        lines = [tr("This project was imported from {source}.").format(source=self._report.source)]
        for group, notes in self._groups().items():
            lines += ["", tr(GROUPS[group]), *(f"  {_where(note)}: {message(note)}" for note in notes)]
        return "\n".join(lines)

    def _groups(self) -> dict[str, list[Note]]:
        found: dict[str, list[Note]] = {}
        for name in GROUPS:
            notes = [note for note in self._report.notes if _group(note) == name]
            if notes:
                found[name] = notes
        return found

    def _fill(self) -> None:
        for group, notes in self._groups().items():
            head = QTreeWidgetItem([f"{tr(GROUPS[group])} ({len(notes)})"])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(head)
            head.setFirstColumnSpanned(True)
            head.setExpanded(True)
            for note in notes:
                item = QTreeWidgetItem([_where(note), message(note)])
                item.setToolTip(1, plain(message(note)))
                item.setData(0, Qt.ItemDataRole.UserRole, note.path)
                head.addChild(item)
        if not self._report.notes:
            self.tree.addTopLevelItem(QTreeWidgetItem(["", tr("Everything was drawn; there is nothing to say.")]))

    def _show(self, item: QTreeWidgetItem) -> None:
        """Go to the node of a note, if it is still there."""
        path, compiled = item.data(0, Qt.ItemDataRole.UserRole), self._session.compiled
        if path and compiled is not None:
            landing = compiled.follow(path)
            if landing is not None:
                self._session.show_path(landing.location.path(landing.node.name if landing.node else ""))


def _group(note: Note) -> str:
    return "python" if note.code in PYTHON else "changed" if note.code in CHANGED else "other"


def _where(note: Note) -> str:
    path = note.path or tr("the whole model")
    return tr("{path} and {count} like it").format(path=path, count=note.more) if note.more else path

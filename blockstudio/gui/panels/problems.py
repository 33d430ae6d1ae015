"""The list of problems: what is wrong, where, and the way there."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import Problem
from blockstudio.errors import mark
from blockstudio.gui.fixes import Fix, fixes_of, mend
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import caption, plain
from blockstudio.gui.panels.form import small_button
from blockstudio.gui.session import Session

SIGNS = {
    "error": ("mdi6.close-circle", mark("Error")),
    "warning": ("mdi6.alert", mark("Warning")),
    "info": ("mdi6.information", mark("Information")),
}
MOST = 200
"""Rows that are listed; who has more problems begins with the first."""
BESIDE_TEXT = 36
"""Width that icon and padding take of the first column."""
LEAST_HEIGHT = 28
"""Of a row, which may hold a button."""
Index = QModelIndex | QPersistentModelIndex
_PROBLEM = Qt.ItemDataRole.UserRole
NARROWEST, WHERE = 96, 0.22
"""Pixels, and share of the width, of the column that says where it is."""
ITEM_PADDING = 4
"""What the style takes from a widget in a cell, left and right."""


class Wrapping(QStyledItemDelegate):
    """Rows as high as the text of the first column needs in the width it has."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        view = option.widget
        if index.column() == 0 and isinstance(view, QTreeView):
            room = max(60, view.columnWidth(0) - BESIDE_TEXT)
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
            text = option.fontMetrics.boundingRect(QRect(0, 0, room, 10_000), flags, str(index.data()))
            size.setHeight(max(LEAST_HEIGHT, text.height() + 10))
        return size


class ProblemsPanel(QWidget):
    """A row a problem; a click goes to its node."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = QStandardItemModel(self)
        self.tree = QTreeView()
        self.tree.setModel(self.model)
        self.tree.setRootIsDecorated(False)
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.setAccessibleName(tr("Problems"))
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setItemDelegate(Wrapping(self.tree))
        self.tree.setWordWrap(True)
        self.tree.header().sectionResized.connect(self.tree.scheduleDelayedItemsLayout)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.clicked.connect(self._go)
        self.tree.activated.connect(self._go)
        self.nothing = QLabel()
        self.nothing.setProperty("muted", True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setText(tr("No problems: the model compiles."))
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.tree, self._copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self.tree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._pages)
        self.setFocusProxy(self.tree)
        session.diagnostics_changed.connect(self._show)
        self._show(session.diagnostics)

    def _show(self, problems: list[Problem]) -> None:
        self.model.clear()
        self.model.setHorizontalHeaderLabels([tr("Problem"), tr("Where"), ""])
        for problem in problems[:MOST]:
            glyph, word = SIGNS[problem.severity]
            text = message(problem)
            what = QStandardItem(icon(glyph, {"info": "info"}.get(problem.severity, problem.severity)), text)
            what.setAccessibleText(f"{tr(word)}: {text}")
            what.setToolTip(plain(text))
            where = QStandardItem(problem.path)
            where.setToolTip(plain(tr("Show {path}").format(path=problem.path)))
            last = QStandardItem()
            for item in (what, where, last):
                item.setData(problem, _PROBLEM)
            self.model.appendRow([what, where, last])
            fixes = fixes_of(self._session, problem)
            if fixes:
                button = self._fix_buttons(problem, fixes)
                last.setSizeHint(button.sizeHint())
                self.tree.setIndexWidget(last.index(), button)
        if len(problems) > MOST:
            self.model.appendRow(QStandardItem(tr("… and {count} more").format(count=len(problems) - MOST)))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self._share_width()
        self._pages.setCurrentIndex(1 if problems else 0)

    def _share_width(self) -> None:
        """Most of it is for what is wrong; where that is can be shortened, for a click goes there."""
        room = max(NARROWEST, int(self.width() * WHERE))
        self.tree.header().resizeSection(1, min(self.tree.sizeHintForColumn(1) + 8, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._share_width()

    def _fix_buttons(self, problem: Problem, fixes: list[Fix]) -> QWidget:
        """A button for the likeliest fix, with a menu of the others."""
        fix = fixes[0]
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(2, 1, 6, 1)
        button = QPushButton(caption(fix.text))
        button.setToolTip(plain(fix.text))
        button.setProperty("small", True)
        button.clicked.connect(lambda: mend(self._session, problem, fix.text))
        row.addWidget(button)
        if len(fixes) > 1:
            others = QMenu(holder)
            for other in fixes[1:]:
                others.addAction(caption(other.text), partial(mend, self._session, problem, other.text))
            more = small_button("mdi6.chevron-down", tr("Other ways to mend it"))
            more.setMenu(others)
            more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            row.addWidget(more)
        button.ensurePolished()
        holder.setMinimumWidth(holder.sizeHint().width() + ITEM_PADDING)
        return holder

    def _go(self, index: QModelIndex) -> None:
        problem = index.data(_PROBLEM)
        if isinstance(problem, Problem):
            with self._session.guard():
                self._session.show_path(problem.path)

    def _copy(self) -> None:
        problem = self.tree.currentIndex().data(_PROBLEM)
        if isinstance(problem, Problem):
            parts = [f"{problem.path}: {message(problem)}" if problem.path else message(problem), problem.detail]
            QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))

    def _show_menu(self, point: QPoint) -> None:
        index = self.tree.indexAt(point)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("mdi6.crosshairs-gps"), tr("Show the node"), lambda: self._go(index))
        menu.addAction(icon("mdi6.content-copy"), tr("Copy the message and its details"), self._copy)
        menu.popup(self.tree.viewport().mapToGlobal(point))

"""The panel of every parameter and buffer: searchable, along the nesting, with sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import ParameterTable
from blockstudio.errors import BlockStudioError, RunError, mark
from blockstudio.graph.model import Definition
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels import places
from blockstudio.gui.panels.parameter_model import COLUMNS, NAME, PATH_ROLE, Entry, ParameterFilter, ParameterTreeModel
from blockstudio.gui.panels.parts import CopyLine, Empty, copy_text, muted_label, python_path, state_label, tell
from blockstudio.gui.panels.quantities import bytes_text, count_text
from blockstudio.gui.panels.rules import set_trainable
from blockstudio.gui.panels.table_keeper import table_keeper
from blockstudio.gui.session import Session, TensorRef

EXPAND_AT_MOST = 200
"""Rows of a model that is shown unfolded; a larger one shows its first level."""
NAME_WIDTHS = 110, 260
"""Pixels of the column of names, at least and at most."""
LOW, LOWEST = 240, 170
"""Heights of the panel that have room for two lines below the table, and for one."""


class ParametersPanel(QWidget):
    """Every tensor of the model's state, with what belongs to it a click away."""

    initialise_requested = Signal(str)
    """Show the initialisers of what is selected: "tensor", or "module PATH" for all the tensors in it."""
    save_requested = Signal(object)
    """Save these tensors, by their paths."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._following = False
        self.keeper = table_keeper(session)
        self.model = ParameterTreeModel(self)
        self.filter = ParameterFilter(self)
        self.filter.setSourceModel(self.model)
        self._build()

        self.model.trainable_asked.connect(self._set_trainable)
        self.keeper.problem_changed.connect(self._show_state)
        session.table_changed.connect(self._show_table)
        session.document_changed.connect(self._document_changed)
        session.selection_changed.connect(self._follow_canvas)
        session.tensor_changed.connect(self._follow_tensor)
        self._show_table(session.table)

    # --- what it is made of ---------------------------------------------------------------------

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Filter by name, type or shape"))
        self.search.setToolTip(tr("Show the rows that contain all these words: a name, Linear, float32, (256, 20)"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter_text)
        self.kinds = QComboBox()
        self.kinds.setToolTip(tr("Which kinds of tensor to show"))
        self.kinds.setAccessibleName(tr("Which kinds of tensor to show"))
        for kind, text in (
            ("", tr("All")),
            ("parameter", tr("Parameters")),
            ("buffer", tr("Buffers")),
            ("trainable", tr("Trainable")),
            ("frozen", tr("Frozen")),
        ):
            self.kinds.addItem(text, kind)
        self.kinds.currentIndexChanged.connect(lambda: self._filter_kind())

        self.tree = QTreeView()
        self.tree.setModel(self.filter)
        self.tree.setUniformRowHeights(True)
        self.tree.setSortingEnabled(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.setIndentation(14)
        self.tree.setAccessibleName(tr("Parameters"))
        header = self.tree.header()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setStretchLastSection(False)
        header.setResizeContentsPrecision(60)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        self.tree.customContextMenuRequested.connect(self._menu)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.tree)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_paths)
        self.tree.selectionModel().selectionChanged.connect(self._row_selected)
        self.tree.doubleClicked.connect(self._row_opened)

        self.empty = Empty()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.tree)
        self.problem = state_label()
        self.copy_line = CopyLine(tr("Copy the Python path"))
        self.totals = muted_label()

        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.kinds)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.problem)
        column.addWidget(self._pages, 1)
        column.addWidget(self.copy_line)
        column.addWidget(self.totals)

    # --- the table --------------------------------------------------------------------------------

    def _show_table(self, table: ParameterTable | None) -> None:
        fresh = table is not None and self.model.rowCount() == 0
        folded = self._folded()
        self.model.set_table(table)
        if fresh and table is not None:
            if len(table.rows) <= EXPAND_AT_MOST:
                self.tree.expandAll()
            else:
                self.tree.expandToDepth(0)
            self._fit_columns()
        else:
            self._unfold(folded)
        self._show_state()
        self._follow_tensor()
        shown = self._session.tensor
        if shown and shown.source == "value" and table and not self.model.index_of(shown.path).isValid():
            self._follow_canvas()  # a change gave it another path, as a block made of its node does
        elif shown is None:
            self._follow_canvas()  # a node was selected before its tensors were known

    def _folded(self) -> set[str]:
        """The blocks that are open now: a reset of the model folds them."""
        open_blocks: set[str] = set()
        pending = [self.filter.index(row, 0) for row in range(self.filter.rowCount())]
        while pending:
            index = pending.pop()
            if self.tree.isExpanded(index):
                open_blocks.add(index.data(PATH_ROLE))
                pending += [self.filter.index(row, 0, index) for row in range(self.filter.rowCount(index))]
        return open_blocks

    def _unfold(self, blocks: set[str]) -> None:
        for path in blocks:
            index = self.filter.mapFromSource(self.model.index_of(path))
            if index.isValid() and not self.tree.isExpanded(index):
                self.tree.expand(index)

    def _fit_columns(self) -> None:
        for column in range(len(COLUMNS)):
            self.tree.resizeColumnToContents(column)
        # Names give way before the last columns are out of view.
        room = self._pages.width() - self.tree.verticalScrollBar().sizeHint().width()
        over = sum(map(self.tree.columnWidth, range(len(COLUMNS)))) - room
        least, most = NAME_WIDTHS
        self.tree.setColumnWidth(NAME, min(max(self.tree.columnWidth(NAME) - max(0, over), least), most))

    def _document_changed(self) -> None:
        if self._session.table is None:
            self._show_state()

    def _show_state(self) -> None:
        table = self._session.table
        problem = self.keeper.problem
        shown = table is not None and bool(table.rows)
        self._pages.setCurrentIndex(1 if shown else 0)
        root = self._session.document.definitions.get(self._session.document.root)
        begun = not isinstance(root, Definition) or bool(root.graph.nodes)
        if table is None and begun:
            self.empty.set_text(problem or tr("The parameters appear when the engine has built the model."))
        else:  # that nothing is wired in a model that is not begun is no news
            self.empty.set_text(tr("The model has no parameters. Drag a layer such as Linear onto the canvas."))
        tell(self.problem, tr("Not up to date: {problem}").format(problem=problem) if problem and shown else "")
        self.totals.setText(totals_text(table) if table else "")
        self._show_path()

    def _filter_text(self, text: str) -> None:
        self.filter.set_text(text)
        self._after_filter()

    def _filter_kind(self) -> None:
        self.filter.set_kind(self.kinds.currentData())
        self._after_filter()

    def _after_filter(self) -> None:
        if self.filter.filters:
            self.tree.expandAll()

    # --- selection, here and on the canvas ----------------------------------------------------------

    @property
    def selected(self) -> list[Entry]:
        """The lines that are selected, in the order of the model."""
        rows = self.tree.selectionModel().selectedRows()
        return [self.model.entry(self.filter.mapToSource(index)) for index in rows]

    def selected_tensors(self) -> list[str]:
        """Paths of the tensors selected, those of selected blocks included, each once."""
        return list(dict.fromkeys(row.path for entry in self.selected for row in entry.tensors()))

    def select_path(self, path: str) -> bool:
        """Select the row of a tensor or block; whether there is one."""
        index = self.filter.mapFromSource(self.model.index_of(path))
        if not index.isValid():
            return False
        self._following = True
        self.tree.setCurrentIndex(index)
        self._following = False
        self._show_path()
        return True

    def _row_selected(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self._show_path()
        entries = self.selected
        if self._following or len(entries) != 1:
            return
        self._following = True
        first = next(entries[0].tensors(), None)
        if first:
            self._session.show_tensor(TensorRef(first.path))
        with self._session.guard():
            places.show_module(self._session, entries[0].path)
        self._following = False

    def _row_opened(self, index: QModelIndex) -> None:
        entry = self.model.entry(self.filter.mapToSource(index))
        if entry.row:
            with self._session.guard():
                places.show_module(self._session, entry.path, deep=True)

    def _follow_canvas(self) -> None:
        if self._following or len(self._session.selection) != 1:
            return
        path = module_selected(self._session)
        index = self.model.index_of(path) if path else QModelIndex()
        if not index.isValid():
            return
        tensors = [row.path for row in self.model.entry(index).tensors()]
        shown = self._session.tensor
        self.select_path(path or "")
        if tensors and not (shown and shown.source == "value" and shown.path in tensors):
            self._following = True
            self._session.show_tensor(TensorRef(tensors[0]))
            self._following = False

    def _follow_tensor(self) -> None:
        tensor = self._session.tensor
        if self._following or tensor is None or tensor.source not in ("value", "gradient"):
            return
        if not any(entry.path == tensor.path for entry in self.selected):
            self.select_path(tensor.path)

    def _show_path(self) -> None:
        entries = self.selected
        self.copy_line.set_text(python_of(entries[0]) if len(entries) == 1 else "")
        self._make_room()

    def _make_room(self) -> None:
        """In a low pane one line gives way to the other, in a lower one both do: the rows are worth more."""
        one, height = len(self.selected) == 1, self.height()
        self.copy_line.setVisible(one and height >= LOWEST)
        self.totals.setVisible(height >= (LOW if one else LOWEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    # --- what can be done with a row ------------------------------------------------------------------

    def _menu(self, position: QPoint) -> None:
        entries = self.selected
        if not entries:
            return
        tensors = self.selected_tensors()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(name: str, text: str, what: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(icon(name), text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda: what())

        add("mdi6.content-copy", tr("Copy the Python path"), self._copy_paths)
        menu.actions()[-1].setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        self._add_trainable(menu)
        add("mdi6.key-outline", tr("Copy key"), lambda: copy_text("\n".join(entry.path for entry in entries)))
        menu.addSeparator()
        add("mdi6.dice-5-outline", tr("Initialise…"), self._initialise, len(entries) == 1)
        text = tr("Save tensor…") if len(tensors) == 1 else tr("Save {count} tensors…").format(count=len(tensors))
        add("mdi6.content-save-outline", text, lambda: self.save_requested.emit(tensors), bool(tensors))
        menu.addSeparator()
        add("mdi6.target", tr("Show on the canvas"), lambda: self._row_opened(self.tree.currentIndex()))
        menu.popup(self.tree.viewport().mapToGlobal(position))

    def _initialise(self) -> None:
        entry = self.selected[0]
        self.initialise_requested.emit("tensor" if entry.row else f"module {entry.path}")

    def _add_trainable(self, menu: QMenu) -> None:
        rows = [row for entry in self.selected for row in entry.tensors() if row.kind == "parameter"]
        if rows:
            action = menu.addAction(tr("Trainable"))
            action.setCheckable(True)
            action.setChecked(all(row.trainable for row in rows))
            entries = self.selected
            action.triggered.connect(lambda on: self._set_trainable(entries, on))

    def _copy_paths(self) -> None:
        copy_text("\n".join(python_of(entry) for entry in self.selected))

    def _header_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in range(1, len(COLUMNS)):
            action = menu.addAction(tr(COLUMNS[column][0]))
            action.setCheckable(True)
            action.setChecked(not self.tree.isColumnHidden(column))
            action.toggled.connect(lambda shown, column=column: self.tree.setColumnHidden(column, not shown))
        menu.popup(self.tree.header().mapToGlobal(position))

    def _set_trainable(self, entries: Sequence[Entry], trainable: bool) -> None:
        text = tr("Train {name}") if trainable else tr("Freeze {name}")
        name = entries[0].path if len(entries) == 1 else tr("{count} parameters").format(count=len(entries))
        session = self._session
        with session.guard(), session.macro(text.format(name=name or session.document.root)):
            for entry in entries:
                _refuse_whole_numbers(entry, trainable)
                set_trainable(session, *entry.scope, trainable, text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._session.table is not None and self.tree.columnWidth(NAME) < 20:
            self._fit_columns()


def _refuse_whole_numbers(entry: Entry, trainable: bool) -> None:
    for row in entry.tensors():
        if trainable and row.kind == "parameter" and not row.dtype.startswith(("float", "bfloat", "complex")):
            text = mark("“{key}” cannot be trained: it is not a parameter of floating numbers.")
            raise RunError(text, key=row.path)


def module_selected(session: Session) -> str | None:
    """The module path of the one node that is selected; None where there is none, or no way to it is known."""
    if len(session.selection) != 1:
        return None
    try:
        above = places.shown_module(session.document, session.trail)
        inner = places.module_of(session.document, session.location, session.selection[0])
    except BlockStudioError:
        return None
    return None if above is None else places.join(above, inner)


def python_of(entry: Entry) -> str:
    """How a person reaches a line of the tree from the model, named `net`."""
    return entry.row.python_path if entry.row else python_path(entry.path)


def totals_text(table: ParameterTable) -> str:
    """What the model's state adds up to, each tensor counted once."""
    parts = [
        tr("{count} parameters, {trainable} trainable").format(
            count=count_text(table.parameters), trainable=count_text(table.trainable)
        )
    ]
    if table.buffers:
        parts.append(tr("{count} buffer elements").format(count=count_text(table.buffers)))
    parts += [bytes_text(table.bytes), table.device]
    shared = sum(bool(row.shared_with) for row in table.rows)
    if shared:
        parts.append(tr("{count} shared, counted once").format(count=shared))
    if table.changed:
        parts.append(tr("unsaved values"))
    return " · ".join(parts)
